package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/outside/fingerprint"
)

type simFingerprintCommand struct {
	Listen string        `default:"127.0.0.1:9091" help:"host:port of the reader's service; a loopback address."`
	Admin  string        `default:"127.0.0.1:9092" help:"host:port at which people break the reader: /admin/."`
	Origin []string      `required:"" help:"Origin of a desk whose pages may use it: https://desk.example:8443."`
	Code   string        `help:"Pairing code of 8 digits; drawn when left out."`
	Person uint64        `default:"1" help:"Who stands at the counter: seed of the fingers."`
	Seed   uint64        `default:"1" help:"Seed of the scores."`
	Pace   time.Duration `default:"700ms" help:"What a person takes to lay the fingers down, and again to hold them."`
}

// Run runs the reader until it is told to stop.
func (c *simFingerprintCommand) Run(ctx context.Context, s cli.Streams) error {
	for _, address := range []string{c.Listen, c.Admin} {
		host, _, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			return fault.New(fault.Invalid, "jaliya: sim fingerprint", address+" is no loopback address", err)
		}
	}
	sim, err := fingerprint.New(fingerprint.Config{
		Origins: c.Origin, Code: c.Code, Person: c.Person, Seed: c.Seed, Pace: c.Pace,
		Logger: slog.New(slog.NewJSONHandler(s.Err, nil)),
	})
	if err != nil {
		return err
	}
	defer sim.Close()
	admin := http.NewServeMux()
	admin.Handle("/", sim.Admin())
	admin.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	reader, err := listen(ctx, c.Listen, sim.Handler())
	if err != nil {
		return err
	}
	last, err := listen(ctx, c.Admin, admin)
	if err != nil {
		return errors.Join(err, closeAll([]outside.Endpoint{reader}))
	}
	if _, err := fmt.Fprintf(s.Out, "reader at http://%s, pairing code %s\n", reader.Listener.Addr(), sim.Code()); err != nil {
		return fault.New(fault.Storage, "jaliya: sim fingerprint", "standard output", err)
	}
	return outside.Serve(ctx, reader, last)
}
