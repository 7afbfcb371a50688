package wire

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// NodeID names one machine at a post, for ever: 16 random bytes.
type NodeID [16]byte //nolint:recvcheck // only a decoder writes to it

// RecordID names the content of one entry: 16 random bytes made at capture.
type RecordID [16]byte //nolint:recvcheck // only a decoder writes to it

// ClusterID names the hub's state; it changes only by forced recovery (D20).
type ClusterID [16]byte //nolint:recvcheck // only a decoder writes to it

// KeyID is the first 8 bytes of SHA-256 of an Ed25519 public key.
type KeyID = seal.KeyID

// Digest is a SHA-256 value.
type Digest [32]byte //nolint:recvcheck // only a decoder writes to it

// NewNodeID draws a node id from the system's randomness.
func NewNodeID() NodeID { return random16[NodeID]() }

// NewRecordID draws a record id from the system's randomness.
func NewRecordID() RecordID { return random16[RecordID]() }

// NewClusterID draws a cluster id from the system's randomness.
func NewClusterID() ClusterID { return random16[ClusterID]() }

// random16 cannot fail: crypto/rand.Read ends the process instead.
func random16[T ~[16]byte]() T {
	var id [16]byte
	_, _ = rand.Read(id[:])
	return T(id)
}

// NewIncarnation draws a number for an unbroken stretch of history, never 0.
func NewIncarnation() uint64 {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:])
		if n := binary.BigEndian.Uint64(b[:]); n != 0 {
			return n
		}
	}
}

// String gives 32 hexadecimal digits.
func (id NodeID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether the id was never set.
func (id NodeID) IsZero() bool { return id == NodeID{} }

// String gives 32 hexadecimal digits.
func (id RecordID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether the id was never set.
func (id RecordID) IsZero() bool { return id == RecordID{} }

// String gives 32 hexadecimal digits.
func (id ClusterID) String() string { return hex.EncodeToString(id[:]) }

// String gives 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero reports whether the digest was never set.
func (d Digest) IsZero() bool { return d == Digest{} }

// ParseNodeID reads 32 hexadecimal digits.
func ParseNodeID(s string) (NodeID, error) { return parse16[NodeID]("wire: parse node id", s) }

// ParseRecordID reads 32 hexadecimal digits.
func ParseRecordID(s string) (RecordID, error) { return parse16[RecordID]("wire: parse record id", s) }

// ParseClusterID reads 32 hexadecimal digits.
func ParseClusterID(s string) (ClusterID, error) {
	return parse16[ClusterID]("wire: parse cluster id", s)
}

func parse16[T ~[16]byte](op, s string) (T, error) {
	var id [16]byte
	if len(s) != hex.EncodedLen(len(id)) {
		return T(id), fault.New(fault.Invalid, op, "32 hexadecimal digits expected", nil)
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return T{}, fault.New(fault.Invalid, op, "", err)
	}
	return T(id), nil
}

// ParseDigest reads 64 hexadecimal digits.
func ParseDigest(s string) (Digest, error) {
	const op = "wire: parse digest"
	var d Digest
	if len(s) != hex.EncodedLen(len(d)) {
		return d, fault.New(fault.Invalid, op, "64 hexadecimal digits expected", nil)
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil {
		return Digest{}, fault.New(fault.Invalid, op, "", err)
	}
	return d, nil
}

// UnmarshalCBOR takes exactly 16 bytes.
func (id *NodeID) UnmarshalCBOR(raw []byte) error { return fixedBytes(id[:], raw) }

// UnmarshalCBOR takes exactly 16 bytes.
func (id *RecordID) UnmarshalCBOR(raw []byte) error { return fixedBytes(id[:], raw) }

// UnmarshalCBOR takes exactly 16 bytes.
func (id *ClusterID) UnmarshalCBOR(raw []byte) error { return fixedBytes(id[:], raw) }

// UnmarshalCBOR takes exactly 32 bytes.
func (d *Digest) UnmarshalCBOR(raw []byte) error { return fixedBytes(d[:], raw) }

// fixedBytes takes a byte string of exactly the length of into, 16 or 32. The library
// alone would pad a short one with zeros and cut a long one off, so that two
// encodings would name the same thing; it would also take null for zero.
func fixedBytes(into, raw []byte) error {
	head := []byte{0x50} // a byte string of 16 bytes (RFC 8949, 3.1)
	if len(into) == sha256.Size {
		head = []byte{0x58, sha256.Size}
	}
	if len(raw) != len(head)+len(into) || !bytes.HasPrefix(raw, head) {
		return fault.New(fault.Invalid, "wire: decode", strconv.Itoa(len(into))+" bytes expected", nil)
	}
	copy(into, raw[len(head):])
	return nil
}

// Position is a place in a node's history together with the hash of all that
// led there: two parties that hold equal positions hold equal histories, and
// "does this follow?" is one ==.
type Position struct {
	_           struct{} `cbor:",toarray"`
	Node        NodeID
	Incarnation uint64
	Seq         uint64 // 0: before the first entry
	Hash        Digest // h(Seq) of SPEC.md section 2
}

// Genesis gives the position before the first entry of an incarnation.
func Genesis(node NodeID, incarnation uint64) Position {
	h := sha256.New()
	h.Write([]byte("jaliya/genesis/1"))
	h.Write(node[:])
	h.Write(binary.BigEndian.AppendUint64(nil, incarnation))
	return Position{Node: node, Incarnation: incarnation, Hash: Digest(h.Sum(nil))}
}

// String gives node, incarnation and sequence; the hash is left out because a
// position in a log is for people who count.
func (p Position) String() string {
	return p.Node.String()[:8] + "/" + hex.EncodeToString(binary.BigEndian.AppendUint64(nil, p.Incarnation)) +
		"/" + uitoa(p.Seq)
}
