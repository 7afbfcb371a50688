package ledger

import (
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// OpenSession grants a node its next session number (D37). Everything that an
// older session still has under way is refused from here on. Proposed twice,
// it grants twice; only the newest counts.
type OpenSession struct {
	Time int64       `cbor:"1,keyasint"`
	Node wire.NodeID `cbor:"2,keyasint"`
}

func (OpenSession) kind() Kind { return KindOpenSession }

func (c OpenSession) when() int64 { return c.Time }

func (c OpenSession) apply(t *tx) (Result, error) {
	n, found, err := load[Node](t.w, inNodes, c.Node[:])
	if err != nil {
		return Result{}, err
	}
	switch {
	case !found:
		return refuse(fault.Denied, "unknown node"), nil
	case n.Revoked:
		return refuse(fault.Denied, "node is revoked"), nil
	case n.Fenced:
		return refuse(fault.Fork, "node is fenced"), nil
	}
	n.Session++
	n.SessionAt = c.Time
	return Result{Session: n.Session}, t.put(inNodes, c.Node[:], n)
}
