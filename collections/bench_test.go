package collections_test

import (
	"fmt"
	"testing"

	"accord/collections"
	"accord/schemas"
	"accord/stix"

	"github.com/google/uuid"
)

// An indifferent validator accepts whatever can be read: what a push costs
// without schemas.
type indifferent struct{}

func (i indifferent) Judge(string, map[string][]byte) (stix.Judge, error) { return i, nil }

func (indifferent) Validate(stix.Object, func(stix.ID) []byte) stix.Verdict {
	return stix.Verdict{Accepted: true}
}

func (indifferent) Rules() [32]byte { return [32]byte{} }

// BenchmarkPush pushes new indicators of 790 bytes, 20,000 at once, with and
// without judging them: judging goes on while earlier ones are written.
func BenchmarkPush(b *testing.B) {
	const objects = 20_000
	for _, bc := range []struct {
		name      string
		validator collections.Validator
	}{{"judged", schemas.New()}, {"unjudged", indifferent{}}} {
		b.Run(bc.name, func(b *testing.B) {
			w := newWorld(b)
			w.service.Validator = bc.validator
			view := w.view(w.as("cert-us", "write:*/*"), "curated")
			n := 0
			for b.Loop() {
				b.StopTimer()
				batch := make(posted, objects)
				for i := range batch {
					batch[i] = indicator790()
				}
				b.StartTimer()
				pushed, err := view.Push(b.Context(), batch)
				if err != nil || len(pushed.Status.Failures) > 0 {
					b.Fatal(err, pushed.Status.Failures[:1])
				}
				n += objects
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}

// indicator790 is a new indicator of 790 bytes.
func indicator790() string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":"indicator--%s",`+
		`"created_by_ref":"`+identityUS+`","created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",`+
		`"name":"Phishing site","description":"Seen in mail to customers of several banks; the page copies the login form.",`+
		`"indicator_types":["malicious-activity"],"pattern":"[domain-name:value = 'login.bank.example' OR url:value = 'https://login.bank.example/session']",`+
		`"pattern_type":"stix","pattern_version":"2.1","valid_from":"2026-01-02T03:04:05.678Z","labels":["phishing"],"confidence":85,`+
		`"object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]}`, uuid.New())
}
