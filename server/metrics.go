package server

import (
	"context"
	"time"

	"accord/collections"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are what /metrics tells. Every label has a closed set of values:
// routes as registered, known methods, status codes, outcomes.
type metrics struct {
	requests *prometheus.CounterVec   // route, method, status
	duration *prometheus.HistogramVec // route, method
	inFlight prometheus.Gauge
	objects  *prometheus.CounterVec   // outcome
	appends  *prometheus.HistogramVec // outcome
	waits    *prometheus.HistogramVec // queue
	refused  *prometheus.CounterVec   // reason
	guesses  *prometheus.CounterVec   // answered
	slow     *prometheus.CounterVec   // in
	lost     prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	f := promauto.With(r)
	buckets := prometheus.ExponentialBuckets(0.0005, 2, 16) // 0.5 ms to 16 s
	return &metrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: "accord_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "accord_http_request_duration_seconds", Help: "Time from the head of a request to the last byte of its answer.", Buckets: buckets,
		}, []string{"route", "method"}),
		inFlight: f.NewGauge(prometheus.GaugeOpts{
			Name: "accord_http_requests_in_flight", Help: "Requests being answered now.",
		}),
		objects: f.NewCounterVec(prometheus.CounterOpts{
			Name: "accord_pushed_objects_total", Help: "Members of pushes by what became of them.",
		}, []string{"outcome"}),
		appends: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "accord_store_append_duration_seconds", Help: "Time until an append was durable, or failed.", Buckets: buckets,
		}, []string{"outcome"}),
		waits: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "accord_turn_wait_seconds", Help: "Time until the turn of a party came: for a push, for work on it, for a read.", Buckets: buckets,
		}, []string{"queue"}),
		refused: f.NewCounterVec(prometheus.CounterOpts{
			Name: "accord_refused_total", Help: "What was refused because there was too much of it: requests or bytes of a party over its rate, connections.",
		}, []string{"reason"}),
		guesses: f.NewCounterVec(prometheus.CounterOpts{
			Name: "accord_failed_logins_total", Help: "Credentials that were not good, by how they were answered.",
		}, []string{"answered"}),
		slow: f.NewCounterVec(prometheus.CounterOpts{
			Name: "accord_slow_clients_total", Help: "Requests that were broken off because the client was too slow in sending them or in taking the answer.",
		}, []string{"in"}),
		lost: f.NewCounter(prometheus.CounterOpts{
			Name: "accord_accesses_lost_total", Help: "Accesses of which no record could be kept, because the store refused it.",
		}),
	}
}

func (m *metrics) lostAccesses(n int) { m.lost.Add(float64(n)) }

// waited returns what observes how long turns in a queue were waited for.
func (m *metrics) waited(queue string) func(time.Duration) {
	waits := m.waits.WithLabelValues(queue)
	return func(d time.Duration) { waits.Observe(d.Seconds()) }
}

// A measuredStore counts what is appended.
type measuredStore struct {
	collections.Store
	*metrics
}

func (s measuredStore) Append(ctx context.Context, log uuid.UUID, decide collections.Decide) ([]collections.Record, error) {
	begin := time.Now()
	var status *collections.Status
	records, err := s.Store.Append(ctx, log, func(ctx context.Context, state collections.State) (collections.Decision, error) {
		d, err := decide(ctx, state)
		status = d.Status
		return d, err
	})
	if err != nil {
		s.appends.WithLabelValues("failed").Observe(time.Since(begin).Seconds())
		return records, err
	}
	s.appends.WithLabelValues("done").Observe(time.Since(begin).Seconds())
	if status != nil {
		s.countObjects(status)
	}
	return records, nil
}

func (m *metrics) countObjects(s *collections.Status) {
	accepted := int64(0)
	for _, run := range s.Successes {
		accepted += run.Count
	}
	m.objects.WithLabelValues("accepted").Add(float64(accepted))
	m.objects.WithLabelValues("refused").Add(float64(len(s.Failures)))
}
