package ledger

import (
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Erase removes the sealed body of a record for good. The entry stays as a
// stub (header, digest), so that every chain still verifies.
type Erase struct {
	Time   int64         `cbor:"1,keyasint"`
	Record wire.RecordID `cbor:"2,keyasint"`
}

func (Erase) kind() Kind { return KindErase }

func (c Erase) when() int64 { return c.Time }

func (c Erase) apply(t *tx) (Result, error) {
	held, known, err := loadLink(t.w, inRecords, c.Record[:])
	if err != nil {
		return Result{}, err
	}
	if !known {
		return refuse(fault.NotFound, "record"), nil
	}
	s, found, err := load[Stored](t.w, inEntries, number(held.commit))
	if err != nil {
		return Result{}, err
	}
	if !found || s.Erased != 0 {
		return Result{}, nil
	}
	s.Erased = max(c.Time, 1)
	if err := t.delete(inBodies, number(s.Commit)); err != nil {
		return Result{}, err
	}
	return Result{}, t.put(inEntries, number(s.Commit), s)
}
