package collections_test

import (
	"fmt"
	"strings"
	"testing"

	"accord/collections"
	"accord/stix"
)

// definition is a marking definition of a type; more is added to its members as
// it stands.
func definition(typ, created, more string) string {
	return fmt.Sprintf(`{"type":"marking-definition","spec_version":"2.1","id":%q,"created":%q,`+
		`"definition_type":%q,"definition":{%q:"as agreed"}%s}`, statement, created, typ, typ, more)
}

// P6: a marking raises no rank only where every definition of it is a statement,
// so nobody lowers what another has marked by defining the marking once more.
func TestUnknownMarkings(t *testing.T) {
	words, other := definition("statement", t1, ""), definition("x-acs", t1, "")
	extended := definition("statement", t1, `,"extensions":{"extension-definition--55555555-5555-4555-8555-555555555555":{"extension_type":"property-extension"}}`)
	marked := indicator(1, t1, markedAs(statement))
	for _, tc := range []struct {
		name          string
		before        []string // stored by cert-cn, whose clearance is below the ceiling
		push          []string // of cert-us
		visibleToThem bool
	}{
		{"nobody defines it", nil, []string{marked}, false},
		{"the push says statement", nil, []string{marked, words}, true},
		{"only another party says statement", []string{words}, []string{marked}, false},
		{"both say statement", []string{words}, []string{marked, words}, true},
		{"the push says something else", nil, []string{other, marked}, false},
		{"the push contradicts the collection", []string{words}, []string{other, marked}, false},
		{"the collection contradicts the push", []string{other}, []string{words, marked}, false},
		{"the push contradicts itself", nil, []string{other, definition("statement", t2, ""), marked}, false},
		{"a statement with an extension", nil, []string{extended, marked}, false},
		{"a name in another case", nil, []string{strings.Replace(other, `"definition":`, `"Definition_Type":"statement","definition":`, 1), marked}, false},
		{"a definition above the ceiling", nil, []string{definition("statement", t1, markedAs(string(stix.Red.Marking()))), marked}, false},
		{"a definition of STIX 2.0, which is refused", nil, []string{strings.Replace(words, `"spec_version":"2.1",`, "", 1), marked}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			us, cn := w.as("cert-us", "read:*/* write:*/*"), w.as("cert-cn", "read:*/* write:*/*")
			if tc.before != nil {
				w.push(cn, "from-cn", tc.before...)
			}
			w.push(us, "from-cn", tc.push...)
			if all := strings.Join(w.read(us, "from-cn", collections.VersionFilter{}), "\n"); !strings.Contains(all, marked) {
				t.Fatalf("the marked object was not stored; there is %s", all)
			}
			seen := strings.Contains(strings.Join(w.read(cn, "from-cn", collections.VersionFilter{}), "\n"), marked)
			if seen != tc.visibleToThem {
				t.Errorf("visible below the ceiling: %v, want %v", seen, tc.visibleToThem)
			}
		})
	}
}

// VER-10: a marking definition has no versions: the first one stays.
func TestMarkingIsDefinedOnce(t *testing.T) {
	w := newWorld(t)
	us, cn := w.as("cert-us", "read:*/* write:*/*"), w.as("cert-cn", "read:*/* write:*/*")
	w.push(us, "from-cn", definition("x-acs", t1, ""))
	for _, again := range []string{definition("statement", t1, ""), definition("statement", t2, ""), definition("x-acs", t2, "")} {
		s := w.push(cn, "from-cn", again).Status
		if len(s.Failures) != 1 || !strings.HasPrefix(s.Failures[0].Message, "VER-10") {
			t.Errorf("push of %s: %+v, want a failure of VER-10", again, s)
		}
	}
	if s := w.push(cn, "from-cn", definition("x-acs", t1, "")).Status; len(s.Failures) != 0 {
		t.Errorf("the same definition again: %+v, want a success", s.Failures)
	}
}

// P6: RED in upper case is RED (RFC 4122 §3).
func TestMarkingsInUpperCase(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	red := "marking-definition--" + strings.ToUpper(stix.Red.Marking().UUID())
	s := w.push(us, "from-cn", indicator(1, t1, markedAs(red))).Status
	if len(s.Failures) != 1 || !strings.HasPrefix(s.Failures[0].Message, "TLP-CEILING") {
		t.Errorf("push of %s into a collection up to amber: %+v, want a failure of TLP-CEILING", red, s)
	}
}

// P4, P6: a marking that counts as the ceiling is told to who posts it, in the
// same words whether nobody has defined it or somebody in secret.
func TestUnknownMarkingsAreTold(t *testing.T) {
	const another = "marking-definition--44444444-4444-4444-8444-444444444444"
	secret := definition("statement", t1, markedAs(string(stix.Amber.Marking())))
	granular := `,"granular_markings":[{"marking_ref":"` + statement + `","selectors":["name"]}]`
	unknown := "MRK-UNKNOWN: the marking " + statement + " is not known here as a statement, so the object counts as TLP:AMBER, the highest that the collection holds"
	for _, tc := range []struct {
		name   string
		before []string // stored by cert-us, whose clearance is above that of the poster
		push   []string // of cert-cn; the first one is looked at
		want   string
	}{
		{"no marking", nil, []string{indicator(1, t1, "")}, ""},
		{"a TLP marking", nil, []string{indicator(1, t1, markedAs(string(stix.Green.Marking())))}, ""},
		{"nobody defines it", nil, []string{indicator(1, t1, markedAs(statement))}, unknown},
		{"of a part", nil, []string{indicator(1, t1, granular)}, unknown},
		{"a hidden definition", []string{secret}, []string{indicator(1, t1, markedAs(statement))}, unknown},
		{"the push defines it", nil, []string{indicator(1, t1, markedAs(statement)), definition("statement", t1, "")}, ""},
		{"two", nil, []string{indicator(1, t1, markedAs(statement+`","`+another))}, strings.Replace(unknown, statement, statement+" (and 1 more)", 1)},
		{"a refused object", nil, []string{indicator(1, t1, markedAs(statement+`","`+string(stix.Red.Marking())))},
			"TLP-CEILING at /object_marking_refs: the object is marked TLP:RED, and the collection holds at most TLP:AMBER"},
		{"behind other warnings", nil, []string{strings.Replace(indicator(1, t1, markedAs(statement)), `,"description":"Told for tests"`, "", 1)}, "; " + unknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.push(w.as("cert-us", "read:*/* write:*/*"), "from-cn", tc.before...)
			s := w.push(w.as("cert-cn", "read:*/* write:*/*"), "from-cn", tc.push...).Status
			said := ""
			if len(s.Failures) > 0 {
				said = s.Failures[0].Message
			} else {
				said = s.Successes[0].Message
			}
			if said != tc.want && !(strings.HasPrefix(tc.want, "; ") && strings.HasSuffix(said, tc.want)) {
				t.Errorf("push says %q, want %q", said, tc.want)
			}
		})
	}
}
