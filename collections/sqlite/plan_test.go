package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// P9: no statement scans and none sorts. The statements are those that the
// connections have prepared when everything that a store does was done.
func TestPlans(t *testing.T) {
	s := openAt(t, newPath(t), Options{})
	doEverything(t, s)
	for _, text := range statements(s) {
		if once(text) {
			continue
		}
		steps := plan(t, s.writer.conn, text)
		t.Logf("%.200s\n\t%s", text, strings.Join(slices.Compact(steps), "\n\t"))
		for _, step := range steps {
			if scans(step) || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\nhas the step %s", text, step)
			}
		}
	}
}

// scans reports whether a step goes over a whole table. To go over the positions
// that a subquery has found is none, and the kinds of accesses are few.
func scans(step string) bool {
	return strings.HasPrefix(step, "SCAN ") && !strings.HasSuffix(step, "VALUES CLAUSE") && !strings.HasPrefix(step, "SCAN (subquery-") && step != "SCAN access_kinds"
}

// once says that a statement is run when the store is opened and never again.
func once(text string) bool {
	return strings.HasPrefix(text, "PRAGMA") || strings.Contains(text, "sqlite_schema")
}

func statements(s *Store) []string {
	texts := map[string]bool{}
	for text := range s.writer.conn.statements {
		texts[text] = true
	}
	for _, c := range s.readers.free {
		for text := range c.statements {
			texts[text] = true
		}
	}
	var list []string
	for text := range texts {
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

func plan(t *testing.T, c *conn, text string) (steps []string) {
	t.Helper()
	err := c.each(func(scan scan) (bool, error) {
		var id, parent, unused int
		var detail string
		err := scan(&id, &parent, &unused, &detail)
		steps = append(steps, detail)
		return true, err
	}, "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return steps
}

// doEverything uses a store in every way it has.
func doEverything(t *testing.T, s *Store) {
	t.Helper()
	ctx, log := t.Context(), uuid.New()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	entries := manyEntries(200, func(n int, e *collections.Entry) {
		e.Type, e.Rank, e.SpecVersion = fmt.Sprintf("x-%d", n%30), stix.TLP(n%5), []string{"2.0", "2.1"}[n/150]
	})
	for range 2 {
		status := collections.Status{ID: uuid.New(), Expires: s.now()}
		_, err := s.Append(ctx, log, func(ctx context.Context, st collections.State) (collections.Decision, error) {
			if _, err := st.Object(ctx, 1); err != nil {
				return collections.Decision{}, err
			}
			_, err := st.Follow(ctx, 0, 1)
			return collections.Decision{Entries: entries, Status: &status}, err
		})
		must(err)
		for _, clearance := range []stix.TLP{stix.Clear, stix.Red} {
			_, err = s.Last(ctx, log, clearance)
			must(err)
		}
		_, err = s.Status(ctx, status.ID)
		if err == nil {
			t.Error("the status has expired and is there")
		}
		for i := range entries {
			entries[i].Version = "2026-02-02T00:00:00Z"
		}
	}
	gone := entries[0]
	gone.Op, gone.Raw, gone.Removes = collections.OpDelete, nil, []int64{1}
	_, err := s.Append(ctx, log, deciding([]collections.Entry{gone}))
	must(err)

	seqs := make([]int64, 300)
	ids, types := make([]string, 100), make([]string, 30)
	for i := range seqs {
		seqs[i] = int64(i + 1)
	}
	for i := range ids {
		ids[i] = entries[i].ID
	}
	for i := range types {
		types[i] = fmt.Sprintf("x-%d", i)
	}
	for _, n := range []int{1, 4, 16, 64, 256} {
		_, err = s.Objects(ctx, log, seqs[:n])
		must(err)
		_, err = s.Manifest(ctx, log, seqs[:n])
		must(err)
		_, err = s.Versions(ctx, log, ids[:min(n, len(ids))])
		must(err)
	}
	_, err = s.Follow(ctx, log, 0, 10)
	must(err)
	for clearance := stix.Clear; clearance <= stix.Red; clearance += 2 {
		for _, types := range [][]string{nil, types[:1], types[:2], types} {
			for _, ids := range [][]string{nil, ids} {
				for _, f := range []collections.VersionFilter{{}, {First: true}, {All: true}, {All: true, SpecVersions: specs}} {
					_, err = s.Page(ctx, log, collections.Query{Clearance: clearance, Limit: 10, AddedAfter: s.now(), Types: types, IDs: ids, Versions: f})
					must(err)
					_, err = s.Page(ctx, log, collections.Query{Clearance: clearance, Limit: 10, Types: types, IDs: ids, Versions: f})
					must(err)
				}
			}
		}
	}
	doAccesses(t, s, log)
	must(s.Ready(ctx))
}

// doAccesses records accesses of many kinds and reads them in every way.
func doAccesses(t *testing.T, s *Store, log uuid.UUID) {
	t.Helper()
	var accesses []collections.Access
	for i := range 200 {
		accesses = append(accesses, collections.Access{AccessKind: collections.AccessKind{
			Agreement: "us-cn", Collection: log, Party: fmt.Sprintf("cert-%d", i), Action: collections.ActionObjects}})
	}
	if err := s.RecordAccesses(t.Context(), accesses); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{200, 199, 60, 4, 2, 1} {
		for _, newest := range []bool{true, false} {
			asked := 0
			got, err := s.Accesses(t.Context(), collections.AccessQuery{Limit: n, NewestFirst: newest,
				Wanted: func(collections.AccessKind) bool { asked++; return asked <= n }})
			if err != nil || len(got) != n {
				t.Errorf("accesses of %d kinds: %d, %v", n, len(got), err)
			}
		}
	}
	if _, err := s.ForgetAccesses(t.Context(), s.now(), 10); err != nil {
		t.Fatal(err)
	}
}

// manyEntries returns n entries of different objects.
func manyEntries(n int, vary func(n int, e *collections.Entry)) []collections.Entry {
	return (&entrySource{vary: vary}).next(n)
}
