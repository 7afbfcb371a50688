package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"jaliya/hub"
	"jaliya/hub/portal"
	"jaliya/hub/portal/account"
	"jaliya/internal/cli"
	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

type portalCommand struct {
	Request portalRequestCommand `cmd:"" help:"Make the portal's key and print its signing request."`
	Install portalInstallCommand `cmd:"" help:"Install what a member gave for the signing request."`
}

// portalFlag names the portal's own file.
type portalFlag struct {
	Config string `required:"" type:"path" help:"Configuration file of the portal (TOML)." placeholder:"FILE"`
}

func (f portalFlag) load() (portal.Config, error) {
	var c portal.Config
	return c, config.Load(f.Config, &c)
}

// servePortal runs the citizens' process.
func servePortal(ctx context.Context, f portalFlag, check bool, s cli.Streams) error {
	cfg, err := f.load()
	if err != nil || check {
		return err
	}
	p, err := portal.Open(ctx, cfg, telemetry.NewLogger(s.Err, cfg.Log), portalExtras(cfg)...)
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

// portalExtras are the surfaces beside following and proving: none where nobody
// can sign in.
func portalExtras(cfg portal.Config) []portal.Extra {
	if cfg.SignIn == nil {
		return nil
	}
	return []portal.Extra{{
		Templates: account.Templates(),
		Nav:       []portal.Place{{Href: "/ask", Key: "account.nav.ask"}, {Href: "/requests", Key: "account.nav.requests"}},
		New: func(p portal.Parts) (portal.Surface, error) {
			return account.New(account.Options{
				UI: p.UI, Catalog: p.Catalog, Member: p.Member, SignIn: p.SignIn, Posts: p.Posts, Fees: p.Fees,
				Zone: p.Zone, Address: p.Address, Secure: p.Secure, Now: p.Now, Logger: p.Logger,
			})
		},
	}}
}

type portalRequestCommand struct{ portalFlag }

// Run prints the request, for an operator to carry to a member.
func (c *portalRequestCommand) Run(s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	request, err := portal.Request(cfg)
	if err != nil {
		return err
	}
	_, err = s.Out.Write(request)
	return err
}

type portalInstallCommand struct {
	portalFlag
	Reply string `required:"" type:"path" help:"What hub certify printed; - is standard input." placeholder:"FILE"`
}

// Run puts certificate and trust in place.
func (c *portalInstallCommand) Run(s cli.Streams) error {
	const op = "hub: install certificate"
	cfg, err := c.load()
	if err != nil {
		return err
	}
	raw, err := readInput(s, c.Reply)
	if err != nil {
		return err
	}
	var reply portal.Reply
	if err := json.Unmarshal(raw, &reply); err != nil {
		return fault.New(fault.Invalid, op, c.Reply+" is not what hub certify printed", err)
	}
	who, err := portal.Install(cfg, reply, time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "This process is %s. It renews its certificate by itself while a member can be reached.\n", who)
	return err
}

type certifyCommand struct {
	configFlag
	Name string `required:"" help:"Name of the portal, such as portal-1."`
	CSR  string `required:"" name:"csr" type:"path" help:"What hub portal request printed." placeholder:"FILE"`
}

// Run prints what the portal installs, public keys and certificates alone.
func (c *certifyCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	csr, err := os.ReadFile(c.CSR)
	if err != nil {
		return fault.New(fault.NotFound, "hub: read signing request", c.CSR, err)
	}
	reply, err := hub.AskCertify(ctx, cfg, hub.CertifyRequest{Name: c.Name, CSR: csr})
	if err != nil {
		return err
	}
	return cli.PrintJSON(s.Out, portal.Reply(reply))
}
