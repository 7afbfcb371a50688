package gateway

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/internal/fault"
)

// Metrics of the gateway. A nil *Metrics counts nothing.
type Metrics struct{ orders *prometheus.CounterVec }

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	return &Metrics{orders: promauto.With(reg).NewCounterVec(prometheus.CounterOpts{
		Name: "jaliya_gateway_orders_total", Help: "Attempts at orders, by order and outcome.",
	}, []string{"order", "outcome"})}
}

func (m *Metrics) order(name string, err error) {
	if m == nil {
		return
	}
	outcome := "done"
	if _, waiting := later(err, 0); waiting {
		outcome = "waiting"
	} else if err != nil {
		outcome = fault.KindOf(err).Code()
	}
	m.orders.WithLabelValues(name, outcome).Inc()
}
