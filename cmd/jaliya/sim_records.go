package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/cli"
	"jaliya/internal/document"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/lang"
	"jaliya/internal/outside"
	"jaliya/internal/outside/records"
	simtime "jaliya/internal/outside/timestamp"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
	"jaliya/internal/timestamp"
)

type simRecordsCommand struct {
	Police  string        `default:"127.0.0.1:8097" help:"host:port of the police's office."`
	Justice string        `default:"127.0.0.1:8098" help:"host:port of Justice's office."`
	Admin   string        `default:"127.0.0.1:8099" help:"host:port at which people break the offices: /police/admin/ and /justice/admin/."`
	Times   string        `help:"Address of a time-stamping authority; one of its own when left out."`
	Trust   string        `type:"path" help:"Root that the authority of --times is trusted by: its time.pem."`
	Page    string        `default:"https://verification.example" help:"Address of the page that papers name for their proof."`
	Speed   float64       `default:"1" help:"How many times as fast as real time the offices work."`
	Slot    time.Duration `default:"30m" help:"Simulated time between releases."`
	Ask     float64       `default:"0.1" help:"Share of requests that are asked a question, 0 to 1."`
	Refuse  float64       `default:"0.05" help:"Share of requests refused, 0 to 1."`
	Hit     float64       `default:"0.2" help:"Share of documents with mentions, 0 to 1."`
	Late    float64       `default:"0.25" help:"Share of late slots, 0 to 1."`
	Leaky   bool          `help:"Break the promise: without mentions at once."`
	Bare    bool          `help:"Break the promise: documents as long as they are."`
	Seed    uint64        `default:"1" help:"Seed of chance."`
	Dir     string        `required:"" type:"path" help:"State and keys; token, police.pub and justice.pub in it are for the hub, root.pem, seal.pem and time.pem below it for readers."`
}

const opSimRecords = "jaliya: sim records"

// recordOffice is one of the two offices.
type recordOffice struct {
	name, product, title, signer, listen string
}

// Run runs both offices until it is told to stop.
func (c *simRecordsCommand) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fault.New(fault.Storage, opSimRecords, c.Dir, err)
	}
	token, err := simToken(c.Dir)
	if err != nil {
		return err
	}
	clock := outside.NewClock(c.Speed)
	g, ctx := errgroup.WithContext(ctx)
	ctx, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		err = errors.Join(err, g.Wait())
	}()
	times, ended, err := c.authority(ctx)
	if err != nil {
		return err
	}
	g.Go(ended)
	admin := http.NewServeMux()
	var parts []simPart
	for _, o := range []recordOffice{
		{"police", "record.police", "Specimen police records", "MAPN", c.Police},
		{"justice", "record.justice", "Specimen justice records", "MAJU", c.Justice},
	} {
		sim, err := c.office(o, records.Config{
			Token: token, Clock: clock, Logger: slog.New(slog.NewJSONHandler(s.Err, nil)).With(slog.String("office", o.name)),
		}, times)
		if err != nil {
			return err
		}
		admin.Handle("/"+o.name+"/", http.StripPrefix("/"+o.name, sim.Admin()))
		parts = append(parts, simPart{o.listen, sim.Handler()})
		g.Go(func() error { return sim.Run(ctx) })
	}
	return serveSim(ctx, append(parts, simPart{c.Admin, withReady(admin)}))
}

// office opens an office with its keys.
func (c *simRecordsCommand) office(o recordOffice, cfg records.Config, times *timestamp.Client) (*records.Simulator, error) {
	dir := filepath.Join(c.Dir, o.name)
	keys, err := issuer.Create(dir, o.title, o.signer, time.Now())
	if err != nil {
		return nil, err
	}
	if cfg.Key, err = c.key(o.name); err != nil {
		return nil, err
	}
	catalog, err := lang.Open()
	if err != nil {
		return nil, err
	}
	press, err := paper.NewPress(catalog)
	if err != nil {
		return nil, err
	}
	cfg.Dir, cfg.Products, cfg.Page, cfg.Seed = dir, []string{o.product}, c.Page, c.Seed
	cfg.Ask, cfg.Refuse, cfg.Hit, cfg.Late, cfg.Slot = c.Ask, c.Refuse, c.Hit, c.Late, c.Slot
	cfg.Leaky, cfg.Unpadded = c.Leaky, c.Bare
	lasting, err := issuer.Lasting(dir, times.Roots, c.timeLists())
	if err != nil {
		return nil, err
	}
	cfg.Maker = &document.Issuer{Press: press, Keys: keys, Times: times, Random: rand.Reader, Lasting: lasting, Log: cfg.Logger}
	return records.New(cfg)
}

// key gives the key that packets to an office are sealed to, the same after a
// restart, and writes its public half for the hub.
func (c *simRecordsCommand) key(office string) (*seal.PostKey, error) {
	box, err := simCustody(c.Dir)
	if err != nil {
		return nil, err
	}
	dicts, err := seal.NewDictionaries(0, nil)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(c.Dir, office+".key")
	key, err := seal.LoadPostKey(path, box, dicts)
	if fault.Is(err, fault.NotFound) {
		if key, err = seal.GeneratePostKey(dicts); err == nil {
			err = key.Save(path, box)
		}
	}
	if err != nil {
		return nil, err
	}
	public := base64.StdEncoding.EncodeToString(key.Public().Encode())
	if err := durable.WriteFile(filepath.Join(c.Dir, office+".pub"), fmt.Appendln(nil, public), 0o600); err != nil {
		return nil, fault.New(fault.Storage, opSimRecords, office+".pub", err)
	}
	return key, nil
}

// simCustody gives what wraps the keys in a simulator's directory.
func simCustody(dir string) (seal.Custody, error) {
	path := filepath.Join(dir, "kek")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return seal.CreateKeyFile(path)
	}
	return seal.OpenKeyFile(path)
}

// timeLists gives the file of the lists of the authority of times, beside its
// root.
func (c *simRecordsCommand) timeLists() string {
	if c.Trust != "" {
		return filepath.Join(filepath.Dir(c.Trust), simtime.ListsFile)
	}
	return filepath.Join(c.Dir, "time", simtime.ListsFile)
}

// authority gives who says the time: the one that was named, or one of our own,
// which serves until ctx ends. It says the real time, like the documents that
// it stamps, however fast the offices work.
func (c *simRecordsCommand) authority(ctx context.Context) (*timestamp.Client, func() error, error) {
	serve := func() error { return nil }
	address, trust := c.Times, c.Trust
	if address == "" {
		dir := filepath.Join(c.Dir, "time")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, nil, fault.New(fault.Storage, opSimRecords, dir, err)
		}
		keys, err := simtime.LoadKeys(dir, time.Now())
		if err != nil {
			return nil, nil, err
		}
		sim, err := simtime.New(simtime.Config{Keys: keys, Clock: outside.NewClock(1), Seed: c.Seed})
		if err != nil {
			return nil, nil, err
		}
		endpoint, err := listen(ctx, "127.0.0.1:0", sim.Handler())
		if err != nil {
			return nil, nil, err
		}
		serve = func() error { return outside.Serve(ctx, endpoint) }
		address, trust = "http://"+endpoint.Listener.Addr().String()+simtime.Path, filepath.Join(dir, "time.pem")
	}
	if trust == "" {
		return nil, nil, fault.New(fault.Invalid, opSimRecords, "--trust goes with --times", nil)
	}
	roots, err := issuer.LoadPool(trust)
	if err != nil {
		return nil, nil, err
	}
	return &timestamp.Client{Address: address, Roots: roots}, serve, nil
}
