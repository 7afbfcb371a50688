package mirror_test

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/kv"
)

// busy is a source whose journal goes on while its state is read.
type busy struct {
	rows
	meanwhile func() // after the moment of the state, before its first pair
}

func (b busy) Dump(at func(mirror.Position) error, pair func(bucket, key, value []byte) error) error {
	return b.rows.Dump(func(p mirror.Position) error {
		err := at(p)
		b.meanwhile()
		return err
	}, pair)
}

// TestKeyDroppedWhileABaseIsWritten drops values in every order that a base being
// written allows: none of them may come back with it.
func TestKeyDroppedWhileABaseIsWritten(t *testing.T) {
	start := mirror.Position{N: 1, Hash: [32]byte{1}}
	put := func(key, value string) mirror.Op {
		return mirror.Op{Bucket: []byte("rows"), Key: []byte(key), Value: []byte(value)}
	}
	drop := func(key string) mirror.Op {
		return mirror.Op{Change: mirror.Delete, Bucket: []byte("rows"), Key: []byte(key)}
	}
	for name, c := range map[string]struct {
		base  rows
		steps []mirror.Op // one transaction each, while the base is written
		left  []string
	}{
		"kept":                   {base: rows{"a": "key"}, left: []string{"key"}},
		"dropped before it came": {base: rows{"a": "key", "b": "other"}, steps: []mirror.Op{drop("a")}, left: []string{"other"}},
		"came and dropped":       {base: rows{}, steps: []mirror.Op{put("a", "key"), drop("a")}},
		"dropped and put again":  {base: rows{"a": "key"}, steps: []mirror.Op{drop("a"), put("b", "key")}, left: []string{"key"}},
		"dropped, put, dropped":  {base: rows{"a": "key"}, steps: []mirror.Op{drop("a"), put("b", "key"), drop("b")}},
	} {
		for _, wasGood := range []bool{false, true} {
			dir := t.TempDir()
			m := mirror.New(mirror.Options{
				Dir: filepath.Join(dir, "mirror"), Journal: dir, SameDisk: true, Erasable: []string{"rows"},
			})
			values, at := map[string]string{}, start
			maps.Copy(values, c.base)
			armed := !wasGood
			work := func() {
				if !armed {
					return
				}
				armed = false
				for _, o := range c.steps {
					var gone [][32]byte
					if o.Change == mirror.Delete {
						gone = append(gone, sha256.Sum256([]byte(values[string(o.Key)])))
					}
					values[string(o.Key)] = string(o.Value)
					p, err := m.Prepare(at, []mirror.Op{o})
					require.NoError(t, err)
					m.Write(p)
					m.Shred(gone)
					at = p.At
				}
			}
			m.Run(busy{rows: c.base, meanwhile: work})
			require.Equal(t, mirror.Good, m.Status().State)
			if wasGood {
				armed = true
				m.Sync()
			}
			require.NoError(t, m.Close())
			var want []string
			for _, v := range c.left {
				d := sha256.Sum256([]byte(v))
				want = append(want, hex.EncodeToString(d[:]))
			}
			var got []string
			keys, err := os.ReadDir(filepath.Join(dir, "mirror", "keys"))
			if !os.IsNotExist(err) {
				require.NoError(t, err)
			}
			for _, k := range keys {
				got = append(got, k.Name())
			}
			require.ElementsMatch(t, want, got, "%s, good before: %v", name, wasGood)
			requireRows(t, filepath.Join(dir, "mirror"), c.left)
		}
	}
}

// requireRows makes a store of a mirror and wants these values in it.
func requireRows(t *testing.T, dir string, want []string) {
	t.Helper()
	h, err := mirror.Find(dir)
	require.NoError(t, err)
	var got []string
	require.NoError(t, h.Rebuild(filepath.Join(t.TempDir(), "store"), func(kv.Writer, mirror.Position) error { return nil }, func(r kv.Reader) error {
		r.Ascend([]byte("rows"), nil, func(_, v []byte) bool { got = append(got, string(v)); return true })
		return nil
	}))
	require.ElementsMatch(t, want, got)
}

// TestBaseTooFarBehind gives a base up when more comes than may wait for it, and
// holds nothing for it from then on.
func TestBaseTooFarBehind(t *testing.T) {
	dir := t.TempDir()
	m := mirror.New(mirror.Options{Dir: filepath.Join(dir, "mirror"), Journal: dir, SameDisk: true})
	at, large := mirror.Position{N: 1, Hash: [32]byte{1}}, make([]byte, 8<<20)
	var most int
	m.Run(busy{rows: rows{"a": "1"}, meanwhile: func() {
		for range 12 {
			p, err := m.Prepare(at, []mirror.Op{{Bucket: []byte("rows"), Key: []byte("b"), Value: large}})
			require.NoError(t, err)
			m.Write(p)
			at = p.At
			n, writing := m.Waiting()
			require.True(t, writing)
			most = max(most, n)
		}
		n, _ := m.Waiting()
		require.Zero(t, n)
	}})
	require.Equal(t, 7, most)
	require.Equal(t, mirror.Failed, m.Status().State)
	require.Equal(t, mirror.ReasonBehind, m.Status().Reason)
	_, writing := m.Waiting()
	require.False(t, writing)
	require.NoError(t, m.Close())
}
