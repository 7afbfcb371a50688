package vault

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics of the vault. A nil *Metrics counts nothing.
type Metrics struct {
	objects, bytes, damaged prometheus.Counter
	wanted, oldest          prometheus.Gauge
}

// NewMetrics declares the metrics on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: "jaliya_vault_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Name: "jaliya_vault_" + name, Help: help})
	}
	return &Metrics{
		objects: counter("scrubbed_objects_total", "Objects that were read whole and proved again."),
		bytes:   counter("scrubbed_bytes_total", "Bytes of those objects."),
		damaged: counter("damaged_objects_total", "Objects that did not match their address, and were set aside."),
		wanted:  gauge("wanted_objects", "Objects that were set aside and have not come back."),
		oldest:  gauge("scrubbed_timestamp_seconds", "Since when, at the latest, all objects that were here have been proved."),
	}
}

func (m *Metrics) want(n int) {
	if m != nil {
		m.wanted.Set(float64(n))
	}
}

func (m *Metrics) damage() {
	if m != nil {
		m.damaged.Inc()
	}
}

func (m *Metrics) scrubbed(size int64) {
	if m != nil {
		m.objects.Inc()
		m.bytes.Add(float64(size))
	}
}

func (m *Metrics) proved(oldest time.Time) {
	if m != nil {
		m.oldest.Set(float64(oldest.Unix()))
	}
}
