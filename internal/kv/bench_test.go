package kv_test

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/kv"
)

// BenchmarkDurablePut is the journal's pattern, an entry of 1 KiB and a head in
// one transaction, beside a bare append with fsync of the same entry.
func BenchmarkDurablePut(b *testing.B) {
	entry := make([]byte, 1024)
	b.Run("AppendFsync", func(b *testing.B) {
		f, err := os.Create(b.TempDir() + "/log")
		require.NoError(b, err)
		for b.Loop() {
			_, err := f.Write(entry)
			require.NoError(b, err)
			require.NoError(b, f.Sync())
		}
		require.NoError(b, f.Close())
	})
	b.Run("Bolt", func(b *testing.B) {
		s, err := kv.Open(b.TempDir()+"/s.db", kv.Options{AppendBuckets: []string{"a"}})
		require.NoError(b, err)
		var seq uint64
		for b.Loop() {
			seq++
			require.NoError(b, s.Update(func(w kv.Writer) error {
				if err := w.Put(bucketA, binary.BigEndian.AppendUint64(nil, seq), entry); err != nil {
					return err
				}
				return w.Put(bucketB, []byte("head"), entry[:88])
			}))
		}
		require.NoError(b, s.Close())
	})
}
