package server

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accord/server/auth"
)

const remoteAgreement = `
agreement: us-cn
title: {en: For tests}
parties:
  - {id: cert-us, name: {en: US}, territory: US, clearance: amber}
collections:
  - {alias: shared, title: {en: Shared}, ceiling: amber, grants: {cert-us: [read, write]}}
  - {alias: other, title: {en: Other}, ceiling: amber, grants: {cert-us: [read]}}
`

// startRemote serves an agreement and puts address and token into the
// environment, as an operator would.
func startRemote(t *testing.T) (token string) {
	t.Helper()
	cfg := Defaults()
	cfg.Data, cfg.Listen, cfg.MetricsListen, cfg.DefaultLimit = t.TempDir(), "127.0.0.1:0", "off", 5
	file := filepath.Join(cfg.Data, "us-cn.yaml")
	if err := os.WriteFile(file, []byte(remoteAgreement), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.Agreements = []string{file}
	s, err := New(t.Context(), &cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil { // the test's context has ended
			t.Error(err)
		}
	})
	issued, err := s.auth.Issue(t.Context(), auth.Request{Party: "cert-us", Scope: "read:*/* write:*/*", TTL: auth.DefaultTTL})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ACCORD_SERVER", s.URL())
	t.Setenv("ACCORD_TOKEN", issued.Token)
	return issued.Token
}

// remoteCommand runs a command line and returns its exit code and what it wrote.
func remoteCommand(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Main(t.Context(), args, strings.NewReader(stdin), &out, &err)
	return code, out.String(), err.String()
}

func remoteIndicator(i int) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-%012d",`+
		`"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","pattern":"[url:value = 'https://h%d.example/']",`+
		`"pattern_type":"stix","valid_from":"2026-01-02T03:04:05Z"}`, i, i)
}

func remoteIndicators(from, to int) (objects []string) {
	for i := from; i < to; i++ {
		objects = append(objects, remoteIndicator(i))
	}
	return objects
}

// remoteFile writes a file, packed with gzip if its name says so.
func remoteFile(t *testing.T, name, content string) string {
	t.Helper()
	data := []byte(content)
	if strings.HasSuffix(name, ".gz") {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		w.Write(data)
		w.Close()
		data = packed.Bytes()
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPushReadsWhatFilesHold(t *testing.T) {
	startRemote(t)
	list := strings.Join(remoteIndicators(0, 3), ",")
	for _, tc := range []struct{ name, file, stdin, content string }{
		{"bundle", "a.json", "", `{"type":"bundle","id":"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","objects":[` + list + `]}`},
		{"envelope", "a.json", "", `{"objects":[` + list + `]}`},
		{"list", "a.json", "", "[" + list + "]"},
		{"lines", "a.ndjson", "", strings.Join(remoteIndicators(0, 3), "\n")},
		{"lines in gzip", "a.ndjson.gz", "", strings.Join(remoteIndicators(0, 3), "\n")},
		{"stdin", "-", "[" + list + "]", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			name := tc.file
			if name != "-" {
				name = remoteFile(t, tc.file, tc.content)
			}
			code, out, errs := remoteCommand(t, tc.stdin, "push", "--collection", "us-cn/shared", name)
			if code != 0 || out != "3 objects: 3 accepted, 0 refused\n" || errs != "" {
				t.Errorf("exit %d, %q, %q", code, out, errs)
			}
		})
	}
}

// pushedJSON is what accord push -o json prints.
type pushedJSON struct {
	Failures []pushFailure
	pushEnd
}

// Each refused object is named with its reason (P4), and the exit code is 1.
func TestPushNamesWhatWasRefused(t *testing.T) {
	token := startRemote(t)
	objects := remoteIndicators(0, 4)
	objects[2] = strings.Replace(objects[2], `"spec_version":"2.1"`, `"spec_version":"2.1","confidence":101`, 1)
	file := remoteFile(t, "a.ndjson", strings.Join(objects, "\n"))

	code, out, errs := remoteCommand(t, "", "push", "--collection", "us-cn/shared", "--envelope", "3", file)
	want := file + ": object 2, line 3, indicator--8e2e2d2b-17d4-4cbf-938f-000000000002: "
	if out != "4 objects: 3 accepted, 1 refused\n" || !strings.Contains(errs, want) || !strings.Contains(errs, "COM-06") || !strings.Contains(errs, "confidence") {
		t.Errorf("stdout %q, stderr %q; want %q and the rule", out, errs, want)
	}
	if code != 1 || !strings.Contains(errs, "1 of 4") {
		t.Errorf("exit %d, %q", code, errs)
	}

	code, out, _ = remoteCommand(t, "", "push", "--collection", "us-cn/shared", "-o", "json", "--envelope", "3", file)
	var result pushedJSON
	if err := json.Unmarshal([]byte(out), &result); err != nil || code != 1 {
		t.Fatalf("exit %d, %q: %v", code, out, err)
	}
	if result.Objects != 4 || result.Accepted != 3 || result.Refused != 1 || len(result.Statuses) != 2 || len(result.Failures) != 1 {
		t.Fatalf("got %+v", result)
	}
	if f := result.Failures[0]; f.File != file || f.Index != 2 || f.Line != 3 || !strings.HasSuffix(f.ID, "2") || !strings.Contains(f.Message, "COM-06") {
		t.Errorf("got %+v", f)
	}
	if strings.Contains(out+errs, token) {
		t.Error("the token is in the output")
	}
}

func TestPushAndPullRefuseWrongUse(t *testing.T) {
	startRemote(t)
	file, broken := remoteFile(t, "a.json", remoteIndicator(0)), remoteFile(t, "b.json", `{"objects":[{}`)
	state := remoteFile(t, "state.json", `{"of":["https://taxii.example/"],"filters":{},"cursors":{}}`)
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no collection", []string{"push", file}, 2, "--collection"},
		{"no file", []string{"push", "--collection", "us-cn/shared"}, 2, "FILE…"},
		{"no such file", []string{"push", "--collection", "us-cn/shared", "nope.json"}, 2, "nope.json"},
		{"a folder", []string{"push", "--collection", "us-cn/shared", t.TempDir()}, 2, "folder"},
		{"no such output", []string{"push", "--collection", "us-cn/shared", "-o", "xml", file}, 2, "xml"},
		{"empty envelopes", []string{"push", "--collection", "us-cn/shared", "--envelope", "0", file}, 2, "envelope"},
		{"a place that is no server", []string{"push", "--server", os.Getenv("ACCORD_SERVER") + "/taxii2/us-cn/collections", "--collection", "us-cn/shared", file}, 1, "neither a discovery resource nor an API root"},
		{"no such server", []string{"push", "--server", "taxii", "--collection", "us-cn/shared", file}, 2, "URL"},
		{"wrong token", []string{"push", "--token", "bad", "--collection", "us-cn/shared", file}, 1, "401"},
		{"no such collection", []string{"push", "--collection", "us-cn/nope", file}, 1, "shared"},
		{"no right to write", []string{"push", "--collection", "us-cn/other", file}, 1, "write"},
		{"broken file", []string{"push", "--collection", "us-cn/shared", broken}, 1, "b.json"},
		{"stdin twice", []string{"push", "--collection", "us-cn/shared", "-", "-"}, 2, "twice"},
		{"a pin of plain HTTP", []string{"push", "--collection", "us-cn/shared", "--pin", strings.Repeat("00", 32), file}, 2, "https"},
		{"no pin", []string{"push", "--server", "https://taxii.example", "--collection", "us-cn/shared", "--pin", "12:34", file}, 2, "SHA-256"},
		{"a certificate without key", []string{"pull", "--server", "https://taxii.example", "--collection", "us-cn/shared", "--cert", file}, 2, "one needs the other"},
		{"no authorities", []string{"pull", "--server", "https://taxii.example", "--collection", "us-cn/shared", "--ca", file}, 2, "no certificate"},
		{"a dry run with a state", []string{"push", "--dry-run", "--state", state, file}, 2, "exclude"},
		{"no collection to pull", []string{"pull"}, 2, "--all"},
		{"one and all", []string{"pull", "--collection", "us-cn/shared", "--all"}, 2, "all"},
		{"two outputs", []string{"pull", "--collection", "us-cn/shared", "--out", "a", "--dir", "b"}, 2, "dir"},
		{"a bundle without end", []string{"pull", "--collection", "us-cn/shared", "--bundle", "--follow"}, 2, "follow"},
		{"a follow without pause", []string{"pull", "--collection", "us-cn/shared", "--follow", "--every", "0s"}, 2, "--every"},
		{"one collection twice", []string{"pull", "--collection", "us-cn/shared", "--collection", "shared"}, 2, "twice"},
		{"too many arguments", []string{"pull", "--collection", "us-cn/shared", "x"}, 2, "x"},
		{"the server does not like the version", []string{"pull", "--collection", "us-cn/shared", "--version", "today"}, 1, "match[version]"},
		{"no state file", []string{"pull", "--collection", "us-cn/shared", "--state", file}, 2, "no state file"},
		{"another collection's state", []string{"pull", "--collection", "us-cn/shared", "--state", state}, 2, "taxii.example"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, _, errs := remoteCommand(t, "", tc.args...)
			if code != tc.code || !strings.Contains(errs, tc.want) {
				t.Errorf("exit %d, %q; want %d and %q", code, errs, tc.code, tc.want)
			}
		})
	}
}

// Pulls with a state file bring each object once, whatever was added between
// them (P1).
func TestPullGoesOnWhereItStopped(t *testing.T) {
	startRemote(t)
	state := filepath.Join(t.TempDir(), "state.json")
	pulled := func(want []string, args ...string) {
		t.Helper()
		code, out, errs := remoteCommand(t, "", append([]string{"pull", "--collection", "us-cn/shared"}, args...)...)
		text := ""
		if len(want) > 0 {
			text = strings.Join(want, "\n") + "\n"
		}
		if code != 0 || out != text || errs != "" {
			t.Fatalf("exit %d, %q, %q; want %d objects", code, out, errs, len(want))
		}
	}
	push := func(objects []string) {
		t.Helper()
		if code, _, errs := remoteCommand(t, strings.Join(objects, "\n"), "push", "--collection", "us-cn/shared", "-"); code != 0 {
			t.Fatal(errs)
		}
	}
	pulled(nil, "--state", state)
	push(remoteIndicators(0, 12))
	pulled(remoteIndicators(0, 12), "--state", state)
	pulled(nil, "--state", state)
	push(remoteIndicators(12, 14))
	pulled(remoteIndicators(12, 14), "--state", state)
	pulled(remoteIndicators(0, 14))
	pulled(remoteIndicators(0, 14), "--limit", "3")
	pulled(nil, "--type", "malware,report")

	if code, _, errs := remoteCommand(t, "", "pull", "--collection", "us-cn/shared", "--state", state, "--type", "malware"); code != 2 {
		t.Errorf("the state of all types serves for one type: exit %d, %q", code, errs)
	}
	if code, _, errs := remoteCommand(t, "", "pull", "--collection", "us-cn/shared", "--state", state, "--added-after", "2026-01-02T03:04:05Z"); code != 2 {
		t.Errorf("two cursors at once: exit %d, %q", code, errs)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(state), ".*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestPullWritesBundles(t *testing.T) {
	startRemote(t)
	bundle := func() (objects []json.RawMessage) {
		t.Helper()
		code, out, errs := remoteCommand(t, "", "pull", "--collection", "us-cn/shared", "--bundle")
		var b struct {
			Type, ID string
			Objects  []json.RawMessage
		}
		if err := json.Unmarshal([]byte(out), &b); err != nil || code != 0 || b.Type != "bundle" || !strings.HasPrefix(b.ID, "bundle--") {
			t.Fatalf("exit %d, %q, %q: %v", code, out, errs, err)
		}
		return b.Objects
	}
	if objects := bundle(); objects != nil {
		t.Errorf("an empty collection gives %d objects", len(objects))
	}
	spread := strings.ReplaceAll(remoteIndicator(0), `,"`, ",\n\t\"") // bytes come back as they were sent (P3)
	if code, _, errs := remoteCommand(t, "["+spread+","+remoteIndicator(1)+"]", "push", "--collection", "us-cn/shared", "-"); code != 0 {
		t.Fatal(errs)
	}
	if objects := bundle(); len(objects) != 2 || string(objects[0]) != spread || string(objects[1]) != remoteIndicator(1) {
		t.Errorf("got %q", objects)
	}
	code, out, _ := remoteCommand(t, "", "pull", "--collection", "us-cn/shared")
	if code != 0 || out != remoteIndicator(0)+"\n"+remoteIndicator(1)+"\n" {
		t.Errorf("one object a line: exit %d, %q", code, out)
	}
}

// A page whose lines were not written whole comes again.
func TestPullKeepsTheStateWhenItCannotWrite(t *testing.T) {
	startRemote(t)
	if code, _, errs := remoteCommand(t, strings.Join(remoteIndicators(0, 12), "\n"), "push", "--collection", "us-cn/shared", "-"); code != 0 {
		t.Fatal(errs)
	}
	state := filepath.Join(t.TempDir(), "state.json")
	var errs bytes.Buffer
	out := &fullDisk{room: 7 * len(remoteIndicator(0))} // the first page of five, and a part of the second
	if code := Main(t.Context(), []string{"pull", "--collection", "us-cn/shared", "--state", state}, strings.NewReader(""), out, &errs); code != 1 {
		t.Fatalf("exit %d, %q", code, errs.String())
	}
	code, rest, _ := remoteCommand(t, "", "pull", "--collection", "us-cn/shared", "--state", state)
	if want := strings.Join(remoteIndicators(5, 12), "\n") + "\n"; code != 0 || rest != want {
		t.Errorf("exit %d, %q; want the last seven", code, rest)
	}
}

// A fullDisk takes so many bytes and no more.
type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	d.room -= n
	if n < len(p) {
		return n, os.ErrClosed
	}
	return n, nil
}
