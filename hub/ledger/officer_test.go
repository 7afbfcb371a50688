package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

const salma wire.StaffID = "HUB-48213"

func (h *hub) officer(action wire.StaffAction, seen uint64) ledger.ChangeOfficer {
	h.tb.Helper()
	c := ledger.ChangeOfficer{Time: h.now, Officer: salma, Action: action, Seen: seen}
	if action == wire.StaffAdd || action == wire.StaffRole {
		c.Role = "verifier"
	}
	if action != wire.StaffRole {
		c.Sealed = h.bytes(300)
	}
	return c
}

// seated adds an officer and signs them in; it gives the key of the seat.
func (h *hub) seated() []byte {
	h.tb.Helper()
	require.NoError(h.tb, h.do(h.officer(wire.StaffAdd, 0)).Err())
	return h.enters(wire.StaffEnrolled, 1, 100)
}

func (h *hub) enters(how wire.StaffHow, seen, step uint64) []byte {
	h.tb.Helper()
	c := ledger.SeatOfficer{Time: h.now, Officer: salma, How: how, Seat: h.bytes(32), Place: "192.0.2.1", Seen: seen, Step: step}
	if how == wire.StaffEnrolled {
		c.Sealed = h.bytes(400)
	}
	require.NoError(h.tb, h.do(c).Err())
	return c.Seat
}

// TestOfficer is the life of an officer of the hub.
func TestOfficer(t *testing.T) {
	h := newHub(t)
	add := h.officer(wire.StaffAdd, 0)
	for want, c := range []ledger.ChangeOfficer{
		add, h.officer(wire.StaffRole, 1), h.officer(wire.StaffDisable, 2), h.officer(wire.StaffReset, 3), h.officer(wire.StaffReset, 4),
	} {
		r := h.do(c)
		require.NoError(t, r.Err())
		require.Equal(t, uint64(want+1), r.Version)
		again := h.do(c)
		require.NoError(t, again.Err(), "a retry")
		require.Equal(t, r.Version, again.Version)
		o, err := h.views.Officer(salma)
		require.NoError(t, err)
		require.Equal(t, c.Action == wire.StaffDisable, o.State == ledger.StaffDisabled)
		require.False(t, o.Enrolled)
	}
	all, err := h.views.Officers()
	require.NoError(t, err)
	require.Len(t, all, 1)
	h.replays()
}

func TestOfficerRefusals(t *testing.T) {
	cases := map[string]struct {
		action wire.StaffAction
		edit   func(*hub, *ledger.ChangeOfficer)
		want   fault.Kind
	}{
		"ErrAddTwice":      {wire.StaffAdd, func(_ *hub, c *ledger.ChangeOfficer) { c.Seen = 0 }, fault.Exists},
		"ErrUnknown":       {wire.StaffReset, func(_ *hub, c *ledger.ChangeOfficer) { c.Officer = "HUB-00000" }, fault.NotFound},
		"ErrRevision":      {wire.StaffReset, func(_ *hub, c *ledger.ChangeOfficer) { c.Seen = 7 }, fault.Conflict},
		"ErrId":            {wire.StaffReset, func(_ *hub, c *ledger.ChangeOfficer) { c.Officer = "Salma" }, fault.Invalid},
		"ErrAction":        {wire.StaffReset, func(_ *hub, c *ledger.ChangeOfficer) { c.Action = 77 }, fault.Invalid},
		"ErrNoRole":        {wire.StaffRole, func(_ *hub, c *ledger.ChangeOfficer) { c.Role = "" }, fault.Invalid},
		"ErrRoleText":      {wire.StaffRole, func(_ *hub, c *ledger.ChangeOfficer) { c.Role = "Salma Benali" }, fault.Invalid},
		"ErrNothingSealed": {wire.StaffDisable, func(_ *hub, c *ledger.ChangeOfficer) { c.Sealed = nil }, fault.Invalid},
		"ErrNeedlessSeal":  {wire.StaffRole, func(h *hub, c *ledger.ChangeOfficer) { c.Sealed = h.bytes(3) }, fault.Invalid},
		"ErrTooLarge":      {wire.StaffReset, func(h *hub, c *ledger.ChangeOfficer) { c.Sealed = h.bytes(2049) }, fault.Invalid},
	}
	for name, story := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			require.NoError(t, h.do(h.officer(wire.StaffAdd, 0)).Err())
			c := h.officer(story.action, 1)
			story.edit(h, &c)
			wantFault(t, story.want, h.do(c).Err())
			o, err := h.views.Officer(salma)
			require.NoError(t, err)
			require.Equal(t, uint64(1), o.Revision)
		})
	}
}

// TestSeat signs in, locks, opens and leaves; each is a line.
func TestSeat(t *testing.T) {
	h := newHub(t)
	first := h.seated()
	move := func(how wire.StaffHow, step uint64) ledger.Result {
		return h.do(ledger.SeatOfficer{Time: h.now, Officer: salma, How: how, Seat: first, Seen: 2, Step: step})
	}
	require.NoError(t, move(wire.StaffIdle, 0).Err())
	s, o, err := h.views.Seat(first)
	require.NoError(t, err)
	require.True(t, s.Locked)
	require.True(t, o.Enrolled)
	require.EqualValues(t, 2, o.Revision)
	require.EqualValues(t, 100, o.Step)
	require.NoError(t, move(wire.StaffLocked, 0).Err(), "locked already")
	wantFault(t, fault.Used, move(wire.StaffUnlocked, 100).Err())
	require.NoError(t, move(wire.StaffUnlocked, 101).Err())
	require.NoError(t, move(wire.StaffLeft, 0).Err())
	wantFault(t, fault.NotFound, move(wire.StaffUnlocked, 0).Err())
	require.NoError(t, h.do(ledger.SeatOfficer{Time: h.now, Officer: salma, How: wire.StaffWrong, Place: "192.0.2.9"}).Err())
	lines, err := h.views.Deeds(0, 10)
	require.NoError(t, err)
	var how []wire.StaffHow
	for _, line := range lines {
		how = append(how, line.How)
		require.Equal(t, "verifier", line.Role)
	}
	require.Equal(t, []wire.StaffHow{wire.StaffEnrolled, wire.StaffIdle, wire.StaffUnlocked, wire.StaffLeft, wire.StaffWrong}, how)

	other := h.enters(wire.StaffBothFactors, 2, 102)
	require.NoError(t, h.do(h.officer(wire.StaffRole, 2)).Err())
	_, _, err = h.views.Seat(other)
	wantFault(t, fault.NotFound, err) // whoever was changed signs in anew
	h.replays()
}

func TestSeatRefusals(t *testing.T) {
	h := newHub(t)
	h.seated()
	good := ledger.SeatOfficer{Officer: salma, How: wire.StaffBothFactors, Seat: h.bytes(32), Seen: 2, Step: 101}
	for name, story := range map[string]struct {
		edit func(*ledger.SeatOfficer)
		want fault.Kind
	}{
		"ErrCodeUsed":   {func(c *ledger.SeatOfficer) { c.Step = 100 }, fault.Used},
		"ErrRevision":   {func(c *ledger.SeatOfficer) { c.Seen = 1 }, fault.Conflict},
		"ErrUnknown":    {func(c *ledger.SeatOfficer) { c.Officer = "HUB-00000" }, fault.NotFound},
		"ErrNoStep":     {func(c *ledger.SeatOfficer) { c.Step = 0 }, fault.Invalid},
		"ErrNoSeat":     {func(c *ledger.SeatOfficer) { c.Seat = nil }, fault.Invalid},
		"ErrSeat":       {func(c *ledger.SeatOfficer) { c.Seat = []byte("short") }, fault.Invalid},
		"ErrHow":        {func(c *ledger.SeatOfficer) { c.How = 99 }, fault.Invalid},
		"ErrRevoked":    {func(c *ledger.SeatOfficer) { c.How = wire.StaffRevoked }, fault.Invalid},
		"ErrSealed":     {func(c *ledger.SeatOfficer) { c.Sealed = []byte("x") }, fault.Invalid},
		"ErrEnrolAgain": {func(c *ledger.SeatOfficer) { c.How, c.Sealed = wire.StaffEnrolled, []byte("x") }, fault.Used},
		"ErrPlace":      {func(c *ledger.SeatOfficer) { c.Place = string(make([]byte, 65)) }, fault.Invalid},
		"ErrRefusedSat": {func(c *ledger.SeatOfficer) { c.How = wire.StaffWrong }, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			c.Time = h.now
			story.edit(&c)
			wantFault(t, story.want, h.do(c).Err())
		})
	}
	t.Run("ErrDisabled", func(t *testing.T) {
		require.NoError(t, h.do(h.officer(wire.StaffDisable, 2)).Err())
		c := good
		c.Time, c.Seen = h.now, 3
		wantFault(t, fault.Denied, h.do(c).Err())
	})
	h.replays()
}

// TestSeatRoom ends the oldest of nine seats, and those of yesterday.
func TestSeatRoom(t *testing.T) {
	h := newHub(t)
	seats := [][]byte{h.seated()}
	for i := range uint64(8) {
		seats = append(seats, h.enters(wire.StaffBothFactors, 2, 101+i))
	}
	_, _, err := h.views.Seat(seats[0])
	wantFault(t, fault.NotFound, err)
	_, _, err = h.views.Seat(seats[1])
	require.NoError(t, err)
	h.now += ledger.SeatLife
	seats = append(seats, h.enters(wire.StaffBothFactors, 2, 200))
	for i, seat := range seats {
		_, _, err = h.views.Seat(seat)
		require.Equal(t, i == len(seats)-1, err == nil, i)
	}
}

func (h *hub) act(c ledger.Command, seen uint64) ledger.OfficerAct {
	h.tb.Helper()
	raw, err := ledger.Encode(c)
	require.NoError(h.tb, err)
	return ledger.OfficerAct{Time: h.now, Officer: salma, Role: "verifier", Seen: seen, Act: raw}
}

// verifying has a request wait for a verifier; it gives the order.
func (h *hub) verifying(m *machine) (wire.Header, ledger.Order) {
	h.tb.Helper()
	header := m.release()
	m.sendAll()
	orders := h.open(workflow.OrderExamine)
	require.NoError(h.tb, h.do(ledger.CompleteOrder{
		Time: h.now, Order: orders[len(orders)-1].ID, Event: uint8(workflow.ExaminedGood), Actor: uint16(workflow.Hub),
	}).Err())
	waiting := h.open(workflow.OrderVerify)
	return header, waiting[len(waiting)-1]
}

// TestOfficerAct decides by name, and refuses what the page no longer shows.
func TestOfficerAct(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	h.seated()
	header, order := h.verifying(m)
	ref := consular.Reference(header.Reference)
	before, err := h.views.Case(ref)
	require.NoError(t, err)
	decide := func(event workflow.Event, reason consular.RefusalReason) ledger.CompleteOrder {
		return ledger.CompleteOrder{
			Time: h.now, Order: order.ID, Event: uint8(event), Actor: uint16(workflow.Verifier), Reason: uint16(reason),
		}
	}
	note := ledger.NoteOpening{Time: h.now, Reference: header.Reference, By: string(salma), Why: "verification"}
	require.NoError(t, h.do(h.act(note, 0)).Err())
	note.By = "HUB-00001"
	note.Time = h.now
	wantFault(t, fault.Invalid, h.do(h.act(note, 0)).Err())
	wantFault(t, fault.Invalid, h.do(h.act(decide(workflow.VerificationPassed, 0), 0)).Err())
	wantFault(t, fault.Conflict, h.do(h.act(decide(workflow.VerificationPassed, 0), before.Flow.Version-1)).Err())
	wantFault(t, fault.Invalid, h.do(h.act(ledger.Erase{Time: h.now}, 1)).Err())
	stolen := h.act(decide(workflow.VerificationPassed, 0), before.Flow.Version)
	stolen.Role = "adjudicator"
	wantFault(t, fault.Denied, h.do(stolen).Err())
	late := h.act(decide(workflow.VerificationPassed, 0), before.Flow.Version)
	late.Time++
	wantFault(t, fault.Invalid, h.do(late).Err())

	r := h.do(h.act(decide(workflow.CorrectionAsked, consular.RefusedNamesDiffer), before.Flow.Version))
	require.NoError(t, r.Err())
	require.Equal(t, workflow.Returned, r.State)
	wantFault(t, fault.Conflict, h.do(h.act(decide(workflow.VerificationPassed, 0), before.Flow.Version)).Err())
	deeds, err := h.views.DeedsOn(r.Case, 10)
	require.NoError(t, err)
	require.Len(t, deeds, 1, "one line for the decision, none for what was refused")
	require.Equal(t, salma, deeds[0].Officer)
	require.Equal(t, uint8(workflow.CorrectionAsked), deeds[0].Event)
	require.Equal(t, uint16(consular.RefusedNamesDiffer), deeds[0].Reason)
	openings, err := h.views.OpeningsOf(r.Case, 10)
	require.NoError(t, err)
	require.Len(t, openings, 1)
	require.NoError(t, h.do(h.officer(wire.StaffDisable, 2)).Err())
	note.By, note.Time = string(salma), h.now
	wantFault(t, fault.Denied, h.do(h.act(note, 0)).Err())
	h.replays()
}
