package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/outside/sms"
)

type simSMSCommand struct {
	Listen string  `default:"127.0.0.1:8095" help:"host:port of the carrier."`
	Admin  string  `default:"127.0.0.1:8096" help:"host:port at which people break it, and read the telephones: /admin/inbox."`
	Speed  float64 `default:"1" help:"How many times as fast as real time messages travel."`
	Seed   uint64  `default:"1" help:"Seed of chance."`
	Dir    string  `required:"" type:"path" help:"The file token in it is for the hub."`
}

// Run runs the carrier until it is told to stop.
func (c *simSMSCommand) Run(ctx context.Context, s cli.Streams) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fault.New(fault.Storage, "jaliya: sim sms", c.Dir, err)
	}
	token, err := simToken(c.Dir)
	if err != nil {
		return err
	}
	sim := sms.New(sms.Config{
		Token: token, Seed: c.Seed, Clock: outside.NewClock(c.Speed), Logger: slog.New(slog.NewJSONHandler(s.Err, nil)),
	})
	return serveSim(ctx, []simPart{{c.Listen, sim.Handler()}, {c.Admin, withReady(sim.Admin())}})
}

// simPart is a handler of a simulator and where it listens.
type simPart struct {
	listen  string
	handler http.Handler
}

func serveSim(ctx context.Context, parts []simPart) error {
	var endpoints []outside.Endpoint
	for _, p := range parts {
		one, err := listen(ctx, p.listen, p.handler)
		if err != nil {
			return errors.Join(err, closeAll(endpoints))
		}
		endpoints = append(endpoints, one)
	}
	return outside.Serve(ctx, endpoints...)
}

// withReady adds what tells a script that the simulator listens.
func withReady(admin http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.Handle("/", admin)
	return mux
}
