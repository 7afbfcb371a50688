package kv_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// filled gives the bytes of a store with branches, overflow pages, inline
// buckets and free pages.
func filled(tb testing.TB, entries int) []byte {
	tb.Helper()
	path := tb.TempDir() + "/s.db"
	b, err := kv.Open(path, kv.Options{})
	require.NoError(tb, err)
	for part := range 4 {
		require.NoError(tb, b.Update(func(w kv.Writer) error {
			for i := part; i < entries; i += 4 {
				if err := w.Put(bucketA, fmt.Appendf(nil, "%06d", i*31%entries), make([]byte, i*37%5000)); err != nil {
					return err
				}
			}
			return w.Put(bucketB, []byte{byte(part)}, []byte("inline"))
		}))
	}
	require.NoError(tb, b.Close())
	raw, err := os.ReadFile(path)
	require.NoError(tb, err)
	return raw
}

func TestCheck(t *testing.T) {
	good := filled(t, 1000)
	tests := map[string]func(b []byte) []byte{
		"ErrEmpty":         func([]byte) []byte { return nil },
		"ErrNoStore":       func([]byte) []byte { return []byte("certainly not a store") },
		"ErrBothMetasGone": func(b []byte) []byte { clear(b[:8192]); return b },
		"ErrCutShort":      func(b []byte) []byte { return b[:len(b)/50] },
		"ErrZeroedPages":   func(b []byte) []byte { clear(b[8192 : len(b)/2]); return b },
	}
	for name, harm := range tests {
		t.Run(name, func(t *testing.T) {
			path := storePath(t)
			require.NoError(t, os.WriteFile(path, harm(append([]byte(nil), good...)), 0o600))
			require.Equal(t, fault.Corrupt, fault.KindOf(kv.Check(path)))
			_, err := kv.Open(path, kv.Options{})
			require.Equal(t, fault.Corrupt, fault.KindOf(err))
		})
	}
	t.Run("OKOneMetaGone", func(t *testing.T) {
		for at := range []int{0, 1} {
			raw := append([]byte(nil), good...)
			clear(raw[at*4096 : at*4096+4096])
			path := storePath(t)
			require.NoError(t, os.WriteFile(path, raw, 0o600))
			require.NoError(t, open(t, path, kv.Options{}).Close())
		}
	})
}

// TestOpenSurvivesDamage flips bits in page headers and elements: Open must
// answer or refuse, and what it opened must be readable. A crash of the process
// fails the test.
func TestOpenSurvivesDamage(t *testing.T) {
	good := filled(t, 60)
	r := rand.New(rand.NewPCG(7, 7))
	path := storePath(t)
	refused := 0
	for range 200 {
		raw := append([]byte(nil), good...)
		for range 1 + r.IntN(4) {
			page := r.IntN(len(raw)/4096/4) * 4096
			raw[page+r.IntN(64)] ^= 1 << r.IntN(8)
		}
		require.NoError(t, os.WriteFile(path, raw, 0o600))
		b, err := kv.Open(path, kv.Options{})
		if err != nil {
			require.Equal(t, fault.Corrupt, fault.KindOf(err))
			refused++
			continue
		}
		require.NoError(t, b.View(func(r kv.Reader) error { _ = up(r, bucketA, nil); return nil }))
		require.NoError(t, b.Close())
	}
	require.Positive(t, refused)
}

func BenchmarkOpen(b *testing.B) {
	path := b.TempDir() + "/s.db"
	require.NoError(b, os.WriteFile(path, filled(b, 100_000), 0o600))
	for b.Loop() {
		s, err := kv.Open(path, kv.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
