package ledger

import (
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// featureConflict is the level from which the state remembers who changed a
// field of a case, and posts may choose another post of collection.
const featureConflict = 4

// Mark says who changed a field of a case last: a post, or the person on the
// portal. What the hub and its offices do is no mark; the table of the case
// judges what comes after that.
type Mark struct {
	Field   uint8           `cbor:"1,keyasint"` // wire.Field
	Version uint64          `cbor:"2,keyasint"` // of the case, by that change
	Time    int64           `cbor:"3,keyasint"`
	Post    consular.PostID `cbor:"4,keyasint,omitempty"` // none: the person, on the portal
	Kind    uint8           `cbor:"5,keyasint"`           // wire.Kind of the entry
}

// fieldRule is a line of the field rule (DESIGN.md): which fields a kind of
// entry changes, and before whose change of what, newer than the version that
// the entry names, it gives way.
type fieldRule struct {
	kind    wire.Kind
	changes []wire.Field
	yields  []wire.Field
	keeps   []wire.Field // where it gives way in this field alone, and the rest is taken
}

var fieldRules = []fieldRule{
	{
		kind: wire.KindRequestReleased, changes: []wire.Field{wire.FieldPacket},
	},
	{
		kind: wire.KindRequestAmended, changes: []wire.Field{wire.FieldPacket, wire.FieldPickup},
		yields: []wire.Field{wire.FieldPacket, wire.FieldEnd}, keeps: []wire.Field{wire.FieldPickup},
	},
	{
		kind: wire.KindRequestCancelled, changes: []wire.Field{wire.FieldEnd},
		yields: []wire.Field{wire.FieldPacket, wire.FieldPickup, wire.FieldEnd},
	},
	{
		kind: wire.KindPickupChanged, changes: []wire.Field{wire.FieldPickup},
		yields: []wire.Field{wire.FieldPickup, wire.FieldEnd},
	},
	// What the post that has the card says of it is a fact and names no version;
	// only where the table refuses it for another's wish is that a conflict.
	{kind: wire.KindTransferAsked, changes: []wire.Field{wire.FieldPickup}},
	{kind: wire.KindTransferWithdrawn, changes: []wire.Field{wire.FieldPickup}},
	{kind: wire.KindPrintAsked, changes: []wire.Field{wire.FieldPickup}},
}

func ruleOf(kind wire.Kind) fieldRule {
	i := slices.IndexFunc(fieldRules, func(r fieldRule) bool { return r.kind == kind })
	if i < 0 {
		return fieldRule{kind: kind}
	}
	return fieldRules[i]
}

// compares reports whether the state remembers who changed what.
func (t *tx) compares() bool { return t.cluster.Feature >= featureConflict }

// other gives the newest mark of somebody else than the speaker, in one of the
// fields, that is newer than a version; nil when there is none.
func (c *Case) other(h wire.Header, fields []wire.Field, seen uint64) *Mark {
	var found *Mark
	for i := range c.Marks {
		m := &c.Marks[i]
		if m.Version > seen && m.Post != h.Post && slices.Contains(fields, wire.Field(m.Field)) &&
			(found == nil || m.Version > found.Version) {
			found = m
		}
	}
	return found
}

// seen is the version that an entry acted on. Who names none never heard more
// than that the request was made; an amendment saw the packet that it replaces.
func (c *Case) seen(h wire.Header) uint64 {
	v := max(h.Seen, 1)
	if h.Replaces != nil && *h.Replaces == c.Record {
		for _, m := range c.Marks {
			if wire.Field(m.Field) == wire.FieldPacket {
				v = max(v, m.Version)
			}
		}
	}
	return v
}

// against gives the change that an entry came after, nil when it may go on. Who
// is on the portal sees the case as it is.
func (t *tx) against(c *Case, h wire.Header) *Mark {
	if !t.compares() || h.Source == wire.SourcePortal {
		return nil
	}
	return c.other(h, ruleOf(h.Kind).yields, c.seen(h))
}

// ahead reports whether an entry names a version that does not exist yet.
func (t *tx) ahead(c *Case, h wire.Header) bool { return t.compares() && h.Seen > c.Flow.Version }

// stopped gives the change of somebody else that brought the case where the
// table refuses the entry, nil when it was not that.
func (t *tx) stopped(c *Case, h wire.Header) *Mark {
	if !t.compares() || h.Source == wire.SourcePortal || c.Flow.Since == 0 {
		return nil
	}
	return c.other(h, []wire.Field{wire.FieldPacket, wire.FieldPickup, wire.FieldEnd}, c.Flow.Since-1)
}

// refusedBy is why the table refuses an entry, in view of who changed the case.
func (t *tx) refusedBy(c *Case, h wire.Header, err error) Reason {
	reason := reasonOf(err)
	if reason == ReasonNotNow && t.stopped(c, h) != nil {
		return ReasonConflict
	}
	return reason
}

// mark remembers what an entry changed, newest last, one mark a field. c is the
// case before the step; what opens it is no change.
func (t *tx) mark(c *Case, h wire.Header, now workflow.Case) {
	if !t.compares() || c.Flow.Version == 0 {
		return
	}
	after := Case{Flow: flowOf(now)}
	for _, f := range ruleOf(h.Kind).changes {
		if f == wire.FieldPickup && after.collect() == c.collect() {
			continue
		}
		c.Marks = slices.DeleteFunc(slices.Clone(c.Marks), func(m Mark) bool { return m.Field == uint8(f) })
		c.Marks = append(c.Marks, Mark{Field: uint8(f), Version: now.Version, Time: t.time, Post: h.Post, Kind: uint8(h.Kind)})
	}
}

// collect is where the document of a case is to be collected: a wish that waits
// for a card on its way counts.
func (c *Case) collect() consular.PostID {
	if c.Flow.Onward != "" {
		return c.Flow.Onward
	}
	return c.Flow.Pickup
}

// stranger reports whether a post has nothing to do with a case and does not show
// that the person stands there with the slip either. A reference is no secret: it
// is on the slip, in messages and in lists.
func (t *tx) stranger(c *Case, h wire.Header) bool {
	if !t.compares() || h.Source == wire.SourcePortal {
		return false
	}
	own := []consular.PostID{c.Flow.Serving, c.Flow.Pickup, c.Flow.Onward, c.Flow.Holder}
	return !slices.Contains(own, h.Post) && (h.SlipHash == nil || *h.SlipHash != c.Slip || c.Slip.IsZero())
}

// rerouted changes the post of collection. The same wish from two counters is
// one wish.
func (t *tx) rerouted(h wire.Header, s *Stored, in workflow.Input) (Reason, error) {
	c, found, err := t.findCase(h.Reference)
	switch {
	case err != nil:
		return 0, err
	case !found:
		return ReasonNoCase, nil
	case t.stranger(&c, h):
		return ReasonCode, nil
	case c.collect() == h.Pickup && !over(c.Flow):
		s.Case = c.Number
		return 0, nil
	}
	in.Event, in.Actor = workflow.PickupChanged, workflow.Agent
	if workflow.State(c.Flow.State) == workflow.Ready {
		in.Event = workflow.TransferAsked // it lies on a shelf
	}
	return t.said(h, s, in)
}

// withdrawn ends a request. Two counters that end it say one thing.
func (t *tx) withdrawn(h wire.Header, s *Stored, in workflow.Input) (Reason, error) {
	c, found, err := t.findCase(h.Reference)
	switch {
	case err != nil:
		return 0, err
	case found && t.stranger(&c, h):
		return ReasonCode, nil
	}
	ended := func(m Mark) bool { return wire.Field(m.Field) == wire.FieldEnd }
	if found && h.Source == wire.SourceNode && over(c.Flow) && slices.ContainsFunc(c.Marks, ended) {
		s.Case = c.Number
		return 0, nil
	}
	return t.said(h, s, in)
}

// keepsPickup gives an amendment the post of collection that stands, where its
// author named another than somebody chose meanwhile; lost is whom it gave way
// to, nil when the author wanted no change.
func (t *tx) keepsPickup(c *Case, h wire.Header, in *workflow.Input) (lost *Mark, err error) {
	if !t.compares() {
		return nil, nil //nolint:nilnil // nobody remembers
	}
	m := c.other(h, ruleOf(h.Kind).keeps, c.seen(h))
	if m == nil || h.Pickup == c.Flow.Pickup {
		return nil, nil //nolint:nilnil // nothing to give way to
	}
	before, found, err := load[Stored](t.w, inEntries, number(c.Commit))
	if err != nil || !found {
		return nil, err
	}
	in.Pickup = c.Flow.Pickup
	if was, err := wire.DecodeHeader(before.Header); err == nil && was.Pickup == h.Pickup {
		return nil, nil //nolint:nilnil // it repeats what the packet before it said
	}
	return m, nil
}

// tellConflict gives a change back to its author with both versions. Nothing of
// it says anything of a person.
func (t *tx) tellConflict(c *Case, h wire.Header, m Mark, taken bool) error {
	n := t.notice(c, wire.Marshal(wire.Conflict{
		Version: wire.Version, Kind: h.Kind, Seen: h.Seen, Pickup: h.Pickup, At: h.Time, Taken: taken,
		Field: wire.Field(m.Field), Other: wire.Kind(m.Kind), OtherPost: m.Post, OtherTime: m.Time, OtherVersion: m.Version,
	}))
	n.Kind, n.Record, n.Reason = wire.NoticeConflict, h.Record, 0
	if workflow.State(n.State) == workflow.Adjudication {
		n.State = uint8(workflow.Verifying) // a suspicion is not the post's to know
	}
	return t.tell(h.Post, n)
}

// giveBack tells the author of an entry that was refused for a conflict.
func (t *tx) giveBack(h wire.Header) error {
	c, found, err := t.findCase(h.Reference)
	if err != nil || !found {
		return err
	}
	m := t.against(&c, h)
	if m == nil {
		m = t.stopped(&c, h)
	}
	if m == nil {
		return nil
	}
	return t.tellConflict(&c, h, *m, false)
}
