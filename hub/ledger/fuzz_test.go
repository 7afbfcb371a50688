package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/kv"
)

// FuzzApply gives arbitrary bytes to a state in use: no content panics or fails
// the store, and what it leaves behind still verifies.
func FuzzApply(f *testing.F) {
	h := story(f)
	for _, e := range h.log {
		f.Add(e.Command)
	}
	for kind := range byte(ledger.KindRemoveMember) + 1 {
		f.Add([]byte{kind, 0xa0})
	}
	base, ok := h.store.(*kv.Memory)
	require.True(f, ok)
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ledger.Decode(raw)
		if tick, ok := c.(ledger.Tick); ok && tick.Index != 0 {
			t.Skip("the one command that may stop a member, see TestDivergence")
		}
		again := emptyHub(t, base.Clone())
		again.index, again.now = h.index, h.now
		before := again.audit()
		again.raw(raw)
		require.NoError(t, again.audit().Err())
		require.GreaterOrEqual(t, again.audit().Entries, before.Entries)
		if err == nil {
			back, err := ledger.Encode(c)
			require.NoError(t, err)
			same, err := ledger.Decode(back)
			require.NoError(t, err)
			again.raw(back)
			require.IsType(t, c, same)
		}
	})
}
