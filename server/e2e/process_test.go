// Package e2e tests the binary as its users meet it: a process of its own that
// is killed, starved of space and loaded with large pushes.
package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"accord/collections/mongo/mongotest"
	"accord/taxii/conformance"
)

// binary is accord, built once, without the race detector: these tests are about
// the process.
var binary string

func TestMain(m *testing.M) {
	if to, ok := os.LookupEnv(floodEnv); ok {
		url, token, _ := strings.Cut(to, " ")
		flood(url, token)
		return
	}
	dir, err := os.MkdirTemp("", "accord-e2e-")
	if err == nil {
		binary = filepath.Join(dir, "accord")
		build := exec.Command("go", "build", "-o", binary, "accord/server/cmd/accord")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build accord:", err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// isLong reports whether the full length is asked for (scripts/test -long).
func isLong() bool { return os.Getenv("ACCORD_TEST_LONG") != "" }

const agreement = `
agreement: us-cn
title: {en: Cyber cooperation}
parties:
  - {id: cert-us, name: {en: National CERT US}, territory: US, clearance: red}
  - {id: cert-cn, name: {en: National CERT CN}, territory: CN, clearance: green}
collections:
  - {alias: c, title: {en: Objects}, ceiling: red, grants: {cert-us: [read, write], cert-cn: [read]}}
`

// A server is a running accord on a data folder that outlives it.
type server struct {
	testing.TB
	cmd    *exec.Cmd
	base   string
	token  string
	stderr bytes.Buffer
	client http.Client
	walker conformance.Transport // makes an error of an answer with a fault

	pushes  atomic.Int64           // that were answered by a status
	refused atomic.Pointer[string] // what another push was answered last
}

// newData makes a data folder with the agreement, and a token for cert-us.
func newData(t testing.TB) (dir, token string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	return dir, prepare(t, dir)
}

// prepare makes a store with the agreement in dir, and a token for cert-us.
func prepare(t testing.TB, dir string) (token string) {
	t.Helper()
	newStore(t, dir)
	applyAgreement(t, dir)
	return issue(t, dir)
}

// writeAgreement writes the agreement into a file.
func writeAgreement(t testing.TB) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "agreement.yaml")
	if err := os.WriteFile(file, []byte(agreement), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// applyAgreement makes a store with the agreement.
func applyAgreement(t testing.TB, dir string) (file string) {
	t.Helper()
	file = writeAgreement(t)
	accordOn(t, dir, "agreement", "apply", file)
	return file
}

// newStore finds a place for the store of a data folder, elsewhere if the run is
// one on MongoDB.
func newStore(t testing.TB, dir string) {
	t.Helper()
	if mongotest.Chosen() {
		databases.Store(dir, mongotest.Database(t))
	}
}

// issue makes a token for cert-us.
func issue(t testing.TB, dir string, how ...string) string {
	t.Helper()
	return strings.TrimSpace(accordOn(t, dir, append([]string{"token", "issue", "--party", "cert-us", "--scope", "read:*/* write:*/*"}, how...)...))
}

// accordOn runs a command on the store of a server.
func accordOn(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return accord(t, append(args, where(dir)...)...)
}

// accord runs a command and returns its stdout.
func accord(t testing.TB, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(binary, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("accord %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// start starts a server and waits until it answers. prefix is put before the
// command, for example a shell that limits it.
func start(t testing.TB, dir, token string, prefix ...string) *server {
	t.Helper()
	s := launch(t, dir, token, prefix...)
	s.await()
	return s
}

// await waits until the server answers.
func (s *server) await() {
	s.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		resp, err := s.client.Get(s.base + "/healthz")
		if err == nil {
			resp.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			s.Fatalf("the server does not answer: %v\n%s", err, &s.stderr)
		}
	}
}

// launch starts a server and does not wait.
func launch(t testing.TB, dir, token string, prefix ...string) *server {
	t.Helper()
	s := &server{TB: t, token: token, base: "http://" + freeAddress(t)}
	s.walker.Base = &http.Transport{MaxIdleConnsPerHost: 32}
	s.client.Transport = &s.walker
	args := append(prefix, binary, "serve", "--listen", strings.TrimPrefix(s.base, "http://"), "--metrics-listen", "off", "--log-level", "error")
	args = append(args, where(dir)...)
	s.cmd = exec.Command(args[0], args[1:]...)
	s.cmd.Stderr = &s.stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	return s
}

// kill is kill -9.
func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.client.CloseIdleConnections()
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

const (
	rootPath     = "/taxii2/us-cn/"
	objectsPath  = rootPath + "collections/c/objects/"
	manifestPath = rootPath + "collections/c/manifest/"
)

// do sends a request as cert-us. A server that went away is an error.
func (s *server) do(method, path string, body io.Reader) (int, http.Header, []byte, error) {
	req, err := http.NewRequest(method, s.base+path, body)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	}
	resp, err := s.client.Do(req)
	if fault, ok := errors.AsType[*conformance.FaultError](err); ok {
		s.Error(fault)
	}
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, answer, err
}

type detail struct{ ID, Version, Message string }

type status struct {
	ID        string
	Status    string
	Total     int `json:"total_count"`
	Successes []detail
	Failures  []detail

	raw string // the resource as it came
}

// push posts objects; ok says that the answer came.
func (s *server) push(objects ...string) (st status, ok bool) {
	code, _, answer, err := s.do(http.MethodPost, objectsPath, strings.NewReader(`{"objects":[`+strings.Join(objects, ",")+`]}`))
	if err != nil || code != http.StatusAccepted {
		if code == http.StatusInternalServerError {
			s.Errorf("a push is answered %d %s", code, answer)
		}
		if err == nil {
			text := fmt.Sprintf("%d %s", code, answer)
			s.refused.Store(&text)
		}
		return st, false
	}
	if err := json.Unmarshal(answer, &st); err != nil {
		s.Errorf("status %q: %v", answer, err)
	}
	s.pushes.Add(1)
	st.raw = string(answer)
	return st, true
}

type envelope struct {
	More    bool
	Next    string
	Objects []json.RawMessage
}

// get reads a page; ok says that it came whole.
func (s *server) get(path string) (e envelope, last string, ok bool) {
	code, header, answer, err := s.do(http.MethodGet, path, nil)
	if err != nil || code != http.StatusOK || json.Unmarshal(answer, &e) != nil {
		return envelope{}, "", false
	}
	return e, header.Get("X-TAXII-Date-Added-Last"), true
}

// indicator is a valid object of about 790 bytes.
func indicator(n int) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-%012d",`+
		`"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"host %d","description":%q,`+
		`"indicator_types":["malicious-activity"],"pattern":"[ipv4-addr:value = '192.0.2.%d']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}`,
		n, n, strings.Repeat("seen in traffic that was reported, ", 13), n%256)
}

func idOf(t testing.TB, raw json.RawMessage) string {
	t.Helper()
	var o struct{ ID string }
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	return o.ID
}
