package cluster

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/internal/fault"
)

// metrics are the figures of this member. Without a registerer they count for
// nobody.
type metrics struct {
	factory    promauto.Factory
	proposals  *prometheus.CounterVec
	reads      *prometheus.CounterVec
	installs   *prometheus.CounterVec
	writes     prometheus.Histogram
	slowWrites prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	f := promauto.With(r)
	counter := func(name, help string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: "jaliya_cluster_" + name, Help: help}, []string{"outcome"})
	}
	return &metrics{
		factory:   f,
		proposals: counter("proposals_total", "Proposals of this member, by outcome."),
		reads:     counter("read_barriers_total", "Read barriers asked of this member, by outcome."),
		installs:  counter("snapshot_installs_total", "Snapshots received from the leader, by outcome."),
		writes: f.NewHistogram(prometheus.HistogramOpts{
			Name: "jaliya_cluster_write_seconds", Help: "Time of a durable write to log, vote or state.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
		}),
		slowWrites: f.NewCounter(prometheus.CounterOpts{
			Name: "jaliya_cluster_slow_writes_total", Help: "Writes that took longer than 5 seconds.",
		}),
	}
}

// observe adds the gauges that ask c.
func (m *metrics) observe(c *Cluster) {
	for _, g := range []struct {
		name, help string
		value      func() float64
	}{
		{"leader", "1 while this member leads.", func() float64 { return flag(c.IsLeader()) }},
		{"term", "Term of the election in force.", func() float64 { return float64(c.raft.CurrentTerm()) }},
		{"last_index", "Newest entry of the log.", func() float64 { return float64(c.raft.LastIndex()) }},
		{"commit_index", "Newest committed entry known here.", func() float64 { return float64(c.raft.CommitIndex()) }},
		{"applied_index", "Newest entry in the state here.", func() float64 { return float64(c.AppliedIndex()) }},
		{"in_flight", "Proposals without an outcome yet.", func() float64 { return float64(len(c.slots)) }},
	} {
		m.factory.NewGaugeFunc(prometheus.GaugeOpts{Name: "jaliya_cluster_" + g.name, Help: g.help}, g.value)
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (m *metrics) proposed(err error) { m.proposals.WithLabelValues(outcome(err)).Inc() }

func (m *metrics) read(err error) { m.reads.WithLabelValues(outcome(err)).Inc() }

func (m *metrics) installed(err error) { m.installs.WithLabelValues(outcome(err)).Inc() }

func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrNotProposed):
		return "not-proposed"
	case errors.Is(err, ErrOutcomeUnknown):
		return "unknown"
	}
	return fault.KindOf(err).Code()
}

// Stats is what the status screen and the admin socket show.
type Stats struct {
	State     string // Follower, Candidate, Leader or Shutdown
	Term      uint64
	First     uint64 // oldest entry of the log, 0 for none
	Last      uint64 // newest entry of the log
	Committed uint64
	Applied   uint64
	Installs  uint64 // snapshots installed from the leader since start
	InFlight  int
}

// Stats gives the figures of the moment.
func (c *Cluster) Stats() Stats {
	first, last := c.logs.bounds()
	c.fsm.snaps.mu.Lock()
	installs := c.fsm.snaps.installs
	c.fsm.snaps.mu.Unlock()
	return Stats{
		State: c.raft.State().String(), Term: c.raft.CurrentTerm(), First: first, Last: last,
		Committed: c.raft.CommitIndex(), Applied: c.AppliedIndex(), Installs: installs, InFlight: len(c.slots),
	}
}
