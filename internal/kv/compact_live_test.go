package kv_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

var liveBucket = []byte("live")

func fillLive(tb testing.TB, s *kv.Bolt, from, to uint64) {
	tb.Helper()
	value := make([]byte, 4000)
	require.NoError(tb, s.Update(func(w kv.Writer) error {
		for n := from; n < to; n++ {
			if err := w.Put(liveBucket, seqKeyOf(n), value); err != nil {
				return err
			}
		}
		return nil
	}))
}

func seqKeyOf(n uint64) []byte { return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }

func countLive(r kv.Reader) (n int) {
	r.Ascend(liveBucket, nil, func(_, _ []byte) bool { n++; return true })
	return n
}

// TestCompactInUse compacts while readers and a writer work: a reader that began
// before sees its own state to the end, no write is lost, and the file is small.
func TestCompactInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := kv.Open(path, kv.Options{})
	require.NoError(t, err)
	fillLive(t, s, 0, 10_000)
	require.NoError(t, s.Update(func(w kv.Writer) error {
		for n := range uint64(9_000) {
			if err := w.Delete(liveBucket, seqKeyOf(n)); err != nil {
				return err
			}
		}
		return nil
	}))

	begun, compacted := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		err := s.View(func(r kv.Reader) error {
			close(begun)
			<-compacted
			require.Equal(t, 1_000, countLive(r), "the reader keeps its state on the old file")
			return nil
		})
		require.NoError(t, err)
	})
	<-begun
	group.Go(func() {
		for n := uint64(20_000); n < 20_100; n++ {
			fillLive(t, s, n, n+1)
		}
	})
	c, err := s.Compact()
	require.NoError(t, err)
	require.Less(t, c.After, c.Before/2, "%+v", c)
	require.NoError(t, s.View(func(r kv.Reader) error {
		require.GreaterOrEqual(t, countLive(r), 1_000)
		return nil
	}))
	close(compacted)
	group.Wait()
	again, err := s.Compact()
	require.NoError(t, err)
	require.Positive(t, again.After)
	st, err := s.Stats()
	require.NoError(t, err)
	require.Less(t, st.FreeRatio, 0.1)
	require.NoError(t, s.Close())

	s, err = kv.Open(path, kv.Options{})
	require.NoError(t, err)
	require.NoError(t, s.View(func(r kv.Reader) error {
		require.Equal(t, 1_100, countLive(r))
		return nil
	}))
	require.NoError(t, s.Close())
	_, err = s.Compact()
	require.Equal(t, fault.Unavailable.String(), fault.KindOf(err).String())
}

// TestCompactFailures leave the store as it was and working.
func TestCompactFailures(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store.db")
	s, err := kv.Open(path, kv.Options{})
	require.NoError(t, err)
	fillLive(t, s, 0, 10)
	require.NoError(t, os.Mkdir(path+".compact", 0o700)) // the copy cannot be made
	require.NoError(t, os.WriteFile(filepath.Join(path+".compact", "x"), nil, 0o600))
	_, err = s.Compact()
	require.Error(t, err)
	require.NoError(t, s.Latched())
	fillLive(t, s, 10, 20)
	require.NoError(t, os.RemoveAll(path+".compact"))
	require.NoError(t, s.Close())

	require.NoError(t, os.WriteFile(path+".compact", []byte("cut short"), 0o600))
	s, err = kv.Open(path, kv.Options{})
	require.NoError(t, err)
	_, err = os.Stat(path + ".compact")
	require.ErrorIs(t, err, os.ErrNotExist, "the next start gives the space back")
	require.NoError(t, s.Close())
}
