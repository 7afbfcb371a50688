package ledger_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/wire"
)

// BenchmarkApply measures how many entries of about 1 KiB a second one core
// applies, 64 to a transaction, each transaction on disk.
func BenchmarkApply(b *testing.B) {
	kinds := []struct {
		name string
		add  func(m *machine)
	}{
		{"Viewed", func(m *machine) {
			h := m.releaseHeader()
			m.add(wire.Header{Record: h.Record, Kind: wire.KindFileViewed, Post: m.post, Reference: h.Reference}, 850)
		}},
		{"Released", func(m *machine) { m.add(m.releaseHeader(), 750) }},
	}
	for _, kind := range kinds {
		for _, group := range []int{1, 8} {
			b.Run(kind.name+"/"+map[int]string{1: "OneBatch", 8: "EightBatches"}[group], func(b *testing.B) {
				benchmarkApply(b, group, kind.add)
			})
		}
	}
}

// benchmarkApply applies group commands of 64 entries in each transaction, as
// raft does with a backlog.
func benchmarkApply(b *testing.B, group int, add func(m *machine)) {
	b.Helper()
	const size = 64
	h := newHub(b)
	m := h.join("FR-LYO")
	l, err := ledger.Open(filepath.Join(b.TempDir(), "ledger.db"), ledger.Options{})
	require.NoError(b, err)
	defer func() { require.NoError(b, l.Close()) }()
	_, err = l.Apply(h.log)
	require.NoError(b, err)
	var entries []ledger.Entry
	index := h.index
	for b.Loop() {
		b.StopTimer()
		entries = entries[:0]
		for range group {
			m.entries, m.chain = nil, nil
			after := m.head
			for range size {
				add(m)
			}
			index++
			raw, err := ledger.Encode(ledger.Admit{Time: h.now, Batches: []ledger.AdmitBatch{
				{After: after, Session: m.session, Entries: m.entries},
			}})
			require.NoError(b, err)
			entries = append(entries, ledger.Entry{Index: index, Term: term, Command: raw})
		}
		b.StartTimer()
		responses, err := l.Apply(entries)
		require.NoError(b, err)
		r, ok := responses[group-1].(ledger.Result)
		require.True(b, ok)
		require.NoError(b, r.Batches[0].Err())
		require.Empty(b, r.Batches[0].Refused)
	}
	b.ReportMetric(float64(b.N*size*group)/b.Elapsed().Seconds(), "entries/s")
}
