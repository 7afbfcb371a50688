package localnet

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// patron is a person who asks for several records.
type patron struct {
	*citizen

	known    truth
	post     *Post
	desk     *browser
	requests []*trace
}

func (t *teller) newPatron(from int, who consular.Person) (*patron, error) {
	c, err := t.newCitizen(officePolice, from/ofOnePerson)
	if err != nil {
		return nil, err
	}
	p := &patron{citizen: c}
	for n := from; n < min(from+ofOnePerson, t.requests); n++ {
		p.requests = append(p.requests, newTrace(n, who))
	}
	return p, nil
}

// at has the person turn to one of the requests.
func (p *patron) at(one *trace) { p.reference, p.use, p.phone = one.reference, one.use, one.phone }

// goes walks all requests of the person from the first question to the hand.
func (p *patron) goes(ctx context.Context) error {
	for _, one := range p.requests {
		p.at(one)
		if err := p.signIn(ctx); err != nil {
			return err
		}
		if err := p.file(ctx); err != nil {
			return err
		}
		one.reference = p.reference
	}
	if err := p.pays(ctx); err != nil {
		return err
	}
	if err := p.hears(ctx); err != nil {
		return err
	}
	for _, one := range p.requests {
		p.at(one)
		if err := p.reads(ctx, one); err != nil {
			return err
		}
		if err := p.fetches(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// pays pays for each request while another window shows the list, until all are
// issued.
func (p *patron) pays(ctx context.Context) error {
	seen := map[string]*turns{}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.follows(ctx, seen) })
	g.Go(func() error {
		for _, one := range p.requests {
			p.at(one)
			if err := p.pay(ctx); err != nil {
				return err
			}
			one.paid = time.Now()
			err := eventually(ctx, "the payment to be seen", l2Limit, func() (bool, error) {
				err := p.open(ctx, p.own(""))
				return !p.page.leads("/pay"), err
			})
			if err != nil {
				return err
			}
			one.look("portal, waiting", &p.page)
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	for _, one := range p.requests {
		turned := seen[one.reference.String()]
		one.Figures[paidToIssued] = turned.last.Sub(one.paid).Seconds()
		one.Words["portal, the list"] = one.masked(strings.Join(turned.forms, "; "))
	}
	return nil
}

// follows looks at the list until each of the requests can be opened.
func (p *patron) follows(ctx context.Context, seen map[string]*turns) error {
	window := &browser{http: p.http}
	own := &browser{http: p.http}
	for _, one := range p.requests {
		seen[one.reference.String()] = &turns{}
	}
	return eventually(ctx, "all records to be issued", l2Limit, func() (bool, error) {
		if err := window.open(ctx, p.net.Portal+"/requests"); err != nil {
			return false, err
		}
		now, all := time.Now(), true
		said := listed(&window.page)
		for _, one := range p.requests {
			turned, form := seen[one.reference.String()], said[one.reference.String()]
			if form == "" {
				return false, fault.New(fault.NotFound, opNeutral, "the list does not name "+one.reference.String(), nil)
			}
			if len(turned.forms) == 0 || turned.forms[len(turned.forms)-1] != form {
				turned.forms, turned.last = append(turned.forms, form), now
				if err := own.open(ctx, p.net.Portal+"/requests/"+one.reference.Digits()); err != nil {
					return false, err
				}
				turned.done = own.page.leads("/document")
			}
			all = all && turned.done
		}
		return all, nil
	})
}

// hears waits until the telephone has rung for each request, as a person does: whoever
// opens a record in the moment in which it is issued is not told of it any more.
func (p *patron) hears(ctx context.Context) error {
	return eventually(ctx, "a message about each record", lastMessage, func() (bool, error) {
		messages, err := inbox(ctx, p.net.Outside.SMS)
		if err != nil {
			return false, err
		}
		for _, one := range p.requests {
			if !slices.ContainsFunc(messages, func(m heard) bool { return m.To == one.phone }) {
				return false, nil
			}
		}
		return true, nil
	})
}

// reads opens the document of a request, and learns what it says.
func (p *patron) reads(ctx context.Context, one *trace) error {
	if err := p.open(ctx, p.own("")); err != nil {
		return err
	}
	one.look("portal, issued", &p.page)
	if err := p.open(ctx, p.own("/document")); err != nil {
		return err
	}
	one.look("portal, before the sign-in", &p.page)
	if err := p.follow(ctx, "/document/signin"); err != nil {
		return err
	}
	if err := p.prove(ctx); err != nil {
		return err
	}
	one.look("portal, the door of the document", &p.page)
	if err := p.submit(ctx, "/document"); err != nil {
		return err
	}
	if !bytes.HasPrefix(p.page.raw, []byte("%PDF")) {
		return fault.New(fault.Other, opNeutral, "no document came: "+p.page.text, nil)
	}
	one.look("portal, the document", &p.page)
	var err error
	if one.Second, err = p.known.found(p.page.raw); err != nil {
		return err
	}
	if err := p.open(ctx, p.own("")); err != nil {
		return err
	}
	one.look("portal, opened", &p.page)
	return nil
}

// fetches has the document printed at the post, and takes it.
func (p *patron) fetches(ctx context.Context, one *trace) error {
	code, err := p.asksPrint(ctx, p.post)
	if err != nil {
		return err
	}
	one.look("portal, the code", &p.page)
	if err := p.shown(ctx, one, "desk, asked", "/begin"); err != nil {
		return err
	}
	for _, act := range []struct {
		form, then string
		pairs      []string
	}{
		{"/begin", "/sheet", []string{"slip_code", string(code)}},
		{"/sheet", "/give", []string{"sheet", one.sheet}},
	} {
		if err := p.desk.submit(ctx, act.form, act.pairs...); err != nil {
			return err
		}
		one.look("desk, after "+act.form, &p.desk.page)
		if err := p.shown(ctx, one, "desk, before "+act.then, act.then); err != nil {
			return err
		}
	}
	if err := p.desk.submit(ctx, "/give", "face", "1", "document", "passport", "sheet", one.sheet); err != nil {
		return err
	}
	one.look("desk, given", &p.desk.page)
	return nil
}

// shown waits until the desk offers an act, and keeps how long that took.
func (p *patron) shown(ctx context.Context, one *trace, step, act string) error {
	began := time.Now()
	if err := p.desk.awaits(ctx, p.post.Desk+"/records/"+p.reference.Digits(), act); err != nil {
		return fault.New(fault.KindOf(err), opNeutral, fmt.Sprintf("%s at %s", step, p.post.ID), err)
	}
	one.Figures[step+": seconds until offered"] = time.Since(began).Seconds()
	one.look(step, &p.desk.page)
	return nil
}
