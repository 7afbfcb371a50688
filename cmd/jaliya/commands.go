package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"jaliya/cmd/jaliya/localnet"
	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

type localnetCommand struct {
	Posts    int    `default:"2" help:"How many posts."`
	Dir      string `type:"path" help:"Directory of all data and logs; a temporary one, removed at the end, when not given."`
	Seed     uint64 `default:"1" help:"Seed of the people who come."`
	PortBase int    `default:"8080" help:"First port; desks begin 21 above it."`
	Once     bool   `help:"Run one journey from desk to receipt, print its steps, and end."`
	Kills    int    `default:"20" help:"How many processes the journeys of murder kill."`
	Requests int    `default:"160" help:"How many records the journeys neutral and neutral-leak ask for."`
	Journey  string `default:"all" help:"Which journey with --once; list names them."`

	VerifyByHand bool `help:"Cases wait for hub verify pass, refuse, recapture or return."`
	PackByHand   bool `help:"Cards wait for hub pouch pack, close and send."`

	Day  bool    `help:"People come and go at all posts until it is stopped; a line is cut, a bag is late, an entry is refused."`
	Pace float64 `default:"1" help:"How many times as fast as people the day goes."`
}

// Run runs the network until it is interrupted, or one journey.
func (c *localnetCommand) Run(ctx context.Context, s cli.Streams) (err error) {
	if c.Journey == "list" {
		_, err := fmt.Fprintln(s.Out, localnet.JourneyList())
		return err
	}
	dir := c.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "localnet-"); err != nil {
			return fault.New(fault.Storage, "jaliya: make directory", "", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Storage, "jaliya: make directory", dir, err)
	}
	o := localnet.Options{Dir: dir, Posts: c.Posts, PortBase: c.PortBase, Seed: c.Seed, Kills: c.Kills, Requests: c.Requests, VerifyByHand: c.VerifyByHand, PackByHand: c.PackByHand, Day: c.Day, Pace: c.Pace}
	if c.Once {
		return localnet.Once(ctx, o, c.Journey, s.Out)
	}
	return localnet.Serve(ctx, o, s.Out)
}

type codeCommand struct {
	Secret string `arg:"" help:"Secret of the authenticator, base32, as localnet prints it."`
}

// Run prints what an authenticator app would show now.
func (c *codeCommand) Run(s cli.Streams) error {
	code, err := localnet.Code(c.Secret, time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, code)
	return err
}

type floodCommand struct {
	Portal string `required:"" help:"Base URL of the portal."`
}

// Run floods until it is interrupted. The slip is read from standard input.
func (c *floodCommand) Run(ctx context.Context, s cli.Streams) error {
	return localnet.Flood(ctx, c.Portal, s.In, s.Out)
}

type versionCommand struct{}

// Run prints the version.
func (*versionCommand) Run(s cli.Streams) error {
	_, err := fmt.Fprintln(s.Out, telemetry.Version)
	return err
}
