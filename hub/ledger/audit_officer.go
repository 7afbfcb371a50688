package ledger

import "jaliya/internal/wire"

// officers stand under their ids, seats are theirs, and each line about a case
// or a reading is found from the case.
func (a *auditor) officers() {
	a.r.Ascend(inOfficers, nil, func(key, raw []byte) bool {
		o, err := decode[Officer](inOfficers, key, raw)
		a.check(err == nil && o.ID == wire.StaffID(key) && o.Revision > 0 && len(o.Sealed) > 0, "officer %x does not decode", key)
		return true
	})
	a.r.Ascend(inSeats, nil, func(key, raw []byte) bool {
		s, err := decode[Seat](inSeats, key, raw)
		if a.check(err == nil && len(key) == seatKey, "seat %x does not decode", key) {
			_, found, err := load[Officer](a.r, inOfficers, []byte(s.Officer))
			a.check(err == nil && found, "a seat of %s, who is no officer", s.Officer)
		}
		return true
	})
	a.r.Ascend(inDeeds, nil, func(key, raw []byte) bool {
		d, err := decode[Deed](inDeeds, key, raw)
		if a.check(err == nil && d.Number == toNumber(key), "deed %x does not decode", key) && d.Case != 0 {
			a.check(a.r.Get(inCasework, numbers(d.Case, d.Number)) != nil, "deed %d is not found from its case", d.Number)
		}
		return true
	})
	a.r.Ascend(inOpenings, nil, func(key, raw []byte) bool {
		o, err := decode[Opening](inOpenings, key, raw)
		if a.check(err == nil && o.Number == toNumber(key), "opening %x does not decode", key) {
			a.check(a.r.Get(inReads, numbers(o.Case, o.Number)) != nil, "opening %d is not found from its case", o.Number)
		}
		return true
	})
}
