package main

import (
	"context"
	"fmt"
	"time"

	"jaliya/hub"
	"jaliya/internal/cli"
	"jaliya/internal/consular"
)

type pouchCommand struct {
	List    pouchListCommand   `cmd:"" help:"List pouches, or one with the references in it."`
	Waiting pouchWorkCommand   `cmd:"" help:"List the cards that wait to be packed, or to be taken out."`
	Open    pouchOpenCommand   `cmd:"" help:"Give the pouch that is being packed for a post, a new one if there is none."`
	Pack    pouchPackCommand   `cmd:"" help:"Put a card into a pouch."`
	Unpack  pouchUnpackCommand `cmd:"" help:"Take a card out of a pouch that is open."`
	Close   pouchCloseCommand  `cmd:"" help:"Sign the manifest and close the bag under a seal; the post is told."`
	Reopen  pouchReopenCommand `cmd:"" help:"Open a closed bag again, two persons."`
	Send    pouchSendCommand   `cmd:"" help:"Give a closed bag to the courier."`
	Lost    pouchLostCommand   `cmd:"" help:"Declare a bag lost; each card becomes one for the inquiry."`
	Settle  pouchSettleCommand `cmd:"" help:"End the inquiry about a bag whose count differed."`
}

type pouchListCommand struct {
	configFlag
	Label string `arg:"" optional:"" help:"Label of one pouch."`
	JSON  bool   `name:"json" help:"Print as JSON."`
}

// Run lists pouches.
func (c *pouchListCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	var q hub.PouchQuery
	if c.Label != "" {
		if q.Label, err = consular.ParsePouchID(c.Label); err != nil {
			return err
		}
	}
	all := []hub.PouchLine{}
	for {
		page, err := hub.AskPouches(ctx, cfg, q)
		if err != nil {
			return err
		}
		all = append(all, page.Pouches...)
		if q.After = page.Next; page.Next == 0 {
			break
		}
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, all)
	}
	for _, p := range all {
		fmt.Fprintf(s.Out, "%s  %s  %-18s %3d cards  %s %s\n", p.Label, p.Post, p.State, p.Cards, p.Seal, p.Waybill)
		for _, ref := range p.List {
			fmt.Fprintf(s.Out, "  %s\n", ref.Digits())
		}
	}
	return nil
}

type pouchWorkCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists the work.
func (c *pouchWorkCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := hub.AskPouchWork(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, list)
	}
	for _, w := range list {
		fmt.Fprintf(s.Out, "%s  %-6s %s  since %s\n", w.Reference.Digits(), w.Do, w.Post, w.Since.Format(time.RFC3339))
	}
	return nil
}

// act does one act and prints the pouch as it then is.
func (f configFlag) act(ctx context.Context, s cli.Streams, in hub.PouchAct) error {
	cfg, err := f.load()
	if err != nil {
		return err
	}
	p, err := hub.AskPouch(ctx, cfg, in)
	if err != nil || p.Label == "" {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%s %s %d cards\n", p.Label, p.State, p.Cards)
	return err
}

// labelFlag names a pouch.
type labelFlag struct {
	configFlag
	Label string `arg:"" help:"Label of the pouch."`
}

func (f labelFlag) actOn(ctx context.Context, s cli.Streams, in hub.PouchAct) (err error) {
	if in.Label, err = consular.ParsePouchID(f.Label); err != nil {
		return err
	}
	return f.act(ctx, s, in)
}

type pouchOpenCommand struct {
	configFlag
	Post string `required:"" help:"Destination, such as FR-LYO."`
}

// Run gives the pouch of a post.
func (c *pouchOpenCommand) Run(ctx context.Context, s cli.Streams) error {
	post, err := consular.ParsePostID(c.Post)
	if err != nil {
		return err
	}
	return c.act(ctx, s, hub.PouchAct{Act: hub.PouchOpen, Post: post})
}

type pouchPackCommand struct {
	caseFlag
	Label string `help:"Label of the pouch; the open one of the card's post when left out."`
}

// Run packs a card.
func (c *pouchPackCommand) Run(ctx context.Context, s cli.Streams) error {
	_, ref, err := c.parse()
	if err != nil {
		return err
	}
	in := hub.PouchAct{Act: hub.PouchPack, Reference: ref}
	if c.Label != "" {
		if in.Label, err = consular.ParsePouchID(c.Label); err != nil {
			return err
		}
	}
	return c.act(ctx, s, in)
}

type pouchUnpackCommand struct{ caseFlag }

// Run takes a card out.
func (c *pouchUnpackCommand) Run(ctx context.Context, s cli.Streams) error {
	_, ref, err := c.parse()
	if err != nil {
		return err
	}
	return c.act(ctx, s, hub.PouchAct{Act: hub.PouchUnpack, Reference: ref})
}

type pouchCloseCommand struct {
	labelFlag
	Seal string `required:"" help:"Number on the seal."`
}

// Run closes a pouch.
func (c *pouchCloseCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.actOn(ctx, s, hub.PouchAct{Act: hub.PouchClose, Seal: c.Seal})
}

type pouchReopenCommand struct {
	labelFlag
	TwoPersons bool `required:"" help:"A second officer stands by."`
}

// Run opens a closed pouch again.
func (c *pouchReopenCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.actOn(ctx, s, hub.PouchAct{Act: hub.PouchReopen, TwoPersons: c.TwoPersons})
}

type pouchSendCommand struct {
	labelFlag
	Waybill string `required:"" help:"The courier's number."`
}

// Run sends a pouch.
func (c *pouchSendCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.actOn(ctx, s, hub.PouchAct{Act: hub.PouchSend, Waybill: c.Waybill})
}

type pouchLostCommand struct{ labelFlag }

// Run declares a pouch lost.
func (c *pouchLostCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.actOn(ctx, s, hub.PouchAct{Act: hub.PouchLost})
}

type pouchSettleCommand struct{ labelFlag }

// Run ends an inquiry.
func (c *pouchSettleCommand) Run(ctx context.Context, s cli.Streams) error {
	return c.actOn(ctx, s, hub.PouchAct{Act: hub.PouchSettle})
}

type lettersCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists letters.
func (c *lettersCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list, err := hub.AskLetters(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, list)
	}
	for _, l := range list {
		fmt.Fprintf(s.Out, "order %d (%s, case %d) %s: %s; %d failures since %s\n",
			l.Order, l.Kind, l.Case, l.Site, l.Reason, l.Failures, l.Since.Format(time.RFC3339))
	}
	return nil
}
