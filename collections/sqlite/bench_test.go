package sqlite

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// benchObjects is the size of the store in BenchmarkAppend, BenchmarkBareLoop
// and the larger half of BenchmarkPage; ACCORD_BENCH_OBJECTS=1000000 is what
// the targets are about.
func benchObjects(b *testing.B) int {
	text := os.Getenv("ACCORD_BENCH_OBJECTS")
	if text == "" {
		return 200_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

var benchLog = uuid.MustParse("6f3f5a51-0000-4000-8000-000000000001")

// An entrySource makes indicators of 790 bytes with random ids.
type entrySource struct {
	n    int
	vary func(n int, e *collections.Entry) // may be nil
}

func (s *entrySource) next(n int) []collections.Entry {
	entries := make([]collections.Entry, n)
	for i := range entries {
		id := "indicator--" + uuid.NewString()
		raw := fmt.Appendf(nil, `{"type":"indicator","spec_version":"2.1","id":%q,"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","pattern":"[ipv4-addr:value = '198.51.100.%d']","description":"`, id, s.n%256)
		raw = append(raw, strings.Repeat("x", 790-2-len(raw))+`"}`...)
		entries[i] = collections.Entry{
			Op: collections.OpAdd, ID: id, Type: "indicator", SpecVersion: "2.1", Version: "2026-01-01T00:00:00.000Z",
			Raw: raw, Hash: sha256.Sum256(raw), Seed: [16]byte{1}, Poster: collections.Poster{Party: "cert-us", Unit: "cert", JTI: "jti"},
		}
		if s.vary != nil {
			s.vary(s.n, &entries[i])
		}
		s.n++
	}
	return entries
}

// deciding looks the ids up, as a push does, and appends.
func deciding(entries []collections.Entry) collections.Decide {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	return func(ctx context.Context, s collections.State) (collections.Decision, error) {
		_, err := s.Versions(ctx, ids)
		return collections.Decision{Entries: entries}, err
	}
}

func openBench(b *testing.B) *Store {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "accord.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// A pace measures objects a second, in all and for the first and last 100,000.
type pace struct {
	batches []time.Duration
}

const batch = 1000

func (p *pace) time(f func()) {
	start := time.Now()
	f()
	p.batches = append(p.batches, time.Since(start))
}

func (p *pace) report(b *testing.B) {
	n := len(p.batches)
	for unit, part := range map[string][]time.Duration{
		"objects/s": p.batches, "first100k/s": p.batches[:min(n, 100)], "last100k/s": p.batches[max(0, n-100):],
	} {
		var sum time.Duration
		for _, d := range part {
			sum += d
		}
		b.ReportMetric(float64(len(part)*batch)/sum.Seconds(), unit)
	}
}

// BenchmarkAppend: one writer, envelopes of 1,000 objects of 790 bytes.
func BenchmarkAppend(b *testing.B) {
	var p pace
	for b.Loop() {
		s, src := openBench(b), entrySource{}
		for range benchObjects(b) / batch {
			entries := src.next(batch)
			p.time(func() {
				if _, err := s.Append(b.Context(), benchLog, deciding(entries)); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
	p.report(b)
}

// BenchmarkBareLoop is what BenchmarkAppend is compared with: a prepared
// statement inserts the same objects into the same tables, in transactions of
// 1,000, and does nothing else: it looks for no earlier versions and hashes no
// leaves.
func BenchmarkBareLoop(b *testing.B) {
	var p pace
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "accord.db")
		f, err := newFile(path)
		if err != nil {
			b.Fatal(err)
		}
		c, err := f.open(b.Context(), writerPragmas)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.prepareFile(b.Context(), f); err != nil {
			b.Fatal(err)
		}
		src := entrySource{}
		stmt, err := c.prepare(insertRecord)
		if err != nil {
			b.Fatal(err)
		}
		for i := range benchObjects(b) / batch {
			rows := make([]row, batch)
			for j, e := range src.next(batch) {
				n := int64(i*batch + j + 1)
				rows[j] = row{
					Record: &collections.Record{Entry: e, Sequence: n, DateAdded: date(n), Leaves: make([][32]byte, 1)},
					class:  classOf(stix.Clear, collections.NoneNewer), c: 1, number: 1, poster: 1,
				}
			}
			p.time(func() {
				c.control("BEGIN IMMEDIATE")
				for _, r := range rows {
					if _, err := stmt.Exec(r.args()...); err != nil {
						b.Fatal(err)
					}
				}
				if err := c.control("COMMIT"); err != nil {
					b.Fatal(err)
				}
			})
		}
		c.close()
	}
	p.report(b)
}

// BenchmarkSmallAppends: 50 clients, one object each time.
func BenchmarkSmallAppends(b *testing.B) {
	for _, clients := range []int{1, 50} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			s := openBench(b)
			entries := (&entrySource{}).next(b.N)
			var wg sync.WaitGroup
			next := make(chan collections.Entry)
			for range clients {
				wg.Go(func() {
					for e := range next {
						if _, err := s.Append(b.Context(), benchLog, deciding([]collections.Entry{e})); err != nil {
							b.Error(err)
						}
					}
				})
			}
			before := s.writer.commits.Load()
			b.ResetTimer()
			for _, e := range entries {
				next <- e
			}
			close(next)
			wg.Wait()
			b.ReportMetric(float64(b.N)/float64(s.writer.commits.Load()-before), "objects/commit")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}

// BenchmarkPage: pages of 100 from the start, the middle and the end. Of the
// records, 1 in 10,000 is of a rare type, 1 in 1,000 is clear in a log where
// the rest is amber, and 1 in 10 supersedes an earlier one.
func BenchmarkPage(b *testing.B) {
	for _, n := range []int{10_000, benchObjects(b)} {
		var s *Store
		rare := uuid.MustParse("6f3f5a51-0000-4000-8000-000000000002")
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			if s == nil {
				s = openBench(b)
				fill(b, s, benchLog, n, func(i int, e *collections.Entry) {
					e.Rank = stix.TLP(i % 3)
					if i%10_000 == 5000 {
						e.Type = "report"
					}
				})
				fill(b, s, rare, n, func(i int, e *collections.Entry) {
					if e.Rank = stix.Amber; i%1000 == 500 {
						e.Rank = stix.Clear
					}
				})
			}
			all := collections.VersionFilter{All: true}
			for _, tc := range []struct {
				name string
				log  uuid.UUID
				q    collections.Query
			}{
				{"latest", benchLog, collections.Query{Clearance: stix.Red}},
				{"all", benchLog, collections.Query{Clearance: stix.Red, Versions: all}},
				{"latest,type", benchLog, collections.Query{Clearance: stix.Red, Types: []string{"indicator"}}},
				{"all,type", benchLog, collections.Query{Clearance: stix.Red, Types: []string{"indicator"}, Versions: all}},
				{"first", benchLog, collections.Query{Clearance: stix.Red, Versions: collections.VersionFilter{First: true}}},
				{"rare-type", benchLog, collections.Query{Clearance: stix.Red, Types: []string{"report"}}},
				{"rare-rank", rare, collections.Query{Clearance: stix.Clear}},
			} {
				for i, place := range []string{"start", "middle", "end"} {
					tc.q.Limit, tc.q.After = 100, int64(i*(n/2-100))
					b.Run(tc.name+"/"+place, func(b *testing.B) {
						for b.Loop() {
							if _, err := s.Page(b.Context(), tc.log, tc.q); err != nil {
								b.Fatal(err)
							}
						}
					})
				}
			}
			seqs := make([]int64, 100)
			for i := range seqs {
				seqs[i] = int64(n/2 + i)
			}
			b.Run("objects", func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Objects(b.Context(), benchLog, seqs); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("manifest", func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Manifest(b.Context(), benchLog, seqs); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func fill(b *testing.B, s *Store, log uuid.UUID, n int, vary func(int, *collections.Entry)) {
	src := entrySource{vary: vary}
	var old []collections.Entry
	for range n / batch {
		entries := src.next(batch)
		for i, e := range old {
			entries[10*i].ID, entries[10*i].Version, entries[10*i].Type = e.ID, "2026-01-02T00:00:00.000Z", e.Type
		}
		old = entries[1 : 1+batch/10]
		if _, err := s.Append(b.Context(), log, deciding(entries)); err != nil {
			b.Fatal(err)
		}
	}
}
