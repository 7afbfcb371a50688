package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/internal/wire"
)

// A post keeps the newest checkpoint of the national log, and each newer one
// extends it, over sessions and while one lasts.
func TestRoadLogGoesOn(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(2)
		p.secured(10 * time.Second)
		first := p.keeps()
		require.NotZero(t, first.Size)
		o.road.cut(true)
		wait(time.Minute)
		p.append(3)
		o.road.cut(false)
		p.secured(10 * time.Second)
		second := p.keeps()
		require.Greater(t, second.Size, first.Size)
		root, err := o.RootAt(second.Size)
		require.NoError(t, err)
		require.Equal(t, root, second.Root)
		p.append(4)
		p.secured(10 * time.Second)
		wait(2 * time.Hour)
		require.Greater(t, p.keeps().Size, second.Size+3, "a session that lasts hears of it too")
	})
}

func (p *outpost) keeps() journal.Kept {
	p.t.Helper()
	k, err := p.journal.Kept()
	require.NoError(p.t, err)
	return k
}

// A hub whose log does not begin with what the post was shown has another history:
// the post says so, sends nothing, and asks again until people have decided (S20).
func TestRoadLogRewritten(t *testing.T) {
	for name, shown := range map[string]func(journal.Kept) journal.Kept{
		"ErrRewritten": func(k journal.Kept) journal.Kept { k.Root = wire.Digest{1}; return k },
		"ErrOlder":     func(k journal.Kept) journal.Kept { k.Size += 1000; return k },
	} {
		t.Run(name, func(t *testing.T) {
			road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
				t.Helper()
				p.append(2)
				p.secured(10 * time.Second)
				kept := p.keeps()
				require.NoError(t, p.journal.Keep(shown(kept)))
				o.road.cut(true)
				wait(time.Minute)
				p.append(1)
				o.road.cut(false)
				p.phase(20*time.Second, ship.Quarantined)
				require.Equal(t, "fork", p.ship.Status().Reason)
				wait(30 * time.Minute)
				st := p.state()
				require.Equal(t, st.Head.Seq-1, st.Receipted, "nothing was sent")
				require.Equal(t, shown(kept), p.keeps())
				require.NoError(t, p.journal.Keep(kept)) // people decided
				p.secured(10 * time.Minute)
			})
		})
	}
}
