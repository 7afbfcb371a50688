package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
)

// TestTallyKeepsOneOrder replays a command that concerns many posts at once: no
// walk over a map may show in the state hash (D11, I13).
func TestTallyKeepsOneOrder(t *testing.T) {
	h := newHub(t)
	var batches []ledger.AdmitBatch
	for _, post := range []consular.PostID{"FR-LYO", "IT-MIL", "FR-PAR", "ES-MAD", "BE-BRU", "DE-FRA", "US-NYC", "CA-MTL"} {
		m := h.join(post)
		m.releases(2)
		batches = append(batches, m.batch(1, 2))
	}
	r := h.do(ledger.Admit{Time: h.now, Batches: batches})
	require.NoError(t, r.Err())
	require.Len(t, r.Batches, len(batches))
	for range 4 {
		again := emptyHub(t, newMemory())
		for _, e := range h.log {
			again.apply(e)
		}
		require.Equal(t, h.hash(), again.hash())
	}
}
