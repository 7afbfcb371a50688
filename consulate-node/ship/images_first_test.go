package ship_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/ship"
	"jaliya/internal/wire"
)

// TestCoreSendsImagesFirst: entries go up to the first whose images the hub does
// not have, and no further (D45).
func TestCoreSendsImagesFirst(t *testing.T) {
	for name, tt := range map[string]struct {
		unstored uint64
		until    uint64 // 0: nothing is sent
	}{
		"OK none waits":        {0, 10},
		"OK up to the fifth":   {6, 5},
		"OK not the first":     {1, 0},
		"OK not the last":      {10, 9},
		"OK beyond the newest": {11, 10},
	} {
		t.Run(name, func(t *testing.T) {
			core := ship.NewCore(storyStart, func(limit time.Duration) time.Duration { return limit / 2 })
			held := ship.Held{Head: at(10), Unstored: tt.unstored}
			core.Step(storyStart, held, ship.Event{Kind: ship.Tick})
			core.Step(storyStart, held, ship.Event{Kind: ship.Connected})
			effects := core.Step(storyStart, held, ship.Event{Kind: ship.Welcomed, Welcome: wire.Welcome{
				Session: 1, Decisions: []wire.Decision{{Verdict: wire.VerdictNew, Cursor: at(0)}},
			}})
			var until uint64
			for _, e := range effects {
				if e.Kind == ship.Send {
					until = e.Until
				}
			}
			require.Equal(t, tt.until, until)
		})
	}
}
