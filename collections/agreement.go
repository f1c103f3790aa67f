package collections

import (
	"slices"
	"time"

	"accord/stix"

	"github.com/google/uuid"
)

// An Agreement is one API root and all that belongs to it, as its file says.
// An Agreement in force is never changed: an apply makes a new one.
type Agreement struct {
	ID                 string
	Title, Description Text
	RequiresSignatures []string // party ids, or one of "none" and "all"
	Parties            []Party
	Collections        []Collection // of the file, then the closed ones; see Collection.Closed
	Commitments        []Commitment
	Cooperation        *Cooperation // nil for exchange only

	// Source is the file, byte for byte, as it was applied.
	Source []byte
}

// A Text is words in at least one language, in the order of the file. TAXII
// shows the first, to everyone.
type Text []LangText

// A LangText is words in one language (RFC 5646 tag).
type LangText struct{ Lang, Text string }

// First returns the words that TAXII shows, "" when there are none.
func (t Text) First() string {
	if len(t) == 0 {
		return ""
	}
	return t[0].Text
}

// A Party is an organisation that takes part. A party id means the same
// organisation on the whole server.
type Party struct {
	ID          string
	Name        Text
	Territory   string // ISO 3166-1 alpha-2
	Units       []string
	Identity    stix.ID // STIX identity; made once and kept when the file gives none
	Clearance   stix.TLP
	Contacts    []Contact
	Issuers     []Issuer
	SigningKeys []string
}

// A Contact is a person or desk of a party.
type Contact struct {
	ID, Role, Name, Email, Phone, Webhook string
	Languages                             []string
	TimeZone                              string
}

// An Issuer makes tokens for its own party, in the agreement that declares it.
// Exactly one of JWKSURL and JWKSFile is set.
type Issuer struct {
	Iss, JWKSURL, JWKSFile string
}

// A Collection is a place for objects in one agreement.
type Collection struct {
	ID           uuid.UUID // version 4; made once and kept when the file gives none
	Alias        string
	Title        Text
	Description  Text
	Origin       []string // territories that its activity comes from; nil for any
	Purpose      string   // indicators or norms
	Ceiling      stix.TLP
	Profile      string             // standard, strict or open
	Schemas      []OwnSchema        // of the agreement's own, in the order of the file
	STIXVersions []string           // "2.1", "2.0"
	Grants       map[string][]Right // by party id
	Closed       bool               // left out of the file in force: no writes
	Reach        stix.TLP           // the highest ceiling that it ever had: what may still lie in it
}

// A Right is what a grant gives a party in a collection.
type Right string

// Curate is the right to delete what others stored.
const (
	Read   Right = "read"
	Write  Right = "write"
	Curate Right = "curate"
)

// A Commitment is one of the agreement's own promises.
type Commitment struct {
	ID   string
	Text Text
}

// Cooperation holds the terms of requests, hotline and review.
type Cooperation struct {
	Pairs           [][2]string // party ids, each pair sorted; nil for all
	RequestRequires []string
	TwoOfficers     []string
	Acknowledge     map[string]time.Duration // by urgency
	Respond         map[string]time.Duration
	Hotline         *Hotline
	Dialogue        *Dialogue
}

// A Hotline is how an escalation reaches the other side.
type Hotline struct {
	AcknowledgeWithin time.Duration
	Ladder            []Step
	TestEvery         time.Duration
}

// A Step of the hotline's ladder: each party's own contact of that id.
type Step struct {
	Contact string
	After   time.Duration
	Via     []string
}

// A Dialogue is the review that the parties hold at fixed dates.
type Dialogue struct {
	First time.Time // a day, UTC
	Every string    // as written, for example "6 months"
}

// Party returns the party with that id, nil if there is none.
func (a *Agreement) Party(id string) *Party {
	for i := range a.Parties {
		if a.Parties[i].ID == id {
			return &a.Parties[i]
		}
	}
	return nil
}

// MayRequest reports whether the agreement gives the party a pair to send
// requests in.
func (a *Agreement) MayRequest(party string) bool {
	if a.Cooperation == nil || a.Party(party) == nil {
		return false
	}
	return a.Cooperation.Pairs == nil || slices.ContainsFunc(a.Cooperation.Pairs, func(pair [2]string) bool {
		return slices.Contains(pair[:], party)
	})
}

// MaySearch reports whether the agreement gives the party anything to read.
func (a *Agreement) MaySearch(party string) bool {
	return slices.ContainsFunc(a.Collections, func(c Collection) bool {
		return slices.Contains(c.Grants[party], Read)
	})
}
