package wire

import (
	"encoding/binary"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// Caps of a batch (SPEC.md section 4).
const (
	MaxBatchEntries = 256
	MaxBatch        = 229376
	// MaxBatchPayload leaves room for the fields around the entries.
	MaxBatchPayload = MaxBatch - 512
)

// MaxSeq bounds sequences, so that adding to one never overflows.
const MaxSeq = 1 << 62

// Batch is a contiguous run of one node's entries, signed over its head.
type Batch struct {
	Version     uint8   `cbor:"1,keyasint"`
	Node        NodeID  `cbor:"2,keyasint"`
	Incarnation uint64  `cbor:"3,keyasint"`
	First       uint64  `cbor:"4,keyasint"`
	Prev        Digest  `cbor:"5,keyasint"`
	Entries     []Entry `cbor:"6,keyasint"`
	Session     uint64  `cbor:"7,keyasint"`
	Key         KeyID   `cbor:"8,keyasint"`
	Signature   []byte  `cbor:"9,keyasint"`
}

// SealBatch signs the entries that follow after and encodes them. The caller
// keeps within the caps by FitBatch.
func SealBatch(after Position, entries []Entry, session uint64, by *seal.SigningKey) ([]byte, error) {
	const op = "wire: seal batch"
	if len(entries) == 0 || len(entries) > MaxBatchEntries || after.Seq >= MaxSeq {
		return nil, fault.New(fault.Invalid, op, "entries", nil)
	}
	head := after
	for _, e := range entries {
		head = head.Next(e)
	}
	b := Batch{
		Version: Version, Node: after.Node, Incarnation: after.Incarnation, First: after.Seq + 1,
		Prev: after.Hash, Entries: entries, Session: session, Key: by.KeyID,
		Signature: by.Sign(seal.DomainJournalBatch, batchMessage(head, session)),
	}
	raw := Marshal(b)
	if len(raw) > MaxBatch {
		return nil, fault.New(fault.TooLarge, op, after.String(), nil)
	}
	return raw, nil
}

// FitBatch gives how many of the sizes, in order, go into one batch.
func FitBatch(sizes []int) int {
	total := 0
	for i, size := range sizes {
		total += size
		if i == MaxBatchEntries || total > MaxBatchPayload {
			return i
		}
	}
	return len(sizes)
}

func batchMessage(head Position, session uint64) []byte {
	m := append([]byte(nil), head.Node[:]...)
	m = binary.BigEndian.AppendUint64(m, head.Incarnation)
	m = binary.BigEndian.AppendUint64(m, head.Seq)
	m = append(m, head.Hash[:]...)
	return binary.BigEndian.AppendUint64(m, session)
}

// ReceivedBatch came from outside and was only decoded. It becomes a
// VerifiedBatch by Verify, and only that can be proposed.
type ReceivedBatch struct{ Batch }

// DecodeBatch reads a batch and checks its caps.
func DecodeBatch(raw []byte) (ReceivedBatch, error) {
	const op = "wire: decode batch"
	var b Batch
	if err := Unmarshal(raw, MaxBatch, &b); err != nil {
		return ReceivedBatch{}, err
	}
	switch {
	case b.Version == 0 || b.Version > Version:
		return ReceivedBatch{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(b.Version)), nil)
	case len(b.Entries) == 0 || len(b.Entries) > MaxBatchEntries:
		return ReceivedBatch{}, fault.New(fault.TooLarge, op, "entries", nil)
	case b.First == 0 || b.First > MaxSeq:
		return ReceivedBatch{}, fault.New(fault.Invalid, op, "first sequence", nil)
	}
	return ReceivedBatch{b}, nil
}

// VerifiedEntry is an entry whose place in the chain and author are proved.
type VerifiedEntry struct {
	Entry  Entry
	Header Header
	At     Position // the position that this entry leads to
}

// VerifiedBatch holds proved entries in order and the position before them.
type VerifiedBatch struct {
	After   Position
	Session uint64
	Entries []VerifiedEntry
}

// Head gives the position that the last entry leads to.
func (v VerifiedBatch) Head() Position { return v.Entries[len(v.Entries)-1].At }

// Verify checks the signature once over the chain, and each entry's place in
// it. What cannot be decoded as a header at all, or names another position than
// it has, makes the batch invalid: no honest node writes that.
func (b ReceivedBatch) Verify(journalKey seal.VerifyKey) (VerifiedBatch, error) {
	const op = "wire: verify batch"
	at := Position{Node: b.Node, Incarnation: b.Incarnation, Seq: b.First - 1, Hash: b.Prev}
	if at.Seq == 0 && at != Genesis(b.Node, b.Incarnation) {
		return VerifiedBatch{}, fault.New(fault.Corrupt, op, "genesis", nil)
	}
	v := VerifiedBatch{After: at, Session: b.Session, Entries: make([]VerifiedEntry, 0, len(b.Entries))}
	if b.Key != journalKey.KeyID {
		return VerifiedBatch{}, fault.New(fault.Denied, op, "unknown key "+b.Key.String(), nil)
	}
	for _, e := range b.Entries {
		h, err := e.Check()
		if err != nil {
			return VerifiedBatch{}, err
		}
		at = at.Next(e)
		if h.Source != SourceNode || h.Node != b.Node || h.Incarnation != b.Incarnation || h.Seq != at.Seq {
			return VerifiedBatch{}, fault.New(fault.Corrupt, op, at.String(), nil)
		}
		v.Entries = append(v.Entries, VerifiedEntry{Entry: e, Header: h, At: at})
	}
	if err := journalKey.Verify(seal.DomainJournalBatch, batchMessage(at, b.Session), b.Signature); err != nil {
		return VerifiedBatch{}, fault.New(fault.Denied, op, at.String(), err)
	}
	return v, nil
}
