package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"jaliya/hub"
	"jaliya/internal/cli"
)

type keysCommand struct {
	Print  keysPrint  `cmd:"" default:"withargs" help:"Print the public keys that prove receipts, one a line."`
	Rotate keysRotate `cmd:"" help:"Make fresh keys: of receipts, of what posts seal to, or both."`
}

type keysPrint struct{ configFlag }

// Run prints the receipt keys.
func (c *keysPrint) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	st, err := hub.AskStatus(ctx, cfg)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, strings.Join(st.Receipts, "\n"))
	return err
}

type keysRotate struct {
	configFlag
	Intake  bool `help:"The key that visits are sealed to. Old packets are opened as before."`
	Receipt bool `help:"The key that signs receipts, in two steps: it is published, and when each post has heard it, asked again, it signs."`
	Now     bool `help:"Sign with the published receipt key although some posts have not heard it: they need a link before their next file by hand."`
	JSON    bool `name:"json" help:"Print the result as JSON."`
}

// Run asks the running member and says what is left to do.
func (c *keysRotate) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	r, err := hub.AskRotate(ctx, cfg, hub.RotateRequest{Intake: c.Intake, Receipt: c.Receipt, Now: c.Now})
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, r)
	}
	if r.Intake != 0 {
		if _, err := fmt.Fprintf(s.Out, "Visits are sealed to intake key %d from now on. Older packets are opened as before.\n", r.Intake); err != nil {
			return err
		}
	}
	switch {
	case r.Signs:
		_, err = fmt.Fprintf(s.Out, "Receipts are signed with this key from now on; older ones are proved by the older keys:\n%s\n", r.Receipt)
	case r.Receipt != "":
		_, err = fmt.Fprintf(s.Out, "Published, and not used yet:\n%s\nThese have not heard it; ask again when they have:\n%s\n", r.Receipt, waiting(r.Waiting))
	}
	return err
}

func waiting(posts []hub.WaitingPost) string {
	lines := make([]string, 0, len(posts))
	for _, p := range posts {
		lines = append(lines, fmt.Sprintf("  %-8s %s", p.Post, p.Node))
	}
	return strings.Join(lines, "\n")
}

type caCommand struct {
	Renew caRenew `cmd:"" help:"Make fresh authorities for all roles with the offline root, once a year."`
}

type caRenew struct {
	configFlag
	Root       string `required:"" type:"path" help:"The root's file, brought from its offline place." placeholder:"FILE"`
	Passphrase string `required:"" type:"path" help:"File with the passphrase of the root key; - is standard input." placeholder:"FILE"`
	JSON       bool   `name:"json" help:"Print the result as JSON."`
}

// Run renews and says until when the authorities hold.
func (c *caRenew) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	secret, err := readInput(s, c.Passphrase)
	if err != nil {
		return err
	}
	r, err := hub.RenewAuthorities(ctx, cfg, hub.RenewOptions{
		Root: c.Root, Passphrase: strings.TrimRight(string(secret), "\r\n"), Now: time.Now(),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, r)
	}
	for _, role := range slices.Sorted(maps.Keys(r.Until)) {
		if _, err := fmt.Fprintf(s.Out, "%-8s until %s\n", role, r.Until[role].Format(time.DateOnly)); err != nil {
			return err
		}
	}
	said := "The running member issues with them from now on."
	if !r.Live {
		said = "No member runs here; the next start issues with them."
	}
	_, err = fmt.Fprintf(s.Out, "%s Take the root's file away again.\n", said)
	return err
}
