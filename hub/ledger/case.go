package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Case is one request of one person, as the network knows it, or one pouch, in
// which case Reference is its label.
type Case struct {
	Number    uint64        `cbor:"1,keyasint"` // order of commit
	Reference string        `cbor:"2,keyasint"` // 18 digits
	Slip      wire.Digest   `cbor:"3,keyasint"` // consular.SlipHash of the newest packet
	Flow      Flow          `cbor:"4,keyasint"`
	Record    wire.RecordID `cbor:"5,keyasint"` // newest packet
	Commit    uint64        `cbor:"6,keyasint"` // the entry that brought it
	Opened    int64         `cbor:"7,keyasint"`
	Updated   int64         `cbor:"8,keyasint"`
	Open      []uint64      `cbor:"9,keyasint,omitempty"` // orders that wait
	Timers    []Timer       `cbor:"10,keyasint,omitempty"`
	// Bag is the pouch whose manifest lists the card last, by case number, and
	// Line the card's line there; of a pouch, Line is the last line given.
	Bag  uint64 `cbor:"11,keyasint,omitempty"`
	Line uint64 `cbor:"12,keyasint,omitempty"`
	Sent *Sent  `cbor:"13,keyasint,omitempty"` // of a pouch that was closed

	// Of a request for a criminal record. None of it tells what was found.
	Owner     wire.Digest `cbor:"14,keyasint,omitzero"`  // who filed it on the portal: digest of issuer and subject
	Question  wire.Digest `cbor:"15,keyasint,omitzero"`  // the issuer's sealed question, in the vault
	Answer    uint64      `cbor:"16,keyasint,omitempty"` // the entry that answers it
	PrintCode wire.Digest `cbor:"17,keyasint,omitzero"`  // consular.SlipHash of the newest print's code
	Print     *Print      `cbor:"18,keyasint,omitempty"`

	Token wire.Digest `cbor:"19,keyasint,omitzero"` // of the newest packet's slip: consular.FollowToken.Digest

	Entered int64 `cbor:"20,keyasint,omitempty"` // when it came into its state
	Late    int64 `cbor:"21,keyasint,omitempty"` // when a limit of the state passed
	Overdue int64 `cbor:"22,keyasint,omitempty"` // when a limit of the whole case passed

	// What a request for a criminal record is about, without saying it (topic.go).
	Topic    wire.Digest `cbor:"51,keyasint,omitzero"` // as the portal named it
	Examined wire.Digest `cbor:"52,keyasint,omitzero"` // as the opener did, whatever way the request came

	Marks []Mark `cbor:"53,keyasint,omitempty"` // who changed which field last (conflict.go)
}

// Flow is workflow.Case as it is stored: numbers, so that a field may be
// renamed there and never here.
type Flow struct {
	Kind        uint8           `cbor:"1,keyasint"`
	State       uint8           `cbor:"2,keyasint"`
	Before      uint8           `cbor:"3,keyasint,omitempty"`
	Version     uint64          `cbor:"4,keyasint"`
	Since       uint64          `cbor:"5,keyasint"`
	Service     uint8           `cbor:"6,keyasint,omitempty"`
	Serving     consular.PostID `cbor:"7,keyasint,omitempty"`
	Pickup      consular.PostID `cbor:"8,keyasint,omitempty"`
	Holder      consular.PostID `cbor:"9,keyasint,omitempty"`
	Onward      consular.PostID `cbor:"10,keyasint,omitempty"`
	Site        uint8           `cbor:"11,keyasint,omitempty"`
	Serial      []byte          `cbor:"12,keyasint,omitempty"`
	Pouch       []byte          `cbor:"13,keyasint,omitempty"`
	Reason      uint16          `cbor:"14,keyasint,omitempty"`
	Count       uint16          `cbor:"15,keyasint,omitempty"`
	Packets     uint8           `cbor:"16,keyasint,omitempty"`
	Supplements uint8           `cbor:"17,keyasint,omitempty"`
	Recaptures  uint8           `cbor:"18,keyasint,omitempty"`
	Returns     uint8           `cbor:"19,keyasint,omitempty"`
	NoShows     uint8           `cbor:"20,keyasint,omitempty"`
	Attempts    uint8           `cbor:"21,keyasint,omitempty"`
	Checks      uint8           `cbor:"22,keyasint,omitempty"`
	Reminders   uint8           `cbor:"23,keyasint,omitempty"`
	Appeals     uint8           `cbor:"24,keyasint,omitempty"`
	Paid        bool            `cbor:"25,keyasint,omitempty"`
	Legal       uint8           `cbor:"26,keyasint,omitempty"`

	Legalizations uint8 `cbor:"27,keyasint,omitempty"`
}

func flowOf(c workflow.Case) Flow {
	f := Flow{
		Kind: uint8(c.Kind), State: uint8(c.State), Before: uint8(c.Before), Version: c.Version, Since: c.Since,
		Service: uint8(c.Service), Serving: c.Serving, Pickup: c.Pickup,
		Holder: c.Holder, Onward: c.Onward, Site: uint8(c.Site),
		Reason: uint16(c.Reason), Count: c.Count, Packets: c.Packets, Supplements: c.Supplements,
		Recaptures: c.Recaptures, Returns: c.Returns, NoShows: c.NoShows, Attempts: c.Attempts,
		Checks: c.Checks, Reminders: c.Reminders, Appeals: c.Appeals, Paid: c.Paid, Legal: uint8(c.Legal),
		Legalizations: c.Legalizations,
	}
	if c.Serial != (workflow.Digest{}) {
		f.Serial = c.Serial[:]
	}
	if c.Pouch != (workflow.PouchID{}) {
		f.Pouch = c.Pouch[:]
	}
	return f
}

// Case gives the workflow's own form.
func (f Flow) Case() workflow.Case {
	c := workflow.Case{
		Kind: workflow.Kind(f.Kind), State: workflow.State(f.State), Before: workflow.State(f.Before),
		Version: f.Version, Since: f.Since, Service: workflow.Service(f.Service),
		Serving: f.Serving, Pickup: f.Pickup, Holder: f.Holder,
		Onward: f.Onward, Site: workflow.Site(f.Site),
		Reason: workflow.Reason(f.Reason), //nolint:gosec // it was one when it was stored
		Count:  f.Count, Packets: f.Packets, Supplements: f.Supplements, Recaptures: f.Recaptures,
		Returns: f.Returns, NoShows: f.NoShows, Attempts: f.Attempts, Checks: f.Checks,
		Reminders: f.Reminders, Appeals: f.Appeals, Paid: f.Paid, Legal: workflow.LegalClock(f.Legal),
		Legalizations: f.Legalizations,
	}
	copy(c.Serial[:], f.Serial)
	copy(c.Pouch[:], f.Pouch)
	return c
}

// Line is one line of a case's timeline.
type Line struct {
	Version uint64          `cbor:"1,keyasint"`
	Time    int64           `cbor:"2,keyasint"`
	State   uint8           `cbor:"3,keyasint"` // workflow.State after the event
	Event   uint8           `cbor:"4,keyasint"` // workflow.Event
	Actor   uint16          `cbor:"5,keyasint"` // workflow.Actor
	Reason  uint16          `cbor:"6,keyasint,omitempty"`
	Post    consular.PostID `cbor:"7,keyasint,omitempty"` // the speaker's
	Index   uint64          `cbor:"8,keyasint"`
	Commit  uint64          `cbor:"9,keyasint,omitempty"` // the entry that said it
}

// caseKind says which machine moves a service; zero: none yet.
func caseKind(s consular.Service) workflow.Kind {
	switch s.Family() {
	case consular.FamilyCNIE:
		return workflow.KindCNIE
	case consular.FamilyRecord:
		return workflow.KindRecord
	}
	return 0
}

// findCase looks a reference up.
func (t *tx) findCase(reference string) (Case, bool, error) {
	return caseUnder(t.w, referenceKey(t.cluster.Secret, reference))
}

// caseUnder gives the case that a key of the index by reference leads to.
func caseUnder(r reader, key []byte) (Case, bool, error) { return caseIn(r, inRefs, key) }

// caseIn is caseUnder for another index.
func caseIn(r reader, in bucket, key []byte) (Case, bool, error) {
	raw := r.Get(in, key)
	if raw == nil {
		return Case{}, false, nil
	}
	c, found, err := load[Case](r, inCases, raw)
	if err == nil && !found {
		err = fault.New(fault.Corrupt, "ledger: read cases", "", nil)
	}
	return c, found, err
}

// released opens a case, or brings a new packet to one that waits for it.
func (t *tx) released(h wire.Header, s *Stored, in workflow.Input) (Reason, error) {
	kind := caseKind(consular.Service(h.Service))
	if kind == 0 {
		return ReasonService, nil
	}
	key := referenceKey(t.cluster.Secret, h.Reference)
	c, found, err := caseUnder(t.w, key)
	if err != nil {
		return 0, err
	}
	if found && c.Flow.Service != h.Service {
		return ReasonReferenceUsed, nil
	}
	if found {
		return t.packet(c, h, s, in)
	}
	if taken, err := t.topicTaken(h); taken || err != nil {
		return ReasonOpenAlready, err
	}
	c = Case{Number: t.counts.Cases + 1, Reference: h.Reference, Opened: t.time, Flow: Flow{Kind: uint8(kind)}}
	if h.Owner != nil {
		c.Owner = *h.Owner
	}
	if h.Topic != nil {
		c.Topic = *h.Topic
	}
	if reason, err := t.packet(c, h, s, in); reason != 0 || err != nil {
		return reason, err
	}
	t.counts.Cases++
	if err := t.setTopic(c); err != nil {
		return 0, err
	}
	if h.Owner != nil {
		if err := t.putRaw(inOwners, t.ownerKey(c.Owner, c.Number), []byte{}); err != nil {
			return 0, err
		}
	}
	return 0, t.putRaw(inRefs, key, number(c.Number))
}

// amended replaces the packet that the post means to replace, and no other.
func (t *tx) amended(h wire.Header, s *Stored, in workflow.Input) (Reason, error) {
	c, found, err := t.findCase(h.Reference)
	switch {
	case err != nil:
		return 0, err
	case !found:
		return ReasonNoCase, nil
	case c.Flow.Service != h.Service:
		return ReasonReferenceUsed, nil
	case t.against(&c, h) != nil:
		return ReasonConflict, nil
	case h.Replaces == nil || *h.Replaces != c.Record:
		return ReasonReplaces, nil
	case t.ahead(&c, h):
		return ReasonNotNow, nil
	}
	lost, err := t.keepsPickup(&c, h, &in)
	if err != nil {
		return 0, err
	}
	reason, err := t.packet(c, h, s, in)
	if reason != 0 || err != nil || lost == nil {
		return reason, err
	}
	if c, _, err = t.findCase(h.Reference); err != nil {
		return 0, err
	}
	return 0, t.tellConflict(&c, h, *lost, true)
}

// packet is a step that brings a packet.
func (t *tx) packet(c Case, h wire.Header, s *Stored, in workflow.Input) (Reason, error) {
	taken, err := t.tokenTaken(h, c.Number)
	if err != nil {
		return 0, err
	}
	if taken {
		return ReasonReferenceUsed, nil
	}
	out, err := workflow.Step(c.Flow.Case(), in)
	if err != nil {
		return t.refusedBy(&c, h, err), nil
	}
	t.mark(&c, h, out.Case)
	if err := t.setToken(&c, h); err != nil {
		return 0, err
	}
	if t.watches() {
		t.tally.Released++
	}
	c.Record, c.Commit, c.Slip = h.Record, s.Commit, *h.SlipHash
	s.Case = c.Number
	return 0, t.move(&c, in, out, s.Commit)
}

// said is a step that brings no packet.
func (t *tx) said(h wire.Header, s *Stored, in workflow.Input) (Reason, error) {
	c, found, err := t.findCase(h.Reference)
	if err != nil {
		return 0, err
	}
	if !found {
		return ReasonNoCase, nil
	}
	switch {
	case !c.ownedBy(h):
		return ReasonNotYours, nil
	case t.against(&c, h) != nil:
		return ReasonConflict, nil
	case t.ahead(&c, h):
		return ReasonNotNow, nil
	}
	out, err := workflow.Step(c.Flow.Case(), in)
	if err != nil {
		return t.refusedBy(&c, h, err), nil
	}
	t.mark(&c, h, out.Case)
	s.Case = c.Number
	return 0, t.move(&c, in, out, s.Commit)
}

// reasonOf tells a post why the workflow refused.
func reasonOf(err error) Reason {
	switch fault.KindOf(err) { //nolint:exhaustive // Step documents these four kinds
	case fault.Denied:
		return ReasonNotYours
	case fault.Invalid:
		return ReasonIncomplete
	case fault.Unsupported:
		return ReasonService
	default:
		return ReasonNotNow
	}
}
