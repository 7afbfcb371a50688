package ledger

import (
	"encoding/binary"

	"jaliya/internal/kv"
	"jaliya/internal/workflow"
)

// The index of stages holds every open case under kind, state, the moment it
// came there, and its number: counting them, and saying how long they have been
// there, reads 18 bytes a case in order and no case. The value is the serving
// post and the post that holds what the person may collect.

// stagesAtOnce is how many cases from before the level one Observe indexes.
const stagesAtOnce = 4096

const stageKeySize = 18

func stageKey(c Case, entered int64) []byte {
	key := binary.BigEndian.AppendUint64([]byte{c.Flow.Kind, c.Flow.State}, uint64(max(entered, 0)))
	return binary.BigEndian.AppendUint64(key, c.Number)
}

func stageValue(f Flow) []byte {
	at := f.Holder
	if at == "" {
		at = f.Pickup
	}
	return append(postKey(f.Serving), postKey(at)...)
}

// enteredAt gives when a case came into its state. Cases that moved last before
// the level do not say it themselves; their timeline does.
func enteredAt(r kv.Reader, c Case) (int64, error) {
	if c.Entered != 0 || c.Flow.Version == 0 {
		return c.Entered, nil
	}
	line, found, err := load[Line](r, inHistory, numbers(c.Number, c.Flow.Since))
	if err != nil || !found {
		return c.Updated, err
	}
	return line.Time, nil
}

// stage moves a case in the index, counts where it came, and forgets limits of
// the state that it left. before is the case as it was.
func (t *tx) stage(c *Case, before Case) error {
	if !t.watches() {
		return nil
	}
	was, err := enteredAt(t.w, before)
	if err != nil {
		return err
	}
	c.Entered = was
	if before.Flow.State != c.Flow.State || before.Flow.Since != c.Flow.Since {
		c.Entered, c.Late = t.time, 0
		if workflow.State(c.Flow.State) == workflow.PouchDelayed {
			c.Late = t.time // the limit that passed is what brought it here
		}
	}
	if before.Flow.State != c.Flow.State {
		t.tally.reached(before.Flow, c.Flow)
	}
	old := stageKey(before, was)
	if !over(c.Flow) {
		now := stageKey(*c, c.Entered)
		if err := t.putRaw(inStages, now, stageValue(c.Flow)); err != nil {
			return err
		}
		if string(now) == string(old) {
			return t.lateness(*c, before)
		}
	}
	if before.Flow.Version != 0 {
		if err := t.delete(inStages, old); err != nil {
			return err
		}
	}
	return t.lateness(*c, before)
}

// passed notes that a limit of a case passed and nobody acted.
func (t *tx) passed(c *Case, timer Timer) error {
	if !t.watches() {
		return nil
	}
	before := *c
	switch clock := workflow.Clock(timer.Clock); {
	case clock == workflow.ClockLegal || clock == workflow.ClockTarget:
		if c.Overdue == 0 {
			c.Overdue = timer.Due
		}
	case c.Late == 0:
		c.Late = timer.Due
	}
	return t.lateness(*c, before)
}

// late gives when the first limit passed that still counts, 0 for none.
func (c *Case) late() int64 {
	switch {
	case over(c.Flow):
		return 0
	case c.Late == 0 || c.Overdue != 0 && c.Overdue < c.Late:
		return c.Overdue
	}
	return c.Late
}

// lateness keeps the index of cases past a limit.
func (t *tx) lateness(c, before Case) error {
	since := c.late()
	switch {
	case since != 0:
		return t.putRaw(inLate, number(c.Number), append(number(uint64(max(since, 0))), c.Flow.Kind, c.Flow.State))
	case before.Late != 0 || before.Overdue != 0:
		return t.delete(inLate, number(c.Number))
	}
	return nil
}

// fillStages indexes a page of cases from before the level.
func (t *tx) fillStages(w *watching) error {
	for n := 0; n < stagesAtOnce && w.Staged < w.StageTo; n++ {
		w.Staged++
		c, found, err := load[Case](t.w, inCases, number(w.Staged))
		if err != nil {
			return err
		}
		if !found || over(c.Flow) {
			continue
		}
		entered, err := enteredAt(t.w, c)
		if err != nil {
			return err
		}
		if err := t.putRaw(inStages, stageKey(c, entered), stageValue(c.Flow)); err != nil {
			return err
		}
	}
	return nil
}

// markStages notes, when the level is raised, which cases are to be indexed.
func (t *tx) markStages(level uint32) error {
	if t.watches() || level < featureWatch || t.counts.Cases == 0 {
		return nil
	}
	return t.put(inMeta, keyWatch, watching{StageTo: t.counts.Cases})
}
