package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func (m *machine) staff(action wire.StaffAction, seen uint64) ledger.ChangeStaff {
	m.hub.tb.Helper()
	c := ledger.ChangeStaff{
		Time: m.hub.now, Staff: "LYO-48213", Post: m.post, Node: m.id, Action: action, Seen: seen, Sealed: m.hub.bytes(1500),
	}
	if action == wire.StaffAdd || action == wire.StaffRole {
		c.Role = "agent"
	}
	return c
}

// TestStaff is the life of a member of staff.
func TestStaff(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	add := m.staff(wire.StaffAdd, 0)
	for want, c := range []ledger.ChangeStaff{
		add, m.staff(wire.StaffRole, 1), m.staff(wire.StaffDisable, 2), m.staff(wire.StaffReset, 3), m.staff(wire.StaffReset, 4),
	} {
		r := h.do(c)
		require.NoError(t, r.Err())
		require.Equal(t, uint64(want+1), r.Version)
		again := h.do(c)
		require.NoError(t, again.Err(), "a retry")
		require.Equal(t, r.Version, again.Version)
		s, err := h.views.StaffMember(c.Staff)
		require.NoError(t, err)
		require.Equal(t, c.Sealed, s.Sealed)
		require.Equal(t, c.Action == wire.StaffDisable, s.State == ledger.StaffDisabled)
	}
	_, raws, err := h.views.NoticesAfter("FR-LYO", 0, 100)
	require.NoError(t, err)
	require.Len(t, raws, 5, "one notice for each change, none for a retry")
	n, err := wire.DecodeNotice(raws[0])
	require.NoError(t, err)
	require.Equal(t, wire.NoticeStaff, n.Kind)
	require.Equal(t, add.Sealed, n.Body)
	require.NoError(t, h.audit().Err())
}

func TestStaffRefusals(t *testing.T) {
	cases := map[string]struct {
		action wire.StaffAction
		edit   func(*hub, *ledger.ChangeStaff)
		want   fault.Kind
	}{
		"ErrAddTwice":      {wire.StaffAdd, func(*hub, *ledger.ChangeStaff) {}, fault.Exists},
		"ErrUnknown":       {wire.StaffReset, func(_ *hub, c *ledger.ChangeStaff) { c.Staff = "LYO-00000" }, fault.NotFound},
		"ErrNoMachine":     {wire.StaffReset, func(_ *hub, c *ledger.ChangeStaff) { c.Post = "IT-ROM" }, fault.NotFound},
		"ErrOtherPost":     {wire.StaffReset, func(h *hub, c *ledger.ChangeStaff) { c.Post, c.Node = "IT-MIL", h.join("IT-MIL").id }, fault.Denied},
		"ErrOtherMachine":  {wire.StaffReset, func(h *hub, _ *ledger.ChangeStaff) { h.join("FR-LYO") }, fault.Conflict},
		"ErrRevision":      {wire.StaffReset, func(_ *hub, c *ledger.ChangeStaff) { c.Seen = 2 }, fault.Conflict},
		"ErrStaff":         {wire.StaffReset, func(_ *hub, c *ledger.ChangeStaff) { c.Staff = "Salma" }, fault.Invalid},
		"ErrNode":          {wire.StaffReset, func(_ *hub, c *ledger.ChangeStaff) { c.Node = wire.NodeID{} }, fault.Invalid},
		"ErrAction":        {wire.StaffReset, func(_ *hub, c *ledger.ChangeStaff) { c.Action = 77 }, fault.Invalid},
		"ErrNoRole":        {wire.StaffRole, func(_ *hub, c *ledger.ChangeStaff) { c.Role = "" }, fault.Invalid},
		"ErrRoleText":      {wire.StaffRole, func(_ *hub, c *ledger.ChangeStaff) { c.Role = "Salma Benali" }, fault.Invalid},
		"ErrNeedlessRole":  {wire.StaffReset, func(_ *hub, c *ledger.ChangeStaff) { c.Role = "agent" }, fault.Invalid},
		"ErrNothingSealed": {wire.StaffReset, func(_ *hub, c *ledger.ChangeStaff) { c.Sealed = nil }, fault.Invalid},
		"ErrTooLarge":      {wire.StaffReset, func(h *hub, c *ledger.ChangeStaff) { c.Sealed = h.bytes(wire.MaxStaffSealed + 1) }, fault.Invalid},
	}
	for name, story := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			m := h.join("FR-LYO")
			require.NoError(t, h.do(m.staff(wire.StaffAdd, 0)).Err())
			c := m.staff(story.action, 1)
			story.edit(h, &c)
			if story.action == wire.StaffAdd {
				c.Seen = 0
			}
			wantFault(t, story.want, h.do(c).Err())
			s, err := h.views.StaffMember("LYO-48213")
			require.NoError(t, err)
			require.Equal(t, uint64(1), s.Revision)
		})
	}
	t.Run("ErrRoleOfDisabled", func(t *testing.T) {
		h := newHub(t)
		m := h.join("FR-LYO")
		require.NoError(t, h.do(m.staff(wire.StaffAdd, 0)).Err())
		require.NoError(t, h.do(m.staff(wire.StaffDisable, 1)).Err())
		wantFault(t, fault.Denied, h.do(m.staff(wire.StaffRole, 2)).Err())
	})
}

func TestStaffOf(t *testing.T) {
	h := newHub(t)
	lyon, milan := h.join("FR-LYO"), h.join("IT-MIL")
	for _, id := range []wire.StaffID{"LYO-00002", "LYO-00001", "LYO-00003"} {
		c := lyon.staff(wire.StaffAdd, 0)
		c.Staff = id
		require.NoError(t, h.do(c).Err())
	}
	require.NoError(t, h.do(func() ledger.ChangeStaff {
		c := milan.staff(wire.StaffAdd, 0)
		c.Staff = "MIL-00001"
		return c
	}()).Err())
	ids := func(after wire.StaffID, n int) (out []wire.StaffID) {
		staff, err := h.views.StaffOf("FR-LYO", after, n)
		require.NoError(t, err)
		for _, s := range staff {
			out = append(out, s.ID)
		}
		return out
	}
	require.Equal(t, []wire.StaffID{"LYO-00001", "LYO-00002"}, ids("", 2))
	require.Equal(t, []wire.StaffID{"LYO-00003"}, ids("LYO-00002", 2))
	all, err := h.views.StaffOf("", "", 100)
	require.NoError(t, err)
	require.Len(t, all, 4)
}

// TestStaffEntries commits sign-ins as a log: no case, no refusal.
func TestStaffEntries(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	for _, kind := range []wire.Kind{wire.KindStaffSignedIn, wire.KindStaffRefused, wire.KindStaffSignedOut} {
		m.add(wire.Header{Record: wire.RecordID(h.bytes(16)), Kind: kind, Post: m.post, IntakeKey: 1}, 300)
	}
	talkative := m.releaseHeader()
	m.add(wire.Header{Record: talkative.Record, Kind: wire.KindStaffSignedIn, Post: m.post, IntakeKey: 1, Reference: talkative.Reference}, 300)
	r := m.sendAll()
	require.Equal(t, []ledger.RefusedEntry{{Seq: 4, Reason: ledger.ReasonField}}, r.Refused)
	counts, err := h.views.Counts()
	require.NoError(t, err)
	require.Zero(t, counts.Cases)
	require.Zero(t, counts.Orders)
	require.NoError(t, h.audit().Err())
}
