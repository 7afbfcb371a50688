package handover

import (
	"log/slog"
	"slices"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// slice is how many notices one transaction takes.
const slice = 64

// Hear takes in what the hub said since. Every action does so first; the node
// calls it at start, so that the first person at the counter does not wait.
func (h *Handover) Hear() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hear()
}

func (h *Handover) hear() error {
	for {
		notices, err := h.unheard()
		if err != nil || len(notices) == 0 {
			return err
		}
		if err := h.o.Journal.Update(func(w kv.Writer) error { return h.take(w, notices) }); err != nil {
			return err
		}
	}
}

func (h *Handover) unheard() (notices []wire.Notice, err error) {
	err = h.o.Journal.View(func(r kv.Reader) error {
		notices, err = journal.NoticesAfter(r, cursorOf(r), slice)
		return err
	})
	return notices, err
}

func (h *Handover) take(w kv.Writer, notices []wire.Notice) error {
	for _, n := range notices {
		if err := h.notice(w, n); err != nil {
			return err
		}
	}
	return putCursor(w, notices[len(notices)-1].Seq)
}

// notice takes one in. What cannot be read must not keep the next ones waiting:
// it is reported and passed over, and the hub can say it again.
func (h *Handover) notice(w kv.Writer, n wire.Notice) error {
	switch n.Kind {
	case wire.NoticePouch:
		if len(n.Body) == 0 {
			return h.bagMoved(w, n)
		}
		m, err := h.manifest(n)
		if err != nil {
			h.o.Logger.Warn("manifest cannot be read", slog.Uint64("notice", n.Seq), slog.String("kind", fault.KindOf(err).Code()))
			return nil
		}
		return h.announce(w, m, n)
	case wire.NoticeCaseMoved:
		return h.moved(w, n)
	case wire.NoticeEntryRefused:
		return h.refused(w, n)
	case wire.NoticeStaff, wire.NoticeDocument, wire.NoticeConflict:
	}
	return nil
}

func (h *Handover) manifest(n wire.Notice) (wire.Manifest, error) {
	opened, err := h.o.PostKey.Open(n.Body, wire.ManifestContext, wire.ManifestAAD(h.o.Post.ID))
	if err != nil {
		return wire.Manifest{}, err
	}
	defer opened.Destroy()
	m, err := wire.DecodeManifest(opened.Body())
	if err != nil {
		return wire.Manifest{}, err
	}
	if to := m.Pouch.Pouch(); to.Return || to.Post != h.o.Post.ID {
		return wire.Manifest{}, fault.New(fault.Denied, "handover: read manifest", "another post's", nil)
	}
	return m, nil
}

// announce keeps a part of a manifest. A newer revision takes the place of an
// older one as long as nobody has opened the bag.
func (h *Handover) announce(w kv.Writer, m wire.Manifest, n wire.Notice) error {
	p, found, err := h.pouch(w, m.Pouch)
	switch {
	case err != nil:
		return err
	case found && (p.Revision > m.Revision || p.Revision < m.Revision && p.Opened != 0):
		return nil
	case !found:
		p = pouch{Label: m.Pouch, State: n.State, Announced: n.Time}
		p.catchUp(n.Time)
	case p.Revision < m.Revision:
		if err := h.unannounce(w, &p); err != nil {
			return err
		}
	}
	p.Revision, p.Seal, p.Total = m.Revision, m.Seal, m.Total
	for _, mc := range m.Cards {
		if slices.Contains(p.Cards, mc.Reference) {
			continue
		}
		p.Cards = append(p.Cards, mc.Reference)
		if err := h.expect(w, &p, mc); err != nil {
			return err
		}
	}
	return h.putPouch(w, &p)
}

// bagMoved takes the hub's word of a bag: where it is until it is here, and that
// a difference was settled. Between the two this post knows better.
func (h *Handover) bagMoved(w kv.Writer, n wire.Notice) error {
	label, err := consular.ParsePouchID(n.Reference)
	if err != nil {
		return nil //nolint:nilerr // a notice about something that is no pouch
	}
	p, found, err := h.pouch(w, label)
	if err != nil || !found {
		return err
	}
	settled := p.counted() && workflow.State(n.State) == workflow.PouchReconciled
	if p.Arrived != 0 && !settled {
		return nil
	}
	p.State = n.State
	return h.putPouch(w, &p)
}

// unannounce forgets the cards of an older revision.
func (h *Handover) unannounce(w kv.Writer, p *pouch) error {
	cards, err := h.cardsOf(w, p)
	if err != nil {
		return err
	}
	for i := range cards {
		if err := h.forget(w, &cards[i]); err != nil {
			return err
		}
	}
	p.Cards = nil
	return nil
}

func (h *Handover) forget(w kv.Writer, c *card) error {
	if err := h.dropTerms(w, c); err != nil {
		return err
	}
	key := h.cardKey(c.Reference)
	if err := w.Delete(bucketHeld, key); err != nil {
		return err
	}
	return w.Delete(bucketCards, key)
}

// expect makes a card of a line of a manifest. It takes the place of a card of
// the same request that was here before: a defective one, say.
func (h *Handover) expect(w kv.Writer, p *pouch, m wire.ManifestCard) error {
	was, found, err := h.card(w, m.Reference)
	if err != nil {
		return err
	}
	c := card{
		Reference: m.Reference, Serial: m.Serial, Family: m.Family, Given: m.Given, Birth: m.Birth, Service: m.Service,
		Slip: m.Slip, Pouch: p.Label, State: uint8(workflow.Packed), Late: p.late(),
	}
	if found {
		c.Spoilt = was.Spoilt
		if was.Serial != m.Serial {
			c.Spoilt = append(c.Spoilt, was.Serial)
		}
		if err := h.dropTerms(w, &was); err != nil {
			return err
		}
	}
	if err := h.putTerms(w, &c); err != nil {
		return err
	}
	return h.putCard(w, &c)
}

// moved takes the hub's word of a case's state, when its card is known here.
func (h *Handover) moved(w kv.Writer, n wire.Notice) error {
	ref, err := consular.ParseReference(n.Reference)
	if err != nil {
		return nil //nolint:nilerr // a notice about something that is no request
	}
	c, found, err := h.card(w, ref)
	if err != nil || !found {
		return err
	}
	secured := func(record wire.RecordID) (uint64, error) { return journal.SecuredAt(w, record) }
	if err := c.hear(n, secured); err != nil {
		return err
	}
	c.catchUp(n.Time)
	if c.over() {
		return h.strip(w, &c)
	}
	return h.putCard(w, &c)
}

// over reports whether the hub knows what this post did last, and that the card
// is not here any more: in the person's hand, on its way, or destroyed.
func (c *card) over() bool {
	if c.GivenAt == 0 || c.Held || c.Hub != c.State || len(c.Said) > 0 {
		return false
	}
	switch workflow.State(c.State) { //nolint:exhaustive // the ways in which a card leaves a post
	case workflow.HandedOver, workflow.InTransit, workflow.SentBack, workflow.Destroyed:
		return true
	}
	return false
}

// strip forgets whose card it was: the post has no more use for it.
func (h *Handover) strip(w kv.Writer, c *card) error {
	if err := h.dropTerms(w, c); err != nil {
		return err
	}
	c.Family, c.Given, c.Birth = consular.Name{}, consular.Name{}, ""
	return h.putCard(w, c)
}

// refused notes that the hub did not accept what this post said: people must
// look at it.
func (h *Handover) refused(w kv.Writer, n wire.Notice) error {
	if ref, err := consular.ParseReference(n.Reference); err == nil {
		c, found, err := h.card(w, ref)
		if err != nil || !found || !c.refuse(n.Record, n.Reason) {
			return err
		}
		return h.putCard(w, &c)
	}
	list, err := h.pouches(w)
	if err != nil {
		return err
	}
	for i := range list {
		if slices.Contains(list[i].Said, n.Record) {
			list[i].Refused = n.Reason
			return h.putPouch(w, &list[i])
		}
	}
	return nil
}
