package localnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/access"
)

// postsShown is how many posts are printed with their people; all of them stand
// on the start page and in the description.
const postsShown = 8

// Serve runs a network until the context ends, and on it a day when that is asked
// for.
func Serve(ctx context.Context, o Options, out io.Writer) error {
	t := &teller{out: out, began: time.Now(), seed: o.Seed}
	if o.Day && o.Pace <= 0 {
		o.Pace = 1
	}
	t.step("", "starting a hub and %d posts", o.Posts)
	n, err := Start(ctx, o)
	if err != nil {
		return err
	}
	t.net, t.people = n, newPeople(o.Seed)
	err = t.serve(ctx, o)
	t.step("", "stopping")
	if err = errors.Join(err, n.Stop(ctx)); err == nil {
		t.step("", "stopped: no process is left, no port is held")
	}
	return err
}

func (t *teller) serve(ctx context.Context, o Options) error {
	var d *day
	if o.Day {
		var err error
		if d, err = newDay(t, o); err != nil {
			return err
		}
	}
	start, err := openStart(ctx, t.net, o)
	if err != nil {
		return err
	}
	weight, err := t.net.weigh(ctx)
	if err != nil {
		return err
	}
	t.step("", "ready: %s; data and logs in %s", weight, o.Dir)
	t.print(t.net.welcome(o))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return start.run(ctx) })
	if d != nil {
		g.Go(func() error { return d.run(ctx) })
	}
	return g.Wait()
}

// officer gives the hub's officer of a role.
func (n *Network) officer(role access.Role) Person {
	for _, who := range n.Officers {
		if who.Role == role {
			return who
		}
	}
	return Person{}
}

// welcome says what to open and who may sign in.
func (n *Network) welcome(o Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nEverything on one page, with the codes of this half minute:\n  %s/\n", n.Start)
	fmt.Fprintf(&b, "\nPortal of the citizens      %s/\n  sign in as one of the specimen people: the page tells each one's PIN\n", n.Portal)
	fmt.Fprintf(&b, "Their telephones            http://%s/admin/inbox\n", n.Outside.SMS)
	fmt.Fprintf(&b, "\nConsole of the hub          %s/\n", n.Console)
	if n.Operate != "" {
		fmt.Fprintf(&b, "For its operator            %s\n", n.Operate)
	}
	writePeople(&b, n.Officers)
	fmt.Fprintf(&b, "\nRecord office of Justice    %s/\n", n.Office.Desk)
	writePeople(&b, n.Office.Officers)
	for _, p := range n.Posts[:min(postsShown, len(n.Posts))] {
		fmt.Fprintf(&b, "\nDesk of %-19s %s/\n", p.City, p.Desk)
		writePeople(&b, p.Staff)
	}
	if more := len(n.Posts) - postsShown; more > 0 {
		fmt.Fprintf(&b, "\n%d more posts: on the first page.\n", more)
	}
	fmt.Fprintf(&b, "\nThe same as JSON, with bearer tokens for the API: %s\n", n.description())
	if o.Day {
		b.WriteString("\nPeople are coming. What to look at first follows within a minute.\n")
	}
	b.WriteString("Stop with Ctrl-C.\n")
	return b.String()
}

func writePeople(b *strings.Builder, list []Person) {
	for _, w := range list {
		fmt.Fprintf(b, "  %-16s %-14s id %s  password %s  code: bin/jaliya code %s\n", w.Name, w.Role, w.Staff, w.Password, w.Secret)
	}
}
