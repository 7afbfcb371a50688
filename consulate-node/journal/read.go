package journal

import (
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// maxStored is the most that a stored entry's CBOR takes: two byte strings at
// their caps and the heads around them.
const maxStored = wire.MaxHeader + wire.MaxBody + 16

// held is an entry as it was read back.
type held struct {
	at     wire.Position
	header wire.Header
	entry  wire.Entry
}

// decodeStored splits a value of the entries bucket. What it returns is a copy.
func decodeStored(raw []byte) (wire.Digest, wire.Entry, error) {
	const op = "journal: read entry"
	if len(raw) < len(wire.Digest{}) {
		return wire.Digest{}, wire.Entry{}, fault.New(fault.Corrupt, op, "length", nil)
	}
	hash, rest := wire.Digest(raw[:32]), raw[32:]
	var e wire.Entry
	if err := wire.Unmarshal(rest, maxStored, &e); err != nil {
		return wire.Digest{}, wire.Entry{}, fault.New(fault.Corrupt, op, "", err)
	}
	return hash, e, nil
}

// readEntry reads one entry and checks it against its own digest and place.
// That the hash continues the chain is linkedEntry's.
func readEntry(r kv.Reader, incarnation, seq uint64) (held, error) {
	const op = "journal: read entry"
	raw := r.Get(bucketEntries, entryKey(incarnation, seq))
	if raw == nil {
		return held{}, fault.New(fault.NotFound, op, "", nil)
	}
	hash, e, err := decodeStored(raw)
	if err != nil {
		return held{}, err
	}
	h, err := e.CheckStub()
	if err != nil {
		return held{}, fault.New(fault.Corrupt, op, "", err)
	}
	at := wire.Position{Node: h.Node, Incarnation: incarnation, Seq: seq, Hash: hash}
	if h.Incarnation != incarnation || h.Seq != seq {
		return held{}, fault.New(fault.Corrupt, op, at.String(), nil)
	}
	return held{at: at, header: h, entry: e}, nil
}

// hashAt gives the stored hash at a sequence, the genesis for 0, unproved.
func hashAt(r kv.Reader, node wire.NodeID, incarnation, seq uint64) (wire.Position, error) {
	at := wire.Genesis(node, incarnation)
	if seq == 0 {
		return at, nil
	}
	raw := r.Get(bucketEntries, entryKey(incarnation, seq))
	if len(raw) < len(at.Hash) {
		return at, fault.New(fault.NotFound, "journal: read hash", "", nil)
	}
	at.Seq, at.Hash = seq, wire.Digest(raw[:32])
	return at, nil
}

// positionAt gives the position after sequence seq of an incarnation, which is
// the genesis for 0, proved against the entry and the hash before it: a flipped
// bit must be seen as damage, never as a fork.
func positionAt(r kv.Reader, node wire.NodeID, incarnation, seq uint64) (wire.Position, error) {
	const op = "journal: read position"
	if seq == 0 {
		return wire.Genesis(node, incarnation), nil
	}
	one, err := readEntry(r, incarnation, seq)
	if err != nil {
		return wire.Position{}, err
	}
	before, err := hashAt(r, node, incarnation, seq-1)
	if err != nil {
		return wire.Position{}, damaged(op, one.at.String(), err)
	}
	if next, err := before.NextOf(one.entry); err != nil || next != one.at {
		return wire.Position{}, fault.New(fault.Corrupt, op, one.at.String(), nil)
	}
	return one.at, nil
}

// ReadAfter gives the entries that follow after, as many as fit one batch and
// at most limit, each verified as the successor of the one before it; none when
// limit is not positive. It gives fault.Denied for another node's position,
// fault.Fork when the journal's own hash at after is another, and
// fault.NotFound when the journal does not reach that far.
func ReadAfter(r kv.Reader, after wire.Position, limit int) ([]wire.Entry, error) {
	const op = "journal: read batch"
	id, err := readIdentity(r)
	if err != nil {
		return nil, err
	}
	if after.Node != id.Node {
		return nil, fault.New(fault.Denied, op, after.String(), nil)
	}
	own, err := positionAt(r, after.Node, after.Incarnation, after.Seq)
	if err != nil {
		return nil, err
	}
	if own.Hash != after.Hash {
		return nil, fault.New(fault.Fork, op, after.String(), nil)
	}
	if limit <= 0 {
		return nil, nil
	}
	b := batch{at: after}
	r.Ascend(bucketEntries, entryKey(after.Incarnation, after.Seq+1), func(key, value []byte) bool {
		return b.add(key, value) && len(b.entries) < limit
	})
	if b.err != nil {
		return nil, b.err
	}
	return b.entries, nil
}

// batch collects entries while they continue the chain and fit.
type batch struct {
	at      wire.Position
	entries []wire.Entry
	sizes   []int
	err     error
}

// add reports whether the next one may be tried.
func (b *batch) add(key, value []byte) bool {
	const op = "journal: read batch"
	incarnation, seq, ok := parseEntryKey(key)
	if !ok || incarnation != b.at.Incarnation {
		return false
	}
	if seq != b.at.Seq+1 {
		b.err = fault.New(fault.Corrupt, op, "an entry is missing after "+b.at.String(), nil)
		return false
	}
	hash, e, err := decodeStored(value)
	if err != nil {
		b.err = err
		return false
	}
	if b.sizes = append(b.sizes, e.Size()); wire.FitBatch(b.sizes) < len(b.sizes) {
		return false
	}
	if e.Stub() { // its body came from the hub as erased: it is sent nowhere
		b.err = fault.New(fault.Corrupt, op, "no body after "+b.at.String(), nil)
		return false
	}
	if b.at = b.at.Next(e); b.at.Hash != hash {
		b.err = fault.New(fault.Corrupt, op, b.at.String(), nil)
		return false
	}
	b.entries = append(b.entries, e)
	return true
}
