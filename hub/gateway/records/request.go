package records

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strconv"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Caps of the contract, in bytes.
const (
	MaxRequest = 256 << 10 // a request or an answer with its sealed packet
	MaxAnswer  = 640 << 10 // what an office says of a request, with its package
)

// State is where a request stands at its office.
type State string

// The states of a request. Each comment says who acts next.
const (
	Received  State = "received"  // the office; what it does is not told
	Question  State = "question"  // the person, once; Package is the sealed question
	Issued    State = "issued"    // nobody; Package is the sealed document
	Refused   State = "refused"   // nobody; Reason says why
	Withdrawn State = "withdrawn" // nobody; the hub took it back
)

// Request is what an office says of a request. It holds nothing in clear of the
// person or of what was found.
type Request struct {
	ID      string
	State   State
	Package []byte                 // with Question and Issued
	Reason  consular.RefusalReason // with Refused
	Seq     uint64                 // rises by one with each state
}

const opDecode = "records: decode answer"

var requestID = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// DecodeRequest reads an office's answer about a request. fault.Corrupt when it
// is none, says more than the contract has, or contradicts itself;
// fault.Unsupported for a state that this program does not know. The package is
// not looked into: see CheckPackage.
func DecodeRequest(raw []byte) (Request, error) {
	if len(raw) > MaxAnswer {
		return Request{}, fault.New(fault.TooLarge, opDecode, strconv.Itoa(len(raw))+" bytes", nil)
	}
	var in struct {
		ID      string  `json:"id"`
		State   State   `json:"state"`
		Package []byte  `json:"package"`
		Reason  *string `json:"reason"`
		Seq     uint64  `json:"seq"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields() // what is not in the contract could tell an outcome
	if d.Decode(&in) != nil {
		return Request{}, corrupt("json") // the decoder's own words may quote the answer
	}
	if _, err := d.Token(); err != io.EOF {
		return Request{}, corrupt("json")
	}
	r := Request{ID: in.ID, State: in.State, Package: in.Package, Seq: in.Seq}
	if !requestID.MatchString(r.ID) || r.Seq == 0 {
		return Request{}, corrupt("id or seq")
	}
	if (in.State == Refused) != (in.Reason != nil) {
		return Request{}, corrupt("reason")
	}
	if in.Reason != nil {
		reason, err := consular.ParseRefusalReason(*in.Reason)
		if err != nil || !mayRefuse(reason) || reason.String() != *in.Reason {
			return Request{}, corrupt("reason")
		}
		r.Reason = reason
	}
	return r, r.check()
}

// check compares the state with the package.
func (r Request) check() error {
	switch r.State {
	case Question, Issued:
		if len(r.Package) == 0 || len(r.Package) > wire.MaxPackage {
			return corrupt("package")
		}
	case Received, Refused, Withdrawn:
		if r.Package != nil {
			return corrupt("package")
		}
	default:
		return fault.New(fault.Unsupported, opDecode, "state", nil)
	}
	return nil
}

// mayRefuse lists why an office may refuse: nothing that a search could find.
func mayRefuse(r consular.RefusalReason) bool {
	return r == consular.RefusedNotEntitled || r == consular.RefusedIdentityNotProved || r == consular.RefusedFraud
}

// CheckPackage refuses a package whose form is not that of the contract: not of
// this record, or with a bundle of another size than a document has; a question
// has none. fault.Corrupt for all of them. It opens nothing.
func CheckPackage(raw []byte, record wire.RecordID, state State) error {
	const op = "records: check package"
	bad := func(what string) error { return fault.New(fault.Corrupt, op, what, nil) }
	p, err := wire.ParsePackage(raw)
	size := 0
	if state == Issued {
		size = wire.DocumentSize
	}
	switch {
	case err != nil:
		return bad("form")
	case !bytes.Equal(wire.Marshal(p), raw): // room for what nobody asked for
		return bad("form")
	case p.Record != record:
		return bad("another record")
	case len(p.Bundle) != size:
		return bad("size")
	}
	return nil
}

func corrupt(field string) error { return fault.New(fault.Corrupt, opDecode, field, nil) }
