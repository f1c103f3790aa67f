package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// RFC 9110 §12.5.3.
func TestAcceptedCoding(t *testing.T) {
	for accept, want := range map[string]Coding{
		"":                                {false, true},
		"gzip":                            {true, true},
		"GZIP":                            {true, true},
		"x-gzip":                          {true, true},
		"gzip, deflate, br, zstd":         {true, true},
		"deflate, gzip;q=1.0, *;q=0.5":    {true, true},
		"gzip;q=0.5":                      {true, true},
		"gzip; q = 0.5, identity; q=0.5":  {true, true},
		"gzip;q=0.5, identity":            {false, true},
		"identity":                        {false, true},
		"br":                              {false, true},
		"*":                               {false, true},
		"gzip;q=0":                        {false, true},
		"gzip;q=0, *":                     {false, true},
		"gzip;q=0.000, identity;q=0":      {false, false},
		"identity;q=0, *;q=0":             {false, false},
		"*;q=0":                           {false, false},
		"gzip, *;q=0":                     {true, false},
		"gzip, identity;q=0":              {true, false},
		"identity;q=0, *":                 {true, false},
		"identity;q=0, br":                {false, false},
		"gzip;q=2":                        {false, true},
		"gzip;q=x":                        {false, true},
		"gzip;level=9":                    {false, true},
		"gzipped, not-gzip":               {false, true},
		",, gzip ,":                       {true, true},
		"gzip;q=NaN, gzip;q=-1, gzip;q=1": {true, true},
	} {
		if got := AcceptedCoding(http.Header{"Accept-Encoding": {accept}}); got != want {
			t.Errorf("Accept-Encoding %q: %+v; want %+v", accept, got, want)
		}
	}
	many := strings.Builder{}
	for n := range 10_000 {
		fmt.Fprintf(&many, "x%d,", n)
	}
	header := http.Header{"Accept-Encoding": {many.String() + "x-identity;q=0,gzip"}}
	if got := AcceptedCoding(header); got != (Coding{true, true}) {
		t.Errorf("after many others: %+v", got)
	}
	if n := testing.AllocsPerRun(10, func() { AcceptedCoding(header) }); n > 10 {
		t.Errorf("the codings that nobody knows take %v allocations", n)
	}
	if got := AcceptedCoding(http.Header{"Accept-Encoding": {"br", "gzip"}}); !got.Gzip {
		t.Error("two lines of Accept-Encoding are not one list")
	}
	for _, tc := range []struct {
		coding Coding
		size   int
		want   bool
	}{
		{Coding{true, true}, 1_400, false}, {Coding{true, true}, 1_401, true}, {Coding{true, false}, 1, true},
		{Coding{true, false}, 0, false}, {Coding{false, true}, 1 << 20, false}, {Coding{false, false}, 1 << 20, false},
	} {
		if got := tc.coding.Packs(tc.size); got != tc.want {
			t.Errorf("%+v packs %d bytes: %v; want %v", tc.coding, tc.size, got, tc.want)
		}
	}
}

// Whatever stands in the header, gzip is taken only from those who name it or
// refuse all else, and a list has one meaning however it is split into lines.
func FuzzAcceptedCoding(f *testing.F) {
	for _, seed := range []string{"gzip", "*;q=0", "identity;q=0, *", "gzip;q=0.5, identity", ",;=,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		got := AcceptedCoding(http.Header{"Accept-Encoding": {accept}})
		if got.Gzip && !strings.Contains(strings.ToLower(accept), "gzip") && !(strings.Contains(accept, "*") && !got.Identity) {
			t.Errorf("%q: %+v", accept, got)
		}
		if split := AcceptedCoding(http.Header{"Accept-Encoding": strings.Split(accept, ",")}); split != got {
			t.Errorf("%q: %+v, in lines %+v", accept, got, split)
		}
	})
}

// P3: what is packed comes out as it went in, from a writer in use and from a
// fresh one, also after one that failed.
func TestPack(t *testing.T) {
	text := strings.Repeat("one and two ", 10_000)
	failure := errors.New("no")
	for range 3 {
		if err := Pack(io.Discard, func(w io.Writer) error { io.WriteString(w, text); return failure }); err != failure {
			t.Errorf("got %v; want %v", err, failure)
		}
		var b bytes.Buffer
		if err := Pack(&b, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Errorf("%d bytes came out, %v; want %d", len(got), err, len(text))
		}
	}
}
