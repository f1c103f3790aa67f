package server

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// shellBlock is a block of the README that is run here; those marked console
// are only shown.
var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestREADMECommands runs the commands of the README, one after the other in
// one shell, as a newcomer would. Only the port is another.
func TestREADMECommands(t *testing.T) {
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the README's commands need %s: %v", tool, err)
		}
	}
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	bin, home := t.TempDir(), t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "accord"), "./cmd/accord")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	script := "set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\n"
	for _, block := range shellBlock.FindAllStringSubmatch(readme(t), -1) {
		script += strings.ReplaceAll(block[1], "127.0.0.1:6100", address)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+home,
		"ACCORD_LISTEN="+address, "ACCORD_METRICS_LISTEN=off", "ACCORD_LOG_LEVEL=error")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"us-cn.yaml: good", `"rule":"PAT-SYN-4"`, `"success_count":1`, `"failure_count":1`, "refused in part", `"pattern":"[ipv4-addr:value = '198.51.100.7']"`, "in us-cn",
	} {
		if !strings.Contains(strings.ReplaceAll(string(out), `": `, `":`), strings.ReplaceAll(want, `": `, `":`)) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	pulled, err := os.ReadFile(filepath.Join(home, "new.ndjson"))
	if err != nil || strings.Count(string(pulled), "\n") != 1 {
		t.Errorf("accord pull wrote %q, %v; want the one object that was stored", pulled, err)
	}
}

// The table of the README has every key, and no other.
func TestREADMEConfiguration(t *testing.T) {
	text := readme(t)
	_, table, _ := strings.Cut(text, "| key | default |")
	table, _, _ = strings.Cut(table, "\n\n")
	keys := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(table, -1) {
		keys[m[1]] = true
	}
	cfg := Defaults()
	cfg.flags().VisitAll(func(f *pflag.Flag) {
		if !keys[key(f)] {
			t.Errorf("the README lacks the key %s", key(f))
		}
		delete(keys, key(f))
	})
	for key := range keys {
		t.Errorf("the README has the key %s, which is none", key)
	}
}
