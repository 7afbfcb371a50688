package ship_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/ship"
	"jaliya/internal/fault"
)

// TestSilenceWhileDown bounds how long nothing is sent to a hub that does not
// answer: what is left of a dial after its last packet, and the pause behind it,
// are not longer than the 5 s in which the return of the link is noticed.
func TestSilenceWhileDown(t *testing.T) {
	for name, test := range map[string]struct {
		dialed      time.Duration
		least, most time.Duration
	}{
		"OK/RefusedAtOnce": {0, ship.Probe, 2 * ship.Probe},
		"OK/WaitedInVain":  {5 * time.Second, ship.Probe / 4, ship.Probe / 2},
	} {
		t.Run(name, func(t *testing.T) {
			for _, jitter := range []func(time.Duration) time.Duration{
				func(time.Duration) time.Duration { return 0 },
				func(limit time.Duration) time.Duration { return limit - 1 },
			} {
				c := ship.NewCore(storyStart, jitter)
				held := ship.Held{Head: at(0)}
				require.Len(t, c.Step(storyStart, held, ship.Event{Kind: ship.Tick}), 1, "a dial")
				end := storyStart.Add(test.dialed)
				c.Step(end, held, ship.Event{Kind: ship.Lost, Err: fault.New(fault.Timeout, "link: dial", "", nil)})
				require.Equal(t, ship.Down, c.Phase)
				require.GreaterOrEqual(t, c.NextDial.Sub(end), test.least)
				require.LessOrEqual(t, c.NextDial.Sub(end), test.most)
			}
		})
	}
}
