package server

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"accord/server/auth"
)

// testConfig is a server on free ports with the sample agreement, in a folder
// of its own.
func testConfig(t testing.TB) *Config {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "us-cn.yaml")
	if err := os.WriteFile(file, sampleAgreement, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Defaults()
	cfg.Listen, cfg.MetricsListen, cfg.Data, cfg.Agreements = "127.0.0.1:0", "127.0.0.1:0", filepath.Join(dir, "data"), []string{file}
	cfg.Store = testStore(t)
	return &cfg
}

// A logBuffer takes the lines of a log from many goroutines.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// A running server, its log, and how to end it.
type running struct {
	*Server
	log *logBuffer
	end func() error // ends the server; the second call does nothing
}

func start(t testing.TB, cfg *Config) *running {
	t.Helper()
	return startWalked(t, cfg, false)
}

// startWalked starts a server whose 5xx are faults unless they are provoked.
func startWalked(t testing.TB, cfg *Config, provoked bool) *running {
	t.Helper()
	log := &logBuffer{}
	s, err := New(t.Context(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.http.Handler = walked(t, s.http.Handler, provoked)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r := &running{Server: s, log: log, end: sync.OnceValue(func() error { cancel(); return <-ended })}
	t.Cleanup(func() {
		if err := r.end(); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	return r
}

// token issues one for cert-us, which may all that its grants allow.
func (r *running) token(t *testing.T) string {
	t.Helper()
	issued, err := r.auth.Issue(t.Context(), auth.Request{Party: "cert-us", Scope: "read:*/* write:*/*", TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return issued.Token
}

// request makes a request; a body is an envelope. Without a token there is no
// Authorization.
func request(t *testing.T, method, url, token string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	}
	return req
}

func answerTo(t *testing.T, c *http.Client, req *http.Request) *http.Response {
	t.Helper()
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

// do sends a request without a body.
func do(t *testing.T, method, url, token string) *http.Response {
	t.Helper()
	return answerTo(t, http.DefaultClient, request(t, method, url, token, nil))
}

// get returns status and body.
func get(t *testing.T, url, token string) (int, string) {
	t.Helper()
	return getOver(t, http.DefaultClient, url, token)
}

const lateIdentity = `{"type":"identity","spec_version":"2.1","id":"identity--8c6af861-7b20-41ef-9b59-6344fd872a8f","created":"2025-01-01T00:00:00.000Z","modified":"2025-01-01T00:00:00.000Z","name":"late"}`

// pushRequest posts to a collection of cert-us.
func pushRequest(t *testing.T, s *running, token string, body io.Reader) *http.Request {
	t.Helper()
	return request(t, http.MethodPost, s.URL()+"/taxii2/us-cn/collections/activity-from-cn/objects/", token, body)
}

// post pushes an envelope and returns status and body.
func post(t *testing.T, s *running, token, envelope string) (int, string) {
	t.Helper()
	res := answerTo(t, http.DefaultClient, pushRequest(t, s, token, strings.NewReader(envelope)))
	return res.StatusCode, read(t, res)
}

func TestHealth(t *testing.T) {
	s := start(t, testConfig(t))
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := get(t, s.URL()+path, ""); status != http.StatusOK {
			t.Errorf("GET %s = %d %q; want 200", path, status, body)
		}
	}
	if status, _ := get(t, s.URL()+"/metrics", ""); status != http.StatusNotFound {
		t.Errorf("GET /metrics on the public listener = %d; want 404", status)
	}
	if status, _ := get(t, s.URL()+"/nope", ""); status != http.StatusNotFound {
		t.Errorf("GET /nope = %d; want 404", status)
	}
}

// The store is asked once a second at most, and a failure is no secret of the
// first who asked.
func TestReadinessAsksSeldom(t *testing.T) {
	asked := 0
	r := readiness{ask: func(context.Context) error { asked++; return errors.New("disk full") }}
	for range 3 {
		if err := r.check(t.Context()); err == nil {
			t.Error("check = nil; want the store's error")
		}
	}
	if asked != 1 {
		t.Errorf("the store was asked %d times; want 1", asked)
	}
	r.asked = r.asked.Add(-readyFor)
	r.ask = func(context.Context) error { return nil }
	if err := r.check(t.Context()); err != nil {
		t.Errorf("check after a second = %v; want nil", err)
	}
}

// P10: no token and no query ever stands in the log; each request leaves a line
// with its party, its id the one of the answer, and the reason of a 401.
func TestAccessLine(t *testing.T) {
	s := start(t, testConfig(t))
	token := s.token(t)
	get(t, s.URL()+"/taxii2/us-cn/collections/?q=querysecret", token)
	_, denied := get(t, s.URL()+"/taxii2/us-cn/collections/", token[:len(token)-3]+"AAA")
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	log := s.log.String()
	for _, secret := range []string{token, token[:len(token)-3], "querysecret"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
	for _, want := range []string{" method=GET route=/taxii2/:root/collections/ status=200", " party=cert-us ", "status=401", "reason=", " duration=", " bytes="} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	_, rest, _ := strings.Cut(denied, `"error_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	if id == "" || !strings.Contains(log, "id="+id+" ") {
		t.Errorf("the id %q of the answer is not in the log:\n%s", id, log)
	}
}

// TX-AUTH-03: whoever has no rights is told so, though the body that he
// announced never comes.
func TestBodyThatNeverComes(t *testing.T) {
	s := start(t, testConfig(t))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /taxii2/us-cn/collections/activity-from-cn/objects/ HTTP/1.1\r\nHost: accord.example\r\nContent-Length: 1000\r\n\r\n{")
	conn.SetReadDeadline(time.Now().Add(5 * unreadGrace))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a push without credentials: %d; want 401", res.StatusCode)
	}
}

func TestMetrics(t *testing.T) {
	s := start(t, testConfig(t))
	token := s.token(t)
	get(t, s.URL()+"/taxii2/", token)
	get(t, s.URL()+"/a/made/up/path", "")
	if status, body := post(t, s, token, `{"objects":[`+lateIdentity+`,{"type":"indicator"}]}`); status != http.StatusAccepted {
		t.Fatalf("push = %d %s; want 202", status, body)
	}
	url := "http://" + s.metricsListener.Addr().String()
	_, text := get(t, url, "")
	for _, want := range []string{
		`accord_http_requests_total{method="GET",route="/taxii2/",status="200"} 1`,
		`accord_http_requests_total{method="GET",route="none",status="404"} 1`,
		`accord_pushed_objects_total{outcome="accepted"} 1`,
		`accord_pushed_objects_total{outcome="refused"} 1`,
		`accord_store_append_duration_seconds_count{outcome="done"} 1`,
		`accord_http_requests_in_flight 0`,
		"go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %q", want)
		}
	}
	if strings.Contains(text, "made/up") {
		t.Error("a path that somebody made up is a label")
	}
}

// P10: whatever New takes it gives back when it fails: each refusal is followed by a
// start that works.
func TestRefusedStarts(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tc := range []struct {
		name  string
		spoil func(t *testing.T, cfg *Config)
		want  string
		code  int
		kind  error
	}{
		{"port in use", func(_ *testing.T, cfg *Config) { cfg.Listen = taken.Addr().String() }, "listen: ", exitRefused, syscall.EADDRINUSE},
		{"metrics port in use", func(_ *testing.T, cfg *Config) { cfg.MetricsListen = taken.Addr().String() }, "metrics_listen: ", exitRefused, syscall.EADDRINUSE},
		{"no agreement", func(_ *testing.T, cfg *Config) { cfg.Agreements = nil }, "accord agreement init", exitUsage, nil},
		{"no such agreement file", func(_ *testing.T, cfg *Config) { cfg.Agreements = []string{"nope.yaml"} }, "nope.yaml", exitRefused, os.ErrNotExist},
		{"data folder is a file", func(_ *testing.T, cfg *Config) { cfg.Data = cfg.Agreements[0] }, "data: ", exitRefused, nil},
		{"store below a file", func(_ *testing.T, cfg *Config) { cfg.Store = "sqlite:" + cfg.Agreements[0] + "/x.db" }, "store: ", exitRefused, nil},
		{"store is no store", func(_ *testing.T, cfg *Config) { cfg.Store = "sqlite:" + cfg.Agreements[0] }, "us-cn.yaml", exitRefused, nil},
		{"fault in the agreement", func(t *testing.T, cfg *Config) {
			cfg.Agreements[0] = filepath.Join(t.TempDir(), "bad.yaml")
			if err := os.WriteFile(cfg.Agreements[0], []byte("agreement: x\nfoo: 1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "bad.yaml: line 2: ", exitRefused, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			good := testConfig(t)
			spoiled := *good
			spoiled.Agreements = append([]string(nil), good.Agreements...)
			tc.spoil(t, &spoiled)
			s, err := New(t.Context(), &spoiled, slog.New(slog.DiscardHandler))
			if err == nil {
				s.Close()
				t.Fatal("New succeeded")
			}
			if !strings.Contains(err.Error(), tc.want) || exitCode(err) != tc.code || !errors.Is(err, cmp.Or(tc.kind, err)) {
				t.Errorf("New = %v, exit code %d; want %q, %d", err, exitCode(err), tc.want, tc.code)
			}
			start(t, good)
		})
	}
}

// P10: a second server on one store is refused, whatever its data folder is, until
// the first has ended.
func TestOneServerForAStore(t *testing.T) {
	cfg := testConfig(t)
	first := start(t, cfg)
	second := testConfig(t)
	second.Store = "sqlite:" + filepath.Join(cfg.Data, "accord.db")
	if _, err := New(t.Context(), second, slog.New(slog.DiscardHandler)); !errors.Is(err, errServed) {
		t.Errorf("New on a served store = %v; want %v", err, errServed)
	}
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lockServer(interrupted, second, time.Second); err != context.Canceled {
		t.Errorf("a wait for the store that is interrupted ends with %v; want no advice", err)
	}
	if err := first.end(); err != nil {
		t.Fatal(err)
	}
	start(t, second)
}

// P5: what a command writes beside a running server holds when the command returns.
func TestCommandsBesideAServer(t *testing.T) {
	cfg := testConfig(t)
	s := start(t, cfg)
	token := s.token(t)
	if status, _ := get(t, s.URL()+"/taxii2/", token); status != http.StatusOK {
		t.Fatalf("status with a good token = %d; want 200", status)
	}
	run := func(args ...string) (took time.Duration) {
		t.Helper()
		begin := time.Now()
		var errs bytes.Buffer
		if code := Main(t.Context(), append(args, "--data", cfg.Data, "--store", cfg.Store), nil, io.Discard, &errs); code != exitDone {
			t.Fatalf("%q = %d: %s", args, code, &errs)
		}
		return time.Since(begin)
	}
	opening := run("token", "list")
	if took := run("token", "revoke", token) - opening; took > 4*refreshEvery+time.Second {
		t.Errorf("token revoke took %v longer than token list; want at most a second more than a server needs", took)
	}
	if status, _ := get(t, s.URL()+"/taxii2/", token); status != http.StatusUnauthorized {
		t.Errorf("status with a revoked token = %d; want 401", status)
	}
}

// A command that is interrupted while it waits for the servers has done its work,
// and says which key or token that is.
func TestInterruptedCommand(t *testing.T) {
	cfg := testConfig(t)
	s := start(t, cfg)
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		for len(s.auth.Keys()) < 2 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		interrupt()
	}()
	var out bytes.Buffer
	Main(ctx, []string{"token", "rotate", "--data", cfg.Data, "--store", cfg.Store}, nil, &out, io.Discard)
	if keys := s.auth.Keys(); out.String() != keys[len(keys)-1].KID+"\n" {
		t.Errorf("token rotate, interrupted, prints %q; want the last of %+v", &out, keys)
	}
}

// The public URL is what serve was last given; a start that gives none keeps it.
func TestPublicURLIsRemembered(t *testing.T) {
	cfg := testConfig(t)
	s := start(t, cfg)
	if s.PublicURL() != s.URL() {
		t.Errorf("PublicURL = %q; want the address listened on, %q", s.PublicURL(), s.URL())
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	cfg.PublicURL = "https://accord.example"
	if err := start(t, cfg).end(); err != nil {
		t.Fatal(err)
	}
	cfg.PublicURL = ""
	s = start(t, cfg)
	if _, body := get(t, s.URL()+"/taxii2/", s.token(t)); !strings.Contains(body, `"https://accord.example/taxii2/us-cn/"`) {
		t.Errorf("discovery = %s; want the URL of the start before", body)
	}
}

// A server that is told to end finishes the push that has begun, takes no new
// connection, and ends.
func TestShutdownFinishesRequests(t *testing.T) {
	s := start(t, testConfig(t))
	body, feed := io.Pipe()
	req := pushRequest(t, s, s.token(t), body)
	answered := make(chan int, 1)
	go func() {
		defer close(answered)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("push during shutdown: %v", err)
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	io.WriteString(feed, `{"objects":[`) // returns when the transport, not yet the server, has it
	for _, text := get(t, "http://"+s.metricsListener.Addr().String(), ""); !strings.Contains(text, "accord_http_requests_in_flight 1"); {
		_, text = get(t, "http://"+s.metricsListener.Addr().String(), "")
	}
	ended := make(chan error, 1)
	begin := time.Now()
	go func() { ended <- s.end() }()
	for { // until the server has begun to end
		c, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			break
		}
		c.Close()
	}
	io.WriteString(feed, lateIdentity+`]}`)
	feed.Close()
	if status := <-answered; status != http.StatusAccepted {
		t.Errorf("push during shutdown = %d; want 202", status)
	}
	if err := <-ended; err != nil || time.Since(begin) > 10*time.Second {
		t.Errorf("Run ended with %v after %v; want nil within 10 s", err, time.Since(begin))
	}
}
