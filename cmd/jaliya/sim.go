package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/cli"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/outside/centre"
	"jaliya/internal/seal"
)

type simCommand struct {
	Centre      simCentreCommand      `cmd:"" help:"The card production centres of Rabat and Marrakech."`
	Fingerprint simFingerprintCommand `cmd:"" help:"A fingerprint reader with its service on the workstation."`
	Identity    simIdentityCommand    `cmd:"" help:"The national trusted third party: sign-in of citizens by OpenID Connect."`
	Printer     simPrinterCommand     `cmd:"" help:"A printer of a post, which prints into memory."`
	Stamp       simStampCommand       `cmd:"" help:"The electronic payment of stamp duty, with its page."`
	SMS         simSMSCommand         `cmd:"" name:"sms" help:"A carrier of short messages, with the telephones."`
	Timestamp   simTimestampCommand   `cmd:"" help:"A time-stamping authority."`
	Witness     simWitnessCommand     `cmd:"" help:"Somebody outside who cosigns the log (C2SP tlog-witness)."`
	Records     simRecordsCommand     `cmd:"" help:"The record offices of police and justice."`
	Record      simRecordCommand      `cmd:"" help:"Issue a specimen criminal record, to try verify document with."`
}

type simCentreCommand struct {
	Rabat     string  `default:"127.0.0.1:8085" help:"host:port of the site in Rabat."`
	Marrakech string  `default:"127.0.0.1:8086" help:"host:port of the site in Marrakech."`
	Admin     string  `default:"127.0.0.1:8087" help:"host:port at which people break the sites: /rabat/admin/ and /marrakech/admin/."`
	Speed     float64 `default:"1" help:"How many times as fast as real time the sites work."`
	PerDay    int     `default:"1000" help:"Cards that a site makes in a simulated day."`
	Spoil     float64 `help:"Share of cards spoilt, 0 to 0.9."`
	Refuse    float64 `help:"Share of jobs refused, 0 to 1."`
	Seed      uint64  `default:"1" help:"Seed of chance."`
	Dir       string  `required:"" type:"path" help:"Keys of the sites; rabat.pub, marrakech.pub and token in it are for the hub."`
}

// Run runs both sites until it is told to stop.
func (c *simCentreCommand) Run(ctx context.Context, s cli.Streams) error {
	box, err := c.prepare()
	if err != nil {
		return err
	}
	token, err := c.token()
	if err != nil {
		return err
	}
	made, err := c.life()
	if err != nil {
		return err
	}
	clock := outside.NewClock(c.Speed)
	admin := http.NewServeMux()
	admin.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	var endpoints []outside.Endpoint
	for i, site := range []struct{ name, listen string }{{"rabat", c.Rabat}, {"marrakech", c.Marrakech}} {
		key, err := c.key(site.name, box)
		if err != nil {
			return err
		}
		sim, err := centre.New(centre.Config{
			Site: site.name, Number: uint8(i + 1), PerDay: c.PerDay, Made: made, Seed: c.Seed, Refuse: c.Refuse, Spoil: c.Spoil,
			Token: token, Key: key, Clock: clock, Logger: slog.New(slog.NewJSONHandler(s.Err, nil)),
		})
		if err != nil {
			return err
		}
		admin.Handle("/"+site.name+"/", http.StripPrefix("/"+site.name, sim.Admin()))
		endpoint, err := listen(ctx, site.listen, sim.Handler())
		if err != nil {
			return errors.Join(err, closeAll(endpoints))
		}
		endpoints = append(endpoints, endpoint)
	}
	last, err := listen(ctx, c.Admin, admin)
	if err != nil {
		return errors.Join(err, closeAll(endpoints))
	}
	return outside.Serve(ctx, append(endpoints, last)...)
}

func listen(ctx context.Context, address string, h http.Handler) (outside.Endpoint, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return outside.Endpoint{}, fault.New(fault.Unavailable, "jaliya: listen", address, err)
	}
	return outside.Endpoint{Listener: l, Handler: h}, nil
}

func closeAll(endpoints []outside.Endpoint) (err error) {
	for _, e := range endpoints {
		err = errors.Join(err, e.Listener.Close())
	}
	return err
}

const opSim = "jaliya: sim centre"

// prepare makes the directory and what wraps the keys in it.
func (c *simCentreCommand) prepare() (seal.Custody, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fault.New(fault.Storage, opSim, c.Dir, err)
	}
	path := filepath.Join(c.Dir, "kek")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return seal.CreateKeyFile(path)
	}
	return seal.OpenKeyFile(path)
}

// key gives the key that packets to a site are sealed to, the same after a
// restart, and writes its public half for the hub.
func (c *simCentreCommand) key(site string, box seal.Custody) (*seal.PostKey, error) {
	dicts, err := seal.NewDictionaries(0, nil)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(c.Dir, site+".key")
	key, err := seal.LoadPostKey(path, box, dicts)
	if fault.Is(err, fault.NotFound) {
		if key, err = seal.GeneratePostKey(dicts); err == nil {
			err = key.Save(path, box)
		}
	}
	if err != nil {
		return nil, err
	}
	return key, c.write(site+".pub", base64.StdEncoding.EncodeToString(key.Public().Encode()))
}

func (c *simCentreCommand) token() (string, error) { return simToken(c.Dir) }

// simToken gives the bearer token that the hub shows, drawn once.
func simToken(dir string) (string, error) {
	path := filepath.Join(dir, "token")
	raw, err := os.ReadFile(path) //nolint:gosec // the simulator's own directory
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	token, _ := access.NewToken()
	if err := durable.WriteFile(path, fmt.Appendln(nil, token), 0o600); err != nil {
		return "", fault.New(fault.Storage, opSim, "token", err)
	}
	return token, nil
}

// perLife is how many serials one life of the simulator may use, so that none
// comes twice after a restart.
const perLife = 1000

// life counts the lives and gives how many serials were used before this one.
func (c *simCentreCommand) life() (int, error) {
	lives := 0
	raw, err := os.ReadFile(filepath.Join(c.Dir, "lives"))
	if err == nil {
		if lives, err = strconv.Atoi(strings.TrimSpace(string(raw))); err != nil {
			return 0, fault.New(fault.Corrupt, opSim, "lives", err)
		}
	}
	return lives * perLife, c.write("lives", strconv.Itoa(lives+1))
}

func (c *simCentreCommand) write(name, text string) error {
	if err := durable.WriteFile(filepath.Join(c.Dir, name), fmt.Appendln(nil, text), 0o600); err != nil {
		return fault.New(fault.Storage, opSim, name, err)
	}
	return nil
}
