package journal

import (
	"bytes"
	"errors"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

var errChapter = errors.New("the journal never opened this incarnation")

// chapters wants each incarnation once, and the one that is written last.
func (v *verifier) chapters() error {
	const op = "journal: verify incarnations"
	seen := map[uint64]bool{}
	for _, c := range v.list {
		if c.Incarnation == 0 || seen[c.Incarnation] {
			return fault.New(fault.Corrupt, op, uitoa(c.Incarnation), nil)
		}
		seen[c.Incarnation] = true
	}
	v.rep.Chapters = uint64(len(v.list))
	if len(v.list) == 0 || v.list[len(v.list)-1].Incarnation != v.state.Head.Incarnation {
		return fault.New(fault.Corrupt, op, v.state.Head.String(), errHead)
	}
	return nil
}

// ends wants each closed incarnation as long as it was when it was closed, and
// as the hub has completed it since, and under as many receipts.
func (v *verifier) ends() error {
	for _, c := range v.list[:len(v.list)-1] {
		if v.heads[c.Incarnation].Seq != c.End || receiptedOf(v.r, c.Incarnation) != c.Receipted {
			return fault.New(fault.Corrupt, "journal: verify incarnations", uitoa(c.End), errHead)
		}
	}
	return nil
}

// indexed wants a record to lead to this entry, or to the same record in a newer
// incarnation: what was issued again is found where it stands now.
func (v *verifier) indexed(record wire.RecordID, key []byte) error {
	index := v.r.Get(bucketRecords, record[:])
	if bytes.Equal(index, key) {
		return nil
	}
	incarnation, seq, ok := parseEntryKey(index)
	if !ok {
		return errIndex
	}
	own, _, _ := parseEntryKey(key)
	one, err := readEntry(v.r, incarnation, seq)
	if err != nil {
		return err
	}
	if one.header.Record != record || v.list.order(incarnation) <= v.list.order(own) {
		return errIndex
	}
	v.rep.Again++
	return nil
}

// aside wants what gave way to be whole, and to stand in a newer incarnation.
func (v *verifier) aside() error {
	return v.each(bucketAside, func(key, value []byte) error {
		if len(key) != entryKeySize+len(wire.Digest{}) {
			return errKey
		}
		if len(value) < len(wire.Digest{}) {
			return errForm
		}
		hash, e, err := decodeStored(value[len(wire.Digest{}):])
		if err != nil {
			return err
		}
		h, err := e.Check()
		if err != nil {
			return err
		}
		incarnation, seq, _ := parseEntryKey(key[:entryKeySize])
		before := wire.Position{Hash: wire.Digest(value[:len(wire.Digest{})])}
		switch {
		case before.Next(e).Hash != hash:
			return errChain
		case !bytes.Equal(key[entryKeySize:], hash[:]) || h.Incarnation != incarnation || h.Seq != seq:
			return errPlace
		case v.list.order(incarnation) < 0:
			return errChapter
		}
		again := v.rep.Again
		err = v.indexed(h.Record, key[:entryKeySize])
		v.rep.Again = again // it is no entry of a chain
		v.rep.Aside++
		return err
	})
}
