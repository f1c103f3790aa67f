package mongo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/event"
)

// The figures are ratios to what the same engine does bare, in the same run.

const envelope = 1000

// newEntries returns indicators of 790 bytes with random ids.
func newEntries(n int) []collections.Entry {
	entries := make([]collections.Entry, n)
	for i := range entries {
		id := "indicator--" + uuid.NewString()
		raw := fmt.Appendf(nil, `{"type":"indicator","spec_version":"2.1","id":%q,"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","pattern":"[ipv4-addr:value = '198.51.100.%d']","description":"`, id, i%256)
		raw = append(raw, strings.Repeat("x", 790-2-len(raw))+`"}`...)
		entries[i] = collections.Entry{
			Op: collections.OpAdd, ID: id, Type: "indicator", SpecVersion: "2.1", Version: "2026-01-01T00:00:00.000Z",
			Raw: raw, Hash: sha256.Sum256(raw), Seed: [16]byte{1}, Poster: collections.Poster{Party: "cert-us", Unit: "cert", JTI: "jti"},
		}
	}
	return entries
}

// lookingUp looks the ids up, as a push does, and appends.
func lookingUp(entries []collections.Entry) collections.Decide {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	return func(ctx context.Context, s collections.State) (collections.Decision, error) {
		_, err := s.Versions(ctx, ids)
		return collections.Decision{Entries: entries}, err
	}
}

func openBench(b *testing.B, uri string, o Options) *Store {
	b.Helper()
	s, err := Open(b.Context(), uri, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkInsertMany is the yardstick: the documents of an envelope, inserted in
// order, with the same concerns.
func BenchmarkInsertMany(b *testing.B) {
	s := openBench(b, database(b, b.TempDir()), Options{})
	var took time.Duration
	for n := range b.N {
		docs := make([]recordDoc, envelope)
		for i, e := range newEntries(envelope) {
			r := collections.Record{Entry: e, Sequence: int64(n*envelope + i + 1), DateAdded: time.Now(), Leaves: [][32]byte{{1}}}
			docs[i], _ = docOf(&r, 1, markOf(r.Sequence, 5))
			docs[i].Token = make([]byte, 12)
		}
		began := time.Now()
		if _, err := s.records.InsertMany(b.Context(), docs); err != nil {
			b.Fatal(err)
		}
		took += time.Since(began)
	}
	b.ReportMetric(float64(b.N*envelope)/took.Seconds(), "objects/s")
}

// BenchmarkPush: servers that push envelopes of new objects into one collection.
func BenchmarkPush(b *testing.B) {
	for _, servers := range []int{1, 3} {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			uri, log := database(b, b.TempDir()), uuid.New()
			took := make([][]time.Duration, servers)
			stores := make([]*Store, servers)
			decisions := make([][]collections.Decide, servers)
			for i := range stores {
				stores[i] = openBench(b, uri, Options{})
				for range b.N {
					decisions[i] = append(decisions[i], lookingUp(newEntries(envelope)))
				}
			}
			var all sync.WaitGroup
			b.ResetTimer()
			for i, s := range stores {
				all.Go(func() {
					for _, d := range decisions[i] {
						began := time.Now()
						if _, err := s.Append(b.Context(), log, d); err != nil {
							b.Error(err)
						}
						took[i] = append(took[i], time.Since(began))
					}
				})
			}
			all.Wait()
			b.StopTimer()
			b.ReportMetric(float64(servers*b.N*envelope)/b.Elapsed().Seconds(), "objects/s")
			var p99s []time.Duration
			for i := range took {
				p99s = append(p99s, quantile(took[i], 0.99))
			}
			b.ReportMetric(float64(slices.Max(p99s))/float64(slices.Min(p99s)), "p99-ratio")
			b.ReportMetric(slices.Max(p99s).Seconds()*1000, "p99-ms")
		})
	}
}

func quantile(d []time.Duration, q float64) time.Duration {
	slices.Sort(d)
	return d[min(len(d)-1, int(q*float64(len(d))))]
}

// BenchmarkSmallAppends: pushers of one object at a time on one server.
func BenchmarkSmallAppends(b *testing.B) {
	for _, pushers := range []int{1, 12} {
		b.Run(fmt.Sprintf("pushers=%d", pushers), func(b *testing.B) {
			s, log := openBench(b, database(b, b.TempDir()), Options{}), uuid.New()
			var left atomic.Int64
			left.Store(int64(b.N))
			var all sync.WaitGroup
			for range pushers {
				all.Go(func() {
					for left.Add(-1) >= 0 {
						if _, err := s.Append(b.Context(), log, lookingUp(newEntries(1))); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}

// BenchmarkPage: a page of 100 from the middle of 20,000, as a poll asks for it: a look
// at the world and the page with its objects.
func BenchmarkPage(b *testing.B) {
	var trips atomic.Int64
	s := openBench(b, database(b, b.TempDir()), Options{commands: &event.CommandMonitor{
		Started: func(context.Context, *event.CommandStartedEvent) { trips.Add(1) },
	}})
	log := uuid.New()
	const records = 20_000
	for range records / envelope {
		if _, err := s.Append(b.Context(), log, lookingUp(newEntries(envelope))); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("middle", func(b *testing.B) {
		var took []time.Duration
		trips.Store(0)
		for b.Loop() {
			began := time.Now()
			now, err := s.Last(b.Context(), log, stix.Red)
			if err != nil {
				b.Fatal(err)
			}
			p, err := s.Page(b.Context(), log, collections.Query{Clearance: stix.Red, After: records / 2, Limit: 100, Objects: 100, Horizon: now.Horizon})
			if err != nil || len(p.Objects) != 100 {
				b.Fatal(len(p.Objects), err)
			}
			took = append(took, time.Since(began))
		}
		b.ReportMetric(float64(trips.Load())/float64(len(took)), "round-trips/page")
		b.ReportMetric(quantile(took, 0.5).Seconds()*1000, "p50-ms")
		b.ReportMetric(quantile(took, 0.99).Seconds()*1000, "p99-ms")
	})
	b.Run("object", func(b *testing.B) {
		p, err := s.Page(b.Context(), log, collections.Query{Limit: 1, After: records / 2})
		if err != nil {
			b.Fatal(err)
		}
		versions, err := s.Manifest(b.Context(), log, p.Sequences)
		if err != nil {
			b.Fatal(err)
		}
		trips.Store(0)
		looks := 0
		for b.Loop() {
			found, err := s.Versions(b.Context(), log, []string{versions[0].ID})
			if err != nil || len(found) != 1 {
				b.Fatal(found, err)
			}
			looks++
		}
		b.ReportMetric(float64(trips.Load())/float64(looks), "round-trips/look-up")
	})
}
