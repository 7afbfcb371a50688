package intake

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics of the intake. A nil *Metrics counts nothing.
type Metrics struct {
	entries  prometheus.Counter
	commits  prometheus.Histogram
	failures prometheus.Counter
	refused  *prometheus.CounterVec
	sessions prometheus.Gauge
	images   prometheus.Counter
	dropped  *prometheus.CounterVec
	back     prometheus.Counter
}

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		entries: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_intake_entries_total", Help: "Entries committed.",
		}),
		commits: f.NewHistogram(prometheus.HistogramOpts{
			Name: "jaliya_intake_commit_seconds", Help: "Time from proposal to applied commit.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		failures: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_intake_proposal_failures_total", Help: "Proposals without a known outcome.",
		}),
		refused: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_intake_refusals_total", Help: "Sessions and batches refused, by fault kind.",
		}, []string{"kind"}),
		sessions: f.NewGauge(prometheus.GaugeOpts{
			Name: "jaliya_intake_sessions", Help: "Control sessions that stand.",
		}),
		back: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_intake_restored_entries_total", Help: "Entries given back to nodes that had lost them.",
		}),
		dropped: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_intake_reports_dropped_total", Help: "Reports of nodes that do not hold together, by fault kind.",
		}, []string{"kind"}),
		images: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_intake_image_bytes_total", Help: "Bytes of sealed bundles stored in the vault.",
		}),
	}
}

func (m *Metrics) proposed(entries int, took time.Duration, err error) {
	switch {
	case m == nil:
	case err != nil:
		m.failures.Inc()
	default:
		m.entries.Add(float64(entries))
		m.commits.Observe(took.Seconds())
	}
}

func (m *Metrics) refusal(kind string) {
	if m != nil {
		m.refused.WithLabelValues(kind).Inc()
	}
}

func (m *Metrics) badReport(kind string) {
	if m != nil {
		m.dropped.WithLabelValues(kind).Inc()
	}
}

func (m *Metrics) gaveBack(entries uint64) {
	if m != nil {
		m.back.Add(float64(entries))
	}
}

func (m *Metrics) session(delta float64) {
	if m != nil {
		m.sessions.Add(delta)
	}
}

func (m *Metrics) stored(size uint64) {
	if m != nil {
		m.images.Add(float64(size))
	}
}
