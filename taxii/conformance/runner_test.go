package conformance

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A server that a test makes up. What it does not answer is a page of nothing.
type madeUp func(*http.Request) (status int, body string)

const (
	fakeURL  = "http://127.0.0.1:1/" // where nobody listens
	fakeRoot = "/taxii2/r/"
	fakePath = fakeRoot + "collections/c0ffee00-0000-4000-8000-000000000000/"
)

func (s madeUp) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		sent, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	status, body := s(req)
	if err := req.Context().Err(); err != nil { // it took too long
		return nil, err
	}
	if status == 0 {
		status, body = http.StatusOK, map[string]string{
			"/taxii2/":                `{"title":"t","api_roots":["/taxii2/r/"]}`,
			fakeRoot:                  `{"title":"t","versions":["application/taxii+json;version=2.1"],"max_content_length":1000000}`,
			fakeRoot + "collections/": `{"collections":[{"id":"c0ffee00-0000-4000-8000-000000000000","title":"t","can_read":true,"can_write":true}]}`,
		}[req.URL.Path]
		if body == "" {
			body = "{}"
		}
	}
	header := http.Header{"Content-Type": {MediaType}}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (s madeUp) run(t *testing.T, cfg Config) *Report {
	t.Helper()
	cfg.URL, cfg.Transport = fakeURL, s
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Without Write nothing is sent that a server could store, or that could take
// something away from one with methods of its own.
func TestRunWithoutWriteChangesNothing(t *testing.T) {
	for _, rights := range []string{`"can_read":true,"can_write":true`, `"can_read":true,"can_write":false`, `"can_read":false,"can_write":true`} {
		list := `{"collections":[{"id":"c0ffee00-0000-4000-8000-000000000000","title":"t",` + rights + `}]}`
		madeUp(func(req *http.Request) (int, string) {
			thing := req.URL.Path == fakeRoot || req.URL.Path == fakePath || req.URL.Path == fakePath+"objects/"
			switch req.Method {
			case http.MethodPut, http.MethodPatch, http.MethodDelete:
				if thing {
					t.Errorf("%s %s", req.Method, req.URL.Path)
				}
			case http.MethodPost:
				if body, _ := io.ReadAll(req.Body); strings.Contains(string(body), "objects") {
					t.Errorf("POST %s of %s", req.URL.Path, body)
				}
			}
			if req.URL.Path == fakeRoot+"collections/" {
				return http.StatusOK, list
			}
			return 0, ""
		}).run(t, Config{})
	}
}

// A server that answers slowly and always is not told to be silent, one that
// never answers is.
func TestRunTellsSlowFromSilent(t *testing.T) {
	for _, tc := range []struct {
		takes   time.Duration // for an answer
		outcome Outcome
	}{{requestTimeout - time.Second, Untestable}, {2 * requestTimeout, Fail}} {
		synctest.Test(t, func(t *testing.T) {
			r := madeUp(func(req *http.Request) (int, string) {
				if req.Header.Get("Accept") != MediaType { // as the check of TX-NEG-09 asks, 24 times
					select {
					case <-time.After(tc.takes):
					case <-req.Context().Done():
					}
				}
				return 0, ""
			}).run(t, Config{Only: []string{"TX-NEG-03"}})
			if res := r.Result("TX-NEG-03"); res.Outcome != tc.outcome {
				t.Errorf("%s for each answer: %s (%s, %+v); want %s", tc.takes, res.Outcome, res.Reason, res.Failures, tc.outcome)
			}
		})
	}
}

// What a server names is asked for as it is named, and what is no collection is
// none.
func TestRunOfOddNames(t *testing.T) {
	r := madeUp(func(req *http.Request) (int, string) {
		const half = `{"id":"c0ffee00-0000-4000-8000-000000000000","alias":"50% #1","title":"t","can_read":true,"can_write":true}`
		switch {
		case req.URL.Path == fakeRoot+"collections/":
			return http.StatusOK, `{"collections":[null,` + half + `]}`
		case req.URL.Path == fakePath, req.URL.Path == fakeRoot+"collections/50% #1/":
			return http.StatusOK, half
		case strings.HasSuffix(req.URL.Path, "/versions/"):
			return http.StatusNotFound, ""
		}
		return 0, ""
	}).run(t, Config{Only: []string{"TX-COL-04"}})
	if res := r.Result("TX-COL-04"); res.Outcome != Pass {
		t.Errorf("TX-COL-04 is %s: %s, %+v", res.Outcome, res.Reason, res.Failures)
	}
}

// The caller's TLS configuration stays as it is.
func TestNewTransportKeepsTheConfiguration(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	cfg := &tls.Config{InsecureSkipVerify: true} // a server of the test
	res, err := newClient(newTransport(cfg)).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if cfg.NextProtos != nil {
		t.Errorf("NextProtos became %q", cfg.NextProtos)
	}
}

// What was posted is deleted whatever its body was, and what cannot be deleted
// is told.
func TestRunDeletesWhatItPosted(t *testing.T) {
	var mu sync.Mutex
	held := map[string]bool{}
	careless := func(deletes int) madeUp {
		return func(req *http.Request) (int, string) {
			mu.Lock()
			defer mu.Unlock()
			switch req.Method {
			case http.MethodPost: // takes whatever has an id
				body, _ := io.ReadAll(req.Body)
				if _, rest, ok := strings.Cut(string(body), `"id":"indicator--`); ok {
					held["indicator--"+rest[:36]] = true
				}
				return http.StatusAccepted, `{"id":"c0ffee00-0000-4000-8000-000000000000","status":"complete","total_count":0,"success_count":0,"failure_count":0,"pending_count":0}`
			case http.MethodDelete:
				if deletes == http.StatusOK {
					delete(held, strings.Split(req.URL.Path, "/")[6])
				}
				return deletes, ""
			}
			return 0, ""
		}
	}
	only := Config{Write: true, Only: []string{"TX-SEC-03", "TX-DT-11"}}
	if r := careless(http.StatusOK).run(t, only); len(held) > 0 || r.Notes != nil {
		t.Errorf("left are %v; notes %q", held, r.Notes)
	}
	r := careless(http.StatusMethodNotAllowed).run(t, only)
	if len(held) == 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "could not be deleted") || !strings.Contains(r.Notes[0], ": 405") {
		t.Errorf("%d objects are left; notes %q", len(held), r.Notes)
	}
}

// A server that announces API roots without end is asked about some of them.
func TestRunAsksSomeRoots(t *testing.T) {
	asked := map[string]bool{}
	r := madeUp(func(req *http.Request) (int, string) {
		if req.URL.Path == "/taxii2/" {
			var roots []string
			for i := range 10 * maxRoots {
				roots = append(roots, fmt.Sprintf(`"/taxii2/r%d/"`, i))
			}
			return http.StatusOK, `{"title":"t","api_roots":[` + strings.Join(roots, ",") + `,"https://elsewhere.example/r/"]}`
		}
		asked[strings.Split(req.URL.Path, "/")[2]] = true
		return 0, ""
	}).run(t, Config{Only: []string{"TX-URL-11"}})
	if len(asked) != maxRoots || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "321 API roots") }) {
		t.Errorf("%d API roots were asked; notes %q", len(asked), r.Notes)
	}
}

// What is answered "pending" is looked for when it has been processed.
func TestRunWaitsForWhatIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent, stored string
		r := madeUp(func(req *http.Request) (int, string) {
			const status = `{"id":"c0ffee00-0000-4000-8000-000000000000","status":%q,"total_count":1,"success_count":%d,"failure_count":0,"pending_count":%d}`
			switch {
			case req.Method == http.MethodPost:
				body, _ := io.ReadAll(req.Body)
				sent = string(body)
				return http.StatusAccepted, fmt.Sprintf(status, "pending", 0, 1)
			case strings.HasPrefix(req.URL.Path, fakeRoot+"status/"):
				stored = sent
				return http.StatusOK, fmt.Sprintf(status, "complete", 1, 0)
			case req.URL.Path == fakePath+"objects/" && stored != "":
				return http.StatusOK, stored
			}
			return 0, ""
		}).run(t, Config{Write: true, Only: []string{"TX-OBJ-POST-11"}})
		if res := r.Result("TX-OBJ-POST-11"); res.Outcome != Pass {
			t.Errorf("TX-OBJ-POST-11 is %s: %s, %+v", res.Outcome, res.Reason, res.Failures)
		}
	})
}

// Whether a body is refused for its length is decided where one can be too long,
// and by no more than a part of one that is enormous.
func TestRunTestsLengths(t *testing.T) {
	for _, tc := range []struct {
		most, post int // max_content_length, and the status of a POST
		outcome    Outcome
	}{
		{0, http.StatusUnprocessableEntity, Untestable},
		{1 << 40, http.StatusUnprocessableEntity, Untestable},
		{4096, http.StatusAccepted, Fail},
		{4096, http.StatusRequestEntityTooLarge, Pass},
	} {
		r := madeUp(func(req *http.Request) (int, string) {
			switch {
			case req.Method == http.MethodPost:
				return tc.post, "{}"
			case req.URL.Path == fakeRoot:
				return http.StatusOK, fmt.Sprintf(`{"title":"t","versions":[],"max_content_length":%d}`, tc.most)
			}
			return 0, ""
		}).run(t, Config{Write: true, Only: []string{"TX-OBJ-POST-10"}})
		if res := r.Result("TX-OBJ-POST-10"); res.Outcome != tc.outcome {
			t.Errorf("max_content_length %d, POST %d: TX-OBJ-POST-10 is %s: %s, %+v; want %s", tc.most, tc.post, res.Outcome, res.Reason, res.Failures, tc.outcome)
		}
	}
}

// A reason that keeps many requirements from being tested is told once.
func TestWriteTextTellsAReasonOnce(t *testing.T) {
	var out strings.Builder
	if err := madeUp(func(*http.Request) (int, string) { return 0, "" }).run(t, Config{Only: []string{"TX-FLT-30"}}).WriteText(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if n := strings.Count(text, "\n  it was not asked for\n    TX-"); n != 1 {
		t.Errorf("the reason is told %d times in\n%s", n, text)
	}
}

// Nothing is deleted while writers of a check that broke off are still posting.
func TestRunWaitsForItsWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var posting atomic.Int32
		madeUp(func(req *http.Request) (int, string) {
			switch {
			case req.Method == http.MethodPost:
				posting.Add(1)
				defer posting.Add(-1)
				time.Sleep(time.Second)
				return http.StatusAccepted, `{"id":"c0ffee00-0000-4000-8000-000000000000","status":"complete","total_count":1,"success_count":1,"failure_count":0,"pending_count":0}`
			case req.Method == http.MethodDelete && posting.Load() > 0:
				t.Errorf("%s while %d posts are on their way", req.Method, posting.Load())
			case req.URL.Path == fakePath+"manifest/":
				return http.StatusOK, `{"objects":[{"id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","date_added":"2026-01-02T03:04:05.678900Z","version":"2010-01-01T00:00:00.000Z"}]}`
			case req.URL.Path == fakePath+"objects/":
				time.Sleep(time.Second / 2) // when the writers have begun
				return http.StatusInternalServerError, "{}"
			}
			return 0, ""
		}).run(t, Config{Write: true, Only: []string{"TX-PAG-09"}})
	})
}
