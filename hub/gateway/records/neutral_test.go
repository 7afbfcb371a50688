package records_test

import (
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/neutral"
	outoffice "jaliya/internal/outside/records"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// level is the chance at which two samples of one source are taken for samples
// of two, over all figures together.
const level = 0.001

// trace is everything that the hub's side can see of one case: figures by name,
// and what has no order as text.
type trace struct {
	found   bool // known to the office alone
	figures map[string]float64
	shape   string
}

// observe lets many requests through hub and office, and gives what can be seen
// of each, so long after the last came, that was not refused.
func observe(t *testing.T, after time.Duration, change func(*outoffice.Config)) (traces []trace) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w, stop := newWorld(t, func(c *outoffice.Config) {
			c.Hit, c.Ask, c.Refuse, c.Slot = 0.5, 0.15, 0.05, 5*time.Minute
		}, change)
		defer stop()
		random := mathrand.New(mathrand.NewPCG(4, 4))
		var all []filed
		told, looked := map[uint64]time.Time{}, time.Now()
		arrival := func() time.Duration { return time.Duration(random.ExpFloat64() * float64(time.Minute)) }
		for next := time.Now(); len(all) < requests || time.Since(next) < after; {
			if len(all) < requests {
				all = append(all, w.file())
				next = next.Add(arrival())
				<-time.After(time.Until(next))
			} else {
				<-time.After(10 * time.Minute)
			}
			if time.Since(looked) > 5*time.Minute {
				looked = time.Now()
				w.replyToAll(all, told)
			}
		}
		for _, f := range all {
			if one, ok := w.trace(f); ok {
				traces = append(traces, one)
			}
		}
	})
	return traces
}

// replyToAll answers each question twenty minutes after it was asked.
func (w *world) replyToAll(all []filed, told map[uint64]time.Time) {
	for _, f := range all {
		if w.state(f) != workflow.IdentityQuery {
			continue
		}
		if told[f.number].IsZero() {
			told[f.number] = time.Now()
		} else if time.Since(told[f.number]) > 20*time.Minute {
			w.reply(f)
		}
	}
}

// trace gathers what is to be seen of a case: the road, the ledger, the vault,
// the log, the figures.
func (w *world) trace(f filed) (one trace, answered bool) {
	w.tb.Helper()
	id := fmt.Sprintf("c0ffee-%d", f.number)
	v := w.view(f)
	one = trace{found: w.simulator().Found(id), figures: map[string]float64{}}
	if workflow.State(v.Flow.State) == workflow.Rejected {
		return one, false // for a reason of person or right, alike for both
	}
	fig := one.figures
	for _, name := range []string{"vault bytes", "seconds from order to issue"} {
		fig[name] = 0 // where nothing came
	}
	for _, e := range w.seen[id] {
		fig["exchanges"]++
		fig["bytes to the office"] += float64(e.up)
		fig["bytes from the office"] += float64(e.down)
		fig["longest answer"] = max(fig["longest answer"], float64(e.down))
	}
	orders := map[uint64]bool{}
	var began, asked int64
	for _, line := range v.Timeline {
		fig["ledger: bytes of history"] += float64(len(wire.Marshal(line)))
		one.shape += fmt.Sprintf("%d>%d by %d why %d; ", line.Event, line.State, line.Actor, line.Reason)
		switch {
		case workflow.State(line.State) == workflow.WithIssuer:
			began = line.Time
			if asked == 0 {
				asked = began
			}
		case workflow.Event(line.Event) == workflow.RecordIssued:
			fig["seconds from order to issue"] = float64((line.Time - began) / 1000)
			fig["seconds from payment to issue"] = float64((line.Time - asked) / 1000)
		}
	}
	for _, o := range w.ordersOf(f.number) {
		orders[o.ID] = true
		fig["ledger: bytes of orders"] += float64(len(wire.Marshal(o)))
		fig["attempts"] += float64(o.Attempts)
		one.shape += fmt.Sprintf("order %d %d %d %d %s; ", o.Kind, o.State, o.Event, o.Reason, o.Last)
	}
	fig["ledger: bytes of the case"] = float64(len(wire.Marshal(v.Case)))
	if len(v.Flow.Serial) > 0 && workflow.State(v.Flow.State) == workflow.Issued {
		fig["vault bytes"] = float64(len(w.stored(serialOf(v))))
	}
	count, size := w.logged(orders)
	fig["log lines"], fig["log bytes"] = float64(count), float64(size)
	for name, added := range w.figures[f.number] {
		fig["metric "+name] = added
	}
	return one, true
}

// ordersOf gives the orders of a case, once the world stands still.
func (w *world) ordersOf(number uint64) []ledger.Order {
	if w.byCase != nil {
		return w.byCase[number]
	}
	w.byCase = map[uint64][]ledger.Order{}
	for n := uint64(1); ; n++ {
		o, err := w.Order(n)
		if err != nil {
			break // there are no more
		}
		w.byCase[o.Case] = append(w.byCase[o.Case], o)
	}
	return w.byCase[number]
}

// logged counts what the log says of some orders.
func (w *world) logged(orders map[uint64]bool) (count, size int) {
	if w.byOrder == nil {
		w.byOrder = map[uint64][2]int{}
		for line := range strings.Lines(w.log.String()) {
			var in struct {
				ID uint64 `json:"id"`
			}
			require.NoError(w.tb, json.Unmarshal([]byte(line), &in))
			held := w.byOrder[in.ID]
			w.byOrder[in.ID] = [2]int{held[0] + 1, held[1] + len(line)}
		}
	}
	for id := range orders {
		count, size = count+w.byOrder[id][0], size+w.byOrder[id][1]
	}
	return count, size
}

// report compares every figure and gives the names of those that differ.
func report(t *testing.T, traces []trace) []string {
	t.Helper()
	found := 0
	samples := make([]neutral.Sample, 0, len(traces))
	for _, one := range traces {
		if one.found {
			found++
		}
		samples = append(samples, neutral.Sample{Second: one.found, Figures: one.figures})
	}
	t.Logf("%d requests with a find, %d without", found, len(traces)-found)
	require.Greater(t, min(found, len(traces)-found), requests/4)
	list := neutral.Compare(samples, level)
	for _, r := range list {
		t.Logf("%-110s find %11.1f  none %11.1f  D %.3f  p %.6f", r.Name, r.Means[1], r.Means[0], r.D, r.P)
	}
	return neutral.Differ(list)
}

// TestNothingTells sends many requests to an office and asks whether anything
// that can be seen outside of it tells a find from none. The same question finds
// an office that lets go early, and one that does not pad.
func TestNothingTells(t *testing.T) {
	if testing.Short() {
		t.Skip("some hundred documents")
	}
	t.Run("OK", func(t *testing.T) {
		traces := observe(t, 7*time.Hour, func(*outoffice.Config) {})
		require.Empty(t, report(t, traces))
		shapes := [2]map[string]bool{{}, {}}
		for _, one := range traces {
			require.Positive(t, one.figures["vault bytes"], "each was issued")
			require.Positive(t, one.figures["log lines"])
			which := 0
			if one.found {
				which = 1
			}
			shapes[which][anyOrder(one.shape)] = true
		}
		require.Equal(t, shapes[0], shapes[1], "events, states, actors, reasons and the orders' last words")
		require.NotEmpty(t, shapes[0])
	})
	if !powerful {
		return
	}
	t.Run("ErrLeaky", func(t *testing.T) {
		differ := report(t, observe(t, 4*time.Hour, func(c *outoffice.Config) { c.Leaky = true }))
		require.Subset(t, differ, []string{"seconds from order to issue", "exchanges", "log lines"})
	})
	t.Run("ErrUnpadded", func(t *testing.T) {
		traces := observe(t, time.Hour, func(c *outoffice.Config) { c.Unpadded = true })
		require.Contains(t, report(t, traces), "longest answer")
		for _, one := range traces {
			require.Zero(t, one.figures["vault bytes"], "and none is passed on")
		}
	})
}

// anyOrder takes the parts of a shape as a set: how orders of other kinds were
// numbered is no matter.
func anyOrder(shape string) string {
	parts := strings.Split(shape, "; ")
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}
