package taxii

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// names fails unless a text names every part: the input, the rule, what to do.
func (w *world) names(what, text string, parts ...string) {
	w.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			w.Errorf("%s: %q does not name %q", what, text, part)
		}
	}
}

// P4, TX-OBJ-POST-08, TX-OBJ-POST-10, TX-DT-11: who posts a body that is not
// taken learns where it is wrong, which rule it breaks, and that none of it was
// stored.
func TestRefusedBodies(t *testing.T) {
	const room = 100_000
	w := newWorld(t, func(h *Handler) { h.MaxContentLength = room })
	one := indicator(1, t1)
	for _, tc := range []struct {
		name, body string
		status     int
		want       []string
	}{
		{"truncated", envelopeOf(one)[:30], 422, []string{"line 1, column 31", "the input ends", "should come"}},
		{"truncated behind the objects", strings.TrimSuffix(envelopeOf(one), "]}"), 422, []string{"the input ends", "',' or the closing bracket should come"}},
		{"no root", " ", 422, []string{"line 1, column 2", "there is nothing to read"}},
		{"wrong root, a list", "[" + one + "]", 422, []string{"line 1, column 1", "the root is not a JSON object"}},
		{"wrong root, one object", one, 422, []string{`there is no member "objects"`}},
		{"wrong root, no list in it", `{"objects":{}}`, 422, []string{"line 1, column 13", `"objects" is not a list`}},
		{"too deep", `{"objects":[` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `]}`, 422, []string{"line 1, column 10011", "more than 10000 levels"}},
		{"duplicate key", `{"objects":[` + one + "],\n" + `"objects":[` + one + `]}`, 422, []string{"line 2, column ", `there are two members "objects"`}},
		{"invalid UTF-8", "{\"x\":\"\xff\",\"objects\":[" + one + "]}", 422, []string{"line 1, column 7", "the text is not valid UTF-8"}},
		{"too large", envelopeOf(one) + strings.Repeat(" ", room), 413, []string{"more than 100000 bytes", "send it in several parts"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			world := *w
			world.TB = t
			text := decode[Error](&world, world.status(tc.status, post(tc.body))).Description
			world.names(tc.name, text, append(tc.want, "the body ")...)
			if tc.status == http.StatusUnprocessableEntity {
				world.names(tc.name, text, "nothing of it was stored")
			}
		})
	}
	if a := w.status(200, call{path: pathObjects}); string(a.body) != "{}" {
		t.Errorf("the collection holds %s", a.body)
	}
}

// P4, TX-OBJ-POST-06, VER-08: one bad object among 1,000 costs none of the
// others, and its failure names it, the rule, the place and the reason.
func TestOneBadObject(t *testing.T) {
	more := func(text string) string { return object(indicatorID(700), t1, text) }
	for _, tc := range []struct {
		name, bad string
		id        string
		want      []string
	}{
		{"duplicate key", more(`,"lang":"en","lang":"zh"`), indicatorID(700), []string{"GEN-01 at /lang", "two members"}},
		{"invalid UTF-8", more(",\"name\":\"\xff\""), indicatorID(700), []string{"GEN-01 at /name", "invalid UTF-8"}},
		{"lone surrogate", more(`,"name":"\ud83d"`), indicatorID(700), []string{"GEN-01 at /name", "half of a surrogate pair"}},
		{"too deep", more(`,"x_deep":` + strings.Repeat("[", 40) + strings.Repeat("]", 40)), indicatorID(700), []string{"LIMIT at /x_deep/0", "nested deeper than 32"}},
		{"too large", more(`,"x_large":"` + strings.Repeat("a", 1<<20) + `"`), indicatorID(700), []string{"LIMIT: ", "more than 1048576"}},
		{"no object", `"indicator"`, "objects[700]", []string{"GEN-01: ", "not a JSON object"}},
		{"no time", strings.Replace(more(""), t1, "yesterday", 1), indicatorID(700), []string{"at /modified"}},
		{"P5 in another party's name", more(`,"created_by_ref":"identity--11111111-1111-4111-8111-111111111111"`), indicatorID(700),
			[]string{"VER-08 at /created_by_ref", "the party rw", "only that party"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			objects := make([]string, 1000)
			for i := range objects {
				objects[i] = indicator(i, t1)
			}
			objects[700] = tc.bad
			s := decode[Status](w, w.status(202, call{user: "wo", method: "POST", path: pathObjects, body: envelopeOf(objects...)}))
			checkCounts(t, tc.name, s, 999, 1)
			if f := s.Failures[0]; f.ID != tc.id {
				t.Errorf("the failure names %q; want %q", f.ID, tc.id)
			}
			w.names(tc.name, s.Failures[0].Message, tc.want...)
			stored := get[envelope](w, pathObjects+"?limit=1000").texts()
			if strings.Join(stored, "") != strings.Join(append(objects[:700:700], objects[701:]...), "") {
				t.Errorf("%d objects are stored; want the 999 others", len(stored))
			}
		})
	}
}

// P5, TX-FLT-42, TX-OBJ-DEL-06: what is refused for whose it is says so to the
// one who asks, and tells nothing of the other side's records.
func TestRefusedForWhoseItIs(t *testing.T) {
	w := newWorld(t)
	w.fill(5)
	next := w.page(pathObjects, url.Values{"limit": {"2"}}).next
	flipped := []byte(next)
	flipped[len(flipped)/2] ^= 1
	seen, err := w.handler.seal.cursor(next, collectionA, "rw")
	if err != nil {
		t.Fatal(err)
	}
	lost := []string{"next ", "lost since", "start the walk again without it"}
	gone := func(sequence int64, added time.Time) call {
		return call{path: pathObjects + "?next=" + w.handler.seal.token(cursor{sequence, added}, collectionA, "rw")}
	}
	token := []string{"next ", "not a token that this collection gave you", "start the walk again without it"}
	path := pathObjects + indicatorID(1) + "/"
	for _, tc := range []struct {
		name   string
		call   call
		status int
		want   []string
	}{
		{"DELETE of another party's record", call{user: "low", method: "DELETE", path: path}, 403,
			[]string{indicatorID(1), "stored by another party", "only that party or a curator"}},
		{"DELETE without the right", call{user: "ro", method: "DELETE", path: path}, 403, []string{`collection "c"`, "may not"}},
		{"next of another collection", call{path: pathEmpty + "objects/?next=" + next}, 400, token},
		{"next of another root", call{path: pathC2 + "objects/?next=" + next}, 400, token},
		{"next of another party", call{user: "ro", path: pathObjects + "?next=" + next}, 400, token},
		{"next of records after the last", gone(99, seen.added), 400, lost}, // P1: a copy of the store was restored
		{"next of another record at its place", gone(seen.sequence, seen.added.Add(time.Second)), 400, lost},
		{"next with a flipped byte", call{path: pathObjects + "?next=" + url.QueryEscape(string(flipped))}, 400, token},
	} {
		t.Run(tc.name, func(t *testing.T) {
			world := *w
			world.TB = t
			world.names(tc.name, decode[Error](&world, world.status(tc.status, tc.call)).Description, tc.want...)
		})
	}
	if got := fmt.Sprint(w.match(path, "match[version]=all")); got != "[1@t1]" {
		t.Errorf("after the refusals there is %s", got)
	}
}
