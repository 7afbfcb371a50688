package main

import (
	"context"
	"fmt"
	"time"

	node "jaliya/consulate-node"
	"jaliya/internal/cli"
)

type compactCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run has the running node compact its journal, and says what it brought.
func (c *compactCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	done, err := node.AskCompact(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, done)
	}
	_, err = fmt.Fprintf(s.Out, "The journal took %d bytes and takes %d. Saves waited %s.\n",
		done.Before, done.After, time.Duration(done.Took)*time.Millisecond)
	return err
}
