package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	node "jaliya/consulate-node"
	"jaliya/internal/access"
	"jaliya/internal/cli"
	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// maxInvitationFile bounds what is read as an invitation, in bytes.
const maxInvitationFile = 4096

type configFlag struct {
	Config string `required:"" type:"path" help:"Configuration file (TOML)." placeholder:"FILE"`
}

func (f configFlag) load() (node.Config, error) {
	var c node.Config
	return c, config.Load(f.Config, &c)
}

type joinCommand struct {
	configFlag
	Invitation string `required:"" type:"path" help:"File that holds the invitation; - is standard input." placeholder:"FILE"`
	JSON       bool   `name:"json" help:"Print the result as JSON."`
}

// Run joins and says what to compare.
func (c *joinCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	in := s.In
	if c.Invitation != "-" {
		f, err := os.Open(c.Invitation)
		if err != nil {
			return fault.New(fault.NotFound, "consulate-node: read invitation", c.Invitation, err)
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxInvitationFile))
	if err != nil {
		return fault.New(fault.Storage, "consulate-node: read invitation", c.Invitation, err)
	}
	i, err := wire.ParseInvitation(string(text))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	joined, err := node.Join(ctx, cfg, i)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, joined)
	}
	if _, err := fmt.Fprintf(s.Out, "Joined as node %s of %s.\nCompare the fingerprint of the national root with the hub's operator:\n  %s\n",
		joined.Node, joined.Post, joined.Fingerprint); err != nil || joined.Waiting == 0 {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "This post has worked before: what it has open comes back when the node is started, in about %d messages.\nHow far they are and how long the rest takes: consulate-node status, and the desk's connection page.\n", joined.Waiting)
	return err
}

type serveCommand struct {
	configFlag
	Check bool `help:"Check the configuration and exit."`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil || c.Check {
		return err
	}
	n, err := node.Open(cfg, telemetry.NewLogger(s.Err, cfg.Log))
	if err != nil {
		return err
	}
	return n.Run(ctx)
}

type tokenCommand struct {
	Name string `required:"" help:"Who will use it."`
	Role string `required:"" help:"Role of the account, such as agent or supervisor."`
	Days int    `default:"365" help:"How many days it is good; 0: until its lines are removed."`
}

// Run prints a token once, and the lines that admit it.
func (c *tokenCommand) Run(s cli.Streams) error {
	token, account, err := access.DrawToken(c.Name, c.Role, c.Days, time.Now())
	if err != nil {
		return err
	}
	return access.PrintToken(s.Out, "desk", token, account)
}

type accountsCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists the service accounts of the desk, by its configuration.
func (c *accountsCommand) Run(s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	lines := access.AccountLines(cfg.Desk.Accounts, time.Now())
	if c.JSON {
		return cli.PrintJSON(s.Out, lines)
	}
	return access.PrintAccounts(s.Out, lines)
}

type versionCommand struct{}

// Run prints the version.
func (*versionCommand) Run(s cli.Streams) error {
	_, err := fmt.Fprintln(s.Out, telemetry.Version)
	return err
}
