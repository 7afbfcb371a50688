package main

import (
	"context"
	"errors"
	"fmt"

	"jaliya/hub"
	"jaliya/internal/cli"
)

type alertCommand struct {
	Test alertTestCommand `cmd:"" help:"Send a test on every channel, and say what became of each."`
}

type alertTestCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run tests the channels; one that fails fails the command.
func (c *alertTestCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := hub.AskAlertTest(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		err = cli.PrintJSON(s.Out, list)
	}
	for _, o := range list {
		if !o.Good {
			err = errors.Join(err, errors.New(o.Channel+": "+o.Reason))
		} else if !c.JSON {
			fmt.Fprintf(s.Out, "%-10s took it\n", o.Channel)
		}
	}
	return err
}
