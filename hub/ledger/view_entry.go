package ledger

import (
	"slices"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Found is a committed entry with its body, nil when that was erased.
type Found struct {
	Stored
	Body []byte
}

// Entry gives the entry in wire's form.
func (f Found) Entry() wire.Entry { return wire.Entry{Header: f.Header, Body: f.Body} }

// Entry gives the entry at a place of a node's history.
func (v Views) Entry(node wire.NodeID, incarnation, seq uint64) (Found, error) {
	return view(v, func(r kv.Reader) (Found, error) {
		held, err := placeAt(r, node, incarnation, seq)
		if err != nil {
			return Found{}, err
		}
		return entryAt(r, held.commit)
	})
}

// ByRecord gives the accepted entry of a record.
func (v Views) ByRecord(id wire.RecordID) (Found, error) {
	return view(v, func(r kv.Reader) (Found, error) {
		held, known, err := loadLink(r, inRecords, id[:])
		if err == nil && !known {
			err = fault.New(fault.NotFound, "ledger: read records", id.String(), nil)
		}
		if err != nil {
			return Found{}, err
		}
		return entryAt(r, held.commit)
	})
}

// ByCommit gives an entry by its number in the national order.
func (v Views) ByCommit(n uint64) (Found, error) {
	return view(v, func(r kv.Reader) (Found, error) { return entryAt(r, n) })
}

// EntriesAfter gives a node's own entries that follow seq back, with bodies
// where they are held, as many as fit one batch.
func (v Views) EntriesAfter(node wire.NodeID, incarnation, seq uint64) ([]Found, error) {
	return view(v, func(r kv.Reader) (entries []Found, err error) {
		size := 0
		ascend(r, inPositions, within{prefix: historyKey(node, incarnation), from: number(seq + 1)}, func(key, value []byte) bool {
			var held link
			if held, err = decodeLink(inPositions, key, value); err != nil {
				return false
			}
			var f Found
			if f, err = entryAt(r, held.commit); err != nil {
				return false
			}
			if size += f.Entry().Size(); size > wire.MaxBatchPayload {
				return false
			}
			entries = append(entries, f)
			return len(entries) < wire.MaxBatchEntries
		})
		return entries, err
	})
}

func entryAt(r kv.Reader, commit uint64) (Found, error) {
	s, found, err := load[Stored](r, inEntries, number(commit))
	if err == nil && !found {
		err = fault.New(fault.NotFound, "ledger: read entries", "", nil)
	}
	if err != nil {
		return Found{}, err
	}
	held := s.Commit
	if s.Verdict == Repeated {
		held = s.First
	}
	return Found{Stored: s, Body: slices.Clone(r.Get(inBodies, number(held)))}, nil
}
