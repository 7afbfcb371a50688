package mirror

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"strconv"

	"jaliya/internal/fault"
)

// Position is a place in the chain of transactions: how many there were, and the
// hash over all of them.
type Position struct {
	N    uint64   `cbor:"1,keyasint"`
	Hash [32]byte `cbor:"2,keyasint"`
}

// Change says what an Op does.
type Change uint8

// The changes. A sealed-away value stands in a file of its own, under its digest,
// so that it can be overwritten.
const (
	Put Change = iota
	Delete
	PutAway // Value is the SHA-256 of the value
)

// Op is one change of one key.
type Op struct {
	Change      Change
	Bucket, Key []byte
	Value       []byte // nil for Delete
}

// Kind says what a frame is.
type Kind uint8

// The kinds of frame.
const (
	KindTransaction Kind = 1 + iota // in a log: one committed transaction
	KindPart                        // in a base: pairs of the state at N
	KindEnd                         // in a base: nothing follows
)

// Frame is a decoded frame.
type Frame struct {
	Kind Kind
	N    uint64   // number of the transaction; in a base, the one it was taken after
	Prev [32]byte // hash of the frame before it; of the file's header, for a first part
	Ops  []Op
}

const (
	frameHead = 8      // length and checksum
	frameBody = 1 + 40 // kind, number, hash before
	// MaxFrame bounds a frame, in bytes: far above any transaction of a post. The
	// largest opens an incarnation after months alone, some 4 KiB for each entry.
	// One that is larger is refused before anything is written.
	MaxFrame = 1 << 30
)

var (
	checksum = crc32.MakeTable(crc32.Castagnoli)
	domain   = []byte("jaliya/mirror/1\x00")
)

// hashOf is the hash of a frame, by which the next one names it.
func hashOf(body []byte) [32]byte {
	h := sha256.New()
	h.Write(domain)
	h.Write(body)
	return [32]byte(h.Sum(nil))
}

// Encode gives the bytes of the frame as they lie on the disk, and its hash.
func (f Frame) Encode() ([]byte, [32]byte) {
	size := frameHead + frameBody
	for _, o := range f.Ops {
		size += 1 + 3*binary.MaxVarintLen32 + len(o.Bucket) + len(o.Key) + len(o.Value)
	}
	raw := make([]byte, frameHead, size)
	raw = append(raw, byte(f.Kind))
	raw = binary.BigEndian.AppendUint64(raw, f.N)
	raw = append(raw, f.Prev[:]...)
	for _, o := range f.Ops {
		raw = append(raw, byte(o.Change))
		raw = appendBytes(raw, o.Bucket)
		raw = appendBytes(raw, o.Key)
		if o.Change != Delete {
			raw = appendBytes(raw, o.Value)
		}
	}
	body := raw[frameHead:]
	binary.BigEndian.PutUint32(raw, uint32(len(body))) //nolint:gosec // bounded by MaxFrame
	binary.BigEndian.PutUint32(raw[4:], crc32.Checksum(body, checksum))
	return raw, hashOf(body)
}

// encodeWithin is Encode for a frame that is about to be written: what no reader
// would take is refused.
func (f Frame) encodeWithin(limit int64) ([]byte, [32]byte, error) {
	raw, hash := f.Encode()
	if size := int64(len(raw) - frameHead); size > limit {
		return nil, hash, fault.New(fault.TooLarge, "mirror: write frame", strconv.FormatInt(size, 10)+" bytes", nil)
	}
	return raw, hash, nil
}

func appendBytes(raw, b []byte) []byte {
	return append(binary.AppendUvarint(raw, uint64(len(b))), b...)
}

// DecodeFrame reads the frame at the beginning of raw and gives its hash and how
// many bytes it takes. It wants exactly the form that Encode writes. What it
// returns lies in raw.
func DecodeFrame(raw []byte) (f Frame, hash [32]byte, size int, err error) {
	const op = "mirror: read frame"
	if len(raw) < frameHead+frameBody {
		return f, hash, 0, fault.New(fault.Corrupt, op, "too short", nil)
	}
	n := int64(binary.BigEndian.Uint32(raw))
	if n < frameBody || n > MaxFrame || n > int64(len(raw)-frameHead) {
		return f, hash, 0, fault.New(fault.Corrupt, op, "length", nil)
	}
	body := raw[frameHead : frameHead+n]
	if crc32.Checksum(body, checksum) != binary.BigEndian.Uint32(raw[4:]) {
		return f, hash, 0, fault.New(fault.Corrupt, op, "checksum", nil)
	}
	f.Kind, f.N, f.Prev = Kind(body[0]), binary.BigEndian.Uint64(body[1:]), [32]byte(body[9:41])
	if f.Kind < KindTransaction || f.Kind > KindEnd {
		return f, hash, 0, fault.New(fault.Corrupt, op, "kind", nil)
	}
	rest := body[frameBody:]
	for len(rest) > 0 {
		var o Op
		if o, rest, err = decodeOp(rest); err != nil {
			return f, hash, 0, err
		}
		f.Ops = append(f.Ops, o)
	}
	if again, _ := f.Encode(); !bytes.Equal(again, raw[:frameHead+n]) {
		return f, hash, 0, fault.New(fault.Corrupt, op, "form", nil)
	}
	return f, hashOf(body), frameHead + int(n), nil
}

func decodeOp(raw []byte) (o Op, rest []byte, err error) {
	o.Change, rest = Change(raw[0]), raw[1:]
	if o.Change > PutAway {
		return o, nil, fault.New(fault.Corrupt, "mirror: read frame", "change", nil)
	}
	fields := []*[]byte{&o.Bucket, &o.Key, &o.Value}
	if o.Change == Delete {
		fields = fields[:2]
	}
	for _, field := range fields {
		n, width := binary.Uvarint(rest)
		if width <= 0 || n > uint64(len(rest)-width) { //nolint:gosec // width is at most the length
			return o, nil, fault.New(fault.Corrupt, "mirror: read frame", "field", nil)
		}
		*field, rest = rest[width:width+int(n)], rest[width+int(n):] //nolint:gosec // within rest
	}
	if o.Change == PutAway && len(o.Value) != sha256.Size {
		return o, nil, fault.New(fault.Corrupt, "mirror: read frame", "digest", nil)
	}
	return o, rest, nil
}
