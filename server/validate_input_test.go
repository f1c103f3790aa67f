package server

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"accord/stix"
)

// remotePipe makes a named pipe.
func remotePipe(t *testing.T) string {
	t.Helper()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	return pipe
}

// A signal ends the program at once, though nobody writes to its stdin.
func TestValidateEndsOnSignal(t *testing.T) {
	cmd := exec.Command("accord", "validate", "-")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	// What no pipe holds is written once the program reads it.
	if _, err := stdin.Write(bytes.Repeat([]byte(" "), 4<<20)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Second, func() { stdin.Close() })
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 1 || errs.String() != "accord: terminated signal received\n" {
		t.Errorf("%v, exit %d, %q; want 1 and the signal", err, code, errs.String())
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// The end of its context ends a validation at whatever it is, without a report.
func TestValidateEndsWithItsContext(t *testing.T) {
	silent, writer := io.Pipe()
	defer writer.Close()
	ended, end := context.WithCancel(t.Context())
	end()
	for name, tc := range map[string]struct {
		ctx  context.Context
		file string
	}{
		"stdin that nobody writes":           {nil, "-"},
		"a pipe that nobody opens":           {nil, remotePipe(t)},
		"a file, and it has ended before it": {ended, remoteFile(t, "a.json", validateCampaign)},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := tc.ctx, func() {}
			if ctx == nil {
				ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
			}
			defer cancel()
			var out, errs bytes.Buffer
			code := make(chan int)
			go func() { code <- Main(ctx, []string{"validate", tc.file}, silent, &out, &errs) }()
			select {
			case code := <-code:
				if code != 1 || out.Len() > 0 || errs.String() != "accord: "+context.Cause(ctx).Error()+"\n" {
					t.Errorf("exit %d, %q, %q; want 1 and why it ended", code, out.String(), errs.String())
				}
			case <-time.After(10 * time.Second):
				t.Fatal("it has not ended after 10 s")
			}
		})
	}
}

// What can be read only once is kept up to a limit, whose error names the way out.
func TestValidateKeepsSoMuch(t *testing.T) {
	for room, want := range map[int64]string{
		1 << 20: "-: there are more than 4 GiB, the most that is kept of what can be read only once; write it to a file and name that",
		2 << 20: "",
	} {
		in := newValidateInput("-", strings.NewReader(strings.Repeat(validateCampaign+"\n", 6_000))) // 1.2 MB
		in.kept.room = room
		in.learn(t.Context(), &stix.Definitions{}, nil)
		if got := errorText(in.err); got != want {
			t.Errorf("with room for %d bytes: %q; want %q", room, got, want)
		}
		if in.kept.Size() > room {
			t.Errorf("%d bytes are kept where %d are allowed", in.kept.Size(), room)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// What can be read only once is named once, under whatever name.
func TestValidateNamedTwice(t *testing.T) {
	pipe, file := remotePipe(t), remoteFile(t, "a.json", validateCampaign)
	again := pipe + "-again"
	if err := os.Link(pipe, again); err != nil {
		t.Skip("no links here: ", err)
	}
	for _, tc := range []struct {
		files []string
		code  int
		want  string
	}{
		{[]string{"-", file, "-"}, 2, "accord: - stands there twice, and it can be read only once\n"},
		{[]string{pipe, file, pipe}, 2, pipe + " stands there twice"},
		{[]string{pipe, again}, 2, again + " are the same"},
		{[]string{"-", "/dev/stdin"}, 2, "- and /dev/stdin are the same"},
		{[]string{file, file}, 0, ""},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, "accord", append([]string{"validate"}, tc.files...)...)
		cmd.Stdin = io.MultiReader(strings.NewReader(validateCampaign)) // through a pipe
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != tc.code || !strings.Contains(errs.String(), tc.want) {
			t.Errorf("%q: exit %d, %q; want %d, %q", tc.files, code, errs.String(), tc.code, tc.want)
		}
	}
}

// A schema of one's own is a regular file, no larger than in an agreement.
func TestValidateOwnIsAFile(t *testing.T) {
	file := remoteFile(t, "a.json", validateCampaign)
	for schema, want := range map[string]string{
		"/dev/zero":   "/dev/zero: this is no file",
		remotePipe(t): "pipe: this is no file",
		t.TempDir():   ": this is no file",
		"nobody.json": "--own campaign=nobody.json: no such file or directory",
		remoteFile(t, "long.json", strings.Repeat(" ", 1<<20)+"{}"): "long.json: the schema has more than 1048576 bytes",
	} {
		code, out, errs := remoteCommand(t, "", "validate", "--own", "campaign="+schema, file)
		if code != 2 || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %q, %q; want 2 and %q", schema, code, out, errs, want)
		}
	}
}

// No name reaches the terminal as it is, nor begins a line of its own.
func TestValidateNamesArePrintable(t *testing.T) {
	const hostile = "no\x1b[31m\u009b\u202e\xff\nbody.json"
	good := remoteFile(t, "a.json", validateCampaign)
	broken := filepath.Join(t.TempDir(), hostile)
	if err := os.WriteFile(broken, []byte("\x1f\x8bxxxxxxxxxxxxxxx"), 0o600); err != nil {
		t.Skip("no such names here: ", err)
	}
	folder := filepath.Join(t.TempDir(), hostile)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"validate", hostile},
		{"validate", broken},
		{"validate", folder},
		{"validate", "--own", hostile, good},
		{"validate", "--own", "campaign=" + hostile, good},
		{"validate", "--profile", hostile, good},
		{"validate", "--explain", hostile},
		{"push", "--collection", "us-cn/shared", hostile},
		{"push", "--collection", "us-cn/shared", folder},
	} {
		code, _, errs := remoteCommand(t, "", args...)
		if code == 0 || !strings.Contains(errs, "body.json") || strings.ContainsAny(errs, "\x1b\u009b\u202e") || strings.Contains(errs, "\xff") || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d, %q; want one line without control characters", args, code, errs)
		}
	}
	if _, _, errs := remoteCommand(t, "", "validate", "--\x1b[31m"); strings.Contains(errs, "\x1b") || errs == "" {
		t.Errorf("a flag: %q", errs)
	}
}

// change gives a file other content, or removes it.
func change(file, content string) error {
	if content == "" {
		return os.Remove(file)
	}
	return os.WriteFile(file, []byte(content), 0o600)
}

// A file that changes between the two readings is judged as it is in the second.
func TestValidateOfAChangedFile(t *testing.T) {
	for name, tc := range map[string]struct{ before, after, want string }{
		"it shrinks": {strings.Repeat(validateCampaign, 3), validateCampaign, "2 objects: 2 accepted"},
		"it grows":   {validateCampaign, strings.Repeat(validateCampaign, 3), "4 objects: 4 accepted"},
		"it breaks":  {validateCampaign, validateCampaign[:40], "2 objects: 1 accepted, 1 refused"},
		"it is gone": {validateCampaign, "", "1 object: 1 accepted"},
	} {
		file := remoteFile(t, "a.json", tc.before)
		// The second file is a pipe that is opened in the first reading, behind it.
		pipe := remotePipe(t)
		go func() {
			w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
			if err != nil {
				t.Error(err)
				return
			}
			defer w.Close()
			if _, err := w.WriteString(validateCampaign); err != nil {
				t.Error(err)
			}
			if err := change(file, tc.after); err != nil {
				t.Error(err)
			}
		}()
		if _, out, _ := remoteCommand(t, "", "validate", file, pipe); !strings.Contains(out, tc.want) {
			t.Errorf("%s: %q; want %q", name, out, tc.want)
		}
	}
}
