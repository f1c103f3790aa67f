package server

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows say which rooms of ours a room may import. "server" stands for what
// the whole server is made of; only it may import a store.
var arrows = map[string][]string{
	"stix":                        {},
	"stix/lift":                   {"stix"},
	"stix/pattern":                {"stix"},
	"schemas":                     {"stix", "stix/pattern"},
	"collections":                 {"stix", "collections/search", "collections/fair"},
	"collections/fair":            {},
	"collections/sqlite":          {"stix", "collections", "collections/search", "collections/fair"},
	"collections/mongo":           {"stix", "collections", "collections/search", "collections/fair"},
	"collections/mongo/mongotest": {},
	"collections/storetest":       {"stix", "collections", "collections/search"},
	"taxii":                       {"stix", "collections", "taxii/wire"},
	"taxii/wire":                  {"collections"},
	"taxii/conformance":           {},
	"taxii/client":                {"stix", "collections"},
	"server/auth":                 {"stix", "collections"},
	"server/api":                  {"stix", "schemas", "collections", "taxii/wire"},
	"server/sample":               {"stix"},
	"server": {
		"stix", "stix/lift", "stix/pattern", "schemas", "collections", "collections/fair", "collections/search",
		"collections/sqlite", "collections/mongo", "taxii", "taxii/client", "taxii/conformance", "taxii/wire", "server/api", "server/auth", "server/sample",
	},
	"server/cmd/accord":              {"server"},
	"server/e2e":                     {}, // tests only, of the binary
	"schemas/internal/generate":      {}, // programs that write files of the room
	"stix/pattern/internal/generate": {},
}

// TestArrows holds the rooms to their arrows, so that a turned one is seen the
// day it turns. What tests import is their own affair.
func TestArrows(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "accord/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); seen++ {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&pkg); err != nil {
			t.Fatal(err)
		}
		room := strings.TrimPrefix(pkg.ImportPath, "accord/")
		allowed, known := arrows[room]
		if !known {
			t.Errorf("the room %s is not in the table", room)
		}
		for _, imported := range pkg.Imports {
			if other, ours := strings.CutPrefix(imported, "accord/"); ours && !slices.Contains(allowed, other) {
				t.Errorf("%s imports %s; allowed are %v", room, other, allowed)
			}
		}
	}
	if seen < len(arrows) {
		t.Errorf("go list knows %d packages, the table has %d", seen, len(arrows))
	}
}
