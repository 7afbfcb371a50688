package ship

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/internal/fault"
)

// Metrics of the ship. A nil *Metrics counts nothing.
type Metrics struct {
	entries   prometheus.Counter
	bytes     prometheus.Counter
	images    prometheus.Counter
	linkPhase prometheus.Gauge
	unsecured prometheus.Gauge
	alarms    *prometheus.CounterVec
	back      prometheus.Counter
	missing   prometheus.Gauge
}

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		entries: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_ship_entries_sent_total", Help: "Entries sent, repeats included.",
		}),
		bytes: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_ship_batch_bytes_total", Help: "Bytes of batches sent.",
		}),
		images: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_ship_image_bytes_total", Help: "Bytes of sealed bundles that the hub has stored.",
		}),
		linkPhase: f.NewGauge(prometheus.GaugeOpts{
			Name: "jaliya_ship_phase", Help: "0 down, 1 dialing, 2 greeting, 3 following, 4 restoring, 5 quarantined.",
		}),
		unsecured: f.NewGauge(prometheus.GaugeOpts{
			Name: "jaliya_ship_unsecured_entries", Help: "Entries without a receipt.",
		}),
		back: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_ship_restored_entries_total", Help: "Own entries that came back from the hub.",
		}),
		missing: f.NewGauge(prometheus.GaugeOpts{
			Name: "jaliya_ship_restore_left_entries", Help: "Own entries that the hub has and this machine has not yet.",
		}),
		alarms: f.NewCounterVec(prometheus.CounterOpts{
			Name: "jaliya_ship_alarms_total", Help: "What people must look at, by fault kind.",
		}, []string{"kind"}),
	}
}

func (m *Metrics) phase(p Phase) {
	if m != nil {
		m.linkPhase.Set(float64(p))
	}
}

func (m *Metrics) backlog(n uint64) {
	if m != nil {
		m.unsecured.Set(float64(n))
	}
}

func (m *Metrics) sent(entries, size int) {
	if m != nil {
		m.entries.Add(float64(entries))
		m.bytes.Add(float64(size))
	}
}

func (m *Metrics) uploaded(size uint64) {
	if m != nil {
		m.images.Add(float64(size))
	}
}

func (m *Metrics) restored(back, left uint64) {
	if m != nil {
		m.back.Add(float64(back))
		m.missing.Set(float64(left))
	}
}

func (m *Metrics) alarm(k fault.Kind) {
	if m != nil {
		m.alarms.WithLabelValues(k.Code()).Inc()
	}
}
