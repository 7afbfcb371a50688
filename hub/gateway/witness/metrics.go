package witness

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/internal/fault"
)

// Metrics of the witness. A nil *Metrics counts nothing.
type Metrics struct {
	asked *prometheus.CounterVec
	at    prometheus.Gauge
}

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		asked: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_witness_asked_total", Help: "Checkpoints shown to the witness, by what became of them.",
		}, []string{"kind"}),
		at: f.NewGauge(prometheus.GaugeOpts{
			Name: "jaliya_witness_cosigned_timestamp_seconds", Help: "When the witness last cosigned the log, by its clock.",
		}),
	}
}

// Failed counts a time that brought no cosignature, by its kind.
func (m *Metrics) Failed(err error) {
	if m != nil {
		m.asked.WithLabelValues(fault.KindOf(err).String()).Inc()
	}
}

// Cosigned counts a cosignature that the witness made at a time of its own.
func (m *Metrics) Cosigned(at time.Time) {
	if m != nil {
		m.asked.WithLabelValues("cosigned").Inc()
		m.Recalled(at)
	}
}

// Recalled shows a cosignature of before the start.
func (m *Metrics) Recalled(at time.Time) {
	if m != nil {
		m.at.Set(float64(at.Unix()))
	}
}
