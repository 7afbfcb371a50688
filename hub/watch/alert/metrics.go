package alert

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/hub/gateway/peer"
)

// Metrics of the alerts. Channels are "webhook" and "mail-1" to "mail-8": an
// address is in none of them. A nil *Metrics counts nothing.
type Metrics struct {
	sent    *prometheus.CounterVec
	failing *prometheus.GaugeVec
}

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		sent: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_alert_messages_total", Help: "Messages to those who do not look, by channel and outcome.",
		}, []string{"channel", "outcome"}),
		failing: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "jaliya_alert_failing", Help: "1 while a channel does not take what this member has to tell.",
		}, []string{"channel"}),
	}
}

func (m *Metrics) said(channel string, err error) {
	if m == nil {
		return
	}
	m.sent.WithLabelValues(channel, peer.Outcome(err)).Inc()
	failing := 0.0
	if err != nil {
		failing = 1
	}
	m.failing.WithLabelValues(channel).Set(failing)
}

// calm forgets failures: another member tells now.
func (m *Metrics) calm(channel string) {
	if m != nil {
		m.failing.WithLabelValues(channel).Set(0)
	}
}
