package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	token        = "secret-token"
	collectionID = "6f3f5a51-0c5c-4a5e-9d1a-0b6d0c1f2a3b"
	objectsPath  = "/taxii2/us-cn/collections/" + collectionID + "/objects/"
)

// A fakeServer is a TAXII server of one collection, in memory so that waits
// take no time in a synctest bubble. A test replaces the handlers it is about.
type fakeServer struct {
	*http.ServeMux
	requests []*http.Request
	bodies   [][]byte // of the pushes
}

func newFakeServer() *fakeServer {
	s := &fakeServer{ServeMux: http.NewServeMux()}
	s.answer("GET /taxii2/", `{"title":"t","api_roots":["https://taxii.example/taxii2/us-cn/","/taxii2/private/"]}`)
	s.answer("GET /taxii2/us-cn/", `{"title":"t","versions":["application/taxii+json;version=2.1"],"max_content_length":200}`)
	s.answer("GET /taxii2/us-cn/collections/", `{"collections":[
		{"id":"`+collectionID+`","alias":"activity-from-cn","title":"t","can_read":true,"can_write":true},
		{"id":"11111111-1111-4111-8111-111111111111","title":"u","can_read":false,"can_write":false}]}`)
	return s
}

// answer serves one resource at one path.
func (s *fakeServer) answer(pattern, body string) {
	s.HandleFunc(pattern+"{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, body) })
}

func (s *fakeServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.requests = append(s.requests, r)
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		s.bodies = append(s.bodies, body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	res := rec.Result()
	if res.Header.Get("X-Break-Off") != "" {
		res.Body = io.NopCloser(io.MultiReader(res.Body, brokenReader{}))
	}
	res.Request = r
	return res, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func newClient(t *testing.T, s *fakeServer, server string) *Client {
	t.Helper()
	c, err := New(Config{Server: server, Token: token, Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t *testing.T, s *fakeServer) *Collection {
	t.Helper()
	c, err := newClient(t, s, "https://taxii.example").Collection(t.Context(), "us-cn/activity-from-cn")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNewRefusesWhatIsNoServer(t *testing.T) {
	for _, server := range []string{"", "taxii.example", "ftp://taxii.example", "https://u:p@taxii.example/", "https://taxii.example/?x=1", ":"} {
		if _, err := New(Config{Server: server}); err == nil {
			t.Errorf("New(%q) gave no error", server)
		}
	}
}

func TestCollection(t *testing.T) {
	for _, tc := range []struct{ name, server, collection, wrong string }{
		{"base URL", "https://taxii.example", "us-cn/activity-from-cn", ""},
		{"base URL with a slash", "https://taxii.example/", "us-cn/activity-from-cn", ""},
		{"discovery", "https://taxii.example/taxii2/", "us-cn/activity-from-cn", ""},
		{"discovery without the slash", "https://taxii.example/taxii2", "us-cn/activity-from-cn", ""},
		{"API root", "https://taxii.example/taxii2/us-cn", "activity-from-cn", ""},
		{"API root with its name", "https://taxii.example/taxii2/us-cn/", "us-cn/activity-from-cn", ""},
		{"by id", "https://taxii.example", "us-cn/" + collectionID, ""},
		{"unknown alias", "https://taxii.example", "us-cn/nope", "it shows you activity-from-cn, 11111111-"},
		{"unknown root", "https://taxii.example", "nope/x", `no API root "nope"`},
		{"another root's URL", "https://taxii.example/taxii2/us-cn/", "private/x", "is an API root"},
		{"ambiguous", "https://taxii.example", "activity-from-cn", "several"},
		{"empty alias is none", "https://taxii.example", "us-cn/", "no collection"},
		{"server under another name", "https://inside.example:444", "us-cn/activity-from-cn", ""},
		{"root that is not here", "https://taxii.example", "private/x", "404"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newFakeServer()
			c, err := newClient(t, s, tc.server).Collection(t.Context(), tc.collection)
			for _, r := range s.requests {
				if !strings.HasPrefix(tc.server, r.URL.Scheme+"://"+r.URL.Host) {
					t.Errorf("credentials went to %s", r.URL)
				}
			}
			if tc.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wrong) {
					t.Fatalf("error is %v; want one that says %q", err, tc.wrong)
				}
				return
			}
			if err != nil || c.ID != collectionID || c.maxContentLength != 200 {
				t.Fatalf("got %+v, %v", c, err)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	for _, tc := range []struct {
		name   string
		config Config
		want   string
	}{
		{"bearer", Config{Token: token}, "Bearer secret-token"},
		{"basic", Config{Token: "p:w", User: "cert-us"}, "Basic Y2VydC11czpwOnc="},
		{"none", Config{}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newFakeServer()
			tc.config.Server, tc.config.Transport = "https://taxii.example", s
			c, err := New(tc.config)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Collection(t.Context(), "us-cn/activity-from-cn"); err != nil {
				t.Fatal(err)
			}
			for _, r := range s.requests {
				if got := r.Header.Get("Authorization"); got != tc.want {
					t.Errorf("%s: Authorization is %q; want %q", r.URL, got, tc.want)
				}
				if got := r.Header.Get("Accept"); got != mediaType {
					t.Errorf("%s: Accept is %q", r.URL, got)
				}
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	for _, tc := range []struct{ name, to, wrong string }{
		{"same host", "https://taxii.example/taxii2/", ""},
		{"another host", "https://thief.example/taxii2/us-cn/", "redirects to https://thief.example/"},
		{"another port", "https://taxii.example:444/taxii2/us-cn/", "redirects to"},
		{"without TLS", "http://taxii.example/taxii2/us-cn/", "redirects to http:"},
		{"without end", "https://taxii.example/moved/", "without end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newFakeServer()
			s.Handle("/moved/{$}", http.RedirectHandler(tc.to, http.StatusTemporaryRedirect))
			_, err := newClient(t, s, "https://taxii.example/moved/").Collection(t.Context(), "us-cn/activity-from-cn")
			if tc.wrong == "" && err != nil || tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong)) {
				t.Errorf("error is %v; want one that says %q", err, tc.wrong)
			}
			for _, r := range s.requests {
				if r.URL.Scheme+"://"+r.URL.Host != "https://taxii.example" {
					t.Errorf("followed to %s", r.URL)
				}
			}
		})
	}
}

func TestPatience(t *testing.T) {
	for _, tc := range []struct {
		name       string
		code       int
		retryAfter string
		times      int // how often the server says no
		wait       time.Duration
		requests   int
		fails      bool
	}{
		{"429 with seconds", 429, "30", 2, 60 * time.Second, 3, false},
		{"503 with a date", 503, "Sat, 01 Jan 2000 00:01:00 GMT", 1, time.Minute, 2, false},
		{"503 without a word", 503, "", 3, 0, 4, false},
		{"for ever", 503, "1", 1000, 7 * time.Second, maxTries, true},
		{"an hour is too long", 429, "3600", 1000, 0, 1, true},
		{"a plain no", 403, "30", 1, 0, 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, noes := newFakeServer(), 0
				s.HandleFunc("GET /busy/", func(w http.ResponseWriter, r *http.Request) {
					if noes++; noes <= tc.times {
						w.Header().Set("Retry-After", tc.retryAfter)
						w.WriteHeader(tc.code)
						fmt.Fprint(w, `{"title":"No","description":"not now","error_id":"42"}`)
						return
					}
					fmt.Fprint(w, `{}`)
				})
				c, start := newClient(t, s, "https://taxii.example"), time.Now()
				var v struct{}
				u, _ := c.server.Parse("/busy/")
				err := c.get(t.Context(), u, &v)
				if tc.fails != (err != nil) || len(s.requests) != tc.requests {
					t.Fatalf("error %v after %d requests; want %d", err, len(s.requests), tc.requests)
				}
				if waited := time.Since(start); waited < tc.wait || waited > tc.wait+15*time.Second {
					t.Errorf("waited %s; want about %s", waited, tc.wait)
				}
				if e, ok := errors.AsType[*Error](err); tc.fails && (!ok || e.StatusCode != tc.code || e.ErrorID != "42") {
					t.Errorf("error is %#v; want the server's", err)
				}
			})
		})
	}
}

func TestPatienceEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeServer()
		s.HandleFunc("GET /busy/", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c := newClient(t, s, "https://taxii.example")
		u, _ := c.server.Parse("/busy/")
		if err := c.get(ctx, u, new(struct{})); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v; want the context's", err)
		}
	})
}

// A server that goes away is waited for; one that never was there is not.
func TestPatienceWithConnections(t *testing.T) {
	for _, reached := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, requests := newFakeServer(), 0
			c := newClient(t, s, "https://taxii.example")
			c.reached.Store(reached)
			c.http.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
				requests++
				return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
			})
			want := 1
			if reached {
				want = maxTries
			}
			if err := c.get(t.Context(), c.server, new(struct{})); err == nil || requests != want {
				t.Errorf("reached %v: error %v after %d requests; want %d", reached, err, requests, want)
			}
		})
	}
}

// A server that falls silent, as one does whose machine is gone, is asked again,
// wherever that happens.
func TestPatienceWithSilence(t *testing.T) {
	answers := func(status int) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			body, sent := io.Pipe()
			go sent.Write([]byte(`{"title":`))
			context.AfterFunc(r.Context(), func() { sent.CloseWithError(r.Context().Err()) }) // as net/http does
			return &http.Response{StatusCode: status, Body: body}, nil
		}
	}
	for _, tc := range []struct {
		name  string
		first func(*http.Request) (*http.Response, error)
		told  string
		took  time.Duration
	}{
		{"in an answer", answers(http.StatusOK), "silent", silence},
		{"in a refusal", answers(http.StatusServiceUnavailable), "503", silence},
		{"before an answer", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, "silent", silence},
		{"while it is sent to", func(r *http.Request) (*http.Response, error) {
			for range 2 {
				time.Sleep(silence / 3) // slow, and not silent
				r.Body.Read(make([]byte, 1))
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, "silent", silence + 2*silence/3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, requests := newClient(t, newFakeServer(), "https://taxii.example"), 0
				c.reached.Store(true)
				c.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					if requests++; requests == 1 {
						return tc.first(r)
					}
					body, err := io.ReadAll(r.Body)
					if string(body) != "{ }" || r.ContentLength != 3 {
						t.Errorf("sent again is %q, %v", body, err)
					}
					return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
				})
				var told error
				c.config.Retrying = func(err error, _ time.Duration) { told = err }
				began := time.Now()
				err := c.post(t.Context(), c.server, []byte("{ }"), new(struct{}))
				if took := time.Since(began); err != nil || requests != 2 || took < tc.took || took > tc.took+time.Minute {
					t.Errorf("%v after %d requests and %v; want a second request after %v", err, requests, took, tc.took)
				}
				if told == nil || !strings.Contains(told.Error(), tc.told) {
					t.Errorf("told of %v; want %q", told, tc.told)
				}
			})
		})
	}
}

// An answer that is whole and wrong is not asked for again, and one that holds
// far more than is asked for ends early.
func TestWrongAnswersAreAskedForOnce(t *testing.T) {
	page := func(c *Collection) error { _, err := c.page(t.Context(), query{}); return err }
	list := func(c *Collection) error { _, err := c.client.list(t.Context(), apiRoot{url: c.root}); return err }
	for _, tc := range []struct {
		name string
		body io.Reader
		ask  func(*Collection) error
		want string
	}{
		{"nothing", strings.NewReader(""), list, "EOF"},
		{"half a list", strings.NewReader("{"), list, "EOF"},
		{"half a page", strings.NewReader("{"), page, "EOF"},
		{"a list without end", &endless{"{"}, list, "bytes"},
		{"a page of too many", &endless{`{"objects":[` + strings.Repeat("0,", maxObjects) + "0]}"}, page, "objects"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, requests := newClient(t, newFakeServer(), "https://taxii.example"), 0
			c.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				requests++
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(tc.body)}, nil
			})
			collection := &Collection{ID: "x", client: c, root: c.server, CanRead: true}
			if err := tc.ask(collection); err == nil || !strings.Contains(err.Error(), tc.want) || requests != 1 {
				t.Errorf("%v after %d requests; want an error after one that says %q", err, requests, tc.want)
			}
		})
	}
}

// An endless reader gives a text and then blanks for ever.
type endless struct{ text string }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text)
	if e.text = e.text[n:]; n == 0 {
		n = copy(p, strings.Repeat(" ", len(p)))
	}
	return n, nil
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// objectList is an Objects of given JSON texts; the error ends it.
type objectList struct {
	objects []string
	err     error
}

func (l *objectList) Next() ([]byte, error) {
	if len(l.objects) == 0 {
		if l.err != nil {
			return nil, l.err
		}
		return nil, io.EOF
	}
	first := l.objects[0]
	l.objects = l.objects[1:]
	return []byte(first), nil
}

// takeAll serves pushes: every object whose id has a "bad" in it is refused.
func (s *fakeServer) takeAll(state string) {
	s.HandleFunc("POST "+objectsPath, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Objects []struct {
				ID string `json:"id"`
			} `json:"objects"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		res := status{ID: "s1", Status: state}
		for _, o := range body.Objects {
			if strings.Contains(o.ID, "bad") {
				res.FailureCount++
				res.Failures = append(res.Failures, Refusal{ID: o.ID, Version: "unknown", Message: "IDN-01 at /id"})
			} else {
				res.SuccessCount++
			}
		}
		w.WriteHeader(http.StatusAccepted)
		json.NewEncoder(w).Encode(res)
	})
}

func TestPushSplits(t *testing.T) {
	sized := func(n int) string { return `{"id":"` + strings.Repeat("x", n-9) + `"}` }
	for _, tc := range []struct {
		name    string
		objects []string
		size    int
		want    []int // objects in each envelope
	}{
		{"nothing", nil, 0, nil},
		{"one", []string{`{}`}, 0, []int{1}},
		{"by number", []string{`{}`, `{}`, `{}`, `{}`, `{}`}, 2, []int{2, 2, 1}},
		{"exactly max_content_length fits", []string{sized(93), sized(92)}, 0, []int{2}}, // 12 + 93 + 1 + 92 + 2 = 200
		{"a byte more does not", []string{sized(93), sized(93)}, 0, []int{1, 1}},
		{"one object of just that size", []string{sized(186), `{}`}, 0, []int{1, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newFakeServer()
			s.takeAll("complete")
			result, err := open(t, s).Push(t.Context(), &objectList{objects: slices.Clone(tc.objects)}, PushOptions{Envelope: tc.size})
			if err != nil || result.Objects != len(tc.objects) || result.Accepted != len(tc.objects) {
				t.Fatalf("got %+v, %v", result, err)
			}
			var got []int
			for _, body := range s.bodies {
				var e struct{ Objects []json.RawMessage }
				if err := json.Unmarshal(body, &e); err != nil || len(body) > 200 {
					t.Fatalf("body of %d bytes: %v", len(body), err)
				}
				got = append(got, len(e.Objects))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("envelopes hold %v; want %v", got, tc.want)
			}
		})
	}
}

func TestPushNamesEachRefusedObject(t *testing.T) {
	s := newFakeServer()
	s.takeAll("complete")
	objects := &objectList{objects: []string{`{"id":"a"}`, `{"id":"bad-1"}`, `{"id":"huge","modified":"2026-01-02T03:04:05.000Z","x":"` + strings.Repeat("x", 200) + `"}`, `{"id":"bad-2"}`}}
	var steps []int
	var refusals []Refusal
	result, err := open(t, s).Push(t.Context(), objects, PushOptions{
		Refused:  func(r Refusal) { refusals = append(refusals, r) },
		Answered: func(r PushResult) error { steps = append(steps, r.Objects); return nil },
	})
	if err != nil || result.Objects != 4 || result.Accepted != 1 || result.Refused != 3 {
		t.Fatalf("got %+v, %v", result, err)
	}
	var ids []string
	for i, r := range refusals {
		ids = append(ids, r.ID)
		if r.Message == "" || r.Object != i+1 {
			t.Errorf("%s is refused as %+v", r.ID, r)
		}
	}
	if !slices.Equal(ids, []string{"bad-1", "huge", "bad-2"}) || refusals[1].Version != "2026-01-02T03:04:05.000Z" {
		t.Errorf("refusals are %+v", refusals)
	}
	if !slices.Equal(steps, []int{2, 3, 4}) {
		t.Errorf("progress was told of %v objects", steps)
	}
}

func TestPushWaitsForItsStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, asked := newFakeServer(), 0
		s.takeAll("pending")
		s.HandleFunc("GET /taxii2/us-cn/status/s1/", func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked < 5 {
				fmt.Fprint(w, `{"id":"s1","status":"pending","pending_count":1}`)
				return
			}
			fmt.Fprint(w, `{"id":"s1","status":"complete","failure_count":1,"failures":[{"id":"a","version":"unknown","message":"no"}]}`)
		})
		result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{"id":"a"}`}}, PushOptions{})
		if err != nil || asked != 5 || result.Refused != 1 || !slices.Equal(result.Statuses, []string{"s1"}) {
			t.Errorf("got %+v, %v after %d questions", result, err, asked)
		}
	})
}

func TestPushFailures(t *testing.T) {
	t.Run("input that breaks off keeps what was decided", func(t *testing.T) {
		s := newFakeServer()
		s.takeAll("complete")
		broken := errors.New("broken")
		result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{}`, `{}`, `{}`}, err: broken}, PushOptions{Envelope: 2})
		if !errors.Is(err, broken) || result.Accepted != 2 {
			t.Errorf("got %+v, %v", result, err)
		}
	})
	t.Run("a status that does not add up", func(t *testing.T) {
		s := newFakeServer()
		s.answer("POST "+objectsPath, `{"id":"s1","status":"complete","success_count":3}`)
		if result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{}`}}, PushOptions{}); err == nil {
			t.Errorf("got %+v and no error", result)
		}
	})
	t.Run("a status in no known state", func(t *testing.T) {
		s := newFakeServer()
		s.takeAll("done")
		if result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{}`}}, PushOptions{}); err == nil {
			t.Errorf("got %+v and no error", result)
		}
	})
	t.Run("no right", func(t *testing.T) {
		s := newFakeServer()
		c, err := newClient(t, s, "https://taxii.example").Collection(t.Context(), "us-cn/11111111-1111-4111-8111-111111111111")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Push(t.Context(), &objectList{}, PushOptions{}); err == nil {
			t.Error("pushed without a right")
		}
		if err := c.Pull(t.Context(), PullOptions{}, nil); err == nil {
			t.Error("pulled without a right")
		}
	})
}

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

// The token must not be seen by whoever reads over the user's shoulder.
func TestErrorsDoNotShowTheToken(t *testing.T) {
	s := newFakeServer()
	s.HandleFunc("/gone/", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	s.HandleFunc("/elsewhere/", http.RedirectHandler("https://thief.example/", http.StatusFound).ServeHTTP)
	for _, server := range []string{"https://taxii.example/gone/", "https://taxii.example/elsewhere/", "https://taxii.example/nope/"} {
		_, err := newClient(t, s, server).Collection(t.Context(), "x")
		if err == nil || strings.Contains(fmt.Sprintf("%+v", err), token) {
			t.Errorf("%s: error is %v", server, err)
		}
	}
}
