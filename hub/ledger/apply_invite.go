package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// InviteNode lets one machine join for a post, once, until it expires.
type InviteNode struct {
	Time       int64           `cbor:"1,keyasint"`
	Invitation wire.Digest     `cbor:"2,keyasint"` // SHA-256 of the secret, which is its name
	Post       consular.PostID `cbor:"3,keyasint"`
	Expires    int64           `cbor:"4,keyasint"`
}

// Invitation is what the state keeps of it.
type Invitation struct {
	Hash    wire.Digest     `cbor:"1,keyasint"`
	Post    consular.PostID `cbor:"2,keyasint"`
	Created int64           `cbor:"3,keyasint"`
	Expires int64           `cbor:"4,keyasint"`
	Node    wire.NodeID     `cbor:"5,keyasint"` // who used it; zero: nobody
	Used    int64           `cbor:"6,keyasint,omitempty"`
}

func (InviteNode) kind() Kind { return KindInviteNode }

func (c InviteNode) when() int64 { return c.Time }

func (c InviteNode) apply(t *tx) (Result, error) {
	if field := c.badField(); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	held, found, err := load[Invitation](t.w, inInvites, c.Invitation[:])
	if err != nil {
		return Result{}, err
	}
	now := Invitation{Hash: c.Invitation, Post: c.Post, Created: c.Time, Expires: c.Expires}
	if found {
		if held.Post == now.Post && held.Expires == now.Expires {
			return Result{}, nil // a retry
		}
		return refuse(fault.Exists, "invitation"), nil
	}
	return Result{}, t.put(inInvites, c.Invitation[:], now)
}

func (c InviteNode) badField() string {
	switch {
	case c.Invitation.IsZero():
		return "invitation"
	case c.Post.Validate() != nil:
		return "post"
	case c.Expires <= c.Time:
		return "expires"
	}
	return ""
}
