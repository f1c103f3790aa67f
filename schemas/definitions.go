package schemas

import (
	"bytes"
	"embed"
	"encoding/json"
	"sync"

	"accord/stix"
)

// definitionFiles are the definitions of our two extensions, the identity that
// made them, and examples of their use.
//
//go:embed definitions/*.json definitions/examples/*.json
var definitionFiles embed.FS

// ourDefinitions are our definitions by id, each as one line.
var ourDefinitions = sync.OnceValue(func() map[stix.ID][]byte {
	return map[stix.ID][]byte{
		stix.ActivityContext: definitionFile("activity-context"),
		stix.Assistance:      definitionFile("assistance"),
	}
})

// Definitions returns the objects that define our extensions, as a server hands
// them out: the identity that created them, then the activity context, then
// assistance. Each is one line of JSON.
func Definitions() []json.RawMessage {
	return definitionFilesOf("accord", "activity-context", "assistance")
}

// Definition returns the object that defines an extension of ours, nil for any
// other id. The bytes must not be changed.
func Definition(id stix.ID) []byte { return ourDefinitions()[id] }

// Examples returns objects that use our extensions: an indicator with its
// activity context, an assistance-request about it, and an assistance-update on
// that. Each is one line of JSON.
func Examples() []json.RawMessage {
	return definitionFilesOf("examples/indicator", "examples/assistance-request", "examples/assistance-update")
}

func definitionFilesOf(names ...string) (objects []json.RawMessage) {
	for _, name := range names {
		objects = append(objects, definitionFile(name))
	}
	return objects
}

// definitionFile reads a file of definitions. One that is no JSON is a fault of
// the build, which every test meets.
func definitionFile(name string) []byte {
	var line bytes.Buffer
	text, err := definitionFiles.ReadFile("definitions/" + name + ".json")
	if err == nil {
		err = json.Compact(&line, text)
	}
	if err != nil {
		panic(name + ": " + err.Error())
	}
	return line.Bytes()
}

// A definition is what an extension definition says of its uses.
type definition struct {
	Types      []string `json:"extension_types"`
	Properties []string `json:"extension_properties"` // of the object, nil where it does not say
}

// maxDefinition is the size of an extension definition that is read, in bytes:
// each object that uses an extension costs a look at its definition. Published
// ones have a few thousand at most.
const maxDefinition = 64 << 10

// definitionOf returns what is known of an extension; nil if nothing. What
// cannot be read of a definition says nothing.
func (s *subject) definitionOf(id string) *definition {
	raw := Definition(stix.ID(id))
	switch {
	case id == tlp2:
		return &definition{Types: []string{"property-extension"}}
	case raw == nil && s.definition != nil:
		raw = s.definition(stix.ID(id))
	}
	if raw == nil {
		return nil
	}
	var d definition
	if len(raw) <= maxDefinition {
		_ = json.Unmarshal(raw, &d) // a collection may hold one that is not right
	}
	return &d
}
