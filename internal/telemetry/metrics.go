package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Namespace is the first word of every metric of ours: jaliya_ship_entries_total.
// Packages give it as prometheus.Opts.Namespace and their own name as Subsystem.
const Namespace = "jaliya"

// NewRegistry gives a registry that already tells of the process, the Go
// runtime and the build. A program makes one and hands it on; tests make their
// own, so that two nodes in one process do not meet.
func NewRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewGoCollector(),
	)
	build := BuildInfo()
	promauto.With(reg).NewGaugeVec(prometheus.GaugeOpts{
		Namespace: Namespace,
		Name:      "build_info",
		Help:      "Always 1; the labels say which program this is.",
	}, []string{"version", "revision", "go"}).WithLabelValues(build.Version, build.Revision, build.Go).Set(1)
	return reg
}

// LatencyBuckets are the bounds, in seconds, of every histogram of waiting:
// from a fast fsync (50 us) to a slow link (1 minute), so that steps of one
// journey can be laid over each other.
func LatencyBuckets() []float64 {
	return []float64{
		0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
		0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
	}
}
