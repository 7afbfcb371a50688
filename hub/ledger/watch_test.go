package ledger_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

const aMinute, anHour = int64(60_000), int64(3600_000)

// said is what the machine reports, seen now.
func (m *machine) said(entries uint64) ledger.Observation {
	h := m.hub
	r := wire.Report{
		Time: h.now + 5000, Software: "v1.4.0", Started: 1, Transport: "quic", Entries: entries, Bytes: entries * 1000,
		ImageBytes: 7, Free: 40 << 30, Total: 100 << 30,
	}
	if entries > 0 {
		r.Oldest = h.now - aMinute
	}
	return ledger.Observation{
		Post: m.post, Node: m.id, Heard: h.now, Session: h.now - 1, RTT: 220, Offset: 5000, Address: "192.0.2.1", Told: h.now, Report: r,
	}
}

func (h *hub) observe(c ledger.Observe) error {
	h.tb.Helper()
	h.now += aMinute
	c.Time = h.now
	return h.do(c).Err()
}

// acts has the officer say a command, and gives the answer.
func (h *hub) acts(c ledger.Command) error {
	h.tb.Helper()
	raw, err := ledger.Encode(c)
	require.NoError(h.tb, err)
	return h.do(ledger.OfficerAct{Time: h.now, Officer: salma, Role: "verifier", Act: raw}).Err()
}

// TestObserve keeps the newest word of each post and the worst of each hour.
func TestObserve(t *testing.T) {
	h := newHub(t)
	lyon := h.join("FR-LYO")
	lyon.releases(3)
	lyon.sendAll()
	h.now += anHour - h.now%anHour // at the full hour
	for _, entries := range []uint64{0, 30, 4} {
		require.NoError(t, h.observe(ledger.Observe{Reports: []ledger.Observation{{
			Post: lyon.post, Node: lyon.id, Heard: h.now, Session: h.now - 1, Told: h.now, Report: lyon.said(entries).Report,
		}}}))
	}
	held, err := h.views.Observations()
	require.NoError(t, err)
	require.Len(t, held, 1)
	require.EqualValues(t, 4, held[0].Report.Entries)
	hour := ledger.HourOf(h.now)
	points, err := h.views.Hours("FR-LYO", hour-1, hour)
	require.NoError(t, err)
	require.EqualValues(t, 3, points[0].Secured, "in the hour before")
	require.EqualValues(t, 30, points[1].Entries, "at its worst")
	require.EqualValues(t, 30_007, points[1].Bytes)
	require.EqualValues(t, 3, points[1].Up)
	require.Positive(t, points[1].Age)
	require.EqualValues(t, 40<<30, points[1].Free)

	h.now += 10 * aMinute
	require.NoError(t, h.observe(ledger.Observe{}))
	sum, err := h.views.Figures(hour, hour)
	require.NoError(t, err)
	require.InDelta(t, 10*aMinute, sum.Leaderless, 1000, "eleven minutes between two, of which one is the rhythm")
	at, err := h.views.Observed()
	require.NoError(t, err)
	wantFault(t, fault.Stale, h.do(ledger.Observe{Time: at}).Err())
	h.now += 15 * 24 * anHour
	require.NoError(t, h.observe(ledger.Observe{}))
	points, err = h.views.Hours("FR-LYO", hour, hour)
	require.NoError(t, err)
	require.Zero(t, points[0], "forgotten after fourteen days")
	h.replays()
}

func TestObserveRefusals(t *testing.T) {
	for name, edit := range map[string]func(*hub, *ledger.Observe){
		"ErrPost":      func(_ *hub, c *ledger.Observe) { c.Reports[0].Post = "lyon" },
		"ErrFuture":    func(h *hub, c *ledger.Observe) { c.Reports[0].Heard = h.now + anHour },
		"ErrSession":   func(_ *hub, c *ledger.Observe) { c.Reports[0].Session = c.Reports[0].Heard + 1 },
		"ErrRTT":       func(_ *hub, c *ledger.Observe) { c.Reports[0].RTT = -1 },
		"ErrOffset":    func(_ *hub, c *ledger.Observe) { c.Reports[0].Offset = -1 << 62 },
		"ErrAddress":   func(_ *hub, c *ledger.Observe) { c.Reports[0].Address = strings.Repeat("9", 65) },
		"ErrReport":    func(_ *hub, c *ledger.Observe) { c.Reports[0].Report.Free = 1 << 60 },
		"ErrUntold":    func(_ *hub, c *ledger.Observe) { c.Reports[0].Told = 0 },
		"ErrMany":      func(_ *hub, c *ledger.Observe) { c.Reports = slices.Repeat(c.Reports, 257) },
		"ErrKey":       func(_ *hub, c *ledger.Observe) { c.Begun = []ledger.Begun{{Key: "Fatima Zahra", Urgency: 1}} },
		"ErrLongKey":   func(_ *hub, c *ledger.Observe) { c.Begun = []ledger.Begun{{Key: strings.Repeat("k", 65), Urgency: 1}} },
		"ErrUrgency":   func(_ *hub, c *ledger.Observe) { c.Begun = []ledger.Begun{{Key: "k/1", Urgency: 4}} },
		"ErrNoUrgency": func(_ *hub, c *ledger.Observe) { c.Begun = []ledger.Begun{{Key: "k/1"}} },
		"ErrEnded":     func(_ *hub, c *ledger.Observe) { c.Ended = []string{"\x00"} },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			c := ledger.Observe{Reports: []ledger.Observation{h.join("FR-LYO").said(1)}}
			edit(h, &c)
			wantFault(t, fault.Invalid, h.observe(c))
			if len(c.Begun)+len(c.Ended) == 0 {
				wantFault(t, fault.Invalid, h.do(ledger.NoteReports{Time: h.now, Reports: c.Reports}).Err())
			}
			at, err := h.views.Observed()
			require.NoError(t, err)
			require.Zero(t, at)
			h.replays()
		})
	}
}

// TestNeeds is the life of a need: noted, taken, told, worse, ended, told so.
func TestNeeds(t *testing.T) {
	h := newHub(t)
	h.seated()
	const key = "post-silent/FR-LYO"
	need := func() ledger.Need {
		t.Helper()
		held, err := h.views.Needs()
		require.NoError(t, err)
		require.Len(t, held, 1)
		return held[0]
	}
	require.NoError(t, h.observe(ledger.Observe{Begun: []ledger.Begun{{Key: key, Urgency: 2}}}))
	begun := need().Begun
	taken := h.now
	require.NoError(t, h.acts(ledger.AttendNeed{Time: taken, Key: key, Take: true, Note: "provider called"}))
	require.Equal(t, ledger.Need{Key: key, Begun: begun, Urgency: 2, By: salma, Taken: taken, Note: "provider called"}, need())
	tell := func(begun int64, urgency uint8, end bool) error {
		return h.do(ledger.NoteAlert{Time: h.now, Lines: []ledger.AlertLine{{Key: key, Begun: begun, Urgency: urgency, End: end}}}).Err()
	}
	require.NoError(t, tell(begun-1, 2, false))
	require.Zero(t, need().Told, "of another one")
	require.NoError(t, tell(begun, 2, false))
	require.EqualValues(t, 2, need().ToldAs)
	require.NoError(t, tell(begun, 2, true))
	require.NotZero(t, need().Told, "it has not ended")

	require.NoError(t, h.observe(ledger.Observe{Begun: []ledger.Begun{{Key: key, Urgency: 1}}}))
	require.Equal(t, begun, need().Begun, "the same, only worse")
	require.Equal(t, salma, need().By)
	require.NoError(t, h.acts(ledger.AttendNeed{Time: h.now, Key: key}))
	require.Empty(t, need().By)

	require.NoError(t, h.observe(ledger.Observe{Ended: []string{key}}))
	require.NotZero(t, need().Ended, "until its end is told")
	wantFault(t, fault.Conflict, h.acts(ledger.AttendNeed{Time: h.now, Key: key, Take: true}))
	require.NoError(t, tell(begun, 1, true))
	held, err := h.views.Needs()
	require.NoError(t, err)
	require.Empty(t, held)

	require.NoError(t, h.observe(ledger.Observe{Begun: []ledger.Begun{{Key: key, Urgency: 3}}}))
	require.NoError(t, h.observe(ledger.Observe{Ended: []string{key}}))
	held, err = h.views.Needs()
	require.NoError(t, err)
	require.Empty(t, held, "nobody was told")

	require.NoError(t, h.observe(ledger.Observe{Begun: []ledger.Begun{{Key: key, Urgency: 1}}}))
	begun = need().Begun
	require.NoError(t, h.observe(ledger.Observe{Ended: []string{key}}))
	require.NoError(t, tell(begun, 1, false), "it ended while a slow mail server was being told")
	require.NotZero(t, need().Ended, "who heard that it began hears that it ended")
	require.NoError(t, tell(begun, 1, true))
	held, err = h.views.Needs()
	require.NoError(t, err)
	require.Empty(t, held)
	h.replays()
}

// TestObserveAfterAWrongClock: a member that led with a clock a year ahead stops
// nobody from observing once the clock is right again.
func TestObserveAfterAWrongClock(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	right := h.now
	h.now += 365 * 24 * anHour
	require.NoError(t, h.observe(ledger.Observe{Reports: []ledger.Observation{m.said(1)}}))
	h.now = right + aMinute
	said := m.said(2)
	require.NoError(t, h.observe(ledger.Observe{Reports: []ledger.Observation{said}, Begun: []ledger.Begun{{Key: "post-silent/FR-LYO", Urgency: 1}}}))
	at, err := h.views.Observed()
	require.NoError(t, err)
	require.Less(t, at, right+anHour)
	seen, err := h.views.Observations()
	require.NoError(t, err)
	require.Len(t, seen, 1)
	require.Equal(t, said.Heard, seen[0].Heard)
	needs, err := h.views.Needs()
	require.NoError(t, err)
	require.Len(t, needs, 1)
	wantFault(t, fault.Stale, h.do(ledger.Observe{Time: at - aMinute}).Err())
	h.replays()
}

func TestAttendRefusals(t *testing.T) {
	h := newHub(t)
	h.seated()
	for name, c := range map[string]ledger.AttendNeed{
		"ErrKey":         {Key: "two words", Take: true},
		"ErrNote":        {Key: "k/1", Take: true, Note: strings.Repeat("é", 201)},
		"ErrControl":     {Key: "k/1", Take: true, Note: "a\x1b[2J"},
		"ErrNoteOnGiven": {Key: "k/1", Note: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			c.Time = h.now
			wantFault(t, fault.Invalid, h.acts(c))
		})
	}
	wantFault(t, fault.Denied, h.do(ledger.AttendNeed{Time: h.now, Key: "k/1", Take: true}).Err())
	wantFault(t, fault.Denied, h.do(ledger.RedriveOrder{Time: h.now, Order: 1}).Err())
	wantFault(t, fault.Denied, h.do(ledger.SettleRefused{Time: h.now, Number: 1}).Err())
	wantFault(t, fault.Invalid, h.do(ledger.NoteAlert{Time: h.now}).Err())
}

// TestRefusedWaits: a refused entry waits for a person, once.
func TestRefusedWaits(t *testing.T) {
	h := newHub(t)
	h.seated()
	lyon := h.join("FR-LYO")
	lyon.releases(1)
	lyon.append(wire.Entry{Header: []byte{0xff}, Body: []byte("poison")})
	lyon.releases(1)
	at := h.now
	require.Len(t, lyon.sendAll().Refused, 1)
	waits, err := h.views.Unsettled()
	require.NoError(t, err)
	require.Equal(t, map[consular.PostID]ledger.Unsettled{"FR-LYO": {Count: 1, Oldest: at}}, waits)
	settle := func(number uint64, note string) error {
		return h.acts(ledger.SettleRefused{Time: h.now, Number: number, Note: note})
	}
	require.NoError(t, settle(1, "entered anew"))
	require.NoError(t, settle(1, "entered anew"), "a repeat")
	wantFault(t, fault.Used, settle(1, "another"))
	wantFault(t, fault.NotFound, settle(2, ""))
	found, err := h.views.RefusedNewest(10)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, "entered anew", found[0].Note)
	waits, err = h.views.Unsettled()
	require.NoError(t, err)
	require.Empty(t, waits)
	h.replays()
}

// TestStuckOrder: failed attempts in a row are counted, waiting is none, and an
// officer has it tried again now.
func TestStuckOrder(t *testing.T) {
	h := newHub(t)
	h.seated()
	lyon := h.join("FR-LYO")
	lyon.releases(1)
	lyon.sendAll()
	orders, err := h.views.OpenOrders(uint8(workflow.OrderExamine), h.now, 1)
	require.NoError(t, err)
	require.Len(t, orders, 1)
	fail := func(text string) {
		require.NoError(t, h.do(ledger.CompleteOrder{Time: h.now, Order: orders[0].ID, Retry: h.now + anHour, Text: text}).Err())
	}
	failed := func() uint32 {
		list, err := h.views.Backlogs()
		require.NoError(t, err)
		require.NotEmpty(t, list)
		i := slices.IndexFunc(list, func(b ledger.Backlog) bool { return b.Kind == uint8(workflow.OrderExamine) })
		require.Equal(t, 1, list[i].Open)
		if len(list[i].Failed) == 0 {
			return 0
		}
		return list[i].Failed[0].Failed
	}
	fail("timeout")
	fail("timeout")
	require.EqualValues(t, 2, failed())
	fail(ledger.Waiting)
	require.Zero(t, failed())
	fail("timeout")
	require.EqualValues(t, 1, failed())
	due, err := h.views.OpenOrders(uint8(workflow.OrderExamine), h.now, 1)
	require.NoError(t, err)
	require.Empty(t, due)
	require.NoError(t, h.acts(ledger.RedriveOrder{Time: h.now, Order: orders[0].ID}))
	due, err = h.views.OpenOrders(uint8(workflow.OrderExamine), h.now, 1)
	require.NoError(t, err)
	require.Len(t, due, 1)
	wantFault(t, fault.NotFound, h.acts(ledger.RedriveOrder{Time: h.now, Order: 999}))
	h.replays()
}

// TestStanding counts open requests where they are, and those past a limit.
func TestStanding(t *testing.T) {
	h := newHub(t)
	lyon, milan := h.join("FR-LYO"), h.join("IT-MIL")
	lyon.releases(3)
	milan.releases(2)
	lyon.sendAll()
	milan.sendAll()
	s, err := h.views.Standing(h.now + anHour)
	require.NoError(t, err)
	require.Equal(t, map[consular.PostID]int{"FR-LYO": 3, "IT-MIL": 2}, s.Serving)
	require.Len(t, s.Stages, 1)
	require.Len(t, s.Stages[0].Entered, 5)
	require.Zero(t, s.Stages[0].Breaching)
	h.now += 90 * 24 * anHour
	require.NoError(t, h.do(ledger.Tick{Time: h.now}).Err())
	s, err = h.views.Standing(h.now + anHour)
	require.NoError(t, err)
	late := 0
	for _, stage := range s.Stages {
		late += stage.Breaching
		require.LessOrEqual(t, stage.Since, h.now)
	}
	require.Equal(t, 5, late, "nobody decided for ninety days")
	found, err := h.views.LateCases(workflow.KindCNIE, 3)
	require.NoError(t, err)
	require.Len(t, found, 3)
	h.replays()
}

func TestDescribePost(t *testing.T) {
	good := ledger.DescribePost{
		Post: "FR-LYO", Telephone: "+33 (4) 72-00-00", Hours: []ledger.OpenHours{{Day: 1, From: 540, To: 720}, {Day: 1, From: 780, To: 900}},
		Closed: []consular.Date{consular.NewDate(2026, time.November, 18)},
	}
	for name, c := range map[string]struct {
		edit func(*ledger.DescribePost)
		bad  bool
	}{
		"OK":           {func(*ledger.DescribePost) {}, false},
		"OKForgotten":  {func(c *ledger.DescribePost) { *c = ledger.DescribePost{Post: "FR-LYO"} }, false},
		"ErrPost":      {func(c *ledger.DescribePost) { c.Post = "" }, true},
		"ErrTelephone": {func(c *ledger.DescribePost) { c.Telephone = "call Fatima" }, true},
		"ErrLong":      {func(c *ledger.DescribePost) { c.Telephone = strings.Repeat("1", 33) }, true},
		"ErrBackwards": {func(c *ledger.DescribePost) { c.Hours[0].To = 1 }, true},
		"ErrOverlap":   {func(c *ledger.DescribePost) { c.Hours[1].From = 700 }, true},
		"ErrDay":       {func(c *ledger.DescribePost) { c.Hours[1].Day = 7 }, true},
		"ErrClosed":    {func(c *ledger.DescribePost) { c.Closed[0] = "soon" }, true},
		"ErrMany":      {func(c *ledger.DescribePost) { c.Closed = slices.Repeat(c.Closed, 65) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			said := good
			said.Time, said.Hours, said.Closed = h.now, slices.Clone(good.Hours), slices.Clone(good.Closed)
			c.edit(&said)
			said.Time = h.now
			err := h.do(said).Err()
			held, viewErr := h.views.Descriptions()
			require.NoError(t, viewErr)
			if c.bad {
				wantFault(t, fault.Invalid, err)
				require.Empty(t, held)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []ledger.Described{{
				Post: said.Post, Telephone: said.Telephone, Hours: said.Hours, Closed: said.Closed, Changed: said.Time,
			}}, held)
			h.replays()
		})
	}
}
