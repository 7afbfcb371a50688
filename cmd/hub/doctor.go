package main

import (
	"context"

	"jaliya/hub"
	"jaliya/hub/portal"
	"jaliya/internal/cli"
	"jaliya/internal/doctor"
)

type doctorCommand struct {
	doctor.Command
	Role string `enum:"member,portal" default:"member" help:"Which process: member or portal."`
}

// Run examines, prints, and answers with what is bad.
func (c *doctorCommand) Run(ctx context.Context, s cli.Streams) error {
	if c.Unit == "" {
		c.Unit = map[string]string{"member": "jaliya-hub", "portal": "jaliya-portal"}[c.Role]
	}
	if c.Role == "portal" {
		return c.Say(ctx, s, portal.Examine(ctx, c.Config))
	}
	return c.Say(ctx, s, hub.Examine(ctx, c.Config))
}
