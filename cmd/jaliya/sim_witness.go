package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"

	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/outside/witness"
)

type simWitnessCommand struct {
	Listen string   `default:"127.0.0.1:8098" help:"host:port of the witness; it answers POST /add-checkpoint."`
	Admin  string   `default:"127.0.0.1:8099" help:"host:port at which people break it: /admin/."`
	Name   string   `default:"jaliya.example/witness" help:"What it calls itself in cosignatures."`
	Log    []string `required:"" type:"path" help:"File with the key line of a log, as hub checkpoint --key prints it." placeholder:"FILE"`
	Seed   uint64   `default:"1" help:"Seed of chance."`
	Dir    string   `required:"" type:"path" help:"Key and state of the witness; witness.pub in it is for the hub and for readers."`
}

// Run runs the witness until it is told to stop.
func (c *simWitnessCommand) Run(ctx context.Context, _ cli.Streams) error {
	const op = "jaliya: sim witness"
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fault.New(fault.Storage, op, c.Dir, err)
	}
	logs := make([]string, 0, len(c.Log))
	for _, path := range c.Log {
		line, err := readLimited(path, maxKeysFile)
		if err != nil {
			return err
		}
		logs = append(logs, strings.TrimSpace(line))
	}
	sim, err := witness.New(witness.Config{Dir: c.Dir, Name: c.Name, Logs: logs, Seed: c.Seed})
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
