package peer

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/internal/fault"
)

// Metrics of a connector with one system. A nil *Metrics counts nothing.
type Metrics struct {
	questions *prometheus.CounterVec
	breaker   prometheus.Gauge
}

// NewMetrics declares the metrics of a connector on reg, under its name.
func NewMetrics(reg prometheus.Registerer, name string) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		questions: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_" + name + "_questions_total", Help: "Questions to the outside system, by operation and outcome.",
		}, []string{"operation", "outcome"}),
		breaker: f.NewGauge(prometheus.GaugeOpts{
			Name: "jaliya_" + name + "_breaker", Help: "State of the breaker: 0 closed, 1 open, 2 half-open.",
		}),
	}
}

// Asked counts a question by its operation, "stamp: start payment", and what
// became of it.
func (m *Metrics) Asked(op string, err error) {
	if m == nil {
		return
	}
	m.questions.WithLabelValues(Operation(op), Outcome(err)).Inc()
}

// Moved notes the breaker's state.
func (m *Metrics) Moved(s BreakerState) {
	if m != nil {
		m.breaker.Set(float64(s))
	}
}

// Operation gives the label of an operation, "start-payment".
func Operation(op string) string {
	_, verb, _ := strings.Cut(op, ": ")
	return strings.ReplaceAll(verb, " ", "-")
}

// Outcome gives the label of what became of a question.
func Outcome(err error) string {
	if err == nil {
		return "done"
	}
	return fault.KindOf(err).Code()
}
