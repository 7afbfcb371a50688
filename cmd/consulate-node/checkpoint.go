package main

import (
	"context"
	"io"

	node "jaliya/consulate-node"
	"jaliya/internal/cli"
)

type checkpointCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run prints the signed text alone, so that it can be kept as a file.
func (c *checkpointCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	k, err := node.AskCheckpoint(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, k)
	}
	_, err = io.WriteString(s.Out, k.Note)
	return err
}
