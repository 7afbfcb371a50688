package ship_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/consulate-node/ship"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// machine is a driver that obeys a core, and a hub that does anything.
type machine struct {
	core    *ship.Core
	now     time.Time
	held    ship.Held
	session bool
	dialing bool
	flights []uint64 // last sequences without a receipt in this session
	sent    uint64   // in this session
	sends   int      // in a row
}

func (m *machine) step(t *rapid.T, ev ship.Event) {
	for _, e := range m.core.Step(m.now, m.held, ev) {
		switch e.Kind {
		case ship.Dial:
			require.False(t, m.session || m.dialing, "one dial at a time, and none beside a session")
			m.dialing = true
		case ship.Hang:
			m.session, m.flights = false, nil
		case ship.Send:
			m.send(t, e)
		case ship.Ping, ship.Greet:
			require.True(t, m.session)
		case ship.Alarm, ship.Open, ship.Fetch:
		}
	}
}

func (m *machine) send(t *rapid.T, e ship.Effect) {
	require.True(t, m.session)
	require.Equal(t, m.sent, e.From.Seq, "in order, each once")
	require.LessOrEqual(t, e.Until, m.held.Sendable(), "images go first")
	require.Greater(t, e.Until, e.From.Seq)
	require.Positive(t, e.Bytes)
	m.sends++
	require.LessOrEqual(t, m.sends, ship.Window)
	n := min(e.Until-e.From.Seq, uint64(rapid.IntRange(1, 256).Draw(t, "count")))
	head := at(e.From.Seq + n)
	m.flights = append(m.flights, head.Seq)
	m.sent = head.Seq
	require.LessOrEqual(t, len(m.flights), ship.Window)
	m.step(t, ship.Event{Kind: ship.Batched, Batch: ship.Sent{
		Head: head, Count: int(n), Bytes: rapid.IntRange(1, wire.MaxBatch).Draw(t, "bytes"),
	}})
}

func (m *machine) lose(t *rapid.T, kind ship.EventKind) {
	k := fault.Kind(rapid.IntRange(0, int(fault.Internal)).Draw(t, "kind"))
	if kind == ship.Lost {
		m.session, m.flights = false, nil
	}
	m.step(t, ship.Event{Kind: kind, Err: fault.New(k, "test", "", nil)})
	require.NotEqual(t, ship.Following, m.core.Phase)
	wait := m.core.NextWake(m.now).Sub(m.now)
	require.LessOrEqual(t, wait, 2*ship.Recheck)
	if m.core.Barred == nil {
		require.LessOrEqual(t, wait, ship.BusyMax)
	}
}

func (m *machine) welcome(t *rapid.T) {
	cursor := rapid.Uint64Range(0, m.held.Head.Seq).Draw(t, "cursor")
	m.sent, m.flights = cursor, nil
	m.step(t, ship.Event{Kind: ship.Welcomed, Welcome: wire.Welcome{
		Session: 1, Decisions: []wire.Decision{{Verdict: wire.VerdictFollow, Cursor: at(cursor)}},
	}})
}

// TestCoreNeverMisbehaves lets a core live through any order of events.
func TestCoreNeverMisbehaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		half := func(limit time.Duration) time.Duration { return limit / 2 }
		m := &machine{core: ship.NewCore(storyStart, half), now: storyStart, held: ship.Held{Head: at(0)}}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			m.sends = 0
			m.act(t, rapid.IntRange(0, 9).Draw(t, "act"))
			m.idle(t)
		}
	})
}

func (m *machine) act(t *rapid.T, what int) {
	switch {
	case what == 0:
		m.held.Head = at(m.held.Head.Seq + rapid.Uint64Range(0, 3000).Draw(t, "appended"))
	case what == 1:
		m.held.Unstored = rapid.Uint64Range(0, m.held.Head.Seq).Draw(t, "unstored")
		m.held.Uploading = m.held.Unstored > 0
	case what == 2:
		m.now = m.now.Add(time.Duration(rapid.Int64Range(0, int64(2*time.Minute)).Draw(t, "wait")))
	case m.dialing:
		m.dialing = false
		if rapid.Bool().Draw(t, "reached") {
			m.session, m.flights, m.sent = true, nil, 0
			m.step(t, ship.Event{Kind: ship.Connected})
		} else {
			m.lose(t, ship.Lost)
		}
	case !m.session:
	case what == 3:
		m.lose(t, ship.Lost)
	case what == 4:
		m.lose(t, ship.Refused)
	case m.core.Phase == ship.Greeting:
		m.welcome(t)
	case what == 5:
		m.step(t, ship.Event{Kind: ship.Beaten})
	case what == 6:
		m.step(t, ship.Event{Kind: ship.Alive})
	case len(m.flights) > 0:
		n := rapid.IntRange(1, len(m.flights)).Draw(t, "receipted")
		last := m.flights[n-1]
		m.flights, m.held.Receipted = m.flights[n:], max(m.held.Receipted, last)
		m.step(t, ship.Event{Kind: ship.Receipted, Receipt: wire.Receipt{Incarnation: storyInc, Last: last}})
	}
	m.step(t, ship.Event{Kind: ship.Tick})
}

// idle goes from wake-up to wake-up: time moves on, so that the driver never
// spins, and silence is noticed within 5 s.
func (m *machine) idle(t *rapid.T) {
	for range 3 {
		next := m.core.NextWake(m.now)
		require.False(t, next.Before(m.now), "in %s: a wake-up in the past after a tick", m.core.Phase)
		if m.core.Phase == ship.Following && !m.held.Uploading && len(m.flights) == 0 {
			require.LessOrEqual(t, next.Sub(m.core.Heard), 5*time.Second)
		}
		if m.core.Phase == ship.Dialing || rapid.Bool().Draw(t, "busy") {
			return
		}
		m.now = next
		m.sends = 0
		m.step(t, ship.Event{Kind: ship.Tick})
	}
}
