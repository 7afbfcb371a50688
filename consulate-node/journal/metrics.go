package journal

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics of the journal. A nil *Metrics counts nothing.
type Metrics struct {
	entries prometheus.Counter
	commit  prometheus.Histogram
	head    prometheus.Gauge
	secured prometheus.Gauge
	free    prometheus.Gauge
	room    prometheus.Gauge
}

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	gauge := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	return &Metrics{
		entries: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_journal_entries_total", Help: "Entries appended since start.",
		}),
		commit: f.NewHistogram(prometheus.HistogramOpts{
			Name: "jaliya_journal_append_seconds", Help: "Time of a durable append, L1.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 14),
		}),
		head:    gauge("jaliya_journal_head_sequence", "Sequence of the newest entry."),
		secured: gauge("jaliya_journal_receipted_sequence", "Last sequence under a stored receipt, L2."),
		free:    gauge("jaliya_journal_free_bytes", "Free bytes of the file system, as last measured."),
		room:    gauge("jaliya_journal_room_bytes", "Bytes that journal.db may still take, -1 for no limit."),
	}
}

func (m *Metrics) appended(took time.Duration, seq uint64) {
	if m == nil {
		return
	}
	m.entries.Inc()
	m.commit.Observe(took.Seconds())
	m.head.Set(float64(seq))
}

// opened sets what the state says.
func (m *Metrics) opened(s State) {
	if m == nil {
		return
	}
	m.head.Set(float64(s.Head.Seq))
	m.secured.Set(float64(s.Receipted))
}

func (m *Metrics) space(s Space) {
	if m == nil {
		return
	}
	m.free.Set(float64(s.Free))
	m.room.Set(float64(s.Room))
}
