package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkServe shows what a whole server costs: objects a second through
// HTTP, validation and store, with four pushers of envelopes of 1,000; the
// largest resident memory while it holds them and takes one push of 64 MiB;
// and how long it takes to answer when started on them. ACCORD_BENCH_OBJECTS
// says how many objects, 1,000,000 when absent. It runs once.
func BenchmarkServe(b *testing.B) {
	n := objectsWanted(b)
	dir, token := newData(b)
	s := start(b, dir, token)

	ends := min(n/3, 100_000)
	first := pushAll(s, 0, ends)
	middle := pushAll(s, ends, n-ends)
	last := pushAll(s, n-ends, n)
	b.ReportMetric(float64(n)/(first+middle+last).Seconds(), "objects/s")
	b.ReportMetric(float64(ends)/first.Seconds(), "first100k/s")
	b.ReportMetric(float64(ends)/last.Seconds(), "last100k/s")
	b.ReportMetric(s.memory("VmHWM"), "peak-MB")

	s.kill()
	began := time.Now()
	s = start(b, dir, token)
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "start-ms")

	// One push of nearly 64 MiB, of objects that the store has not seen.
	var body strings.Builder
	body.WriteString(`{"objects":[`)
	for i := n; body.Len() < 64<<20-2000; i++ {
		if i > n {
			body.WriteByte(',')
		}
		body.WriteString(indicator(i))
	}
	body.WriteString(`]}`)
	began = time.Now()
	code, _, answer, err := s.do(http.MethodPost, objectsPath, strings.NewReader(body.String()))
	if err != nil || code != http.StatusAccepted {
		b.Fatalf("push of %d bytes: %d %.200s %v", body.Len(), code, answer, err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "64MiB-s")
	if e, _, ok := s.get(objectsPath + "?limit=10000"); !ok || len(e.Objects) != min(n, 10000) {
		b.Fatalf("a page of 10,000 has %d objects", len(e.Objects))
	}
	b.ReportMetric(s.memory("VmHWM"), "peak-push-MB")
	b.ReportMetric(0, "ns/op")
}

func objectsWanted(b *testing.B) int {
	n := 1_000_000
	if text := os.Getenv("ACCORD_BENCH_OBJECTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatalf("ACCORD_BENCH_OBJECTS: %v", err)
		}
	}
	return n
}

// pushAll pushes the objects [from, to) in envelopes of 1,000, by four clients,
// and says how long that took.
func pushAll(s *server, from, to int) time.Duration {
	began := time.Now()
	var next atomic.Int64
	next.Store(int64(from))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				from := int(next.Add(1000)) - 1000
				if from >= to {
					return
				}
				var objects []string
				for i := from; i < min(from+1000, to); i++ {
					objects = append(objects, indicator(i))
				}
				if st, ok := s.push(objects...); !ok || len(st.Successes) != len(objects) {
					s.Errorf("push from %d: %v, %d successes, %.3v", from, ok, len(st.Successes), st.Failures)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// memory reads a figure of the server's process, in MB.
func (s *server) memory(name string) float64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.Skip("skipped: memory is read from /proc, which is not here")
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == name+":" {
			kB, _ := strconv.ParseFloat(fields[1], 64)
			return kB / 1000
		}
	}
	s.Fatalf("no %s in /proc", name)
	return 0
}
