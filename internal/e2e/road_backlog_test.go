package e2e

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"jaliya/consulate-node/journal"
	"jaliya/internal/link"
)

// lossy is one of the links that a backlog is measured over (design.md section
// 9), with what TCP with BBR makes of it.
type lossy struct {
	rate int // bits per second
	rtt  time.Duration
	loss float64
	bbr  float64 // payload as a share of the link
}

var lossyLinks = map[string]lossy{
	"20M-40ms-0.1":  {20_000_000, 40 * time.Millisecond, 0.001, 0.90},
	"4M-220ms-1":    {4_000_000, 220 * time.Millisecond, 0.01, 0.85},
	"1M-600ms-2":    {1_000_000, 600 * time.Millisecond, 0.02, 0.77},
	"256k-800ms-8":  {256_000, 800 * time.Millisecond, 0.08, 0.63},
	"20M-40ms-none": {20_000_000, 40 * time.Millisecond, 0, 0.85},
}

// share drains a backlog of n entries of 1 KiB over the link and gives the
// payload as a share of what the link carries in that time, from the first dial
// to the last receipt.
func (l lossy) share(t *testing.T, n int) (share float64, most int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, l.rtt)
		o.road.set(func(up, down *way) {
			up.rate, up.queue, up.loss = l.rate, max(l.rtt, 50*time.Millisecond), l.loss
			down.rate, down.queue, down.loss = up.rate, up.queue, up.loss
		})
		p := o.outpost(1)
		p.fill(n)
		waits, err := p.journal.Outstanding()
		require.NoError(t, err)
		p.start()
		took := p.until(4*time.Hour, func(st journal.State) bool {
			most = max(most, p.ship.Status().Bulk)
			return st.Receipted == st.Head.Seq
		})
		share = float64(waits.Bytes) * 8 / (float64(l.rate) * took.Seconds())
		t.Logf("%d entries, %d bytes: %v, %.1f %% of the link (TCP with BBR %.0f %%), %d bulk connections at most, %d at the end",
			n, waits.Bytes, took, 100*share, 100*l.bbr, most, p.ship.Status().Bulk)
		p.stop()
		o.stop()
	})
	return share, most
}

// fill appends n entries, many at once: they share syncs.
func (p *outpost) fill(n int) {
	p.t.Helper()
	drafts := make(chan journal.Draft)
	var g errgroup.Group
	for range 64 {
		g.Go(func() error {
			for d := range drafts {
				if _, err := p.journal.Append(p.t.Context(), d); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range n {
		drafts <- p.kit.Release(900)
	}
	close(drafts)
	require.NoError(p.t, g.Wait())
}

// A long backlog over links that lose packets: several connections carry it,
// and the hub puts it in order.
func TestRoadBacklog(t *testing.T) {
	if n, err := strconv.Atoi(os.Getenv("JALIYA_BACKLOG")); err == nil { // the whole measurement: 20000
		for name, l := range lossyLinks {
			t.Run(name, func(t *testing.T) {
				share, _ := l.share(t, n)
				require.Greater(t, share, l.bbr)
			})
		}
		return
	}
	t.Run("OK several connections where packets are lost", func(t *testing.T) {
		share, most := lossyLinks["4M-220ms-1"].share(t, 5000)
		require.Greater(t, share, 0.6, "one connection gets a fifth")
		require.Greater(t, most, 2)
	})
	t.Run("OK none where nothing is lost", func(t *testing.T) {
		share, most := lossyLinks["20M-40ms-none"].share(t, 3000)
		require.Greater(t, share, 0.85)
		require.Zero(t, most)
	})
}

// over gives the road a link's rate and losses, and a queue of one round trip on the
// way up.
func (o *office) over(l lossy) {
	o.road.set(func(up, down *way) {
		up.rate, up.queue, up.loss, down.rate, down.loss = l.rate, l.rtt, l.loss, l.rate, l.loss
	})
}

// After an outage a backlog goes over new connections: those that carried batches
// before may have died unnoticed, and the first receipt would wait for them.
func TestRoadBacklogAgain(t *testing.T) {
	l := lossyLinks["4M-220ms-1"]
	road(t, l.rtt, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.over(l)
		p.fill(4000)
		first := p.secured(5 * time.Minute)
		p.mu.Lock()
		before := slices.Clone(p.bulks)
		p.mu.Unlock()
		require.NotEmpty(t, before)
		o.road.cut(true)
		wait(12 * time.Second)
		p.fill(4000)
		o.road.cut(false)
		begun := p.state().Receipted
		p.until(10*time.Second, func(st journal.State) bool { return st.Receipted > begun })
		again := p.secured(5 * time.Minute)
		t.Logf("first %v, again %v from its first receipt", first, again)
		for _, s := range before {
			require.Error(t, s.Err(), "one that carried batches before the outage may have died unnoticed")
		}
	})
}

// The end of a backlog does not wait for connections that fell silent: what they
// carry goes over another one long before they are given up (15 s).
func TestRoadBacklogEnds(t *testing.T) {
	l := lossyLinks["4M-220ms-1"]
	road(t, l.rtt, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.over(l)
		p.fill(4000)
		p.until(5*time.Minute, func(st journal.State) bool { return st.Head.Seq-st.Receipted < 600 })
		require.NotZero(t, p.ship.Status().Bulk)
		require.NotEqual(t, p.state().Head.Seq, p.state().Receipted)
		o.road.silence(bulkNet, true)
		took := p.until(5*time.Minute, func(st journal.State) bool { return st.Receipted == st.Head.Seq })
		t.Logf("%v after the others fell silent", took)
		require.Less(t, took, 14*time.Second)
	})
}

// A connection that breaks in the middle of a backlog costs nothing but time:
// what it carried goes over the others, and each entry is taken once.
func TestRoadBacklogLosesConnections(t *testing.T) {
	for name, harm := range map[string]func(o *office, p *outpost){
		"OK they break": func(_ *office, p *outpost) {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, s := range p.bulks {
				s.CloseWithReason(link.CodeStopping, "")
			}
		},
		// Nothing comes back over them, and nothing says so.
		"OK they fall silent": func(o *office, _ *outpost) { o.road.silence(bulkNet, true) },
		"OK the link goes": func(o *office, _ *outpost) {
			o.road.cut(true)
			wait(20 * time.Second)
			o.road.cut(false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			road(t, 200*time.Millisecond, func(t *testing.T, o *office, p *outpost) {
				t.Helper()
				l := lossyLinks["4M-220ms-1"]
				o.road.set(func(up, down *way) {
					up.rate, up.queue, up.loss, down.loss = l.rate, l.rtt, l.loss, l.loss
				})
				p.fill(4000)
				for p.ship.Status().Bulk < 2 {
					wait(100 * time.Millisecond)
				}
				require.Less(t, p.state().Receipted, p.state().Head.Seq)
				harm(o, p)
				p.secured(5 * time.Minute)
				cursor, _, err := o.Cursor(p.kit.Identity.Node, p.kit.Incarnation)
				require.NoError(t, err)
				require.Equal(t, p.state().Head, cursor)
			})
		})
	}
}
