package ledger

import (
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Tell completes an order whose result is for a post's eyes: the manifest of a
// pouch, or names and contact of a person. The opener has sealed it to the key
// of the post's active machine; apply can open none of it.
type Tell struct {
	Time   int64       `cbor:"1,keyasint"`
	Order  uint64      `cbor:"2,keyasint"`
	Node   wire.NodeID `cbor:"3,keyasint"` // whose key it is sealed to
	Sealed [][]byte    `cbor:"4,keyasint"` // one notice each
}

// maxTold bounds the notices of one command.
const maxTold = 64

func (Tell) kind() Kind { return KindTell }

func (c Tell) when() int64 { return c.Time }

func (c Tell) apply(t *tx) (Result, error) {
	if len(c.Sealed) == 0 || len(c.Sealed) > maxTold || slices.ContainsFunc(c.Sealed, func(b []byte) bool {
		return len(b) == 0 || len(b) > wire.MaxNoticeBody
	}) {
		return refuse(fault.Invalid, "sealed"), nil
	}
	o, found, err := load[Order](t.w, inOrders, number(c.Order))
	if err != nil {
		return Result{}, err
	}
	post, tells := o.reader()
	switch {
	case !found:
		return refuse(fault.NotFound, "order"), nil
	case !tells:
		return refuse(fault.Invalid, "order of another kind"), nil
	case o.State == OrderDone:
		return Result{Case: o.Case}, nil // a repeat, sealed anew: the post has the first
	case o.State == OrderWithdrawn:
		return refuse(fault.Conflict, "order was withdrawn"), nil
	}
	p, found, err := load[Post](t.w, inPosts, postKey(post))
	if err != nil {
		return Result{}, err
	}
	if !found || p.Active != c.Node {
		return refuse(fault.Conflict, "another machine is the post's"), nil
	}
	return c.tell(t, o, post)
}

// reader gives the post that the result of an order is for.
func (o Order) reader() (post consular.PostID, tells bool) {
	switch workflow.Order(o.Kind) { //nolint:exhaustive // the orders that end in a sealed notice
	case workflow.OrderManifest:
		return o.Pickup, true
	case workflow.OrderSummary, workflow.OrderPrint:
		return o.Post, true
	}
	return "", false
}

func (c Tell) tell(t *tx, o Order, post consular.PostID) (Result, error) {
	held, found, err := load[Case](t.w, inCases, number(o.Case))
	if err != nil {
		return Result{}, err
	}
	if !found {
		return Result{}, fault.New(fault.Corrupt, "ledger: read cases", "", nil)
	}
	if workflow.Order(o.Kind) == workflow.OrderManifest {
		if held.Sent == nil || held.Sent.Seal == "" {
			return refuse(fault.Conflict, "the pouch is not closed"), nil
		}
		now := *held.Sent
		now.Told = held.Flow.Version
		held.Sent = &now
	}
	kind := wire.NoticeKind(0)
	if workflow.Order(o.Kind) == workflow.OrderPrint {
		if !held.ticket(c.Sealed) {
			return refuse(fault.Conflict, "ticket of another print"), nil
		}
		kind = wire.NoticeDocument
	}
	o.State, o.Done = OrderDone, t.time
	o.Attempts++
	if err := t.closeOrder(o); err != nil {
		return Result{}, err
	}
	held.Open = slices.DeleteFunc(held.Open, func(id uint64) bool { return id == o.ID })
	if err := t.put(inCases, number(held.Number), held); err != nil {
		return Result{}, err
	}
	for _, sealed := range c.Sealed {
		n := t.notice(&held, sealed)
		if kind != 0 {
			n.Kind = kind
		}
		if err := t.tell(post, n); err != nil {
			return Result{}, err
		}
	}
	if workflow.Order(o.Kind) == workflow.OrderManifest {
		if err := t.standings(held, post); err != nil {
			return Result{}, err
		}
	}
	return Result{Case: held.Number, Version: held.Flow.Version, State: workflow.State(held.Flow.State)}, nil
}

// ticket notes where the document lies that was sealed for the case's print,
// and reports whether it is for that one.
func (c *Case) ticket(sealed [][]byte) bool {
	if len(sealed) != 1 || c.Print == nil {
		return false
	}
	ticket, err := wire.DecodeTicket(sealed[0])
	if err != nil || ticket.Record != c.Print.Record {
		return false
	}
	now := *c.Print
	now.Object = ticket.Object
	c.Print = &now
	return true
}

// NoteOpening says that a person of the hub is about to read a packet, and why.
// The packet is opened after it was committed, so no reading is without a line.
type NoteOpening struct {
	Time      int64  `cbor:"1,keyasint"`
	Reference string `cbor:"2,keyasint"`
	By        string `cbor:"3,keyasint"` // account of the officer
	Why       string `cbor:"4,keyasint"` // without personal data
	Part      string `cbor:"5,keyasint,omitempty"`
}

// Opening is one line of the list of packets that people read.
type Opening struct {
	Number uint64        `cbor:"1,keyasint"`
	Case   uint64        `cbor:"2,keyasint"`
	Record wire.RecordID `cbor:"3,keyasint"`
	By     string        `cbor:"4,keyasint"`
	Why    string        `cbor:"5,keyasint"`
	Part   string        `cbor:"6,keyasint,omitempty"` // of the images, empty for the text
	Time   int64         `cbor:"7,keyasint"`
	Index  uint64        `cbor:"8,keyasint"`
}

const maxOfficer = 64

func (NoteOpening) kind() Kind { return KindNoteOpening }

func (c NoteOpening) when() int64 { return c.Time }

func (c NoteOpening) apply(t *tx) (Result, error) {
	switch {
	case len(c.Reference) != referenceLength:
		return refuse(fault.Invalid, "reference"), nil
	case c.By == "" || len(c.By) > maxOfficer:
		return refuse(fault.Invalid, "by"), nil
	case c.Why == "" || len(c.Why) > maxReason:
		return refuse(fault.Invalid, "why"), nil
	case len(c.Part) > maxOfficer:
		return refuse(fault.Invalid, "part"), nil
	}
	held, found, err := t.findCase(c.Reference)
	switch {
	case err != nil:
		return Result{}, err
	case !found || held.Commit == 0:
		return refuse(fault.NotFound, "case"), nil
	}
	t.counts.Openings++
	line := Opening{
		Number: t.counts.Openings, Case: held.Number, Record: held.Record, By: c.By, Why: c.Why, Part: c.Part,
		Time: t.time, Index: t.index,
	}
	if err := t.put(inOpenings, number(line.Number), line); err != nil {
		return Result{}, err
	}
	if err := t.putRaw(inReads, numbers(held.Number, line.Number), []byte{}); err != nil {
		return Result{}, err
	}
	return Result{Case: held.Number, Version: held.Flow.Version, State: workflow.State(held.Flow.State)}, nil
}
