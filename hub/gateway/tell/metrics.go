package tell

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics of the notices. A nil *Metrics counts nothing.
type Metrics struct{ notices *prometheus.CounterVec }

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	return &Metrics{notices: promauto.With(reg).NewCounterVec(prometheus.CounterOpts{
		Name: "jaliya_tell_notices_total", Help: "Notices to people, by occasion and outcome.",
	}, []string{"occasion", "outcome"})}
}

func (m *Metrics) told(occasion Occasion, outcome Outcome) {
	if m != nil {
		m.notices.WithLabelValues(occasion.String(), outcome.String()).Inc()
	}
}
