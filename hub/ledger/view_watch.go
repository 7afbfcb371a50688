package ledger

import (
	"bytes"
	"encoding/binary"

	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/workflow"
)

// Observations gives what was last heard of each post.
func (v Views) Observations() ([]Observation, error) { return all[Observation](v, inReports) }

// Descriptions gives what people said of posts.
func (v Views) Descriptions() ([]Described, error) { return all[Described](v, inDescribed) }

// Posts gives the posts that have had a machine.
func (v Views) Posts() ([]Post, error) { return all[Post](v, inPosts) }

// Needs gives what is remembered of needs, ended ones that were not told so
// among them, in the order of their keys.
func (v Views) Needs() ([]Need, error) { return view(v, needsOf) }

// Observed gives the time of the newest Observe, 0 when there was none.
func (v Views) Observed() (int64, error) {
	return view(v, func(r kv.Reader) (int64, error) {
		w, _, err := load[watching](r, inMeta, keyWatch)
		return w.Observed, err
	})
}

// all reads a bucket that holds at most one value a post.
func all[T any](v Views, in bucket) ([]T, error) {
	return view(v, func(r kv.Reader) (values []T, err error) {
		r.Ascend(in, nil, func(key, raw []byte) bool {
			var value T
			if value, err = decode[T](in, key, raw); err == nil {
				values = append(values, value)
			}
			return err == nil && len(values) < MaxSlice
		})
		return values, err
	})
}

// HourOf gives the number of the hour of a time in milliseconds since 1970.
func HourOf(time int64) uint64 { return hourOf(time) }

// Hours gives a post's hours from one to another, both included, at most
// fourteen days; hours of which nothing is known are zero.
func (v Views) Hours(post consular.PostID, from, to uint64) ([]HourPoint, error) {
	if to < from || to-from > keepHours {
		from = to - min(to, keepHours)
	}
	return view(v, func(r kv.Reader) ([]HourPoint, error) {
		points := make([]HourPoint, 0, to-from+1)
		for hour := from; hour <= to; hour++ {
			p, _, err := load[HourPoint](r, inHours, hourPostKey(hour, post))
			if err != nil {
				return nil, err
			}
			points = append(points, p)
		}
		return points, nil
	})
}

// Figures sums the hours from one to another, both included.
func (v Views) Figures(from, to uint64) (Figures, error) {
	return view(v, func(r kv.Reader) (sum Figures, err error) {
		r.Ascend(inFigures, number(from), func(key, raw []byte) bool {
			if toNumber(key) > to {
				return false
			}
			var f Figures
			if f, err = decode[Figures](inFigures, key, raw); err == nil {
				sum.add(f)
			}
			return err == nil
		})
		return sum, err
	})
}

// Stage counts the open cases of one kind in one state. Entered lists when each
// came there, oldest first.
type Stage struct {
	Kind, State uint8
	Entered     []int64
	Breaching   int   // past a limit
	Since       int64 // when the first of those limits passed
	Today       int   // pass one before the moment that was asked for
	First       int64 // when the first of those passes
}

// Standing is where all open cases are.
type Standing struct {
	Stages []Stage // by kind and state
	// Serving counts open requests by the post that enrolled them, Waiting the
	// documents that lie at a post for their owners.
	Serving, Waiting map[consular.PostID]int
}

// Standing reads the index of stages, and the cases whose next limit passes
// until a moment: no case else.
func (v Views) Standing(until int64) (Standing, error) {
	return view(v, func(r kv.Reader) (Standing, error) {
		s := Standing{Serving: map[consular.PostID]int{}, Waiting: map[consular.PostID]int{}}
		places := map[[2]uint8]int{}
		serving, waiting := map[[8]byte]int{}, map[[8]byte]int{}
		r.Ascend(inStages, nil, func(key, value []byte) bool {
			if len(key) != stageKeySize || len(value) != 16 {
				return true
			}
			place := [2]uint8{key[0], key[1]}
			n, known := places[place]
			if !known {
				n = len(s.Stages)
				places[place] = n
				s.Stages = append(s.Stages, Stage{Kind: key[0], State: key[1]})
			}
			s.Stages[n].Entered = append(s.Stages[n].Entered, int64(binary.BigEndian.Uint64(key[2:]))) //nolint:gosec // written from an int64
			if workflow.Kind(key[0]) != workflow.KindPouch {
				serving[[8]byte(value)]++
				if collectable(workflow.State(key[1])) {
					waiting[[8]byte(value[8:])]++
				}
			}
			return true
		})
		named(serving, s.Serving)
		named(waiting, s.Waiting)
		s.late(r, places)
		return s, s.soon(r, places, until)
	})
}

// collectable tells whether the document lies at the post for its owner.
func collectable(s workflow.State) bool { return s == workflow.Ready || s == workflow.Printed }

func named(from map[[8]byte]int, to map[consular.PostID]int) {
	for key, n := range from {
		if post := bytes.TrimRight(key[:], "\x00"); len(post) > 0 {
			to[consular.PostID(post)] = n
		}
	}
}

// late counts the cases past a limit.
func (s *Standing) late(r kv.Reader, places map[[2]uint8]int) {
	r.Ascend(inLate, nil, func(_, value []byte) bool {
		if len(value) != 10 {
			return true
		}
		n, known := places[[2]uint8{value[8], value[9]}]
		if !known {
			return true
		}
		at := &s.Stages[n]
		at.Breaching++
		if since := int64(toNumber(value)); at.Since == 0 || since < at.Since { //nolint:gosec // written from an int64
			at.Since = since
		}
		return true
	})
}

// soon counts the cases that pass a limit of which people must be told until a
// moment.
func (s *Standing) soon(r kv.Reader, places map[[2]uint8]int, until int64) (err error) {
	r.Ascend(inTimers, nil, func(key, _ []byte) bool {
		if len(key) != 16 || int64(toNumber(key)) > until { //nolint:gosec // written from an int64
			return false
		}
		var c Case
		var found bool
		if c, found, err = load[Case](r, inCases, key[8:]); err != nil {
			return false
		}
		n, known := places[[2]uint8{c.Flow.Kind, c.Flow.State}]
		due := c.alarmUntil(until)
		if !found || !known || due == 0 || c.late() != 0 {
			return true
		}
		at := &s.Stages[n]
		at.Today++
		if at.First == 0 || due < at.First {
			at.First = due
		}
		return true
	})
	return err
}

// alarmUntil gives when the first limit passes, until a moment, after which the
// case does not move by itself; 0 for none.
func (c *Case) alarmUntil(until int64) (due int64) {
	for _, timer := range c.Timers {
		if timer.Fires == 0 && timer.Due != 0 && timer.Due <= until && (due == 0 || timer.Due < due) {
			due = timer.Due
		}
	}
	return due
}

// LateCases gives the cases of a kind that are past a limit, oldest first, at
// most n, with the moment that the limit passed in Late.
func (v Views) LateCases(kind workflow.Kind, n int) ([]Case, error) {
	return view(v, func(r kv.Reader) (cases []Case, err error) {
		r.Ascend(inLate, nil, func(key, value []byte) bool {
			if len(value) != 10 || value[8] != uint8(kind) {
				return true
			}
			c, found, e := load[Case](r, inCases, key)
			if err = e; found {
				c.Late = c.late()
				cases = append(cases, c)
			}
			return err == nil && len(cases) < bounded(n)
		})
		return cases, err
	})
}

// Backlog is how the open orders of one kind stand.
type Backlog struct {
	Kind   uint8
	Open   int
	Oldest int64   // when the oldest was given
	Failed []Order // those that failed last time, oldest first
}

// Backlogs gives the open orders by kind. It reads an order only when it was
// tried before, at most MaxSlice of them.
func (v Views) Backlogs() ([]Backlog, error) {
	return view(v, func(r kv.Reader) (list []Backlog, err error) {
		read := 0
		r.Ascend(inOpen, nil, func(key, due []byte) bool {
			if len(key) != 9 {
				return true
			}
			if len(list) == 0 || list[len(list)-1].Kind != key[0] {
				list = append(list, Backlog{Kind: key[0]})
			}
			at := &list[len(list)-1]
			first := at.Open == 0
			at.Open++
			if !first && (toNumber(due) == 0 || read >= MaxSlice) {
				return true
			}
			read++
			o, found, e := load[Order](r, inOrders, key[1:])
			if err = e; !found {
				return err == nil
			}
			if first {
				at.Oldest = o.Created
			}
			if o.Failed > 0 {
				at.Failed = append(at.Failed, o)
			}
			return true
		})
		return list, err
	})
}

// FailedOrders gives the open orders that failed last time, oldest first, at
// most n.
func (v Views) FailedOrders(n int) ([]Order, error) {
	return view(v, func(r kv.Reader) (orders []Order, err error) {
		r.Ascend(inOpen, nil, func(key, _ []byte) bool {
			if len(key) != 9 {
				return true
			}
			o, found, e := load[Order](r, inOrders, key[1:])
			if err = e; found && o.Failed > 0 {
				orders = append(orders, o)
			}
			return err == nil && len(orders) < bounded(n)
		})
		return orders, err
	})
}

// Unsettled is how many refused entries of a post nobody has dealt with.
type Unsettled struct {
	Count  int
	Oldest int64
}

// Unsettled counts them by post.
func (v Views) Unsettled() (map[consular.PostID]Unsettled, error) {
	return view(v, func(r kv.Reader) (map[consular.PostID]Unsettled, error) {
		posts := map[consular.PostID]Unsettled{}
		r.Ascend(inUnsettled, nil, func(_, value []byte) bool {
			if len(value) != 16 {
				return true
			}
			post := consular.PostID(bytes.TrimRight(value[:8], "\x00"))
			u := posts[post]
			u.Count++
			if at := int64(toNumber(value[8:])); u.Oldest == 0 || at < u.Oldest { //nolint:gosec // written from an int64
				u.Oldest = at
			}
			posts[post] = u
			return true
		})
		return posts, nil
	})
}

// RefusedFound is a refused entry with what it named.
type RefusedFound struct {
	RefusedLine
	Stored Stored
}

// RefusedNewest gives the refused entries, those that nobody has settled first,
// newest first of each, at most n.
func (v Views) RefusedNewest(n int) ([]RefusedFound, error) {
	return view(v, func(r kv.Reader) (found []RefusedFound, err error) {
		take := func(want func(RefusedLine) bool) func(key, raw []byte) bool {
			return func(key, _ []byte) bool {
				line, known, e := load[RefusedLine](r, inRefused, key)
				if err = e; err != nil || !known || !want(line) {
					return err == nil
				}
				s, _, e := load[Stored](r, inEntries, number(line.Commit))
				err = e
				found = append(found, RefusedFound{RefusedLine: line, Stored: s})
				return err == nil && len(found) < bounded(n)
			}
		}
		r.Descend(inUnsettled, nil, take(func(RefusedLine) bool { return true }))
		if err != nil || len(found) >= bounded(n) {
			return found, err
		}
		r.Descend(inRefused, nil, take(func(line RefusedLine) bool { return r.Get(inUnsettled, number(line.Number)) == nil }))
		return found, err
	})
}
