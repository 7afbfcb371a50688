package main

import (
	"fmt"
	"io"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/consulate-node/ship"
)

// printStanding says what an operator would otherwise not see: what comes back
// from the hub, and that the journal went on in a new incarnation.
func (n nodeStatus) printStanding(w io.Writer) error {
	if n.Journal.Chapters > 1 {
		if _, err := fmt.Fprintf(w, "%-12s goes on in a new incarnation since %s: %s\n",
			"history", n.Journal.Opened.UTC().Format(time.RFC3339), whyText(n.Journal.Why)); err != nil {
			return err
		}
	}
	for _, one := range []struct {
		name, what string
		of         *ship.Progress
	}{{"restore", "own entries", n.Link.Restore}, {"notices", "notices", n.Link.Notices}} {
		if one.of == nil {
			continue
		}
		left := ""
		if one.of.Left > 0 {
			left = fmt.Sprintf(", about %s left", time.Duration(one.of.Left)*time.Second)
		}
		if _, err := fmt.Fprintf(w, "%-12s %d of %d %s are back%s\n", one.name, one.of.Back, one.of.Of, one.what, left); err != nil {
			return err
		}
	}
	return n.printDisks(w)
}

// printDisks says how the second disk stands and when the journal was compacted.
func (n nodeStatus) printDisks(w io.Writer) error {
	if m := *n.Mirror; m.State != mirror.None {
		text := fmt.Sprintf("%s %s", m.State, m.Reason)
		if m.State == mirror.Good {
			text = fmt.Sprintf("base of %d bytes, log of %d bytes", m.Base, m.Log)
		} else if m.Behind > 0 {
			text += fmt.Sprintf(", %d transactions behind", m.Behind)
		}
		if _, err := fmt.Fprintf(w, "%-12s %s since %s\n", "second disk", text, m.Since.Format(time.RFC3339)); err != nil {
			return err
		}
	}
	if c := *n.Compacted; c != (journal.Compaction{}) {
		_, err := fmt.Fprintf(w, "%-12s %s: from %d to %d bytes\n", "compacted", time.UnixMilli(c.At).Format(time.RFC3339), c.Before, c.After)
		return err
	}
	return nil
}

func whyText(why string) string {
	switch why {
	case "anchor":
		return "the journal was older than its anchor"
	case "restored":
		return "the hub was ahead of the journal"
	case "settled":
		return "people let it go on beside another history"
	}
	return why
}
