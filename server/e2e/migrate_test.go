package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/collections/mongo/mongotest"
)

// P1, P2, P3, P8: a store is moved to the other kind and within its kind, with the
// command killed again and again. Until it has ended nobody can open the target;
// afterwards the token, the next and the status of before are good, and whoever goes on
// misses nothing and gets nothing twice.
func TestMigrate(t *testing.T) {
	file := func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "moved.db") }
	database := func(t *testing.T) string { return mongotest.Database(t) }
	for _, tc := range []struct {
		name     string
		from, to func(*testing.T) string
	}{
		{"file to file", file, file}, {"file to database", file, database}, {"database to file", database, file},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := &move{T: t, dir: filepath.Join(t.TempDir(), "data"), from: tc.from(t), to: tc.to(t)}
			m.fill()
			m.finished(m.kill())
			m.goOn()
		})
	}
}

// A move is of a store with some thousand objects, of which a poller has the first.
type move struct {
	*testing.T
	dir, from, to string
	token, next   string
	seen, all     []string // ids
	status        status
	deleted       string
	whole         bool // before the last command
}

func (m *move) fill() {
	m.Helper()
	databases.Store(m.dir, m.from)
	m.token = prepare(m, m.dir)
	s := start(m, m.dir, m.token)
	for n := range 6 {
		var objects []string
		for i := range 1000 {
			objects = append(objects, indicator(1000*n+i))
		}
		m.status, _ = s.push(objects...)
		for _, o := range objects {
			m.all = append(m.all, idOf(m, json.RawMessage(o)))
		}
	}
	m.deleted = m.all[2500]
	m.all = slices.Delete(m.all, 2500, 2501)
	if code, _, answer, err := s.do("DELETE", objectsPath+m.deleted+"/", nil); err != nil || code != 200 {
		m.Fatalf("the delete is answered %d %s, %v", code, answer, err)
	}
	page, _, ok := s.get(objectsPath + "?limit=1500")
	if !ok || page.Next == "" || m.status.ID == "" {
		m.Fatalf("no first page, or no status: %+v", m.status)
	}
	m.next = page.Next
	m.see(page)
	s.kill()
}

func (m *move) see(e envelope) {
	for _, raw := range e.Objects {
		m.seen = append(m.seen, idOf(m, raw))
	}
}

func (m *move) command() *exec.Cmd {
	cmd := exec.Command(binary, "store", "migrate", "-o", "json")
	cmd.Env = append(cmd.Environ(), "ACCORD_FROM="+m.from, "ACCORD_TO="+m.to)
	return cmd
}

// kill kills the command later and later, until one ends before, and returns what that
// one reports. It looks each time whether the target is refused.
func (m *move) kill() []byte {
	for after, halves := 5*time.Millisecond, 0; ; after = after*3/2 + 5*time.Millisecond {
		cmd := m.command()
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Start(); err != nil {
			m.Fatal(err)
		}
		timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
		err := cmd.Wait()
		if timer.Stop(); err == nil {
			m.Logf("killed in the middle %d times; the last one ended within %s", halves, after)
			if halves < 3 {
				m.Error("that was not often")
			}
			return stdout.Bytes()
		}
		if err.Error() != "signal: killed" {
			m.Fatalf("the move ends: %v\n%s", err, &stderr)
		}
		if m.refused() {
			halves++
		}
	}
}

// refused reports whether half of a store is in the target, which no command then opens;
// else nothing is there yet, or all, of which then nothing may be left to be copied.
func (m *move) refused() bool {
	m.Helper()
	for _, args := range [][]string{{"token", "list"}, {"store", "check", "--repair"}, {"serve", "--listen", "127.0.0.1:0"}} {
		out, err := exec.Command(binary, append(args, "--data", m.dir, "--store", m.to)...).CombinedOutput()
		if strings.Contains(string(out), "there is no store") {
			return false
		}
		if m.whole = m.whole || err == nil && args[0] == "token"; m.whole {
			return false
		}
		if err == nil || !strings.Contains(string(out), "half of a store") {
			m.Fatalf("accord %v on half of a store: %v\n%s", args, err, out)
		}
	}
	return true
}

// finished checks what the command reports in the end.
func (m *move) finished(out []byte) {
	m.Helper()
	var report struct {
		Logs []struct {
			Name            string
			Records, Copied int64
		}
		Records, Statuses, Accesses, Faults int64
	}
	if err := json.Unmarshal(out, &report); err != nil {
		m.Fatalf("%v: %s", err, out)
	}
	copied := int64(0)
	for _, l := range report.Logs {
		if copied += l.Copied; l.Name == "us-cn/c" && l.Records != 6001 {
			m.Errorf("%d records of us-cn/c were moved; want 6001", l.Records)
		}
	}
	if len(report.Logs) != 2 || report.Statuses != 6 || report.Accesses == 0 || report.Faults != 0 || copied >= report.Records {
		m.Errorf("the report of a move that was begun before: %s", out)
	}
	if m.whole && copied > 0 {
		m.Errorf("commands had opened the target, and then %d records were copied", copied)
	}
	if out, err := m.command().CombinedOutput(); err != nil || strings.Count(string(out), `"copied": 0`) != 2 {
		m.Errorf("moved once more: %v, %s", err, out)
	}
}

// goOn serves the target in place of the source.
func (m *move) goOn() {
	m.Helper()
	if out := accordOn(m, m.dir, "store", "check"); !strings.Contains(out, "sound") {
		m.Errorf("check of the source: %s", out)
	}
	databases.Store(m.dir, m.to)
	s := start(m, m.dir, m.token)
	code, _, answer, err := s.do("GET", rootPath+"status/"+m.status.ID+"/", nil)
	if err != nil || code != 200 || string(answer) != m.status.raw {
		m.Errorf("the status of before the move is answered %d %.200s, %v; want %.200s", code, answer, err, m.status.raw)
	}
	added, ok := s.push(indicator(1_000_000), indicator(0))
	if !ok || len(added.Successes) != 2 {
		m.Errorf("a push after the move: %+v", added)
	}
	m.all = append(m.all, idOf(m, json.RawMessage(indicator(1_000_000))))
	for next := m.next; next != ""; {
		page, _, ok := s.get(objectsPath + "?limit=1300&next=" + next)
		if !ok {
			m.Fatalf("the next %s of before the move is refused", next)
		}
		m.see(page)
		next = page.Next
	}
	if !slices.Equal(m.seen, m.all) {
		m.Errorf("the poller has %d objects; want %d, each once and in order", len(m.seen), len(m.all))
	}
	if code, _, _, err := s.do("GET", objectsPath+m.deleted+"/", nil); err != nil || code != 404 {
		m.Errorf("the object that was deleted is answered %d, %v", code, err)
	}
	if out := accordOn(m, m.dir, "store", "check"); !strings.Contains(out, "sound") {
		m.Errorf("check beside the server: %s", out)
	}
	if out, err := m.command().CombinedOutput(); err == nil {
		m.Errorf("a move into a store that is served: %s", out)
	}
	s.kill()
}
