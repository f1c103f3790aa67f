package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// pull collects what a pull hands on.
func pull(t *testing.T, s *fakeServer, opts PullOptions) (objects []string, cursors []string, err error) {
	t.Helper()
	err = open(t, s).Pull(t.Context(), opts, func(page []json.RawMessage, cursor Cursor) error {
		for _, raw := range page {
			objects = append(objects, string(raw))
		}
		cursors = append(cursors, cursor.AddedAfter)
		return nil
	})
	return objects, cursors, err
}

func TestPull(t *testing.T) {
	const t0, t1, t2 = "2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:05.000001Z", "2026-01-02T03:04:05.000002Z"
	type answer struct{ query, last, body string }
	for _, tc := range []struct {
		name    string
		opts    PullOptions
		answers []answer
		want    []string
		cursors []string
		wrong   string
	}{
		{"empty", PullOptions{}, []answer{{"", "", `{}`}}, nil, []string{""}, ""},
		{"bytes are the server's", PullOptions{}, []answer{{"", t1, `{"objects":[{"b":1.0, "a":"\u00e9"}],"more":false}`}},
			[]string{`{"b":1.0, "a":"\u00e9"}`}, []string{t1}, ""},
		{"by next, with the same filters", PullOptions{From: Cursor{AddedAfter: t1}, Types: []string{"indicator", "malware"}, Limit: 7},
			[]answer{
				{"added_after=" + t1 + "&limit=7&match[type]=indicator,malware", t1, `{"more":true,"next":"n1","objects":[1]}`},
				{"added_after=" + t1 + "&limit=7&match[type]=indicator,malware&next=n1", t2, `{"objects":[2]}`},
			}, []string{"1", "2"}, []string{t1, t2}, ""},
		{"by date where there is no next", PullOptions{},
			[]answer{{"", t1, `{"objects":[1],"more":true}`}, {"added_after=" + t0, t2, `{"objects":[1,2]}`}},
			[]string{"1", "2"}, []string{t1, t2}, ""},
		{"by date where more share one date than come at once", PullOptions{},
			[]answer{{"", t1, `{"objects":[1],"more":true}`}, {"added_after=" + t0, t1, `{"objects":[1],"more":true}`},
				{"added_after=" + t0 + "&limit=2", t1, `{"objects":[1,2]}`}},
			[]string{"1", "2"}, []string{t1, t1, t1}, ""},
		{"every filter", PullOptions{IDs: []string{"a", "b"}, Versions: []string{"all"}, SpecVersions: []string{"2.0", "2.1"}},
			[]answer{{"match[id]=a,b&match[spec_version]=2.0,2.1&match[version]=all", "", `{}`}}, nil, []string{""}, ""},
		{"on from a cursor, without what is seen", PullOptions{From: Cursor{t1, []string{mark([]byte("1"))}}},
			[]answer{{"added_after=" + t0, t2, `{"objects":[1,2,3]}`}}, []string{"2", "3"}, []string{t2}, ""},
		{"empty pages in between", PullOptions{},
			[]answer{{"", "", `{"more":true,"next":"a"}`}, {"next=a", "", `{"more":true,"next":"b"}`}, {"next=b", t1, `{"objects":[1]}`}},
			[]string{"1"}, []string{"", "", t1}, ""},
		{"the same next for every page", PullOptions{},
			[]answer{{"", t1, `{"objects":[1,2],"more":true,"next":"a"}`}, {"limit=1000&next=a", t2, `{"objects":[3,4],"more":true,"next":"a"}`}, {"limit=1000&next=a", "", `{}`}},
			[]string{"1", "2", "3", "4"}, []string{t1, t2, t2}, ""},
		{"the same page under another next", PullOptions{},
			[]answer{{"", t1, `{"objects":[1],"more":true,"next":"a"}`}, {"limit=1000&next=a", t1, `{"objects":[1],"more":true,"next":"b"}`}},
			[]string{"1", "1"}, []string{t1, t1}, errLoop.Error()},
		{"no next and no date", PullOptions{}, []answer{{"", "", `{"objects":[1],"more":true}`}}, []string{"1"}, []string{""}, errEndless.Error()},
		{"the same next again", PullOptions{},
			[]answer{{"", "", `{"more":true,"next":"n"}`}, {"next=n", "", `{"more":true,"next":"n"}`}},
			nil, []string{"", ""}, errLoop.Error()},
		{"a server that knows no added_after", PullOptions{},
			[]answer{{"", t1, `{"objects":[1],"more":true}`}, {"added_after=" + t0, t1, `{"objects":[1],"more":true}`},
				{"added_after=" + t0 + "&limit=2", t1, `{"objects":[1],"more":true}`}},
			[]string{"1"}, []string{t1, t1, t1}, errTies.Error()},
		{"no JSON", PullOptions{}, []answer{{"", "", `<html>`}}, nil, nil, "read a page"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, n := newFakeServer(), 0
			s.HandleFunc("GET "+objectsPath, func(w http.ResponseWriter, r *http.Request) {
				a := tc.answers[n]
				n++
				if got := queryOf(r); got != a.query {
					t.Errorf("query %d is %q; want %q", n, got, a.query)
				}
				if a.last != "" {
					w.Header().Set("X-TAXII-Date-Added-Last", a.last)
				}
				fmt.Fprint(w, a.body)
			})
			objects, cursors, err := pull(t, s, tc.opts)
			if tc.wrong == "" && err != nil || tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong)) {
				t.Errorf("error is %v; want one that says %q", err, tc.wrong)
			}
			if !slices.Equal(objects, tc.want) || !slices.Equal(cursors, tc.cursors) || n != len(tc.answers) {
				t.Errorf("got %v and cursors %q after %d pages; want %v, %q", objects, cursors, n, tc.want, tc.cursors)
			}
		})
	}
}

// queryOf is a query as a person writes it, in the order of the names.
func queryOf(r *http.Request) string {
	var parts []string
	for name, values := range r.URL.Query() {
		parts = append(parts, name+"="+strings.Join(values, "&"))
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

func TestPullAsksAgainForAPageThatBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, n := newFakeServer(), 0
		s.HandleFunc("GET "+objectsPath, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				w.Header().Set("X-Break-Off", "1")
				fmt.Fprint(w, `{"objects":[1,2,`)
				return
			}
			fmt.Fprint(w, `{"objects":[1,2,3]}`)
		})
		objects, _, err := pull(t, s, PullOptions{})
		if err != nil || !slices.Equal(objects, []string{"1", "2", "3"}) || n != 2 {
			t.Errorf("got %v, %v after %d requests", objects, err, n)
		}
	})
}

func TestPullStopsWhereTakeDoes(t *testing.T) {
	s := newFakeServer()
	s.answer("GET "+objectsPath, `{"objects":[1],"more":true,"next":"n"}`)
	full := errors.New("disk full")
	err := open(t, s).Pull(t.Context(), PullOptions{}, func([]json.RawMessage, Cursor) error { return full })
	if err != full || len(s.requests) != 4 {
		t.Errorf("error is %v after %d requests; want %v after 4", err, len(s.requests), full)
	}
}
