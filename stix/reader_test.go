package stix

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReader(t *testing.T) {
	const a, b = `{"type":"a" , "x":"]}"}`, "{\n\t\"id\":1e999}"
	for _, tc := range []struct {
		name     string
		wrappers []Wrapper
		in       string
		want     []string
	}{
		{"envelope", []Wrapper{Envelope, Content, File}, ` { "objects" : [ ` + a + ` , ` + b + ` ] } `, []string{a, b}},
		{"TX-OBJ-POST-13 bundle", []Wrapper{Envelope, Content, File}, `{"type":"bundle","id":"bundle--1","objects":[` + a + `]}`, []string{a}},
		{"TX-OBJ-POST-13 type at the end", []Wrapper{Envelope, Content, File}, `{"objects":[` + a + `],"type":"bundle"}`, []string{a}},
		{"TX-OBJ-POST-14 more and next", []Wrapper{Envelope, Content, File}, `{"more":true,"next":"objects","x":{"objects":[1]},"objects":[` + a + `],"y":[[]]}`, []string{a}},
		{"TX-DT-12 other case", []Wrapper{Envelope, Content, File}, `{"Objects":[1],"objects":[` + a + `]}`, []string{a}},
		{"escaped name", []Wrapper{Envelope, Content, File}, `{"\u006fbjects":[` + a + `]}`, []string{a}},
		{"P4 members that are no objects", []Wrapper{Envelope, Content, File}, `{"objects":[1 ,"x",null,[{}],-1.5e3,true]}`, []string{`1`, `"x"`, `null`, `[{}]`, `-1.5e3`, `true`}},
		{"P4 members that are no I-JSON", []Wrapper{Envelope, Content, File}, "{\"objects\":[{\"a\":1,\"a\":\"\xff\"},\"\\ud800\"]}", []string{"{\"a\":1,\"a\":\"\xff\"}", `"\ud800"`}},
		{"P3 Unicode", []Wrapper{Envelope, Content, File}, `{"title":"网络合作 🛰","objects":[{"a":"网络合作 🛰"}]}`, []string{`{"a":"网络合作 🛰"}`}},
		{"single object", []Wrapper{Content, File}, ` ` + a + ` `, []string{a}},
		{"single object with type at the end", []Wrapper{Content, File}, `{"id":"x","type":"a"}`, []string{`{"id":"x","type":"a"}`}},
		{"single object with a dictionary objects", []Wrapper{Content, File}, `{"objects":{"0":{}},"type":"observed-data"}`, []string{`{"objects":{"0":{}},"type":"observed-data"}`}},
		{"single object with a list objects", []Wrapper{Content, File}, `{"type":"x-a","objects":[1]}`, []string{`{"type":"x-a","objects":[1]}`}},
		{"P4 single object that is no I-JSON", []Wrapper{Content, File}, "{\"a\":1,\"a\":\"\xff\",\"type\":\"a\"}", []string{"{\"a\":1,\"a\":\"\xff\",\"type\":\"a\"}"}},
		{"list", []Wrapper{File}, `[` + a + `,` + b + `]`, []string{a, b}},
		{"NDJSON", []Wrapper{File}, a + "\n" + `{"id":"y"}` + "\r\n\n" + a + "\n", []string{a, `{"id":"y"}`, a}},
		{"P4 NDJSON with a bad line", []Wrapper{File}, a + "\n" + `{"type":5,"type":6,"objects":1}` + "\n" + a, []string{a, `{"type":5,"type":6,"objects":1}`, a}},
		{"values of all kinds, one after another", []Wrapper{File}, `{"objects":[1]}{"a":1}[2][3]{"type":"bundle","objects":[4]}`, []string{`1`, `{"a":1}`, `2`, `3`, `4`}},
		{"BUN-02 bundle without objects", []Wrapper{File}, `{"type":"bundle","id":"x"}` + a, []string{a}},
		{"TX-ENV-02 empty envelopes", []Wrapper{File}, `{"more":false}` + a + `{"next":"2","more":true} {"m\u006fre":false}`, []string{a}},
		{"TX-ENV-02 an empty envelope alone", []Wrapper{File}, `{"more":false}`, nil},
		{"TX-ENV-02 an envelope with an empty list", []Wrapper{File}, `{"objects":[]}` + a + `{"more":false,"objects":[]}`, []string{a}},
		{"an empty list", []Wrapper{File}, `[]` + a, []string{a}},
		{"what resembles an empty envelope", []Wrapper{File}, `{}{"next":"2"}{"more":false,"a":1}{"more":false,"more":true}{"more":true,"objects":null}`,
			[]string{`{}`, `{"next":"2"}`, `{"more":false,"a":1}`, `{"more":false,"more":true}`, `{"more":true,"objects":null}`}},
		{"single object with more at the front", []Wrapper{Content, File}, `{"more":1,"type":"a"}`, []string{`{"more":1,"type":"a"}`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, wrapper := range tc.wrappers {
				got, err := readAll(strings.NewReader(tc.in), wrapper)
				if err != io.EOF || !slices.Equal(got, tc.want) {
					t.Errorf("wrapper %d: %q is read as %q, %v; want %q", wrapper, tc.in, got, err, tc.want)
				}
			}
		})
	}
}

func TestReaderErrors(t *testing.T) {
	const a = `{"type":"a"}`
	wraps := []Wrapper{Envelope, Content, File}
	for _, tc := range []struct {
		name     string
		wrappers []Wrapper
		in       string
		want     string
	}{
		{"TX-OBJ-POST-08 nothing", wraps, ``, `line 1, column 1: there is nothing to read`},
		{"TX-OBJ-POST-08 blanks", wraps, " \n ", `line 2, column 2: there is nothing to read`},
		{"TX-OBJ-POST-08 brace", wraps, `{`, `line 1, column 2: the input ends where a name or '}' should come`},
		{"TX-OBJ-POST-08 cut off in a member", wraps, `{"objects":[{"a":"x`, `line 1, column 20: the input ends where the rest of a string`},
		{"TX-OBJ-POST-08 cut off behind the list", wraps, `{"objects":[` + a + `]`, `line 1, column 26: the input ends where ',' or the closing bracket`},
		{"TX-OBJ-POST-08 cut off in a character", wraps, "{\"objects\":[\"\xe4\xb8", `line 1, column 15: the input ends where the rest of a string`},
		{"TX-OBJ-POST-08 root is a list", []Wrapper{Envelope, Content}, `[` + a + `]`, `line 1, column 1: the root is not a JSON object`},
		{"TX-OBJ-POST-08 root is a string", wraps, `"a"`, `line 1, column 1: the root is not a JSON object`},
		{"TX-OBJ-POST-08 no objects", []Wrapper{Envelope, Content}, `{}`, `line 1, column 3: there is no member "objects"`},
		{"TX-OBJ-POST-08 empty envelope", []Wrapper{Envelope, Content}, `{"more":false}`, `line 1, column 15: there is no member "objects"`},
		{"TX-OBJ-POST-08 bundle without objects", []Wrapper{Envelope, Content}, `{"type":"bundle"}`, `there is no member "objects"`},
		{"TX-OBJ-POST-08 single object in an envelope", []Wrapper{Envelope}, a, `there is no member "objects"`},
		{"TX-OBJ-POST-08 objects is an object", []Wrapper{Envelope, Content}, `{"objects":{}}`, `line 1, column 13: the member "objects" is not a list`},
		{"TX-OBJ-POST-08 objects is null", []Wrapper{Envelope, Content}, `{"objects":null}`, `the member "objects" is not a list`},
		{"TX-OBJ-POST-08 objects of a bundle", wraps, `{"type":"bundle","objects":"a"}`, `the member "objects" is not a list`},
		{"TX-OBJ-POST-08 objects is empty", []Wrapper{Envelope, Content}, "{\"objects\":[\n]}", `line 2, column 3: the list of objects is empty`},
		{"BUN-02 empty bundle", []Wrapper{File}, `{"objects":[],"type":"bundle"}`, `the list of objects is empty`},
		{"a column in characters", wraps, "\n{\"网络合作 🛰\":\"é\",,", `line 2, column 15: found "," where a name should come`},
		{"a character of several bytes", wraps, `{"objects":[` + a + `]，}`, `line 1, column 26: found "，" where`},
		{"GEN-01 UTF-16", wraps, "\xff\xfe{\x00}\x00", `line 1, column 1: the input is not UTF-8`},
		{"TX-DT-12 Objects", []Wrapper{Envelope, Content}, `{"Objects":[` + a + `]}`, `there is no member "objects"`},
		{"TX-DT-11 objects twice", wraps, `{"objects":[` + a + `],"objects":[` + a + `]}`, `there are two members "objects"`},
		{"TX-DT-11 objects twice, in escapes", wraps, `{"objects":[` + a + `],"obje\u0063ts":1}`, `there are two members "objects"`},
		{"TX-DT-11 another member twice", wraps, `{"more":1,"more":2,"objects":[` + a + `]}`, `line 1, column 17: there are two members "more"`},
		{"TX-DT-11 type twice", wraps, `{"type":"bundle","type":"bundle","objects":[` + a + `]}`, `there are two members "type"`},
		{"TX-DT-11 invalid UTF-8", wraps, "{\"x\":\"\xff\",\"objects\":[" + a + "]}", `line 1, column 7: the text is not valid UTF-8`},
		{"TX-DT-11 invalid UTF-8 behind", wraps, "{\"objects\":[" + a + "],\"x\":\"\xe4\xb8\"}", `the text is not valid UTF-8`},
		{"TX-DT-11 name is half a pair", wraps, `{"\ud800":1,"objects":[` + a + `]}`, `a name or type is not valid Unicode`},
		{"TX-DT-11 text behind the root", []Wrapper{Envelope, Content}, `{"objects":[` + a + `]} x`, `line 1, column 28: found "x" where nothing more should come`},
		{"TX-DT-11 second value", []Wrapper{Envelope, Content}, `{"objects":[` + a + `]}{}`, `found "{" where nothing more should come`},
		{"half a character behind", wraps, `{"objects":[` + a + "]}\xe4", "found \"\\xe4\" where"},
		{"GEN-01 byte-order mark", wraps, "\ufeff" + `{"objects":[` + a + `]}`, `line 1, column 1: the input begins with a byte-order mark, which JSON does not allow`},
		{"comma at the end", wraps, `{"objects":[` + a + `,]}`, `line 1, column 26: found "]" where a value should come`},
		{"comma missing", wraps, "{\"objects\":[" + a + "\n " + a + `]}`, `line 2, column 2: found "{" where ',' or the closing bracket should come`},
		{"brackets crossed", wraps, `{"objects":[{"a":[}]}`, `found "}" where a value or ']' should come`},
		{"control character", wraps, "{\"objects\":[{\"a\":\"\n\"}]}", `found "\n" where the rest of a string (control characters escaped) should come`},
		{"TX-OBJ-POST-08 too many", wraps, `{"objects":[1,2,3,4,5]}`, `line 1, column 22: there are more than 4 objects`},
		{"too many members of the wrapper", wraps, `{"a":1,"b":2,"c":3,"d":4,"objects":[1]}`, `the root object has more than 4 members`},
		{"long name", wraps, `{"` + strings.Repeat("a", 5000) + `":1,"objects":[1]}`, `a name or type has more than 4096 bytes`},
		{"very long name", wraps, `{"` + strings.Repeat("a", 100_000) + `":1,"objects":[1]}`, `a name or type has more than 4096 bytes`},
		{"absurd nesting", wraps, `{"objects":[` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]}`, `line 1, column 10011: lists and objects lie in more than 10000 levels`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, wrapper := range tc.wrappers {
				r := NewReader(strings.NewReader(tc.in), wrapper, Limits{Objects: 4, Properties: 4})
				_, err := all(r)
				if _, ok := errors.AsType[*SyntaxError](err); !ok || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("wrapper %d: %.200q fails with %v; want %s", wrapper, tc.in, err, tc.want)
				}
				if fault, ok := errors.AsType[*SyntaxError](err); ok && fault.GoesOn {
					continue
				}
				if _, again := r.Skip(); again != err {
					t.Errorf("wrapper %d: %.200q fails with %v, then with %v", wrapper, tc.in, err, again)
				}
			}
		})
	}
}

func TestReaderOfBrokenStream(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader(`{"objects":[1,2`), iotest.ErrReader(io.ErrClosedPipe)), Envelope, Limits{})
	if got, err := all(r); err != io.ErrClosedPipe || len(got) != 1 {
		t.Errorf("read %q, then %v; want one member, then the error of the stream", got, err)
	}
}

// P4: a member that is too large costs no other, and status can name it.
func TestReaderTooLarge(t *testing.T) {
	large := `{"type":"artifact","id":"artifact--1","payload_bin":"` + strings.Repeat("A", 300_000) + `"}`
	limits := Limits{ObjectBytes: 10, ArtifactBytes: 100}
	for name, in := range map[string]string{
		"envelope": `{"objects":[1,` + large + `,2,` + strings.Repeat(" ", 200) + `"` + strings.Repeat("b", 99) + `",3]}`,
		"file":     `1 ` + large + ` 2`,
	} {
		if name == "file" {
			in = "[1]" + large + `[2,"` + strings.Repeat("b", 99) + `",3]`
		}
		r := NewReader(strings.NewReader(in), File, limits)
		var got []string
		var err error
		for err == nil {
			var raw []byte
			raw, err = r.Next()
			if tooLarge, ok := errors.AsType[*TooLargeError](err); ok {
				span := tooLarge.Span
				object, _ := ReadObject(tooLarge.Head, limits)
				got = append(got, "too large "+string(object.ID)+in[span.Offset:][:1]+in[span.Offset+span.Length:][:1])
				err = nil
			} else if err == nil {
				got = append(got, string(raw))
			}
		}
		want := []string{"1", "too large artifact--1{,", "2", `too large ",`, "3"}
		if name == "file" {
			want[1] = "too large artifact--1{["
		}
		if err != io.EOF || !slices.Equal(got, want) {
			t.Errorf("%s: read %q, %v; want %q", name, got, err, want)
		}
	}
}

// Whatever comes, skipping holds a window, and Next the limit.
func TestReaderMemory(t *testing.T) {
	const size = 8 << 20
	limits := Limits{ObjectBytes: 1 << 18, ArtifactBytes: 1 << 18, Properties: 10}
	for name, piece := range map[string]struct{ head, body, tail string }{
		"one string":             {`{"objects":["`, "aaaaaaaaaaaaaaaa", `"]}`},
		"one number":             {`{"objects":[`, "1111111111111111", `]}`},
		"one object":             {`{"objects":[{"a":1`, `,"abcdefgh":"中"`, `}]}`},
		"many objects":           {`{"objects":[{}`, `,{"a":[1,2,3]} `, `]}`},
		"blanks":                 {`{"objects":[`, "                ", `1]}`},
		"an ignored string":      {`{"x":"`, "aaaaaaaaaaaaaaaa", `","objects":[1]}`},
		"a long name":            {`{"`, "aaaaaaaaaaaaaaaa", `":1,"type":"a"}`},
		"many names":             {`{"objects":[1]`, `,"abcdefgh":"中"`, `}`},
		"one object at the root": {`{"type":"a"`, `,"abcdefgh":"中"`, `}`},
	} {
		for _, skip := range []bool{true, false} {
			stream := io.MultiReader(strings.NewReader(piece.head), io.LimitReader(&repeat{text: piece.body}, size), strings.NewReader(piece.tail))
			r := NewReader(stream, File, limits)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for err := error(nil); err == nil; {
				if skip {
					_, err = r.Skip()
				} else {
					_, err = r.Next()
				}
				if _, ok := errors.AsType[*TooLargeError](err); ok {
					err = nil
				}
			}
			runtime.ReadMemStats(&after)
			held := cap(r.w.buf) + cap(r.g.open)
			if bound := map[bool]int{true: windowSize + 64, false: 2*limits.ObjectBytes + windowSize}[skip]; held > bound {
				t.Errorf("%s, skip %v: %d bytes are held; want at most %d", name, skip, held, bound)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; skip && allocated > 1<<20 {
				t.Errorf("%s: skipping %d bytes allocates %d", name, size, allocated)
			}
		}
	}
}

// repeat is an endless stream of one text.
type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(p []byte) (n int, err error) {
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.text)
	}
	return n, nil
}

func TestReaderSkip(t *testing.T) {
	const in = ` {"objects": [ {"a":[1]} , 2,"x"] } `
	r := NewReader(strings.NewReader(in), Envelope, Limits{})
	for _, want := range []string{`{"a":[1]}`, `2`, `"x"`} {
		span, err := r.Skip()
		if got := in[span.Offset : span.Offset+span.Length]; err != nil || got != want {
			t.Errorf("Skip returns %q, %v; want %q", got, err, want)
		}
	}
	if _, err := r.Skip(); err != io.EOF {
		t.Errorf("Skip returns %v at the end; want EOF", err)
	}
}

func readAll(r io.Reader, w Wrapper) ([]string, error) {
	return all(NewReader(r, w, Limits{}))
}

func all(r *Reader) (members []string, err error) {
	for {
		raw, err := r.Next()
		if err != nil {
			return members, err
		}
		members = append(members, string(raw))
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"objects":[{"a":1},2,"x"],"more":false}`))
	f.Add([]byte(`{"type":"indicator","a":[1.5e+3,-0,"\u00e4"]}`))
	f.Add([]byte("{\"type\":\"a\"}\n{\"type\":\"b\"}\n[1,true,null]"))
	f.Add([]byte("{\"x\":\"\xe4\xb8\xad\",\"objects\":[\"\xff\"]}"))
	f.Add([]byte("{\"0\xa4")) // its place in the error hung on the sizes of reads
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, wrapper := range []Wrapper{Envelope, Content, File} {
			got, err := readAll(bytes.NewReader(body), wrapper)
			slowly, errSlowly := readAll(iotest.OneByteReader(bytes.NewReader(body)), wrapper)
			if !slices.Equal(got, slowly) || err.Error() != errSlowly.Error() {
				t.Fatalf("wrapper %d: %q is %q, %v; byte by byte %q, %v", wrapper, body, got, err, slowly, errSlowly)
			}
			skipped, errSkipped := skipAll(body, wrapper)
			if !slices.Equal(got, skipped) || err.Error() != errSkipped.Error() {
				t.Fatalf("wrapper %d: %q is %q, %v; skipping %q, %v", wrapper, body, got, err, skipped, errSkipped)
			}
			if err == io.EOF && wrapper != File && !json.Valid(body) {
				t.Fatalf("wrapper %d: %q is read; encoding/json refuses it", wrapper, body)
			}
		}
		got, err := readAll(bytes.NewReader(body), Envelope)
		var want map[string]json.RawMessage
		var members []json.RawMessage
		valid := json.Unmarshal(body, &want) == nil && json.Unmarshal(want["objects"], &members) == nil
		if err == io.EOF && (!valid || !slices.EqualFunc(got, members, func(a string, b json.RawMessage) bool { return a == string(b) })) {
			t.Fatalf("%q is read as %q; encoding/json finds %q", body, got, members)
		}
		if message, ok := errors.AsType[*SyntaxError](err); ok && json.Valid(body) &&
			(strings.Contains(message.Message, "should come") || strings.Contains(message.Message, "byte-order")) {
			t.Fatalf("%q is refused with %v; encoding/json reads it", body, err)
		}
	})
}

func skipAll(body []byte, w Wrapper) (members []string, err error) {
	r := NewReader(bytes.NewReader(body), w, Limits{})
	for {
		span, err := r.Skip()
		if err != nil {
			return members, err
		}
		members = append(members, string(body[span.Offset:span.Offset+span.Length]))
	}
}

func BenchmarkReader(b *testing.B) {
	body := []byte(`{"objects":[` + strings.Repeat(string(indicator)+",", 9999) + string(indicator) + `]}`)
	for name, next := range map[string]func(*Reader) error{
		"Next": func(r *Reader) error { _, err := r.Next(); return err },
		"Skip": func(r *Reader) error { _, err := r.Skip(); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				r := NewReader(bytes.NewReader(body), Envelope, DefaultLimits)
				n := 0
				err := next(r)
				for ; err == nil; err = next(r) {
					n++
				}
				if err != io.EOF || n != 10_000 {
					b.Fatalf("read %d members, then %v", n, err)
				}
			}
		})
	}
}
