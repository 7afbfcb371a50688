package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/wire"
)

// TestRecordOnceForEver: a node that was away for weeks sends what it is not
// sure about once more, in a new incarnation; no time makes it new (D40).
func TestRecordOnceForEver(t *testing.T) {
	for _, away := range []time.Duration{3 * time.Minute, 45 * 24 * time.Hour, 400 * 24 * time.Hour} {
		t.Run(away.String(), func(t *testing.T) {
			h := newHub(t)
			m := h.join("FR-LYO")
			m.releases(2)
			m.sendAll()
			sent := m.entries
			before, err := h.views.Counts()
			require.NoError(t, err)
			h.now += away.Milliseconds()
			m.incarnate()
			for _, e := range sent {
				old, err := e.Check()
				require.NoError(t, err)
				old.Incarnation, old.Seq = m.head.Incarnation, m.head.Seq+1
				again, err := wire.NewEntry(old, e.Body)
				require.NoError(t, err)
				m.append(again)
			}
			require.Empty(t, m.sendAll().Refused)
			after, err := h.views.Counts()
			require.NoError(t, err)
			require.Equal(t, before.Cases, after.Cases)
			require.Equal(t, before.Orders, after.Orders)
			found, err := h.views.Entry(m.id, m.head.Incarnation, 2)
			require.NoError(t, err)
			require.Equal(t, ledger.Repeated, found.Verdict)
		})
	}
}
