package sample

import (
	"time"

	"accord/stix"
)

// An object is any of the objects that are made here, with the properties that
// they have, in the order in which people like to read them.
type object struct {
	Type        string    `json:"type"`
	SpecVersion string    `json:"spec_version"`
	ID          stix.ID   `json:"id"`
	CreatedBy   stix.ID   `json:"created_by_ref,omitempty"`
	Created     string    `json:"created"`
	Modified    string    `json:"modified"`
	Lang        string    `json:"lang,omitempty"`
	Confidence  int       `json:"confidence,omitempty"`
	Labels      []string  `json:"labels,omitempty"`
	Markings    []stix.ID `json:"object_marking_refs,omitempty"`

	Name          string   `json:"name,omitempty"`
	Description   string   `json:"description,omitempty"`
	IdentityClass string   `json:"identity_class,omitempty"`
	Sectors       []string `json:"sectors,omitempty"`

	MalwareTypes []string `json:"malware_types,omitempty"`
	IsFamily     *bool    `json:"is_family,omitempty"` // required of malware

	IndicatorTypes []string `json:"indicator_types,omitempty"`
	Pattern        string   `json:"pattern,omitempty"`
	PatternType    string   `json:"pattern_type,omitempty"`
	ValidFrom      string   `json:"valid_from,omitempty"`
	ValidUntil     string   `json:"valid_until,omitempty"`

	RelationshipType string  `json:"relationship_type,omitempty"`
	Source           stix.ID `json:"source_ref,omitempty"`
	Target           stix.ID `json:"target_ref,omitempty"`

	FirstSeen    string    `json:"first_seen,omitempty"`
	LastSeen     string    `json:"last_seen,omitempty"`
	Count        int       `json:"count,omitempty"`
	Sighting     stix.ID   `json:"sighting_of_ref,omitempty"`
	WhereSighted []stix.ID `json:"where_sighted_refs,omitempty"`

	ReportTypes []string  `json:"report_types,omitempty"`
	Published   string    `json:"published,omitempty"`
	Objects     []stix.ID `json:"object_refs,omitempty"`

	Extensions map[stix.ID]context `json:"extensions,omitempty"`
}

// A context is the activity context extension: where activity comes from, whom
// it hits, and of what kind it is.
type context struct {
	ExtensionType string   `json:"extension_type"`
	Origin        []string `json:"origin_territories,omitempty"`
	Affected      []string `json:"affected_territories,omitempty"`
	Category      string   `json:"activity_category,omitempty"`
	Norms         []string `json:"norm_refs,omitempty"`
}

// stamp writes an instant as most producers do, with three digits.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
