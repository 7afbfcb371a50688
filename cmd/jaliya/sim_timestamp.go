package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/outside/timestamp"
)

type simTimestampCommand struct {
	Listen string  `default:"127.0.0.1:8088" help:"host:port of the authority; it answers POST /timestamp."`
	Admin  string  `default:"127.0.0.1:8089" help:"host:port at which people break it: /admin/."`
	Speed  float64 `default:"1" help:"How many times as fast as real time its clock runs."`
	Seed   uint64  `default:"1" help:"Seed of chance."`
	Dir    string  `required:"" type:"path" help:"Keys of the authority; time.pem in it is what readers trust."`
}

// Run runs the authority until it is told to stop.
func (c *simTimestampCommand) Run(ctx context.Context, _ cli.Streams) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fault.New(fault.Storage, "jaliya: sim timestamp", c.Dir, err)
	}
	keys, err := timestamp.LoadKeys(c.Dir, time.Now())
	if err != nil {
		return err
	}
	sim, err := timestamp.New(timestamp.Config{Keys: keys, Clock: outside.NewClock(c.Speed), Seed: c.Seed})
	if err != nil {
		return err
	}
	admin := http.NewServeMux()
	admin.Handle("/admin/", sim.Admin())
	admin.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	service, err := listen(ctx, c.Listen, sim.Handler())
	if err != nil {
		return err
	}
	breaking, err := listen(ctx, c.Admin, admin)
	if err != nil {
		return errors.Join(err, service.Listener.Close())
	}
	return outside.Serve(ctx, service, breaking)
}
