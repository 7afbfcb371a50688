package backlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/consulate-node/journal"
	"jaliya/internal/emulate"
	"jaliya/internal/fault"
)

// Options says what is measured.
type Options struct {
	Dir     string        // for hubs and nodes; on a disk
	Entries int           // of the whole backlog
	Fill    time.Duration // for how long a full link carries what is measured, at most the whole backlog; 0: the whole
	Log     *slog.Logger
}

// outage is how long each link is down at least before it returns: long enough
// for the node to have noticed, and to probe as it does in a long one.
const outage = 12 * time.Second

// alone is the rate from which a profile is measured by itself, its contenders
// one after the other: the slow ones leave the processors idle.
const alone = 10_000_000

// Run measures all profiles and prints a table of each. The error says what was
// not ahead of HTTP/2 over TCP BBR.
func Run(ctx context.Context, o Options, out io.Writer) (err error) {
	d, err := emulate.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := calibrate(ctx, d, out); err != nil {
		return err
	}
	keys, err := newTrust()
	if err != nil {
		return err
	}
	tables := make([]table, len(Profiles))
	together, all := errgroup.WithContext(ctx)
	for n, p := range Profiles {
		measure := func(ctx context.Context) (err error) {
			r := race{Options: o, profile: p, device: d, keys: keys}
			r.Dir = filepath.Join(o.Dir, strconv.Itoa(n))
			tables[n], err = r.run(ctx)
			return err
		}
		if p.Rate >= alone {
			if err := measure(ctx); err != nil {
				return errors.Join(err, together.Wait())
			}
			continue
		}
		together.Go(func() error { return measure(all) })
	}
	if err := together.Wait(); err != nil {
		return err
	}
	return report(tables, o, out)
}

// race is one profile with all its contenders.
type race struct {
	Options
	profile Profile
	device  *emulate.Device
	keys    trust
}

// line is what became of one contender.
type line struct {
	name    string
	took    time.Duration // from the link's return to the last receipt, or to the limit
	first   time.Duration // to the first receipt, 0 for none
	carried int           // payload with a receipt
	sent    int           // bytes of IP that it put on the link upwards
	dialed  time.Duration // until its first packet
}

type table struct {
	profile Profile
	cargo   cargo
	lines   []line // ours twice, then TCP BBR, then the others
}

func (r race) run(ctx context.Context) (t table, err error) {
	t.profile = r.profile
	l, err := r.device.Link()
	if err != nil {
		return t, err
	}
	p, err := openPost(ctx, r.Dir, l, r.Log)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if t.cargo, err = r.fill(ctx, p); err != nil {
		return t, err
	}
	rivals := []rival{overTCP("bbr"), overTCP("cubic"), overQUIC(1), overQUIC(8)}
	t.lines = make([]line, 2+len(rivals))
	g, ctx := errgroup.WithContext(ctx)
	if r.profile.Rate >= alone {
		g.SetLimit(1) // one after the other
	}
	g.Go(func() error { return r.twice(ctx, p, &t) })
	for n, one := range rivals {
		g.Go(func() (err error) {
			t.lines[n+2], err = r.theirs(ctx, one, t.cargo)
			return err
		})
	}
	return t, g.Wait()
}

// fill cuts the link, fills the journal and waits until the node has noticed.
func (r race) fill(ctx context.Context, p *post) (cargo, error) {
	before, err := p.journal.State()
	if err != nil {
		return cargo{}, err
	}
	down := time.NewTimer(outage)
	defer down.Stop()
	p.link.Cut(true)
	if err := p.fill(ctx, r.profile.entries(r.Entries, r.Fill)); err != nil {
		return cargo{}, err
	}
	select {
	case <-ctx.Done():
		return cargo{}, ctx.Err()
	case <-down.C:
	}
	return load(p.journal, before.Head)
}

// twice has the post send over a link that is new to it, and over the same link
// once more, which it knows by then, as a post knows its own.
func (r race) twice(ctx context.Context, p *post, t *table) (err error) {
	if t.lines[0], err = r.ours(ctx, p, t.cargo); err != nil || t.lines[0].carried < t.cargo.payload {
		t.lines[1] = t.lines[0]
		return err
	}
	again, err := r.fill(ctx, p)
	if err != nil {
		return err
	}
	t.lines[1], err = r.ours(ctx, p, again)
	t.lines[0].name += ", first time"
	return err
}

// ours waits for the receipts of what the node sends by itself.
func (r race) ours(ctx context.Context, p *post, c cargo) (line, error) {
	ctx, cancel := context.WithTimeout(ctx, r.profile.limit(c.payload))
	defer cancel()
	one := line{name: "Jaliya"}
	before, err := p.journal.State()
	if err != nil {
		return one, err
	}
	if err := p.link.Set(r.profile.weather()); err != nil {
		return one, err
	}
	begun := time.Now()
	p.link.Cut(false)
	st, err := p.await(ctx, func(st journal.State) bool { return st.Receipted > before.Receipted })
	if err == nil {
		one.first = time.Since(begun)
		st, err = p.await(ctx, func(st journal.State) bool { return st.Receipted == st.Head.Seq })
	}
	one.took = time.Since(begun)
	one.carried = int(st.Receipted-before.Receipted) * c.payload / c.entries //nolint:gosec // a bench's count
	return one.of(p.link, begun), overtime(err)
}

// of adds what the link saw.
func (l line) of(link *emulate.Link, begun time.Time) line {
	up, _ := link.Counts()
	l.sent, l.dialed = up.Bytes, link.Woke().Sub(begun)
	return l
}

// overtime forgives a contender that took too long: its line says how far it came.
func overtime(err error) error {
	if fault.Is(err, fault.Timeout) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

func (r race) theirs(ctx context.Context, one rival, c cargo) (line, error) {
	ctx, cancel := context.WithTimeout(ctx, r.profile.limit(c.payload))
	defer cancel()
	out := line{name: one.name}
	l, err := r.device.Link()
	if err != nil {
		return out, err
	}
	if err := l.Set(r.profile.weather()); err != nil {
		return out, err
	}
	t := &tally{cargo: c, keys: r.keys, begun: time.Now()}
	err = one.carry(ctx, l, t)
	out.took = time.Since(t.begun)
	out.first, out.carried = time.Duration(t.first.Load()), int(t.answered.Load())
	if err == nil {
		out.carried = c.payload // without what sharing it out rounded off
	}
	if err = overtime(err); err != nil {
		return out, fault.New(fault.Other, "backlog: carry", fmt.Sprintf("%s over %s", one.name, r.profile), err)
	}
	return out.of(l, t.begun), nil
}
