package localnet

import (
	"context"
	"net/http"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/workflow"
)

// backlogSeen is how many entries a post that is cut off holds at least before its
// line comes back.
const backlogSeen = 4

// desk is what a desk says of itself.
type deskStatus struct {
	Unsecured int `json:"unsecured"`
}

func (c *client) status(ctx context.Context) (s deskStatus, err error) {
	return s, c.do(ctx, call{Method: http.MethodGet, Path: "/status", Into: &s})
}

// cutOff takes a post's line away for some minutes, in which people go on being
// enrolled there, and gives it back.
func (d *day) cutOff(ctx context.Context) error {
	p := d.cutPost()
	agent, supervisor := p.staff()
	p.relay.Cut()
	defer p.relay.Restore()
	if err := d.awaitLink(ctx, agent, false); err != nil {
		return err
	}
	r, err := enrol(ctx, agent, supervisor, d.collectsAt(p, p)) // somebody stood at the counter
	if err != nil {
		return err
	}
	d.expect(r)
	back := time.Now().Add(scaled(d.pace, dayCut))
	d.step("", "%s is cut off; its desk goes on", p.City)
	for held := 0; time.Now().Before(back) || held < backlogSeen; {
		if err := d.rest(ctx, dayLook); err != nil {
			return err
		}
		s, err := agent.status(ctx)
		if err != nil {
			return err
		}
		if held = s.Unsecured; held > 0 {
			d.look("cut-off", p.Desk+"/status", "cut_off", "city", p.City, "count", held, "at", back.Format("15:04"), "name", p.Staff[0].Name)
		}
	}
	p.relay.Restore()
	return d.comesBack(ctx, p, agent)
}

func (d *day) comesBack(ctx context.Context, p *Post, agent *client) error {
	err := eventually(ctx, p.City+" to be secured", l2Limit, func() (bool, error) {
		s, err := agent.status(ctx)
		return s.Unsecured == 0, err
	})
	if err != nil {
		return err
	}
	d.step("L2", "the line to %s is back, and all that it held is secured nationally", p.City)
	d.look("cut-off", p.Desk+"/status", "back", "city", p.City)
	return d.rest(ctx, dayUp)
}

// lateBag sends somebody's card to a post where nobody opens bags in time.
func (d *day) lateBag(ctx context.Context) error {
	p := d.latePost()
	agent, supervisor := d.openPost().staff()
	r, err := enrol(ctx, agent, supervisor, d.collectsAt(d.openPost(), p))
	if err != nil {
		return err
	}
	d.hold(r.Reference)
	d.expect(r)
	if err := d.passes(ctx, r.Reference); err != nil {
		return err
	}
	label := ""
	err = eventually(ctx, "a bag to be late", 2*l2Limit, func() (bool, error) {
		if err := d.rest(ctx, dayStep); err != nil {
			return false, err
		}
		label, err = d.standsLate(ctx, p, label)
		return label != "", err
	})
	defer d.unlook("late")
	for err == nil && label != "" {
		d.look("late", d.net.Console+"/pouches/"+label, "late", "label", label, "city", p.City, "name", d.net.officer(access.PouchOfficer).Name)
		if err = d.rest(ctx, dayLook); err == nil {
			label, err = d.standsLate(ctx, p, label)
		}
	}
	return err
}

// standsLate gives a bag to the post that is late, this one as long as it is; none
// when all are there.
func (d *day) standsLate(ctx context.Context, p *Post, label string) (late string, err error) {
	agent, _ := p.staff()
	var list struct {
		Pouches []tableView `json:"pouches"`
	}
	err = agent.do(ctx, call{Method: http.MethodGet, Path: "/pouches", Into: &list})
	for _, bag := range list.Pouches {
		if bag.State == workflow.PouchDelayed.String() && (late == "" || bag.Pouch == label) {
			late = bag.Pouch
		}
	}
	return late, err
}

// dispute is a packet that a post corrects while it is cut off, after the hub has
// decided about it: the correction is refused when the line is back, by the hub,
// and the post is told why.
func (d *day) dispute(ctx context.Context) error {
	p := d.disputePost()
	agent, supervisor := p.staff()
	v := d.collectsAt(p, p)
	r, err := enrol(ctx, agent, supervisor, v)
	if err != nil {
		return err
	}
	d.hold(r.Reference)
	d.expect(r)
	if err := d.toVerify(ctx, r.Reference); err != nil {
		return err
	}
	if err := d.corrected(ctx, p, r, v); err != nil {
		return err
	}
	var q struct {
		Refused string `json:"amendment_refused"`
	}
	err = eventually(ctx, "the hub's word about the correction", l2Limit, func() (bool, error) {
		err := agent.do(ctx, call{Method: http.MethodGet, Path: "/requests/" + r.Reference, Into: &q})
		return q.Refused != "", err
	})
	if err != nil {
		return err
	}
	d.step("L2", "%s: the hub refuses the correction of %s: %s", p.City, r.Printed, q.Refused)
	d.look("refused", p.Desk+"/requests/"+r.Reference, "refused", "city", p.City, "reference", r.Printed, "name", p.Staff[0].Name)
	return d.rest(ctx, dayAgain)
}

// corrected has the case decided and the packet replaced while the two cannot know
// of each other.
func (d *day) corrected(ctx context.Context, p *Post, r released, v visitor) error {
	agent, supervisor := p.staff()
	p.relay.Cut()
	defer p.relay.Restore()
	if err := d.awaitLink(ctx, agent, false); err != nil {
		return err
	}
	if _, err := d.hub(ctx, "verify pass", r.Reference); err != nil {
		return err
	}
	at := newVisit(agent, supervisor)
	if err := at.amend(ctx, r); err != nil {
		return err
	}
	if err := at.fill(ctx, v); err != nil {
		return err
	}
	_, err := at.release(ctx)
	return err
}
