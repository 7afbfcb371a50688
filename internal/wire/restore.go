package wire

import (
	"crypto/sha256"

	"jaliya/internal/fault"
)

// MaxRestore is the cap of a restore frame: the entries of one batch and the
// receipt over them.
const MaxRestore = MaxBatch + 2048

// RestoreRequest asks for a node's own entries that follow a position of an
// incarnation which is not written any more (SPEC.md section 15).
type RestoreRequest struct {
	Version uint8    `cbor:"1,keyasint"`
	After   Position `cbor:"2,keyasint"` // the last one under a receipt that the node holds
}

// Restored is one range of a node's own entries on its way back, with the
// receipt that proves it: all of it, and nothing else.
type Restored struct {
	Version uint8   `cbor:"1,keyasint"`
	Prev    Digest  `cbor:"2,keyasint"` // the hash before the first entry
	Entries []Entry `cbor:"3,keyasint"` // a body that was erased is null: a stub
	Receipt []byte  `cbor:"4,keyasint"` // signed
	Until   uint64  `cbor:"5,keyasint"` // the last sequence that the hub has of this incarnation
}

// ProvedEntry is an entry under a receipt that was verified. Its body is nil
// when it was erased.
type ProvedEntry struct {
	Entry  Entry
	Header Header
	At     Position // that this entry leads to
}

// ProvedRange is what a restore frame proves: entries in order, the position
// before them, and their receipt.
type ProvedRange struct {
	After   Position
	Entries []ProvedEntry
	Signed  SignedReceipt
	Receipt Receipt
	Until   uint64
}

// DecodeRestored reads a restore frame and proves it: the receipt's signature,
// that the chain over these very bytes leads to its head and root, and that each
// header names its own place. Errors: Denied for a receipt of nobody we trust,
// Corrupt for what it does not cover, Invalid and Unsupported for the form.
func DecodeRestored(raw []byte, keys KeySet) (ProvedRange, error) {
	const op = "wire: decode restored"
	var in Restored
	if err := Unmarshal(raw, MaxRestore, &in); err != nil {
		return ProvedRange{}, err
	}
	switch {
	case in.Version == 0 || in.Version > Version:
		return ProvedRange{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(in.Version)), nil)
	case len(in.Entries) == 0 || len(in.Entries) > MaxBatchEntries:
		return ProvedRange{}, fault.New(fault.Invalid, op, "entries", nil)
	}
	signed, err := DecodeReceipt(in.Receipt)
	if err != nil {
		return ProvedRange{}, err
	}
	r, err := signed.Verify(keys)
	if err != nil {
		return ProvedRange{}, err
	}
	if r.First == 0 || r.Last < r.First || r.Last-r.First+1 != uint64(len(in.Entries)) || in.Until < r.Last {
		return ProvedRange{}, fault.New(fault.Corrupt, op, "range", nil)
	}
	out := ProvedRange{
		After:  Position{Node: r.Node, Incarnation: r.Incarnation, Seq: r.First - 1, Hash: in.Prev},
		Signed: signed, Receipt: r, Until: in.Until,
	}
	return out, out.prove(in.Entries)
}

// prove walks the chain over the entries to the receipt's head and root.
func (p *ProvedRange) prove(entries []Entry) error {
	const op = "wire: prove restored"
	at, hashes := p.After, make([]Digest, 0, len(entries))
	if at.Seq == 0 && at != Genesis(at.Node, at.Incarnation) {
		return fault.New(fault.Corrupt, op, "genesis", nil)
	}
	for _, e := range entries {
		h, err := e.CheckStub()
		if err != nil {
			return err
		}
		at = at.NextStub(e.Header, h.BodyDigest)
		if h.Source != SourceNode || h.Node != at.Node || h.Incarnation != at.Incarnation || h.Seq != at.Seq {
			return fault.New(fault.Corrupt, op, at.String(), nil)
		}
		hashes = append(hashes, at.Hash)
		p.Entries = append(p.Entries, ProvedEntry{Entry: e, Header: h, At: at})
	}
	if at.Hash != p.Receipt.Head || RootOf(hashes) != p.Receipt.Root {
		return fault.New(fault.Corrupt, op, at.String(), nil)
	}
	return nil
}

// Stub reports whether the body was erased: only its digest, in the header, is
// left of it.
func (e Entry) Stub() bool { return e.Body == nil }

// CheckStub is Check for an entry whose body may have been erased: then the
// digest in its header stands for it, and the chain proves the header.
func (e Entry) CheckStub() (Header, error) {
	if !e.Stub() {
		return e.Check()
	}
	return DecodeHeader(e.Header)
}

// NextOf is Next for an entry whose body may have been erased.
func (p Position) NextOf(e Entry) (Position, error) {
	if !e.Stub() {
		return p.NextStub(e.Header, sha256.Sum256(e.Body)), nil
	}
	h, err := DecodeHeader(e.Header)
	if err != nil {
		return Position{}, err
	}
	return p.NextStub(e.Header, h.BodyDigest), nil
}
