package schemas

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"accord/stix"
)

// A sound object has no finding.
type soundObject struct {
	name string
	ruleCase
}

// GoString is how rapid shows what it drew.
func (o soundObject) GoString() string { return o.name }

// soundObjects are the objects of the rule cases, each once, and our examples.
func soundObjects(t testing.TB) (objects []soundObject) {
	t.Helper()
	ready()
	files, err := fs.Glob(ruleFiles, "testdata/rules/*.json")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		id := strings.TrimSuffix(strings.TrimPrefix(file, "testdata/rules/"), ".json")
		cases, err := casesOf(id)
		if err != nil {
			t.Fatal(file, err)
		}
		for i, c := range cases {
			if o, _ := stix.ReadObject(c.Valid, stix.DefaultLimits); o.Type != "bundle" && !seen[string(c.Valid)] {
				seen[string(c.Valid)] = true
				objects = append(objects, soundObject{fmt.Sprint(id, " ", i), c})
			}
		}
	}
	for i, raw := range Examples() {
		objects = append(objects, soundObject{fmt.Sprint("example ", i), ruleCase{Valid: raw}})
	}
	return objects
}
