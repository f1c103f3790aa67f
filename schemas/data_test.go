package schemas

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accord/stix"
)

// dataFolder is where real objects are, on machines that have some.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir := cmp.Or(os.Getenv("ACCORD_TEST_DATA"), filepath.Join("..", "..", "shared", "data"))
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no real objects: ACCORD_TEST_DATA names no folder")
	}
	return dir
}

// eachObject reads the objects of a file, or of each file in a tar, STIX or not.
func eachObject(t *testing.T, name string, f func(raw []byte)) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.HasSuffix(name, ".tar.gz") {
		eachIn(t, name, r, f)
		return
	}
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if header.Typeflag == tar.TypeReg {
			eachIn(t, header.Name, archive, f)
		}
	}
}

func eachIn(t *testing.T, name string, r io.Reader, f func(raw []byte)) {
	t.Helper()
	for objects := stix.NewReader(r, stix.File, stix.DefaultLimits); ; {
		raw, err := objects.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f(raw)
	}
}

// explained are the rules under which published objects are refused, and what
// is wrong with them. A refusal for any other reason fails the test.
var explained = map[string]string{
	"COM-05":                     "dates of two releases mixed up (atlas)",
	"COM-13":                     "a statement marking that marks itself",
	"GEN-02":                     "relationships without target_ref (apt1), and a custom x-mitre-collection without created (atlas)",
	"GEN-04":                     "empty lists in old releases of ATT&CK",
	"IDN-01":                     "references kept in the form of STIX 1, such as mandiant:ttp-UUID",
	"IDN-03":                     "ids written by hand, with an impossible UUID version or variant",
	"MRK-05":                     "TLP 2.0 definitions with a definition_type that the published ones have not",
	"NAM-02":                     "a property name with hyphens",
	"OBJ-ATTACK-PATTERN-1":       "CAPEC-CAPEC for a CAPEC id in one release of ATT&CK",
	"OBJ-CAMPAIGN-1":             "a campaign last seen nineteen years before it was first seen",
	"OBJ-EMAIL-MESSAGE-3":        "header fields that are texts, not lists, in an example",
	"OBJ-MAC-ADDR-1":             "an address with hyphens",
	"OBJ-NETWORK-TRAFFIC-1":      "traffic from nowhere to nowhere in an example",
	"OBJ-URL-1":                  "a URL that ends in ^",
	"OBJ-WINDOWS-REGISTRY-KEY-2": "hives written HKLM and HKCU",
	"PAT-SEM-3":                  "patterns that want one object to be a file and a directory, or a file and an e-mail",
	"PAT-SEM-11":                 "regular expressions with half the backslashes they need (apt1)",
	"REF-01":                     "an address that resolves to a name, and traffic to itself, in examples",
	"TSP-04":                     "marking definitions whose created has no fraction",
	"TYP-01":                     "base64 cut short with an ellipsis in an example",
	"TYP-13":                     "header fields that are texts, not lists, in an example",
	"TYP-15":                     "URLs with a blank at the end, and titles in place of URLs, in old releases of ATT&CK",
	"TYP-16":                     "identity_class as a list (unit42)",
}

// mostRefused is how many objects may be refused of what every server is tried
// with first.
var mostRefused = map[string]int{
	"enterprise-attack-18.1.json.gz": 0,
	"mobile-attack-17.1.json.gz":     0,
	"ics-attack-8.2.json.gz":         4,
	"ics-attack-12.1.json.gz":        1,
	"ics-attack-16.1.json.gz":        0,
	"ics-attack-18.1.json.gz":        0,
	"unit42-stix21.json.gz":          36,
	"apt1-full-cjk.json":             6,
}

// Of the published objects hardly any is refused under the profile standard,
// and each for a reason that can be named (import policy, 2).
func TestPublishedObjects(t *testing.T) {
	dir, judge := dataFolder(t), judgeOf("standard")
	objects, refused, byRule := 0, 0, map[string]int{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !isObjects(dir, name) {
			return err
		}
		before, place := refused, 0
		eachObject(t, name, func(raw []byte) {
			if place++; place%sampleEvery != 0 {
				return
			}
			o, _ := stix.ReadObject(raw, stix.DefaultLimits)
			v := judge.Validate(o, nil)
			objects++
			if !v.Accepted {
				refused++
			}
			for _, f := range v.Findings {
				byRule[f.Rule+" "+string(f.Level)]++
				if f.Level == stix.LevelError && explained[f.Rule] == "" {
					t.Errorf("%s: %s is refused without explanation: %+v", name, o.ID, f)
				}
			}
		})
		if most, ok := mostRefused[filepath.Base(name)]; ok && refused-before > most {
			t.Errorf("%s: %d objects are refused; want at most %d", name, refused-before, most)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d objects are refused", refused, objects)
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		t.Logf("%6d %s", byRule[rule], rule)
	}
	if refused*100 > objects {
		t.Error("more than one in 100 is refused")
	}
}

// isObjects reports whether a file holds objects that are meant to be good.
func isObjects(dir, name string) bool {
	folder, _ := filepath.Rel(dir, filepath.Dir(name))
	switch {
	case folder == "." || folder == "invalid" || folder == "taxii", strings.HasSuffix(name, "attack-index.json"):
		return false
	}
	ext := filepath.Ext(strings.TrimSuffix(name, ".gz"))
	return ext == ".json" || ext == ".ndjson"
}
