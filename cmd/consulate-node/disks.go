package main

import (
	"context"
	"fmt"
	"time"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/cli"
)

// disks says how the second disk stands and when the journal was compacted. A
// node that is latched or just stopping says nothing of them.
func (*statusCommand) disks(ctx context.Context, s cli.Streams, cfg node.Config) error {
	in, err := node.AskInside(ctx, cfg)
	if err != nil {
		return nil //nolint:nilerr // the functions above have said what is wrong
	}
	if m := in.Mirror; m.State != mirror.None {
		text := fmt.Sprintf("%s %s", m.State, m.Reason)
		if m.State == mirror.Good {
			text = fmt.Sprintf("base of %d bytes, log of %d bytes", m.Base, m.Log)
		} else if m.Behind > 0 {
			text += fmt.Sprintf(", %d transactions behind", m.Behind)
		}
		fmt.Fprintf(s.Out, "%-12s %s since %s\n", "second disk", text, m.Since.Format(time.RFC3339))
	}
	if c := in.Compacted; c != (journal.Compaction{}) {
		fmt.Fprintf(s.Out, "%-12s %s: from %d to %d bytes\n", "compacted", time.UnixMilli(c.At).Format(time.RFC3339), c.Before, c.After)
	}
	return nil
}
