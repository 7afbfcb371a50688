package intake

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/vault/owners"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// asked is a session of a node that is to bring objects again, and the times at
// which it was asked for each since it began.
type asked struct {
	*session
	at    map[wire.Digest][]time.Duration
	began time.Time
	done  chan error
	stop  context.CancelFunc
}

func newAsked(t *testing.T, w *wanted, hears bool) *asked {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	a := &asked{
		session: &session{
			Intake: &Intake{cfg: Config{Now: time.Now, Logger: slog.New(slog.DiscardHandler)}, wanted: w},
			node:   ledger.Node{ID: wire.NodeID{1}}, hears: hears, order: newOrder(place1(0)),
			flights: make(chan struct{}, maxUnreceipted), out: make(chan outgoing), last: make(chan parting, 1),
		},
		at: map[wire.Digest][]time.Duration{}, began: time.Now(), done: make(chan error, 1), stop: cancel,
	}
	a.flights <- struct{}{} // of the reader
	go func() { a.done <- a.askBack(ctx) }()
	return a
}

// hear notes what is asked for within a time.
func (a *asked) hear(t *testing.T, d time.Duration) {
	t.Helper()
	end := time.After(d)
	for {
		select {
		case o := <-a.out:
			require.Equal(t, wire.FrameMissing, o.kind)
			digest := wire.Digest(o.payload)
			a.at[digest] = append(a.at[digest], time.Since(a.began))
		case p := <-a.last:
			require.FailNow(t, "the session ends", "%v", p.err)
		case <-end:
			return
		}
	}
}

func (a *asked) end(t *testing.T) {
	t.Helper()
	a.stop()
	require.ErrorIs(t, <-a.done, context.Canceled)
}

func lost(n int) owners.Digests {
	all := owners.Digests{}
	for i := range n {
		all[wire.Digest{byte(i), 7}] = true
	}
	return all
}

func lack(w *wanted, of owners.Digests) {
	w.replace(map[wire.NodeID]owners.Digests{{1}: of}, of)
}

// A node that cannot bring an object is asked for it more and more rarely, and
// works on in the same session.
func TestAskMoreAndMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWanted()
		lack(w, lost(1))
		a := newAsked(t, w, true)
		a.hear(t, 100*time.Hour)
		at := a.at[wire.Digest{0, 7}]
		h, began := time.Hour, askAfter
		require.Equal(t, []time.Duration{began, began + h, began + 3*h, began + 7*h, began + 15*h, began + 31*h, began + 63*h, began + 95*h}, at)
		lack(w, nil) // another node brought it
		a.hear(t, 100*time.Hour)
		require.Len(t, a.at[wire.Digest{0, 7}], len(at))
		lack(w, lost(1)) // and the disk spoils it once more
		a.hear(t, 90*time.Minute)
		require.Len(t, a.at[wire.Digest{0, 7}], len(at)+2)
		a.end(t)
	})
}

// Many objects are asked for one after the other, each at its own times; what has
// been asked for in an earlier session is not forgotten in the next.
func TestAskForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 50
		w := newWanted()
		lack(w, lost(count))
		a := newAsked(t, w, true)
		a.hear(t, count*askAfter+time.Second)
		require.Len(t, a.at, count)
		seen := make([]bool, count+1)
		for _, at := range a.at {
			require.Len(t, at, 1)
			n := at[0] / askAfter
			require.False(t, seen[n], "one at a time")
			seen[n] = true
		}
		a.end(t)
		a = newAsked(t, w, true)
		a.hear(t, 20*time.Minute)
		require.Empty(t, a.at)
		a.hear(t, 5*24*time.Hour)
		for _, at := range a.at {
			require.LessOrEqual(t, len(at), 8)
		}
		a.end(t)
	})
}

// What a session has under way goes first.
func TestAskOnlyWhenIdle(t *testing.T) {
	busy := map[string]func(*session) (free func()){
		"a batch under way": func(s *session) func() {
			s.flights <- struct{}{}
			return func() { <-s.flights }
		},
		"a batch before its turn": func(s *session) func() {
			_, _ = s.order.take(time.Now(), piece(10, 20), anyRoom)
			return func() { s.order.drop() }
		},
	}
	for name, block := range busy {
		for _, hears := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWanted()
					a := newAsked(t, w, hears)
					free := block(a.session)
					lack(w, lost(1))
					a.hear(t, 3*time.Hour)
					require.Empty(t, a.at)
					free()
					if hears {
						a.hear(t, 2*beat)
						require.Len(t, a.at, 1)
						a.end(t)
						return
					}
					p := <-a.last
					require.ErrorAs(t, p.err, new(missingImageError))
					a.stop()
					require.True(t, fault.Is(<-a.done, fault.NotFound))
				})
			})
		}
	}
}

// Software of before is told by a refusal, which ends the session: rarely, however much
// it cannot bring, and often while it does.
func TestAskOlderSoftware(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, began := newWanted(), time.Now()
		lack(w, lost(50))
		ended := 0
		for time.Since(began) < 10*24*time.Hour {
			a := newAsked(t, w, false)
			select {
			case p := <-a.last:
				require.ErrorAs(t, p.err, new(missingImageError))
				ended++
				a.stop()
				require.True(t, fault.Is(<-a.done, fault.NotFound))
			case <-time.After(10*24*time.Hour - time.Since(began)):
				a.end(t)
			}
		}
		require.Len(t, w.asked, ended, "each has its turn")
		require.Equal(t, 12, ended, "after 1, 2, 4, 8, 16 hours, and then each 32")
		// One that brings what it is asked for is asked for the next at once.
		left := lost(50)
		w = newWanted()
		began = time.Now()
		for len(left) > 0 {
			lack(w, left)
			a := newAsked(t, w, false)
			p := <-a.last
			var missing missingImageError
			require.ErrorAs(t, p.err, &missing)
			delete(left, missing.digest)
			a.stop()
			require.True(t, fault.Is(<-a.done, fault.NotFound))
		}
		require.LessOrEqual(t, time.Since(began), 51*askAfter)
	})
}
