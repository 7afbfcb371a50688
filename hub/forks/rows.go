package forks

import (
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// Place says where a row stands in the picture. Stable: words are keyed by it.
type Place string

// The places, from the oldest on.
const (
	Before Place = "same"   // both have this entry
	Unsure Place = "unsure" // the hub has this one; whether the machine has the same, nobody here can tell
	Part   Place = "parts"  // the machine has another one, or none of ours
	After  Place = "after"  // only one side has this
)

// Row is one sequence, or a number of them that are left out.
type Row struct {
	Place    Place  `json:"place"`
	Sequence uint64 `json:"sequence"`
	Hub      *Entry `json:"hub,omitempty"`
	Machine  *Entry `json:"machine,omitempty"` // as far as it came here
	Omitted  uint64 `json:"omitted,omitempty"` // so many entries of the hub stand between
	// Last marks where a machine's history ends that never came here.
	Last bool `json:"last_of_machine,omitempty"`
}

// Entry is what the header of an entry says, without what is sealed.
type Entry struct {
	Time      time.Time          `json:"time"`
	Kind      string             `json:"kind"`
	Reference consular.Reference `json:"reference,omitempty"`
	Level     string             `json:"level"` // L1: at that machine only; L2: secured
}

const (
	// shownEach is how many entries of a part are shown at each of its ends.
	shownEach = 4
	secured   = "L2"
	saved     = "L1"
)

// histories puts both beside one another.
func (f *Fork) histories(s State, of ledger.ForkOf, incarnation uint64) error {
	cursor, _, err := s.Cursor(of.Node.ID, incarnation)
	if err != nil {
		return err
	}
	if f.Hub, err = headOf(s, cursor); err != nil {
		return err
	}
	if newest := of.Node.Incarnation; newest != 0 && newest != incarnation {
		at, _, err := s.Cursor(of.Node.ID, newest)
		if err != nil {
			return err
		}
		head, err := headOf(s, at)
		if err != nil {
			return err
		}
		f.Newer = &head
	}
	if len(of.Evidence) == 0 {
		f.Same = cursor.Seq
		return f.span(s, cursor, part{Before, 1, cursor.Seq})
	}
	f.bounds(of.Evidence, cursor)
	for _, part := range []part{
		{Before, 1, f.Same}, {Unsure, f.Same + 1, f.Parts - 1}, {Part, f.Parts, f.Parts}, {After, f.Parts + 1, cursor.Seq},
	} {
		part.to = min(part.to, cursor.Seq)
		if err := f.span(s, cursor, part); err != nil {
			return err
		}
	}
	f.machine(of.Evidence)
	return nil
}

// bounds says until where both are the same, surely, and where they are two at the
// latest. Several machines may have shown something: what holds for all counts.
func (f *Fork) bounds(evidence []ledger.Quarantined, cursor wire.Position) {
	f.Same = cursor.Seq
	for _, q := range evidence {
		if q.At.Incarnation != cursor.Incarnation {
			continue
		}
		same, parts := q.Receipted, q.Level
		if q.Seen == ledger.SeenInBatch {
			parts = q.At.Seq // evidence from before level 4 says no other
		}
		switch {
		case q.Entry != nil: // the first of a batch that differs
			same = q.At.Seq - 1
		case q.Seen == ledger.SeenRetired: // what it has beyond ours is its own
			parts = q.Level + 1
		}
		if f.Parts == 0 || parts < f.Parts {
			f.Parts = parts
		}
		f.Same = min(f.Same, same)
	}
	f.Parts = max(f.Parts, 1)
	f.Same = min(f.Same, f.Parts-1)
}

// part is a range of the hub's history.
type part struct {
	place    Place
	from, to uint64
}

// ends gives the ranges of a part that are shown, and how many entries are left
// out before the last of them: of what both have, what is near the parting.
func (p part) ends() (ranges []part, omitted uint64) {
	n := p.to - p.from + 1
	last := part{p.place, p.to - min(shownEach, n) + 1, p.to}
	switch {
	case n <= 2*shownEach:
		return []part{p}, 0
	case p.place == Before:
		return []part{last}, n - shownEach
	}
	return []part{{p.place, p.from, p.from + shownEach - 1}, last}, n - 2*shownEach
}

// span adds the hub's entries of a part: all of a short one, the ends of a long
// one.
func (f *Fork) span(s State, cursor wire.Position, p part) error {
	if p.from > p.to || p.from == 0 {
		return nil
	}
	ranges, omitted := p.ends()
	for i, one := range ranges {
		if omitted > 0 && i == len(ranges)-1 {
			f.Rows = append(f.Rows, Row{Place: p.place, Sequence: one.from - omitted, Omitted: omitted})
		}
		after := cursor
		after.Seq = one.from - 1
		held, err := s.HeadersAfter(after, int(one.to-one.from+1)) //nolint:gosec // at most 2 * shownEach
		if err != nil {
			return err
		}
		for _, entry := range held {
			row := Row{Place: p.place, Sequence: entry.At.Seq, Hub: entryOf(entry.Header, secured)}
			if p.place == Before {
				row.Machine = row.Hub
			}
			f.Rows = append(f.Rows, row)
		}
	}
	return nil
}

// machine adds what came here of the machine's own history, and where it ends.
func (f *Fork) machine(evidence []ledger.Quarantined) {
	for _, q := range evidence {
		if name(q.At.Incarnation) != f.Incarnation {
			continue
		}
		if q.Entry != nil {
			f.beside(q.At.Seq, func(r *Row) { r.Machine = entryOf(q.Entry.Header, saved) })
		}
		f.beside(q.Head.Seq, func(r *Row) { r.Last = true })
	}
}

// beside changes the row of a sequence, and makes one where there is none.
func (f *Fork) beside(seq uint64, change func(*Row)) {
	at := len(f.Rows)
	for i := range f.Rows {
		r := &f.Rows[i]
		switch {
		case r.Omitted > 0 && seq >= r.Sequence && seq < r.Sequence+r.Omitted:
			return // it is among those that are left out; the list of what was shown has it
		case r.Omitted == 0 && r.Sequence == seq:
			change(r)
			return
		case r.Sequence > seq && i < at:
			at = i
		}
	}
	row := Row{Place: After, Sequence: seq}
	if seq == f.Parts {
		row.Place = Part
	}
	change(&row)
	f.Rows = append(f.Rows[:at], append([]Row{row}, f.Rows[at:]...)...)
}

func headOf(s State, at wire.Position) (Head, error) {
	h := Head{Incarnation: name(at.Incarnation), Sequence: at.Seq, Hash: at.Hash.String()}
	if at.Seq == 0 {
		return h, nil
	}
	before := at
	before.Seq--
	last, err := s.HeadersAfter(before, 1)
	if err == nil && len(last) > 0 {
		h.Time = time.UnixMilli(last[0].Time).UTC()
	}
	return h, err
}

// entryOf reads a header; one that does not decode shows so.
func entryOf(raw []byte, level string) *Entry {
	h, err := wire.DecodeHeader(raw)
	if err != nil {
		return &Entry{Kind: "unreadable", Level: level}
	}
	e := &Entry{Time: time.UnixMilli(h.Time).UTC(), Kind: h.Kind.String(), Level: level}
	if ref, err := consular.ParseReference(h.Reference); err == nil {
		e.Reference = ref
	}
	return e
}
