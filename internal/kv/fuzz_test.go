package kv

import (
	"bytes"
	"hash/fnv"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

const smallPage = 1024

// FuzzCheckPages wants an answer, not a crash, for any pages under a valid meta
// page. Pages are small, so that the fuzzer finds its way.
func FuzzCheckPages(f *testing.F) {
	seed := smallStore(f)
	root := order.Uint64(seed[smallPage+pageHeader+16:])
	f.Add(root, seed[2*smallPage:])
	f.Add(uint64(2), seed[3*smallPage:4*smallPage])
	require.NoError(f, checkPages(withMeta(root, seed[2*smallPage:])))
	f.Fuzz(func(_ *testing.T, root uint64, pages []byte) {
		_ = checkPages(withMeta(root, pages)) // broken or not, it must return
	})
}

// smallStore gives the bytes of a store with branch, leaf and inline buckets.
func smallStore(tb testing.TB) []byte {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "s.db")
	db, err := bbolt.Open(path, fileMode, &bbolt.Options{PageSize: smallPage, NoFreelistSync: true})
	require.NoError(tb, err)
	require.NoError(tb, db.Update(func(tx *bbolt.Tx) error {
		s := &boltTx{store: &Bolt{}, tx: tx, buckets: map[string]*bbolt.Bucket{}}
		for i := range 6 {
			require.NoError(tb, s.Put([]byte("big"), []byte{byte(i)}, make([]byte, 300)))
		}
		return s.Put([]byte("inline"), []byte("k"), []byte("v"))
	}))
	require.NoError(tb, db.Close())
	raw, err := os.ReadFile(path)
	require.NoError(tb, err)
	return raw[:12*smallPage]
}

// withMeta puts two valid meta pages before the pages.
func withMeta(root uint64, pages []byte) (*bytes.Reader, int64) {
	meta := make([]byte, 2*smallPage)
	b := meta[pageHeader:]
	order.PutUint32(b, metaMagic)
	order.PutUint32(b[4:], metaVersion)
	order.PutUint32(b[8:], smallPage)
	order.PutUint64(b[16:], root)
	order.PutUint64(b[40:], uint64(2+len(pages)/smallPage))
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSize-8]) // a hash never fails
	order.PutUint64(b[metaSize-8:], sum.Sum64())
	raw := append(meta, pages...)
	return bytes.NewReader(raw), int64(len(raw))
}
