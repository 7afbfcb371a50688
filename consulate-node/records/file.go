package records

import (
	"fmt"
	"io"
	"log/slog"
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/ipp"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// file is what this post keeps of a request whose person comes to it for a
// document, or whom it is to call. It prints as "[file]".
type file struct { //nolint:recvcheck // a copy hides itself too
	Reference consular.Reference `cbor:"1,keyasint"`
	Service   consular.Service   `cbor:"2,keyasint"`
	Family    consular.Name      `cbor:"3,keyasint,omitzero"`
	Given     consular.Name      `cbor:"4,keyasint,omitzero"`
	Birth     consular.BirthDate `cbor:"5,keyasint,omitempty"`
	Contact   consular.Contact   `cbor:"6,keyasint,omitzero"`
	Heard     int64              `cbor:"7,keyasint"`            // when its names came, ms
	Here      bool               `cbor:"8,keyasint,omitempty"`  // its document is to be printed at this post
	State     uint8              `cbor:"9,keyasint"`            // workflow.State, as this post knows it
	Hub       uint8              `cbor:"10,keyasint,omitempty"` // the hub's newest word of it
	HubCase   uint64             `cbor:"11,keyasint,omitempty"`
	HubIndex  uint64             `cbor:"12,keyasint,omitempty"`
	Said      []said             `cbor:"13,keyasint,omitempty"`
	Last      wire.RecordID      `cbor:"14,keyasint,omitzero"`
	Refused   uint16             `cbor:"15,keyasint,omitempty"` // why the hub refused the newest entry about it
	Begun     wire.RecordID      `cbor:"16,keyasint,omitzero"`  // the newest print.begun
	Before    uint8              `cbor:"17,keyasint,omitempty"` // state before it
	Out       bool               `cbor:"18,keyasint,omitempty"` // the printer says that the sheet is out
	Trouble   ipp.Reason         `cbor:"19,keyasint,omitempty"` // why nobody knows whether it is
	Sheet     string             `cbor:"20,keyasint,omitempty"`
	Spoilt    uint8              `cbor:"21,keyasint,omitempty"`
	Wrong     []int64            `cbor:"22,keyasint,omitempty"` // when a code was wrong, ms
	Called    bool               `cbor:"23,keyasint,omitempty"` // this post said that the person was called
	DoneAt    int64              `cbor:"24,keyasint,omitempty"` // handed over, ms
}

// said is a state that this post said and that the hub has not echoed yet.
type said struct {
	_      struct{} `cbor:",toarray"`
	Record wire.RecordID
	State  uint8
}

const hidden = "[file]"

// Format gives the placeholder under every verb.
func (file) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, hidden) // fmt itself ignores the error too
}

// LogValue gives the placeholder.
func (file) LogValue() slog.Value { return slog.StringValue(hidden) }

func (f *file) state() workflow.State { return workflow.State(f.State) }

// flow gives the case as far as the workflow's table needs it here.
func (f *file) flow(post consular.PostID) workflow.Case {
	c := workflow.Case{
		Kind: workflow.KindRecord, State: f.state(), Service: f.Service, Pickup: post, Attempts: f.Spoilt, Paid: true, Packets: 1,
	}
	if f.state() == workflow.Printed {
		c.Holder = post
	}
	return c
}

// awaited are the states in which a document of the person waits here.
func awaited(s workflow.State) bool {
	return s == workflow.Issued || s == workflow.PrintQueued || s == workflow.EDelivered
}

// printing are the states in which a sheet is being made or lies here.
func printing(s workflow.State) bool { return s == workflow.Printing || s == workflow.Printed }

// called are the states in which this post may be the one that reaches the
// person.
func called(s workflow.State) bool {
	return s == workflow.SupplementUntold || s == workflow.IdentityQuery
}

// over are the states after which this post has no business with the request.
func over(s workflow.State) bool {
	switch s { //nolint:exhaustive // the ends of a record; a card's call is over with its state
	case workflow.HandedOver, workflow.Rejected, workflow.NoResponse, workflow.Canceled, workflow.Expired, workflow.Revoked:
		return true
	}
	return false
}

// hear takes the hub's word of the state. It hears this post late: each state
// that this post said is echoed in order, and until then older words are no
// news; but an end of the hub's making stands at once.
func (f *file) hear(n wire.Notice, secured func(wire.RecordID) (uint64, error)) error {
	if n.Case < f.HubCase {
		return nil
	}
	f.Hub, f.HubCase, f.HubIndex = n.State, n.Case, n.Index
	if i := slices.IndexFunc(f.Said, func(s said) bool { return s.State == n.State }); i >= 0 {
		f.Said = f.Said[i+1:]
	}
	if len(f.Said) == 0 || over(workflow.State(n.State)) {
		f.Said = nil
		f.stand()
		return nil
	}
	return f.settle(secured)
}

// settle drops what the hub had taken in before its newest word, for not every
// state is echoed.
func (f *file) settle(secured func(wire.RecordID) (uint64, error)) error {
	if len(f.Said) == 0 || f.HubIndex == 0 {
		return nil
	}
	for len(f.Said) > 0 {
		at, err := secured(f.Said[0].Record)
		if err != nil {
			return err
		}
		if at == 0 || at >= f.HubIndex {
			return nil
		}
		f.Said = f.Said[1:]
	}
	f.stand()
	return nil
}

// stand puts the file where the hub says it is.
func (f *file) stand() {
	f.State = f.Hub
	if !called(f.state()) {
		f.Called = false
	}
	if !printing(f.state()) {
		f.Out, f.Trouble, f.Begun = false, "", wire.RecordID{}
	}
}

// refuse takes back what the hub did not accept. What was done with paper was
// done, and is shown with the reason.
func (f *file) refuse(record wire.RecordID, reason uint16, at int64) bool {
	if record == f.Begun && f.state() == workflow.Printing {
		f.State, f.Begun, f.Out, f.Trouble, f.Said = f.Before, wire.RecordID{}, false, "", nil
		f.Refused = reason
		if reason == reasonCode {
			f.Wrong = append(f.Wrong, at)
		}
		return true
	}
	n := len(f.Said)
	f.Said = slices.DeleteFunc(f.Said, func(s said) bool { return s.Record == record })
	if n == len(f.Said) && f.Last != record {
		return false
	}
	f.Refused, f.Called = reason, false
	return true
}

// reasonCode is why the hub refuses a print that was begun with a code which is
// not the person's (SPEC.md section 6).
const reasonCode = 269
