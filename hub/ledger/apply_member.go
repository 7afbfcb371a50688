package ledger

import (
	"strings"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// featureMembers is the level from which the state knows the members of the hub.
const featureMembers = 5

// MostMembers is how many a hub has at most, those apart that were removed: more
// make each commit slower and nothing safer.
const MostMembers = 7

// InviteMember lets one machine join as a member of the hub, once, until it expires.
type InviteMember struct {
	Time       int64       `cbor:"1,keyasint"`
	Invitation wire.Digest `cbor:"2,keyasint"` // SHA-256 of the secret, which is its name
	Expires    int64       `cbor:"3,keyasint"`
}

// MemberInvitation is what the state keeps of it.
type MemberInvitation struct {
	Created int64       `cbor:"1,keyasint"`
	Expires int64       `cbor:"2,keyasint"`
	Member  wire.NodeID `cbor:"3,keyasint"` // who used it; zero: nobody
}

// JoinMember makes a machine known as a member. The same machine may say it again
// with the same invitation, until that expires. The first one of a hub needs none: it
// is the hub; and no member that is known does, to tell its address.
type JoinMember struct {
	Time       int64       `cbor:"1,keyasint"`
	Invitation wire.Digest `cbor:"2,keyasint,omitempty"`
	Member     wire.NodeID `cbor:"3,keyasint"` // permanent, random, of 16 bytes (D15)
	Name       string      `cbor:"4,keyasint"` // such as rabat-2
	Address    string      `cbor:"5,keyasint"` // host:port of its raft socket
}

// RemoveMember shuts a member out, for good: what its disk held can never vote again
// under this id.
type RemoveMember struct {
	Time   int64       `cbor:"1,keyasint"`
	Member wire.NodeID `cbor:"2,keyasint"`
	Reason string      `cbor:"3,keyasint,omitempty"` // for operators, without personal data
}

// Member is one member as the state knows it. Whether it votes stands in raft's own
// membership.
type Member struct {
	ID      wire.NodeID `cbor:"1,keyasint"`
	Name    string      `cbor:"2,keyasint"`
	Address string      `cbor:"3,keyasint"`
	Joined  int64       `cbor:"4,keyasint"`
	Removed int64       `cbor:"5,keyasint,omitempty"`
}

func (InviteMember) kind() Kind { return KindInviteMember }

func (c InviteMember) when() int64 { return c.Time }

func (c InviteMember) apply(t *tx) (Result, error) {
	switch {
	case t.cluster.Feature < featureMembers:
		return refuse(fault.Unsupported, "feature level"), nil
	case c.Invitation.IsZero():
		return refuse(fault.Invalid, "invitation"), nil
	case c.Expires <= c.Time:
		return refuse(fault.Invalid, "expires"), nil
	}
	held, found, err := load[MemberInvitation](t.w, inMemberInvites, c.Invitation[:])
	switch {
	case err != nil:
		return Result{}, err
	case found && held.Expires == c.Expires:
		return Result{}, nil // a retry
	case found:
		return refuse(fault.Exists, "invitation"), nil
	}
	return Result{}, t.put(inMemberInvites, c.Invitation[:], MemberInvitation{Created: c.Time, Expires: c.Expires})
}

func (JoinMember) kind() Kind { return KindJoinMember }

func (c JoinMember) when() int64 { return c.Time }

func (c JoinMember) apply(t *tx) (Result, error) {
	if field := c.badField(); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	if t.cluster.Feature < featureMembers {
		return refuse(fault.Unsupported, "feature level"), nil
	}
	others, err := membersIn(t.w)
	if err != nil {
		return Result{}, err
	}
	if kind, text := c.among(others); kind != fault.Other {
		return refuse(kind, text), nil
	}
	held, known, err := load[Member](t.w, inMembers, c.Member[:])
	switch {
	case err != nil:
		return Result{}, err
	case known && held.Removed != 0:
		return refuse(fault.Denied, "member is removed"), nil
	case known && held.Name != c.Name:
		return refuse(fault.Exists, "member id"), nil
	case !known:
		held = Member{ID: c.Member, Name: c.Name, Joined: c.Time}
	}
	return c.keep(t, held, len(others) == 0 || known)
}

// keep stores the member; trusted is one that needs no invitation.
func (c JoinMember) keep(t *tx, m Member, trusted bool) (Result, error) {
	if !trusted || !c.Invitation.IsZero() {
		if refused, err := c.use(t); err != nil || refused.Fault != fault.Other {
			return refused, err
		}
	}
	m.Address = c.Address
	return Result{}, t.put(inMembers, c.Member[:], m)
}

func (c JoinMember) badField() string {
	switch {
	case c.Member.IsZero():
		return "member"
	case c.Name == "" || len(c.Name) > 64 || strings.ContainsAny(c.Name, " \t\n/"):
		return "name"
	case c.Address == "" || len(c.Address) > 255 || !strings.Contains(c.Address, ":"):
		return "address"
	}
	return ""
}

// among refuses what cannot stand beside the other members.
func (c JoinMember) among(others []Member) (fault.Kind, string) {
	present := 0
	for _, m := range others {
		if m.Removed != 0 || m.ID == c.Member {
			continue
		}
		present++
		switch {
		case m.Name == c.Name:
			return fault.Exists, "name"
		case m.Address == c.Address:
			return fault.Exists, "address"
		}
	}
	if present >= MostMembers {
		return fault.Full, "members"
	}
	return fault.Other, ""
}

// use takes the invitation, or refuses.
func (c JoinMember) use(t *tx) (Result, error) {
	invitation, found, err := load[MemberInvitation](t.w, inMemberInvites, c.Invitation[:])
	switch {
	case err != nil:
		return Result{}, err
	case !found:
		return refuse(fault.NotFound, "invitation"), nil
	case !invitation.Member.IsZero() && invitation.Member != c.Member:
		return refuse(fault.Used, "invitation"), nil
	case c.Time > invitation.Expires:
		return refuse(fault.Expired, "invitation"), nil
	}
	invitation.Member = c.Member
	return Result{}, t.put(inMemberInvites, c.Invitation[:], invitation)
}

func (RemoveMember) kind() Kind { return KindRemoveMember }

func (c RemoveMember) when() int64 { return c.Time }

func (c RemoveMember) apply(t *tx) (Result, error) {
	if len(c.Reason) > maxReason {
		return refuse(fault.TooLarge, "reason"), nil
	}
	held, found, err := load[Member](t.w, inMembers, c.Member[:])
	switch {
	case err != nil:
		return Result{}, err
	case !found:
		return refuse(fault.NotFound, "member"), nil
	case held.Removed != 0:
		return Result{}, nil // a retry
	}
	others, err := membersIn(t.w)
	if err != nil {
		return Result{}, err
	}
	present := 0
	for _, m := range others {
		if m.Removed == 0 {
			present++
		}
	}
	if present == 1 {
		return refuse(fault.Conflict, "the last member"), nil
	}
	held.Removed = max(c.Time, 1)
	if err := t.deny(DeniedNode(c.Member), c.Reason); err != nil {
		return Result{}, err
	}
	return Result{}, t.put(inMembers, c.Member[:], held)
}
