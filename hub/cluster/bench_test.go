package cluster_test

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/cluster"
)

// The measure beside which the others stand: one record appended and synced.
func BenchmarkAppendFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	require.NoError(b, err)
	defer func() { require.NoError(b, f.Close()) }()
	record := make([]byte, 600)
	for b.Loop() {
		_, err := f.Write(record)
		require.NoError(b, err)
		require.NoError(b, f.Sync())
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkPropose(b *testing.B) {
	for _, members := range []int{1, 3} {
		for _, size := range []int{600, 16 << 10} {
			for _, proposers := range []int{1, 32} {
				name := map[int]string{1: "One", 3: "Three"}[members] + map[int]string{600: "Small", 16 << 10: "Batch"}[size] +
					map[int]string{1: "Alone", 32: "Together"}[proposers]
				b.Run(name, func(b *testing.B) { benchPropose(b, members, size, proposers) })
			}
		}
	}
}

func benchPropose(b *testing.B, members, size, proposers int) {
	b.Helper()
	ca := newAuthority(b)
	m := founder(b, ca, patient)
	for range members - 1 {
		m.join(b, newMember(b, ca, patient))
	}
	command := make([]byte, size)
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	for range proposers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if _, _, err := m.Propose(b.Context(), command); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proposals/s")
	b.ReportMetric(float64(b.N)*float64(size)/b.Elapsed().Seconds()/1e6, "MB/s")
}

// How fast a member that missed 20,000 small entries has them, by the size of a
// message.
func BenchmarkCatchUp(b *testing.B) {
	const missed = 20_000
	for _, most := range []int{64, 256, 1024} {
		b.Run(strconv.Itoa(most), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				change := func(c *cluster.Config) {
					patient(c)
					c.Settings.MaxAppendEntries = most
				}
				ca := newAuthority(b)
				m := founder(b, ca, change)
				fill(b, m, missed)
				o := newMember(b, ca, change)
				o.start(b)
				b.StartTimer()
				require.NoError(b, m.Add(b.Context(), o.id, o.Address()))
				m.catchUp(b, o)
				b.StopTimer()
				o.stop(b)
				m.stop(b)
			}
			b.ReportMetric(missed*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

func fill(b *testing.B, m *member, n int) {
	b.Helper()
	command := make([]byte, 600)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for range n / 32 {
				_, _, err := m.Propose(b.Context(), command)
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
