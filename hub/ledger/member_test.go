package ledger_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// founded is a hub that knows its first member.
func founded(t *testing.T) (*hub, ledger.JoinMember) {
	t.Helper()
	h := newHub(t)
	first := ledger.JoinMember{Time: h.now, Member: wire.NodeID(h.bytes(16)), Name: "rabat-1", Address: "10.0.0.1:7701"}
	require.NoError(t, h.do(first).Err())
	return h, first
}

// invitedMember is a join that would hold.
func (h *hub) invitedMember(n int) ledger.JoinMember {
	h.tb.Helper()
	c := ledger.JoinMember{
		Time: h.now, Invitation: wire.Digest(h.bytes(32)), Member: wire.NodeID(h.bytes(16)),
		Name: fmt.Sprintf("rabat-%d", n), Address: fmt.Sprintf("10.0.0.%d:7701", n),
	}
	require.NoError(h.tb, h.do(ledger.InviteMember{Time: h.now, Invitation: c.Invitation, Expires: h.now + 1000}).Err())
	return c
}

func TestInviteMember(t *testing.T) {
	h, _ := founded(t)
	c := ledger.InviteMember{Time: h.now, Invitation: wire.Digest(h.bytes(32)), Expires: h.now + 1}
	require.NoError(t, h.do(c).Err())
	require.NoError(t, h.do(c).Err(), "a retry")
	c.Expires++
	wantFault(t, fault.Exists, h.do(c).Err())
	c.Expires = c.Time
	wantFault(t, fault.Invalid, h.do(c).Err())
	wantFault(t, fault.Invalid, h.do(ledger.InviteMember{Time: h.now, Expires: h.now + 1}).Err())
}

func TestJoinMember(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit func(h *hub, c *ledger.JoinMember)
		kind fault.Kind
	}{
		{"OK", func(*hub, *ledger.JoinMember) {}, fault.Other},
		{"ErrNobody", func(_ *hub, c *ledger.JoinMember) { c.Member = wire.NodeID{} }, fault.Invalid},
		{"ErrName none", func(_ *hub, c *ledger.JoinMember) { c.Name = "" }, fault.Invalid},
		{"ErrName path", func(_ *hub, c *ledger.JoinMember) { c.Name = "../rabat" }, fault.Invalid},
		{"ErrName taken", func(_ *hub, c *ledger.JoinMember) { c.Name = "rabat-1" }, fault.Exists},
		{"ErrAddress none", func(_ *hub, c *ledger.JoinMember) { c.Address = "10.0.0.2" }, fault.Invalid},
		{"ErrAddress taken", func(_ *hub, c *ledger.JoinMember) { c.Address = "10.0.0.1:7701" }, fault.Exists},
		{"ErrUninvited", func(h *hub, c *ledger.JoinMember) { c.Invitation = wire.Digest(h.bytes(32)) }, fault.NotFound},
		{"ErrLate", func(_ *hub, c *ledger.JoinMember) { c.Time += 1001 }, fault.Expired},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, first := founded(t)
			c := h.invitedMember(2)
			tc.edit(h, &c)
			err := h.do(c).Err()
			held, listing := h.views.Members()
			require.NoError(t, listing)
			if tc.kind != fault.Other {
				wantFault(t, tc.kind, err)
				require.Len(t, held, 1)
				require.Equal(t, first.Member, held[0].ID)
				return
			}
			require.NoError(t, err)
			require.Len(t, held, 2)
		})
	}
}

// TestMemberAgain: the same machine says it again after a lost answer, or moves to
// another address, and nobody else takes its place.
func TestMemberAgain(t *testing.T) {
	h, first := founded(t)
	c := h.invitedMember(2)
	require.NoError(t, h.do(c).Err())
	require.NoError(t, h.do(c).Err(), "the same machine, after a lost answer")
	thief := c
	thief.Member, thief.Name, thief.Address = wire.NodeID(h.bytes(16)), "rabat-9", "10.0.0.9:7701"
	wantFault(t, fault.Used, h.do(thief).Err())
	renamed := c
	renamed.Name = "rabat-8"
	wantFault(t, fault.Exists, h.do(renamed).Err())
	late := c
	late.Time += 5000
	wantFault(t, fault.Expired, h.do(late).Err())

	late.Invitation, late.Address = wire.Digest{}, "10.0.0.22:7701"
	require.NoError(t, h.do(late).Err(), "a member tells its new address")
	held, err := h.views.Members()
	require.NoError(t, err)
	require.Contains(t, []string{held[0].Address, held[1].Address}, late.Address)
	stranger := late
	stranger.Member, stranger.Name, stranger.Address = wire.NodeID(h.bytes(16)), "rabat-7", "10.0.0.7:7701"
	wantFault(t, fault.NotFound, h.do(stranger).Err())
	taken := c
	taken.Address = first.Address
	wantFault(t, fault.Exists, h.do(taken).Err())
}

// TestRemoveMember shuts one out for good; its name may be given to another machine.
func TestRemoveMember(t *testing.T) {
	h, first := founded(t)
	wantFault(t, fault.Conflict, h.do(ledger.RemoveMember{Time: h.now, Member: first.Member}).Err())
	wantFault(t, fault.NotFound, h.do(ledger.RemoveMember{Time: h.now, Member: wire.NodeID{9}}).Err())
	c := h.invitedMember(2)
	require.NoError(t, h.do(c).Err())
	out := ledger.RemoveMember{Time: h.now, Member: c.Member, Reason: "its disk failed"}
	require.NoError(t, h.do(out).Err())
	require.NoError(t, h.do(out).Err(), "a retry")
	wantFault(t, fault.Denied, h.do(c).Err())
	denied, err := h.views.Denied(ledger.DeniedNode(c.Member))
	require.NoError(t, err)
	require.True(t, denied)

	again := h.invitedMember(2)
	require.NoError(t, h.do(again).Err())
	for n := 3; n <= ledger.MostMembers; n++ {
		require.NoError(t, h.do(h.invitedMember(n)).Err())
	}
	wantFault(t, fault.Full, h.do(h.invitedMember(ledger.MostMembers+1)).Err())
}
