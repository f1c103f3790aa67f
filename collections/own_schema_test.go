package collections_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"accord/collections"
	"accord/schemas"
	"accord/stix"
)

const (
	needsConfidence = `{"type":"object","required":["confidence"]}`
	needsLang       = `{"type":"object","required":["lang"]}`
)

// schemaFiles are files with the contents given, by name.
func schemaFiles(files map[string]string) collections.SchemaFiles {
	return collections.SchemaFiles{
		Validator: schemas.New(),
		Read: func(name string) ([]byte, error) {
			text, ok := files[name]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
			}
			return []byte(text), nil
		},
	}
}

// withSchemas is the small file whose first collection has schemas.
func withSchemas(t *testing.T, schemas string) string {
	t.Helper()
	return edit(t, smallFile, "alias: from-cn\n", "alias: from-cn\n    schemas: "+schemas+"\n")
}

func TestParseAgreementSchemas(t *testing.T) {
	src := withSchemas(t, `{indicator: schemas/indicator.json, "*": ./sub/../all.json}`)
	a, err := collections.ParseAgreement([]byte(src), schemaFiles(map[string]string{"schemas/indicator.json": needsConfidence, "all.json": needsLang}))
	if err != nil {
		t.Fatal(err)
	}
	want := []collections.OwnSchema{
		{Type: "indicator", File: "schemas/indicator.json", Raw: []byte(needsConfidence)},
		{Type: "*", File: "all.json", Raw: []byte(needsLang)},
	}
	if got := a.Collections[0].Schemas; !reflect.DeepEqual(got, want) {
		t.Errorf("schemas = %+v, want %+v", got, want)
	}
	if got := a.Collections[1].Schemas; got != nil {
		t.Errorf("a collection without schemas has %+v", got)
	}
}

// Every fault says its line, its place in the file, and the file that it names.
func TestParseAgreementRefusesSchemas(t *testing.T) {
	files := schemaFiles(map[string]string{
		"good.json": needsConfidence, "broken.json": `{"type":`, "no-schema.json": `{"type":"object","required":"confidence"}`,
		"remote.json": `{"$ref":"https://example.com/schema.json"}`,
		"long.json":   strings.Repeat(" ", collections.MaxSchemaBytes) + "{}",
	})
	for _, tc := range []struct {
		name, schemas string
		files         collections.SchemaFiles
		want          []string // parts of the one error
	}{
		{"no such file", `{indicator: missing.json}`, files, []string{"schemas.indicator: missing.json: ", "not exist"}},
		{"no JSON", `{indicator: broken.json}`, files, []string{"schemas.indicator: broken.json: ", "JSON"}},
		{"no schema", `{indicator: no-schema.json}`, files, []string{"schemas.indicator: no-schema.json: ", "required"}},
		{"a remote reference", `{"*": remote.json}`, files, []string{"schemas.*: remote.json: ", "$ref"}},
		{"more than a megabyte", `{indicator: long.json}`, files, []string{"schemas.indicator: long.json: ", "more than 1048576 bytes"}},
		{"an absolute path", `{indicator: /etc/passwd}`, files, []string{`schemas.indicator: "/etc/passwd" is not allowed`, "relative"}},
		{"a path that leaves the folder", `{indicator: sub/../../good.json}`, files, []string{`schemas.indicator: "sub/../../good.json" is not allowed`, "inside"}},
		{"the folder", `{indicator: .}`, files, []string{`schemas.indicator: "." is not allowed`}},
		{"no type", `{Indicator: good.json}`, files, []string{`schemas.Indicator: "Indicator" is no object type`}},
		{"one type twice", `{indicator: good.json, indicator: good.json}`, files, []string{`"indicator" is there twice`}},
		{"a list", `[good.json]`, files, []string{"schemas: must be keys with values"}},
		{"nothing", `{}`, files, []string{"schemas: schemas name at least one file"}},
		{"where no files are", `{indicator: good.json}`, collections.SchemaFiles{}, []string{"schemas.indicator: good.json: no schema can be read here"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, err := collections.ParseAgreement([]byte(withSchemas(t, tc.schemas)), tc.files)
			if a != nil || !errors.Is(err, collections.ErrInvalid) {
				t.Fatalf("ParseAgreement = %v, %v; want ErrInvalid", a, err)
			}
			for _, part := range append(tc.want, "line 8: ", "collections[0].schemas") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if n := strings.Count(err.Error(), "line "); n > 2 {
				t.Errorf("error %q names %d lines", err, n)
			}
		})
	}
}

// A schema goes into the log with its agreement, where servers that have no
// files find it; a changed schema alone is a change, with an apply of its own.
func TestApplySchemas(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	src := withSchemas(t, "{indicator: a.json}")
	one, two := schemaFiles(map[string]string{"a.json": needsConfidence}), schemaFiles(map[string]string{"a.json": needsLang})
	hash := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

	added := apply(t, c, src, collections.ApplyOptions{Schemas: one})
	if want := "schema indicator a.json sha256 " + hash(needsConfidence); !strings.Contains(lines(added.Changes)[3], want) {
		t.Errorf("changes %q do not say %q", lines(added.Changes), want)
	}
	if again := apply(t, c, src, collections.ApplyOptions{Schemas: one}); again.Changes != nil {
		t.Errorf("the same again: %q", lines(again.Changes))
	}
	want := "changed  collection from-cn: schema indicator: a.json sha256 " + hash(needsConfidence) + " → a.json sha256 " + hash(needsLang)
	for _, dry := range []bool{true, false} {
		if got := lines(apply(t, c, src, collections.ApplyOptions{Schemas: two, DryRun: dry}).Changes); len(got) != 1 || got[0] != want {
			t.Errorf("changes %q, want %q", got, want)
		}
	}
	gone := apply(t, c, smallFile, collections.ApplyOptions{})
	if want := "changed  collection from-cn: schema indicator: a.json sha256 " + hash(needsLang) + " → none"; len(gone.Changes) != 1 || lines(gone.Changes)[0] != want {
		t.Errorf("changes %q, want %q", lines(gone.Changes), want)
	}
	apply(t, c, src, collections.ApplyOptions{Schemas: two})

	other := openControl(t, store)
	schemas := collection(t, other, "us-cn", "from-cn").Schemas
	if len(schemas) != 1 || string(schemas[0].Raw) != needsLang {
		t.Errorf("another server reads the schemas %+v, want that of the last apply", schemas)
	}
	if id := collection(t, other, "us-cn", "from-us").ID; id != collection(t, c, "us-cn", "from-us").ID {
		t.Error("two servers make other ids for a collection")
	}
	history := other.History("us-cn")
	if len(history) != 4 || history[0].Hash != history[1].Hash || history[0].Schemas == history[1].Schemas || history[2].Schemas != [32]byte{} {
		t.Errorf("history %+v; want four applies, the first two of one file with other schemas, the third with none", history)
	}
}

// What a closed collection keeps of its schemas is no change of the file.
func TestApplySchemasOfAClosedCollection(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	src := edit(t, smallFile, "{alias: from-us,", "{alias: from-us, schemas: {indicator: a.json},")
	apply(t, c, src, collections.ApplyOptions{Schemas: schemaFiles(map[string]string{"a.json": needsConfidence})})
	fill(t, store, collection(t, c, "us-cn", "from-us").ID)
	for i, want := range []int{1, 0} {
		if got := apply(t, c, withoutFromUS, collections.ApplyOptions{RefuseOld: true}).Changes; len(got) != want {
			t.Errorf("apply %d without the collection: %q, want %d changes", i+1, lines(got), want)
		}
	}
	if closed := collection(t, c, "us-cn", "from-us"); !closed.Closed || len(closed.Schemas) != 1 {
		t.Errorf("the closed collection is %+v, want it with its schema", closed)
	}
}

// A collection of a new file with schemas has one id on all servers: ids depend
// on the place of the file's record in the log.
func TestApplySchemasKeepIDs(t *testing.T) {
	store := newStore(t)
	c := openControl(t, store)
	src := withSchemas(t, "{indicator: a.json, malware: b.json}")
	o := collections.ApplyOptions{Schemas: schemaFiles(map[string]string{"a.json": needsConfidence, "b.json": needsLang}), DryRun: true}
	apply(t, c, src, o)
	o.DryRun = false
	apply(t, c, src, o)
	for _, r := range controlLog(t, store)[1:] {
		if (r.Type == "agreement") != (r.Sequence == 4) {
			t.Errorf("record %d is a %s; want two schemas, then the agreement", r.Sequence, r.Type)
		}
	}
}

// P5: a server that starts with an old file gives no right back, whatever
// schemas lie beside it, nor does it take back a stricter schema.
func TestApplyOldSchemas(t *testing.T) {
	src := withSchemas(t, "{indicator: a.json}")
	later := edit(t, src, "Cyber cooperation", "Cooperation")
	one, two, three := schemaFiles(map[string]string{"a.json": needsConfidence}), schemaFiles(map[string]string{"a.json": needsLang}), schemaFiles(map[string]string{"a.json": "{}"})
	type step struct {
		src     string
		schemas collections.SchemaFiles
	}
	for _, tc := range []struct {
		name    string
		applied []step
		start   step
		refused bool
	}{
		{"what is in force", []step{{src, one}, {src, two}}, step{src, two}, false},
		{"the schema before", []step{{src, one}, {src, two}}, step{src, one}, true},
		{"a new schema", []step{{src, one}, {src, two}}, step{src, three}, false},
		{"the file before, with its schema", []step{{src, one}, {later, one}}, step{src, one}, true},
		{"the file before, with a new schema", []step{{src, one}, {later, one}}, step{src, two}, true},
		{"a new file with an old schema", []step{{src, one}, {src, two}}, step{later, one}, false},
		{"back by hand, then a new schema", []step{{src, one}, {later, one}, {src, one}}, step{src, two}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := openControl(t, newStore(t))
			for _, s := range tc.applied {
				apply(t, c, s.src, collections.ApplyOptions{Schemas: s.schemas})
			}
			_, err := c.Apply(t.Context(), operator, []byte(tc.start.src), collections.ApplyOptions{Schemas: tc.start.schemas, RefuseOld: true})
			if got := errors.Is(err, collections.ErrConflict); got != tc.refused || !got && err != nil {
				t.Errorf("Apply = %v; refused %v, want %v", err, got, tc.refused)
			}
		})
	}
}

// P4: objects meet the schemas of their collection, of their type and of all,
// from the apply on; the rules that judged an object are told in its record.
func TestPushMeetsOwnSchemas(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	src := strings.Replace(sampleAgreement, "alias: curated", `alias: curated
    schemas: {indicator: indicator.json, "*": all.json}`, 1)
	check := func(rules string, alias, object string, accepted bool) [32]byte {
		t.Helper()
		s := w.push(us, alias, object).Status
		if got := len(s.Successes) == 1; got != accepted || !got && !strings.HasPrefix(s.Failures[0].Message, "AGREEMENT-SCHEMA") {
			t.Errorf("with %s, push of %s to %s: %+v; accepted %v, want %v", rules, object, alias, s, got, accepted)
		}
		records, err := w.service.Store.Follow(us, w.view(us, alias).ID, 0, 100)
		if err != nil || len(records) == 0 {
			t.Fatal(records, err)
		}
		return records[len(records)-1].Rules
	}
	malware := func(n int, more string) string {
		return fmt.Sprintf(`{"type":"malware","spec_version":"2.1","id":"malware--00000000-0000-4000-8000-%012d","created":%q,"modified":%q,`+
			`"name":"A sample","description":"Told for tests","malware_types":["worm"],"is_family":false%s}`, n, t1, t1, more)
	}
	before := check("no schemas", "curated", indicator(1, t1, ""), true)
	for _, files := range []map[string]string{
		{"indicator.json": needsConfidence, "all.json": needsLang},
		{"indicator.json": needsLang, "all.json": needsConfidence},
	} {
		o := collections.ApplyOptions{Schemas: schemaFiles(files)}
		if _, err := w.service.Control.Apply(t.Context(), operator, []byte(src), o); err != nil {
			t.Fatal(err)
		}
		both := `,"confidence":5,"lang":"en"`
		onlyAll := `,"lang":"en"`
		if files["all.json"] == needsConfidence {
			onlyAll = `,"confidence":5`
		}
		name := fmt.Sprint(files)
		check(name, "curated", indicator(2, t1, onlyAll), false)
		after := check(name, "curated", indicator(2, t2, both), true)
		check(name, "curated", malware(3, ""), false)
		check(name, "curated", malware(3, onlyAll), true)
		check(name, "from-cn", indicator(2, t1, ""), true)
		if after == before {
			t.Errorf("with %s the rules of the record are those of before", name)
		}
		before = after
		if err := w.view(us, "curated").Delete(us, "indicator--00000000-0000-4000-8000-000000000002", collections.VersionFilter{}); err != nil {
			t.Fatal(err)
		}
		if err := w.view(us, "curated").Delete(us, "malware--00000000-0000-4000-8000-000000000003", collections.VersionFilter{}); err != nil {
			t.Fatal(err)
		}
	}
}

// A countingValidator counts the judges that are asked of it, and makes none
// when it is told to.
type countingValidator struct {
	collections.Validator
	asked *int
	fail  error
}

func (v countingValidator) Judge(profile string, own map[string][]byte) (stix.Judge, error) {
	*v.asked++
	if v.fail != nil {
		return nil, v.fail
	}
	return v.Validator.Judge(profile, own)
}

// P9: the judge of a collection is made once for each apply, not for each push.
func TestJudgeIsMadeOnce(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	asked := 0
	w.service.Validator = countingValidator{schemas.New(), &asked, nil}
	for i := range 5 {
		w.push(us, "curated", indicator(i, t1, ""))
		w.push(us, "from-cn", indicator(i, t1, ""))
	}
	if asked != 2 {
		t.Errorf("ten pushes to two collections made %d judges, want 2", asked)
	}
	w.judgedBy("strict")
	judge, err := w.view(us, "curated").Judge()
	if err != nil || asked != 3 {
		t.Fatalf("Judge = %v after %d were made, want the third", err, asked)
	}
	strict, err := schemas.New().Judge("strict", nil)
	if err != nil || judge.Rules() != strict.Rules() {
		t.Errorf("after an apply the judge has the rules %x, want those of strict", judge.Rules())
	}
}

// Where no judge can be made of what was applied, nothing is taken, and the
// client is told whose affair that is.
func TestPushWithoutAJudge(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	asked := 0
	w.service.Validator = countingValidator{schemas.New(), &asked, errBroken}
	_, err := w.view(us, "curated").Push(us, posted{indicator(1, t1, "")})
	if !errors.Is(err, collections.ErrUnavailable) || !errors.Is(err, errBroken) || !strings.Contains(err.Error(), `"curated"`) {
		t.Errorf("Push = %v, want ErrUnavailable that names the collection", err)
	}
}

// A schema that a later version does not find in the log takes nothing away: the
// collection takes nothing until it is applied again.
func TestControlFoldsSchemasThatAreMissing(t *testing.T) {
	w := newWorld(t)
	us := w.as("cert-us", "read:*/* write:*/*")
	src := strings.Replace(sampleAgreement, "alias: curated", "alias: curated\n    schemas: {indicator: lost.json}", 1)
	if err := w.service.Control.Append(t.Context(), operator, func() ([]collections.ControlEntry, error) {
		return []collections.ControlEntry{{Type: "agreement", ID: "us-cn", Raw: []byte(src)}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.view(us, "curated").Push(us, posted{indicator(1, t1, "")}); !errors.Is(err, collections.ErrUnavailable) {
		t.Errorf("Push = %v, want ErrUnavailable", err)
	}
}
