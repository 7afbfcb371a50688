package people

import (
	"bytes"
	"encoding/binary"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Buckets of the office's store that are this package's.
var (
	bucketOfficers = []byte("people.officers")
	bucketSeats    = []byte("people.seats")
	bucketDeeds    = []byte("people.deeds")
)

// Limits.
const (
	seatLife  = 12 * 3600 * 1000 // of a session, ms
	maxSeats  = 8                // of one officer; the oldest ends for another one
	maxStored = 8192
)

type staffState uint8

const (
	staffActive   staffState = 1
	staffDisabled staffState = 2
)

// account is an officer as the store knows them: without a name.
type account struct {
	ID       wire.StaffID `cbor:"1,keyasint"`
	Role     string       `cbor:"2,keyasint"`
	State    staffState   `cbor:"3,keyasint"`
	Revision uint64       `cbor:"4,keyasint"` // grows by 1 with each change, an enrolment among them
	Changed  int64        `cbor:"5,keyasint"`
	Enrolled bool         `cbor:"6,keyasint,omitempty"`
	Step     uint64       `cbor:"7,keyasint,omitempty"` // last one of the authenticator that was used
	Sealed   []byte       `cbor:"8,keyasint"`
}

// seat is one session: one browser.
type seat struct {
	Officer wire.StaffID `cbor:"1,keyasint"`
	Place   string       `cbor:"2,keyasint"`
	Began   int64        `cbor:"3,keyasint"`
	Locked  bool         `cbor:"4,keyasint,omitempty"`
	Opened  int64        `cbor:"5,keyasint"`
}

// Deed is a line of the log of sign-ins.
type Deed struct {
	At      int64         `cbor:"1,keyasint"`
	Officer wire.StaffID  `cbor:"2,keyasint"`
	How     wire.StaffHow `cbor:"3,keyasint"`
	Place   string        `cbor:"4,keyasint,omitempty"`
}

// change adds an officer, resets or disables them.
type change struct {
	time    int64
	officer wire.StaffID
	action  wire.StaffAction
	role    string
	seen    uint64 // revision that was changed, 0 for add
	sealed  []byte
}

// visit says that an officer signed in, locked or opened their screen, left, or
// was not let in.
type visit struct {
	time    int64
	officer wire.StaffID
	how     wire.StaffHow
	seat    []byte
	place   string
	seen    uint64
	step    uint64
	sealed  []byte
}

func refuse(kind fault.Kind, subject string) error {
	return fault.New(kind, "people: change", subject, nil)
}

func load[T any](r kv.Reader, bucket, key []byte) (v T, found bool, err error) {
	raw := r.Get(bucket, key)
	if raw == nil {
		return v, false, nil
	}
	if err := wire.Unmarshal(raw, maxStored, &v); err != nil {
		return v, false, fault.New(fault.Corrupt, "people: read", string(bucket), err)
	}
	return v, true, nil
}

func put(w kv.Writer, bucket, key []byte, v any) error { return w.Put(bucket, key, wire.Marshal(v)) }

func (s *SignIn) account(id wire.StaffID) (a account, err error) {
	err = s.Store.View(func(r kv.Reader) error {
		a, _, err = load[account](r, bucketOfficers, []byte(id))
		return err
	})
	return a, err
}

func (s *SignIn) accounts() (all []account, err error) {
	err = s.Store.View(func(r kv.Reader) error {
		var err error
		r.Ascend(bucketOfficers, nil, func(key, _ []byte) bool {
			var a account
			a, _, err = load[account](r, bucketOfficers, key)
			all = append(all, a)
			return err == nil
		})
		return err
	})
	return all, err
}

func (s *SignIn) seat(key []byte) (held seat, a account, err error) {
	err = s.Store.View(func(r kv.Reader) error {
		var found bool
		if held, found, err = load[seat](r, bucketSeats, key); err != nil || !found {
			return err
		}
		a, _, err = load[account](r, bucketOfficers, []byte(held.Officer))
		return err
	})
	return held, a, err
}

// apply changes an officer, and ends every seat of theirs: whoever was changed
// signs in anew.
func (s *SignIn) apply(c change) error {
	return s.Store.Update(func(w kv.Writer) error {
		a, known, err := load[account](w, bucketOfficers, []byte(c.officer))
		switch {
		case err != nil:
			return err
		case c.action == wire.StaffAdd && known:
			return refuse(fault.Exists, "officer")
		case c.action != wire.StaffAdd && !known:
			return refuse(fault.NotFound, "officer")
		case a.Revision != c.seen:
			return refuse(fault.Conflict, "another revision")
		}
		a.ID, a.Changed, a.Sealed, a.Enrolled, a.State, a.Step = c.officer, c.time, c.sealed, false, staffActive, 0
		if c.role != "" {
			a.Role = c.role
		}
		if c.action == wire.StaffDisable {
			a.State = staffDisabled
		}
		a.Revision++
		if err := endSeats(w, func(s seat) bool { return s.Officer == a.ID }); err != nil {
			return err
		}
		return put(w, bucketOfficers, []byte(a.ID), a)
	})
}

// enter begins a seat for an officer who is as they were compared, with a code
// that nobody used.
func (s *SignIn) enter(v visit) error {
	return s.Store.Update(func(w kv.Writer) error {
		a, _, err := load[account](w, bucketOfficers, []byte(v.officer))
		enrols := v.how == wire.StaffEnrolled
		switch {
		case err != nil:
			return err
		case a.State != staffActive:
			return refuse(fault.Denied, "disabled")
		case a.Revision != v.seen:
			return refuse(fault.Conflict, "another revision")
		case a.Enrolled == enrols || v.step <= a.Step:
			return refuse(fault.Used, "code")
		}
		a.Step = v.step
		if enrols {
			a.Enrolled, a.Sealed, a.Changed = true, v.sealed, v.time
			a.Revision++
		}
		if err := makeRoom(w, v); err != nil {
			return err
		}
		held := seat{Officer: a.ID, Place: v.place, Began: v.time, Opened: v.time}
		return errorsOf(put(w, bucketOfficers, []byte(a.ID), a), put(w, bucketSeats, v.seat, held), note(w, v))
	})
}

// moveSeat locks, opens or ends a seat.
func (s *SignIn) moveSeat(v visit) error {
	return s.Store.Update(func(w kv.Writer) error {
		held, found, err := load[seat](w, bucketSeats, v.seat)
		if err != nil {
			return err
		}
		a, _, err := load[account](w, bucketOfficers, []byte(v.officer))
		opens := v.how == wire.StaffUnlocked
		switch {
		case err != nil:
			return err
		case !found || held.Officer != v.officer:
			return refuse(fault.NotFound, "seat")
		case v.how == wire.StaffLeft:
			return errorsOf(w.Delete(bucketSeats, v.seat), note(w, v))
		case opens && a.Revision != v.seen:
			return refuse(fault.Conflict, "another revision")
		case opens && v.step != 0 && v.step <= a.Step:
			return refuse(fault.Used, "code")
		case !opens && held.Locked:
			return nil
		}
		if held.Locked = !opens; opens {
			held.Opened, a.Step = v.time, max(a.Step, v.step)
		}
		return errorsOf(put(w, bucketOfficers, []byte(a.ID), a), put(w, bucketSeats, v.seat, held), note(w, v))
	})
}

// refusedLine writes down a refused attempt.
func (s *SignIn) refusedLine(v visit) error {
	return s.Store.Update(func(w kv.Writer) error { return note(w, v) })
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// note adds a line to the log.
func note(w kv.Writer, v visit) error {
	var n uint64
	w.Descend(bucketDeeds, nil, func(key, _ []byte) bool {
		n = binary.BigEndian.Uint64(key)
		return false
	})
	return put(w, bucketDeeds, binary.BigEndian.AppendUint64(nil, n+1), Deed{At: v.time, Officer: v.officer, How: v.how, Place: v.place})
}

// makeRoom ends seats whose day is over, and the oldest of an officer who has
// too many.
func makeRoom(w kv.Writer, v visit) error {
	if err := endSeats(w, func(s seat) bool { return v.time-s.Began >= seatLife }); err != nil {
		return err
	}
	count, began := 0, int64(0)
	var oldest []byte
	var err error
	w.Ascend(bucketSeats, nil, func(key, _ []byte) bool {
		var s seat
		if s, _, err = load[seat](w, bucketSeats, key); err != nil || s.Officer != v.officer {
			return err == nil
		}
		if count++; oldest == nil || s.Began < began {
			oldest, began = bytes.Clone(key), s.Began
		}
		return true
	})
	if err != nil || count < maxSeats {
		return err
	}
	return w.Delete(bucketSeats, oldest)
}

// endSeats ends those that a rule names.
func endSeats(w kv.Writer, over func(seat) bool) error {
	var keys [][]byte
	var err error
	w.Ascend(bucketSeats, nil, func(key, _ []byte) bool {
		var s seat
		if s, _, err = load[seat](w, bucketSeats, key); err == nil && over(s) {
			keys = append(keys, bytes.Clone(key))
		}
		return err == nil
	})
	for _, key := range keys {
		if err == nil {
			err = w.Delete(bucketSeats, key)
		}
	}
	return err
}
