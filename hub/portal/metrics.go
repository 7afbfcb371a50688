package portal

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Outcomes of a question about a request.
const (
	outcomeFound      = "found"
	outcomeNoMatch    = "no-match"
	outcomeLimited    = "limited"
	outcomeUnanswered = "unanswered"
)

// Metrics of the portal; nothing in them tells who or what. A nil *Metrics
// counts nothing.
type Metrics struct {
	follows *prometheus.CounterVec
	proofs  *prometheus.CounterVec
}

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		follows: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_portal_follows_total", Help: "Questions about a request, by outcome.",
		}, []string{"outcome"}),
		proofs: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_portal_proofs_total", Help: "Documents looked at, by whether all holds.",
		}, []string{"holds"}),
	}
}

func (m *Metrics) asked(outcome string) {
	if m != nil {
		m.follows.WithLabelValues(outcome).Inc()
	}
}

func (m *Metrics) proved(holds bool) {
	if m == nil {
		return
	}
	said := "no"
	if holds {
		said = "yes"
	}
	m.proofs.WithLabelValues(said).Inc()
}
