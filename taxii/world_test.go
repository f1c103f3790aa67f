package taxii

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/fair"
	"accord/collections/mongo"
	"accord/collections/mongo/mongotest"
	"accord/collections/sqlite"
	"accord/schemas"
	"accord/taxii/conformance"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// The fixture names of the TAXII checklist: rw, ro, wo and no are parties with
// those rights in the collection c; low has a clearance below the others and
// both rights; stranger is a party of the second root only.
const sampleAgreement = `
agreement: api1
title: {en: "Überwachung 観測 🛰", zh: "中文"}
description: {en: The first root}
parties:
  - {id: rw, name: {en: RW}, territory: US, clearance: red, identity: identity--11111111-1111-4111-8111-111111111111}
  - {id: ro, name: {en: RO}, territory: CN, clearance: red}
  - {id: wo, name: {en: WO}, territory: FR, clearance: red}
  - {id: "no", name: {en: "NO"}, territory: DE, clearance: red}
  - {id: low, name: {en: LOW}, territory: IT, clearance: green}
collections:
  - alias: c
    id: 6f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c
    title: {en: "Überwachung 観測 🛰"}
    description: {en: Takes all}
    ceiling: red
    profile: open
    stix_versions: ["2.1", "2.0"]
    grants: {rw: [read, write], ro: [read], wo: [write], "no": [read, write], low: [read, write]}
  - alias: empty
    id: 1f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c
    title: {en: Nothing}
    ceiling: red
    grants: {rw: [read, write], ro: [read]}
  - alias: hidden
    id: af3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c
    title: {en: Of one party}
    ceiling: red
    grants: {wo: [read, write]}
`

const secondAgreement = `
agreement: api2
title: {en: The second root}
parties:
  - {id: stranger, name: {en: S}, territory: BR, clearance: red}
  - {id: rw, name: {en: RW}, territory: US, clearance: red, identity: identity--11111111-1111-4111-8111-111111111111}
collections:
  - alias: c
    id: 2f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c
    title: {en: Another}
    ceiling: red
    grants: {stranger: [read, write], rw: [read, write]}
`

const (
	pathRoot     = "/taxii2/api1/"
	pathRoot2    = "/taxii2/api2/"
	pathC        = pathRoot + "collections/6f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c/"
	pathEmpty    = pathRoot + "collections/1f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c/"
	pathHidden   = pathRoot + "collections/af3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c/"
	pathC2       = pathRoot2 + "collections/2f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c/"
	pathObjects  = pathC + "objects/"
	pathManifest = pathC + "manifest/"
)

// A world is a TAXII server on a real store in which the agreements hold. Its
// clock stands still until it is moved.
type world struct {
	testing.TB
	handler *Handler
	control *collections.Control
	store   *faultyStore
	mux     *echo.Echo
	server  *httptest.Server
	clock   *fakeClock
	log     *syncBuffer

	answers *atomic.Int64 // that this test has seen
}

func newWorld(t testing.TB, change ...func(*Handler)) *world {
	t.Helper()
	w := &world{TB: t, log: new(syncBuffer), answers: new(atomic.Int64), clock: &fakeClock{now: time.Date(2026, 1, 2, 3, 4, 5, 120_000_000, time.UTC)}}
	store := openStore(t, w.clock.Now)
	t.Cleanup(func() {
		if w.answers.Load() == 0 && !t.Failed() && !t.Skipped() {
			t.Error("the test has made a server and seen no answer of it; an id in its comment would prove nothing")
		}
	})
	w.store = &faultyStore{Store: store}
	var err error
	if w.control, err = collections.OpenControl(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
	w.apply(sampleAgreement)
	w.apply(secondAgreement)

	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.handler = w.newHandler(&collections.Service{
		Store: w.store, Control: w.control, Validator: schemas.New(), Log: log, Now: w.clock.Now,
		Recorder: newRecorder(t, w.store),
		// Tests push in the middle of a read, where nobody waits for a turn.
		Turns: collections.Turns{Processors: new(fair.Gate)},
	})
	for _, f := range change {
		f(w.handler)
	}
	w.start()
	return w
}

// openStore opens a new store, on SQLite unless the run is one on MongoDB.
func openStore(t testing.TB, now func() time.Time) (store collections.Store) {
	t.Helper()
	var err error
	if mongotest.Chosen() {
		store, err = mongo.Open(t.Context(), mongotest.Database(t), mongo.Options{Now: now, MaxSkew: -1})
	} else {
		store, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "accord.db"), sqlite.Options{Now: now})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// P8: what holds of the protocol on SQLite holds on MongoDB.
func TestOnMongoDB(t *testing.T) { mongotest.Again(t, "^Test") }

func (w *world) newHandler(service *collections.Service) *Handler {
	return &Handler{
		Service:      service,
		Authenticate: basicUser,
		Challenges:   func(error) []string { return []string{`Basic realm="accord"`, `Bearer realm="accord"`} },
		PublicURL:    func() string { return "https://accord.example" },
		SealKey:      testKey, Log: service.Log,
	}
}

// start serves the handler, anew if it was served before, each route behind the
// given middleware.
func (w *world) start(before ...echo.MiddlewareFunc) {
	if w.server != nil {
		w.server.Close()
	}
	e := echo.New()
	e.Logger.SetOutput(io.Discard)
	e.Use(middleware.RequestID(), middleware.Recover())
	w.handler.Mount(e, before...)
	w.mux, w.server = e, httptest.NewUnstartedServer(e)
	w.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.server.Start()
	w.Cleanup(w.server.Close)
}

func (w *world) apply(agreement string) {
	w.Helper()
	if _, err := w.control.Apply(w.Context(), collections.Poster{Party: "*"}, []byte(agreement), collections.ApplyOptions{}); err != nil {
		w.Fatal(err)
	}
}

// basicUser takes any party id with the password "secret". The scopes are wider
// than any grant, but those of no, which has none.
func basicUser(r *http.Request) (collections.Caller, error) {
	user, password, ok := r.BasicAuth()
	if !ok || password != "secret" {
		return collections.Caller{}, collections.Errorf(collections.ErrUnauthenticated, "send a token")
	}
	scope := "read:*/* write:*/*"
	if user == "no" {
		scope = ""
	}
	scopes, err := collections.ParseScopes(scope)
	return collections.Caller{Party: user, Scopes: scopes}, err
}

// A call is one request of a test. The zero value of a field is the usual:
// GET, as rw, with Accept and Content-Type of TAXII 2.1.
type call struct {
	user   string // "anon" sends no credentials
	method string
	path   string // with the query
	body   string
	stream io.Reader // in place of body: chunked, of unknown length
	header http.Header

	provoked bool // a 5xx is no fault: the test broke what is behind the server
}

// An answer is what came back, read to its end.
type answer struct {
	*http.Response
	body []byte
}

// do sends a request, and checks of the answer what is promised of all answers.
func (w *world) do(c call) answer {
	w.Helper()
	began := time.Now()
	a, err := w.try(c)
	if err != nil {
		w.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	w.checkAnswer(c, a)
	date, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil || date.Before(began.Add(-2*time.Second)) || date.After(time.Now()) { // TX-FLT-27
		w.Errorf("%s %s: Date is %q", c.method, c.path, a.Header.Get("Date"))
	}
	return a
}

func (w *world) try(c call) (answer, error) {
	body := c.stream
	if body == nil {
		body = strings.NewReader(c.body)
	}
	if c.method == "" {
		c.method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(w.Context(), c.method, w.server.URL+c.path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", MediaType)
	if c.method == http.MethodPost {
		req.Header.Set("Content-Type", MediaType)
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	if c.user != "anon" && req.Header.Get("Authorization") == "" {
		user := c.user
		if user == "" {
			user = "rw"
		}
		req.SetBasicAuth(user, "secret")
	}
	return w.send(req)
}

// send counts the answer among those that the test has seen.
func (w *world) send(req *http.Request) (answer, error) {
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	w.answers.Add(1)
	got, err := io.ReadAll(res.Body)
	return answer{res, got}, err
}

// client neither follows redirects nor asks for compression, so that tests see
// what the server sends.
var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 32, ExpectContinueTimeout: 5 * time.Second},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// checkAnswer judges every answer of every test by the walker, and by what we
// promise besides: letters where the standard asks for values, and in an error
// the id of the request.
func (w *world) checkAnswer(c call, a answer) {
	w.Helper()
	name := fmt.Sprintf("%s %s as %s: %d %.200s", c.method, c.path, c.user, a.StatusCode, a.body)
	for _, finding := range c.findings(a) {
		w.Errorf("%s: %v", name, finding)
	}
	for header, want := range map[string]string{"Cache-Control": "no-store", "Vary": "Accept, Accept-Encoding, Authorization"} {
		if got := a.Header.Get(header); got != want {
			w.Errorf("%s: %s is %q; want %q", name, header, got, want)
		}
	}
	if n := len(a.body); n > 0 && (a.body[0] != '{' || a.body[n-1] != '}') {
		w.Errorf("%s: there are blanks around the body", name)
	}
	if challenge := a.Header.Get("WWW-Authenticate"); (a.StatusCode == http.StatusUnauthorized) != strings.HasPrefix(challenge, `Basic realm="`) {
		w.Errorf("%s: WWW-Authenticate is %q", name, challenge)
	}
	if a.StatusCode < http.StatusBadRequest || len(a.body) == 0 {
		return
	}
	if e := decode[Error](w, a); e.Title != http.StatusText(a.StatusCode) || e.ErrorID == "" || e.ErrorID != a.Header.Get("X-Request-Id") {
		w.Errorf("%s: want the title %q and the request id %q", name, http.StatusText(a.StatusCode), a.Header.Get("X-Request-Id"))
	}
}

// rootForm finds the API root in a path, as clients may write it.
var rootForm = regexp.MustCompile(`^/taxii2/[^/]+/`)

// question is what a call asks, in the walker's words.
func (c call) question() conformance.Question {
	path, query, _ := strings.Cut(c.path, "?")
	if decoded, err := url.PathUnescape(path); err == nil && !strings.Contains(strings.ToUpper(path), "%2F") {
		path = decoded
	}
	values, _ := url.ParseQuery(query) // what cannot be read asks for nothing
	return conformance.Question{
		Method: cmp.Or(c.method, http.MethodGet), Endpoint: conformance.EndpointOf(canonical(path), rootForm.FindString(canonical(path))), Query: values, Provoked: c.provoked,
	}
}

// findings is what the walker finds fault with in an answer.
func (c call) findings(a answer) []conformance.Finding {
	return conformance.CheckAnswer(c.question(), conformance.Answer{Status: a.StatusCode, Header: a.Header, Body: a.body})
}

// status sends a request and expects a status.
func (w *world) status(want int, c call) answer {
	w.Helper()
	c.provoked = want >= http.StatusInternalServerError
	a := w.do(c)
	if a.StatusCode != want {
		w.Errorf("%s %s as %q: %d %.300s; want %d", c.method, c.path, c.user, a.StatusCode, a.body, want)
	}
	return a
}

// get reads a resource as rw, which must work.
func get[T any](w *world, path string) T {
	w.Helper()
	return decode[T](w, w.status(http.StatusOK, call{path: path}))
}

func decode[T any](w *world, a answer) T {
	w.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		w.Fatalf("body %.300q: %v", a.body, err)
	}
	return v
}

// push posts objects as rw to a collection and returns the status.
func (w *world) push(path string, objects ...string) Status {
	w.Helper()
	return decode[Status](w, w.status(http.StatusAccepted, call{method: http.MethodPost, path: path, body: envelopeOf(objects...)}))
}

func envelopeOf(objects ...string) string {
	return `{"objects":[` + strings.Join(objects, ",") + `]}`
}

// An envelope is what GET objects answers.
type envelope struct {
	More    bool              `json:"more"`
	Next    string            `json:"next"`
	Objects []json.RawMessage `json:"objects"`
}

// texts are the objects as text.
func (e envelope) texts() []string {
	var texts []string
	for _, o := range e.Objects {
		texts = append(texts, string(o))
	}
	return texts
}

// manifestPage is what GET manifest answers.
type manifestPage struct {
	More    bool             `json:"more"`
	Next    string           `json:"next"`
	Objects []ManifestRecord `json:"objects"`
}

// indicatorID returns the id of the nth indicator of the tests.
func indicatorID(n int) string {
	return fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d", n)
}

// indicator returns a valid STIX 2.1 object that no rule finds anything in.
func indicator(n int, modified string) string {
	return object(indicatorID(n), modified, `,"indicator_types":["malicious-activity"],"name":"An address","description":"Told for tests"`)
}

// object returns an indicator, or an object that looks like one but for its
// type, with further members.
func object(id, modified, more string) string {
	typ, _, _ := strings.Cut(id, "--")
	return fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":%q,"created":"2001-01-01T00:00:00.000Z","modified":%q,`+
		`"pattern":"[ipv4-addr:value = '192.0.2.1']","pattern_type":"stix","valid_from":"2001-01-01T00:00:00Z"%s}`,
		typ, id, modified, more)
}

// indicator20 returns the same object in STIX 2.0.
func indicator20(n int, modified string) string {
	return fmt.Sprintf(`{"type":"indicator","id":%q,"created":"2001-01-01T00:00:00.000Z","modified":%q,`+
		`"pattern":"[ipv4-addr:value = '192.0.2.1']","labels":["malicious-activity"],"valid_from":"2001-01-01T00:00:00Z"}`,
		indicatorID(n), modified)
}

// Versions of the tests, in the order of time.
const (
	t1 = "2010-01-01T00:00:00.000Z"
	t2 = "2016-01-01T00:00:00.000Z"
	t3 = "2022-01-01T00:00:00.000Z"
)

// red marks an object as TLP red, in the further members of object.
const red = `,"object_marking_refs":["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]`

type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (f *fakeClock) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fakeClock) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// A syncBuffer keeps the log for tests that read it.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var errSecret = errors.New("disk /secret/path: SELECT failed")
