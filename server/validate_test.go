package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

const validateCampaign = `{"type":"campaign","spec_version":"2.1","id":"campaign--3d1a6c7e-9b42-4f0e-8c55-2b7d90e4a1f6",` +
	`"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","name":"Night heron"}`

func TestValidateReadsGzip(t *testing.T) {
	file := remoteFile(t, "a.json.gz", "["+validateCampaign+"]")
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"validate", file}, {"validate", "-"}} {
		code, out, errs := remoteCommand(t, string(packed), args...)
		if code != 0 || out != "1 object: 1 accepted, 0 refused; warnings: 0\n" || errs != "" {
			t.Errorf("%v: exit %d, %q, %q", args, code, out, errs)
		}
	}
}

// A file that can't be read is told on stderr, and the others are judged.
func TestValidateCannotRead(t *testing.T) {
	good := remoteFile(t, "good.json", validateCampaign)
	packed, err := os.ReadFile(remoteFile(t, "a.json.gz", strings.Repeat(validateCampaign+"\n", 100)))
	if err != nil {
		t.Fatal(err)
	}
	unreadable := remoteFile(t, "unreadable.json", validateCampaign)
	if err := os.Chmod(unreadable, 0); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"no gzip in it": remoteFile(t, "bad.json", "\x1f\x8bxxxxxxxxxxxxxxx"),
		"cut in front":  remoteFile(t, "head.json", string(packed[:5])),
		"cut off":       remoteFile(t, "cut.json", string(packed[:len(packed)-10])),
		"bad sum":       remoteFile(t, "sum.json", string(packed[:len(packed)-8])+"12345678"),
		"unreadable":    unreadable,
		"not there":     filepath.Join(t.TempDir(), "nobody.json"),
		"folder":        t.TempDir(),
	} {
		if f, err := os.Open(file); name == "unreadable" && err == nil {
			f.Close()
			t.Log("this user reads every file, so none is unreadable")
			continue
		}
		code, out, errs := remoteCommand(t, "", "validate", "-o", "json", file, good)
		var report struct{ Objects, Accepted, Refused int }
		if err := json.Unmarshal([]byte(out), &report); err != nil || report.Accepted != report.Objects || report.Accepted == 0 {
			t.Errorf("%s: stdout is %.300q, %v; want a report in which all is accepted", name, out, err)
		}
		if code != 1 || !strings.HasPrefix(errs, "accord: ") || strings.Count(errs, filepath.Base(file)) != 1 {
			t.Errorf("%s: exit %d, stderr %q; want 1 and one line that names the file once", name, code, errs)
		}
		if cut := strings.HasPrefix(name, "cut"); cut != strings.Contains(errs, ".json: the gzip data are cut off\n") {
			t.Errorf("%s: stderr %q", name, errs)
		}
	}
}

// Stdin and named pipes are read once, to their end or to the first fault.
func TestValidateStopsReadingGarbage(t *testing.T) {
	var read atomic.Int64
	endless := &meter{io.MultiReader(strings.NewReader("["+validateCampaign+","), endlessReader("x")), &read, nil}
	var out, errs bytes.Buffer
	code := Main(t.Context(), []string{"validate", "-o", "json", "-"}, endless, &out, &errs)
	if code != 1 || !strings.Contains(out.String(), `{"objects":2,"accepted":1,"refused":1,`) || errs.Len() > 0 {
		t.Errorf("exit %d, %q, %q; want the member before the fault, and the fault", code, out.String(), errs.String())
	}
	if read.Load() > 17<<20 { // what a line may have
		t.Errorf("%d bytes of garbage were read", read.Load())
	}
}

type endlessReader string

func (r endlessReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r[0]
	}
	return len(p), nil
}

func TestValidateReadsPipes(t *testing.T) {
	pipe := remotePipe(t)
	go os.WriteFile(pipe, []byte(validateCampaign), 0o600)
	code, out, errs := remoteCommand(t, "", "validate", pipe)
	if code != 0 || !strings.HasPrefix(out, "1 object: 1 accepted") || errs != "" {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
}

// What a file says reaches no terminal as it is.
func TestValidateTextIsPrintable(t *testing.T) {
	hostile := `{"type":"\u001b[2J\u0007","id":"x\u009b--\u202e","spec_version":"2.1","\u001b]0;x":"\u001b"}`
	_, out, _ := remoteCommand(t, "", "validate", remoteFile(t, "a.json", hostile))
	if i := strings.IndexAny(out, "\x1b\a\u009b\u202e"); i >= 0 {
		t.Errorf("the report holds the control character %q:\n%q", out[i:i+1], out)
	}
}

// SARIF keeps its own references: each result is of a rule in the list, under
// its place there.
func TestValidateSARIF(t *testing.T) {
	file := remoteFile(t, "a.json", "["+strings.Replace(validateCampaign, `"name":"Night heron"`, `"x_a":null,"confidence":101`, 1)+",\n{}]")
	code, out, errs := remoteCommand(t, "", "validate", "-o", "sarif", file)
	var log struct {
		Version string
		Runs    []struct {
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &log); err != nil || code != 1 || errs != "" || log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("exit %d, %q, %v, stderr %q", code, out, err, errs)
	}
	run, lines := log.Runs[0], map[int]bool{}
	for _, r := range run.Results {
		if r.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" {
			t.Errorf("result %+v does not fit the rules %+v", r, run.Tool.Driver.Rules)
		}
		at := r.Locations[0].PhysicalLocation
		if at.ArtifactLocation.URI != "file://"+filepath.ToSlash(file) {
			t.Errorf("URI %q; want that of %s", at.ArtifactLocation.URI, file)
		}
		lines[at.Region.StartLine] = true
	}
	if len(run.Results) < 3 || !lines[1] || !lines[2] || len(lines) != 2 {
		t.Errorf("%d results in the lines %v; want some in the lines 1 and 2", len(run.Results), lines)
	}
}

// SARIF says which files could not be read and why, and of stdin too where a
// result is.
func TestValidateSARIFOfTheUnreadable(t *testing.T) {
	code, out, _ := remoteCommand(t, "{}", "validate", "-o", "sarif", "nobody.json", "-")
	var log struct {
		Runs []struct {
			Results     []struct{ Locations []sarifLocation }
			Invocations []sarifInvocation
		}
	}
	if err := json.Unmarshal([]byte(out), &log); err != nil || code != 1 || len(log.Runs) != 1 || len(log.Runs[0].Invocations) != 1 {
		t.Fatalf("exit %d, %q, %v", code, out, err)
	}
	run, result := log.Runs[0].Invocations[0], log.Runs[0].Results[0]
	if at := result.Locations[0].Physical; at.Artifact.URI != "stdin" || at.Region == nil || at.Region.StartLine != 1 {
		t.Errorf("a result of stdin is at %+v", at)
	}
	if run.Successful || len(run.Notifications) != 1 {
		t.Fatalf("the invocation is %+v; want a failure with one notification", run)
	}
	n := run.Notifications[0]
	if n.Level != "error" || n.Message.Text != "stat nobody.json: no such file or directory" || n.Locations[0].Physical.Artifact.URI != "nobody.json" {
		t.Errorf("the notification is %+v", n)
	}
}

// A report to a pipe that is closed is a failure.
func TestValidateCannotWrite(t *testing.T) {
	file := remoteFile(t, "a.json", validateCampaign)
	for _, format := range []string{"text", "json", "sarif"} {
		var errs bytes.Buffer
		code := Main(t.Context(), []string{"validate", "-o", format, file}, nil, brokenWriter{}, &errs)
		if code != 1 || !strings.Contains(errs.String(), "pipe closed") {
			t.Errorf("%s: exit %d, %q; want 1 and the reason", format, code, errs.String())
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, fmt.Errorf("pipe closed") }

// The README shows what accord validate says of the README's file.
func TestREADMEValidate(t *testing.T) {
	_, rest, _ := strings.Cut(readme(t), "cat > feed.json <<'END'\n")
	feed, rest, _ := strings.Cut(rest, "END\n")
	_, rest, _ = strings.Cut(rest, "```text\n")
	want, _, ok := strings.Cut(rest, "```\n")
	t.Chdir(t.TempDir())
	if err := os.WriteFile("feed.json", []byte(feed), 0o600); err != nil || !ok {
		t.Fatal(err, ok)
	}
	if code, out, errs := remoteCommand(t, "", "validate", "feed.json"); code != 1 || out != want || errs != "" {
		t.Errorf("exit %d, %q; the README shows\n%s\nand it is\n%s", code, errs, want, out)
	}
}

// What has neither an index nor a line nor an id is named by its file alone.
func TestValidateTextOfBlanks(t *testing.T) {
	var out, errs bytes.Buffer
	code := Main(t.Context(), []string{"validate", "-"}, endlessReader(" "), &out, &errs)
	if code != 1 || !strings.HasPrefix(out.String(), "-: refused\n  error LIMIT: 64 MiB ") {
		t.Errorf("endless blanks: exit %d, %q, %q", code, out.String(), errs.String())
	}
}
