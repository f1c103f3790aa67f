package client

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A server, or a proxy before it, that takes less than it says gets less; an
// envelope that is refused for one object costs no other.
func TestPushHalvesWhatIsRefusedAsAWhole(t *testing.T) {
	for _, tc := range []struct {
		name           string
		status, most   int
		bad            int   // the object that is never taken, -1 for none
		sent           []int // objects in each request
		taken, refused int
	}{
		{"a proxy's limit", http.StatusRequestEntityTooLarge, 2, -1, []int{4, 2, 2, 2, 2, 1}, 9, 0},
		{"nothing fits", http.StatusRequestEntityTooLarge, 0, -1, []int{4, 2, 1, 1, 2, 1, 1, 4, 2, 1, 1, 2, 1, 1, 1}, 0, 9},
		{"one large object", http.StatusRequestEntityTooLarge, 9, 1, []int{4, 2, 1, 1, 2, 4, 1}, 8, 1},
		{"one bad object", http.StatusUnprocessableEntity, 9, 6, []int{4, 4, 2, 2, 1, 1, 1}, 8, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newFakeServer()
			var sent []int
			s.HandleFunc("POST "+objectsPath, func(w http.ResponseWriter, r *http.Request) {
				var body struct{ Objects []json.RawMessage }
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
					t.Error(err)
				}
				n := len(body.Objects)
				sent = append(sent, n)
				bad := slices.ContainsFunc(body.Objects, func(raw json.RawMessage) bool { return string(raw) == `{"id":"bad"}` })
				if n > tc.most || bad {
					w.WriteHeader(tc.status)
					return
				}
				fmt.Fprintf(w, `{"id":"s","status":"complete","success_count":%d}`, n)
			})
			objects := slices.Repeat([]string{`{"id":"a"}`}, 9)
			if tc.bad >= 0 {
				objects[tc.bad] = `{"id":"bad"}`
			}
			var refused []int
			result, err := open(t, s).Push(t.Context(), &objectList{objects: objects}, PushOptions{Envelope: 4, Refused: func(r Refusal) {
				refused = append(refused, r.Object)
			}})
			if err != nil || result.Accepted != tc.taken || result.Refused != tc.refused || len(refused) != tc.refused {
				t.Errorf("got %+v, %v, refused %v", result, err, refused)
			}
			if !slices.Equal(sent, tc.sent) {
				t.Errorf("requests had %v objects; want %v", sent, tc.sent)
			}
			if tc.refused == 1 && refused[0] != tc.bad {
				t.Errorf("refused is object %d; want %d", refused[0], tc.bad)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	object := func(id, modified string) []byte { return fmt.Appendf(nil, `{"id":%q,"modified":%q}`, id, modified) }
	objects := [][]byte{object("a", "1"), object("b", "1"), object("a", "1"), object("a", "2"), object("c", "1")}
	for _, tc := range []struct {
		name     string
		failures []Refusal
		want     []int
	}{
		{"none", nil, nil},
		{"by version", []Refusal{{ID: "a", Version: "2"}, {ID: "b", Version: "1"}}, []int{3, 1}},
		{"the last of equals", []Refusal{{ID: "a", Version: "1"}}, []int{2}},
		{"all of equals", []Refusal{{ID: "a", Version: "1"}, {ID: "a", Version: "1"}}, []int{0, 2}},
		{"more than were sent", []Refusal{{ID: "c", Version: "1"}, {ID: "c", Version: "1"}}, []int{-1, 4}},
		{"a version in another spelling", []Refusal{{ID: "c", Version: "1.000"}}, []int{4}},
		{"a place", []Refusal{{ID: "objects[3]"}, {ID: "objects[5]"}, {ID: "objects[-1]"}, {ID: "objects[x]"}}, []int{3, -1, -1, -1}},
		{"nobody's", []Refusal{{ID: "d"}, {}}, []int{-1, -1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := locate(tc.failures, objects); !slices.Equal(got, tc.want) {
				t.Errorf("locate = %v; want %v", got, tc.want)
			}
		})
	}
}

// What a status says nothing of is neither a success nor lost from the count.
func TestPushCountsWhatTheStatusLeavesOut(t *testing.T) {
	s := newFakeServer()
	s.answer("POST "+objectsPath, `{"id":"s1","status":"complete","success_count":1}`)
	result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{}`, `{}`, `{}`}}, PushOptions{})
	if err != nil || result.Objects != 3 || result.Accepted != 1 || result.Unaccounted != 2 {
		t.Errorf("got %+v, %v", result, err)
	}
}

// A status that never changes is given up.
func TestPushDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		s.takeAll("pending")
		s.answer("GET /taxii2/us-cn/status/s1/", `{"id":"s1","status":"pending","pending_count":1}`)
		if result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{}`}}, PushOptions{}); err == nil || !strings.Contains(err.Error(), "pending") {
			t.Errorf("got %+v, %v", result, err)
		}
	})
}

// What breaks on the way is tried again, and the caller hears of it; what is
// wrong is not.
func TestWhatIsTriedAgain(t *testing.T) {
	for _, tc := range []struct {
		name    string
		err     error
		passing bool
	}{
		{"a status", &Error{StatusCode: 400}, false},
		{"a proxy without a server", &Error{StatusCode: 502}, true},
		{"a proxy whose server is slow", &Error{StatusCode: 504}, true},
		{"the transport", &url.Error{Op: "Get", Err: errors.New("http2: server sent GOAWAY")}, true},
		{"a redirect", &url.Error{Op: "Get", Err: redirectError("the server redirects")}, false},
		{"a body that breaks off", fmt.Errorf("read a page: %w", &brokenError{errors.New("stream error")}), true},
		{"a body that is no JSON", fmt.Errorf("read a page: %w", &json.SyntaxError{}), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := IsPassing(tc.err); got != tc.passing {
				t.Errorf("IsPassing = %v; want %v", got, tc.passing)
			}
		})
	}
}

func TestRetryingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, told := newFakeServer(), 0
		c := newClient(t, s, "https://taxii.example")
		c.config.Retrying = func(err error, wait time.Duration) {
			if told++; err == nil || wait <= 0 {
				t.Errorf("told of %v and %v", err, wait)
			}
		}
		s.HandleFunc("GET /busy/", func(w http.ResponseWriter, r *http.Request) {
			if told < 2 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			io.WriteString(w, `{}`)
		})
		u, _ := c.server.Parse("/busy/")
		if err := c.get(t.Context(), u, new(struct{})); err != nil || told != 2 {
			t.Errorf("%v after %d", err, told)
		}
	})
}

// Real servers announce their roots in every way: relative, with a path, under
// another host, several of one name.
func TestRootsOfAllKinds(t *testing.T) {
	s := newFakeServer()
	s.answer("GET /x/discovery/", `{"title":"t","api_roots":["root/","/a/deep/one/","https://other.example/b/deep/one/"]}`)
	for i, root := range []string{"/x/discovery/root/", "/a/deep/one/", "/b/deep/one/"} {
		s.answer("GET "+root, `{"title":"t","versions":["application/taxii+json;version=2.1"],"max_content_length":1}`)
		s.answer("GET "+root+"collections/", fmt.Sprintf(`{"collections":[{"id":"%d","title":"Feed","can_read":true}]}`, i))
	}
	c := newClient(t, s, "https://taxii.example/x/discovery/")
	for name, want := range map[string]string{"root/0": "https://taxii.example/x/discovery/root/collections/0/", "a/deep/one/1": "https://taxii.example/a/deep/one/collections/1/"} {
		if collection, err := c.Collection(t.Context(), name); err != nil || collection.URL() != want {
			t.Errorf("%s is %+v, %v; want %s", name, collection, err, want)
		}
	}
	for name, want := range map[string]string{"one/1": "several", "root/Feed": "0 (Feed)"} {
		if _, err := c.Collection(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", name, err, want)
		}
	}
	all, err := c.Collections(t.Context())
	if err != nil || len(all) != 3 || all[2].URL() != "https://taxii.example/b/deep/one/collections/2/" {
		t.Errorf("all are %+v, %v", all, err)
	}
	one, err := newClient(t, s, "https://taxii.example/a/deep/one").Collections(t.Context())
	if err != nil || len(one) != 1 || one[0].ID != "1" {
		t.Errorf("those of one root are %+v, %v", one, err)
	}
}

// What a server calls its collections leads nowhere but below its API root, and
// what it does not describe breaks nothing.
func TestCollectionsOfAllKinds(t *testing.T) {
	s := newFakeServer()
	s.answer("GET /taxii2/many/", `{"title":"t","versions":["application/taxii+json;version=2.1"]}`)
	s.answer("GET /taxii2/many/collections/", `{"collections":[null,{"id":".."},{"title":"none"},{"id":"../../x?y","can_read":true}]}`)
	all, err := newClient(t, s, "https://taxii.example/taxii2/many/").Collections(t.Context())
	if err != nil || len(all) != 1 || all[0].URL() != "https://taxii.example/taxii2/many/collections/..%2F..%2Fx%3Fy/" {
		t.Errorf("all are %+v, %v", all, err)
	}
	if u := all[0].below("status", "a#b").String(); u != "https://taxii.example/taxii2/many/status/a%23b/" {
		t.Errorf("a status is at %s", u)
	}
}

func TestRootsHaveABound(t *testing.T) {
	s := newFakeServer()
	s.answer("GET /many/", `{"title":"t","api_roots":["/taxii2/us-cn/"`+strings.Repeat(`,"/taxii2/us-cn/"`, maxRoots)+`]}`)
	if _, err := newClient(t, s, "https://taxii.example/many/").Collections(t.Context()); err == nil || len(s.requests) != 1 {
		t.Errorf("%v after %d requests; want an error after one", err, len(s.requests))
	}
}

// Answers may be packed, which the client asks for and the caller never sees.
func TestPagesMayBePacked(t *testing.T) {
	s := newFakeServer()
	asked := ""
	s.HandleFunc("GET "+objectsPath, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Accept-Encoding")
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		io.WriteString(packed, `{"objects":[ 1.0 ]}`)
		packed.Close()
	})
	server := httptest.NewServer(s)
	defer server.Close()
	c, err := New(Config{Server: server.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	collection, err := c.Collection(t.Context(), "us-cn/activity-from-cn")
	if err != nil {
		t.Fatal(err)
	}
	err = collection.Pull(t.Context(), PullOptions{}, func(objects []json.RawMessage, _ Cursor) error {
		if len(objects) != 1 || string(objects[0]) != "1.0" {
			t.Errorf("got %s", objects)
		}
		return nil
	})
	if err != nil || asked != "gzip" {
		t.Errorf("asked for %q: %v", asked, err)
	}
}
