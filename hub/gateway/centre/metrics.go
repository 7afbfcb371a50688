package centre

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/hub/gateway/peer"
)

// Metrics of the connector. A nil *Metrics counts nothing.
type Metrics struct {
	questions *prometheus.CounterVec
	breakers  *prometheus.GaugeVec
	choices   *prometheus.CounterVec
	letters   prometheus.Gauge
}

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		questions: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_centre_questions_total", Help: "Questions to the production sites, by site, operation and outcome.",
		}, []string{"site", "operation", "outcome"}),
		breakers: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "jaliya_centre_breaker", Help: "State of each site's breaker: 0 closed, 1 open, 2 half-open.",
		}, []string{"site"}),
		choices: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_centre_routes_total", Help: "Sites chosen, by site and rule.",
		}, []string{"site", "rule"}),
		letters: f.NewGauge(prometheus.GaugeOpts{
			Name: "jaliya_centre_letters", Help: "Orders that need a person, as this member knows them.",
		}),
	}
}

func (m *Metrics) asked(site, op string, err error) {
	if m == nil {
		return
	}
	m.questions.WithLabelValues(site, peer.Operation(op), peer.Outcome(err)).Inc()
}

func (m *Metrics) breaker(site string, b peer.BreakerState) {
	if m != nil {
		m.breakers.WithLabelValues(site).Set(float64(b))
	}
}

func (m *Metrics) chose(site string, r Rule) {
	if m != nil {
		m.choices.WithLabelValues(site, string(r)).Inc()
	}
}

func (m *Metrics) waiting(letters int) {
	if m != nil {
		m.letters.Set(float64(letters))
	}
}
