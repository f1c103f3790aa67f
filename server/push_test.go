package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accord/stix"
)

// A gate stands before a server and lets so many pushes through; then it says
// no, as a server whose disk is full does. It notes what it was sent.
type gate struct {
	*httputil.ReverseProxy
	left int
	sent [][]byte // the objects of each push that went through
}

// startGate puts a gate before the server that the environment names.
func startGate(t *testing.T) *gate {
	t.Helper()
	to, err := url.Parse(os.Getenv("ACCORD_SERVER"))
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{ReverseProxy: httputil.NewSingleHostReverseProxy(to)}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	t.Setenv("ACCORD_SERVER", server.URL)
	return g
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		if g.left == 0 {
			w.WriteHeader(http.StatusInsufficientStorage)
			return
		}
		g.left--
		body, _ := io.ReadAll(r.Body)
		var envelope struct{ Objects []json.RawMessage }
		json.Unmarshal(body, &envelope)
		for _, raw := range envelope.Objects {
			g.sent = append(g.sent, raw)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	g.ReverseProxy.ServeHTTP(w, r)
}

// An interrupted push that is run again sends what was not answered and nothing
// else, wherever it was interrupted; without a state file all of it, which does
// no harm.
func TestPushGoesOnWhereItStopped(t *testing.T) {
	startRemote(t)
	g := startGate(t)
	objects := remoteIndicators(0, 10)
	objects[4] = strings.Replace(objects[4], `"spec_version":"2.1"`, `"spec_version":"2.1","confidence":101`, 1)
	file := remoteFile(t, "a.ndjson", strings.Join(objects, "\n"))
	for first := range 5 {
		g.sent, g.left = nil, first
		state := filepath.Join(t.TempDir(), "state.json")
		push := []string{"push", "--collection", "us-cn/shared", "--envelope", "2", "--state", state, file}
		code, out, errs := remoteCommand(t, "", push...)
		if code != 1 || !strings.Contains(errs, "507") || !strings.Contains(out, fmt.Sprintf("%d objects", 2*first)) {
			t.Fatalf("cut off after %d pushes: exit %d, %q, %q", first, code, out, errs)
		}
		g.left = -1
		code, out, errs = remoteCommand(t, "", push...)
		if want := boolCode(first < 3); code != want || !strings.Contains(out, fmt.Sprintf("%d objects", 10-2*first)) {
			t.Fatalf("gone on after %d pushes: exit %d, %q, %q; want %d", first, code, out, errs, want)
		}
		if got := bytes.Join(g.sent, []byte("\n")); string(got) != strings.Join(objects, "\n") {
			t.Errorf("cut off after %d pushes: sent was %s", first, got)
		}
	}
}

// boolCode is the exit code of a push with a refused object or without.
func boolCode(refused bool) int {
	if refused {
		return exitRefused
	}
	return exitDone
}

func TestPushKeepsToItsState(t *testing.T) {
	startRemote(t)
	content := strings.Join(remoteIndicators(0, 4), "\n")
	file, state := remoteFile(t, "a.ndjson", content), filepath.Join(t.TempDir(), "state.json")
	for _, tc := range []struct {
		name, content string
		args          []string
		code          int
		want          string
	}{
		{"first", content, nil, 0, "4 objects: 4 accepted, 0 refused\n"},
		{"nothing new", content, nil, 0, "0 objects: 0 accepted, 0 refused; 4 answered before and not sent again\n"},
		{"a file that has grown", content + "\n" + remoteIndicator(4), nil, 0, "1 object: 1 accepted, 0 refused; 4 answered before and not sent again\n"},
		{"the same objects in another dress", "[" + strings.Join(remoteIndicators(0, 5), ",\n") + "]", nil, 0, "0 objects: 0 accepted, 0 refused; 5 answered before and not sent again\n"},
		{"a file that has shrunk", content, nil, 2, "belongs to a push of other files"},
		{"other objects", strings.Join(remoteIndicators(1, 9), "\n"), nil, 2, "belongs to a push of other files"},
		{"lifted", content, []string{"--lift"}, 2, "--lift=false"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"push", "--collection", "us-cn/shared", "--state", state}, tc.args...)
			code, out, errs := remoteCommand(t, "", append(args, file)...)
			if code != tc.code || code == 0 && out != tc.want || !strings.Contains(out+errs, tc.want) {
				t.Errorf("exit %d, %q, %q; want %d and %q", code, out, errs, tc.code, tc.want)
			}
		})
	}
	held, err := openState(state)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if code, _, errs := remoteCommand(t, "", "push", "--collection", "us-cn/shared", "--state", state, file); code != 1 || !strings.Contains(errs, "another accord") {
		t.Errorf("two pushes with one state: exit %d, %q", code, errs)
	}
}

// What cannot be read is named and costs nothing else: a line, an object, the
// rest of a file.
func TestPushReadsOnBehindWhatItCannotRead(t *testing.T) {
	startRemote(t)
	huge := strings.Replace(remoteIndicator(9), `{`, `{"x":"`+strings.Repeat("x", stix.DefaultLimits.ArtifactBytes)+`",`, 1)
	lines := remoteFile(t, "lines.ndjson", remoteIndicator(0)+"\n{broken\n"+huge+"\n"+remoteIndicator(1))
	cut := remoteFile(t, "cut.json", `{"objects":[`+remoteIndicator(2)+`,`)
	packed := remoteFile(t, "packed.ndjson.gz", remoteIndicator(3)+"\n"+strings.Join(remoteIndicators(20, 2000), "\n"))
	content, err := os.ReadFile(packed)
	if err == nil {
		err = os.WriteFile(packed, content[:len(content)-9], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	empty, good := remoteFile(t, "empty.json", `{"objects":[]}`), remoteFile(t, "good.json", remoteIndicator(4))

	args := []string{"push", "--collection", "us-cn/shared", lines, cut, empty, packed, good}
	code, out, errs := remoteCommand(t, "", args...)
	for _, want := range []string{
		lines + ": line 2: column 2: found ",
		lines + ": object 1, line 3: the object has ",
		cut + ": it is not read on here: line 1, column ",
		packed + ": it is not read on here: the gzip data are cut off",
		"accord: 2 of ",
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("stderr does not say %q:\n%.2000s", want, errs)
		}
	}
	if code != 1 || !strings.Contains(out, " 2 refused\n") {
		t.Errorf("exit %d, %q", code, out)
	}
	var result pushedJSON
	code, out, errs = remoteCommand(t, "", append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(out), &result); err != nil || code != 1 {
		t.Fatalf("exit %d, %v, %q: %q", code, err, errs, out)
	}
	if len(result.Failures) != 2 || result.Failures[0].Index != -1 || result.Failures[0].Line != 2 || len(result.Unread) != 2 || result.Unread[0].File != cut {
		t.Errorf("got %+v", result)
	}
	out = pulls(t, "--collection", "us-cn/shared")
	for _, i := range []int{0, 1, 2, 3, 4, 20} {
		if !strings.Contains(out, remoteIndicator(i)+"\n") {
			t.Errorf("object %d is not there", i)
		}
	}
}

const stix20 = `{"type":"bundle","id":"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","spec_version":"2.0","objects":[
{"type":"tool","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2018-01-02T03:04:05.678Z","modified":"2018-01-02T03:04:05.678Z","name":"t","labels":["remote-access"]},
{"type":"observed-data","id":"observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2018-01-02T03:04:05.678Z","modified":"2018-01-02T03:04:05.678Z",
"first_observed":"2018-01-02T03:04:05Z","last_observed":"2018-01-02T03:04:05Z","number_observed":1,"objects":{"0":{"type":"ipv4-addr","value":"198.51.100.3"}}},
{"type":"observed-data","id":"observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3e","created":"2018-01-02T03:04:05.678Z","modified":"2018-01-02T03:04:05.678Z","objects":{}}]}`

func TestPushLifts(t *testing.T) {
	startRemote(t)
	file := remoteFile(t, "a.json", stix20)
	code, out, errs := remoteCommand(t, "", "push", "--collection", "us-cn/shared", file)
	if code != 1 || !strings.Contains(out, "3 refused") || !strings.Contains(errs, "STIX 2.0") {
		t.Errorf("as it is: exit %d, %q, %q", code, out, errs)
	}
	for range 2 { // the same objects the second time
		code, out, errs = remoteCommand(t, "", "push", "--collection", "us-cn/shared", "--lift", "--envelope", "2", file)
		if code != 1 || out != "4 objects: 3 accepted, 1 refused; 2 lifted from STIX 2.0\n" {
			t.Errorf("lifted: exit %d, %q, %q", code, out, errs)
		}
		if want := file + ": object 2, line 5, observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3e: it cannot be lifted to STIX 2.1: /objects"; !strings.Contains(errs, want) {
			t.Errorf("stderr is %q; want %q", errs, want)
		}
	}
	_, out, _ = remoteCommand(t, "", "pull", "--collection", "us-cn/shared", "--type", "ipv4-addr,tool")
	if strings.Count(out, "\n") != 2 || !strings.Contains(out, `"tool_types":["remote-access"]`) || !strings.Contains(out, `"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"`) {
		t.Errorf("pulled %q", out)
	}
}

// A dry run needs no server and sends nothing.
func TestPushDryRun(t *testing.T) {
	t.Setenv("ACCORD_SERVER", "")
	file := remoteFile(t, "a.json", stix20)
	code, out, errs := remoteCommand(t, "", "push", "--dry-run", "--lift", file)
	if code != 1 || out != "3 objects could be sent, 1 could not; 2 lifted from STIX 2.0; nothing was sent\n" || !strings.Contains(errs, "object 2") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	var result pushedJSON
	code, out, _ = remoteCommand(t, remoteIndicator(0), "push", "--dry-run", "-o", "json", "-")
	if err := json.Unmarshal([]byte(out), &result); err != nil || code != 0 || !result.DryRun || result.Objects != 1 || result.Accepted != 0 {
		t.Errorf("exit %d, %v, %q", code, err, out)
	}
}

// Whoever interrupts a push that waits for somebody to write need not wait.
func TestPushEndsWhileItWaitsForInput(t *testing.T) {
	startRemote(t)
	ctx, cancel := context.WithCancel(t.Context())
	stdin, feed := io.Pipe()
	defer feed.Close()
	go func() {
		io.WriteString(feed, remoteIndicator(0)+"\n") // returns once it was read
		cancel()
	}()
	var out, errs bytes.Buffer
	if code := Main(ctx, []string{"push", "--collection", "us-cn/shared", "-"}, stdin, &out, &errs); code != 1 || !strings.Contains(errs.String(), "cancel") {
		t.Errorf("exit %d, %q, %q", code, out.String(), errs.String())
	}
}

// Of a file no more than an envelope is held, however large it is.
func TestPushHoldsNoMoreThanAnEnvelope(t *testing.T) {
	objects := slices.Repeat([]string{remoteIndicator(0)}, 5000)
	in, err := newInput([]string{"-"}, strings.NewReader(strings.Join(objects, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	source := newPushSource(t.Context(), in, false, &pushReport{})
	for i := range objects {
		if _, err := source.Next(); err != nil {
			t.Fatal(err)
		}
		if at := source.find(i); at.index != i || at.line != i+1 || source.find(i+1).index != -1 {
			t.Fatalf("object %d is at %+v", i, at)
		}
		if (i+1)%100 == 0 {
			if done := source.answer(i + 1); done.Objects != i+1 || len(source.waiting) != 0 {
				t.Fatalf("done is %+v with %d waiting, behind %d", done, len(source.waiting), i+1)
			}
		}
	}
}
