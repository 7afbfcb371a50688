package ledger_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/kv"
)

var errDisk = errors.New("disk")

// failingWriter fails its n-th change.
type failingWriter struct {
	kv.Writer
	left int
}

func (f *failingWriter) spend() error {
	if f.left--; f.left < 0 {
		return errDisk
	}
	return nil
}

func (f *failingWriter) Put(in, key, value []byte) error {
	if err := f.spend(); err != nil {
		return err
	}
	return f.Writer.Put(in, key, value)
}

func (f *failingWriter) Delete(in, key []byte) error {
	if err := f.spend(); err != nil {
		return err
	}
	return f.Writer.Delete(in, key)
}

// TestEveryWriteFails makes each change of each command of a story fail once:
// the error comes out of Apply, the transaction is gone, and the command then
// has the effect that it has on the other members.
func TestEveryWriteFails(t *testing.T) {
	h := story(t)
	again := emptyHub(t, newMemory())
	failed := 0
	for _, e := range h.log {
		for n := 0; ; n++ {
			err := again.store.Update(func(w kv.Writer) error {
				f := &failingWriter{Writer: w, left: n}
				_, err := ledger.Apply(f, e.Index, e.Term, e.Command)
				if err == nil && f.left >= 0 {
					return errDone
				}
				require.ErrorIs(t, err, errDisk, "command %d, change %d", e.Index, n)
				return err
			})
			if errors.Is(err, errDone) {
				break
			}
			failed++
		}
		again.apply(e)
	}
	require.Greater(t, failed, 200)
	require.Equal(t, h.hash(), again.hash())
	require.NoError(t, again.audit().Err())
}

var errDone = errors.New("no change failed")

// TestDamageStopsApply: a stored value that was damaged is not decided by.
func TestDamageStopsApply(t *testing.T) {
	for _, bucket := range []string{"nodes", "cursors", "meta", "records"} {
		t.Run(bucket, func(t *testing.T) {
			h := newHub(t)
			m := h.join("FR-LYO")
			m.releases(2)
			m.sendAll()
			require.NoError(t, h.store.Update(func(w kv.Writer) error { return flipFirst(w, bucket) }))
			raw, err := ledger.Encode(ledger.Admit{Time: h.now, Batches: []ledger.AdmitBatch{m.reissued()}})
			require.NoError(t, err)
			err = h.store.Update(func(w kv.Writer) error {
				_, err := ledger.Apply(w, h.index+1, term, raw)
				return err
			})
			require.Error(t, err)
		})
	}
}

// reissued gives a batch that brings all records again, after a first entry
// that follows the cursor.
func (m *machine) reissued() ledger.AdmitBatch {
	first, last := len(m.entries)+1, 2*len(m.entries)
	for _, e := range m.entries {
		h, err := e.Check()
		require.NoError(m.hub.tb, err)
		h.Seq = m.head.Seq + 1
		again := m.draft(h)
		m.append(again)
	}
	return m.batch(first, last)
}

// TestCrashBetweenCommitAndAnswer: raft applies again what the process did not
// live to report; nothing happens twice (D11.2).
func TestCrashBetweenCommitAndAnswer(t *testing.T) {
	h := story(t)
	store := kv.NewMemory()
	again := emptyHub(t, store)
	for i, e := range h.log {
		if i%2 == 0 {
			store.CrashAfterCommit()
		} else {
			store.CrashBeforeCommit()
		}
		require.Error(t, store.Update(func(w kv.Writer) error {
			_, err := ledger.Apply(w, e.Index, e.Term, e.Command)
			return err
		}))
		store.Reopen()
		again.apply(e)
	}
	require.Equal(t, h.hash(), again.hash())
}
