package journal

import (
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// SecuredAt gives the Raft index at which the hub committed the entry of a
// record, by its stored receipt; 0 while there is none. What the hub says at a
// higher index, it says after it took the entry in.
func SecuredAt(r kv.Reader, record wire.RecordID) (uint64, error) {
	const op = "journal: find receipt"
	key := r.Get(bucketRecords, record[:])
	if key == nil {
		return 0, fault.New(fault.NotFound, op, record.String(), nil)
	}
	incarnation, seq, ok := parseEntryKey(key)
	if !ok {
		return 0, fault.New(fault.Corrupt, op, record.String(), nil)
	}
	signed, err := receiptFor(r, incarnation, seq)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var receipt wire.Receipt // its signature was verified before it was stored
	if err := wire.Unmarshal(signed.Raw, wire.MaxReceipt, &receipt); err != nil {
		return 0, fault.New(fault.Corrupt, op, record.String(), err)
	}
	return receipt.Index, nil
}
