package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"accord/collections"
	"accord/schemas"
	"accord/stix"

	"github.com/labstack/echo/v4"
)

// A slowValidator makes judges that wait until they are told to go on.
type slowValidator struct {
	made atomic.Int32
	goOn chan struct{}
}

func (v *slowValidator) Judge(string, map[string][]byte) (stix.Judge, error) {
	v.made.Add(1)
	return v, nil
}

func (v *slowValidator) Validate(stix.Object, func(stix.ID) []byte) stix.Verdict {
	<-v.goOn
	return stix.Verdict{Accepted: true}
}

func (v *slowValidator) Rules() [32]byte { return [32]byte{} }

// validating returns a function that has a body of a party validated, which has
// most bytes at most. A party may have two pushes worked on, and eight there.
func validating(v collections.Validator, most int64) func(party string, body io.Reader) *httptest.ResponseRecorder {
	e := validator(v, most)
	return func(party string, body io.Reader) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest("POST", "/v1/validate", body), httptest.NewRecorder()
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Party", party)
		e.ServeHTTP(w, r)
		return w
	}
}

func validator(v collections.Validator, most int64) *echo.Echo {
	e := echo.New()
	h := &Handler{
		Service:          &collections.Service{Turns: collections.Turns{MaxPushes: 2}},
		Validator:        v,
		MaxContentLength: most,
		Authenticate: func(r *http.Request) (collections.Caller, error) {
			return collections.Caller{Party: r.Header.Get("Party")}, nil
		},
		Log: slog.New(slog.DiscardHandler),
	}
	h.Mount(e)
	return e
}

// TX-SEC-02, TX-ERR-08: what a party has too much of at once is answered with 429,
// and no other party hears of it. A client that is slow in sending is not worked
// for, and a judge is made once.
func TestValidateInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &slowValidator{goOn: make(chan struct{})}
		validate := validating(v, 1<<20)
		object := `{"type":"x-note","id":"x-note--00000000-0000-4000-8000-000000000001"}`
		codes := make(chan int, 100)
		sent := []*io.PipeWriter{}
		for range 3 {
			r, w := io.Pipe()
			sent = append(sent, w)
			go func() { codes <- validate("cert-us", r).Code }()
		}
		for range 5 {
			go func() { codes <- validate("cert-us", strings.NewReader(object)).Code }()
		}
		synctest.Wait()
		res := validate("cert-us", strings.NewReader(object))
		if res.Code != http.StatusTooManyRequests || res.Header().Get("Retry-After") == "" || !strings.Contains(res.Body.String(), "your party") {
			t.Errorf("one too many: %d, Retry-After %q, %s; want 429 and when to come back", res.Code, res.Header().Get("Retry-After"), res.Body)
		}
		go func() { codes <- validate("cert-cn", strings.NewReader(object)).Code }()
		synctest.Wait()
		close(v.goOn)
		for _, w := range sent {
			synctest.Wait()
			w.Close()
		}
		for range 9 {
			if code := <-codes; code != http.StatusOK {
				t.Errorf("one that was in time: %d", code)
			}
		}
		if v.made.Load() != 1 {
			t.Errorf("%d judges were made for one profile", v.made.Load())
		}
	})
}

// A report for which there is no room is not the client's fault, nor one of the
// program. One that is out of all proportion to its body is the client's.
func TestValidateBoundsTheReport(t *testing.T) {
	v := &slowValidator{goOn: make(chan struct{})}
	close(v.goOn)
	body := "[" + strings.Repeat("{},", 20_000) + "{}]" // whose report has more than 1 MiB
	if res := validating(v, 64<<10)("cert-us", strings.NewReader(body)); res.Code != http.StatusRequestEntityTooLarge || !strings.Contains(res.Body.String(), "524288") {
		t.Errorf("%d %.300s; want 413", res.Code, res.Body)
	}
	validate := validating(v, 1<<20)
	if res := validate("cert-us", strings.NewReader(body)); res.Code != http.StatusOK || !strings.HasPrefix(res.Body.String(), `{"objects":20001,`) {
		t.Errorf("%d %.300s; want 200", res.Code, res.Body)
	}
	t.Setenv("TMPDIR", "/nowhere")
	if res := validate("cert-us", strings.NewReader(body)); res.Code != http.StatusServiceUnavailable || res.Header().Get("Retry-After") == "" {
		t.Errorf("%d %.300s; want 503", res.Code, res.Body)
	}
}

// A shortWriter takes a hundred bytes.
type shortWriter struct{ *httptest.ResponseRecorder }

func (w shortWriter) Write(p []byte) (int, error) {
	if w.Body.Len()+len(p) > 100 {
		return 0, io.ErrShortWrite
	}
	return w.ResponseRecorder.Write(p)
}

// A report that breaks off does not end as if it were whole.
func TestValidateBreaksOff(t *testing.T) {
	e := validator(schemas.New(), 1<<20)
	r := httptest.NewRequest("POST", "/v1/validate", strings.NewReader(`{"objects":[{},{}]}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Party", "a")
	w := shortWriter{httptest.NewRecorder()}
	defer func() {
		if why := recover(); why != http.ErrAbortHandler || w.Code != http.StatusOK {
			t.Errorf("%d, it ends with %v; want %v after 200", w.Code, why, http.ErrAbortHandler)
		}
	}()
	e.ServeHTTP(w, r)
}
