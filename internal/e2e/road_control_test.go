package e2e

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const roadRTT = 100 * time.Millisecond

// road runs a test over a simulated road in time of its own. That nothing is
// left running is part of it: the bubble waits for every goroutine.
func road(t *testing.T, rtt time.Duration, test func(t *testing.T, o *office, p *outpost)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, rtt)
		p := o.outpost(1)
		p.start()
		test(t, o, p)
		p.stop()
		o.stop()
	})
}

func TestRoadEntriesAndNotices(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(300)
		p.secured(10 * time.Second)
		cursor, known, err := o.Cursor(p.kit.Identity.Node, p.kit.Incarnation)
		require.NoError(t, err)
		require.True(t, known)
		require.Equal(t, p.state().Head, cursor)
		require.Equal(t, 1, p.welcomes(), "a welcome is kept once")
	})
}

// A cut of three days is noticed within 5 s, and the first receipt comes three
// round trips after the hub is heard again.
func TestRoadCutForDays(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(1)
		p.secured(5 * time.Second)
		wait(10 * time.Second)
		o.road.cut(true)
		require.LessOrEqual(t, p.phase(5*time.Second, ship.Down), 5*time.Second)
		p.mu.Lock()
		p.lazy = true
		p.mu.Unlock()
		p.append(20)
		wait(72*time.Hour - time.Minute)
		p.mu.Lock()
		p.lazy = false
		p.mu.Unlock()
		wait(time.Minute)
		require.EqualValues(t, 1, p.state().Receipted)
		before := o.road.sentUp()
		o.road.cut(false)
		took := p.until(20*time.Second, func(st journal.State) bool { return st.Receipted > 1 })
		t.Logf("first receipt %v after the return, %d bytes", took, o.road.sentUp()-before)
		require.LessOrEqual(t, took, 5*time.Second+3*roadRTT)
		p.secured(5 * time.Second)
	})
}

func TestRoadReceiptInThreeRoundTrips(t *testing.T) {
	road(t, 600*time.Millisecond, func(t *testing.T, _ *office, p *outpost) {
		t.Helper()
		p.append(1)
		// The ship began with the test: dial, hello, batch.
		require.LessOrEqual(t, p.secured(10*time.Second), 3*600*time.Millisecond+50*time.Millisecond)
		wait(5 * time.Second)
		p.append(1)
		require.LessOrEqual(t, p.secured(10*time.Second), 600*time.Millisecond+50*time.Millisecond)
	})
}

func TestRoadWithLoss(t *testing.T) {
	road(t, 200*time.Millisecond, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.road.set(func(up, down *way) { up.loss, down.loss = 0.05, 0.05 })
		p.append(500)
		p.secured(2 * time.Minute)
		wait(10 * time.Minute)
		require.Equal(t, ship.Following.String(), p.ship.Status().Phase)
		require.LessOrEqual(t, p.dialed(), 2, "loss alone ends no session")
	})
}

// Only one way works: both directions are noticed.
func TestRoadOneWayCut(t *testing.T) {
	for name, cut := range map[string]func(up, down *way){
		"Up":   func(up, _ *way) { up.cut = true },
		"Down": func(_, down *way) { down.cut = true },
	} {
		t.Run(name, func(t *testing.T) {
			road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
				t.Helper()
				p.append(1)
				p.secured(5 * time.Second)
				wait(3 * time.Second)
				o.road.set(cut)
				// A ping may have been answered just before.
				require.LessOrEqual(t, p.phase(10*time.Second, ship.Down), ship.Silence+ship.Heartbeat+100*time.Millisecond)
				p.append(5)
				o.road.set(func(up, down *way) { up.cut, down.cut = false, false })
				p.secured(15 * time.Second)
			})
		})
	}
}

// A slow link that is full of batches is not taken for a lost one.
func TestRoadSlow(t *testing.T) {
	road(t, 600*time.Millisecond, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.road.set(func(up, _ *way) { up.rate, up.queue = 64_000, 8*time.Second })
		p.append(1000) // about 900 KB: two minutes
		took := p.secured(5 * time.Minute)
		t.Logf("1000 entries in %v over 64 kbit/s, %d bytes", took, o.road.sentUp())
		require.LessOrEqual(t, p.dialed(), 2, "one session, and one dial that was beside it at most")
	})
}

// Cut again and again, a slow link still gets its entries through.
func TestRoadSlowAndCut(t *testing.T) {
	road(t, 600*time.Millisecond, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.road.set(func(up, _ *way) { up.rate, up.queue = 64_000, 8*time.Second })
		p.append(300)
		for range 20 {
			wait(30 * time.Second)
			o.road.cut(true)
			wait(10 * time.Second)
			o.road.cut(false)
		}
		p.secured(time.Minute)
	})
}

func TestRoadHubRestarts(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		for range 5 {
			p.append(50)
			p.until(20*time.Second, func(st journal.State) bool { return st.Receipted > st.Head.Seq-50 })
			p.append(50)
			o.stop()
			p.append(10)
			wait(3 * time.Second)
			o.serve()
			p.secured(20 * time.Second)
		}
		counts, err := o.Counts()
		require.NoError(t, err)
		require.EqualValues(t, 550, counts.Commits, "each entry once")
	})
}

// An outcome that is not known ends the session; the node sends again, and the
// ledger knows what it has.
func TestRoadUnknownOutcome(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(1)
		p.secured(5 * time.Second)
		unknown := fault.New(fault.Unavailable, "office: propose", "outcome unknown", nil)
		o.set(func() { o.unknown = unknown })
		p.append(100)
		p.phase(5*time.Second, ship.Down)
		require.Equal(t, "unavailable", p.ship.Status().Reason)
		o.set(func() { o.unknown, o.fail = nil, unknown })
		wait(20 * time.Second)
		o.set(func() { o.fail = nil })
		p.secured(15 * time.Second)
		counts, err := o.Counts()
		require.NoError(t, err)
		require.EqualValues(t, 101, counts.Commits, "each entry once")
	})
}

// A session whose node does not read holds up nobody else.
func TestRoadClonedNode(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(1)
		p.secured(5 * time.Second)
		older := o.raw(2)
		require.Equal(t, wire.VerdictFollow, older.greet(p.state().Head).Decisions[0].Verdict)
		p.phase(10*time.Second, ship.Down) // the clone took over
		require.Equal(t, "stale", p.ship.Status().Reason)
		p.append(3)
		p.secured(10 * time.Second)
		r := older.refusal()
		require.Equal(t, fault.Stale.String(), r.Kind.String())
		older.close()
	})
}

// A fork quarantines the node; once people have decided it goes on, without a
// restart.
func TestRoadForkAndUnfence(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(3)
		p.secured(5 * time.Second)
		o.do(ledger.Revoke{Time: o.now(), Action: ledger.RevokeFence, Node: p.kit.Identity.Node})
		p.append(1)
		p.phase(10*time.Second, ship.Quarantined)
		wait(20 * time.Second)
		st := p.ship.Status()
		require.Equal(t, "fork", st.Reason)
		require.Equal(t, ship.Quarantined.String(), st.Phase)
		o.road.cut(true)
		wait(10 * time.Minute)
		require.Equal(t, "fork", p.ship.Status().Reason, "a cut link does not hide it")
		o.road.cut(false)
		dials := p.dialed()
		wait(20 * time.Minute)
		require.LessOrEqual(t, p.dialed()-dials, 11, "it is asked every few minutes")
		o.do(ledger.Revoke{Time: o.now(), Action: ledger.RevokeUnfence, Node: p.kit.Identity.Node})
		p.secured(5 * time.Minute)
	})
}

// A history that the hub does not share is seen by the node, which says so.
func TestRoadForkSeenByNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		first, second := o.outpost(1), o.outpost(2)
		first.append(2)
		first.start()
		first.secured(10 * time.Second)
		first.stop()
		second.append(5) // the same incarnation, other entries
		second.start()
		second.phase(20*time.Second, ship.Quarantined)
		wait(5 * time.Second)
		node, err := o.Node(o.kit.Identity.Node)
		require.NoError(t, err)
		require.True(t, node.Fenced, "the hub knows")
		alarms, err := o.Alarms(0, 10)
		require.NoError(t, err)
		require.Len(t, alarms, 1)
		second.stop()
		o.stop()
	})
}

// A history that differs at hello is kept as evidence; people let the machine go
// on, and it does without a restart, in a new incarnation, with all that it had.
func TestRoadForkSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		first, second := o.outpost(1), o.outpost(2)
		first.append(3)
		first.start()
		first.secured(10 * time.Second)
		first.stop()
		second.append(3) // the same length, other entries
		second.start()
		second.phase(20*time.Second, ship.Quarantined)
		wait(5 * time.Second)
		id := o.kit.Identity.Node
		f, err := o.Fork(id)
		require.NoError(t, err)
		require.Len(t, f.Evidence, 1)
		require.Equal(t, ledger.SeenAtHello, f.Evidence[0].Seen)
		require.Equal(t, second.state().Head, f.Evidence[0].At)
		require.NotEmpty(t, f.Evidence[0].Place)
		second.append(2)
		wait(20 * time.Minute)
		f, err = o.Fork(id)
		require.NoError(t, err)
		require.Len(t, f.Evidence, 1, "it asks again and again, and is noted once")
		before := second.state().Head.Incarnation
		o.do(ledger.SettleFork{Time: o.now(), Node: id, Choice: ledger.ForkGoOn, Seen: 1, Reason: "seen", Who: "root"})
		second.secured(10 * time.Minute)
		require.NotEqual(t, before, second.state().Head.Incarnation)
		f, err = o.Fork(id)
		require.NoError(t, err)
		require.Equal(t, second.state().Head.Incarnation, f.Settled[0].Next)
		second.stop()

		first.append(1) // it knows nothing of all this
		first.start()
		first.phase(20*time.Second, ship.Quarantined)
		wait(5 * time.Second)
		f, err = o.Fork(id)
		require.NoError(t, err)
		require.True(t, f.Node.Fenced)
		require.Len(t, f.Evidence, 2)
		require.Equal(t, ledger.SeenRetired, f.Evidence[0].Seen)
		first.stop()
		o.stop()
	})
}

// A revoked node asks more and more seldom, and says why.
func TestRoadDenied(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(1)
		p.secured(5 * time.Second)
		o.do(ledger.Revoke{Time: o.now(), Action: ledger.RevokeForGood, Node: p.kit.Identity.Node})
		p.append(1)
		p.phase(10*time.Second, ship.Down)
		wait(10 * time.Minute)
		require.Equal(t, "denied", p.ship.Status().Reason)
		dials := p.dialed()
		wait(30 * time.Minute)
		require.LessOrEqual(t, p.dialed()-dials, 61)
	})
}

func TestRoadClockOffset(t *testing.T) {
	for name, skew := range map[string]time.Duration{"TwoHoursBehind": -2 * time.Hour, "TwoHoursAhead": 2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, roadRTT)
				p := o.outpost(1)
				p.skew = skew
				p.start()
				p.append(1)
				p.secured(10 * time.Second)
				wait(5 * time.Second)
				offset, ok := p.ship.Offset()
				require.True(t, ok)
				require.InDelta(t, float64(-skew), float64(offset), float64(5*time.Millisecond))
				p.stop()
				o.stop()
			})
		})
	}
}
