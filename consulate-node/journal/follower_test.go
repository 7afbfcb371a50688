package journal_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/kv"
)

// TestNoEntryWithoutItsFollower: what must be true exactly when an entry is
// cannot be made true, and so the entry is not there either (D34).
func TestNoEntryWithoutItsFollower(t *testing.T) {
	j, k := fresh(t)
	appendAll(t, j, k.Release(10))
	before, err := j.State()
	require.NoError(t, err)
	drafts, taken := []byte("desk/drafts"), errors.New("the draft is taken")
	d := k.Release(10)
	d.Also = func(w kv.Writer) error {
		if err := w.Put(drafts, []byte("d"), []byte("x")); err != nil {
			return err
		}
		return taken
	}
	_, err = j.Append(t.Context(), d)
	require.ErrorIs(t, err, taken)
	after, err := j.State()
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.NoError(t, j.View(func(r kv.Reader) error {
		require.Nil(t, r.Get(drafts, []byte("d")))
		return nil
	}))
	requireSound(t, j, k)
}
