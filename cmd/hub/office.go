package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"jaliya/hub/office"
	"jaliya/hub/office/people"
	"jaliya/internal/cli"
	"jaliya/internal/config"
	"jaliya/internal/telemetry"
)

// serveOffice runs the record office's own desk and store.
func serveOffice(ctx context.Context, s cli.Streams, path string, check bool) error {
	cfg, err := officeConfig{Config: path}.load()
	if err != nil || check {
		return err
	}
	p, err := office.OpenProcess(cfg, telemetry.NewLogger(s.Err, cfg.Log)) //nolint:contextcheck // ports are taken at once
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

type officeConfig struct {
	Config string `required:"" type:"path" help:"Configuration file of the office (TOML)." placeholder:"FILE"`
}

func (f officeConfig) load() (office.Config, error) {
	var c office.Config
	return c, config.Load(f.Config, &c)
}

type officeCommand struct {
	Keys    officeKeysCommand    `cmd:"" help:"Make the office's keys; prints what the hub and readers need."`
	Officer officeOfficerCommand `cmd:"" help:"Add, reset, disable and list record officers."`
	Revoked officeRevokedCommand `cmd:"" help:"List the numbers of revoked documents."`
}

type officeKeysCommand struct {
	officeConfig
	Name string `required:"" help:"Signer of the office's seals: four capital letters, such as MAPN."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run makes the keys that are missing.
func (c *officeKeysCommand) Run(s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	made, err := office.MakeKeys(cfg, c.Name, time.Now())
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, made)
	}
	_, err = fmt.Fprintf(s.Out, `For the hub (packet_key):
  %s
  fingerprint %s
For whoever checks documents:
  --trust     %s
  --seal-keys %s
Seals of %s; documents can be signed until %s.
`, made.PacketFile, made.Fingerprint, made.Trust, made.SealKeys, made.Signer, made.Documents)
	return err
}

type officeOfficerCommand struct {
	Add     officeAddCommand     `cmd:"" help:"Add a record officer; prints the one-time enrolment sheet."`
	Reset   officeResetCommand   `cmd:"" help:"Forget password and authenticator of an officer; prints a new sheet."`
	Disable officeDisableCommand `cmd:"" help:"Let an officer sign in no more; every session ends."`
	List    officeListCommand    `cmd:"" help:"List the officers."`
}

type officeAddCommand struct {
	officeConfig
	Name string `required:"" help:"Name as screens of the office show it."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run adds one and prints the sheet.
func (c *officeAddCommand) Run(ctx context.Context, s cli.Streams) error {
	return officeChange{c.officeConfig, c.JSON, people.Request{Action: "add", Name: c.Name}}.do(ctx, s)
}

type officeOne struct {
	officeConfig
	Officer string `required:"" help:"Id of the officer, such as REC-48213."`
	JSON    bool   `name:"json" help:"Print as JSON."`
}

type officeResetCommand struct{ officeOne }

// Run resets one and prints the sheet.
func (c *officeResetCommand) Run(ctx context.Context, s cli.Streams) error {
	return officeChange{c.officeConfig, c.JSON, people.Request{Action: "reset", Officer: c.Officer}}.do(ctx, s)
}

type officeDisableCommand struct{ officeOne }

// Run disables one.
func (c *officeDisableCommand) Run(ctx context.Context, s cli.Streams) error {
	return officeChange{c.officeConfig, c.JSON, people.Request{Action: "disable", Officer: c.Officer}}.do(ctx, s)
}

type officeChange struct {
	flag    officeConfig
	json    bool
	request people.Request
}

func (c officeChange) do(ctx context.Context, s cli.Streams) error {
	cfg, err := c.flag.load()
	if err != nil {
		return err
	}
	r, err := office.AskOfficer(ctx, cfg, c.request)
	if err != nil {
		return err
	}
	switch {
	case c.json:
		return cli.PrintJSON(s.Out, r)
	case r.Code == "":
		_, err = fmt.Fprintf(s.Out, "%s is %s. Their sessions have ended.\n", r.Officer, r.State)
		return err
	}
	return printOfficeSheet(s.Out, cfg, r)
}

// printOfficeSheet writes what the officer is handed, closed.
func printOfficeSheet(out io.Writer, cfg office.Config, r people.Reply) error {
	_, err := fmt.Fprintf(out, `
  ONE-TIME ENROLMENT SHEET          record office

  Officer id      %s
  One-time code   %s
  Valid until     %s (UTC), once
  Desk            %s

  1. Open the desk and choose "First time".
  2. Type officer id and one-time code, and choose a password of 12 characters
     or more: a sentence that nobody else knows is good.
  3. Scan the picture with an authenticator application on your phone, and
     type the six digits that it shows.
  4. Destroy this sheet.

  Give nobody the code, the password or the digits, not even a superior. When
  the sheet was opened before it reached you, ask for another one.

`, r.Officer, r.Code, r.Expires.Format("2006-01-02 15:04"), cfg.WithDefaults().Desk.Listen)
	return err
}

type officeListCommand struct {
	officeConfig
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists officers.
func (c *officeListCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	lines, err := office.AskOfficers(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, lines)
	}
	for _, l := range lines {
		note := ""
		if !l.Enrolled && l.State == "active" {
			note = "  (sheet not used yet)"
		}
		fmt.Fprintf(s.Out, "%-10s %-9s %s  %s%s\n", l.Officer, l.State, l.Changed.Format("2006-01-02"), l.Name, note)
	}
	return nil
}

type officeRevokedCommand struct {
	officeConfig
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists numbers and times; why is not told.
func (c *officeRevokedCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	lines, err := office.AskRevoked(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, lines)
	}
	for _, l := range lines {
		fmt.Fprintf(s.Out, "%s  %s\n", l.Number, l.At.Format(time.RFC3339))
	}
	return nil
}
