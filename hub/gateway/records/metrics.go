package records

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/hub/gateway/peer"
)

// Metrics of the connector. A nil *Metrics counts nothing. No label tells what
// became of a request: a question is done, or failed for a reason of the road.
type Metrics struct {
	questions *prometheus.CounterVec
	breakers  *prometheus.GaugeVec
	letters   prometheus.Gauge
}

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		questions: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_records_questions_total", Help: "Questions to the record offices, by office, operation and outcome of the question.",
		}, []string{"office", "operation", "outcome"}),
		breakers: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "jaliya_records_breaker", Help: "State of each office's breaker: 0 closed, 1 open, 2 half-open.",
		}, []string{"office"}),
		letters: f.NewGauge(prometheus.GaugeOpts{
			Name: "jaliya_records_letters", Help: "Orders that need a person, as this member knows them.",
		}),
	}
}

func (m *Metrics) asked(office, op string, err error) {
	if m != nil {
		m.questions.WithLabelValues(office, peer.Operation(op), peer.Outcome(err)).Inc()
	}
}

func (m *Metrics) breaker(office string, b peer.BreakerState) {
	if m != nil {
		m.breakers.WithLabelValues(office).Set(float64(b))
	}
}

func (m *Metrics) waiting(letters int) {
	if m != nil {
		m.letters.Set(float64(letters))
	}
}
