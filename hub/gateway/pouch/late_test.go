package pouch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/pouch"
	"jaliya/hub/ledger"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

const soon = 300 * time.Millisecond

// pouchOf gives the first pouch of the ledger.
func (w *world) pouchOf() (ledger.PouchView, bool) {
	w.tb.Helper()
	list, err := w.Pouches(0, 1)
	require.NoError(w.tb, err)
	if len(list) == 0 {
		return ledger.PouchView{}, false
	}
	p, err := w.Pouch(consular.PouchID(list[0].Reference))
	require.NoError(w.tb, err)
	return p, true
}

// lateAfter gives how long the bag was under way when it was called late.
func lateAfter(t *testing.T, p ledger.PouchView) time.Duration {
	t.Helper()
	left, late := int64(0), int64(0)
	for _, line := range p.Timeline {
		if workflow.Event(line.Event) == workflow.BagLeft {
			left = line.Time
		}
		if workflow.Event(line.Event) == workflow.BagLate {
			late = line.Time
		}
	}
	require.NotZero(t, left)
	require.NotZero(t, late)
	return time.Duration(late-left) * time.Millisecond
}

// TestLate: a bag that is under way for longer than the configured time is late,
// also where people pack and send; its post is told.
func TestLate(t *testing.T) {
	for name, c := range map[string]struct {
		cfg pouch.Config
	}{
		"ByRule": {cfg: pouch.Config{Auto: true, Cards: 1, Late: config.Duration(soon)}},
		"ByHand": {cfg: pouch.Config{Late: config.Duration(soon)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.cfg, false)
			ref := w.release(0)
			if !c.cfg.Auto {
				w.until("produced", func() bool { return w.state(ref) == workflow.Produced })
				label, err := w.desk.Pack(t.Context(), ref, "")
				require.NoError(t, err)
				require.NoError(t, w.desk.Close(t.Context(), label, "MA-000017"))
				w.until("told", func() bool { p, _ := w.pouchOf(); return p.Sent != nil && p.Sent.Told != 0 })
				require.NoError(t, w.desk.Send(t.Context(), label, "WB-17"))
			}
			w.until("late", func() bool {
				p, found := w.pouchOf()
				return found && workflow.State(p.Flow.State) == workflow.PouchDelayed
			})
			p, _ := w.pouchOf()
			require.GreaterOrEqual(t, lateAfter(t, p), soon)
			told := false
			for _, n := range w.notices() {
				told = told || n.Kind == wire.NoticePouch && workflow.State(n.State) == workflow.PouchDelayed
			}
			require.True(t, told)
			w.clean()
			w.replayed()
		})
	}
}

func TestLateConfig(t *testing.T) {
	require.NoError(t, pouch.Config{}.Validate())
	require.NoError(t, pouch.Config{Late: config.Duration(time.Minute)}.Validate())
	require.ErrorContains(t, pouch.Config{Late: config.Duration(361 * time.Hour)}.Validate(), "late")
	require.ErrorContains(t, pouch.Config{Late: -1}.Validate(), "late")
}
