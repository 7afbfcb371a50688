package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/user"
	"time"

	"jaliya/hub"
	"jaliya/internal/cli"
	"jaliya/internal/consular"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

type verifyCommand struct {
	List      verifyListCommand    `cmd:"" help:"List the cases that wait for a verifier, without personal data."`
	Show      verifyShowCommand    `cmd:"" help:"Read the packet of a case; who and why is noted first."`
	Pass      verifyPassCommand    `cmd:"" help:"Let a case pass."`
	Refuse    verifyRefuseCommand  `cmd:"" help:"Refuse a request, with a reason; the person may appeal."`
	Recapture verifyAgainCommand   `cmd:"" help:"Have the person come again for what is not good enough."`
	Return    verifyCorrectCommand `cmd:"" help:"Have the post correct what it wrote."`
	Openings  openingsCommand      `cmd:"" help:"List who read which packet, and why."`
	Reasons   verifyReasonsCommand `cmd:"" help:"List the reasons."`
}

type verifyListCommand struct {
	configFlag
	Limit int  `default:"100" help:"At most so many."`
	JSON  bool `name:"json" help:"Print as JSON."`
}

// Run lists what waits.
func (c *verifyListCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := hub.AskVerifyList(ctx, cfg, hub.VerifyList{Limit: c.Limit})
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, list)
	}
	for _, w := range list {
		fmt.Fprintf(s.Out, "%s  %-14s %s -> %s  since %s\n", w.Reference.Digits(), w.Service, w.Serving, w.Pickup, w.Since.Format(time.RFC3339))
	}
	return nil
}

// caseFlag names a case.
type caseFlag struct {
	configFlag
	Reference string `arg:"" help:"Reference of the request, 18 digits."`
}

func (f caseFlag) parse() (hub.Config, consular.Reference, error) {
	cfg, err := f.load()
	if err != nil {
		return cfg, "", err
	}
	ref, err := consular.ParseReference(f.Reference)
	return cfg, ref, err
}

type verifyShowCommand struct {
	caseFlag
	Why  string `required:"" help:"Why the packet is read, without personal data; it is kept."`
	By   string `help:"Account of the officer; the one that runs the command when left out."`
	Part string `help:"Name of one image, such as portrait."`
	Out  string `type:"path" help:"File for the image." placeholder:"FILE"`
}

// Run prints the packet, or writes one image to a file.
func (c *verifyShowCommand) Run(ctx context.Context, s cli.Streams) error {
	const op = "hub: verify show"
	cfg, ref, err := c.parse()
	if err != nil {
		return err
	}
	if (c.Part == "") != (c.Out == "") {
		return fault.New(fault.Invalid, op, "--part and --out go together", nil)
	}
	if c.By == "" {
		account, err := user.Current()
		if err != nil {
			return fault.New(fault.Denied, op, "who runs it; give --by", err)
		}
		c.By = account.Username
	}
	shown, err := hub.AskShow(ctx, cfg, hub.ShowRequest{Reference: ref, By: c.By, Why: c.Why, Part: c.Part})
	if err != nil {
		return err
	}
	if c.Part == "" {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		return e.Encode(shown.Release)
	}
	if err := durable.WriteFile(c.Out, shown.Image, 0o600); err != nil {
		return fault.New(fault.Storage, op, c.Out, err)
	}
	_, err = fmt.Fprintf(s.Out, "%s, %d bytes, in %s; remove it when you have seen it\n", shown.MediaType, len(shown.Image), c.Out)
	return err
}

type verifyPassCommand struct{ caseFlag }

// Run lets the case pass.
func (c *verifyPassCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.decide(ctx, s, hub.VerifyPass, "")
}

// reasonFlag names a case and why.
type reasonFlag struct {
	caseFlag
	Reason string `required:"" help:"Code of the reason, such as portrait-quality; hub verify reasons lists them."`
}

type verifyRefuseCommand struct{ reasonFlag }

// Run refuses the request.
func (c *verifyRefuseCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.decide(ctx, s, hub.VerifyRefuse, c.Reason)
}

type verifyAgainCommand struct{ reasonFlag }

// Run asks for another capture.
func (c *verifyAgainCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.decide(ctx, s, hub.VerifyRecapture, c.Reason)
}

type verifyCorrectCommand struct{ reasonFlag }

// Run asks for a correction.
func (c *verifyCorrectCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.decide(ctx, s, hub.VerifyReturn, c.Reason)
}

func (f caseFlag) decide(ctx context.Context, s cli.Streams, decision, reason string) error {
	cfg, ref, err := f.parse()
	if err != nil {
		return err
	}
	in := hub.Verdict{Reference: ref, Decision: decision}
	if reason != "" {
		if in.Reason, err = consular.ParseRefusalReason(reason); err != nil {
			return err
		}
	}
	done, err := hub.AskVerdict(ctx, cfg, in)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, done.State)
	return err
}

type verifyReasonsCommand struct{}

// Run lists the reasons.
func (*verifyReasonsCommand) Run(s cli.Streams) error {
	for _, r := range consular.RefusalReasons() {
		if _, err := fmt.Fprintln(s.Out, r); err != nil {
			return err
		}
	}
	return nil
}

type openingsCommand struct {
	configFlag
	After uint64 `help:"Number of the last one seen."`
	JSON  bool   `name:"json" help:"Print as JSON."`
}

// Run lists the openings.
func (c *openingsCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := hub.AskOpenings(ctx, cfg, hub.OpeningsQuery{After: c.After})
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, list)
	}
	for _, o := range list {
		fmt.Fprintf(s.Out, "%d  %s  %s  %s  %s %s\n", o.Number, o.Time.Format(time.RFC3339), o.Reference.Digits(), o.By, o.Why, o.Part)
	}
	return nil
}
