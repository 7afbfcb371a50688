package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"

	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/outside"
	"jaliya/internal/outside/identity"
)

type simIdentityCommand struct {
	Listen   string   `default:"127.0.0.1:8088" help:"host:port of the provider; port 0 takes a free one."`
	Admin    string   `default:"127.0.0.1:8089" help:"host:port at which people break it and change its keys."`
	Issuer   string   `help:"Address by which browsers and the portal reach it; http:// and the listening address when not given."`
	Client   string   `default:"jaliya-portal" help:"Client id of the portal."`
	Redirect []string `required:"" help:"Address of the portal that people return to, compared exactly; may be repeated."`
	People   int      `default:"8" help:"How many adults there are to choose from; one person of fifteen is added."`
	Seed     uint64   `default:"1" help:"Seed of the people."`
	Dir      string   `required:"" type:"path" help:"Keys of the provider; client.pem in it is for the portal."`
}

// identityAddresses is the line that says where it listens.
type identityAddresses struct {
	Issuer string `json:"issuer"`
	Admin  string `json:"admin"`
	Key    string `json:"client_key_file"`
}

// Run runs the provider until it is told to stop.
func (c *simIdentityCommand) Run(ctx context.Context, s cli.Streams) error {
	keys, err := identity.OpenKeys(c.Dir)
	if err != nil {
		return err
	}
	path := filepath.Join(c.Dir, "client.pem")
	client, err := clientKey(path)
	if err != nil {
		return err
	}
	catalog, err := lang.Open()
	if err != nil {
		return err
	}
	front, err := listen(ctx, c.Listen, nil)
	if err != nil {
		return err
	}
	if c.Issuer == "" {
		c.Issuer = "http://" + front.Listener.Addr().String()
	}
	sim, err := identity.New(identity.Config{
		Issuer: c.Issuer, Keys: keys, People: c.People, Seed: c.Seed, Catalog: catalog,
		Clients: []identity.Client{{ID: c.Client, Redirects: c.Redirect, Key: &client.PublicKey}},
		Logger:  slog.New(slog.NewJSONHandler(s.Err, nil)),
	})
	if err != nil {
		return errors.Join(err, front.Listener.Close())
	}
	front.Handler = sim.Handler()
	back, err := listen(ctx, c.Admin, withReady(sim.Admin()))
	if err != nil {
		return errors.Join(err, front.Listener.Close())
	}
	at := identityAddresses{Issuer: c.Issuer, Admin: "http://" + back.Listener.Addr().String(), Key: path}
	if err := json.NewEncoder(s.Out).Encode(at); err != nil {
		return errors.Join(err, closeAll([]outside.Endpoint{front, back}))
	}
	return outside.Serve(ctx, front, back)
}

// clientKey gives the key with which the portal proves itself, made once.
func clientKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := identity.ReadKey(path)
	if !fault.Is(err, fault.NotFound) {
		return key, err
	}
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, fault.New(fault.Internal, "jaliya: sim identity", "client key", err)
	}
	return key, identity.WriteKey(path, key)
}
