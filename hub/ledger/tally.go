package ledger

import (
	"encoding/binary"
	"maps"
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/workflow"
)

// Figures count what happened in one hour, or in several.
type Figures struct {
	Opened     uint64 `cbor:"1,keyasint,omitempty"` // requests, not pouches
	Released   uint64 `cbor:"2,keyasint,omitempty"` // packets taken, of new requests and amended ones
	Secured    uint64 `cbor:"3,keyasint,omitempty"` // entries of posts committed
	Issued     uint64 `cbor:"4,keyasint,omitempty"` // cards produced, documents issued
	HandedOver uint64 `cbor:"5,keyasint,omitempty"` // to their owners, opened by them included
	Rejected   uint64 `cbor:"6,keyasint,omitempty"` // requests
	Refused    uint64 `cbor:"7,keyasint,omitempty"` // entries
	Leaderless int64  `cbor:"8,keyasint,omitempty"` // milliseconds without a leader
}

func (f *Figures) add(o Figures) {
	f.Opened += o.Opened
	f.Released += o.Released
	f.Secured += o.Secured
	f.Issued += o.Issued
	f.HandedOver += o.HandedOver
	f.Rejected += o.Rejected
	f.Refused += o.Refused
	f.Leaderless += o.Leaderless
}

// reached counts a state that a request came into.
func (f *Figures) reached(before, now Flow) {
	if workflow.Kind(now.Kind) == workflow.KindPouch {
		return
	}
	if before.Version == 0 {
		f.Opened++
	}
	switch workflow.State(now.State) { //nolint:exhaustive // the states that are counted
	case workflow.Produced, workflow.Issued:
		f.Issued++
	case workflow.HandedOver, workflow.EDelivered:
		f.HandedOver++
	case workflow.Rejected:
		f.Rejected++
	}
}

// tally gathers the figures of one command, to be stored once.
type tally struct {
	Figures
	posts map[consular.PostID]uint64 // entries committed
}

func (t *tx) securedAt(post consular.PostID) {
	if !t.watches() {
		return
	}
	t.tally.Secured++
	if t.tally.posts == nil {
		t.tally.posts = map[consular.PostID]uint64{}
	}
	t.tally.posts[post]++
}

// HourPoint is one hour of one post.
type HourPoint struct {
	Entries uint64 `cbor:"1,keyasint,omitempty"` // backlog at its worst
	Bytes   uint64 `cbor:"2,keyasint,omitempty"` // likewise, images included
	Age     int64  `cbor:"3,keyasint,omitempty"` // of the oldest entry that waited, milliseconds
	Up      uint8  `cbor:"4,keyasint,omitempty"` // minutes connected
	Secured uint64 `cbor:"5,keyasint,omitempty"`
	Free    uint64 `cbor:"6,keyasint,omitempty"` // bytes, at the last report
	Total   uint64 `cbor:"7,keyasint,omitempty"`
	Offset  int64  `cbor:"8,keyasint,omitempty"` // milliseconds, likewise
}

// keepHours is how long hours are kept: fourteen days.
const keepHours = 14 * 24

func hourOf(time int64) uint64 { return uint64(max(time, 0) / hourMillis) }

func hourPostKey(hour uint64, post consular.PostID) []byte {
	return append(number(hour), postKey(post)...)
}

// storeTally adds what the command counted to its hour.
func (t *tx) storeTally() error {
	hour := hourOf(t.time)
	if t.tally.Figures != (Figures{}) {
		held, _, err := load[Figures](t.w, inFigures, number(hour))
		if err != nil {
			return err
		}
		held.add(t.tally.Figures)
		if err := t.put(inFigures, number(hour), held); err != nil {
			return err
		}
	}
	for _, post := range slices.Sorted(maps.Keys(t.tally.posts)) {
		point, _, err := load[HourPoint](t.w, inHours, hourPostKey(hour, post))
		if err != nil {
			return err
		}
		point.Secured += t.tally.posts[post]
		if err := t.put(inHours, hourPostKey(hour, post), point); err != nil {
			return err
		}
	}
	return nil
}

// observedHour adds an observation to the hour of its post. last is the time of
// the Observe before: of two in one minute the second adds no minute.
func (t *tx) observedHour(o Observation, last int64) error {
	key := hourPostKey(hourOf(t.time), o.Post)
	p, _, err := load[HourPoint](t.w, inHours, key)
	if err != nil {
		return err
	}
	if o.Session != 0 && t.time/minuteMillis != last/minuteMillis && p.Up < 60 {
		p.Up++
	}
	if r := o.Report; o.Told != 0 {
		p.Entries, p.Bytes = max(p.Entries, r.Entries), max(p.Bytes, r.Bytes+r.ImageBytes)
		if r.Oldest != 0 {
			p.Age = max(p.Age, r.Time-r.Oldest)
		}
		p.Free, p.Total = r.Free, r.Total
	}
	p.Offset = o.Offset
	return t.put(inHours, key, p)
}

// pruneHours forgets what is older than fourteen days.
func (t *tx) pruneHours() error {
	now := hourOf(t.time)
	if now <= keepHours {
		return nil
	}
	for _, in := range []bucket{inHours, inFigures} {
		var old [][]byte
		t.w.Ascend(in, nil, func(key, _ []byte) bool {
			if len(key) < 8 || binary.BigEndian.Uint64(key) >= now-keepHours {
				return false
			}
			old = append(old, slices.Clone(key))
			return len(old) < maxObservations
		})
		for _, key := range old {
			if err := t.delete(in, key); err != nil {
				return err
			}
		}
	}
	return nil
}
