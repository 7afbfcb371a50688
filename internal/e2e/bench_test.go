package e2e

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
)

// fill appends n entries of about 1 KiB, in commits of many, without the desk.
func fill(b *testing.B, p pair, kit *journaltest.Kit, n int) {
	b.Helper()
	id, err := p.node.Journal().Identity()
	require.NoError(b, err)
	kit.Identity = id
	for range n {
		_, err := p.node.Journal().Append(b.Context(), kit.Release(600))
		require.NoError(b, err)
	}
}

func secured(tb testing.TB, j *journal.Journal, seq uint64) {
	tb.Helper()
	for {
		changed := j.Changed()
		st, err := j.State()
		require.NoError(tb, err)
		if st.Receipted >= seq {
			return
		}
		<-changed
	}
}

// BenchmarkEntriesThroughOneMember drains a backlog through ship, intake, raft
// and ledger of one member, both sides in this process.
func BenchmarkEntriesThroughOneMember(b *testing.B) {
	const backlog = 20_000
	p := startPair(b)
	kit, err := journaltest.New(1)
	require.NoError(b, err)
	for b.Loop() {
		b.StopTimer()
		fill(b, p, kit, backlog)
		st, err := p.node.Journal().State()
		require.NoError(b, err)
		b.StartTimer()
		begun := time.Now()
		if b.Elapsed() == 0 || st.Receipted == 0 {
			run(b, p.node.Run)
		}
		secured(b, p.node.Journal(), st.Head.Seq)
		b.ReportMetric(backlog/time.Since(begun).Seconds(), "entries/s")
	}
}

// BenchmarkReceiptLatency measures from the durable append at the node to the
// durable receipt at the node, one entry at a time.
func BenchmarkReceiptLatency(b *testing.B) {
	p := startPair(b)
	id, err := p.node.Journal().Identity()
	require.NoError(b, err)
	kit, err := journaltest.New(1)
	require.NoError(b, err)
	kit.Identity = id
	run(b, p.node.Run)
	send := func() time.Duration {
		a, err := p.node.Journal().Append(context.Background(), kit.Release(600))
		require.NoError(b, err)
		begun := time.Now()
		secured(b, p.node.Journal(), a.Position.Seq)
		return time.Since(begun)
	}
	for range 50 {
		send()
	}
	var took []time.Duration
	for b.Loop() {
		took = append(took, send())
	}
	slices.Sort(took)
	at := func(q float64) float64 { return took[int(q*float64(len(took)-1))].Seconds() * 1000 }
	b.ReportMetric(at(0.50), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}
