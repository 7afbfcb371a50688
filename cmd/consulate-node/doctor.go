package main

import (
	"context"

	node "jaliya/consulate-node"
	"jaliya/internal/cli"
	"jaliya/internal/doctor"
)

type doctorCommand struct{ doctor.Command }

// Run examines, prints, and answers with what is bad.
func (c *doctorCommand) Run(ctx context.Context, s cli.Streams) error {
	if c.Unit == "" {
		c.Unit = doctor.NodeUnit
	}
	return c.Say(ctx, s, node.ExamineFor(ctx, c.Config))
}
