package ledger

import (
	"encoding/hex"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// RevokeAction says what Revoke does. Append-only.
type RevokeAction uint8

// The actions.
const (
	RevokeForGood RevokeAction = 1 // on the denylist: its connections are cut, it never comes back
	RevokeFence   RevokeAction = 2 // a fork was seen outside apply: nothing is taken until people decide
	RevokeUnfence RevokeAction = 3 // people have decided: the history that the state holds goes on
)

// Revoke shuts a node or a certificate out, or lets a fenced node in again.
type Revoke struct {
	Time   int64        `cbor:"1,keyasint"`
	Action RevokeAction `cbor:"2,keyasint"`
	Node   wire.NodeID  `cbor:"3,keyasint,omitempty"`
	Serial []byte       `cbor:"4,keyasint,omitempty"` // of a certificate, at most 20 bytes, instead of a node
	Reason string       `cbor:"5,keyasint,omitempty"` // for operators, without personal data
}

// Denial is one line of the denylist (D51).
type Denial struct {
	Subject string `cbor:"1,keyasint"` // "node:<hex>" or "serial:<hex>"
	Time    int64  `cbor:"2,keyasint"`
	Reason  string `cbor:"3,keyasint"`
}

const (
	maxReason = 200
	maxSerial = 20 // RFC 5280, 4.1.2.2
)

// DeniedNode is the subject of a revoked node in the denylist.
func DeniedNode(id wire.NodeID) string { return "node:" + id.String() }

// DeniedSerial is the subject of a revoked certificate in the denylist.
func DeniedSerial(serial []byte) string { return "serial:" + hex.EncodeToString(serial) }

func (Revoke) kind() Kind { return KindRevoke }

func (c Revoke) when() int64 { return c.Time }

func (c Revoke) apply(t *tx) (Result, error) {
	switch {
	case len(c.Reason) > maxReason:
		return refuse(fault.TooLarge, "reason"), nil
	case c.Action < RevokeForGood || c.Action > RevokeUnfence:
		return refuse(fault.Invalid, "action"), nil
	case len(c.Serial) > maxSerial || c.Node.IsZero() == (len(c.Serial) == 0):
		return refuse(fault.Invalid, "one node or one serial"), nil
	case c.Node.IsZero() && c.Action != RevokeForGood:
		return refuse(fault.Invalid, "a certificate is revoked for good"), nil
	case c.Node.IsZero():
		return Result{}, t.deny(DeniedSerial(c.Serial), c.Reason)
	}
	return c.node(t)
}

func (c Revoke) node(t *tx) (Result, error) {
	n, found, err := load[Node](t.w, inNodes, c.Node[:])
	if err != nil {
		return Result{}, err
	}
	if !found {
		return refuse(fault.NotFound, "node"), nil
	}
	switch c.Action {
	case RevokeForGood:
		n.Revoked, n.Settled = true, 0
		if err := t.deny(DeniedNode(c.Node), c.Reason); err != nil {
			return Result{}, err
		}
	case RevokeFence:
		if !n.Fenced {
			if err := t.alarm(AlarmFork, DeniedNode(c.Node)); err != nil {
				return Result{}, err
			}
		}
		n.Fenced, n.Settled = true, 0
	case RevokeUnfence:
		n.Fenced = false
	}
	return Result{}, t.put(inNodes, c.Node[:], n)
}

// deny keeps the first line for a subject.
func (t *tx) deny(subject, reason string) error {
	if t.w.Get(inDenied, []byte(subject)) != nil {
		return nil
	}
	return t.put(inDenied, []byte(subject), Denial{Subject: subject, Time: t.time, Reason: reason})
}
