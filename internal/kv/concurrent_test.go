package kv_test

import (
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// TestConcurrentTransactions has writers take turns while readers see pairs of
// keys that are always equal and never go back.
func TestConcurrentTransactions(t *testing.T) {
	const writers, rounds = 4, 50
	b := open(t, storePath(t), kv.Options{InitialMmapSize: 1}) // remaps while readers read
	count := func(r kv.Reader, key string) uint64 {
		if v := r.Get(bucketA, []byte(key)); v != nil {
			return binary.BigEndian.Uint64(v)
		}
		return 0
	}
	var writing, reading sync.WaitGroup
	var done atomic.Bool
	for range writers {
		writing.Go(func() {
			for range rounds {
				require.NoError(t, b.Update(func(w kv.Writer) error {
					n := binary.BigEndian.AppendUint64(nil, count(w, "x")+1)
					return errors.Join(w.Put(bucketA, []byte("x"), n), w.Put(bucketA, []byte("y"), n),
						w.Put(bucketB, n, make([]byte, 3000)))
				}))
			}
		})
	}
	for range 2 {
		reading.Go(func() {
			var last uint64
			for !done.Load() {
				require.NoError(t, b.View(func(r kv.Reader) error {
					x, y := count(r, "x"), count(r, "y")
					require.Equal(t, x, y)
					require.GreaterOrEqual(t, x, last)
					last = x
					return nil
				}))
			}
		})
	}
	writing.Wait()
	done.Store(true)
	reading.Wait()
	require.NoError(t, b.View(func(r kv.Reader) error {
		require.Equal(t, uint64(writers*rounds), count(r, "x"))
		return nil
	}))
}

// TestLatchTurnsWaitingWritersAway: a writer that waited for its turn while the
// store latched must not run.
func TestLatchTurnsWaitingWritersAway(t *testing.T) {
	path := storePath(t)
	b := open(t, path, kv.Options{})
	put(t, b, bucketA, "a")
	swap(t, path, "/dev/null")
	inside, result := make(chan struct{}), make(chan error)
	go func() {
		<-inside
		result <- b.Update(func(kv.Writer) error { return errors.New("ran after the latch") })
	}()
	err := b.Update(func(w kv.Writer) error {
		close(inside)
		return w.Put(bucketA, []byte("b"), nil)
	})
	require.Equal(t, fault.Storage, fault.KindOf(err))
	require.Equal(t, fault.Storage, fault.KindOf(<-result))
}
