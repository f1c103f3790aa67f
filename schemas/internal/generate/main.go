// Command generate writes the JSON Schemas of schemas/types and the tables of
// schemas/facts.go from the facts in schemas/internal/facts: the property
// tables, constraints and vocabularies of STIX 2.1 and of our two extensions.
//
//	go run ./internal/generate    in the folder schemas
package main

import (
	"encoding/json"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Facts is what the files of facts hold, as far as it is needed.
type Facts struct {
	Classes    map[string][]string `json:"classes"`
	Common     map[string]Property `json:"common_properties"`
	Reserved   []string            `json:"reserved_property_names"`
	Formats    map[string]Format   `json:"formats"`
	Types      map[string]Format   `json:"types"`
	Embedded   map[string]Shape    `json:"embedded_types"`
	Objects    map[string]Shape    `json:"objects"`
	Extensions map[string]Shape    `json:"extensions"` // predefined ones by name, ours by id

	Vocabularies  map[string]Vocabulary `json:"-"`
	Relationships Relationships         `json:"-"`
}

// A Shape is an object, embedded object or extension.
type Shape struct {
	Kind         string       `json:"kind"` // sdo, sro, sco, smo, bundle
	Title        string       `json:"title"`
	Section      string       `json:"section"`
	Requires     []string     `json:"requires"` // common properties beyond those of the class
	Common       CommonUse    `json:"common"`
	Properties   []Property   `json:"properties"`
	Constraints  []Constraint `json:"constraints"`
	Predefined   []string     `json:"predefined_extensions"`
	Contributing []string     `json:"id_contributing"`
	AppliesTo    names        `json:"applies_to"`
	Extension    string       `json:"extension_type"`
	Protocol     string       `json:"protocol"`
}

// CommonUse says which common properties a type has.
type CommonUse struct {
	Required      []string `json:"required"`
	Optional      []string `json:"optional"`
	NotApplicable []string `json:"not_applicable"`
}

// A Property is one row of a property table; Items and Values have no name.
type Property struct {
	Name     string    `json:"name"`
	Required bool      `json:"required"`
	Type     string    `json:"type"`
	Items    *Property `json:"items"`
	Values   *Property `json:"values"`
	Vocab    string    `json:"vocab"`
	RefTypes []string  `json:"ref_types"`
	Format   string    `json:"format"`
	Const    string    `json:"const"`
	Keys     string    `json:"keys"`
	Minimum  *int64    `json:"minimum"`
	Maximum  *int64    `json:"maximum"`
	Rules    []string  `json:"rules"`
}

// A Constraint relates several properties of a shape.
type Constraint struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind"`
	In          string     `json:"in"`
	Props       []string   `json:"props"`
	Sets        [][]string `json:"sets"`
	Exclude     []string   `json:"exclude"`
	Extensions  bool       `json:"extensions_count"`
	If          condition  `json:"if"`
	IfPresent   string     `json:"if_present"`
	Unless      string     `json:"unless_present"`
	ThenPresent []string   `json:"then_present"`
	ThenAbsent  []string   `json:"then_absent"`
	Prop        string     `json:"prop"`
	ListProp    string     `json:"list_prop"`
	Value       string     `json:"value"`
	Left        string     `json:"left"`
	Op          string     `json:"op"`
	Right       string     `json:"right"`
	Level       string     `json:"level"`
	SourceName  string     `json:"source_name"`
}

type condition struct {
	Prop   string `json:"prop"`
	Equals any    `json:"equals"` // one value, or a list of them
}

// A Format is a form of strings.
type Format struct {
	Pattern string            `json:"pattern"`
	Key     string            `json:"key_pattern"`
	Values  map[string]string `json:"value_patterns"`
}

// A Vocabulary is a list of terms.
type Vocabulary struct {
	Kind   string   `json:"kind"` // open-vocabulary or enumeration
	Values []string `json:"values"`
}

// Relationships are the relationship types that STIX suggests.
type Relationships struct {
	Common []struct {
		Type string `json:"relationship_type"`
	} `json:"common"`
	Pairs []struct {
		Source  string   `json:"source"`
		Type    string   `json:"relationship_type"`
		Targets []string `json:"targets"`
	} `json:"relationships"`
}

// names is one name or a list of them.
type names []string

func (n *names) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*n = make(names, 1)
		return json.Unmarshal(b, &(*n)[0])
	}
	return json.Unmarshal(b, (*[]string)(n))
}

func main() {
	log.SetFlags(0)
	f := readFacts("internal/facts")
	if err := os.MkdirAll("types", 0o777); err != nil {
		log.Fatal(err)
	}
	for typ, schema := range f.schemas() {
		b, err := json.MarshalIndent(schema, "", "  ")
		if err != nil {
			log.Fatal(err)
		}
		write(filepath.Join("types", typ+".json"), append(b, '\n'))
	}
	write("facts.go", f.tables())
}

func readFacts(dir string) *Facts {
	var f, ours Facts
	var words, ourWords struct {
		Vocabularies map[string]Vocabulary `json:"vocabularies"`
	}
	read(filepath.Join(dir, "objects.json"), &f)
	read(filepath.Join(dir, "vocabularies.json"), &words)
	read(filepath.Join(dir, "relationships.json"), &f.Relationships)
	read(filepath.Join(dir, "accord.json"), &ours)
	read(filepath.Join(dir, "accord.json"), &ourWords)
	for typ, shape := range ours.Objects {
		shape.Common = f.Objects["indicator"].Common
		f.Objects[typ] = shape
	}
	maps.Copy(f.Extensions, ours.Extensions)
	f.Vocabularies = words.Vocabularies
	maps.Copy(f.Vocabularies, ourWords.Vocabularies)
	return &f
}

func read(file string, v any) {
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		log.Fatalf("%s: %v", file, err)
	}
}

// write leaves a file that is right already alone, so that nothing is built
// anew for it.
func write(file string, b []byte) {
	if old, err := os.ReadFile(file); err == nil && slices.Equal(old, b) {
		return
	}
	if err := os.WriteFile(file, b, 0o666); err != nil {
		log.Fatal(err)
	}
}
