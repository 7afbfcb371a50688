package wire

import (
	"crypto/sha256"
	"encoding/binary"

	"jaliya/internal/fault"
)

// Entry is one record as it is stored and sent: the header's bytes and the
// sealed body's bytes, neither ever re-encoded.
type Entry struct {
	_      struct{} `cbor:",toarray"`
	Header []byte
	Body   []byte
}

// NewEntry encodes the header over the body that it names.
func NewEntry(h Header, body []byte) (Entry, error) {
	const op = "wire: new entry"
	h.Version = Version
	h.BodyDigest = sha256.Sum256(body)
	if body == nil {
		body = []byte{} // an empty byte string on the wire, not null
	}
	e := Entry{Header: Marshal(h), Body: body}
	if len(e.Header) > MaxHeader {
		return Entry{}, fault.New(fault.TooLarge, op, "header", nil)
	}
	if len(body) > MaxBody {
		return Entry{}, fault.New(fault.TooLarge, op, "body", nil)
	}
	return e, nil
}

// Check verifies caps and that header and body belong together, and gives the
// decoded header.
func (e Entry) Check() (Header, error) {
	const op = "wire: check entry"
	if len(e.Body) > MaxBody {
		return Header{}, fault.New(fault.TooLarge, op, "body", nil)
	}
	h, err := DecodeHeader(e.Header)
	if err != nil {
		return Header{}, err
	}
	if sha256.Sum256(e.Body) != h.BodyDigest {
		return Header{}, fault.New(fault.Corrupt, op, h.Record.String(), nil)
	}
	return h, nil
}

// Size gives the bytes that the entry takes in a batch, at most a few more than
// it really does.
func (e Entry) Size() int { return len(e.Header) + len(e.Body) + 12 }

// Next gives the position after e, which must follow p. This is the chain of
// SPEC.md section 2; bodyDigest is computed from the body that is really there.
func (p Position) Next(e Entry) Position {
	return p.NextStub(e.Header, sha256.Sum256(e.Body))
}

// NextStub is Next for an entry whose body was deleted: the digest in its stub
// stands for it, and the chain still verifies.
func (p Position) NextStub(header []byte, bodyDigest Digest) Position {
	h := sha256.New()
	h.Write([]byte("jaliya/entry/1"))
	h.Write(p.Hash[:])
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(header)))) //nolint:gosec // a header is at most 2,048 bytes
	h.Write(header)
	h.Write(bodyDigest[:])
	return Position{Node: p.Node, Incarnation: p.Incarnation, Seq: p.Seq + 1, Hash: Digest(h.Sum(nil))}
}

// BodyAAD is the associated data under which a body is sealed (SPEC.md section
// 2): a body moved under another record or kind does not open.
func BodyAAD(record RecordID, kind Kind) []byte {
	aad := append([]byte("jaliya/body/1"), record[:]...)
	return append(aad, byte(kind))
}
