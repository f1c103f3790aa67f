package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/collections/mongo/mongotest"
	"accord/taxii/conformance"
)

// A surface is a request that needs the store to be answered.
type surface struct{ method, path, body string }

// A trial asks a server for everything, before, while and after its database is
// lost.
type trial struct {
	*testing.T
	*running
	token    string
	surfaces []surface
	sound    []int // what each is answered while nothing is lost
}

func newTrial(t *testing.T, s *running) *trial {
	t.Helper()
	const root, c = "/taxii2/us-cn/", "/taxii2/us-cn/collections/activity-from-cn/"
	r := &trial{T: t, running: s, token: s.token(t)}
	r.surfaces = []surface{
		{http.MethodGet, "/taxii2/", ""},
		{http.MethodGet, root, ""},
		{http.MethodGet, root + "status/" + r.push(objectID) + "/", ""},
		{http.MethodGet, root + "collections/", ""},
		{http.MethodGet, c, ""},
		{http.MethodGet, c + "manifest/", ""},
		{http.MethodGet, c + "objects/", ""},
		{http.MethodHead, c + "objects/", ""},
		{http.MethodGet, c + "objects/" + objectID + "/", ""},
		{http.MethodGet, c + "objects/" + objectID + "/versions/", ""},
		{http.MethodPost, c + "objects/", `{"objects":[` + lateIdentity + `]}`},
		{http.MethodDelete, c + "objects/" + objectID + "/?match[version]=2001-01-01T00:00:00Z", ""}, // which is not there
		{http.MethodGet, "/v1/me", ""},
		{http.MethodGet, "/v1/audit?collection=us-cn/activity-from-cn", ""},
		{http.MethodPost, "/v1/validate?collection=us-cn/activity-from-cn", lateIdentity},
		{http.MethodGet, "/readyz", ""},
	}
	for i, res := range r.answers() {
		if res == nil || unavailable(res) {
			t.Fatalf("%v is not answered before anything is lost", r.surfaces[i])
		}
		r.sound = append(r.sound, res.StatusCode)
	}
	return r
}

// push pushes an object of that id, which must be taken, and returns the id of the
// status.
func (r *trial) push(id string) string {
	r.Helper()
	code, body := post(r.T, r.running, r.token, `{"objects":[`+strings.Replace(lateIdentity, objectID, id, 1)+`]}`)
	var status struct {
		ID      string
		Success int `json:"success_count"`
	}
	if err := json.Unmarshal([]byte(body), &status); err != nil || code != http.StatusAccepted || status.Success != 1 {
		r.Errorf("push = %d %s; want a success", code, body)
	}
	return status.ID
}

// provoked is a client of a server whose store is broken.
var provoked = http.Client{Transport: &conformance.Transport{Provoked: true}}

// answers asks for everything at once, and returns what each is answered, nil for
// what is not.
func (r *trial) answers() []*http.Response {
	r.Helper()
	answers := make([]*http.Response, len(r.surfaces))
	var asking sync.WaitGroup
	for i, s := range r.surfaces {
		asking.Go(func() {
			req := request(r.T, s.method, r.URL()+s.path, r.token, strings.NewReader(s.body))
			if strings.HasPrefix(s.path, "/v1/") {
				req.Header.Set("Content-Type", "application/json")
			}
			res, err := provoked.Do(req)
			if err != nil {
				r.Errorf("%v: %v", s, err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			answers[i] = res
		})
	}
	asking.Wait()
	return answers
}

// unavailable reports whether an answer is a 503 that says when to come back.
func unavailable(res *http.Response) bool {
	return res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") != ""
}

// differs says which answers are not as they are to be: sound, or that the store is
// unavailable. One that is neither is wrong at any time.
func (r *trial) differs(sound bool) string {
	r.Helper()
	var text strings.Builder
	for i, res := range r.answers() {
		switch {
		case res == nil: // which has failed the test
		case res.StatusCode != r.sound[i] && !unavailable(res):
			r.Errorf("%v is answered %s, Retry-After %q; want %d, or 503 with a time", r.surfaces[i], res.Status, res.Header.Get("Retry-After"), r.sound[i])
		case sound != (res.StatusCode == r.sound[i]):
			fmt.Fprintf(&text, "%v is answered %s; ", r.surfaces[i], res.Status)
		}
	}
	return text.String()
}

// within waits until nothing is wrong any more.
func within(t *testing.T, most time.Duration, wrong func() string) {
	t.Helper()
	text := ""
	for began := time.Now(); time.Since(began) < most; time.Sleep(50 * time.Millisecond) {
		if text = wrong(); text == "" {
			return
		}
	}
	t.Errorf("after %v: %s", most, text)
}

// P8: a server that loses its database says so, on every surface by 503 and when to
// come back, and in no case anything that is not so. It stays alive, and when the
// database is back it goes on without a restart. So where connections break, and
// where they are there and nothing comes.
func TestLostDatabase(t *testing.T) {
	for name, lose := range map[string]func(*mongotest.Cable){"cut": (*mongotest.Cable).Cut, "silent": (*mongotest.Cable).Silence} {
		t.Run(name, func(t *testing.T) {
			cable := mongotest.NewCable(t, mongotest.Database(t), "")
			cfg := testConfig(t)
			cfg.Store = cable.URI()
			r := newTrial(t, startWalked(t, cfg, true))
			lose(cable)
			began := time.Now()
			within(t, 40*time.Second, func() string { return r.differs(false) })
			t.Logf("everything is answered 503 after %v", time.Since(began))
			began = time.Now()
			if fault := r.differs(false); fault != "" || time.Since(began) > 7*time.Second {
				t.Errorf("after %v: %s; want everything to be answered 503 within some seconds", time.Since(began), fault)
			}
			if status, _ := get(t, r.URL()+"/healthz", ""); status != http.StatusOK {
				t.Errorf("/healthz is %d while the database is lost; want 200", status)
			}
			cable.Mend()
			began = time.Now()
			within(t, 20*time.Second, func() string { return r.differs(true) })
			t.Logf("everything is answered again after %v", time.Since(began))
			r.push(strings.Replace(objectID, "8c6af861", "9c6af861", 1))
		})
	}
}
