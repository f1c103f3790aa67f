package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Envelopes hold the objects in their order, at most max_content_length bytes,
// that very number allowed, and no object that had room in the one before
// begins the next (TX-ROOT-02).
func TestEnvelopesUseTheirRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := envelope{maxObjects: rapid.IntRange(1, 5).Draw(t, "objects"), maxBytes: rapid.IntRange(20, 80).Draw(t, "bytes")}
		sizes := rapid.SliceOfN(rapid.IntRange(2, 70), 1, 30).Draw(t, "sizes")
		flush := func() {
			body := pack(e.objects)
			var read struct{ Objects []json.RawMessage }
			if err := json.Unmarshal(body, &read); err != nil || len(body) > e.maxBytes || len(read.Objects) > e.maxObjects {
				t.Fatalf("%d objects in %d bytes: %v", len(read.Objects), len(body), err)
			}
			e.reset()
		}
		for _, size := range sizes {
			raw := []byte(`"` + strings.Repeat("x", size-2) + `"`)
			body := len(pack(append(e.objects[:len(e.objects):len(e.objects)], raw)))
			if want := body <= e.maxBytes && len(e.objects) < e.maxObjects; e.fits(raw) != want {
				t.Fatalf("%d objects and %d bytes fit: %v; want %v", len(e.objects)+1, body, !want, want)
			}
			if !e.fits(raw) {
				flush()
			}
			if e.fits(raw) {
				e.add(raw)
			}
		}
		flush()
	})
}

// A lineServer is a collection in which dates may tie, as other servers have it.
type lineServer struct {
	dates     []int // of the objects, which are their numbers; in microseconds
	size      int   // of a page
	inclusive bool  // added_after gives what was added then, too
	byNext    bool  // it sends next
}

func (l *lineServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after, size := -1, l.size
	if text := r.URL.Query().Get("added_after"); text != "" {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		after = int(at.UnixMicro())
		if l.inclusive {
			after--
		}
	}
	if limit, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil && !l.byNext {
		size = limit
	}
	from := len(l.dates)
	if i := slices.IndexFunc(l.dates, func(date int) bool { return date > after }); i >= 0 {
		from = i
	}
	if next, err := strconv.Atoi(r.URL.Query().Get("next")); err == nil {
		from = next
	}
	to := min(from+size, len(l.dates))
	var objects []string
	for i := from; i < to; i++ {
		objects = append(objects, strconv.Itoa(i))
	}
	if from < to {
		w.Header().Set("X-TAXII-Date-Added-First", micro(l.dates[from]))
		w.Header().Set("X-TAXII-Date-Added-Last", micro(l.dates[to-1]))
	}
	next := ""
	if l.byNext {
		next = fmt.Sprintf(`,"next":"%d"`, to)
	}
	fmt.Fprintf(w, `{"more":%v%s,"objects":[%s]}`, to < len(l.dates), next, strings.Join(objects, ","))
}

func micro(date int) string {
	return time.UnixMicro(int64(date)).UTC().Format("2006-01-02T15:04:05.000000Z")
}

// Pulls that go on from one another's cursor bring every object once, however many
// share a date_added, whether the server knows next, takes added_after strictly,
// and whatever is added between two pulls, as long as the dates do not go back
// and those that differ lie at least two microseconds apart (P1).
func TestPullsMissNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		line := &lineServer{
			size:      rapid.IntRange(1, 5).Draw(rt, "size"),
			inclusive: rapid.Bool().Draw(rt, "inclusive"),
			byNext:    rapid.Bool().Draw(rt, "next"),
		}
		step := rapid.IntRange(0, 1)
		if rapid.Bool().Draw(rt, "unique") {
			step = rapid.Just(1)
		}
		s := newFakeServer()
		s.Handle("GET "+objectsPath, line)
		c := open(t, s)
		var got []string
		var cursor Cursor
		date := 1
		for range rapid.IntRange(1, 4).Draw(rt, "pulls") {
			for range rapid.IntRange(0, 12).Draw(rt, "added") {
				date += 10 * step.Draw(rt, "step")
				line.dates = append(line.dates, date)
			}
			err := c.Pull(t.Context(), PullOptions{From: cursor}, func(objects []json.RawMessage, now Cursor) error {
				for _, raw := range objects {
					got = append(got, string(raw))
				}
				cursor = throughJSON(rt, now)
				return nil
			})
			if err != nil {
				rt.Fatal(err)
			}
		}
		var want []string
		for i := range line.dates {
			want = append(want, strconv.Itoa(i))
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%+v: got %v; want %v", line, got, want)
		}
	})
}

// throughJSON is a cursor as it was kept.
func throughJSON(t *rapid.T, c Cursor) (kept Cursor) {
	raw, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(raw, &kept)
	}
	if err != nil {
		t.Fatal(err)
	}
	return kept
}
