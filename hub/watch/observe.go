package watch

import (
	"context"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

// observe has the ledger note what was heard since the last minute, so that it
// is the same at each member and survives a restart.
func (w *Watcher) observe(ctx context.Context, p Picture) error {
	last, err := w.cfg.State.Observed()
	if err != nil {
		return err
	}
	now := w.cfg.Now()
	// What was observed later than now was said by a clock that ran ahead.
	if age := now.Sub(time.UnixMilli(last)); age >= 0 && age < observeEvery {
		return nil
	}
	cluster, err := w.cfg.State.Cluster()
	if err != nil || cluster.Feature < featureWatch {
		return err
	}
	c := ledger.Observe{Time: now.UnixMilli()}
	if c.Reports, err = w.news(c.Time); err != nil {
		return err
	}
	c.Begun, c.Ended = w.turns(p)
	err = w.cfg.Commit(ctx, c)
	if fault.Is(err, fault.Stale) {
		return nil // another member led for a moment, and said it
	}
	return err
}

// report has the ledger note what was heard here, by a member that does not lead:
// posts are connected to any of them.
func (w *Watcher) report(ctx context.Context) error {
	now := w.cfg.Now()
	if age := now.Sub(w.reported); age >= 0 && age < observeEvery {
		return nil
	}
	w.reported = now
	cluster, err := w.cfg.State.Cluster()
	if err != nil || cluster.Feature < featureMembers {
		return err
	}
	c := ledger.NoteReports{Time: now.UnixMilli()}
	if c.Reports, err = w.news(c.Time); err != nil || len(c.Reports) == 0 {
		return err
	}
	return w.cfg.Commit(ctx, c)
}

// featureMembers is the level from which others than the leader report.
const featureMembers = 5

// featureWatch is the level from which the ledger takes it.
const featureWatch = 4

// maxTurns bounds how many needs one command says began or ended; the rest comes
// with the next.
const maxTurns = 512

// news gives the observations that the ledger does not have.
func (w *Watcher) news(now int64) ([]ledger.Observation, error) {
	held, err := w.cfg.State.Observations()
	if err != nil {
		return nil, err
	}
	k := map[string]ledger.Observation{}
	for _, o := range held {
		k[o.Node.String()] = o
	}
	var list []ledger.Observation
	for _, o := range w.cfg.Live() {
		before := k[o.Node.String()]
		if before.Heard > now {
			before.Heard = 0
		}
		if o.Heard < before.Heard || o.Heard == before.Heard && (o.Session == 0) == (before.Session == 0) {
			continue // another member has heard it since, or there is nothing new
		}
		o.Heard, o.Told = min(o.Heard, now), min(o.Told, now)
		o.Session = min(o.Session, o.Heard)
		list = append(list, o)
	}
	return list, nil
}

// turns compares the needs of the picture with those that the ledger remembers.
func (w *Watcher) turns(p Picture) (begun []ledger.Begun, ended []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := map[string]bool{}
	for _, n := range p.Needs {
		now[n.Key] = true
		mark, known := w.marks[n.Key]
		if known && mark.Ended == 0 && mark.Urgency == uint8(n.Urgency) || len(begun) == maxTurns {
			continue
		}
		begun = append(begun, ledger.Begun{Key: n.Key, Urgency: uint8(n.Urgency)})
	}
	for key, mark := range w.marks {
		if !now[key] && mark.Ended == 0 && len(ended) < maxTurns {
			ended = append(ended, key)
		}
	}
	return begun, ended
}
