package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pushed puts objects into the collection shared.
func pushed(t *testing.T, objects []string) {
	t.Helper()
	if code, _, errs := remoteCommand(t, strings.Join(objects, "\n"), "push", "--collection", "us-cn/shared", "-"); code != 0 {
		t.Fatal(errs)
	}
}

// pulls runs accord pull, which must succeed, and returns its stdout.
func pulls(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := remoteCommand(t, "", append([]string{"pull"}, args...)...)
	if code != 0 {
		t.Fatalf("pull %q: exit %d, %q", args, code, errs)
	}
	return out
}

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func lines(objects []string) string { return strings.Join(objects, "\n") + "\n" }

func TestPullWritesFiles(t *testing.T) {
	startRemote(t)
	pushed(t, remoteIndicators(0, 12))
	shared := []string{"--collection", "us-cn/shared"}
	dir := t.TempDir()
	out := filepath.Join(dir, "out.ndjson")

	pulls(t, append(shared, "--out", out)...)
	pulls(t, append(shared, "--out", out)...)
	if got := content(t, out); got != lines(remoteIndicators(0, 12)) {
		t.Errorf("a file without state holds %q; want each object once", got)
	}

	// With state it grows, and a line that a kill has cut off is taken away.
	grows, state := filepath.Join(dir, "grows.ndjson"), filepath.Join(dir, "state.json")
	pulls(t, append(shared, "--out", grows, "--state", state)...)
	kept := content(t, state)
	pushed(t, remoteIndicators(12, 14))
	pulls(t, append(shared, "--out", grows, "--state", state)...)
	if got := content(t, grows); got != lines(remoteIndicators(0, 14)) {
		t.Errorf("a file with state holds %q", got)
	}
	if err := os.WriteFile(state, []byte(kept), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(grows, []byte(lines(remoteIndicators(0, 12))+remoteIndicator(12)[:50]), 0o600); err != nil {
		t.Fatal(err)
	}
	pulls(t, append(shared, "--out", grows, "--state", state)...)
	if got := content(t, grows); got != lines(remoteIndicators(0, 14)) {
		t.Errorf("after a kill it holds %q", got)
	}

	bundle := filepath.Join(dir, "bundle.json")
	pulls(t, append(shared, "--bundle", "--out", bundle)...)
	var b struct{ Objects []json.RawMessage }
	if err := json.Unmarshal([]byte(content(t, bundle)), &b); err != nil || len(b.Objects) != 14 {
		t.Errorf("the bundle has %d objects: %v", len(b.Objects), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// What stood in a file before stays, but for the first part of an object.
func TestPullGoesOnBehindWhatIsThere(t *testing.T) {
	startRemote(t)
	pushed(t, remoteIndicators(0, 1))
	object := remoteIndicator(0)
	for _, tc := range []struct{ name, before, after string }{
		{"a line that was cut off", object + "\n" + object[:50], object + "\n" + object + "\n"},
		{"another tool's line", `{"type":"bundle"}`, `{"type":"bundle"}` + "\n" + object + "\n"},
		{"no objects", "{\n}\nthe end", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := remoteFile(t, "out.ndjson", tc.before)
			code, _, errs := remoteCommand(t, "", "pull", "--collection", "us-cn/shared", "--out", out, "--state", filepath.Join(t.TempDir(), "state.json"))
			if tc.after == "" {
				if code != 2 || content(t, out) != tc.before {
					t.Errorf("exit %d, %q, and the file holds %q", code, errs, content(t, out))
				}
				return
			}
			if code != 0 || content(t, out) != tc.after || errs != "1 object written to "+out+"\n" {
				t.Errorf("exit %d, %q, and the file holds %q; want %q", code, errs, content(t, out), tc.after)
			}
		})
	}
}

// A file keeps its mode, a link leads where it did, and a device stays one.
func TestPullReplacesFilesOnly(t *testing.T) {
	startRemote(t)
	pushed(t, remoteIndicators(0, 1))
	file, link := remoteFile(t, "out.ndjson", "old\n"), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Skipf("skipped: there are no symbolic links here: %v", err)
	}
	pulls(t, "--collection", "us-cn/shared", "--out", link)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || content(t, file) != lines(remoteIndicators(0, 1)) {
		t.Errorf("%v, %v: the file holds %q", info.Mode(), err, content(t, file))
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	null := filepath.Join(t.TempDir(), "null") // the machine's own is not put at risk
	if err := os.Symlink(os.DevNull, null); err != nil {
		t.Skipf("skipped: there are no symbolic links here: %v", err)
	}
	pulls(t, "--collection", "us-cn/shared", "--out", null)
	if info, err := os.Stat(null); err != nil || info.Mode().IsRegular() {
		t.Errorf("the device is %v, %v", info.Mode(), err)
	}
}

// A pull that fails leaves no half of a file, and the old one where there was one.
func TestPullReplacesFilesWhole(t *testing.T) {
	startRemote(t)
	out := filepath.Join(t.TempDir(), "out.ndjson")
	if err := os.WriteFile(out, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, _ := remoteCommand(t, "", "pull", "--collection", "us-cn/shared", "--version", "today", "--out", out)
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), ".*"))
	if code != 1 || content(t, out) != "old\n" || left != nil {
		t.Errorf("exit %d; the file holds %q, beside it %v", code, content(t, out), left)
	}
}

// One file for each version of an object, with the bytes that the server sent (P3).
func TestPullWritesAFolder(t *testing.T) {
	startRemote(t)
	spread := strings.ReplaceAll(remoteIndicator(0), `,"`, ",\n\t\"")
	later := strings.Replace(remoteIndicator(1), `"modified":"2026-01-02T`, `"modified":"2026-01-03T`, 1)
	pushed(t, []string{"[" + spread + "," + remoteIndicator(1) + "," + later + "]"})
	address := `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"}`
	pushed(t, []string{address, strings.Replace(address, `"value"`, `"defanged":true,"value"`, 1)})
	folder := filepath.Join(t.TempDir(), "objects")
	for range 2 {
		pulls(t, "--collection", "us-cn/shared", "--version", "all", "--dir", folder, "--state", filepath.Join(t.TempDir(), "state.json"))
	}
	var names []string
	filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(folder, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	want := []string{
		"indicator/indicator--8e2e2d2b-17d4-4cbf-938f-000000000000.2026-01-02T030405.678Z.json",
		"indicator/indicator--8e2e2d2b-17d4-4cbf-938f-000000000001.2026-01-02T030405.678Z.json",
		"indicator/indicator--8e2e2d2b-17d4-4cbf-938f-000000000001.2026-01-03T030405.678Z.json",
		"ipv4-addr/ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4.af40b092ac407c52.json",
		"ipv4-addr/ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4.daec7b8c13c20e0c.json",
	}
	if !slices.Equal(names, want) {
		t.Fatalf("there are %q; want %q", names, want)
	}
	if got := content(t, filepath.Join(folder, want[0])); got != spread {
		t.Errorf("the bytes are %q; want %q", got, spread)
	}
	if got := content(t, filepath.Join(folder, want[2])); got != later {
		t.Errorf("the later version is %q", got)
	}
}

// No server decides where a file goes.
func TestFileName(t *testing.T) {
	const id = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
	for _, tc := range []struct{ name, object, want string }{
		{"a version", `{"id":"` + id + `","spec_version":"2.1","modified":"2026-01-02T03:04:05.678Z"}`, "indicator/" + id + ".2026-01-02T030405.678Z.json"},
		{"of STIX 2.0", `{"id":"` + id + `","modified":"2026-01-02T03:04:05.678Z"}`, "indicator/" + id + ".2026-01-02T030405.678Z.2.0.json"},
		{"none", `{"id":"` + id + `"}`, "indicator/" + id + ".300709ce44dcb4ac.json"},
		{"upwards", `{"id":"../../x--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}`, "other/object."},
		{"upwards in the version", `{"id":"` + id + `","modified":"/../../x"}`, "other/object."},
		{"no id", `{}`, "other/object."},
		{"no object", `[1]`, "other/object."},
		{"too long", `{"id":"` + id + `","modified":"2026-01-02T03:04:05.` + strings.Repeat("6", 300) + `Z"}`, "other/object."},
		{"a zero byte", `{"id":"indicator--\u0000e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}`, "other/object."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := filepath.ToSlash(fileName([]byte(tc.object)))
			if got != tc.want && (!strings.HasPrefix(got, tc.want) || len(got) != len(tc.want)+64+len(".json") || tc.want[:5] != "other") {
				t.Errorf("fileName(%s) = %q; want %q", tc.object, got, tc.want)
			}
		})
	}
}

// Several collections share a state, and it serves for no other choice.
func TestPullTakesSeveralCollections(t *testing.T) {
	startRemote(t)
	pushed(t, remoteIndicators(0, 7))
	state := filepath.Join(t.TempDir(), "state.json")
	both := []string{"--collection", "us-cn/shared", "--collection", "other", "--state", state}
	if got := pulls(t, both...); got != lines(remoteIndicators(0, 7)) {
		t.Errorf("both bring %q", got)
	}
	pushed(t, remoteIndicators(7, 8))
	if got := pulls(t, both...); got != lines(remoteIndicators(7, 8)) {
		t.Errorf("both bring %q later", got)
	}
	all := filepath.Join(t.TempDir(), "all.json")
	if got := pulls(t, "--all", "--state", all); got != lines(remoteIndicators(0, 8)) {
		t.Errorf("all bring %q", got)
	}
	if got := pulls(t, "--all", "--state", all); got != "" {
		t.Errorf("all bring %q later", got)
	}
	for name, args := range map[string][]string{
		"one of two": {"--collection", "us-cn/shared", "--state", state},
		"all":        {"--all", "--state", state},
		"a filter":   append(both, "--version", "all"),
	} {
		if code, _, errs := remoteCommand(t, "", append([]string{"pull"}, args...)...); code != 2 || !strings.Contains(errs, "use another file") {
			t.Errorf("%s: exit %d, %q", name, code, errs)
		}
	}
	held, err := openState(state)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if code, _, errs := remoteCommand(t, "", append([]string{"pull"}, both...)...); code != 1 || !strings.Contains(errs, "another accord") {
		t.Errorf("two pulls with one state: exit %d, %q", code, errs)
	}
}

func TestPullFilters(t *testing.T) {
	startRemote(t)
	later := strings.Replace(remoteIndicator(1), `"modified":"2026-01-02T`, `"modified":"2026-01-03T`, 1)
	pushed(t, append(remoteIndicators(0, 3), later))
	for _, tc := range []struct {
		args []string
		want int
	}{
		{nil, 3},
		{[]string{"--version", "all"}, 4},
		{[]string{"--version", "first,last"}, 4},
		{[]string{"--version", "2026-01-03T03:04:05.678Z"}, 1},
		{[]string{"--id", "indicator--8e2e2d2b-17d4-4cbf-938f-000000000000,indicator--8e2e2d2b-17d4-4cbf-938f-000000000002"}, 2},
		{[]string{"--spec-version", "2.0"}, 0},
		{[]string{"--type", "malware"}, 0},
		{[]string{"--added-after", "2999-01-01T00:00:00Z"}, 0},
	} {
		if got := strings.Count(pulls(t, append([]string{"--collection", "us-cn/shared"}, tc.args...)...), "\n"); got != tc.want {
			t.Errorf("%q brings %d objects; want %d", tc.args, got, tc.want)
		}
	}
}

// A signalWriter tells of each write.
type signalWriter struct {
	bytes.Buffer
	written chan string
}

func newSignalWriter() *signalWriter { return &signalWriter{written: make(chan string)} }

// next is all that was written, after the next write. A command that ends before
// it fails the test.
func (w *signalWriter) next(t *testing.T, ended chan int) string {
	t.Helper()
	select {
	case text := <-w.written:
		return text
	case code := <-ended:
		t.Fatalf("it ended with %d", code)
		return ""
	}
}

func (w *signalWriter) Write(p []byte) (int, error) {
	w.Buffer.Write(p)
	w.written <- w.Buffer.String()
	return len(p), nil
}

// A follow brings what is added while it waits, and its end by a signal is no
// failure; the next pull goes on behind it.
func TestPullFollows(t *testing.T) {
	startRemote(t)
	pushed(t, remoteIndicators(0, 2))
	state := filepath.Join(t.TempDir(), "state.json")
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := newSignalWriter(), make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		ended <- Main(ctx, []string{"pull", "--collection", "us-cn/shared", "--state", state, "--follow", "--every", "10ms"}, nil, out, &errs)
	}()
	if got := out.next(t, ended); got != lines(remoteIndicators(0, 2)) {
		t.Errorf("first came %q", got)
	}
	pushed(t, remoteIndicators(2, 4))
	for got := out.next(t, ended); got != lines(remoteIndicators(0, 4)); got = out.next(t, ended) { // the two may come one by one
		if !strings.HasPrefix(lines(remoteIndicators(0, 4)), got) {
			t.Fatalf("then came %q", got)
		}
	}
	pushed(t, remoteIndicators(4, 5))
	out.next(t, ended)
	cancel()
	if code := <-ended; code != 0 || errs.String() != "" {
		t.Errorf("exit %d, %q", code, errs.String())
	}
	pushed(t, remoteIndicators(5, 6))
	if got := pulls(t, "--collection", "us-cn/shared", "--state", state); got != lines(remoteIndicators(5, 6)) && got != lines(remoteIndicators(4, 6)) {
		t.Errorf("the next pull brings %q", got) // the last page comes again where the signal came before the state moved
	}
}

// Under --follow a collection that fails keeps no other from being pulled (P1).
func TestPullFollowsEachCollection(t *testing.T) {
	mux := http.NewServeMux()
	for path, body := range map[string]string{
		"/taxii2/":                       `{"title":"t","versions":["application/taxii+json;version=2.1"]}`,
		"/taxii2/collections/":           `{"collections":[{"id":"a","can_read":true},{"id":"b","can_read":true}]}`,
		"/taxii2/collections/b/objects/": `{"objects":[{"id":"b"}]}`,
		"/nothing/taxii2/":               `{"title":"t","versions":["application/taxii+json;version=2.1"]}`,
		"/nothing/taxii2/collections/":   `{"collections":[{"id":"a"}]}`,
	} {
		mux.HandleFunc(path+"{$}", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-TAXII-Date-Added-Last", "2026-01-02T03:04:05.000000Z")
			io.WriteString(w, body)
		})
	}
	mux.HandleFunc("/taxii2/collections/a/objects/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600") // which is too long to wait for
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := newSignalWriter(), make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		ended <- Main(ctx, []string{"pull", "--server", server.URL, "--all", "--follow", "--every", "1h"}, nil, out, &errs)
	}()
	if got := out.next(t, ended); got != `{"id":"b"}`+"\n" {
		t.Errorf("came %q", got)
	}
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("exit %d, %q", code, errs.String())
	}
	if code, _, errs := remoteCommand(t, "", "pull", "--server", server.URL+"/nothing/taxii2/", "--all"); code != 1 || !strings.Contains(errs, "no collection that you may read") {
		t.Errorf("nothing to read: exit %d, %q", code, errs)
	}
}

// The state that a follow keeps stays small where dates are unique.
func TestPullStateStaysSmall(t *testing.T) {
	startRemote(t)
	pushed(t, remoteIndicators(0, 12))
	file := filepath.Join(t.TempDir(), "state.json")
	for range 2 {
		pulls(t, "--collection", "us-cn/shared", "--state", file)
	}
	state, err := openState(file)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	var kept pullState
	if _, err := state.load(&kept); err != nil || len(kept.Cursors) != 1 {
		t.Fatalf("state is %+v, %v", kept, err)
	}
	for _, cursor := range kept.Cursors {
		if len(cursor.Seen) != 1 {
			t.Errorf("the cursor is %+v; want one mark", cursor)
		}
	}
}
