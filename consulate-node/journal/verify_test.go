package journal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// sample is a journal with something in every bucket.
func sample(t *testing.T, store kv.Store) *journaltest.Kit {
	t.Helper()
	k := newKit(t)
	j, err := journal.OpenOn(t.TempDir(), store, k.Options())
	require.NoError(t, err)
	first, err := k.ReleaseWith(j, 200, 100, 5000)
	require.NoError(t, err)
	appendAll(t, j, first, k.Amend(first, 100), k.Release(80), k.Cancel(first))
	require.NoError(t, j.MarkStored(first.Header.Images[0].Digest))
	after := wire.Genesis(k.Identity.Node, k.Incarnation)
	require.NoError(t, j.StoreReceipts([]journal.Receipted{k.Receipt(after, all(t, j, 4)[:3])}))
	require.NoError(t, j.StoreNotices(k.Notices(state(t, j).Notices,
		wire.Notice{Kind: wire.NoticeCaseMoved, Reference: first.Header.Reference, Record: first.Header.Record, Case: 1, State: 2},
		wire.Notice{Kind: wire.NoticeCaseMoved, Reference: k.Release(1).Header.Reference, Record: wire.RecordID{5}, Case: 1, State: 2})))
	requireSound(t, j, k)
	return k
}

type pair struct{ key, value []byte }

func pairs(t *testing.T, store kv.Store, bucket string) (out []pair) {
	t.Helper()
	require.NoError(t, store.View(func(r kv.Reader) error {
		r.Ascend([]byte(bucket), nil, func(k, v []byte) bool {
			out = append(out, pair{bytes.Clone(k), bytes.Clone(v)})
			return true
		})
		return nil
	}))
	return out
}

func check(t *testing.T, store kv.Store, keys wire.KeySet) (err error) {
	t.Helper()
	return store.View(func(r kv.Reader) error {
		_, err := journal.Check(r, keys)
		return err
	})
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	good := kv.NewMemory()
	k := sample(t, good)
	for _, bucket := range []string{"entries", "receipts", "notices", "records", "images", "requests", "meta"} {
		t.Run(bucket, func(t *testing.T) {
			flips := 0
			for _, p := range pairs(t, good, bucket) {
				for bit := range 8 * len(p.value) {
					bad := bytes.Clone(p.value)
					bad[bit/8] ^= 1 << (bit % 8)
					store := good.Clone()
					require.NoError(t, store.Update(func(w kv.Writer) error { return w.Put([]byte(bucket), p.key, bad) }))
					if err := check(t, store, k.Keys()); !fault.Is(err, fault.Corrupt) {
						t.Fatalf("bit %d of %d bytes: %v", bit, len(p.value), err)
					}
					flips++
				}
			}
			t.Logf("%d flips, all found", flips)
		})
	}
}

func TestEveryMissingPairIsFound(t *testing.T) {
	good := kv.NewMemory()
	k := sample(t, good)
	for _, bucket := range []string{"entries", "receipts", "notices", "records", "images", "unstored"} {
		t.Run(bucket, func(t *testing.T) {
			for _, p := range pairs(t, good, bucket) {
				store := good.Clone()
				require.NoError(t, store.Update(func(w kv.Writer) error { return w.Delete([]byte(bucket), p.key) }))
				requireKind(t, check(t, store, k.Keys()), fault.Corrupt)
			}
		})
		t.Run(bucket+"UnderAStrangeKey", func(t *testing.T) {
			p := pairs(t, good, bucket)[0]
			for _, key := range [][]byte{{1}, append(bytes.Clone(p.key), 0), append([]byte{p.key[0] ^ 1}, p.key[1:]...)} {
				store := good.Clone()
				require.NoError(t, store.Update(func(w kv.Writer) error { return w.Put([]byte(bucket), key, p.value) }))
				requireKind(t, check(t, store, k.Keys()), fault.Corrupt)
			}
		})
	}
}

func TestIndexesMustSayWhatEntriesSay(t *testing.T) {
	good := kv.NewMemory()
	k := sample(t, good)
	requests := pairs(t, good, "requests")
	images := pairs(t, good, "images")
	for name, damage := range map[string]func(kv.Writer) error{
		"RequestOfAnotherEntry": func(w kv.Writer) error {
			for _, p := range requests {
				if q, err := journal.DecodeHeld[journal.Request](p.value); err != nil || q.Position.Seq != 0 {
					q.Position.Seq ^= 1
					return w.Put([]byte("requests"), p.key, journal.EncodeHeld(q))
				}
			}
			return nil
		},
		"RequestUnderAnotherReference": func(w kv.Writer) error { return w.Put([]byte("requests"), []byte("1"), requests[0].value) },
		"RequestThatDoesNotDecode":     func(w kv.Writer) error { return w.Put([]byte("requests"), requests[0].key, []byte{0xff}) },
		"ImageThatDoesNotDecode":       func(w kv.Writer) error { return w.Put([]byte("images"), images[0].key, []byte{0xff}) },
		"ImageWithTheOtherMark": func(w kv.Writer) error {
			i, err := journal.DecodeHeld[journal.Image](images[0].value)
			if err != nil {
				return err
			}
			i.Stored = !i.Stored
			return w.Put([]byte("images"), images[0].key, journal.EncodeHeld(i))
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := good.Clone()
			require.NoError(t, store.Update(damage))
			requireKind(t, check(t, store, k.Keys()), fault.Corrupt)
		})
	}
}

func TestReadsFindAFlippedBit(t *testing.T) {
	good := kv.NewMemory()
	k := sample(t, good)
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	for i, p := range pairs(t, good, "entries") {
		for at := range p.value {
			bad := bytes.Clone(p.value)
			bad[at] ^= 1 << (at % 8)
			store := good.Clone()
			require.NoError(t, store.Update(func(w kv.Writer) error { return w.Put(journal.BucketEntries(), p.key, bad) }))
			require.NoError(t, store.View(func(r kv.Reader) error {
				got, err := journal.ReadAfter(r, start, 256)
				if !fault.Is(err, fault.Corrupt) || got != nil {
					t.Fatalf("entry %d, byte %d: %v", i, at, err)
				}
				return nil
			}))
		}
	}
}

func TestVerifyOffline(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	path := filepath.Join(dir, "journal.db")
	j, err := journal.Open(dir, k.Options())
	require.NoError(t, err)
	d, err := k.ReleaseWith(j, 10, 100, 200)
	require.NoError(t, err)
	appendAll(t, j, d, k.Release(1))
	require.NoError(t, j.MarkStored(d.Header.Images[0].Digest, d.Header.Images[1].Digest))
	require.NoError(t, k.Secure(j, 9))
	head := state(t, j).Head
	require.NoError(t, j.Close())

	t.Run("OK", func(t *testing.T) {
		rep, err := journal.Verify(path, k.Keys())
		require.NoError(t, err)
		require.Equal(t, journal.Report{
			Identity: k.Identity, Head: head, Entries: 2, Receipts: 1, Receipted: 2, Requests: 2, Images: 2, Chapters: 1,
		}, rep)
	})
	t.Run("OKWithoutKeys", func(t *testing.T) {
		_, err := journal.Verify(path, nil)
		require.NoError(t, err)
	})
	t.Run("ErrCorruptForReceiptsOfAnotherHub", func(t *testing.T) {
		other, err := journaltest.New(3)
		require.NoError(t, err)
		_, err = journal.Verify(path, other.Keys())
		requireKind(t, err, fault.Corrupt)
	})
	t.Run("MissingBundleIsCounted", func(t *testing.T) {
		name := d.Header.Images[0].Digest.String()
		require.NoError(t, os.Remove(filepath.Join(dir, "bundles", name[:2], name)))
		rep, err := journal.Verify(path, k.Keys())
		require.NoError(t, err)
		require.EqualValues(t, 1, rep.Missing)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := journal.Verify(filepath.Join(t.TempDir(), "journal.db"), nil)
		requireKind(t, err, fault.NotFound)
	})
}
