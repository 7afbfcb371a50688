package office

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"jaliya/internal/fault"
)

// Lot says which of its two slots a request waits for. It is drawn when the
// request arrives, before anybody has searched.
type Lot uint8

// The lots.
const (
	Early Lot = 1
	Late  Lot = 2
)

// Plan says when things leave the office: in slots of one length, at the same
// moments for everybody.
type Plan struct {
	Slot  time.Duration // length of a slot
	Early int           // slots from arrival to release; a review should be done by then
	Late  int           // the same for the late lot, and for what missed the early slot
	// Share is the share of reviewed requests that is assumed before any was
	// decided here.
	Share float64

	off bool // tests only: without lots, as soon as it is ready
}

// Validate names what makes no sense.
func (p Plan) Validate() error {
	const op = "office: validate release"
	switch {
	case p.Slot < time.Second:
		return fault.New(fault.Invalid, op, "release.slot: one second or more", nil)
	case p.Early < 2:
		return fault.New(fault.Invalid, op, "release.early: two slots or more, one is for making the document", nil)
	case p.Late <= p.Early:
		return fault.New(fault.Invalid, op, "release.late: more slots than release.early", nil)
	case p.Share <= 0 || p.Share >= 1:
		return fault.New(fault.Invalid, op, "release.share: between 0 and 1", nil)
	}
	return nil
}

// next gives the first slot after a moment.
func (p Plan) next(at time.Time) time.Time { return at.Truncate(p.Slot).Add(p.Slot) }

// Due gives the first slot after a moment in which a request may leave that
// arrived then with that lot. What misses its early slot leaves where the late
// lot does, so that a late slot alone says nothing about it.
func (p Plan) Due(arrived time.Time, lot Lot, after time.Time) time.Time {
	if p.off {
		return p.next(after)
	}
	base := arrived.Truncate(p.Slot)
	early, late := base.Add(time.Duration(p.Early)*p.Slot), base.Add(time.Duration(p.Late)*p.Slot)
	switch {
	case lot == Early && early.After(after):
		return early
	case late.After(after):
		return late
	}
	return p.next(after)
}

// begins is when the work for a slot may begin: the times inside a document are
// those of its slot, not those of the decision.
func (p Plan) begins(slot time.Time) time.Time { return slot.Add(-p.Slot) }

// ready gives the moment after which the slot lies in which something leaves that
// was ordered then: what is ordered while documents of a slot are being made
// goes with the next, or the time in it would tell when it was decided.
func (p Plan) ready(ordered time.Time) time.Time {
	if p.off {
		return ordered
	}
	return ordered.Add(p.Slot)
}

// prior is how many requests the assumed share counts for.
const prior = 20

// figures are what the office knows about its own work. They stay on its own
// screens.
type figures struct {
	Decided  uint64 `cbor:"1,keyasint"` // searched to the end
	Reviewed uint64 `cbor:"2,keyasint"` // of these, by two officers
	Missed   uint64 `cbor:"3,keyasint"` // of these, decided after the early slot
}

// manyFigures is where older ones begin to count half.
const manyFigures = 10_000

func (f figures) share(assumed float64) float64 {
	return (float64(f.Reviewed) + assumed*prior) / (float64(f.Decided) + prior)
}

func (f figures) with(reviewed, missed bool) figures {
	f.Decided++
	if reviewed {
		f.Reviewed++
	}
	if missed {
		f.Missed++
	}
	if f.Decided >= manyFigures {
		f.Decided, f.Reviewed, f.Missed = f.Decided/2, f.Reviewed/2, f.Missed/2
	}
	return f
}

// draw draws the lot of a request that arrives.
func draw(share float64) Lot {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // crypto/rand ends the process instead of failing
	const whole = 1 << 53
	if float64(binary.BigEndian.Uint64(raw[:])%whole)/whole < share {
		return Late
	}
	return Early
}
