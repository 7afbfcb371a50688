package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/consulate-node/ship"
	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

// nodeStatus is what status prints: each function, what ends while the post works
// alone, and how journal, link and second disk stand.
type nodeStatus struct {
	telemetry.Report

	Limits []desk.Limit `json:"limits"`
	// A node that is stopping says nothing of the rest.
	Journal   *journal.Standing   `json:"journal,omitempty"`
	Link      *ship.Status        `json:"link,omitempty"`
	Mirror    *mirror.Status      `json:"mirror,omitempty"`
	Compacted *journal.Compaction `json:"compacted,omitempty"`
}

type statusCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run asks the admin listener.
func (c *statusCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	cfg = cfg.WithDefaults()
	var report nodeStatus
	if err := askAdmin(ctx, cfg.Admin.Listen, "/readyz", &report.Report); err != nil {
		return err
	}
	if err := askAdmin(ctx, cfg.Admin.Listen, node.PathLimits, &report.Limits); err != nil {
		return err
	}
	if in, err := node.AskInside(ctx, cfg); err == nil {
		report.Journal, report.Link, report.Mirror, report.Compacted = &in.Journal, &in.Link, &in.Mirror, &in.Compacted
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, report)
	}
	return report.print(s.Out)
}

func (n nodeStatus) print(out io.Writer) error {
	for _, f := range n.Functions {
		state := "works"
		if !f.OK {
			state = f.Reason
		}
		if _, err := fmt.Fprintf(out, "%-12s %s\n", f.Name, state); err != nil {
			return err
		}
	}
	if n.Journal != nil {
		if err := n.printStanding(out); err != nil {
			return err
		}
	}
	return printLimits(out, n.Limits)
}

// askAdmin reads what the admin listener of a running node says under a path.
func askAdmin(ctx context.Context, listen, path string, into any) error {
	const op = "consulate-node: ask status"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+path, nil)
	if err != nil {
		return fault.New(fault.Invalid, op, listen, err)
	}
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, op, "the node does not answer at "+listen, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(into); err != nil {
		return fault.New(fault.Invalid, op, "answer", err)
	}
	return nil
}

func printLimits(out io.Writer, list []desk.Limit) error {
	for _, l := range list {
		left := "no end foreseen"
		switch {
		case l.Days == nil:
		case l.Over:
			left = "over"
		default:
			left = fmt.Sprintf("%d days left, until %s", *l.Days, l.Until.Format(time.DateOnly))
		}
		if _, err := fmt.Fprintf(out, "%-20s %-5s %s\n", l.Name, l.Level, left); err != nil {
			return err
		}
	}
	return nil
}
