package kv_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

var (
	bucketA = []byte("a")
	bucketB = []byte("b")
)

// stores opens one of each kind, empty.
var stores = map[string]func(t *testing.T) kv.Store{
	"Bolt": func(t *testing.T) kv.Store {
		t.Helper()
		b, err := kv.Open(filepath.Join(t.TempDir(), "s.db"), kv.Options{AppendBuckets: []string{"b"}})
		require.NoError(t, err)
		return b
	},
	"Memory":       func(*testing.T) kv.Store { return kv.NewMemory() },
	"StrictMemory": func(*testing.T) kv.Store { return kv.NewStrictMemory() },
}

// contract is what every Store promises, one story per line.
var contract = map[string]func(t *testing.T, s kv.Store){
	"EmptyStoreHasNothing":        emptyStore,
	"PutIsSeenAtOnceAndAfter":     putAndGet,
	"EmptyValueIsNotMissing":      emptyValue,
	"DeleteWithoutComplaint":      deletes,
	"WalksInByteOrder":            walks,
	"WalksOverEmptiedPages":       walksEmptied,
	"WalkStopsWhenTold":           walkStops,
	"FailedUpdateLeavesNothing":   rollsBack,
	"PanickedUpdateLeavesNothing": rollsBackPanic,
	"RefusedPutForbidsCommit":     refusedPut,
	"ViewKeepsItsState":           viewKeepsState,
	"ClosedIsUnavailable":         closed,
	"TenThousandKeys":             manyKeys,
}

func TestStoreContract(t *testing.T) {
	for kind, open := range stores {
		for name, story := range contract {
			t.Run(kind+"/"+name, func(t *testing.T) {
				s := open(t)
				story(t, s)
				require.NoError(t, s.Close())
			})
		}
	}
}

func put(t *testing.T, s kv.Store, bucket []byte, keys ...string) {
	t.Helper()
	require.NoError(t, s.Update(func(w kv.Writer) error {
		for _, k := range keys {
			if err := w.Put(bucket, []byte(k), []byte("v"+k)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func get(t *testing.T, s kv.Store, bucket []byte, key string) (value string, found bool) {
	t.Helper()
	require.NoError(t, s.View(func(r kv.Reader) error {
		v := r.Get(bucket, []byte(key))
		value, found = string(v), v != nil
		return nil
	}))
	return value, found
}

func up(r kv.Reader, bucket []byte, from []byte) string {
	var seen []string
	r.Ascend(bucket, from, func(k, _ []byte) bool { seen = append(seen, string(k)); return true })
	return strings.Join(seen, " ")
}

func down(r kv.Reader, bucket []byte, from []byte) string {
	var seen []string
	r.Descend(bucket, from, func(k, _ []byte) bool { seen = append(seen, string(k)); return true })
	return strings.Join(seen, " ")
}

func emptyStore(t *testing.T, s kv.Store) {
	t.Helper()
	require.NoError(t, s.View(func(r kv.Reader) error {
		require.Nil(t, r.Get(bucketA, []byte("k")))
		require.Empty(t, up(r, bucketA, nil))
		require.Empty(t, down(r, bucketA, nil))
		return nil
	}))
}

func putAndGet(t *testing.T, s kv.Store) {
	t.Helper()
	require.NoError(t, s.Update(func(w kv.Writer) error {
		if err := w.Put(bucketA, []byte("k"), []byte("1")); err != nil {
			return err
		}
		require.Equal(t, "1", string(w.Get(bucketA, []byte("k"))))
		require.Nil(t, w.Get(bucketB, []byte("k")))
		return w.Put(bucketA, []byte("k"), []byte("2"))
	}))
	v, _ := get(t, s, bucketA, "k")
	require.Equal(t, "2", v)
}

func emptyValue(t *testing.T, s kv.Store) {
	t.Helper()
	require.NoError(t, s.Update(func(w kv.Writer) error {
		require.NoError(t, w.Put(bucketA, []byte("nil"), nil))
		require.NotNil(t, w.Get(bucketA, []byte("nil")))
		return w.Put(bucketA, []byte("empty"), []byte{})
	}))
	for _, key := range []string{"nil", "empty"} {
		v, found := get(t, s, bucketA, key)
		require.True(t, found, key)
		require.Empty(t, v)
	}
}

func deletes(t *testing.T, s kv.Store) {
	t.Helper()
	put(t, s, bucketA, "k", "l")
	require.NoError(t, s.Update(func(w kv.Writer) error {
		require.NoError(t, w.Delete(bucketB, []byte("none")))
		require.NoError(t, w.Delete(bucketA, []byte("none")))
		require.NoError(t, w.Delete(bucketA, nil))
		require.NoError(t, w.Delete(bucketA, []byte("k")))
		require.Nil(t, w.Get(bucketA, []byte("k")))
		require.Equal(t, "l", up(w, bucketA, nil))
		return nil
	}))
	_, found := get(t, s, bucketA, "k")
	require.False(t, found)
}

func walks(t *testing.T, s kv.Store) {
	t.Helper()
	put(t, s, bucketA, "d", "b", "\xff", "a\x00", "a")
	require.NoError(t, s.View(func(r kv.Reader) error {
		require.Equal(t, "a a\x00 b d \xff", up(r, bucketA, nil))
		require.Equal(t, "a a\x00 b d \xff", up(r, bucketA, []byte{}))
		require.Equal(t, "b d \xff", up(r, bucketA, []byte("b")))
		require.Equal(t, "d \xff", up(r, bucketA, []byte("c")))
		require.Empty(t, up(r, bucketA, []byte("\xff\xff")))
		require.Equal(t, "\xff d b a\x00 a", down(r, bucketA, nil))
		require.Equal(t, "b a\x00 a", down(r, bucketA, []byte("b")))
		require.Equal(t, "b a\x00 a", down(r, bucketA, []byte("c")))
		require.Equal(t, "\xff d b a\x00 a", down(r, bucketA, []byte("\xff\xff")))
		require.Empty(t, down(r, bucketA, []byte("A")))
		require.Empty(t, down(r, bucketA, []byte{}))
		return nil
	}))
}

// walksEmptied deletes whole pages and walks in the same transaction, where
// bbolt's own cursor stops early or never.
func walksEmptied(t *testing.T, s kv.Store) {
	t.Helper()
	key := func(i int) []byte { return fmt.Appendf(nil, "%03d", i) }
	require.NoError(t, s.Update(func(w kv.Writer) error {
		for i := range 200 {
			require.NoError(t, w.Put(bucketA, key(i), make([]byte, 1000)))
		}
		return nil
	}))
	require.NoError(t, s.Update(func(w kv.Writer) error {
		for i := range 200 {
			if i < 50 || i > 140 || i%50 > 5 {
				require.NoError(t, w.Delete(bucketA, key(i)))
			}
		}
		require.Equal(t, "105 104 103 102 101 100 055 054 053 052 051 050", down(w, bucketA, nil))
		require.Equal(t, "055 054 053 052 051 050", down(w, bucketA, key(90)))
		require.Equal(t, "050 051 052 053 054 055 100 101 102 103 104 105", up(w, bucketA, key(1)))
		for i := range 200 {
			require.NoError(t, w.Delete(bucketA, key(i)))
		}
		require.Empty(t, down(w, bucketA, nil))
		require.Empty(t, down(w, bucketA, key(90)))
		require.Empty(t, up(w, bucketA, nil))
		return nil
	}))
}

func walkStops(t *testing.T, s kv.Store) {
	t.Helper()
	put(t, s, bucketA, "a", "b", "c")
	require.NoError(t, s.View(func(r kv.Reader) error {
		n := 0
		r.Ascend(bucketA, nil, func(_, _ []byte) bool { n++; return n < 2 })
		require.Equal(t, 2, n)
		r.Descend(bucketA, nil, func(_, _ []byte) bool { n++; return n < 4 })
		require.Equal(t, 4, n)
		return nil
	}))
}

func rollsBack(t *testing.T, s kv.Store) {
	t.Helper()
	put(t, s, bucketA, "kept")
	cause := errors.New("no")
	err := s.Update(func(w kv.Writer) error {
		require.NoError(t, w.Put(bucketB, []byte("x"), []byte("1")))
		require.NoError(t, w.Delete(bucketA, []byte("kept")))
		return cause
	})
	require.Same(t, cause, err)
	require.NoError(t, s.View(func(r kv.Reader) error {
		require.Equal(t, "kept", up(r, bucketA, nil))
		require.Empty(t, up(r, bucketB, nil))
		return nil
	}))
}

func rollsBackPanic(t *testing.T, s kv.Store) {
	t.Helper()
	require.Panics(t, func() {
		_ = s.Update(func(w kv.Writer) error {
			require.NoError(t, w.Put(bucketA, []byte("x"), []byte("1")))
			panic("broken")
		})
	})
	_, found := get(t, s, bucketA, "x")
	require.False(t, found)
	put(t, s, bucketA, "y")
}

func refusedPut(t *testing.T, s kv.Store) {
	t.Helper()
	tests := map[string]struct {
		bucket, key []byte
		kind        fault.Kind
	}{
		"NoBucket": {nil, []byte("k"), fault.Invalid},
		"NoKey":    {bucketA, nil, fault.Invalid},
		"LongKey":  {bucketA, make([]byte, 32769), fault.TooLarge},
	}
	for name, tt := range tests {
		err := s.Update(func(w kv.Writer) error {
			require.NoError(t, w.Put(bucketA, []byte("before"), []byte("1")))
			err := w.Put(tt.bucket, tt.key, []byte("1"))
			require.Equal(t, tt.kind, fault.KindOf(err), name)
			return nil // forgotten
		})
		require.Equal(t, tt.kind, fault.KindOf(err), name)
		_, found := get(t, s, bucketA, "before")
		require.False(t, found)
	}
}

func viewKeepsState(t *testing.T, s kv.Store) {
	t.Helper()
	put(t, s, bucketA, "a")
	started, written, done := make(chan struct{}), make(chan struct{}), make(chan string)
	go func() {
		var seen string
		_ = s.View(func(r kv.Reader) error {
			close(started)
			<-written
			seen = up(r, bucketA, nil)
			return nil
		})
		done <- seen
	}()
	<-started
	put(t, s, bucketA, "b")
	close(written)
	require.Equal(t, "a", <-done)
}

func closed(t *testing.T, s kv.Store) {
	t.Helper()
	require.NoError(t, s.Close())
	require.Equal(t, fault.Unavailable, fault.KindOf(s.View(func(kv.Reader) error { return nil })))
	require.Equal(t, fault.Unavailable, fault.KindOf(s.Update(func(kv.Writer) error { return nil })))
}

func manyKeys(t *testing.T, s kv.Store) {
	t.Helper()
	const n = 10000
	require.NoError(t, s.Update(func(w kv.Writer) error {
		for i := range n {
			if err := w.Put(bucketB, fmt.Appendf(nil, "%06d", i*7919%n), []byte("x")); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, s.View(func(r kv.Reader) error {
		i := 0
		r.Ascend(bucketB, nil, func(k, _ []byte) bool {
			require.Equal(t, fmt.Sprintf("%06d", i), string(k))
			i++
			return true
		})
		require.Equal(t, n, i)
		return nil
	}))
}

// TestStoresAgree drives a Bolt and a Memory with the same random history and
// wants the same answers, inside transactions too.
func TestStoresAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		bolt, memory := stores["Bolt"](t), kv.NewMemory()
		defer func() {
			require.NoError(rt, bolt.Close())
			require.NoError(rt, kv.Check(bolt.(*kv.Bolt).Path()))
		}()
		undo := errors.New("undo")
		for range rapid.IntRange(1, 8).Draw(rt, "transactions") {
			steps := drawSteps(rt)
			var result error
			if rapid.IntRange(0, 4).Draw(rt, "fails") == 0 {
				result = undo
			}
			var got [2]string
			for i, s := range []kv.Store{bolt, memory} {
				err := s.Update(func(w kv.Writer) error { got[i] = play(w, steps); return result })
				require.Equal(rt, result, err)
			}
			require.Equal(rt, got[1], got[0])
		}
	})
}

type step struct {
	del  bool
	key  []byte
	size int
}

func drawSteps(rt *rapid.T) []step {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
		return step{
			del:  rapid.IntRange(0, 1).Draw(rt, "del") == 1,
			key:  fmt.Appendf(nil, "%03d", rapid.IntRange(0, 60).Draw(rt, "key")),
			size: rapid.IntRange(0, 3000).Draw(rt, "size"),
		}
	}), 1, 60).Draw(rt, "steps")
}

func play(w kv.Writer, steps []step) string {
	var out strings.Builder
	for _, s := range steps {
		if s.del {
			_ = w.Delete(bucketA, s.key)
		} else {
			_ = w.Put(bucketA, s.key, make([]byte, s.size))
		}
		fmt.Fprintf(&out, "%d|", len(w.Get(bucketA, s.key)))
		out.WriteString(up(w, bucketA, s.key) + "|" + down(w, bucketA, s.key) + "|" + down(w, bucketA, nil) + "\n")
	}
	return out.String()
}
