package ledger

import (
	"unicode"
	"unicode/utf8"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Need is what the state remembers of something that needs a person: since when,
// who has it, and what was told of it to those who do not look. What it is about
// is worked out from the state itself, by package watch.
type Need struct {
	Key     string `cbor:"1,keyasint"` // "post-silent/FR-LYO"
	Begun   int64  `cbor:"2,keyasint"`
	Urgency uint8  `cbor:"3,keyasint,omitempty"` // watch.Urgency; 0: taken before the leader noted it
	// Told is when people were told, ToldAs how urgent it was then. A need that was
	// told and ended stays until its end was told too.
	Told   int64 `cbor:"4,keyasint,omitempty"`
	ToldAs uint8 `cbor:"5,keyasint,omitempty"`
	Ended  int64 `cbor:"6,keyasint,omitempty"`

	By    wire.StaffID `cbor:"7,keyasint,omitempty"` // who has taken it
	Taken int64        `cbor:"8,keyasint,omitempty"`
	Note  string       `cbor:"9,keyasint,omitempty"`
}

// Begun is a need that began, or became more or less urgent.
type Begun struct {
	Key     string `cbor:"1,keyasint"`
	Urgency uint8  `cbor:"2,keyasint"`
}

const (
	maxNeedKey = 64
	maxUrgency = 3
	maxNote    = 200 // characters
	// maxNeeds bounds what is kept at once, and what one command may bring.
	maxNeeds = 2048
	// An end that nobody was told of for so long is forgotten: alerts were
	// switched off.
	keepEnded = 7 * dayMillis
)

// needKey wants a short name of visible ASCII: no key can carry a person's name.
func needKey(key string) bool {
	for _, c := range []byte(key) {
		if c <= 0x20 || c > 0x7e {
			return false
		}
	}
	return len(key) > 0 && len(key) <= maxNeedKey
}

// noteText wants a note that a page can show.
func noteText(note string) bool {
	if !utf8.ValidString(note) || utf8.RuneCountInString(note) > maxNote {
		return false
	}
	for _, r := range note {
		if unicode.IsControl(r) && r != '\n' {
			return false
		}
	}
	return true
}

// needs keeps which needs began and ended. One that comes back is a new one:
// nobody has it.
func (t *tx) needs(c Observe) error {
	for _, b := range c.Begun {
		held, known, err := load[Need](t.w, inNeeds, []byte(b.Key))
		if err != nil {
			return err
		}
		if !known || held.Ended != 0 {
			held = Need{Key: b.Key, Begun: t.time, Told: held.Told, ToldAs: held.ToldAs}
		}
		held.Urgency = b.Urgency
		if err := t.put(inNeeds, []byte(b.Key), held); err != nil {
			return err
		}
	}
	for _, key := range c.Ended {
		if err := t.endNeed(key); err != nil {
			return err
		}
	}
	return t.pruneNeeds()
}

func (t *tx) endNeed(key string) error {
	held, known, err := load[Need](t.w, inNeeds, []byte(key))
	switch {
	case err != nil || !known || held.Ended != 0:
		return err
	case held.Told == 0:
		return t.delete(inNeeds, []byte(key))
	}
	held.Ended, held.By, held.Taken, held.Note = t.time, "", 0, ""
	return t.put(inNeeds, []byte(key), held)
}

func (t *tx) pruneNeeds() error {
	all, err := needsOf(t.w)
	if err != nil {
		return err
	}
	for _, n := range all {
		if n.Ended != 0 && n.Ended < t.time-keepEnded {
			if err := t.delete(inNeeds, []byte(n.Key)); err != nil {
				return err
			}
		}
	}
	return nil
}

func needsOf(r kv.Reader) (all []Need, err error) {
	r.Ascend(inNeeds, nil, func(key, raw []byte) bool {
		var n Need
		if n, err = decode[Need](inNeeds, key, raw); err == nil {
			all = append(all, n)
		}
		return err == nil
	})
	return all, err
}

// AttendNeed is an officer who takes a need, or gives it back. It comes as an
// OfficerAct, whose officer it is.
type AttendNeed struct {
	Time int64  `cbor:"1,keyasint"`
	Key  string `cbor:"2,keyasint"`
	Take bool   `cbor:"3,keyasint"`
	Note string `cbor:"4,keyasint,omitempty"` // for the next shift, without personal data
}

func (AttendNeed) kind() Kind { return KindAttendNeed }

func (c AttendNeed) when() int64 { return c.Time }

func (c AttendNeed) apply(t *tx) (Result, error) {
	if !t.watches() {
		return errLevel(), nil
	}
	switch {
	case t.officer == "":
		return refuse(fault.Denied, "an officer says this"), nil
	case !needKey(c.Key):
		return refuse(fault.Invalid, "key"), nil
	case !noteText(c.Note) || !c.Take && c.Note != "":
		return refuse(fault.Invalid, "note"), nil
	}
	held, known, err := load[Need](t.w, inNeeds, []byte(c.Key))
	if err != nil {
		return Result{}, err
	}
	if known && held.Ended != 0 {
		return refuse(fault.Conflict, "the need has ended"), nil
	}
	if !known {
		return c.early(t)
	}
	if c.Take {
		held.By, held.Taken, held.Note = t.officer, c.Time, c.Note
	} else {
		held.By, held.Taken, held.Note = "", 0, ""
	}
	return Result{}, t.put(inNeeds, []byte(c.Key), held)
}

// early takes a need that is on somebody's screen before the leader has noted
// it. If it is none, the leader's next look ends it.
func (c AttendNeed) early(t *tx) (Result, error) {
	if !c.Take {
		return Result{}, nil
	}
	all, err := needsOf(t.w)
	switch {
	case err != nil:
		return Result{}, err
	case len(all) >= maxNeeds:
		return refuse(fault.Full, "needs"), nil
	}
	return Result{}, t.put(inNeeds, []byte(c.Key), Need{
		Key: c.Key, Begun: c.Time, By: t.officer, Taken: c.Time, Note: c.Note,
	})
}

// NoteAlert says which needs, and which ends of needs, people were told of, so
// that no later leader tells them again.
type NoteAlert struct {
	Time  int64       `cbor:"1,keyasint"`
	Lines []AlertLine `cbor:"2,keyasint"`
}

// AlertLine is one need that was told.
type AlertLine struct {
	Key     string `cbor:"1,keyasint"`
	Begun   int64  `cbor:"2,keyasint"` // of which one
	Urgency uint8  `cbor:"3,keyasint"` // as it was told
	End     bool   `cbor:"4,keyasint,omitempty"`
}

func (NoteAlert) kind() Kind { return KindNoteAlert }

func (c NoteAlert) when() int64 { return c.Time }

func (c NoteAlert) apply(t *tx) (Result, error) {
	if !t.watches() {
		return errLevel(), nil
	}
	if len(c.Lines) == 0 || len(c.Lines) > maxNeeds {
		return refuse(fault.Invalid, "lines"), nil
	}
	for _, l := range c.Lines {
		if !needKey(l.Key) || l.Urgency == 0 || l.Urgency > maxUrgency {
			return refuse(fault.Invalid, "lines"), nil
		}
	}
	for _, l := range c.Lines {
		if err := t.noteAlert(l); err != nil {
			return Result{}, err
		}
	}
	return Result{}, nil
}

// noteAlert passes over what has changed since it was told: then there is
// something new to tell.
func (t *tx) noteAlert(l AlertLine) error {
	held, known, err := load[Need](t.w, inNeeds, []byte(l.Key))
	switch {
	case err != nil:
		return err
	case !known && !l.End:
		// It ended while it was being told. Who heard of it is to hear that too.
		return t.put(inNeeds, []byte(l.Key), Need{Key: l.Key, Begun: l.Begun, Urgency: l.Urgency, Told: t.time, ToldAs: l.Urgency, Ended: t.time})
	case !known || held.Begun != l.Begun:
		return nil
	case l.End && held.Ended == 0:
		return nil
	case l.End:
		return t.delete(inNeeds, []byte(l.Key))
	}
	held.Told, held.ToldAs = t.time, l.Urgency
	return t.put(inNeeds, []byte(l.Key), held)
}
