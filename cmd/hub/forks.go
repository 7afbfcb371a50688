package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"jaliya/hub"
	"jaliya/hub/forks"
	"jaliya/internal/cli"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

type postForksCommand struct {
	configFlag
	Post string `help:"Post, such as FR-LYO; none: all."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run shows both histories of each machine that has two.
func (c *postForksCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	in := hub.ForksRequest{}
	if c.Post != "" {
		if in.Post, err = consular.ParsePostID(c.Post); err != nil {
			return err
		}
	}
	list, err := hub.AskForks(ctx, cfg, in)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, list)
	}
	if len(list) == 0 {
		_, err = fmt.Fprintln(s.Out, "No machine ever had another history than the hub.")
		return err
	}
	for _, f := range list {
		printFork(s.Out, f)
	}
	return nil
}

func printFork(out io.Writer, f forks.Fork) {
	fmt.Fprintf(out, "%s  %s  %s  incarnation %s\n", f.Post, f.Node, f.Standing, f.Incarnation)
	if f.Parts > 0 {
		fmt.Fprintf(out, "  the same to %d for sure, two at %d at the latest; the hub ends at %d\n", f.Same, f.Parts, f.Hub.Sequence)
	}
	for _, r := range f.Rows {
		if r.Omitted > 0 {
			fmt.Fprintf(out, "  %-7s %8s  %d more\n", r.Place, "...", r.Omitted)
			continue
		}
		fmt.Fprintf(out, "  %-7s %8d  hub %-50s machine %s\n", r.Place, r.Sequence, entryLine(r.Hub), machineLine(r))
	}
	for _, one := range f.Shown {
		fmt.Fprintf(out, "  evidence %d: %s  %s  ends at %d %s  %s\n", one.Number, one.At.Format(time.DateTime), one.Seen, one.Sequence, one.Hash[:16], one.Place)
	}
	for _, d := range f.Decisions {
		fmt.Fprintf(out, "  decided: %s  %s  by %s%s: %s\n", d.At.Format(time.DateTime), d.Choice, d.By, d.Who, strconv.Quote(d.Reason))
		if d.Next != "" {
			fmt.Fprintf(out, "           went on %s with incarnation %s\n", d.NextAt.Format(time.DateTime), d.Next)
		}
	}
	if len(f.Choices) > 0 {
		fmt.Fprintf(out, "  to decide: hub post unfence|shut-out --node %s --seen %d --reason TEXT\n", f.Node, f.Seen)
	}
}

func entryLine(e *forks.Entry) string {
	if e == nil {
		return "-"
	}
	return strings.TrimSpace(e.Level + " " + e.Time.Format(time.DateTime) + " " + e.Kind + " " + e.Reference.Digits())
}

func machineLine(r forks.Row) string {
	switch {
	case r.Machine != nil:
		return entryLine(r.Machine)
	case r.Last:
		return "ends here"
	case r.Place == forks.After:
		return "-"
	}
	return "?"
}

// settles are the flags of a decision.
type settles struct {
	configFlag
	Node   string `required:"" help:"Node id, 32 hexadecimal digits, as hub post forks shows it."`
	Seen   uint64 `required:"" help:"Number of the newest evidence that you have seen; 0 for none."`
	Reason string `required:"" help:"Why: what you found out, without personal data."`
	Who    string `help:"Who decides; none: the user at this machine."`
}

func (c settles) ask(ctx context.Context, choice string) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	return hub.AskSettle(ctx, cfg, hub.SettleRequest{Node: c.Node, Choice: choice, Seen: c.Seen, Reason: c.Reason, Who: c.who()})
}

// who names whoever types the command: the person behind sudo, where there is one.
func (c settles) who() string {
	if c.Who != "" {
		return c.Who
	}
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "uid-" + strconv.Itoa(os.Getuid())
}

type postUnfenceCommand struct {
	settles
	CopiesOff bool `help:"Every other copy of the machine is switched off: say so, for the hub cannot see it."`
}

// Run lets a fenced machine go on in a new incarnation.
func (c *postUnfenceCommand) Run(ctx context.Context, s cli.Streams) error {
	if !c.CopiesOff {
		return fault.New(fault.Invalid, "hub: unfence", "make sure that every other copy of the machine is switched off, then say --copies-off", nil)
	}
	if err := c.ask(ctx, forks.GoOn); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.Out, "Decided. The machine goes on when it asks again, within a few minutes.")
	return err
}

type postShutOutCommand struct{ settles }

// Run shuts a fenced machine out for good.
func (c *postShutOutCommand) Run(ctx context.Context, s cli.Streams) error {
	if err := c.ask(ctx, forks.ShutsOut); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.Out, "Decided. The machine never comes back: invite another one for the post.")
	return err
}
