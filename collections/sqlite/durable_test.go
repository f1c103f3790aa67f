package sqlite

import "testing"

// P2: power loss takes nothing that was committed. No test can cut the power,
// and kill -9 leaves what the system has in its buffers; what saves a commit
// from both is that the writer syncs the log of each, so this holds it to that.
func TestCommitsAreSynced(t *testing.T) {
	s := openAt(t, newPath(t), Options{})
	const full = 2
	var synchronous int
	var journal string
	for query, into := range map[string]any{`PRAGMA synchronous`: &synchronous, `PRAGMA journal_mode`: &journal} {
		if _, err := s.writer.conn.one([]any{into}, query); err != nil {
			t.Fatal(err)
		}
	}
	if synchronous != full || journal != "wal" {
		t.Errorf("the writer has synchronous = %d in journal mode %s; want %d in wal", synchronous, journal, full)
	}
}
