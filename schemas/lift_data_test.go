package schemas

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"accord/stix"
	"accord/stix/lift"
)

// Real STIX 2.0 is accepted under the profile standard once it is lifted; before
// that none of it is. wrong counts the objects that were at fault in 2.0 already.
func TestRealSTIX20IsAcceptedOnceLifted(t *testing.T) {
	folder := dataFolder(t)
	judge, err := (&Validator{STIX21Only: true}).Judge("standard", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		file  string
		wrong int
	}{
		{"feeds/unit42-playbooks-stix20.tar.gz", 36}, // 27 times an identity_class that is a list, 9 patterns that nothing can match,
		{"observed/observed-data-2.0.json.gz", 0},
		{"examples/stix20-report-visualization.json", 0},
		{"examples/misp/event2-stix20.json", 0},
		{"examples/misp/objects-collection-stix20.json", 0},
	} {
		t.Run(filepath.Base(tc.file), func(t *testing.T) {
			read, made, before, refused := 0, 0, 0, map[string]int{}
			eachObject(t, filepath.Join(folder, tc.file), func(raw []byte) {
				read++
				if o, _ := stix.ReadObject(raw, stix.DefaultLimits); judge.Validate(o, nil).Accepted {
					before++
				}
				objects, err := lift.Object(raw)
				if err != nil || objects == nil {
					t.Fatalf("%s is not lifted: %v", raw, err)
				}
				made += len(objects)
				for _, lifted := range objects {
					o, _ := stix.ReadObject(lifted, stix.DefaultLimits)
					if verdict := judge.Validate(o, nil); !verdict.Accepted {
						refused[verdict.Findings[0].Rule]++
						t.Logf("%s: %v", o.ID, verdict.Findings[0])
					}
				}
			})
			sum := 0
			for _, n := range refused {
				sum += n
			}
			t.Logf("%d objects of 2.0, %d of them accepted as they are; %d of 2.1, %d refused: %v", read, before, made, sum, refused)
			if sum != tc.wrong || before != 0 {
				t.Errorf("%d are refused, %v, and %d were accepted before; want %d and none", sum, refused, before, tc.wrong)
			}
		})
	}
}

// The playbooks of Unit 42 were lifted before, by hand and by the publisher's own
// differences. Ours are the same objects, but where the original has several of
// one id and version, of which that file kept the first.
func TestUnit42LiftsAsItWasLiftedByHand(t *testing.T) {
	folder := dataFolder(t)
	want := map[string]map[string]any{}
	eachObject(t, filepath.Join(folder, "feeds", "unit42-stix21.json.gz"), func(raw []byte) {
		key, value := decoded(t, raw)
		want[key] = value
	})
	same, repeated := 0, map[string]bool{}
	eachObject(t, filepath.Join(folder, "feeds", "unit42-playbooks-stix20.tar.gz"), func(raw []byte) {
		objects, err := lift.Object(raw)
		if err != nil || len(objects) != 1 {
			t.Fatalf("%s: %q, %v", raw, objects, err)
		}
		key, value := decoded(t, objects[0])
		if reflect.DeepEqual(value, want[key]) {
			same++
		} else if !repeated[key] {
			t.Errorf("%s differs in %s", key, differences(value, want[key]))
		}
		repeated[key] = true
	})
	t.Logf("%d objects are the same", same)
	if same < 36_000 {
		t.Errorf("only %d objects are the same", same)
	}
}

func decoded(t *testing.T, raw []byte) (key string, value map[string]any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		t.Fatal(err)
	}
	id, _ := value["id"].(string)
	modified, _ := value["modified"].(string)
	return id + " " + modified, value
}

func differences(a, b map[string]any) string {
	if b == nil {
		return "not there"
	}
	var names []string
	for name := range a {
		if !reflect.DeepEqual(a[name], b[name]) {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, "-"+name)
		}
	}
	return strings.Join(names, ",")
}
