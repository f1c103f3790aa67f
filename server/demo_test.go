package server

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What scripts rely on (DESIGN, "Surfaces"): the base URL comes first on stdout
// and alone, the first token after it can read, and what the user gave is there
// besides. When it is told to end it leaves nothing behind.
func TestDemo(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	mine := filepath.Join(t.TempDir(), "mine.json")
	if err := os.WriteFile(mine, []byte(`{"type":"bundle","objects":[`+lateIdentity+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	code := make(chan int, 1)
	log := &logBuffer{}
	go func() {
		code <- Main(ctx, []string{"demo", mine}, nil, stdout, log)
		stdout.Close()
	}()
	lines := bufio.NewScanner(out)
	lines.Scan()
	url := lines.Text()
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+$`).MatchString(url) {
		t.Fatalf("the first line is %q; want the base URL (log: %s)", url, log)
	}
	var rest strings.Builder
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Ctrl-C") {
		rest.WriteString(lines.Text() + "\n")
	}
	tokens := regexp.MustCompile(`eyJ[\w.-]+`).FindAllString(rest.String(), -1)
	if len(tokens) < 3 {
		t.Fatalf("the demo printed %d tokens; want at least 3:\n%s", len(tokens), &rest)
	}
	if found := regexp.MustCompile(`https?://[^/']*`).FindAllString(rest.String(), -1); len(found) == 0 || strings.Join(found, "") != strings.Repeat(url, len(found)) {
		t.Errorf("the demo names the addresses %q; want only %s", found, url)
	}
	for _, tc := range []struct{ token, path, want string }{
		{tokens[0], "/taxii2/us-cn/collections/activity-from-cn/objects/?match[type]=report", "涡轮机"},
		{tokens[0], "/taxii2/us-cn/collections/activity-from-us/objects/?match[type]=sighting&limit=1", `"more":true`},
		{tokens[0], "/taxii2/energy-circle/collections/shared/objects/?match[id]=identity--8c6af861-7b20-41ef-9b59-6344fd872a8f", "late"},
	} {
		if status, body := get(t, url+tc.path, tc.token); status != http.StatusOK || !strings.Contains(body, tc.want) {
			t.Errorf("GET %s = %d %.300s; want 200 with %q", tc.path, status, body, tc.want)
		}
	}
	// P5: the circle is hidden from who is no party of it.
	if status, _ := get(t, url+"/taxii2/energy-circle/", tokens[1]); status != http.StatusNotFound {
		t.Errorf("energy-circle for cert-cn = %d; want 404", status)
	}
	end()
	io.Copy(io.Discard, out)
	if c := <-code; c != exitDone {
		t.Errorf("exit code %d; want 0 (log: %s)", c, log)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("the demo left %v behind, %v", left, err)
	}
}
