package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
