package localnet

import (
	"context"
	"time"

	"jaliya/internal/workflow"
)

// since remembers when something was seen first, for one counter.
type since map[string]time.Time

// age tells for how long it has been seen.
func (s since) age(of string) time.Duration {
	if len(s) > dayMemory {
		clear(s)
	}
	at, seen := s[of]
	if !seen {
		at = time.Now()
		s[of] = at
	}
	return time.Since(at)
}

// counter is the table of a post at which bags are opened and cards given out. At
// the post of the late bags nobody looks into the mail: a bag is opened there long
// after it is late.
func (d *day) counter(p *Post) func(context.Context) error {
	seen := since{}
	b := newBench(p, nil, nil)
	b.known = d.waitsFor
	b.given = func(reference string) {
		d.forget(reference)
		d.count(&d.figures.handed)
	}
	b.here = func(bag tableView) bool {
		if p == d.latePost() {
			return bag.State == workflow.PouchDelayed.String() && seen.age(bag.Pouch) > scaled(d.pace, dayForgotten) || bag.Arrived != ""
		}
		return bag.Arrived != "" || seen.age(bag.Pouch) > scaled(d.pace, dayRoad)
	}
	b.comes = func(reference string) bool { return seen.age(reference) > scaled(d.pace, dayComing) }
	return func(ctx context.Context) error {
		if err := d.rest(ctx, dayLook); err != nil {
			return err
		}
		return b.round(ctx)
	}
}
