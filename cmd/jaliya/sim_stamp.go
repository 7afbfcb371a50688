package main

import (
	"context"
	"log/slog"
	"os"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/outside/stamp"
)

type simStampCommand struct {
	Listen string  `default:"127.0.0.1:8092" help:"host:port that the hub asks."`
	Pages  string  `default:"127.0.0.1:8093" help:"host:port of the pages where citizens pay."`
	Admin  string  `default:"127.0.0.1:8094" help:"host:port at which people break the service: /admin/."`
	Speed  float64 `default:"1" help:"How many times as fast as real time payments expire."`
	Seed   uint64  `default:"1" help:"Seed of chance."`
	Dir    string  `required:"" type:"path" help:"State; token and notice.pub in it are for the hub."`
}

// Run runs the service until it is told to stop.
func (c *simStampCommand) Run(ctx context.Context, s cli.Streams) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fault.New(fault.Storage, "jaliya: sim stamp", c.Dir, err)
	}
	token, err := simToken(c.Dir)
	if err != nil {
		return err
	}
	sim, err := stamp.New(stamp.Config{
		Dir: c.Dir, Pages: "http://" + c.Pages, Token: token, Seed: c.Seed, Clock: outside.NewClock(c.Speed),
		Logger: slog.New(slog.NewJSONHandler(s.Err, nil)),
	})
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return sim.Run(ctx) })
	g.Go(func() error {
		return serveSim(ctx, []simPart{{c.Listen, sim.Handler()}, {c.Pages, sim.Pages()}, {c.Admin, withReady(sim.Admin())}})
	})
	return g.Wait()
}
