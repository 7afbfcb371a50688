package kv_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

func TestMemoryCrashes(t *testing.T) {
	broken := errors.New("broken")
	tests := map[string]struct {
		plan     func(*kv.Memory)
		survives bool
	}{
		"FailedCommitIsLost":       {func(m *kv.Memory) { m.FailNextCommit(broken) }, false},
		"CrashBeforeCommitIsLost":  {(*kv.Memory).CrashBeforeCommit, false},
		"CrashAfterCommitSurvives": {(*kv.Memory).CrashAfterCommit, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := kv.NewMemory()
			put(t, m, bucketA, "before")
			tt.plan(m)
			err := m.Update(func(w kv.Writer) error { return w.Put(bucketA, []byte("x"), nil) })
			require.Equal(t, fault.Storage, fault.KindOf(err))
			require.Error(t, m.Latched())
			require.Equal(t, fault.Storage, fault.KindOf(m.View(func(kv.Reader) error { return nil })))
			m.Reopen()
			require.NoError(t, m.Latched())
			_, found := get(t, m, bucketA, "x")
			require.Equal(t, tt.survives, found)
			_, found = get(t, m, bucketA, "before")
			require.True(t, found)
			put(t, m, bucketA, "after")
		})
	}
}

func TestMemoryBackups(t *testing.T) {
	m := kv.NewMemory()
	put(t, m, bucketA, "a")
	backup := m.Clone()
	put(t, m, bucketA, "b")
	put(t, backup, bucketA, "c")
	require.Equal(t, 2, m.Len(bucketA))
	_, found := get(t, m, bucketA, "c")
	require.False(t, found)
	m.Restore(backup)
	_, found = get(t, m, bucketA, "b")
	require.False(t, found)
	_, found = get(t, m, bucketA, "c")
	require.True(t, found)
}

func TestMemoryFlipBit(t *testing.T) {
	m := kv.NewMemory()
	_, ok := m.FlipBit(rand.New(rand.NewPCG(1, 1)))
	require.False(t, ok)
	put(t, m, bucketA, "a", "b")
	put(t, m, bucketB, "c")
	backup := m.Clone()
	f, ok := m.FlipBit(rand.New(rand.NewPCG(1, 1)))
	require.True(t, ok)
	bad, _ := get(t, m, f.Bucket, string(f.Key))
	good, _ := get(t, backup, f.Bucket, string(f.Key))
	require.Len(t, bad, len(good))
	require.Equal(t, good[f.Bit/8]^1<<(f.Bit%8), bad[f.Bit/8])

	again := backup.Clone()
	g, _ := again.FlipBit(rand.New(rand.NewPCG(1, 1)))
	require.Equal(t, f, g, "the same seed flips the same bit")
}

func TestStrictMemoryTakesSlicesBack(t *testing.T) {
	m := kv.NewStrictMemory()
	put(t, m, bucketA, "a")
	var kept []byte
	require.NoError(t, m.View(func(r kv.Reader) error { kept = r.Get(bucketA, []byte("a")); return nil }))
	require.NotEqual(t, "va", string(kept))
	v, _ := get(t, m, bucketA, "a")
	require.Equal(t, "va", v)
}

func BenchmarkMemory(b *testing.B) {
	m := kv.NewMemory()
	for i := 0; b.Loop(); i++ {
		err := m.Update(func(w kv.Writer) error { return w.Put(bucketA, fmt.Appendf(nil, "%08d", i%100000), nil) })
		if err != nil {
			b.Fatal(err)
		}
	}
}
