package ledger

import (
	"slices"

	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Officer gives an officer of the hub, fault.NotFound when none has the id.
func (v Views) Officer(id wire.StaffID) (Officer, error) {
	return one[Officer](v, inOfficers, []byte(id))
}

// Officers gives the officers in the order of their ids, at most MaxSlice.
func (v Views) Officers() ([]Officer, error) {
	return view(v, func(r kv.Reader) (officers []Officer, err error) {
		r.Ascend(inOfficers, nil, func(key, raw []byte) bool {
			var o Officer
			if o, err = decode[Officer](inOfficers, key, raw); err == nil {
				officers = append(officers, o)
			}
			return err == nil && len(officers) < MaxSlice
		})
		return officers, err
	})
}

// Seat gives a session and its officer, fault.NotFound when there is none.
func (v Views) Seat(key []byte) (s Seat, o Officer, err error) {
	if s, err = one[Seat](v, inSeats, key); err == nil {
		o, err = v.Officer(s.Officer)
	}
	return s, o, err
}

// Deeds gives the list of what officers did, after a number.
func (v Views) Deeds(after uint64, n int) ([]Deed, error) { return list[Deed](v, inDeeds, after, n) }

// DeedsOn gives what officers did about a case, newest first, at most n.
func (v Views) DeedsOn(c uint64, n int) ([]Deed, error) {
	return about[Deed](v, aboutCase{index: inCasework, in: inDeeds, of: c, most: n})
}

// OpeningsOf gives who read the packets of a case, newest first, at most n.
func (v Views) OpeningsOf(c uint64, n int) ([]Opening, error) {
	return about[Opening](v, aboutCase{index: inReads, in: inOpenings, of: c, most: n})
}

// aboutCase names the lines of a list that are about one case.
type aboutCase struct {
	index, in bucket
	of        uint64
	most      int
}

func about[T any](v Views, a aboutCase) ([]T, error) {
	return view(v, func(r kv.Reader) (lines []T, err error) {
		var keys [][]byte
		ascend(r, a.index, within{prefix: number(a.of)}, func(key, _ []byte) bool {
			keys = append(keys, slices.Clone(key[8:]))
			return true
		})
		for _, key := range slices.Backward(keys) {
			if len(lines) == bounded(a.most) {
				break
			}
			line, found, err := load[T](r, a.in, key)
			if err != nil {
				return nil, err
			}
			if found {
				lines = append(lines, line)
			}
		}
		return lines, nil
	})
}
