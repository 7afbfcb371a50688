package node

import (
	"context"
	"strconv"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/pause"
)

// scrubRate is how many bytes of bundles are read in a second of the night: the
// upload of a backlog and the second disk go on beside it.
const scrubRate = 8 << 20

// scrubTonight proves sealed images again while the night lasts and nobody works.
func (n *Node) scrubTonight(ctx context.Context, zone *time.Location) error {
	return n.journal.ScrubBundles(journal.ScrubOptions{
		GoOn: func() bool {
			hour := time.Now().In(zone).Hour()
			return ctx.Err() == nil && hour >= nightBegins && hour < nightEnds && n.journal.Idle() >= quiet
		},
		Wait: func(read int64) bool {
			return pause.For(ctx, time.Duration(float64(read)/scrubRate*float64(time.Second))) == nil
		},
		Now: time.Now,
	})
}

// checkBundles is what the status says of sealed images: some are neither whole
// here nor at the hub.
func (n *Node) checkBundles(context.Context) error {
	s, err := n.journal.Scrubbed()
	if err == nil && len(s.Lost) > 0 {
		err = fault.New(fault.Corrupt, "node: sealed images", strconv.Itoa(len(s.Lost))+" cannot be read, and the hub does not have them", nil)
	}
	return err
}

// scrubbed gives a figure of the scrub.
func (n *Node) scrubbed(value func(journal.Scrubbed) float64) func() float64 {
	return func() float64 {
		s, err := n.journal.Scrubbed()
		if err != nil {
			return 0 // the journal's own check says why
		}
		return value(s)
	}
}
