package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"jaliya/hub"
	"jaliya/hub/console/officer"
	"jaliya/internal/cli"
)

type officerCommand struct {
	Add     officerAddCommand     `cmd:"" help:"Add an officer; prints the one-time enrolment sheet."`
	Role    officerRoleCommand    `cmd:"" help:"Give an officer another role; they sign in anew."`
	Reset   officerResetCommand   `cmd:"" help:"Forget password and authenticator of an officer; prints a new sheet."`
	Disable officerDisableCommand `cmd:"" help:"Let an officer sign in no more; every session ends."`
	List    officerListCommand    `cmd:"" help:"List the officers."`
}

type officerAddCommand struct {
	configFlag
	Role string `required:"" help:"verifier, adjudicator, production, pouch-officer, hub-operator or auditor."`
	Name string `required:"" help:"Name as screens of the console show it."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run adds one and prints the sheet.
func (c *officerAddCommand) Run(ctx context.Context, s cli.Streams) error {
	return officerChange{flag: c.configFlag, json: c.JSON, request: officer.Request{Action: "add", Role: c.Role, Name: c.Name}}.do(ctx, s)
}

// officerOne names an officer.
type officerOne struct {
	configFlag
	Officer string `required:"" help:"Id of the officer, such as HUB-48213."`
	JSON    bool   `name:"json" help:"Print as JSON."`
}

type officerRoleCommand struct {
	officerOne
	Role string `required:"" help:"The new role."`
}

// Run gives another role.
func (c *officerRoleCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.change(ctx, s, officer.Request{Action: "role", Role: c.Role})
}

type officerResetCommand struct{ officerOne }

// Run resets one and prints the sheet.
func (c *officerResetCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.change(ctx, s, officer.Request{Action: "reset"})
}

type officerDisableCommand struct{ officerOne }

// Run disables one.
func (c *officerDisableCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.change(ctx, s, officer.Request{Action: "disable"})
}

func (c *officerOne) change(ctx context.Context, s cli.Streams, in officer.Request) error {
	in.Officer = c.Officer
	return officerChange{flag: c.configFlag, json: c.JSON, request: in}.do(ctx, s)
}

type officerChange struct {
	flag    configFlag
	json    bool
	request officer.Request
}

func (c officerChange) do(ctx context.Context, s cli.Streams) error {
	cfg, err := c.flag.load()
	if err != nil {
		return err
	}
	reply, err := hub.AskOfficer(ctx, cfg, c.request)
	if err != nil {
		return err
	}
	if c.json {
		return cli.PrintJSON(s.Out, reply)
	}
	if reply.Code == "" {
		_, err = fmt.Fprintf(s.Out, "%s is %s, %s. Their sessions have ended.\n", reply.Officer, reply.State, reply.Role)
		return err
	}
	return printOfficerSheet(s.Out, cfg, reply)
}

// consoleAddress is what an officer types: a console that listens at every
// address of this machine is found by the machine's name.
func consoleAddress(c hub.ConsoleConfig) string {
	scheme, usual := "http", "80"
	if c.Cert != "" {
		scheme, usual = "https", "443"
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return scheme + "://" + c.Listen + "/"
	}
	if at := net.ParseIP(host); host == "" || at != nil && at.IsUnspecified() {
		if host, err = os.Hostname(); err != nil {
			host = "hub"
		}
	}
	if port == usual {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host + "/"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/"
}

// printOfficerSheet writes what the officer is handed, closed.
func printOfficerSheet(out io.Writer, cfg hub.Config, r officer.Reply) error {
	at := "The hub has no console yet: set [console] listen first."
	if cfg.Console.Listen != "" {
		at = "Console: " + consoleAddress(cfg.Console)
	}
	_, err := fmt.Fprintf(out, `
  ONE-TIME ENROLMENT SHEET          hub

  Officer id      %s
  Role            %s
  One-time code   %s
  Valid until     %s (UTC), once
  %s

  1. Open the console and choose "First time".
  2. Type officer id and one-time code, and choose a password of 12 characters
     or more: a sentence that nobody else knows is good.
  3. Scan the picture with an authenticator application on your phone, and
     type the six digits that it shows.
  4. Destroy this sheet.

  Give nobody the code, the password or the digits, not even a superior. When
  the sheet was opened before it reached you, ask for another one.

`, r.Officer, r.Role, r.Code, r.Expires.Format("2006-01-02 15:04"), at)
	return err
}

type officerListCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists officers.
func (c *officerListCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	lines, err := hub.AskOfficers(ctx, cfg)
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
		fmt.Fprintf(s.Out, "%-10s %-14s %-9s %s  %s%s\n", l.Officer, l.Role, l.State, l.Changed.Format("2006-01-02"), l.Name, note)
	}
	return nil
}
