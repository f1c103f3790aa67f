package collections_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/fair"
	"accord/schemas"
	"accord/stix"

	"github.com/google/uuid"
)

const extensionID = "extension-definition--77777777-7777-4777-8777-777777777777"

// extensionDefinition is an extension definition of a party; more is added to
// its members as it stands.
func extensionDefinition(identity, name, modified, more string) string {
	return fmt.Sprintf(`{"type":"extension-definition","spec_version":"2.1","id":%q,"created_by_ref":%q,"created":"2026-01-01T00:00:00.000Z",`+
		`"modified":%q,"name":%q,"description":"Told for tests","schema":"https://example.com/schema.json","version":"1.0.0",`+
		`"extension_types":["property-extension"]%s}`, extensionID, identity, modified, name, more)
}

// extended is an indicator that uses the extension.
func extended(n int) string {
	return indicator(n, t1, `,"extensions":{"`+extensionID+`":{"extension_type":"property-extension","rating":1}}`)
}

// A telling validator judges as ours does, and warns of the name of the
// definition that each extension has.
type tellingValidator struct{ collections.Validator }

func (v tellingValidator) Judge(profile string, own map[string][]byte) (stix.Judge, error) {
	judge, err := v.Validator.Judge(profile, own)
	return tellingJudge{judge}, err
}

type tellingJudge struct{ stix.Judge }

func (j tellingJudge) Validate(o stix.Object, definition func(stix.ID) []byte) stix.Verdict {
	verdict := j.Judge.Validate(o, nil)
	if strings.Contains(string(o.Raw), `"`+extensionID+`":`) && definition != nil {
		d, _ := stix.ReadObject(definition(extensionID), stix.Limits{})
		name := "unknown"
		if _, rest, ok := strings.Cut(string(d.Raw), `"name":"`); ok {
			name, _, _ = strings.Cut(rest, `"`)
		}
		verdict.Findings = append(verdict.Findings, stix.NewFinding("DEFINED", stix.LevelWarning, "", stix.Words{Format: name}))
	}
	return verdict
}

// P5, P6: an object is judged with the newest definition of its extension that
// the poster may know of: in the push, in any order, and in every collection of
// the agreement that he may read.
func TestExtensionDefinitions(t *testing.T) {
	type stored struct{ party, alias, object string }
	us, cn := identityUS, identityCN
	red, amber := markedAs(string(stix.Red.Marking())), markedAs(string(stix.Amber.Marking()))
	everything := "read:*/* write:*/*"
	for _, tc := range []struct {
		name          string
		there         []stored
		party, scopes string
		push          []string // beside the object that uses it
		want          string
	}{
		{"nobody defines it", nil, "cert-us", everything, nil, "unknown"},
		{"the push does, later", nil, "cert-us", everything, []string{extensionDefinition(us, "pushed", t1, "")}, "pushed"},
		{"the push does twice", nil, "cert-us", everything, []string{extensionDefinition(us, "newer", t2, ""), extensionDefinition(us, "older", t1, "")}, "newer"},
		{"the push does, and is refused for it", nil, "cert-us", everything, []string{extensionDefinition(cn, "another's", t1, "")}, "unknown"},
		{"the push does, against the standard", nil, "cert-us", everything, []string{strings.Replace(extensionDefinition(us, "bad", t1, ""), `"1.0.0"`, `1`, 1)}, "unknown"},
		{"the push does, above the ceiling", nil, "cert-us", everything, []string{extensionDefinition(us, "too secret", t1, red)}, "unknown"},
		{"another object has the id", nil, "cert-us", everything, []string{`{"type":"x-note","id":"` + extensionID + `","about":"extension-definition"}`}, "unknown"},
		{"the collection does", []stored{{"cert-cn", "from-cn", extensionDefinition(cn, "stored", t1, "")}}, "cert-us", everything, nil, "stored"},
		{"another collection does", []stored{{"cert-cn", "curated", extensionDefinition(cn, "elsewhere", t1, "")}}, "cert-us", everything, nil, "elsewhere"},
		{"one that the party may not read", []stored{{"cert-us", "write-only", extensionDefinition(us, "unreadable", t1, "")}}, "cert-us", everything, nil, "unknown"},
		{"one that the other party may read", []stored{{"cert-us", "write-only", extensionDefinition(us, "readable", t1, "")}}, "cert-cn", everything, nil, "readable"},
		{"one that the token may not read", []stored{{"cert-cn", "curated", extensionDefinition(cn, "out of scope", t1, "")}}, "cert-us", "read:us-cn/from-cn write:*/*", nil, "unknown"},
		{"a hidden one", []stored{{"cert-us", "curated", extensionDefinition(us, "hidden", t1, amber)}}, "cert-cn", everything, nil, "unknown"},
		{"a newer one is hidden", []stored{{"cert-us", "curated", extensionDefinition(us, "open", t1, "")}, {"cert-us", "curated", extensionDefinition(us, "hidden", t2, red)}}, "cert-cn", everything, nil, "open"},
		{"the newest of two collections", []stored{{"cert-us", "curated", extensionDefinition(us, "newer", t2, "")}, {"cert-us", "from-cn", extensionDefinition(us, "older", t1, "")}}, "cert-us", everything, nil, "newer"},
		{"the push has a newer one", []stored{{"cert-us", "curated", extensionDefinition(us, "stored", t1, "")}}, "cert-us", everything, []string{extensionDefinition(us, "pushed", t2, "")}, "pushed"},
		{"the push has other words for the same version", []stored{{"cert-us", "from-cn", extensionDefinition(us, "stored", t1, "")}}, "cert-us", everything, []string{extensionDefinition(us, "pushed", t1, "")}, "stored"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.service.Validator = tellingValidator{schemas.New()}
			for _, s := range tc.there {
				w.push(w.as(s.party, everything), s.alias, s.object)
			}
			s := w.push(w.as(tc.party, tc.scopes), "from-cn", append([]string{extended(1)}, tc.push...)...).Status
			if len(s.Successes) == 0 {
				t.Fatalf("the object was refused: %+v", s.Failures)
			}
			if got, want := s.Successes[0].Message, "DEFINED: "+tc.want; got != want {
				t.Errorf("judged with %q, want %q", got, want)
			}
		})
	}
}

// What has the id of an extension definition and is none defines nothing; an
// open collection holds such objects.
func TestExtensionDefinitionsOfOtherTypes(t *testing.T) {
	odd := fmt.Sprintf(`{"type":"x-note","spec_version":"2.1","id":%q,"created":%q,"modified":%q,"name":"odd","about":"extension-definition"}`, extensionID, t1, t1)
	for _, pushes := range [][][]string{{{extended(1), odd}}, {{odd}, {extended(1)}}} {
		w := newWorld(t)
		w.judgedBy("open")
		w.service.Validator = tellingValidator{schemas.New()}
		us := w.as("cert-us", "read:*/* write:*/*")
		var s collections.Status
		for _, objects := range pushes {
			s = w.push(us, "curated", objects...).Status
		}
		if got := s.Successes[0].Message; got != "DEFINED: unknown" || len(s.Failures) > 0 {
			t.Errorf("pushes of %q: judged with %q and %+v, want what is unknown", pushes, got, s.Failures)
		}
	}
}

// An askedStore counts the objects whose versions are asked for outside of
// appends, and fails when it is told to.
type askedStore struct {
	collections.Store
	asked  *int
	fail   error
	during func() // may be nil
}

func (s askedStore) Versions(ctx context.Context, log uuid.UUID, ids []string) (map[string][]collections.Version, error) {
	*s.asked += len(ids)
	if s.during != nil {
		s.during()
	}
	if s.fail != nil {
		return nil, s.fail
	}
	return s.Store.Versions(ctx, log, ids)
}

// P9: each definition is looked for once in each collection, however many
// objects use it, and none on behalf of objects without extensions.
func TestExtensionDefinitionsAreLookedForOnce(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	asked := 0
	w.service.Store = askedStore{w.service.Store, &asked, nil, nil}
	var plain, using []string
	for i := range 300 {
		plain, using = append(plain, indicator(i, t1, "")), append(using, extended(1000+i))
	}
	w.push(us, "from-cn", plain...)
	if asked != 0 {
		t.Errorf("objects without extensions asked for %d objects, want none", asked)
	}
	w.push(us, "from-cn", using...)
	if asked != 2 { // us may read two collections
		t.Errorf("300 objects with one extension asked for %d objects, want one in each of two collections", asked)
	}
}

// A push that cannot look for a definition fails, and stores nothing that was
// judged without it.
func TestExtensionDefinitionsFail(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	asked, broken := 0, w.service.Store
	w.service.Store = askedStore{broken, &asked, errBroken, nil}
	if _, err := w.view(us, "from-cn").Push(us, posted{extended(1)}); !errors.Is(err, errBroken) {
		t.Errorf("Push = %v, want %v", err, errBroken)
	}
	w.service.Store = broken
	if got := w.read(us, "from-cn", collections.VersionFilter{}); len(got) != 0 {
		t.Errorf("%d objects are there, want none", len(got))
	}
}

// A perObjectValidator judges as ours does, and counts each object.
type perObjectValidator struct {
	collections.Validator
	count func()
}

func (v perObjectValidator) Judge(profile string, own map[string][]byte) (stix.Judge, error) {
	judge, err := v.Validator.Judge(profile, own)
	return countingJudge{judge, v.count}, err
}

type countingJudge struct {
	stix.Judge
	count func()
}

func (j countingJudge) Validate(o stix.Object, definition func(stix.ID) []byte) stix.Verdict {
	j.count()
	return j.Judge.Validate(o, definition)
}

// TX-SEC-02: whatever a push brings, each of its turns is short, and it has none
// while it looks for definitions.
func TestPushesHaveShortTurns(t *testing.T) {
	var definitions, markings []string
	for i := range 100 {
		definitions = append(definitions, strings.Replace(extensionDefinition(identityUS, "bad", t1, ""), `"1.0.0"`, `1`, 1))
		markings = append(markings, fmt.Sprintf(`{"type":"marking-definition","id":"marking-definition--%d"}`, i))
	}
	for name, objects := range map[string][]string{
		"definitions": append(definitions, extended(1)),
		"markings":    append(markings, indicator(1, t1, markedAs(statement))),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			judged, longest := 0, 0 // in one turn; there is one at a time
			turns := &fair.Gate{Most: 1, Waited: func(time.Duration) { judged = 0 }}
			w.service.Turns.Processors = turns
			w.service.Validator = perObjectValidator{schemas.New(), func() { judged++; longest = max(longest, judged) }}
			asked := 0
			w.service.Store = askedStore{w.service.Store, &asked, nil, func() {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				if err := turns.Enter(ctx, "another party"); err != nil {
					t.Errorf("another party waits while the store is asked: %v", err)
					return
				}
				turns.Leave("another party")
			}}
			w.push(w.as("cert-us", "read:*/* write:*/*"), "from-cn", objects...)
			if longest > 16 || asked == 0 {
				t.Errorf("%d objects are judged in one turn and %d asked for; want 16 at most, and some", longest, asked)
			}
		})
	}
}

// TX-SEC-02: an object that names thousands of definitions costs a bounded
// number of looks.
func TestExtensionDefinitionsAreBounded(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	asked := 0
	w.service.Store = askedStore{w.service.Store, &asked, nil, nil}
	objects := make([]string, 15)
	for i := range objects {
		objects[i] = extendedBy(i, 200)
	}
	if s := w.push(us, "from-cn", objects...).Status; len(s.Failures) != 0 {
		t.Fatalf("failures %+v, want none", s.Failures)
	}
	if asked != 2*1000 {
		t.Errorf("3000 definitions were asked for %d times, want 1000 in each of two collections", asked)
	}
}

// extendedBy is an indicator with extensions that nobody defines.
func extendedBy(n, extensions int) string {
	members := make([]string, extensions)
	for i := range members {
		members[i] = `"extension-definition--` + uuid.NewString() + `":{"extension_type":"property-extension","rating":1}`
	}
	return indicator(n, t1, `,"extensions":{`+strings.Join(members, ",")+`}`)
}

// P9: which definitions are known is decided by the order of the objects, so
// that the same push gets the same verdicts.
func TestExtensionDefinitionsInOrder(t *testing.T) {
	var others []string
	for n := range 40 {
		others = append(others, extendedBy(1000+n, 25))
	}
	sent := []string{extended(1), extensionDefinition(identityUS, "pushed", t1, "")}
	for want, before := range map[string][]string{"unknown": others, "pushed": others[:39]} {
		for range 3 {
			w := newWorld(t)
			w.service.Validator = tellingValidator{schemas.New()}
			s := w.push(w.as("cert-us", "write:*/*"), "from-cn", slices.Concat(before, sent)...).Status
			if len(s.Successes) < 2 || s.Successes[1].Message != "DEFINED: "+want {
				t.Errorf("behind %d others: %+v; want %s", 25*len(before), s.Successes, want)
			}
		}
	}
}

// TX-SEC-02: the definitions that one push finds have 4 MiB together, stored
// ones included.
func TestExtensionDefinitionsHaveABoundedSize(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	id := func(n int) string { return fmt.Sprintf("extension-definition--00000000-0000-4000-8000-%012d", n) }
	var definitions, uses []string
	for n := range 6 {
		large := extensionDefinition(identityUS, strings.Repeat("x", 900<<10), t1, "")
		definitions = append(definitions, strings.Replace(large, extensionID, id(n), 1))
		uses = append(uses, fmt.Sprintf(`{"uses":%q}`, id(n)))
	}
	if s := w.push(us, "curated", definitions...).Status; len(s.Failures) > 0 {
		t.Fatal(s.Failures)
	}
	judge, err := schemas.New().Judge("standard", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, sent := range map[string][]string{"stored": uses, "sent": definitions} {
		found, err := collections.Definitions(us, nil, judge, func(do func([]byte) error) error {
			for _, raw := range sent {
				if err := do([]byte(raw)); err != nil {
					return err
				}
			}
			return nil
		}, w.view(us, "from-cn"))
		var known []int
		for n := range 6 {
			if found != nil && found(stix.ID(id(5-n))) != nil {
				known = append(known, 5-n)
			}
		}
		if !slices.Equal(known, []int{3, 2, 1, 0}) || err != nil {
			t.Errorf("%s: known are %v, %v; want the first four of 900 KiB", name, known, err)
		}
	}
}
