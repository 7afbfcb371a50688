package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
)

// What waits is told item by item: with the line cut, with a bundle that cannot
// be read, and not any more when it is secured.
func TestRoadQueue(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		items := func() []ship.Item {
			list, err := p.ship.Queue(50)
			require.NoError(t, err)
			return list
		}
		p.append(1)
		p.secured(5 * time.Second)
		require.Empty(t, items())

		o.road.cut(true)
		p.append(2)
		wait(time.Minute)
		list := items()
		require.Len(t, list, 2)
		for n, i := range list {
			require.EqualValues(t, 2+n, i.Sequence)
			require.Equal(t, ship.Line, i.Reason)
			require.Equal(t, "timeout", i.Last)
			require.EqualValues(t, 1, i.Attempts, "sent once, when nobody knew of the cut yet")
			require.Positive(t, i.Bytes)
		}
		o.road.cut(false)
		p.secured(30 * time.Second)
		require.Empty(t, items())

		bad := p.appendWith(50_000)
		f, err := p.journal.OpenBundle(bad)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		whole, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		p.secured(time.Minute)
		o.road.cut(true)
		torn := p.appendWith(60_000)
		g, err := p.journal.OpenBundle(torn)
		require.NoError(t, err)
		require.NoError(t, g.Close())
		content, err := os.ReadFile(g.Name())
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(g.Name(), whole, 0o600))
		p.append(1)
		o.road.cut(false)
		for range 120 { // while it is tried once more it is on its way
			wait(time.Second)
			if list = items(); list[0].Reason == ship.Damaged && list[0].Attempts > 2 {
				break
			}
		}
		require.Len(t, list, 3)
		require.Equal(t, []ship.Reason{ship.Damaged, ship.Picture, ship.Turn}, []ship.Reason{list[0].Reason, list[1].Reason, list[2].Reason})
		require.Equal(t, "corrupt", list[0].Last)
		require.Greater(t, list[0].Attempts, uint64(2))
		require.True(t, list[0].Next.After(time.Now()))
		require.NoError(t, os.WriteFile(g.Name(), content, 0o600))
		p.until(12*time.Minute, func(st journal.State) bool { return st.Receipted == st.Head.Seq })
		require.Empty(t, items())
	})
}
