package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestInit(t *testing.T) {
	t.Run("ErrNotInitialized", func(t *testing.T) {
		h := newHub(t)
		empty := emptyHub(t, newMemory())
		wantFault(t, fault.Unavailable, empty.do(ledger.Tick{Time: h.now}).Err())
	})
	t.Run("OKAgain", func(t *testing.T) {
		h := emptyHub(t, newMemory())
		c := h.init()
		require.NoError(t, h.do(c).Err())
		require.NoError(t, h.do(c).Err())
		cluster, err := h.views.Cluster()
		require.NoError(t, err)
		require.Equal(t, c.Cluster, cluster.ID)
		require.Empty(t, cluster.Secret, "the index secret leaves the state by no view")
	})
	t.Run("ErrOtherCluster", func(t *testing.T) {
		h := newHub(t)
		wantFault(t, fault.Exists, h.do(h.init()).Err())
	})
	t.Run("ErrIncomplete", func(t *testing.T) {
		h := emptyHub(t, newMemory())
		c := h.init()
		c.Secret = c.Secret[:31]
		wantFault(t, fault.Invalid, h.do(c).Err())
	})
	t.Run("ErrTime", func(t *testing.T) {
		h := emptyHub(t, newMemory())
		c := h.init()
		c.Time = -1
		wantFault(t, fault.Invalid, h.do(c).Err())
	})
	t.Run("OKRotateKeys", func(t *testing.T) {
		h := newHub(t)
		c := ledger.RotateKeys{Time: h.now, Receipt: [][]byte{h.bytes(32)}, Intake: []wire.IntakeKey{{Number: 2, Public: h.bytes(9)}}}
		require.NoError(t, h.do(c).Err())
		require.NoError(t, h.do(c).Err())
		cluster, err := h.views.Cluster()
		require.NoError(t, err)
		require.Len(t, cluster.Receipt, 2)
		require.Len(t, cluster.Intake, 2)
		c.Intake[0].Public = h.bytes(9)
		wantFault(t, fault.Exists, h.do(c).Err())
	})
}

// TestJoin are the stories of an invitation.
func TestJoin(t *testing.T) {
	stories := []struct {
		name string
		edit func(h *hub, c *ledger.JoinNode)
		want fault.Kind
	}{
		{"OK", func(*hub, *ledger.JoinNode) {}, fault.Other},
		{"ErrUnknownInvitation", func(h *hub, c *ledger.JoinNode) { c.Invitation = wire.Digest(h.bytes(32)) }, fault.NotFound},
		{"ErrOtherPost", func(_ *hub, c *ledger.JoinNode) { c.Post = "IT-MIL" }, fault.Denied},
		{"ErrExpired", func(_ *hub, c *ledger.JoinNode) { c.Time += 1e9 }, fault.Expired},
		{"ErrNoNode", func(_ *hub, c *ledger.JoinNode) { c.Node = wire.NodeID{} }, fault.Invalid},
		{"ErrJournalKey", func(_ *hub, c *ledger.JoinNode) { c.Journal = c.Journal[1:] }, fault.Invalid},
		{"ErrPostKey", func(_ *hub, c *ledger.JoinNode) { c.PostKey = nil }, fault.Invalid},
	}
	for _, story := range stories {
		t.Run(story.name, func(t *testing.T) {
			h := newHub(t)
			c := h.invited()
			story.edit(h, &c)
			r := h.do(c)
			if story.want != fault.Other {
				wantFault(t, story.want, r.Err())
				return
			}
			require.NoError(t, r.Err())
			require.Equal(t, c.Node, r.Node.ID)
		})
	}
}

func (h *hub) invited() ledger.JoinNode {
	h.tb.Helper()
	c := ledger.JoinNode{
		Time: h.now, Invitation: wire.Digest(h.bytes(32)), Node: wire.NodeID(h.bytes(16)), Post: "FR-LYO",
		Device: wire.Digest(h.bytes(32)), Journal: h.bytes(32), PostKey: h.bytes(64),
	}
	invite := ledger.InviteNode{Time: h.now, Invitation: c.Invitation, Post: c.Post, Expires: h.now + 1e8}
	require.NoError(h.tb, h.do(invite).Err())
	require.NoError(h.tb, h.do(invite).Err(), "a retry")
	invite.Post = "ES-MAD"
	wantFault(h.tb, fault.Exists, h.do(invite).Err())
	return c
}

func TestJoinOnce(t *testing.T) {
	h := newHub(t)
	c := h.invited()
	require.NoError(t, h.do(c).Err())

	late := c
	late.Time += 1e9
	r := h.do(late)
	require.NoError(t, r.Err(), "the same machine asks again, after the end of the invitation")
	require.Equal(t, c.Time, r.Node.Joined)

	other := c
	other.Node = wire.NodeID(h.bytes(16))
	wantFault(t, fault.Used, h.do(other).Err())
	keys := c
	keys.Journal = h.bytes(32)
	wantFault(t, fault.Used, h.do(keys).Err())

	again := h.invited()
	again.Node = c.Node
	wantFault(t, fault.Exists, h.do(again).Err())

	// A new machine takes the post over; the old one may still send what it holds.
	next := h.invited()
	require.NoError(t, h.do(next).Err())
	post, err := h.views.Post("FR-LYO")
	require.NoError(t, err)
	require.Equal(t, next.Node, post.Active)
	require.Equal(t, []wire.NodeID{c.Node, next.Node}, post.Nodes)
	require.NoError(t, h.do(ledger.OpenSession{Time: h.now, Node: c.Node}).Err())

	require.NoError(t, h.do(ledger.Revoke{Time: h.now, Action: ledger.RevokeForGood, Node: c.Node, Reason: "stolen"}).Err())
	wantFault(t, fault.Denied, h.do(c).Err())
}

func TestSessionsIncrease(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	for want := m.session + 1; want < m.session+4; want++ {
		require.Equal(t, want, h.do(ledger.OpenSession{Time: h.now, Node: m.id}).Session)
	}
	wantFault(t, fault.Denied, h.do(ledger.OpenSession{Time: h.now, Node: wire.NodeID(h.bytes(16))}).Err())
}

func TestRevoke(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	serial := h.bytes(20)
	require.NoError(t, h.do(ledger.Revoke{Time: h.now, Action: ledger.RevokeForGood, Serial: serial, Reason: "lost"}).Err())
	lines, err := h.views.Denylist()
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.Equal(t, ledger.DeniedSerial(serial), lines[0].Subject)

	bad := map[string]ledger.Revoke{
		"Nothing":     {Action: ledger.RevokeForGood},
		"Both":        {Action: ledger.RevokeForGood, Node: m.id, Serial: serial},
		"NoAction":    {Node: m.id},
		"FenceSerial": {Action: ledger.RevokeFence, Serial: serial},
		"LongSerial":  {Action: ledger.RevokeForGood, Serial: h.bytes(21)},
	}
	for name, c := range bad {
		t.Run("Err"+name, func(t *testing.T) {
			c.Time = h.now
			wantFault(t, fault.Invalid, h.do(c).Err())
		})
	}
	require.NoError(t, h.do(ledger.Revoke{Time: h.now, Action: ledger.RevokeFence, Node: m.id}).Err())
	wantFault(t, fault.Fork, h.do(ledger.OpenSession{Time: h.now, Node: m.id}).Err())
}
