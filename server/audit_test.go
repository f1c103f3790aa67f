package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"accord/collections"
	"accord/server/api"
	"accord/server/auth"
)

// accessLines calls the audit command line and returns what it shows.
func accessLines(t *testing.T, s *running, args ...string) []api.Access {
	t.Helper()
	code, out, errs := remoteCommand(t, "", append([]string{"audit", "--data", s.cfg.Data, "--store", s.cfg.Store, "-o", "json", "--limit", "0"}, args...)...)
	if code != exitDone {
		t.Fatalf("accord audit %q: exit code %d, %s", args, code, errs)
	}
	var accesses []api.Access
	for line := range strings.Lines(out) {
		var a api.Access
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("the line %q: %v", line, err)
		}
		accesses = append(accesses, a)
	}
	return accesses
}

// TX-AUTH-14, P2: a server that ends has written what it recorded, and a command
// beside a running one sees it soon.
func TestAuditBesideTheServer(t *testing.T) {
	s := start(t, testConfig(t))
	token := s.token(t)
	const path = "/taxii2/us-cn/collections/activity-from-cn/objects/"
	for range 3 {
		if code, body := get(t, s.URL()+path, token); code != http.StatusOK {
			t.Fatalf("%d %s", code, body)
		}
	}
	var got []api.Access
	for deadline := time.Now().Add(10 * time.Second); len(got) < 3 && time.Now().Before(deadline); {
		got = accessLines(t, s)
	}
	if len(got) != 3 || got[0].Party != "cert-us" || got[0].Collection != "activity-from-cn" || got[0].JTI == "" || got[0].RequestID == "" {
		t.Errorf("accord audit shows %+v; want three reads of cert-us", got)
	}
	if code, _ := get(t, s.URL()+path+"?limit=0", token); code != http.StatusBadRequest {
		t.Error(code)
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	if got = accessLines(t, s); len(got) != 4 || got[3].Status != http.StatusBadRequest {
		t.Errorf("after the end accord audit shows %+v; want four, the last refused", got)
	}
}

// TX-AUTH-14, P5: the parties read it themselves. What they see is decided in
// collections; here is that it arrives.
func TestAuditAPI(t *testing.T) {
	s := start(t, testConfig(t))
	tokens := map[string]string{}
	for name, r := range map[string]auth.Request{
		"us":    {Party: "cert-us", Scope: "read:us-cn/* write:us-cn/*", Officer: "Of US"},
		"cn":    {Party: "cert-cn", Scope: "read:us-cn/*", Officer: "Of CN"},
		"admin": {Party: "cert-cn", Scope: "admin"},
	} {
		r.TTL = time.Hour
		issued, err := s.auth.Issue(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		tokens[name] = issued.Token
	}
	const path = "/taxii2/us-cn/collections/activity-from-cn/objects/"
	for range 5 {
		get(t, s.URL()+path, tokens["us"])
		get(t, s.URL()+path, tokens["cn"])
	}
	s.recorder.Close() // what comes later is written at once
	type page struct {
		Accesses []api.Access
		Next     string
		Title    string
		Detail   string
	}
	ask := func(token, query string) (int, page) {
		t.Helper()
		code, body := get(t, s.URL()+"/v1/audit?"+query, tokens[token])
		var p page
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatalf("%s: %d %s", query, code, body)
		}
		return code, p
	}
	for _, order := range []string{"newest", "oldest"} {
		seen, last, next := 0, "", ""
		for {
			code, p := ask("us", "limit=3&order="+order+"&next="+next)
			if code != http.StatusOK || len(p.Accesses) > 3 {
				t.Fatalf("%d %+v", code, p)
			}
			for _, a := range p.Accesses {
				if last != "" && (a.Time > last) != (order == "oldest") {
					t.Errorf("%s first: %s after %s", order, a.Time, last)
				}
				if (a.Party == "cert-us") != (a.Officer == "Of US") || (a.Party == "cert-us") != (a.JTI != "") {
					t.Errorf("cert-us sees %+v", a)
				}
				last = a.Time
				seen++
			}
			if next = p.Next; next == "" {
				break
			}
		}
		if seen != 10 {
			t.Errorf("%s first cert-us sees %d accesses; want 10", order, seen)
		}
	}
	if _, p := ask("cn", ""); len(p.Accesses) != 0 {
		t.Errorf("cert-cn, which does not write there, sees %+v", p.Accesses)
	}
	if _, p := ask("admin", "party=cert-cn"); len(p.Accesses) != 5 || p.Accesses[0].Officer != "Of CN" {
		t.Errorf("admin sees %+v of cert-cn; want five", p.Accesses)
	}
	if code, p := ask("us", "action=fly"); code != http.StatusBadRequest || !strings.Contains(p.Detail, "fly") {
		t.Errorf("an action that there is not: %d %+v; want 400 that names it", code, p)
	}
	for query, want := range map[string]int{
		"agreement=energy-circle": 404, "agreement=none": 404, "collection=us-cn/none": 404, "collection=us-cn/activity-from-us": 403,
		"action=push": 200, "from=2000-01-01&to=2999-01-01": 200,
	} {
		if code, p := ask("us", query); code != want {
			t.Errorf("%s: %d %+v; want %d", query, code, p, want)
		}
	}
	if code, _ := get(t, s.URL()+"/v1/audit", "x"); code != http.StatusUnauthorized {
		t.Errorf("without a good token: %d", code)
	}
}

// accord audit --follow shows each access once, oldest first, until it ends.
func TestAuditFollows(t *testing.T) {
	cfg := testConfig(t)
	s := start(t, cfg)
	record := func(n int64) {
		t.Helper()
		kind, _ := (&collections.Service{Control: s.control}).AccessKindOf("us-cn", "activity-from-cn")
		err := s.store.RecordAccesses(t.Context(), []collections.Access{{AccessKind: kind, Time: time.Now(), Count: n}})
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range int64(5) {
		record(n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	shown := make(chan int64, 100)
	trail := &auditTrail{
		service: &collections.Service{Store: s.store, Control: s.control}, recent: map[time.Time]bool{},
		filter: collections.AccessFilter{Limit: 2},
		print: func(accesses []collections.Access) error {
			for _, a := range accesses {
				shown <- a.Count
			}
			return nil
		},
	}
	if err := trail.show(ctx); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- trail.follow(ctx) }()
	for n := int64(3); n < 10; n++ {
		if n >= 5 {
			record(n)
		}
		select {
		case got := <-shown:
			if got != n {
				t.Fatalf("access %d is shown; want %d", got, n)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("access %d is not shown", n)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("follow ends with %v", err)
	}
}

// Accesses older than audit_retention go when the server starts, and "0" keeps
// all of them.
func TestAuditRetention(t *testing.T) {
	cfg := testConfig(t)
	cfg.AuditRetention = "0"
	s := start(t, cfg)
	old, young := make([]collections.Access, 2000), make([]collections.Access, 500)
	for _, batch := range [][]collections.Access{old, young} {
		for i := range batch {
			batch[i].Time = time.Now()
			if len(batch) == len(old) {
				batch[i].Time = time.Now().AddDate(0, 0, -60)
			}
		}
		if err := s.store.RecordAccesses(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	left := func(s *running) int {
		t.Helper()
		accesses, err := s.store.Accesses(t.Context(), collections.AccessQuery{Limit: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		return len(accesses)
	}
	s.forgetAccesses(t.Context()) // returns, because there is nothing to do ever
	if err := s.forgetBefore(t.Context(), time.Now().AddDate(0, 0, -100)); err != nil || left(s) != 2500 {
		t.Errorf("of 2,500 accesses %d are left, %v; want all", left(s), err)
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	cfg.AuditRetention = "30d"
	s = start(t, cfg)
	for deadline := time.Now().Add(10 * time.Second); left(s) > 500 && time.Now().Before(deadline); {
	}
	if n := left(s); n != 500 {
		t.Errorf("%d accesses are left; want the 500 of today", n)
	}
}

// What cannot be recorded is counted, and reading goes on.
func TestAuditOfAStoreThatRefuses(t *testing.T) {
	log := &logBuffer{}
	srv, err := New(t.Context(), testConfig(t), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s := &running{Server: srv}
	defer s.Close()
	s.recorder.Close()
	s.recorder = collections.NewRecorder(refusingStore{}, srv.log, s.metrics.lostAccesses)
	s.mount() // anew, with that recorder
	ask := func(h http.Handler, path string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodGet, path, nil), httptest.NewRecorder()
		r.Header.Set("Authorization", "Bearer "+s.token(t))
		h.ServeHTTP(w, r)
		return w
	}
	for range 3 {
		if res := ask(s.http.Handler, "/taxii2/us-cn/collections/activity-from-cn/objects/"); res.Code != http.StatusOK {
			t.Errorf("%d %s", res.Code, res.Body)
		}
	}
	s.recorder.Close()
	if metrics := ask(s.metricsHTTP.Handler, "/metrics").Body.String(); !strings.Contains(metrics, "\naccord_accesses_lost_total 3\n") {
		t.Errorf("three lost accesses are not in the metrics:\n%.3000s", metrics)
	}
	if !strings.Contains(log.String(), "the disk is full") {
		t.Error("the log does not say why")
	}
}

// A refusingStore takes no records of accesses.
type refusingStore struct{}

func (refusingStore) RecordAccesses(context.Context, []collections.Access) error {
	return collections.Errorf(collections.ErrUnavailable, "the disk is full")
}

// What accord audit --follow adds stands below the columns that are there.
func TestLayOut(t *testing.T) {
	var widths []int
	for _, tc := range []struct {
		rows [][]string
		want string
	}{
		{[][]string{{"TIME", "B", "C"}, {"z", "long", "y"}}, "TIME  B     C\nz     long  y\n"},
		{[][]string{{"z", "组织", "y"}}, "z     组织    y\n"},
		{[][]string{{"longer", "x", "y"}}, "longer  x     y\n"},
		{nil, ""},
	} {
		if got := layOut(tc.rows, &widths); got != tc.want {
			t.Errorf("layOut(%q) = %q; want %q", tc.rows, got, tc.want)
		}
	}
}
