package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"jaliya/cmd/jaliya/backlog"
	"jaliya/cmd/jaliya/localnet"
	"jaliya/internal/cli"
	"jaliya/internal/fault"
)

type benchCommand struct {
	Part     []string `enum:"node,herd,backlog" default:"node,herd,backlog" help:"What to measure: node (saves, start, memory, pages, a flood), herd (all posts come back at once), backlog (over slow links, next to HTTP/2 and plain QUIC; needs root)."`
	Entries  int      `default:"100000" help:"How many entries the node holds before it may send."`
	Loads    int      `default:"100000" help:"How often citizens load the page of a request."`
	PortBase int      `default:"28080" help:"First port."`

	Posts int `default:"71" help:"How many posts come back at once."`
	Held  int `default:"2000" help:"How many entries each of them holds."`

	Backlog int           `default:"20000" help:"How many entries of about 1 KiB wait for a slow link."`
	Fill    time.Duration `default:"40s" help:"Scale the backlog down to what the full link carries in this time; 0: not at all."`
}

// Run measures each part in turn. A part that missed its targets stops no other.
func (c *benchCommand) Run(ctx context.Context, s cli.Streams) (err error) {
	dir, err := localnet.BenchDir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var missed error
	for _, part := range c.Part {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(dir, part), 0o700); err != nil {
			return fault.New(fault.Storage, "jaliya: bench directory", part, err)
		}
		fmt.Fprintf(s.Out, "-- %s\n", part)
		missed = errors.Join(missed, c.measure(ctx, part, dir, s))
	}
	return missed
}

func (c *benchCommand) measure(ctx context.Context, part, dir string, s cli.Streams) error {
	switch part {
	case "node":
		o := localnet.Options{Dir: filepath.Join(dir, part), PortBase: c.PortBase, Seed: 1}
		return localnet.Bench(ctx, o, localnet.Work{Entries: c.Entries, Loads: c.Loads}, s.Out)
	case "herd":
		o := localnet.Options{Dir: filepath.Join(dir, part), PortBase: c.PortBase, Seed: 1, Posts: c.Posts}
		return localnet.Herd(ctx, o, c.Held, s.Out)
	case "backlog":
		err := backlog.Run(ctx, backlog.Options{Dir: filepath.Join(dir, part), Entries: c.Backlog, Fill: c.Fill, Log: slog.New(slog.DiscardHandler)}, s.Out)
		if k := fault.KindOf(err); k == fault.Denied || k == fault.Unsupported {
			fmt.Fprintln(s.Out, "backlog: not measured, a link of our own needs root and TUN devices:", err)
			return nil
		}
		return err
	}
	return nil
}
