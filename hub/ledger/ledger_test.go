package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

var small = ledger.Options{InitialMmapSize: 1 << 26}

func openLedger(t *testing.T, path string) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(path, small)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// story is a log with a little of everything in it.
func story(tb testing.TB) *hub {
	tb.Helper()
	h := newHub(tb)
	lyon, milan := h.join("FR-LYO"), h.join("IT-MIL")
	lyon.releases(9)
	lyon.append(wire.Entry{Header: []byte{0xff}, Body: []byte("poison")})
	lyon.viewed()
	milan.releases(4)
	h.do(ledger.Admit{Time: h.now, Batches: []ledger.AdmitBatch{lyon.batch(1, 6), milan.batch(1, 4)}})
	lyon.sendAll()
	milan.connect()
	milan.sendAll()
	orders, err := h.views.OpenOrders(1, h.now, 3)
	require.NoError(tb, err)
	for _, o := range orders {
		h.do(ledger.CompleteOrder{Time: h.now, Order: o.ID, Event: 17, Actor: 16})
	}
	h.raw([]byte("not a command"))
	h.do(ledger.Tick{Time: h.now + 50*24*3600_000})
	milan.rewrite(2)
	h.admit(milan.batch(1, 4))
	return h
}

// TestReplay: the same log makes the same state, in memory, on disk in other
// transactions, and through an export (I13).
func TestReplay(t *testing.T) {
	h := story(t)
	require.NoError(t, h.audit().Err())
	t.Run("Memory", func(t *testing.T) {
		again := emptyHub(t, newMemory())
		for _, e := range h.log {
			again.apply(e)
		}
		require.Equal(t, h.hash(), again.hash())
	})
	t.Run("BoltInBatches", func(t *testing.T) {
		for _, size := range []int{1, 3, len(h.log)} {
			l := openLedger(t, filepath.Join(t.TempDir(), "ledger.db"))
			for rest := h.log; len(rest) > 0; {
				n := min(size, len(rest))
				responses, err := l.Apply(rest[:n])
				require.NoError(t, err)
				require.Len(t, responses, n)
				rest = rest[n:]
			}
			_, hash, err := l.StateHash()
			require.NoError(t, err)
			require.Equal(t, h.hash(), hash)
			require.NoError(t, l.View(func(r kv.Reader) error { return ledger.Verify(r) }))
		}
	})
	t.Run("ThroughExportAndInstall", func(t *testing.T) {
		half := len(h.log) / 2
		dir := t.TempDir()
		from := openLedger(t, filepath.Join(dir, "from.db"))
		to := openLedger(t, filepath.Join(dir, "to.db"))
		_, err := from.Apply(h.log[:half])
		require.NoError(t, err)
		_, err = to.Apply(h.log[:1])
		require.NoError(t, err)
		path, p := exported(t, from, dir)
		require.NoError(t, to.Install(path, p))
		_, err = to.Apply(h.log) // all of it: what was applied is skipped
		require.NoError(t, err)
		_, hash, err := to.StateHash()
		require.NoError(t, err)
		require.Equal(t, h.hash(), hash)
	})
}

func exported(t *testing.T, l *ledger.Ledger, dir string) (string, ledger.Position) {
	t.Helper()
	var image bytes.Buffer
	var at ledger.Position
	require.NoError(t, l.Export(func(p ledger.Position, size int64, content io.WriterTo) error {
		at = p
		n, err := content.WriteTo(&image)
		require.Equal(t, size, n)
		require.Equal(t, size, int64(image.Len()))
		_, twice := content.WriteTo(io.Discard)
		require.Error(t, twice)
		return err
	}))
	path := filepath.Join(dir, "incoming.state")
	require.NoError(t, os.WriteFile(path, image.Bytes(), 0o600))
	return path, at
}

func TestResponses(t *testing.T) {
	h := story(t)
	l := openLedger(t, filepath.Join(t.TempDir(), "ledger.db"))
	entries := append([]ledger.Entry{}, h.log[:2]...)
	entries = append(entries, ledger.Entry{Index: 3, Term: term, Members: []byte("three members")}, entries[1])
	responses, err := l.Apply(entries)
	require.NoError(t, err)
	require.IsType(t, ledger.Result{}, responses[0])
	require.IsType(t, ledger.Result{}, responses[1])
	require.Nil(t, responses[2], "a membership")
	require.Nil(t, responses[3], "applied before (D11.2)")
	p, err := l.Position()
	require.NoError(t, err)
	require.Equal(t, ledger.Position{Index: 3, Term: term, Members: []byte("three members"), MembersIndex: 3}, p)
}

// TestLateDuplicate: applying the log again changes nothing.
func TestLateDuplicate(t *testing.T) {
	h := story(t)
	before := h.hash()
	for _, e := range h.log {
		require.Zero(t, h.apply(e))
	}
	require.Equal(t, before, h.hash())
}

func TestPersistGoesForwardOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l, err := ledger.Open(path, small)
	require.NoError(t, err)
	high := ledger.Position{Index: 9, Term: 2, Members: []byte("a"), MembersIndex: 4}
	require.NoError(t, l.Persist(high))
	require.NoError(t, l.Persist(ledger.Position{Index: 8, Term: 5, Members: []byte("b"), MembersIndex: 3}))
	p, err := l.Position()
	require.NoError(t, err)
	require.Equal(t, high, p)
	high.Members, high.MembersIndex = []byte("c"), 6
	require.NoError(t, l.Persist(ledger.Position{Index: 7, Term: 9, Members: []byte("c"), MembersIndex: 6}))
	require.NoError(t, l.Close())
	again := openLedger(t, path)
	p, err = again.Position()
	require.NoError(t, err)
	require.Equal(t, high, p)
}

func TestInstallRefuses(t *testing.T) {
	h := story(t)
	dir := t.TempDir()
	l := openLedger(t, filepath.Join(dir, "ledger.db"))
	_, err := l.Apply(h.log[:4])
	require.NoError(t, err)
	ahead := openLedger(t, filepath.Join(dir, "ahead.db"))
	_, err = ahead.Apply(h.log)
	require.NoError(t, err)
	other := openLedger(t, filepath.Join(dir, "other.db"))
	alien := newHub(t)
	alien.chaos.Seed([32]byte{9})
	stranger := emptyHub(t, newMemory())
	stranger.chaos = alien.chaos
	stranger.do(stranger.init())
	stranger.log[0].Index = 50
	_, err = other.Apply(stranger.log)
	require.NoError(t, err)

	cases := []struct {
		name string
		from *ledger.Ledger
		edit func(path string, p *ledger.Position)
		want fault.Kind
	}{
		{"ErrNotAhead", l, nil, fault.Stale},
		{"ErrOtherPosition", ahead, func(_ string, p *ledger.Position) { p.Index++ }, fault.Corrupt},
		{"ErrOtherCluster", other, nil, fault.Denied},
		{"ErrNoFile", ahead, func(path string, _ *ledger.Position) { require.NoError(t, os.Remove(path)) }, fault.NotFound},
		{"ErrRubbish", ahead, func(path string, _ *ledger.Position) {
			require.NoError(t, os.WriteFile(path, make([]byte, 8192), 0o600))
		}, fault.Corrupt},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before, err := l.Position()
			require.NoError(t, err)
			path, p := exported(t, c.from, dir)
			if c.edit != nil {
				c.edit(path, &p)
			}
			wantFault(t, c.want, l.Install(path, p))
			after, err := l.Position()
			require.NoError(t, err)
			require.Equal(t, before, after)
			_, err = l.Nodes()
			require.NoError(t, err, "the old state still stands")
		})
	}
}

// TestExportIsOneMoment: what is applied while an export is written is not in
// it, and is not held up by a slow reader.
func TestExportIsOneMoment(t *testing.T) {
	h := story(t)
	dir := t.TempDir()
	l := openLedger(t, filepath.Join(dir, "ledger.db"))
	half := len(h.log) / 2
	_, err := l.Apply(h.log[:half])
	require.NoError(t, err)

	slow, in := io.Pipe()
	var at ledger.Position
	done := make(chan error, 1)
	go func() {
		done <- l.Export(func(p ledger.Position, _ int64, content io.WriterTo) error {
			at = p
			_, err := content.WriteTo(in)
			return errors.Join(err, in.Close())
		})
	}()
	first := make([]byte, 1)
	_, err = io.ReadFull(slow, first)
	require.NoError(t, err)
	_, err = l.Apply(h.log[half:])
	require.NoError(t, err, "the export has begun and holds nobody up")
	rest, err := io.ReadAll(slow)
	require.NoError(t, err)
	require.NoError(t, <-done)

	path := filepath.Join(dir, "copy.db")
	require.NoError(t, os.WriteFile(path, append(first, rest...), 0o600))
	report, err := ledger.AuditFile(path)
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Equal(t, uint64(half), report.Index)
	require.Equal(t, at.Index, report.Index)
}

// TestExportHoldsItsPosition: nothing is applied between the position that an
// export names and its first byte.
func TestExportHoldsItsPosition(t *testing.T) {
	h := story(t)
	dir := t.TempDir()
	l := openLedger(t, filepath.Join(dir, "ledger.db"))
	_, err := l.Apply(h.log[:4])
	require.NoError(t, err)
	var image bytes.Buffer
	applied := make(chan error, 1)
	require.NoError(t, l.Export(func(p ledger.Position, _ int64, content io.WriterTo) error {
		go func() {
			_, err := l.Apply(h.log)
			applied <- err
		}()
		patience, done := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer done()
		select {
		case err := <-applied:
			return errors.Join(err, errors.New("an entry was applied under the export"))
		case <-patience.Done():
		}
		_, err := content.WriteTo(&image)
		require.Equal(t, uint64(4), p.Index)
		return err
	}))
	require.NoError(t, <-applied)
	path := filepath.Join(dir, "copy.db")
	require.NoError(t, os.WriteFile(path, image.Bytes(), 0o600))
	report, err := ledger.AuditFile(path)
	require.NoError(t, err)
	require.Equal(t, uint64(4), report.Index)
}

func TestExportCanceled(t *testing.T) {
	h := story(t)
	l := openLedger(t, filepath.Join(t.TempDir(), "ledger.db"))
	_, err := l.Apply(h.log)
	require.NoError(t, err)
	stop := errors.New("canceled")
	err = l.Export(func(_ ledger.Position, _ int64, content io.WriterTo) error {
		_, err := content.WriteTo(failing{stop})
		return err
	})
	require.ErrorIs(t, err, stop)
	require.ErrorIs(t, l.Export(func(ledger.Position, int64, io.WriterTo) error { return stop }), stop)
	_, err = l.Apply(nil)
	require.NoError(t, err, "the turn was given back")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWatchWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := story(t)
		l := openLedger(t, filepath.Join(t.TempDir(), "ledger.db"))
		applied, changed := l.Watch()
		require.Zero(t, applied)
		woken := make(chan uint64)
		go func() {
			<-changed
			now, _ := l.Watch()
			woken <- now
		}()
		_, err := l.Apply(h.log[:2])
		require.NoError(t, err)
		require.Equal(t, uint64(2), <-woken)
	})
}

// TestStorageErrorIsReturned: a failed commit is an error, not a response.
func TestStorageErrorIsReturned(t *testing.T) {
	store := kv.NewMemory()
	h := emptyHub(t, store)
	raw, err := ledger.Encode(h.init())
	require.NoError(t, err)
	store.FailNextCommit(errors.New("disk"))
	err = store.Update(func(w kv.Writer) error {
		_, err := ledger.Apply(w, 1, term, raw)
		return err
	})
	wantFault(t, fault.Storage, err)
	store.Reopen()
	require.Zero(t, h.audit().Index)
}

// TestFeatureLevel: a member whose program is older than the cluster stops.
func TestFeatureLevel(t *testing.T) {
	h := newHub(t)
	require.NoError(t, h.do(ledger.RaiseFeature{Time: h.now, Level: 1}).Err())
	require.NoError(t, h.do(ledger.RaiseFeature{Time: h.now, Level: ledger.Feature + 1}).Err())
	err := h.store.Update(func(w kv.Writer) error {
		_, err := ledger.Apply(w, h.index+1, term, h.log[0].Command)
		return err
	})
	wantFault(t, fault.Unsupported, err)

	path := filepath.Join(t.TempDir(), "ledger.db")
	l, err := ledger.Open(path, small)
	require.NoError(t, err)
	_, err = l.Apply(h.log)
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = ledger.Open(path, small)
	wantFault(t, fault.Unsupported, err)
}

// TestAuditFindsDamage changes one stored bit and wants it found, or harmless:
// no finding may be lost where bytes are chained.
func TestAuditFindsDamage(t *testing.T) {
	h := story(t)
	for _, bucket := range []string{"entries", "bodies", "positions", "ranges", "cursors", "records", "notices", "heads"} {
		t.Run(bucket, func(t *testing.T) {
			store, ok := h.store.(*kv.Memory)
			require.True(t, ok)
			bad := store.Clone()
			require.NoError(t, bad.Update(func(w kv.Writer) error { return flipFirst(w, bucket) }))
			var report ledger.Report
			require.NoError(t, bad.View(func(r kv.Reader) error {
				report = ledger.Audit(r)
				return nil
			}))
			require.False(t, report.OK())
			wantFault(t, fault.Corrupt, report.Err())
		})
	}
}

func flipFirst(w kv.Writer, bucket string) error {
	var key, value []byte
	w.Ascend([]byte(bucket), nil, func(k, v []byte) bool {
		key, value = bytes.Clone(k), bytes.Clone(v)
		return false
	})
	value[len(value)-1] ^= 1
	return w.Put([]byte(bucket), key, value)
}

func TestRewriteAfterFailure(t *testing.T) {
	h := story(t)
	path := filepath.Join(t.TempDir(), "ledger.db")
	l, err := ledger.Open(path, small)
	require.NoError(t, err)
	_, err = l.Apply(h.log)
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.NoError(t, os.WriteFile(path+".suspect", []byte("failed sync"), 0o600))
	_, err = ledger.Open(path, small)
	wantFault(t, fault.Corrupt, err)
	require.NoError(t, ledger.Rewrite(path))
	_, hash, err := openLedger(t, path).StateHash()
	require.NoError(t, err)
	require.Equal(t, h.hash(), hash)
}

// TestHashSeesEveryByte: states that differ in one stored byte have different
// hashes, and so have states that got there by other commands.
func TestHashSeesEveryByte(t *testing.T) {
	hash := func(reasons ...string) wire.Digest {
		h := newHub(t)
		m := h.join("FR-LYO")
		for _, reason := range reasons {
			c := ledger.Revoke{Time: h.now, Action: ledger.RevokeForGood, Node: m.id, Reason: reason}
			require.NoError(t, h.do(c).Err())
		}
		return h.hash()
	}
	require.Equal(t, hash("a"), hash("a"))
	require.NotEqual(t, hash("a"), hash("b"))
	require.NotEqual(t, hash("a"), hash("a", "a"))
	require.NotEqual(t, hash(), hash("a"))
}
