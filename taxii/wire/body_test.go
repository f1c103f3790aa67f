package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"accord/collections"
)

func packed(n int) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(make([]byte, n))
	w.Close()
	return b.String()
}

// TX-OBJ-POST-08, TX-OBJ-POST-10: a body is there as a whole or not at all, and
// the error says whose fault that is.
func TestReceive(t *testing.T) {
	const most = 2 * spoolMemory
	broken := iotest.ErrReader(errors.New("reset by peer"))
	for _, tc := range []struct {
		name, coding string
		body         io.Reader
		want         error
	}{
		{"empty", "", strings.NewReader(""), nil},
		{"the most", "", bytes.NewReader(make([]byte, most)), nil},
		{"one more", "", bytes.NewReader(make([]byte, most+1)), collections.ErrTooLarge},
		{"one more, of unknown length", "", io.MultiReader(bytes.NewReader(make([]byte, most+1))), collections.ErrTooLarge},
		{"gzip", "gzip", strings.NewReader(packed(most)), nil},
		{"gzip by its old name", "x-gzip", strings.NewReader(packed(1)), nil},
		{"gzip of one more", "GZIP", strings.NewReader(packed(most + 1)), collections.ErrTooLarge},
		{"gzip that breaks off", "gzip", strings.NewReader(packed(most)[:100]), collections.ErrMalformed},
		{"no gzip", "gzip", strings.NewReader("{}"), collections.ErrMalformed},
		{"another coding", "br", strings.NewReader("{}"), collections.ErrMediaType},
		{"two codings", "gzip, gzip", strings.NewReader("{}"), collections.ErrMediaType},
		{"broken at once", "", broken, collections.ErrMalformed},
		{"broken in memory", "", io.MultiReader(strings.NewReader("{}"), broken), collections.ErrMalformed},
		{"broken in the file", "", io.MultiReader(bytes.NewReader(make([]byte, spoolMemory+1)), broken), collections.ErrMalformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", tc.body)
			if tc.coding != "" {
				r.Header.Set("Content-Encoding", tc.coding)
			}
			dir := temporary(t)
			s, err := Receive(httptest.NewRecorder(), r, most)
			if !errors.Is(err, tc.want) || (err == nil) != (s != nil) {
				t.Fatalf("got %v; want %v", err, tc.want)
			}
			if s != nil {
				s.Close()
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
				t.Errorf("%v are left", left)
			}
		})
	}
}

func TestReceiveWithoutRoom(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(make([]byte, spoolMemory+1)))
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	if _, err := Receive(httptest.NewRecorder(), r, 1<<30); !errors.Is(err, collections.ErrUnavailable) {
		t.Errorf("a folder that is missing: %v; want %v", err, collections.ErrUnavailable)
	}
}
