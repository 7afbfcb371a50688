package ledger

import (
	"crypto/sha256"
	"encoding/binary"

	"jaliya/internal/wire"
)

// Verdict says what became of a committed entry.
type Verdict uint8

// The verdicts.
const (
	Accepted Verdict = 1 // it had its effect
	Refused  Verdict = 2 // it had none; Reason says why (D42)
	Repeated Verdict = 3 // the record was accepted before from another place: no second effect (I9)
)

// Stored is a committed entry without its body.
type Stored struct {
	Commit  uint64        `cbor:"1,keyasint"` // number in the national order
	At      wire.Position `cbor:"2,keyasint"` // the position that it leads to
	Header  []byte        `cbor:"3,keyasint"` // as received
	Digest  wire.Digest   `cbor:"4,keyasint"` // SHA-256 of the body, computed from it
	Verdict Verdict       `cbor:"5,keyasint"`
	Reason  Reason        `cbor:"6,keyasint,omitempty"`
	Index   uint64        `cbor:"7,keyasint"` // Raft
	Time    int64         `cbor:"8,keyasint"` // of the command
	// First is the commit that holds the body of a repeated record.
	First  uint64 `cbor:"9,keyasint,omitempty"`
	Case   uint64 `cbor:"10,keyasint,omitempty"`
	Erased int64  `cbor:"11,keyasint,omitempty"` // when the body was erased
	Leaf   uint64 `cbor:"12,keyasint,omitempty"` // number of the leaf in the log, and one; 0 for none
}

// contentOf is the identity of what a record says, wherever it stands: the
// fields of version 1 except place and clock, in a list that never changes, so
// that members of different versions agree on it. The token is not among them:
// below level 3 nobody reads it, and body and slip hash change with it.
func contentOf(h wire.Header) wire.Digest {
	b := make([]byte, 0, 512)
	b = append(b, "jaliya/content/1"...)
	b = append(b, byte(h.Kind), byte(h.Source), h.Service, h.Outcome)
	b = append(b, h.BodyDigest[:]...)
	for _, text := range []string{string(h.Post), h.Reference, string(h.Pickup)} {
		b = append(b, byte(len(text))) //nolint:gosec // a valid post or reference
		b = append(b, text...)
	}
	b = binary.BigEndian.AppendUint32(b, h.IntakeKey)
	b = binary.BigEndian.AppendUint64(b, h.Seen)
	b = append(b, byte(len(h.Images))) //nolint:gosec // at most 8
	for _, image := range h.Images {
		b = append(b, image.Digest[:]...)
		b = binary.BigEndian.AppendUint64(b, image.Size)
	}
	if h.SlipHash != nil {
		b = append(append(b, 's'), h.SlipHash[:]...)
	}
	if h.Replaces != nil {
		b = append(append(b, 'r'), h.Replaces[:]...)
	}
	if h.Serial != nil {
		b = append(append(b, 'c'), h.Serial[:]...)
	}
	if h.Pouch != nil {
		b = append(append(b, 'p'), h.Pouch[:]...)
	}
	if h.Count != nil {
		b = binary.BigEndian.AppendUint16(append(b, 'n'), *h.Count)
	}
	if h.Owner != nil {
		b = append(append(b, 'o'), h.Owner[:]...)
	}
	return sha256.Sum256(b)
}
