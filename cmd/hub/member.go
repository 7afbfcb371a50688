package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"jaliya/hub"
	"jaliya/internal/cli"
	"jaliya/internal/pause"
	"jaliya/internal/wire"
)

type memberCommand struct {
	List     memberListCommand     `cmd:"" help:"List the members: who leads, who votes, how far each has come."`
	Add      memberAddCommand      `cmd:"" help:"Draw a one-time invitation for one more member."`
	Promote  memberPromoteCommand  `cmd:"" help:"Give a member the vote, once it has kept up."`
	Remove   memberRemoveCommand   `cmd:"" help:"Take a member out for good: its disk never comes back under that name's id."`
	Transfer memberTransferCommand `cmd:"" help:"Have the leader hand over, before its machine is stopped."`
}

type joinCommand struct {
	configFlag
	Name       string `required:"" help:"Name of this member, such as rabat-2."`
	Invitation string `required:"" type:"path" help:"File with the invitation; - is standard input." placeholder:"FILE"`
	JSON       bool   `name:"json" help:"Print the result as JSON."`
}

// Run makes this machine a member that has no vote yet.
func (c *joinCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	text, err := readInput(s, c.Invitation)
	if err != nil {
		return err
	}
	invitation, err := wire.ParseMemberInvitation(string(text))
	if err != nil {
		return err
	}
	joined, err := hub.Join(ctx, cfg, c.Name, invitation)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, joined)
	}
	_, err = fmt.Fprintf(s.Out, "Member %s of cluster %s.\nFingerprint of the national root:\n  %s\nStart it, and give it the vote with: hub member promote %s\n",
		joined.Member, joined.Cluster, joined.Fingerprint, c.Name)
	return err
}

type memberListCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists the members.
func (c *memberListCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	lines, err := hub.AskMembers(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, lines)
	}
	for _, l := range lines {
		far := "not heard by this member"
		if !l.Heard.IsZero() {
			far = fmt.Sprintf("applied %d, has kept up for %s", l.Applied, time.Duration(l.KeptUp)*time.Second)
		}
		fmt.Fprintf(s.Out, "%-16s %-8s %-24s %s  %s\n", l.Name, l.Standing, l.Address, l.Member, far)
	}
	return nil
}

type memberAddCommand struct {
	configFlag
	Address []string `required:"" help:"host:port by which the new machine reaches a member, where posts connect; several with commas."`
	Hours   int      `default:"24" help:"How long the invitation is good for, 1 to 168."`
	JSON    bool     `name:"json" help:"Print the result as JSON."`
}

// Run prints the invitation alone, so that it can be kept as a file.
func (c *memberAddCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	reply, err := hub.AskInviteMember(ctx, cfg, hub.InviteRequest{Addresses: c.Address, Hours: c.Hours})
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, reply)
	}
	_, err = fmt.Fprintln(s.Out, reply.Invitation)
	return err
}

type memberPromoteCommand struct {
	configFlag
	Name string `arg:"" help:"Member, as hub member list names it."`
	JSON bool   `name:"json" help:"Print the result as JSON."`
}

// askVote is how often the leader is asked while a member has yet to keep up.
const askVote = 2 * time.Second

// Run waits until the member has kept up for as long as the leader wants.
func (c *memberPromoteCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	said := -1
	for {
		p, err := hub.AskPromote(ctx, cfg, hub.MemberRequest{Name: c.Name})
		switch {
		case err != nil:
			return err
		case p.Done && c.JSON:
			return cli.PrintJSON(s.Out, p)
		case p.Done:
			_, err = fmt.Fprintf(s.Out, "%s has the vote.\n", c.Name)
			return err
		case p.KeptUp != said:
			said = p.KeptUp
			fmt.Fprintf(s.Err, "%s has kept up for %d of %d s\n", c.Name, p.KeptUp, p.Needed)
		}
		if err := pause.For(ctx, askVote); err != nil {
			return err
		}
	}
}

type memberRemoveCommand struct {
	configFlag
	Name   string `arg:"" help:"Member, as hub member list names it."`
	Reason string `required:"" help:"Why, without personal data."`
}

// Run removes the member.
func (c *memberRemoveCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	err = hub.AskRemoveMember(ctx, cfg, hub.MemberRequest{Name: c.Name, Reason: strings.TrimSpace(c.Reason)})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%s is out. Its machine may join again under a new id, with an empty directory.\n", c.Name)
	return err
}

type memberTransferCommand struct {
	configFlag
	Name string `arg:"" optional:"" help:"Member that is to lead; none: the one that is furthest."`
}

// Run has the leader hand over.
func (c *memberTransferCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if err := hub.AskTransfer(ctx, cfg, hub.MemberRequest{Name: c.Name}); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, "Handed over.")
	return err
}
