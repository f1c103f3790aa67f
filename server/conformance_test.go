package server

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/server/auth"
	"accord/taxii/conformance"
)

// The agreements of the conformance tests: us sees collections with every pair
// of flags, cn is the other organisation.
const conformanceAgreement = `
agreement: conformance
title: {en: "Überwachung 観測 🛰"}
parties:
  - {id: us, name: {en: US}, territory: US, clearance: red}
  - {id: cn, name: {en: CN}, territory: CN, clearance: red}
collections:
  - {alias: both, title: {en: Both}, ceiling: red, profile: open, stix_versions: ["2.1", "2.0"], grants: {us: [read, write], cn: [read]}}
  - {alias: second, title: {en: Second}, ceiling: red, grants: {us: [read, write]}}
  - {alias: read-only, title: {en: Read}, ceiling: red, grants: {us: [read], cn: [read, write]}}
  - {alias: write-only, title: {en: Write}, ceiling: red, grants: {us: [write]}}
  - {alias: neither, title: {en: Neither}, ceiling: red, grants: {us: [read, write]}}
  - {alias: theirs, title: {en: Theirs}, ceiling: red, grants: {cn: [read, write]}}
`

const conformanceRoot2 = `
agreement: second
title: {en: Another root}
parties:
  - {id: us, name: {en: US}, territory: US, clearance: red}
collections:
  - {alias: both, title: {en: Both}, ceiling: red, grants: {us: [read, write]}}
`

// conformanceServer is a real server with the agreements of the tests and small
// limits, so that caps can be seen.
func conformanceServer(t *testing.T) *running {
	t.Helper()
	cfg := testConfig(t)
	cfg.Agreements = nil
	for name, text := range map[string]string{"conformance.yaml": conformanceAgreement, "second.yaml": conformanceRoot2} {
		file := filepath.Join(filepath.Dir(cfg.Data), name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg.Agreements = append(cfg.Agreements, file)
	}
	cfg.MaxContentLength, cfg.DefaultLimit, cfg.MaxLimit = 256<<10, 50, 100
	s := start(t, cfg)
	s.guesses.free = 1e9 // its bad tokens are answered at once
	return s
}

// credentialsOf issues a token.
func (r *running) credentialsOf(t *testing.T, party, scope string) conformance.Credentials {
	t.Helper()
	issued, err := r.auth.Issue(t.Context(), auth.Request{Party: party, Scope: scope, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return conformance.Credentials{Token: issued.Token}
}

// conformanceConfig asks a server as all of the users.
func conformanceConfig(t *testing.T, s *running) conformance.Config {
	t.Helper()
	const most = "both second read-only write-only"
	var main []string
	for alias := range strings.FieldsSeq(most) {
		main = append(main, "read:conformance/"+alias, "write:conformance/"+alias)
	}
	readOnly := s.credentialsOf(t, "us", "read:*/*")
	readOnly.User = "us" // by HTTP Basic
	return conformance.Config{
		URL: s.URL(), Write: true, Strict: true,
		Main:      s.credentialsOf(t, "us", strings.Join(append(main, "read:second/*", "write:second/*"), " ")),
		ReadOnly:  readOnly,
		WriteOnly: s.credentialsOf(t, "us", "write:*/*"),
		Other:     s.credentialsOf(t, "cn", "read:*/* write:*/*"),
	}
}

func runReport(t *testing.T, cfg conformance.Config) *conformance.Report {
	t.Helper()
	report, err := conformance.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// failures are what a report blames a server for, in lines.
func failures(r *conformance.Report) string {
	var b strings.Builder
	for _, id := range r.Failed() {
		for _, f := range r.Result(id).Failures {
			b.WriteString(id + ": " + f.Request + "\n  came: " + f.Came + "\n  but:  " + f.Expected + "\n")
		}
	}
	return b.String()
}

// Our server passes whatever the rights of who tests it, strictly, and nothing
// of the test stays behind where it may be deleted.
func TestConformance(t *testing.T) {
	s := conformanceServer(t)
	all := conformanceConfig(t, s)
	basic := all.Main
	basic.User = "us"
	for _, tc := range []struct {
		name     string
		cfg      conformance.Config
		atLeast  int
		contains string // of what is decided
	}{
		{"all users", all, 233, "TX-COL-09 TX-STAT-07 TX-MSV-02 TX-FLT-33"},
		{"reading and writing", conformance.Config{URL: s.URL(), Main: all.Main, Write: true, Strict: true}, 225, "TX-PAG-09 TX-OBJ-DEL-03"},
		{"by Basic", conformance.Config{URL: s.URL(), Main: basic, Strict: true}, 100, "TX-AUTH-01 TX-AUTH-07"},
		{"an API root", conformance.Config{URL: s.URL() + "/taxii2/conformance", Main: all.Main, Strict: true}, 100, "TX-FLT-30"},
		{"nothing written", conformance.Config{URL: s.URL(), Main: all.Main, Strict: true}, 100, "TX-FLT-30"},
		{"reading only", conformance.Config{URL: s.URL(), Main: all.ReadOnly, Write: true, Strict: true}, 90, "TX-IOP-04 TX-FLT-24"},
		{"writing only", conformance.Config{URL: s.URL(), Main: all.WriteOnly, Collection: "write-only", Write: true, Strict: true}, 60, "TX-IOP-03 TX-OBJ-POST-01"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := runReport(t, tc.cfg)
			if text := failures(r); text != "" {
				t.Errorf("failed:\n%s", text)
			}
			if n := r.Count(conformance.Pass); n < tc.atLeast {
				t.Errorf("%d requirements passed; want at least %d", n, tc.atLeast)
				for _, res := range r.Results {
					if res.Outcome != conformance.Pass {
						t.Logf("%s is %s: %s", res.ID, res.Outcome, res.Reason)
					}
				}
			}
			for id := range strings.FieldsSeq(tc.contains) {
				if res := r.Result(id); res.Outcome != conformance.Pass {
					t.Errorf("%s is %s (%s); want pass", id, res.Outcome, res.Reason)
				}
			}
		})
	}
	for _, root := range []string{"conformance", "second"} {
		_, list := get(t, s.URL()+"/taxii2/"+root+"/collections/", all.Main.Token)
		for alias, n := range holdings(t, s, root, list, all.Main.Token) {
			if n > 0 && alias != "write-only" {
				t.Errorf("%d objects of the test are left in %s/%s", n, root, alias)
			}
		}
	}
}

// Over HTTPS, with HTTP/2, the transport is tested too.
func TestConformanceOverTLS(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	s := start(t, tlsConfig(t, ca))
	r := runReport(t, conformance.Config{
		URL: s.URL(), Main: conformance.Credentials{Token: s.token(t)}, Write: true, Strict: true, TLS: &tls.Config{RootCAs: ca.pool()},
	})
	if text := failures(r); text != "" {
		t.Errorf("failed:\n%s", text)
	}
	for _, id := range []string{"TX-TLS-01", "TX-TLS-02", "TX-TLS-03", "TX-TLS-05", "TX-TLS-06", "TX-ERR-03"} {
		if res := r.Result(id); res.Outcome != conformance.Pass {
			t.Errorf("%s is %s (%s); want pass", id, res.Outcome, res.Reason)
		}
	}
}

// A certificate of its own is shown by who tests, and not by nobody.
func TestConformanceByCertificate(t *testing.T) {
	m := startMutual(t)
	m.issueBound(auth.Request{CertificateName: "poller.cert.example"})
	dir, pair := t.TempDir(), m.clients.issue(poller)
	ca, cert, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCert(t, ca, m.server.cert)
	writeCert(t, cert, pair.Leaf)
	writeKey(t, key, pair.PrivateKey)
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{m.URL(), "--write", "--strict", "--ca", ca, "--cert", cert, "--key", key}, exitDone, "TX-TLS-07       pass"},
		{[]string{m.URL(), "--ca", ca}, exitUsage, "401"},
		{[]string{m.URL(), "--cert", cert, "--key", key}, exitUsage, "certificate"},
		{[]string{m.URL(), "--pin", strings.Repeat("00", 32)}, exitUsage, "--pin"},
		{[]string{"http://192.0.2.1", "--ca", ca}, exitUsage, "https"},
	} {
		code, out, errs := remoteCommand(t, "", append([]string{"conformance"}, tc.args...)...)
		if text := out + errs; code != tc.code || !strings.Contains(text, tc.want) {
			t.Errorf("conformance %v = %d\n%.2000s\nwant %d and %q", tc.args, code, text, tc.code, tc.want)
		}
	}
}

// A run guesses so few tokens that a server that slows guesses answers at once.
func TestConformanceGuessesLittle(t *testing.T) {
	s := start(t, testConfig(t))
	runReport(t, conformance.Config{URL: s.URL(), Main: conformance.Credentials{Token: s.token(t)}, Write: true, Strict: true})
	s.guesses.mu.Lock()
	defer s.guesses.mu.Unlock()
	who, ok := s.guesses.addresses.Get(network("127.0.0.1"))
	if !ok || who.failures > freeGuesses {
		t.Errorf("the run failed to log in as %+v; want at least once and at most %d times", who, freeGuesses)
	}
}

// holdings counts what a user can read in each collection of a root.
func holdings(t *testing.T, s *running, root, list, token string) map[string]int {
	t.Helper()
	var collections struct {
		Collections []struct {
			Alias   string
			CanRead bool `json:"can_read"`
		}
	}
	if err := json.Unmarshal([]byte(list), &collections); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, c := range collections.Collections {
		if c.CanRead {
			_, body := get(t, s.URL()+"/taxii2/"+root+"/collections/"+c.Alias+"/manifest/?match[version]=all", token)
			counts[c.Alias] = strings.Count(body, `"date_added"`)
		}
	}
	return counts
}

// A server that hangs up, answers garbage or never ends is told of, and does
// not break the test.
func TestConformanceOfBrokenServers(t *testing.T) {
	s := conformanceServer(t)
	all := conformanceConfig(t, s)
	broken := func(objects http.HandlerFunc) conformance.Config {
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/objects/") {
				objects(w, r)
				return
			}
			rewriteRoots(s, s.http.Handler, r.Host).ServeHTTP(w, r)
		}))
		t.Cleanup(front.Close)
		cfg := all
		cfg.URL, cfg.Only = front.URL, []string{"TX-FLT-30", "TX-FLT-26"}
		return cfg
	}
	for name, objects := range map[string]http.HandlerFunc{
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"garbage":  func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("\x00\xff{{{")) },
		"too short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("{"))
		},
		"never ends": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				w.Write(bytes.Repeat([]byte(" "), 1<<20))
			}
		},
		"no HTTP": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			conn.Write([]byte("SSH-2.0-x\r\n"))
			conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := runReport(t, broken(objects))
			if res := r.Result("TX-FLT-30"); res.Outcome != conformance.Fail {
				t.Errorf("TX-FLT-30 is %s (%s); want fail", res.Outcome, res.Reason)
			}
		})
	}
}

// The command's output, its help for one id, and its exit codes.
func TestConformanceCommand(t *testing.T) {
	s := conformanceServer(t)
	token := conformanceConfig(t, s).ReadOnly.Token
	for _, tc := range []struct {
		args []string
		code int
		want string // in stdout or stderr
	}{
		{[]string{s.URL(), "--token", token}, exitDone, "requirements can be tested from outside with these tokens"},
		{[]string{s.URL(), "--token", token, "--collection", "both", "-o", "json"}, exitDone, `"outcome": "pass"`},
		{[]string{s.URL(), "--token", token, "--only", "tx-flt-30"}, exitDone, "TX-FLT-30       pass"},
		{[]string{"--server", s.URL(), "--token", token, "--only", "TX-FLT-30"}, exitDone, "TX-FLT-30       pass"},
		{[]string{"http://0.0.0.0:1", "--token", token}, exitUsage, "in the clear"},
		{[]string{s.URL(), "--token", "x.y.z"}, exitUsage, "401"},
		{[]string{s.URL() + "/nothing/", "--token", token}, exitUsage, "no TAXII 2.1 server"},
		{[]string{"ftp://x.example"}, exitUsage, "no URL such as"},
		{[]string{s.URL(), "--only", "TX-NONE-01"}, exitUsage, "TX-NONE-01"},
		{nil, exitUsage, "which server?"},
		{[]string{"--explain", "tx-pag-06"}, exitDone, "TX-PAG-06  MUST, TAXII 2.1 §3.5"},
		{[]string{"--explain", "TX-URL-12"}, exitDone, "No answer of a server can show it"},
		{[]string{"--explain", "x"}, exitUsage, `"x"`},
	} {
		var out, errs bytes.Buffer
		code := Main(t.Context(), append([]string{"conformance"}, tc.args...), nil, &out, &errs)
		if text := out.String() + errs.String(); code != tc.code || !strings.Contains(text, tc.want) {
			t.Errorf("conformance %v = %d\n%.600s\nwant %d and %q", tc.args[min(1, len(tc.args)):], code, text, tc.code, tc.want)
		}
	}
}

// Who asks is said as for push and pull: a password given with --user may have
// a colon, and a server may be named by the environment.
func TestConformanceCommandNamesItsUser(t *testing.T) {
	var user, password string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ = r.BasicAuth()
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	t.Setenv("ACCORD_SERVER", server.URL)
	for _, args := range [][]string{{"--user", "alice", "--token", "pa:ss"}, {"--token", "alice:pa:ss"}} {
		code, _, errs := remoteCommand(t, "", append([]string{"conformance"}, args...)...)
		if code != exitUsage || user != "alice" || password != "pa:ss" {
			t.Errorf("%q: exit %d, %q; %q logged in with %q", args, code, errs, user, password)
		}
	}
}
