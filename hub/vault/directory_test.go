package vault_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/vault"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const chunkSize = 1000

// object makes content of size bytes and its offer.
func object(seed uint64, size int) ([]byte, wire.Offer) {
	r := rand.New(rand.NewPCG(seed, 1))
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	offer := wire.Offer{Digest: sha256.Sum256(content), Size: uint64(size), ChunkSize: chunkSize}
	for part := range slices(content) {
		sum := sha256.Sum256(part)
		offer.Chunks = append(offer.Chunks, sum[:]...)
	}
	return content, offer
}

func slices(content []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for at := 0; at < len(content); at += chunkSize {
			if !yield(content[at:min(at+chunkSize, len(content))]) {
				return
			}
		}
	}
}

func open(t *testing.T, dir string) *vault.Directory {
	t.Helper()
	v, err := vault.OpenDirectory(dir, 0)
	require.NoError(t, err)
	return v
}

func chunk(content []byte, i int) []byte {
	return content[i*chunkSize : min((i+1)*chunkSize, len(content))]
}

func fill(t *testing.T, u *vault.Upload, content []byte, offer wire.Offer) {
	t.Helper()
	missing := u.Missing()
	for i := range offer.Count() {
		if missing.Has(i) {
			require.NoError(t, u.WriteChunk(i, chunk(content, i)))
		}
	}
}

func TestUpload(t *testing.T) {
	t.Run("OK stores under its digest", func(t *testing.T) {
		v := open(t, t.TempDir())
		content, offer := object(1, 3500)
		u, err := v.Begin(offer)
		require.NoError(t, err)
		require.Equal(t, 4, u.Missing().Count())
		fill(t, u, content, offer)
		has, err := v.Has(offer.Digest, offer.Size)
		require.NoError(t, err)
		require.False(t, has, "not before Commit")
		require.NoError(t, u.Commit())
		r, err := v.Open(offer.Digest)
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		require.True(t, bytes.Equal(content, got))
		require.NoError(t, u.End())
	})
	t.Run("OK a repeat is stored at once", func(t *testing.T) {
		v := open(t, t.TempDir())
		content, offer := object(2, 10)
		for _, stored := range []bool{false, true} {
			u, err := v.Begin(offer)
			require.NoError(t, err)
			require.Equal(t, stored, u.Stored())
			if !stored {
				fill(t, u, content, offer)
			}
			require.NoError(t, u.Commit())
			require.NoError(t, u.End())
		}
	})
	t.Run("OK resumes after a restart with torn chunks", func(t *testing.T) {
		dir := t.TempDir()
		content, offer := object(3, 5*chunkSize)
		u, err := open(t, dir).Begin(offer)
		require.NoError(t, err)
		for _, i := range []int{0, 1, 3} {
			require.NoError(t, u.WriteChunk(i, chunk(content, i)))
		}
		require.NoError(t, u.End())
		partial := filepath.Join(dir, "partial", hex.EncodeToString(offer.Digest[:]))
		f, err := os.OpenFile(partial, os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = f.WriteAt([]byte{content[3*chunkSize+10] ^ 1}, 3*chunkSize+10)
		require.NoError(t, err)
		require.NoError(t, f.Close())

		u, err = open(t, dir).Begin(offer)
		require.NoError(t, err)
		missing := u.Missing()
		require.Equal(t, 3, missing.Count())
		for _, i := range []int{2, 3, 4} {
			require.True(t, missing.Has(i))
		}
		fill(t, u, content, offer)
		require.NoError(t, u.Commit())
	})
	t.Run("ErrStale when a newer upload took over", func(t *testing.T) {
		v := open(t, t.TempDir())
		content, offer := object(4, 2*chunkSize)
		older, err := v.Begin(offer)
		require.NoError(t, err)
		require.NoError(t, older.WriteChunk(0, chunk(content, 0)))
		newer, err := v.Begin(offer)
		require.NoError(t, err)
		require.True(t, fault.Is(older.WriteChunk(1, chunk(content, 1)), fault.Stale))
		require.True(t, fault.Is(older.Commit(), fault.Stale))
		require.NoError(t, older.End())
		fill(t, newer, content, offer)
		require.NoError(t, newer.Commit())
	})
}

func TestUploadRefuses(t *testing.T) {
	content, offer := object(5, 2500)
	t.Run("ErrCorrupt a wrong chunk", func(t *testing.T) {
		u, err := open(t, t.TempDir()).Begin(offer)
		require.NoError(t, err)
		require.True(t, fault.Is(u.WriteChunk(0, chunk(content, 1)), fault.Corrupt))
		require.True(t, fault.Is(u.WriteChunk(9, chunk(content, 1)), fault.Invalid))
		require.Equal(t, 3, u.Missing().Count())
	})
	t.Run("ErrGap before all chunks came", func(t *testing.T) {
		u, err := open(t, t.TempDir()).Begin(offer)
		require.NoError(t, err)
		require.True(t, fault.Is(u.Commit(), fault.Gap))
	})
	t.Run("ErrCorrupt an offer that lies about the whole", func(t *testing.T) {
		v := open(t, t.TempDir())
		lie := offer
		lie.Digest[0] ^= 1
		u, err := v.Begin(lie)
		require.NoError(t, err)
		fill(t, u, content, lie)
		require.True(t, fault.Is(u.Commit(), fault.Corrupt))
		has, err := v.Has(lie.Digest, lie.Size)
		require.NoError(t, err)
		require.False(t, has)
	})
	t.Run("ErrInvalid an offer whose numbers disagree", func(t *testing.T) {
		bad := offer
		bad.Size = 1
		_, err := open(t, t.TempDir()).Begin(bad)
		require.True(t, fault.Is(err, fault.Invalid))
	})
	t.Run("ErrFull before the first chunk", func(t *testing.T) {
		v, err := vault.OpenDirectory(t.TempDir(), 1<<60)
		require.NoError(t, err)
		_, err = v.Begin(offer)
		require.True(t, fault.Is(err, fault.Full))
	})
}

func TestReap(t *testing.T) {
	v := open(t, t.TempDir())
	_, offer := object(6, 100)
	u, err := v.Begin(offer)
	require.NoError(t, err)
	n, err := v.Reap(time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Zero(t, n, "an upload under way stays")
	require.NoError(t, u.End())
	n, err = v.Reap(time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// Many uploads of one object at once, each taking over from the one before:
// one ends, and nothing is left over.
func TestUploadsCompete(t *testing.T) {
	dir := t.TempDir()
	v := open(t, dir)
	content, offer := object(7, 20*chunkSize)
	var all sync.WaitGroup
	var stored atomic.Int32
	for range 8 {
		all.Go(func() {
			for {
				u, err := v.Begin(offer)
				if err != nil {
					t.Errorf("begin: %v", err)
					return
				}
				missing := u.Missing()
				for i := range offer.Count() {
					if missing.Has(i) && err == nil {
						err = u.WriteChunk(i, chunk(content, i))
					}
				}
				if err == nil {
					err = u.Commit()
				}
				if cerr := u.End(); cerr != nil {
					t.Errorf("end: %v", cerr)
				}
				if err == nil {
					stored.Add(1)
					return
				}
				if !fault.Is(err, fault.Stale) {
					t.Errorf("upload: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 8, stored.Load())
	has, err := v.Has(offer.Digest, offer.Size)
	require.NoError(t, err)
	require.True(t, has)
	left, err := os.ReadDir(filepath.Join(dir, "partial"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// An offer that lied about the size leaves nothing that an honest one would
// carry along.
func TestUploadAfterALongerLie(t *testing.T) {
	v := open(t, t.TempDir())
	content, offer := object(8, 2*chunkSize)
	longer, lie := object(9, 5*chunkSize)
	lie.Digest = offer.Digest
	u, err := v.Begin(lie)
	require.NoError(t, err)
	fill(t, u, longer, lie)
	require.NoError(t, u.End())
	u, err = v.Begin(offer)
	require.NoError(t, err)
	fill(t, u, content, offer)
	require.NoError(t, u.Commit())
}

// A full disk refuses before any harm; what fits goes on.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	free, err := kv.FreeSpace(dir)
	require.NoError(t, err)
	v, err := vault.OpenDirectory(dir, free-(64<<20))
	require.NoError(t, err)
	big := wire.Offer{Digest: wire.Digest{1}, Size: 200 << 20, ChunkSize: 128 << 10, Chunks: make([]byte, 32*1600)}
	_, err = v.Begin(big)
	require.True(t, fault.Is(err, fault.Full))
	content, offer := object(10, 3000)
	u, err := v.Begin(offer)
	require.NoError(t, err)
	fill(t, u, content, offer)
	require.NoError(t, u.Commit())
	require.NoError(t, v.Err())
}

// After a failed sync nothing that the vault says can be trusted.
func TestFailedSyncLatches(t *testing.T) {
	v := open(t, t.TempDir())
	content, offer := object(11, 3000)
	u, err := v.Begin(offer)
	require.NoError(t, err)
	fill(t, u, content, offer)
	v.FailForTest(fault.New(fault.Storage, "test", "", nil))
	<-v.Failed()
	require.True(t, fault.Is(v.Err(), fault.Storage))
	_, err = v.Has(offer.Digest, offer.Size)
	require.True(t, fault.Is(err, fault.Storage))
	_, err = v.Begin(offer)
	require.True(t, fault.Is(err, fault.Storage))
	require.True(t, fault.Is(u.Commit(), fault.Storage))
	require.NoError(t, u.End())
}
