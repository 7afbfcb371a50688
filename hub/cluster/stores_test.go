package cluster

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

func quietWatch() *watch {
	m := newMetrics(nil)
	return &watch{log: slog.New(slog.DiscardHandler), seconds: m.writes, slow: m.slowWrites, leave: func(error) {}}
}

func openKV(tb testing.TB, path string) *kv.Bolt {
	tb.Helper()
	db, err := kv.Open(path, kv.Options{AppendBuckets: []string{"log"}})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func openLog(tb testing.TB, db kv.Store) (*logStore, *[]error) {
	tb.Helper()
	var left []error
	s, err := newLogStore(db, quietWatch(), func(err error) { left = append(left, err) })
	require.NoError(tb, err)
	return s, &left
}

func entriesBetween(first, last, term uint64) []*raft.Log {
	var logs []*raft.Log
	for i := first; i <= last; i++ {
		logs = append(logs, &raft.Log{Index: i, Term: term, Data: []byte{byte(i)}, AppendedAt: time.Unix(1, int64(i)).UTC()})
	}
	return logs
}

// A field that a later raft adds to its record must not be lost here.
func TestRecordIsComplete(t *testing.T) {
	full := raft.Log{
		Index: 1 << 40, Term: 7, Type: raft.LogConfiguration, Data: []byte("data"), Extensions: []byte("more"),
		AppendedAt: time.Unix(1234567, 891).UTC(),
	}
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		require.False(t, v.Field(i).IsZero(), "field %s is not set by this test: does the record hold it?", v.Type().Field(i).Name)
	}
	for name, l := range map[string]raft.Log{"OK": full, "OKEmpty": {Index: 3}, "OKOnlyExtensions": {Index: 3, Extensions: []byte("x")}} {
		t.Run(name, func(t *testing.T) {
			var got raft.Log
			require.NoError(t, decodeRecord(l.Index, encodeRecord(&l), &got))
			require.Equal(t, l, got)
		})
	}
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add(uint64(1), []byte{})
	f.Add(uint64(9), encodeRecord(&raft.Log{Index: 9, Term: 2, Data: []byte("abc"), Extensions: []byte("d")}))
	f.Fuzz(func(t *testing.T, index uint64, b []byte) {
		var l raft.Log
		if err := decodeRecord(index, b, &l); err != nil {
			require.True(t, fault.Is(err, fault.Corrupt))
			return
		}
		require.Equal(t, b, encodeRecord(&l))
	})
}

func TestLogStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "raft.db")
	db := openKV(t, path)
	s, _ := openLog(t, db)
	_, monotonic := any(s).(raft.MonotonicLogStore)
	require.False(t, monotonic, "D11.6")
	first, last := s.bounds()
	require.Zero(t, first+last)
	var l raft.Log
	require.Equal(t, raft.ErrLogNotFound, s.GetLog(1, &l), "raft compares the error itself")

	require.NoError(t, s.StoreLogs(entriesBetween(1, 2000, 1)))
	require.NoError(t, s.StoreLog(&raft.Log{Index: 2001, Term: 2, Data: []byte("one")}))
	require.NoError(t, s.GetLog(2001, &l))
	require.Equal(t, []byte("one"), l.Data)

	for _, test := range []struct {
		name                  string
		min, max, first, last uint64
	}{
		{"OKHead", 1, 300, 301, 2001},
		{"OKTail", 1901, 2001, 301, 1900},
		{"OKOutside", 3000, 4000, 301, 1900},
		{"OKHeadAndBefore", 0, 400, 401, 1900},
		{"OKTailAndBehind", 1801, 9000, 401, 1800},
		{"OKNothing", 900, 899, 401, 1800},
		{"OKExactChunks", 401, 400 + 2*deleteChunk, 401 + 2*deleteChunk, 1800},
		{"OKAll", 0, 9999, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, s.DeleteRange(test.min, test.max))
			fresh, _ := openLog(t, db)
			for _, store := range []*logStore{s, fresh} {
				first, last := store.bounds()
				require.Equal(t, test.first, first)
				require.Equal(t, test.last, last)
				for i := first; i <= last && i > 0; i += 97 {
					require.NoError(t, store.GetLog(i, &l))
				}
			}
			for _, i := range []uint64{test.first - 1, test.last + 1} {
				require.Equal(t, raft.ErrLogNotFound, s.GetLog(i, &l))
			}
		})
	}
}

// A gap stays a gap: raft relies on it after a snapshot was installed.
func TestLogStoreGap(t *testing.T) {
	s, _ := openLog(t, openKV(t, filepath.Join(t.TempDir(), "raft.db")))
	require.NoError(t, s.StoreLogs(entriesBetween(1, 5, 1)))
	require.NoError(t, s.StoreLogs(entriesBetween(100, 105, 2)))
	first, last := s.bounds()
	require.Equal(t, []uint64{1, 105}, []uint64{first, last})
	var l raft.Log
	require.NoError(t, s.GetLog(3, &l))
	require.NoError(t, s.GetLog(100, &l))
	require.Equal(t, raft.ErrLogNotFound, s.GetLog(50, &l))
}

// The window in memory and the file always say the same.
func TestLogStoreHistories(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		db, err := kv.Open(filepath.Join(dir, "raft"+string(rune('a'+n%26))+time.Now().Format("150405.000000000")+".db"), kv.Options{})
		require.NoError(rt, err)
		defer func() { require.NoError(rt, db.Close()) }()
		s, err := newLogStore(db, quietWatch(), func(error) {})
		require.NoError(rt, err)
		model := map[uint64]uint64{}
		next, term := uint64(1), uint64(1)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0, 1:
				count := rapid.Uint64Range(1, 20).Draw(rt, "count")
				require.NoError(rt, s.StoreLogs(entriesBetween(next, next+count-1, term)))
				for i := range count {
					model[next+i] = term
				}
				next += count
			case 2: // conflict: cut the end
				from := rapid.Uint64Range(1, next).Draw(rt, "from")
				require.NoError(rt, s.DeleteRange(from, next-1))
				for i := from; i < next; i++ {
					delete(model, i)
				}
				next = from
				term++
			case 3: // compaction: cut the beginning
				to := rapid.Uint64Range(0, next-1).Draw(rt, "to")
				require.NoError(rt, s.DeleteRange(1, to))
				for i := range to {
					delete(model, i+1)
				}
			}
		}
		disk, err := newLogStore(db, quietWatch(), func(error) {})
		require.NoError(rt, err)
		for i := range next + 2 {
			for _, store := range []*logStore{s, disk} {
				var l raft.Log
				err := store.GetLog(i, &l)
				if want, held := model[i]; held {
					require.NoError(rt, err)
					require.Equal(rt, want, l.Term)
				} else {
					require.Equal(rt, raft.ErrLogNotFound, err)
				}
			}
		}
	})
}

func TestRecentIsBounded(t *testing.T) {
	r := newRecent()
	big := make([]byte, MaxProposal)
	for i := uint64(1); i <= 200; i++ {
		r.add([]*raft.Log{{Index: i, Data: big}})
	}
	require.LessOrEqual(t, r.size, recentBytes)
	require.NotNil(t, r.get(200))
	require.Nil(t, r.get(1))
	r.remove(0, 1000)
	require.Zero(t, r.size)
	require.Empty(t, r.entries)
}

func TestChecksum(t *testing.T) {
	db := openKV(t, filepath.Join(t.TempDir(), "raft.db"))
	s, _ := openLog(t, db)
	require.NoError(t, s.StoreLogs(entriesBetween(1, 3, 1)))
	stable := &stableStore{db: db, watch: quietWatch(), leave: func(error) {}}
	require.NoError(t, stable.SetUint64(keyCurrentTerm, 4))

	flip := func(bucket, key []byte, at int) {
		require.NoError(t, db.Update(func(w kv.Writer) error {
			b := bytes.Clone(w.Get(bucket, key))
			b[at] ^= 4
			return w.Put(bucket, key, b)
		}))
	}
	for at := range len(encodeRecord(entriesBetween(2, 2, 1)[0])) {
		flip(bucketLog, indexKey(2), at)
		fresh, left := openLog(t, db)
		var l raft.Log
		require.True(t, fault.Is(fresh.GetLog(2, &l), fault.Corrupt), "offset %d", at)
		require.Len(t, *left, 1, "the member leaves")
		flip(bucketLog, indexKey(2), at)
	}
	t.Run("ErrOtherIndex", func(t *testing.T) {
		require.NoError(t, db.Update(func(w kv.Writer) error {
			return w.Put(bucketLog, indexKey(2), bytes.Clone(w.Get(bucketLog, indexKey(3))))
		}))
		fresh, _ := openLog(t, db)
		var l raft.Log
		require.True(t, fault.Is(fresh.GetLog(2, &l), fault.Corrupt))
	})
	t.Run("ErrTerm", func(t *testing.T) {
		flip(bucketStable, keyCurrentTerm, 11)
		_, err := stable.GetUint64(keyCurrentTerm)
		require.True(t, fault.Is(err, fault.Corrupt))
	})
}

func TestStableStore(t *testing.T) {
	s := &stableStore{db: openKV(t, filepath.Join(t.TempDir(), "raft.db")), watch: quietWatch(), leave: func(error) {}}
	_, err := s.Get([]byte("x"))
	require.EqualError(t, err, "not found")
	_, err = s.GetUint64([]byte("x"))
	require.EqualError(t, err, "not found")
	require.NoError(t, s.Set([]byte("x"), nil))
	v, err := s.Get([]byte("x"))
	require.NoError(t, err)
	require.Empty(t, v)
	require.NoError(t, s.SetUint64([]byte("n"), 1<<63))
	n, err := s.GetUint64([]byte("n"))
	require.NoError(t, err)
	require.Equal(t, uint64(1<<63), n)
	_, err = s.GetUint64([]byte("x"))
	require.True(t, fault.Is(err, fault.Corrupt))
}

// The file as it is on disk after the first of raft's two saves holds no vote
// at all (D2): the old candidate beside the new term would be granted a second
// vote without a look at its log.
func TestVoteIsAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "raft.db")
	s := &stableStore{db: openKV(t, path), watch: quietWatch(), leave: func(error) {}}
	crash := func(name string) *stableStore {
		image, err := os.ReadFile(path)
		require.NoError(t, err)
		at := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(at, image, 0o600))
		return &stableStore{db: openKV(t, at), watch: quietWatch(), leave: func(error) {}}
	}
	require.NoError(t, s.SetUint64(keyVoteTerm, 5))
	require.NoError(t, s.Set(keyVoteCandidate, []byte("a")))
	whole := crash("whole.db")
	v, err := whole.Get(keyVoteCandidate)
	require.NoError(t, err)
	require.Equal(t, []byte("a"), v)

	require.NoError(t, s.SetUint64(keyVoteTerm, 6))
	half := crash("half.db")
	term, err := half.GetUint64(keyVoteTerm)
	require.NoError(t, err)
	require.Equal(t, uint64(6), term)
	_, err = half.Get(keyVoteCandidate)
	require.EqualError(t, err, "not found")
}

func TestWatch(t *testing.T) {
	for name, test := range map[string]struct {
		takes time.Duration
		alarm int
		left  int
	}{
		"OK": {time.Second, 0, 0}, "OKSlow": {6 * time.Second, 1, 0}, "ErrStuck": {16 * time.Second, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var alarms, left atomic.Int32
				w := quietWatch()
				w.alarm = func(string) { alarms.Add(1) }
				w.leave = func(err error) {
					require.True(t, fault.Is(err, fault.Storage))
					left.Add(1)
				}
				stop := w.start("test: write")
				<-time.After(test.takes)
				stop()
				<-time.After(time.Minute)
				require.Equal(t, test.alarm, int(alarms.Load()))
				require.Equal(t, test.left, int(left.Load()))
			})
		})
	}
}

func TestReconcile(t *testing.T) {
	for name, test := range map[string]struct {
		held    [][3]uint64 // first, last, term
		state   Position
		noTerm  bool
		cleared bool
		corrupt bool
	}{
		"OKEmpty":            {noTerm: true},
		"OKLogAhead":         {held: [][3]uint64{{1, 9, 2}}, state: Position{Index: 5, Term: 2}},
		"OKLogOnly":          {held: [][3]uint64{{1, 9, 2}}},
		"OKTruncated":        {held: [][3]uint64{{6, 9, 2}}, state: Position{Index: 5, Term: 2}},
		"OKGap":              {held: [][3]uint64{{1, 3, 1}, {8, 9, 2}}, state: Position{Index: 7, Term: 2}},
		"OKClearedBehind":    {held: [][3]uint64{{1, 4, 2}}, state: Position{Index: 5, Term: 2}, cleared: true},
		"OKClearedTerm":      {held: [][3]uint64{{1, 9, 1}}, state: Position{Index: 5, Term: 2}, cleared: true},
		"OKLogGone":          {state: Position{Index: 5, Term: 2}},
		"ErrHole":            {held: [][3]uint64{{7, 9, 2}}, state: Position{Index: 5, Term: 2}, corrupt: true},
		"ErrStateLost":       {held: [][3]uint64{{7, 9, 2}}, corrupt: true},
		"ErrVotesLost":       {state: Position{Index: 5, Term: 2}, noTerm: true, corrupt: true},
		"ErrVotesOld":        {state: Position{Index: 5, Term: 3}, corrupt: true},
		"ErrHoleInsideOfLog": {held: [][3]uint64{{1, 3, 1}, {9, 9, 2}}, state: Position{Index: 7, Term: 2}, corrupt: true},
	} {
		t.Run(name, func(t *testing.T) {
			db := openKV(t, filepath.Join(t.TempDir(), "raft.db"))
			s, _ := openLog(t, db)
			stable := &stableStore{db: db, watch: quietWatch(), leave: func(error) {}}
			if !test.noTerm {
				require.NoError(t, stable.SetUint64(keyCurrentTerm, 2))
			}
			for _, h := range test.held {
				require.NoError(t, s.StoreLogs(entriesBetween(h[0], h[1], h[2])))
			}
			cleared, err := reconcile(s, stable, test.state)
			require.Equal(t, test.corrupt, fault.Is(err, fault.Corrupt), "%v", err)
			require.Equal(t, test.cleared, cleared)
			_, last := s.bounds()
			require.Equal(t, test.cleared || len(test.held) == 0, last == 0)
		})
	}
}
