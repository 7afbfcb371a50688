package main

import (
	"fmt"
	"io"
	"time"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/ship"
	"jaliya/internal/telemetry"
)

// statusReport is what status prints as JSON: the functions, and how the journal
// and what comes from the hub stand.
type statusReport struct {
	telemetry.Report
	node.Standing
}

// printStanding says what an operator would otherwise not see: what comes back
// from the hub, and that the journal went on in a new incarnation.
func printStanding(w io.Writer, s node.Standing) error {
	if s.Journal.Chapters > 1 {
		if _, err := fmt.Fprintf(w, "%-12s goes on in a new incarnation since %s: %s\n",
			"history", s.Journal.Opened.UTC().Format(time.RFC3339), whyText(s.Journal.Why)); err != nil {
			return err
		}
	}
	for _, one := range []struct {
		name, what string
		of         *ship.Progress
	}{{"restore", "own entries", s.Link.Restore}, {"notices", "notices", s.Link.Notices}} {
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
