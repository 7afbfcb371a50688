package journal_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel() // it waits for a lock
	k := newKit(t)
	stranger, err := journaltest.New(7)
	require.NoError(t, err)
	dir := t.TempDir()
	open(t, dir, k.Options())

	t.Run("AJournalThatIsOpen", func(t *testing.T) {
		_, err := journal.Open(dir, k.Options())
		requireKind(t, err, fault.Unavailable)
	})
	t.Run("AnotherNodesJournal", func(t *testing.T) {
		dir := t.TempDir()
		j, err := journal.Open(dir, k.Options())
		require.NoError(t, errors.Join(err, j.Close()))
		_, err = journal.Open(dir, stranger.Options())
		requireKind(t, err, fault.Exists)
		open(t, dir, k.Options())
	})
	for name, change := range map[string]func(*journal.Options){
		"NoNode":          func(o *journal.Options) { o.Identity.Node = wire.NodeID{} },
		"NoCluster":       func(o *journal.Options) { o.Identity.Cluster = wire.ClusterID{} },
		"NoPost":          func(o *journal.Options) { o.Identity.Post = "" },
		"NoIncarnation":   func(o *journal.Options) { o.Incarnation = 0 },
		"NegativeMinFree": func(o *journal.Options) { o.MinFree = -1 },
		"NegativeBallast": func(o *journal.Options) { o.Ballast = -1 },
		"ATinyMaxSize":    func(o *journal.Options) { o.MaxSize = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			o := k.Options()
			change(&o)
			_, err := journal.Open(t.TempDir(), o)
			requireKind(t, err, fault.Invalid)
		})
	}
	t.Run("AFileInTheWay", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		_, err := journal.Open(filepath.Join(path, "data"), k.Options())
		requireKind(t, err, fault.Storage)
	})
}

// A head that is not the newest entry's is damage, whatever went wrong.
func TestOpenWantsTheHeadToBeTheNewestEntry(t *testing.T) {
	k := newKit(t)
	good := kv.NewMemory()
	j, err := journal.OpenOn(t.TempDir(), good, k.Options())
	require.NoError(t, err)
	said := appendAll(t, j, releases(k, 3)...)
	require.NoError(t, k.Secure(j, 2))
	s := state(t, j)
	meta, entries := []byte("meta"), journal.BucketEntries()
	key := func(seq byte) []byte {
		return append(wire.Marshal(k.Incarnation)[1:], 0, 0, 0, 0, 0, 0, 0, seq)
	}
	put := func(w kv.Writer, s journal.State) error { return w.Put(meta, []byte("state"), journal.EncodeHeld(s)) }

	for name, damage := range map[string]func(kv.Writer) error{
		"HeadBehindTheEntries":  func(w kv.Writer) error { b := s; b.Head, b.Receipted = said[1].Position, 2; return put(w, b) },
		"HeadAheadOfTheEntries": func(w kv.Writer) error { b := s; b.Head.Seq++; return put(w, b) },
		"HeadOfAnotherHash":     func(w kv.Writer) error { b := s; b.Head.Hash[0] ^= 1; return put(w, b) },
		"HeadOfAnotherNode":     func(w kv.Writer) error { b := s; b.Head = wire.Genesis(wire.NodeID{1}, 5); return put(w, b) },
		"HeadBeforeTheFirst": func(w kv.Writer) error {
			b := s
			b.Head = wire.Genesis(k.Identity.Node, k.Incarnation)
			return put(w, b)
		},
		"ReceiptedBeyondReceipts":   func(w kv.Writer) error { b := s; b.Receipted = 2; return put(w, b) },
		"NewestEntryMissing":        func(w kv.Writer) error { return w.Delete(entries, key(3)) },
		"TheOneBeforeItMissing":     func(w kv.Writer) error { return w.Delete(entries, key(2)) },
		"NewestEntryCut":            func(w kv.Writer) error { return w.Put(entries, key(3), []byte("short")) },
		"StateMissing":              func(w kv.Writer) error { return w.Delete(meta, []byte("state")) },
		"StateThatDoesNotDecode":    func(w kv.Writer) error { return w.Put(meta, []byte("state"), []byte{0xff}) },
		"IdentityThatDoesNotDecode": func(w kv.Writer) error { return w.Put(meta, []byte("identity"), []byte{0xff}) },
	} {
		t.Run(name, func(t *testing.T) {
			store := good.Clone()
			require.NoError(t, store.Update(damage))
			_, err := journal.OpenOn(t.TempDir(), store, k.Options())
			requireKind(t, err, fault.Corrupt)
		})
	}
	t.Run("OK", func(t *testing.T) {
		_, err := journal.OpenOn(t.TempDir(), good.Clone(), k.Options())
		require.NoError(t, err)
	})
}

var errDisk = errors.New("input/output error")

func TestAFailedCommitLatches(t *testing.T) {
	k, store := newKit(t), kv.NewMemory()
	o := k.Options()
	latched := 0
	o.OnLatch = func(error) { latched++ }
	j, err := journal.OpenOn(t.TempDir(), store, o)
	require.NoError(t, err)
	said := appendAll(t, j, k.Release(1))
	d := k.Release(2)

	store.FailNextCommit(errDisk)
	_, err = j.Append(t.Context(), d)
	requireKind(t, err, fault.Storage)
	require.ErrorIs(t, err, errDisk)
	for name, call := range map[string]func() error{
		"Append":      func() error { _, err := j.Append(t.Context(), k.Release(1)); return err },
		"State":       func() error { _, err := j.State(); return err },
		"Store":       func() error { return j.Store(journal.Heard{}) },
		"Update":      func() error { return j.Update(func(kv.Writer) error { return nil }) },
		"ReadAfter":   func() error { _, err := j.ReadAfter(said[0].Position, 1); return err },
		"CheckFailed": func() error { _, err := j.Check(nil); return err },
	} {
		t.Run(name+"IsErrStorage", func(t *testing.T) { requireKind(t, call(), fault.Storage) })
	}
	require.Equal(t, 1, latched)
	t.Run("TheNextStartGoesOnFromWhatIsDurable", func(t *testing.T) {
		store.Reopen()
		j, err := journal.OpenOn(t.TempDir(), store, o)
		require.NoError(t, err)
		require.Equal(t, said[0].Position, state(t, j).Head)
		appendAll(t, j, d)
	})
	t.Run("AnUnknownOutcomeMayHaveBeenASuccess", func(t *testing.T) {
		j, err := journal.OpenOn(t.TempDir(), store, o)
		require.NoError(t, err)
		d := k.Release(3)
		store.CrashAfterCommit()
		_, err = j.Append(t.Context(), d)
		requireKind(t, err, fault.Storage)
		store.Reopen()
		j, err = journal.OpenOn(t.TempDir(), store, o)
		require.NoError(t, err)
		a := appendAll(t, j, d)[0]
		require.True(t, a.Replayed, "the retry counts once")
	})
}

func TestASuspectJournalIsRewrittenAtTheNextStart(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	j, err := journal.Open(dir, k.Options())
	require.NoError(t, err)
	said := appendAll(t, j, releases(k, 3)...)
	require.NoError(t, k.Secure(j, 2))
	require.NoError(t, j.Close())
	mark := filepath.Join(dir, "journal.db.suspect")
	suspect := func() { require.NoError(t, os.WriteFile(mark, []byte("input/output error"), 0o600)) }
	suspect()

	var log bytes.Buffer
	o := k.Options()
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	j, err = journal.Open(dir, o)
	require.NoError(t, err)
	require.Contains(t, log.String(), "journal rewritten after a failed sync")
	require.Contains(t, log.String(), "input/output error")
	require.NoFileExists(t, mark)
	require.Equal(t, said[2].Position, state(t, j).Head)
	id, err := j.Identity()
	require.NoError(t, err)
	require.Equal(t, k.Identity, id)
	appendAll(t, j, k.Release(1))
	requireSound(t, j, k)
	require.NoError(t, j.Close())

	t.Run("NotWhenItsChainIsBroken", func(t *testing.T) {
		store, err := kv.Open(filepath.Join(dir, "journal.db"), kv.Options{})
		require.NoError(t, err)
		require.NoError(t, store.Update(func(w kv.Writer) error {
			var first, value []byte
			w.Ascend(journal.BucketEntries(), nil, func(k, v []byte) bool {
				first, value = bytes.Clone(k), bytes.Clone(v)
				return false
			})
			value[100] ^= 4
			return w.Put(journal.BucketEntries(), first, value)
		}))
		require.NoError(t, store.Close())
		suspect()
		_, err = journal.Open(dir, k.Options())
		requireKind(t, err, fault.Corrupt)
		require.FileExists(t, mark, "people decide")
	})
}

func TestASuspectCreationIsBegunAgain(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	store, err := kv.Open(filepath.Join(dir, "journal.db"), kv.Options{})
	require.NoError(t, errors.Join(err, store.Close()))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.db.suspect"), nil, 0o600))
	appendAll(t, open(t, dir, k.Options()), k.Release(1))
}

func TestMetrics(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	o := k.Options()
	o.Metrics = journal.NewMetrics(prometheus.NewPedanticRegistry())
	j, err := journal.Open(dir, o)
	require.NoError(t, err)
	appendAll(t, j, releases(k, 3)...)
	require.NoError(t, k.Secure(j, 2))
	require.NoError(t, j.CanCapture(1))
	require.NoError(t, j.Close())
	reg := prometheus.NewPedanticRegistry()
	o.Metrics = journal.NewMetrics(reg)
	open(t, dir, o)
	n, err := testutil.GatherAndCount(reg)
	require.NoError(t, err)
	require.Equal(t, 6, n)
}
