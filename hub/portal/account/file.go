package account

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// file sends the request that was looked at: once, however often the button is
// pressed. Permission: signed-in citizen.
func (a *Account) file(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	token := typed(c, "filing")
	if i := slices.IndexFunc(s.filed, func(f filed) bool { return f.token == token }); i >= 0 {
		web.See(c, at(s.filed[i].reference)+"/filed")
		return
	}
	if s.draft.filing == nil || s.draft.filing.token != token {
		web.See(c, stepPath(stepReview)) // another page than the one that counts was looked at
		return
	}
	p := a.o.UI.Printer(c)
	err := a.filing(c.Request.Context(), s)
	switch {
	case err == nil:
	case uncertain(err) && s.draft.sent():
		_ = c.Error(err) // for the engine's log line; the page says it in words
		a.showReview(c, s, http.StatusServiceUnavailable, unknownNotice(p))
		return
	case refusedAsOpen(err):
		if !a.showStanding(c, s) { // it has ended in between
			web.See(c, stepPath(stepReview))
		}
		return
	default:
		a.fail(c, err)
		return
	}
	f := s.draft.filing
	if len(s.filed) >= maxFiled {
		s.filed = s.filed[1:]
	}
	s.filed = append(s.filed, filed{token: token, reference: f.reference, slip: f.slip, service: s.draft.service})
	s.draft = draft{}
	web.See(c, at(f.reference)+"/filed")
}

// filing makes the entry, once, and sends it. A reference that is taken is
// drawn anew.
func (a *Account) filing(ctx context.Context, s *session) error {
	f := s.draft.filing
	for {
		if f.act.entry == nil {
			entry, err := a.release(ctx, s, f)
			if err != nil {
				return err
			}
			f.act.entry = entry
		}
		err := a.send(ctx, &f.act)
		if err == nil || uncertain(err) {
			return err
		}
		f.act.entry = nil // it was refused, and changed nothing
		if !fault.Is(err, fault.Exists) || ctx.Err() != nil {
			return err
		}
		drawn, err := newFiling()
		if err != nil {
			return err
		}
		f.record, f.reference, f.slip = drawn.record, drawn.reference, drawn.slip
	}
}

// release makes the entry of a request that a person files alone.
func (a *Account) release(ctx context.Context, s *session, f *filing) (*wire.Entry, error) {
	d, who := &s.draft, s.signed
	fee, err := a.fee(s)
	if err != nil {
		return nil, err
	}
	body := wire.Release{
		Version: wire.Version, Service: d.service, Person: who.Person,
		Contact:  consular.Contact{Phone: d.phone, Email: d.email, Language: d.language},
		Delivery: consular.Delivery{Mode: d.mode, Post: d.post},
		Fee:      &fee, Captured: a.o.Now().UnixMilli(),
		Record: &wire.RecordWish{
			Use:     consular.Use{Purpose: d.purpose, Text: d.text, Country: d.country, Legalization: d.legal, Copies: 1},
			Consent: consular.Consent{Version: consentVersion, Language: d.agreedIn, At: d.agreed, Channel: consular.ChannelPortal},
			Proof: consular.IdentityProof{
				Kind: consular.ProofDigital, Receipt: who.Receipt.ID, Level: who.Level.String(), At: who.Receipt.At,
			},
			Receipt: []byte(who.Receipt.Raw),
		},
	}
	if err := body.Validate(); err != nil {
		return nil, err
	}
	slip, owner, topic := wire.Digest(f.slip.Hash(f.reference)), s.owner, s.topic()
	return a.seal(ctx, wire.Header{
		Record: f.record, Kind: wire.KindRequestReleased, Reference: f.reference.Digits(), Service: uint8(d.service),
		Pickup: d.post, SlipHash: &slip, Owner: &owner, Topic: &topic,
	}, body)
}

// showFiled shows reference and slip code of a request that was just sent.
// Permission: signed-in citizen.
func (a *Account) showFiled(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	ref, err := consular.ParseReference(c.Param("reference"))
	if err != nil {
		a.fail(c, fault.New(fault.NotFound, "account: read reference", "", nil))
		return
	}
	i := slices.IndexFunc(s.filed, func(f filed) bool { return f.reference == ref })
	if i < 0 { // in another session the code is not there any more
		web.See(c, at(ref))
		return
	}
	p, one := a.o.UI.Printer(c), s.filed[i]
	page := a.page(c, p.T("account.filed.title"))
	page.Template, page.Data = "account-filed", gin.H{
		"Title": page.Title, "Service": p.Service(one.service), "Reference": one.reference.String(), "Code": one.slip.Printed(),
		"Address": a.o.Address, "At": at(one.reference),
	}
	a.o.UI.Render(c, http.StatusOK, page)
}
