package schemas

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"accord/stix"
)

// newStream judges under a profile, and calls STIX 2.0 a violation.
func newStream(t testing.TB, profile string) Stream {
	t.Helper()
	judge, err := (&Validator{STIX21Only: true}).Judge(profile, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Stream{Judge: judge, Profile: profile}
}

// members judges a stream to its end.
func members(t testing.TB, s Stream, src io.Reader, wrapper stix.Wrapper) []Member {
	t.Helper()
	var all []Member
	if err := s.Each(t.Context(), src, wrapper, func(m Member) error { all = append(all, m); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// streamFindings are all findings of a stream.
func streamFindings(t testing.TB, s Stream, raw []byte) (all []stix.Finding) {
	for _, m := range members(t, s, bytes.NewReader(raw), stix.File) {
		all = append(all, m.Findings...)
	}
	return all
}

// show writes a verdict as "index line id: findings", errors with "!".
func show(m Member) string {
	var said []string
	for _, f := range m.Findings {
		text := f.Rule + "@" + f.Pointer
		if f.Level == stix.LevelError {
			text += "!"
		}
		said = append(said, text)
	}
	verdict := "refused"
	if m.Accepted {
		verdict = "accepted"
	}
	return fmt.Sprintf("%d line %d %s %s %v", m.Index, m.Line, m.Object.ID, verdict, said)
}

// streamCampaign is an object without any finding.
func streamCampaign(i int) string {
	return fmt.Sprintf(`{"type":"campaign","spec_version":"2.1","id":"campaign--3d1a6c7e-9b42-4f0e-8c55-%012x",`+
		`"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","name":"Night heron"}`, i)
}

func TestStream(t *testing.T) {
	const id = "campaign--3d1a6c7e-9b42-4f0e-8c55-000000000001"
	good, bundle := streamCampaign(1), `"type":"bundle","id":"bundle--5d2f8c3e-7b64-4a19-9e0d-f31c6b8a7250"`
	stix20 := strings.Replace(good, `"spec_version":"2.1",`, "", 1)
	accepted := "0 line 1 " + id + " accepted []"
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"bundle", `{` + bundle + `,"objects":[` + good + `]}`, []string{accepted}},
		{"bundle, its id and type last", `{"objects":[` + good + `],` + bundle + `}`, []string{accepted}},
		{"bundle without objects", `{` + bundle + `}`, nil},
		{"envelope", `{"more":false,"objects":[` + good + `]}`, []string{accepted}},
		{"list", `[` + good + `]`, []string{accepted}},
		{"single object", good, []string{accepted}},
		{"NDJSON", good + "\n" + stix20 + "\n\n" + good + "\n", []string{accepted, "1 line 2 " + id + " refused [COM-02@/spec_version!]", "2 line 4 " + id + " accepted []"}},
		{"concatenated", `[` + good + `]` + "\n" + `{"objects":[` + good + `]}` + good, []string{accepted, "1 line 2 " + id + " accepted []", "2 line 2 " + id + " accepted []"}},
		{"BUN-01 behind its members", `{"type":"bundle","objects":[` + good + `]}`, []string{accepted, "-1 line 1  refused [BUN-01@!]"}},
		{"empty list, and more behind", "[]\n" + good, []string{"0 line 2 " + id + " accepted []"}},
		{"empty envelopes", `{"objects":[]}{"more":false,"objects":[]}{"more":false}`, nil},
		{"BUN-02 empty bundle", `{"objects":[],` + bundle + `}`, []string{"-1 line 1 bundle--5d2f8c3e-7b64-4a19-9e0d-f31c6b8a7250 refused [BUN-02@/objects!]"}},
		{"BUN-03 nested", `{` + bundle + `,"objects":[{` + bundle + `,"objects":[` + good + `]},` + good + `]}`, []string{
			"0 line 1 bundle--5d2f8c3e-7b64-4a19-9e0d-f31c6b8a7250 refused [BUN-03@/type!]", "1 line 1 " + id + " accepted []"}},
		{"BUN-06", `{` + bundle + `,"spec_version":"2.0","objects":[` + good + `]}`, []string{accepted, "-1 line 1 bundle--5d2f8c3e-7b64-4a19-9e0d-f31c6b8a7250 accepted [BUN-06@/spec_version]"}},
		{"GEN-01 nothing", "", []string{"-1 line 1  refused [GEN-01@!]"}},
		{"GEN-01 blanks", "\n \n", []string{"-1 line 3  refused [GEN-01@!]"}},
		{"GEN-01 no JSON", "<html>", []string{"-1 line 1  refused [GEN-01@!]"}},
		{"GEN-01 not UTF-8", "{" + bundle + ",\"x\":\"\xff\"}", []string{"-1 line 1  refused [GEN-01@!]"}},
		{"GEN-01 byte-order mark", "\ufeff" + good, []string{"-1 line 1  refused [GEN-01@!]"}},
		{"GEN-01 breaks off behind a member", `{` + bundle + `,"objects":[` + good + ",\n{\"type\":\"camp", []string{accepted, "-1 line 2  refused [GEN-01@!]"}},
		{"GEN-01 line of NDJSON", good + "\nnot json\n{" + bundle + ",\"objects\":5}\n" + good, []string{
			accepted, "-1 line 2  refused [GEN-01@!]", "-1 line 3  refused [GEN-01@!]", "1 line 4 " + id + " accepted []"}},
		{"GEN-01 member that is no object", `[` + good + `,null,7]`, []string{accepted, "1 line 1  refused [GEN-01@!]", "2 line 1  refused [GEN-01@!]"}},
		{"GEN-01 once, beside other rules", strings.Replace(good, `"name":`, `"name":"\ud800","name":`, 1) + strings.Replace(good, `"name":"Night heron"`, `"description":1,"description":"b"`, 1), []string{
			"0 line 1 " + id + " refused [GEN-01@/name!]", "1 line 1 " + id + " refused [GEN-01@/description! GEN-02@!]"}},
		{"LIMIT alone", strings.Replace(good, `"name":"Night heron"`, `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40), 1), []string{
			"0 line 1 " + id + " refused [LIMIT@/x" + strings.Repeat("/0", 31) + "!]"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, m := range members(t, newStream(t, "standard"), strings.NewReader(tc.in), stix.File) {
				got = append(got, show(m))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%.300q\nhas %q\nwant %q", tc.in, got, tc.want)
			}
		})
	}
}

// The verdict on what cannot be read says where, in an editor's terms, and
// whether something was not read for it.
func TestStreamSaysWhatWasNotRead(t *testing.T) {
	good := streamCampaign(1)
	for in, want := range map[string]string{
		good + "\nnot json\n" + good:                    `line 2, column 1; the root is not a JSON object; what stands before the next line with an object was not read`,
		good + "\n}\n" + good:                           `line 2, column 1; found "}" where a value should come`,
		"[" + good + ",\n" + good + "中\n," + good + "]": `line 2, column 191; found "中" where ',' or the closing bracket should come; what follows was not read`,
		"[" + good + ",\n{":                             `line 2, column 2; the input ends where a name or '}' should come`,
		strings.Repeat("{]\n", 101):                     `line 100, column 2; found "]" where a name or '}' should come; what follows was not read`,
	} {
		var last Member
		for _, m := range members(t, newStream(t, "standard"), strings.NewReader(in), stix.File) {
			if m.Index < 0 {
				last = m
			}
		}
		if len(last.Findings) != 1 || last.Findings[0].Message != want {
			t.Errorf("%.500q: %+v; want %s", in, last.Findings, want)
		}
	}
}

// An extension definition behind a bad line is known.
func TestWalkGoesOn(t *testing.T) {
	var got []string
	if err := Walk(strings.NewReader("{}\nx\n{\"a\":1}"), stix.File, func(raw []byte) error { got = append(got, string(raw)); return nil }); err != nil || !slices.Equal(got, []string{"{}", `{"a":1}`}) {
		t.Errorf("Walk gives %q, %v", got, err)
	}
}

// What ReadObject refuses is refused under every profile.
func TestStreamOpenRefusesWhatIsNoIJSON(t *testing.T) {
	in := strings.Replace(streamCampaign(1), `"name":`, `"name":1,"name":`, 1)
	got := members(t, newStream(t, "open"), strings.NewReader(in), stix.File)
	if len(got) != 1 || got[0].Accepted {
		t.Errorf("two members of one name: %+v; want a refusal", got)
	}
}

// A member over the byte limit is a verdict that names it, and costs no other.
func TestStreamTooLarge(t *testing.T) {
	large := strings.Replace(streamCampaign(2), `"name":`, `"description":"`+strings.Repeat("a", stix.DefaultLimits.ArtifactBytes)+`","name":`, 1)
	got := members(t, newStream(t, "open"), strings.NewReader("["+large+",\n"+streamCampaign(1)+"]"), stix.File)
	if len(got) != 2 || !strings.HasPrefix(show(got[0]), "0 line 1 campaign--3d1a6c7e-9b42-4f0e-8c55-000000000002 refused [LIMIT@!]") || !got[1].Accepted {
		t.Errorf("an object of 16 MiB and another: %s", show(got[0]))
	}
}

// Verdicts come in order, however many there are, and memory does not grow with
// them.
func TestStreamOrder(t *testing.T) {
	const n = 20_000
	next, sent := 0, 0
	src := readerFunc(func(p []byte) (int, error) {
		if sent == n {
			return 0, io.EOF
		}
		sent++
		return copy(p, streamCampaign(sent)+"\n"), nil
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := newStream(t, "standard")
	err := s.Each(t.Context(), src, stix.File, func(m Member) error {
		if next++; m.Index != next-1 || m.Line != next || !m.Accepted {
			return fmt.Errorf("verdict %d is %s", next, show(m))
		}
		if next == n/2 {
			runtime.GC()
			runtime.ReadMemStats(&after)
		}
		return nil
	})
	if err != nil || next != n {
		t.Errorf("%d verdicts, then %v; want %d", next, err, n)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("half way through the heap has grown by %d bytes; want at most 16 MiB", grown)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A file may hold any number of objects in one list; what is pushed as one may not.
func TestStreamOfManyObjects(t *testing.T) {
	judge := Stream{Profile: "standard", Judge: judgeFunc(func() stix.Verdict { return stix.Verdict{Accepted: true} })}
	n := stix.DefaultLimits.Objects + 1
	list := `{"objects":[` + strings.Repeat(`{},`, n-1) + `{}]}`
	for wrapper, want := range map[stix.Wrapper]int{stix.File: n, stix.Envelope: n - 1} {
		accepted := 0
		for _, m := range members(t, judge, strings.NewReader(list), wrapper) {
			if m.Accepted {
				accepted++
			}
		}
		if accepted != want {
			t.Errorf("wrapper %d: %d of %d are judged; want %d", wrapper, accepted, n, want)
		}
	}
}

// Garbage without end is refused and not read to its end.
func TestStreamEndless(t *testing.T) {
	for name, piece := range map[string]string{"blanks": " ", "one string": "a", "one list": "[],"} {
		read := 0
		head := map[string]string{"blanks": "", "one string": `["`, "one list": `[[`}[name]
		block := strings.Repeat(piece, 1<<16)
		endless := readerFunc(func(p []byte) (int, error) {
			n := copy(p, block[read%len(piece):])
			read += n
			return n, nil
		})
		got := members(t, newStream(t, "standard"), io.MultiReader(strings.NewReader(head), endless), stix.File)
		if len(got) != 1 || show(got[0]) != "-1 line 0  refused [LIMIT@!]" {
			t.Errorf("%s: %+v; want one refusal by LIMIT", name, got)
		}
		if read > maxStretch+1<<20 {
			t.Errorf("%s: %d bytes were read; want some %d", name, read, maxStretch)
		}
		if err := Walk(io.MultiReader(strings.NewReader(head), endless), stix.File, func([]byte) error { return nil }); err != nil {
			t.Errorf("%s: Walk = %v", name, err)
		}
	}
}

// The errors of the source and of yield end a stream, behind the verdicts that
// there are.
func TestStreamErrors(t *testing.T) {
	s := newStream(t, "standard")
	broken := errors.New("broken")
	verdicts := 0
	err := s.Each(t.Context(), io.MultiReader(strings.NewReader("["+streamCampaign(1)+","), iotest.ErrReader(broken)), stix.File, func(Member) error {
		verdicts++
		return nil
	})
	if !errors.Is(err, broken) || verdicts != 1 {
		t.Errorf("a source that breaks: %d verdicts, %v; want 1 and its error", verdicts, err)
	}
	if err := Walk(iotest.ErrReader(broken), stix.File, func([]byte) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("Walk of it = %v; want its error", err)
	}
	many := strings.Repeat(streamCampaign(1), 10_000)
	if err := s.Each(t.Context(), strings.NewReader(many), stix.File, func(Member) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a yield that fails: %v; want its error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Each(ctx, strings.NewReader(many), stix.File, func(Member) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v; want its error", err)
	}
}

func BenchmarkStream(b *testing.B) {
	var in strings.Builder
	for i := range 10_000 {
		in.WriteString(streamCampaign(i) + "\n")
	}
	s := newStream(b, "standard")
	b.SetBytes(int64(in.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if got := members(b, s, strings.NewReader(in.String()), stix.File); len(got) != 10_000 {
			b.Fatal(len(got))
		}
	}
}

// judgeFunc is a judge of our own.
type judgeFunc func() stix.Verdict

func (f judgeFunc) Validate(stix.Object, func(stix.ID) []byte) stix.Verdict { return f() }
func (judgeFunc) Rules() [32]byte                                           { return [32]byte{} }

// When its context ends a stream judges no further member, not even those that
// have been read, and hands out none that was not judged.
func TestStreamStopsJudging(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var judged atomic.Int64
	s := Stream{Profile: "standard", Judge: judgeFunc(func() stix.Verdict {
		judged.Add(1)
		cancel()
		return stix.Verdict{Accepted: true}
	})}
	err := s.Each(ctx, strings.NewReader(strings.Repeat(streamCampaign(1), 10_000)), stix.File, func(m Member) error {
		if !m.Accepted {
			t.Errorf("member %d was handed out without a verdict", m.Index)
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Each = %v; want the error of its context", err)
	}
	if most := int64(2*runtime.GOMAXPROCS(0) + 2); judged.Load() > most {
		t.Errorf("%d members were judged; want at most one of each batch in work, %d", judged.Load(), most)
	}
}

// The newest version of a definition counts, wherever it stands; what is no
// definition, or cannot be read, defines nothing.
func TestWalkToDefinitions(t *testing.T) {
	const id = "extension-definition--4c3b2a19-8f7e-4d6c-9b5a-0a1b2c3d4e5f"
	definition := func(modified, name string) string {
		return `{"type":"extension-definition","spec_version":"2.1","id":"` + id + `","created_by_ref":"identity--8c6af861-7b20-41ef-9b59-6344fd872a8f",` +
			`"created":"2026-01-01T00:00:00.000Z","modified":"` + modified + `","name":"` + name + `",` +
			`"schema":"text","version":"1.0.0","extension_types":["property-extension"]}`
	}
	newest := definition("2026-03-01T00:00:00.000Z", "newest")
	other := func(digits, from, to string) string {
		return strings.Replace(strings.Replace(newest, "4c3b", digits, 1), from, to, 1)
	}
	in := `[` + definition("2026-02-01T00:00:00.000Z", "old") + `,` + newest + `,` + definition("2026-01-15T00:00:00.000Z", "older") + `,` +
		other("4c3c", `"name"`, `"x":1,"x":2,"name"`) + `,` + // no I-JSON
		other("4c3d", `"version":"1.0.0",`, ``) + `,` + // refused by GEN-02
		`{"type":"note","id":"` + strings.Replace(id, "4c3b", "4c3e", 1) + `","content":"extension-definition"}` + `] and what follows`
	known := stix.Definitions{Judge: newStream(t, "standard").Judge}
	if err := Walk(strings.NewReader(in), stix.File, func(raw []byte) error { known.Add(raw); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := string(known.Definition(id)); got != newest {
		t.Errorf("the definition is %s; want %s", got, newest)
	}
	for _, digits := range []string{"4c3c", "4c3d", "4c3e"} {
		if got := known.Definition(stix.ID(strings.Replace(id, "4c3b", digits, 1))); got != nil {
			t.Errorf("%s is known; want nothing", got)
		}
	}
}
