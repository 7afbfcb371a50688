package localnet

import (
	"context"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
)

// staff gives the two people of a post's counter.
func (p *Post) staff() (agent, supervisor *client) {
	return newClient(p, p.account(access.Agent)), newClient(p, p.account(access.Supervisor))
}

// clerk enrols one person after another at a post, at the pace of people; some
// collect their card at another post.
func (d *day) clerk(p *Post, i int) func(context.Context) error {
	between := dayVisit * time.Duration(len(d.net.Posts))
	if p == d.cutPost() { // so that its backlog is seen to grow
		between /= 2
	}
	first := true
	return func(ctx context.Context) error {
		about := between
		if first {
			first, about = false, time.Duration(i)*dayVisit/2
		}
		if err := d.rest(ctx, about); err != nil || !d.mayCome() {
			return err
		}
		to := p
		if d.chance(collectElse) {
			to = d.net.Posts[d.choose(len(d.net.Posts))]
		}
		_, err := d.visit(ctx, p, to)
		return err
	}
}

// visit is one person at a post, who will collect at another one or the same.
func (d *day) visit(ctx context.Context, p, to *Post) (released, error) {
	agent, supervisor := p.staff()
	at := newVisit(agent, supervisor)
	at.rest = func(ctx context.Context) error { return d.rest(ctx, dayStep) }
	r, err := at.enrol(ctx, d.collectsAt(p, to))
	if err != nil {
		_ = at.discard(ctx) // there may be none, or nobody to ask
		return r, err
	}
	d.expect(r)
	d.count(&d.figures.released)
	return r, nil
}

func (d *day) collectsAt(p, to *Post) visitor {
	v := d.people.visitor(p)
	if delivery, ok := v.Groups["delivery"].(consular.Delivery); ok {
		delivery.Post = to.ID
		v.Groups["delivery"], v.Pickup = delivery, string(to.ID)
	}
	return v
}

// draft is somebody who went to fetch a paper: a visit that stays open for a
// while and is given up.
func (d *day) draft(ctx context.Context) error {
	agent, supervisor := d.openPost().staff()
	at, v := newVisit(agent, supervisor), d.people.visitor(d.openPost())
	v.Files = nil
	if err := at.begin(ctx, v); err != nil {
		return err
	}
	err := at.fill(ctx, v)
	if err == nil {
		err = d.rest(ctx, dayAgain)
	}
	if ctx.Err() != nil {
		return ctx.Err() // the next day sweeps it away
	}
	if gone := at.discard(ctx); err == nil {
		err = gone
	}
	return err
}
