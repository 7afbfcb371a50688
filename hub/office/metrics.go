package office

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/internal/telemetry"
)

// Metrics are what the office says about itself. None tells an outcome: what
// leaves is one count, whatever it is.
type Metrics struct {
	received, answered, left, failures prometheus.Counter
	waiting                            prometheus.Gauge
}

// NewMetrics registers them.
func NewMetrics(r prometheus.Registerer) *Metrics { return newMetrics(r) }

func newMetrics(r prometheus.Registerer) *Metrics {
	with := promauto.With(r)
	count := func(name, help string) prometheus.Counter {
		return with.NewCounter(prometheus.CounterOpts{Namespace: telemetry.Namespace, Subsystem: "office", Name: name, Help: help})
	}
	return &Metrics{
		received: count("received_total", "Requests that arrived."),
		answered: count("answers_total", "Answers to questions that arrived."),
		left:     count("released_total", "Things of any kind that left in a slot."),
		failures: count("making_failures_total", "Documents that could not be made at a try; each is tried again."),
		waiting: with.NewGauge(prometheus.GaugeOpts{
			Namespace: telemetry.Namespace, Subsystem: "office", Name: "kept",
			Help: "Requests that still need something: an officer, a slot or erasure.",
		}),
	}
}
