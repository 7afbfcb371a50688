package localnet

import (
	"context"
	"slices"
	"strings"
	"time"

	"jaliya/internal/fault"
)

// office is the way of a record that a record office decides at its own desk: an
// officer finds the person and an entry, proposes what stays, and may not confirm
// it; another one does; the document leaves in its slot, and the person opens it.
func office(ctx context.Context, t *teller) error {
	c, err := t.newCitizen(officeJustice, 1)
	if err != nil {
		return err
	}
	if err := c.asks(ctx, t); err != nil {
		return err
	}
	first, err := t.net.atOffice(ctx, 0)
	if err != nil {
		return err
	}
	second, err := t.net.atOffice(ctx, 1)
	if err != nil {
		return err
	}
	place, err := first.newest(ctx)
	if err != nil {
		return err
	}
	t.step("", "the record office has it, and two officers have signed in at its desk")
	if err := t.decide(ctx, first, second, place); err != nil {
		return err
	}
	if err := c.awaits(ctx, "issued"); err != nil {
		return err
	}
	t.step("", "its slot has come; the portal says that the record is issued")
	if err := c.told(ctx, t.net.Outside.SMS); err != nil {
		return err
	}
	return c.opens(ctx, t)
}

// recordOfficer is an officer at the office's desk.
type recordOfficer struct{ *browser }

// atOffice signs an officer in.
func (n *Network) atOffice(ctx context.Context, i int) (recordOfficer, error) {
	who := n.Office.Officers[i]
	b, err := newBrowser()
	if err != nil {
		return recordOfficer{}, err
	}
	if err := b.open(ctx, n.Office.Desk+"/sign-in"); err != nil {
		return recordOfficer{}, err
	}
	// The code of this half minute was spent when the officer was enrolled.
	code, err := Code(who.Secret, time.Now().Add(totpStep))
	if err != nil {
		return recordOfficer{}, err
	}
	if err := b.submit(ctx, "/sign-in", "officer", who.Staff, "password", who.Password, "code", code); err != nil {
		return recordOfficer{}, err
	}
	if b.page.at.Path == "/sign-in" {
		return recordOfficer{}, fault.New(fault.Denied, opOffice, "sign in: "+b.page.text, nil)
	}
	return recordOfficer{b}, nil
}

// newest waits until a request is there that nobody has begun, and gives its page.
func (o recordOfficer) newest(ctx context.Context) (place string, err error) {
	err = eventually(ctx, "a request at the record office", l2Limit, func() (bool, error) {
		err := o.open(ctx, "/")
		for _, l := range o.page.links {
			if strings.HasPrefix(l.href, "/requests/") {
				place = l.href
			}
		}
		return place != "", err
	})
	return place, err
}

// decide takes a request through the hands of two officers.
func (t *teller) decide(ctx context.Context, first, second recordOfficer, place string) error {
	for _, act := range [][]string{
		{"found"},
		{
			"add", "add-court_fr", "Tribunal spécimen", "add-court_ar", "محكمة نموذجية", "add-day", "7", "add-month", "3", "add-year", "2019",
			"add-offense_fr", "Infraction spécimen", "add-offense_ar", "جريمة نموذجية",
			"add-sentence_fr", "Peine spécimen", "add-sentence_ar", "عقوبة نموذجية",
		},
		{"entries"},
		{"propose", "keep", "0", "propose-text", "not rehabilitated"},
	} {
		if err := first.does(ctx, place, act[0], act[1:]...); err != nil {
			return err
		}
	}
	if first.offered(ctx, place, "confirm") {
		return fault.New(fault.Corrupt, opOffice, "who proposed is offered to confirm", nil)
	}
	t.step("", "one officer has found an entry and proposes that it stays, and is not offered to confirm")
	if err := second.does(ctx, place, "confirm"); err != nil {
		return err
	}
	if err := second.does(ctx, place, "issue"); err != nil {
		return err
	}
	t.step("", "another officer confirms and orders the document")
	return nil
}

func byAct(act string) func(form) bool {
	return func(f form) bool { return f.values.Get("act") == act }
}

func (o recordOfficer) offered(ctx context.Context, place, act string) bool {
	return o.open(ctx, place) == nil && slices.ContainsFunc(o.page.forms, byAct(act))
}

// does sends the form of one act as the page shows it now.
func (o recordOfficer) does(ctx context.Context, place, act string, pairs ...string) error {
	if err := o.open(ctx, place); err != nil {
		return err
	}
	at := slices.IndexFunc(o.page.forms, byAct(act))
	if at < 0 {
		return fault.New(fault.NotFound, opOffice, act+" is not offered: "+o.page.text, nil)
	}
	if err := o.fill(ctx, o.page.forms[at], pairs); err != nil {
		return err
	}
	if o.page.at.Query().Get("done") == "" {
		return fault.New(fault.Other, opOffice, act+" was not taken: "+o.page.text, nil)
	}
	return nil
}
