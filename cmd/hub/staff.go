package main

import (
	"context"
	"fmt"
	"io"

	"jaliya/hub"
	"jaliya/internal/cli"
	"jaliya/internal/consular"
)

type staffCommand struct {
	Add     staffAddCommand     `cmd:"" help:"Add a member of staff to a post and print the one-time enrolment sheet."`
	Role    staffRoleCommand    `cmd:"" help:"Give another role; it counts at once, also in open sessions."`
	Reset   staffResetCommand   `cmd:"" help:"Forget password and authenticator, end all sessions, print a new sheet."`
	Disable staffDisableCommand `cmd:"" help:"Let them in no more, and end all sessions. Reset lets them in again."`
	List    staffListCommand    `cmd:"" help:"List staff. Names are sealed to the posts and not known here."`
}

type staffOne struct {
	configFlag
	Staff string `required:"" help:"Staff id, such as LYO-48213."`
	JSON  bool   `name:"json" help:"Print as JSON."`
}

type staffAddCommand struct {
	configFlag
	Post string `required:"" help:"Post, such as FR-LYO."`
	Role string `required:"" help:"agent, supervisor, post-admin, mobile-lead or auditor."`
	Name string `required:"" help:"Name as screens of the post show it; sealed to the post."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run adds one and prints the sheet.
func (c *staffAddCommand) Run(ctx context.Context, s cli.Streams) error {
	post, err := consular.ParsePostID(c.Post)
	if err != nil {
		return err
	}
	return changeStaff(ctx, s, staffChange{
		flag: c.configFlag, json: c.JSON,
		request: hub.StaffRequest{Action: "add", Post: post, Role: c.Role, Name: c.Name},
	})
}

type staffRoleCommand struct {
	staffOne
	Role string `required:"" help:"agent, supervisor, post-admin, mobile-lead or auditor."`
}

// Run gives another role.
func (c *staffRoleCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.change(ctx, s, hub.StaffRequest{Action: "role", Role: c.Role})
}

type staffResetCommand struct {
	staffOne
	Name string `help:"Name as screens of the post show it, for a machine that was replaced."`
}

// Run resets one and prints the sheet.
func (c *staffResetCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.change(ctx, s, hub.StaffRequest{Action: "reset", Name: c.Name})
}

type staffDisableCommand struct{ staffOne }

// Run disables one.
func (c *staffDisableCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.change(ctx, s, hub.StaffRequest{Action: "disable"})
}

func (c *staffOne) change(ctx context.Context, s cli.Streams, in hub.StaffRequest) error {
	in.Staff = c.Staff
	return changeStaff(ctx, s, staffChange{flag: c.configFlag, json: c.JSON, request: in})
}

type staffChange struct {
	flag    configFlag
	json    bool
	request hub.StaffRequest
}

func changeStaff(ctx context.Context, s cli.Streams, c staffChange) error {
	cfg, err := c.flag.load()
	if err != nil {
		return err
	}
	reply, err := hub.AskStaff(ctx, cfg, c.request)
	if err != nil {
		return err
	}
	if c.json {
		return cli.PrintJSON(s.Out, reply)
	}
	if reply.Code == "" {
		_, err = fmt.Fprintf(s.Out, "%s of %s is %s, %s. The post hears of it as soon as it is connected.\n",
			reply.Staff, reply.Post, reply.State, reply.Role)
		return err
	}
	return printSheet(s.Out, reply)
}

// printSheet writes what the new member of staff is handed, closed.
func printSheet(out io.Writer, r hub.StaffReply) error {
	_, err := fmt.Fprintf(out, `
  ONE-TIME ENROLMENT SHEET          %s

  Staff id        %s
  Role            %s
  One-time code   %s
  Valid until     %s (UTC), once

  1. At a workstation of the post open the desk and choose "First sign-in".
  2. Type staff id and one-time code, and choose a password of 12 characters
     or more: a sentence that nobody else knows is good.
  3. Scan the picture with an authenticator application on your phone, and
     type the six digits that it shows.
  4. Destroy this sheet.

  Give nobody the code, the password or the digits, not even a superior. When
  the sheet was opened before it reached you, ask for another one.

`, r.Post, r.Staff, r.Role, r.Code, r.Expires.Format("2006-01-02 15:04"))
	return err
}

type staffListCommand struct {
	configFlag
	Post string `help:"Post, such as FR-LYO; all of them when left out."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run lists staff.
func (c *staffListCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	var in hub.ListRequest
	if c.Post != "" {
		if in.Post, err = consular.ParsePostID(c.Post); err != nil {
			return err
		}
	}
	lines, err := hub.AskStaffList(ctx, cfg, in)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, lines)
	}
	for _, l := range lines {
		note := ""
		if l.Resheet {
			note = "  (machine replaced: reset)"
		}
		if _, err := fmt.Fprintf(s.Out, "%-12s %-8s %-12s %-9s %s%s\n", l.Staff, l.Post, l.Role, l.State,
			l.Changed.Format("2006-01-02"), note); err != nil {
			return err
		}
	}
	return nil
}
