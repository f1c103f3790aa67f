package client_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/collections"
	"accord/collections/sqlite"
	"accord/schemas"
	"accord/stix"
	"accord/taxii"
	"accord/taxii/client"

	"github.com/labstack/echo/v4"
)

const agreement = `
agreement: us-cn
title: {en: For tests}
parties:
  - {id: cert-us, name: {en: US}, territory: US, clearance: amber}
collections:
  - {alias: shared, title: {en: Shared}, ceiling: amber, grants: {cert-us: [read, write]}}
`

// newServer serves TAXII over a real store, with pages of at most ten objects
// and bodies of at most 4,000 bytes, and returns its address.
func newServer(t *testing.T) string {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "accord.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	control, err := collections.OpenControl(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := control.Apply(t.Context(), collections.Poster{Party: "*"}, []byte(agreement), collections.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	log, e := slog.New(slog.DiscardHandler), echo.New()
	handler := &taxii.Handler{
		Service: &collections.Service{Store: store, Control: control, Validator: schemas.New(), Log: log, Now: time.Now},
		Authenticate: func(r *http.Request) (collections.Caller, error) {
			if r.Header.Get("Authorization") != "Bearer good" {
				return collections.Caller{}, collections.Errorf(collections.ErrUnauthenticated, "send a token")
			}
			scopes, err := collections.ParseScopes("read:*/* write:*/*")
			return collections.Caller{Party: "cert-us", Scopes: scopes}, err
		},
		Challenges: func(error) []string { return []string{`Bearer realm="accord"`} },
		PublicURL:  func() string { return server.URL },
		SealKey:    make([]byte, 32), Log: log,
		MaxContentLength: 4_000, DefaultLimit: 10, MaxLimit: 10,
	}
	handler.Mount(e)
	server.Config.Handler = e
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func indicator(i int) string {
	return fmt.Sprintf(`{"type":"indicator", "spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-%012d",`+
		`"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.6780000001Z","x_big":12345678901234567890,`+
		`"pattern":"[domain-name:value = 'h%d.example']","pattern_type":"stix","valid_from":"2026-01-02T03:04:05Z"}`, i, i)
}

// A push and a pull meet on our own server: split by its max_content_length,
// walked by its next, byte for byte (P3), one refusal named (P4).
func TestPushAndPullWithOurServer(t *testing.T) {
	c, err := client.New(client.Config{Server: newServer(t), Token: "good"})
	if err != nil {
		t.Fatal(err)
	}
	collection, err := c.Collection(t.Context(), "us-cn/shared")
	if err != nil {
		t.Fatal(err)
	}
	var lines, good []string
	for i := range 47 {
		lines = append(lines, indicator(i))
	}
	good = slices.Clone(lines)
	lines[20] = strings.Replace(lines[20], `"type":"indicator"`, `"type":"malware"`, 1)
	good = slices.Delete(good, 20, 21)

	for _, round := range []string{"first", "again"} {
		objects := stix.NewReader(strings.NewReader(strings.Join(lines, "\n")), stix.File, stix.DefaultLimits)
		envelopes := 0
		var refusals []client.Refusal
		result, err := collection.Push(t.Context(), objects, client.PushOptions{
			Refused:  func(r client.Refusal) { refusals = append(refusals, r) },
			Answered: func(client.PushResult) error { envelopes++; return nil },
		})
		if err != nil || result.Objects != 47 || result.Accepted != 46 || result.Refused != 1 {
			t.Fatalf("%s: got %+v, %v", round, result, err)
		}
		if r := refusals[0]; len(refusals) != 1 || r.Object != 20 || !strings.HasSuffix(r.ID, "000000000020") || !strings.Contains(r.Message, "IDN-02") {
			t.Errorf("%s: refused is %+v", round, refusals)
		}
		if envelopes < 4 {
			t.Errorf("%s: %d envelopes for more than 12,000 bytes, at 4,000 bytes each", round, envelopes)
		}
	}

	var got []string
	pages, cursor := 0, client.Cursor{}
	take := func(objects []json.RawMessage, last client.Cursor) error {
		for _, raw := range objects {
			got = append(got, string(raw))
		}
		pages++
		cursor = last
		return nil
	}
	if err := collection.Pull(t.Context(), client.PullOptions{}, take); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, good) || pages != 5 {
		t.Errorf("pulled %d objects in %d pages; want the %d that were pushed in 5", len(got), pages, len(good))
	}

	got = nil
	if err := collection.Pull(t.Context(), client.PullOptions{From: cursor}, take); err != nil || got != nil {
		t.Errorf("a second pull brought %d objects, %v", len(got), err)
	}
	more := strings.NewReader(indicator(47))
	if _, err := collection.Push(t.Context(), stix.NewReader(more, stix.File, stix.DefaultLimits), client.PushOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := collection.Pull(t.Context(), client.PullOptions{From: cursor}, take); err != nil || len(got) != 1 || got[0] != indicator(47) {
		t.Errorf("a later pull brought %q, %v", got, err)
	}
}

func TestOurServerRefusesWithAReason(t *testing.T) {
	server := newServer(t)
	for _, tc := range []struct{ name, token, collection, want string }{
		{"no token", "", "us-cn/shared", "401"},
		{"wrong token", "bad", "us-cn/shared", "401"},
		{"hidden or missing", "good", "us-cn/nope", "shared"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := client.New(client.Config{Server: server, Token: tc.token})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Collection(t.Context(), tc.collection); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v; want one that says %q", err, tc.want)
			}
		})
	}
}

var _ client.Objects = (*stix.Reader)(nil)
