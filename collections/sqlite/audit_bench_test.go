package sqlite

import (
	"fmt"
	"os"
	"testing"
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// BenchmarkRecordAccesses is a batch of 500 accesses made durable.
func BenchmarkRecordAccesses(b *testing.B) {
	s, err := Open(b.Context(), newPath(b), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	batch := accessBatch(500)
	for b.Loop() {
		if err := s.RecordAccesses(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch)), "ns/access")
}

// BenchmarkAccesses is a page of the newest 100 accesses of a kind, of which
// every hundredth is, among some and among many (P9).
func BenchmarkAccesses(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("accesses=%d", n), func(b *testing.B) {
			path := newPath(b)
			s, err := Open(b.Context(), path, Options{})
			if err != nil {
				b.Fatal(err)
			}
			for range n / 10_000 {
				batch := accessBatch(10_000)
				for i := range batch {
					if i%100 == 0 {
						batch[i].Action = collections.ActionDelete
					}
				}
				if err := s.RecordAccesses(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				got, err := s.Accesses(b.Context(), collections.AccessQuery{NewestFirst: true, Limit: 100,
					Wanted: func(k collections.AccessKind) bool { return k.Action == collections.ActionDelete }})
				if err != nil || len(got) != 100 {
					b.Fatalf("%d, %v", len(got), err)
				}
			}
			s.Close() // brings all of it into the file
			if info, err := os.Stat(path); err == nil {
				b.ReportMetric(float64(info.Size())/float64(n), "bytes/access")
			}
		})
	}
}

func accessBatch(n int) []collections.Access {
	batch := make([]collections.Access, n)
	for i := range batch {
		batch[i] = collections.Access{
			AccessKind: collections.AccessKind{Agreement: "us-cn", Collection: uuid.UUID{byte(i % 5)}, Alias: "activity", Party: "cert-us", Action: collections.ActionObjects},
			Time:       time.Now(), JTI: uuid.NewString(), Officer: "A. Officer", Remote: "192.0.2.1", RequestID: "E4NKJRM5ZS7XBJDQRPVQ4ZDXA", First: 1, Last: 1000, Count: 1000, Status: 200,
		}
	}
	return batch
}
