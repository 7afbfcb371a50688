package ledger

import (
	"bytes"
	"crypto/ed25519"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// maxPostKey bounds an encoded HPKE public key, in bytes.
const maxPostKey = 4096

// JoinNode makes a machine a post's node. The same machine with the same keys
// may say it again, also after the invitation has expired.
type JoinNode struct {
	Time       int64           `cbor:"1,keyasint"`
	Invitation wire.Digest     `cbor:"2,keyasint"`
	Node       wire.NodeID     `cbor:"3,keyasint"`
	Post       consular.PostID `cbor:"4,keyasint"`
	Device     wire.Digest     `cbor:"5,keyasint"` // SHA-256 of the device key's SubjectPublicKeyInfo
	Journal    []byte          `cbor:"6,keyasint"` // Ed25519 public key
	PostKey    []byte          `cbor:"7,keyasint"` // encoded HPKE public key
}

// Node is one machine as the state knows it.
type Node struct {
	ID      wire.NodeID     `cbor:"1,keyasint"`
	Post    consular.PostID `cbor:"2,keyasint"`
	Device  wire.Digest     `cbor:"3,keyasint"`
	Journal []byte          `cbor:"4,keyasint"`
	PostKey []byte          `cbor:"5,keyasint"`
	Joined  int64           `cbor:"6,keyasint"`
	// Session is the newest granted number; it never decreases (I10).
	Session   uint64 `cbor:"7,keyasint,omitempty"`
	SessionAt int64  `cbor:"8,keyasint,omitempty"`
	// Incarnation is the newest one that has a committed entry; older ones
	// take no more.
	Incarnation uint64 `cbor:"9,keyasint,omitempty"`
	// Fenced: two histories were seen, people decide. Revoked: for good.
	Fenced  bool `cbor:"10,keyasint,omitempty"`
	Revoked bool `cbor:"11,keyasint,omitempty"`
	// Seen is the time of the newest committed entry, of the hub.
	Seen int64 `cbor:"12,keyasint,omitempty"`
	// Settled is the incarnation of which people decided that the machine goes on
	// beside what is here; 0 when there is none, or when it has.
	Settled uint64 `cbor:"13,keyasint,omitempty"`
}

// Post is what the state keeps of a post.
type Post struct {
	ID consular.PostID `cbor:"1,keyasint"`
	// Active is the machine that joined last: what is sealed to the post is
	// sealed to its key. An earlier one that still holds entries may send them.
	Active wire.NodeID   `cbor:"2,keyasint"`
	Nodes  []wire.NodeID `cbor:"3,keyasint"` // all that ever joined, oldest first
	// While a machine that took another's place is told what was sealed to the
	// old key: the last case that was looked at, and the last one to look at.
	Retold   uint64 `cbor:"4,keyasint,omitempty"`
	RetellTo uint64 `cbor:"5,keyasint,omitempty"`
}

func (JoinNode) kind() Kind { return KindJoinNode }

func (c JoinNode) when() int64 { return c.Time }

func (c JoinNode) apply(t *tx) (Result, error) {
	if field := c.badField(); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	invitation, found, err := load[Invitation](t.w, inInvites, c.Invitation[:])
	if err != nil {
		return Result{}, err
	}
	if !found {
		return refuse(fault.NotFound, "invitation"), nil
	}
	held, known, err := load[Node](t.w, inNodes, c.Node[:])
	if err != nil {
		return Result{}, err
	}
	switch {
	case known && invitation.Node == c.Node && held.same(c):
		if held.Revoked {
			return refuse(fault.Denied, "node is revoked"), nil
		}
		return Result{Node: &held}, nil
	case invitation.Used != 0:
		return refuse(fault.Used, "invitation"), nil
	case c.Time > invitation.Expires:
		return refuse(fault.Expired, "invitation"), nil
	case c.Post != invitation.Post:
		return refuse(fault.Denied, "invitation is for another post"), nil
	case known:
		return refuse(fault.Exists, "node id"), nil
	}
	return c.join(t, invitation)
}

func (c JoinNode) badField() string {
	switch {
	case c.Node.IsZero():
		return "node"
	case c.Post.Validate() != nil:
		return "post"
	case c.Device.IsZero():
		return "device key"
	case len(c.Journal) != ed25519.PublicKeySize:
		return "journal key"
	case len(c.PostKey) == 0 || len(c.PostKey) > maxPostKey:
		return "post key"
	}
	return ""
}

// same reports whether a join says what the node is already.
func (n Node) same(c JoinNode) bool {
	return n.Post == c.Post && n.Device == c.Device &&
		bytes.Equal(n.Journal, c.Journal) && bytes.Equal(n.PostKey, c.PostKey)
}

func (c JoinNode) join(t *tx, invitation Invitation) (Result, error) {
	post, _, err := load[Post](t.w, inPosts, postKey(c.Post))
	if err != nil {
		return Result{}, err
	}
	post.ID, post.Active = c.Post, c.Node
	if len(post.Nodes) > 0 {
		post.Retold, post.RetellTo = 0, t.counts.Cases // later ones are sealed to the new key at once
	}
	post.Nodes = append(post.Nodes, c.Node)
	if err := t.put(inPosts, postKey(c.Post), post); err != nil {
		return Result{}, err
	}
	invitation.Node, invitation.Used = c.Node, max(c.Time, 1)
	if err := t.put(inInvites, c.Invitation[:], invitation); err != nil {
		return Result{}, err
	}
	n := Node{
		ID: c.Node, Post: c.Post, Device: c.Device, Journal: c.Journal, PostKey: c.PostKey, Joined: c.Time,
	}
	return Result{Node: &n}, t.put(inNodes, c.Node[:], n)
}
