package wire

import (
	"encoding/binary"
	"errors"
	"io"

	"jaliya/internal/fault"
)

// FrameType is the first byte of a frame (SPEC.md section 7). Append-only.
type FrameType uint8

// The frame types.
const (
	FrameHello        FrameType = 1
	FrameWelcome      FrameType = 2
	FrameRefusal      FrameType = 3
	FrameBatch        FrameType = 4
	FrameReceipt      FrameType = 5
	FrameNotices      FrameType = 6
	FrameNoticeCursor FrameType = 7
	FramePing         FrameType = 8
	FramePong         FrameType = 9
	FrameRestore      FrameType = 10
	FrameReport       FrameType = 11
	FrameCarried      FrameType = 12
	FrameCarriedEnd   FrameType = 13
	FrameMissing      FrameType = 14
	FrameCheckpoint   FrameType = 15
	FrameOffer        FrameType = 16
	FrameWant         FrameType = 17
	FrameChunk        FrameType = 18
	FrameStored       FrameType = 19
	FrameJoin         FrameType = 32
	FrameRenew        FrameType = 33
)

// MaxChunk is the cap of one sealed chunk with its index.
const MaxChunk = 262176

// Limit gives the cap of a frame type in bytes, 0 for a type that this program
// does not know.
func (t FrameType) Limit() int {
	switch t {
	case FrameHello, FrameRefusal, FrameReceipt:
		return 1024
	case FrameCarried:
		return 2048
	case FrameCarriedEnd:
		return 256
	case FrameWelcome:
		return 16384
	case FrameBatch, FrameNotices:
		return MaxBatch
	case FrameRestore:
		return MaxRestore
	case FrameReport:
		return 512
	case FrameNoticeCursor:
		return 128
	case FramePing, FramePong, FrameStored, FrameMissing:
		return 64
	case FrameOffer:
		return 65536
	case FrameWant, FrameCheckpoint:
		return 8192
	case FrameChunk:
		return MaxChunk
	case FrameJoin, FrameRenew:
		return 32768
	}
	return 0
}

const frameHeader = 5

// WriteFrame writes one frame in one call of w.Write.
func WriteFrame(w io.Writer, t FrameType, payload []byte) error {
	const op = "wire: write frame"
	limit := t.Limit()
	if limit == 0 {
		return fault.New(fault.Unsupported, op, "type "+uitoa(uint64(t)), nil)
	}
	if len(payload) > limit {
		return fault.New(fault.TooLarge, op, "type "+uitoa(uint64(t)), nil)
	}
	buf := make([]byte, frameHeader, frameHeader+len(payload))
	buf[0] = byte(t)
	binary.BigEndian.PutUint32(buf[1:], uint32(len(payload))) //nolint:gosec // at most 262,176
	if _, err := w.Write(append(buf, payload...)); err != nil {
		return fault.New(fault.Unavailable, op, "", err)
	}
	return nil
}

// ReadFrame reads one frame. The length is compared with the type's cap before
// anything is allocated. It returns io.EOF, bare, only between two frames; a
// stream that ends inside one is io.ErrUnexpectedEOF under fault.Unavailable.
func ReadFrame(r io.Reader) (FrameType, []byte, error) {
	const op = "wire: read frame"
	var head [frameHeader]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			return 0, nil, io.EOF
		}
		return 0, nil, fault.New(fault.Unavailable, op, "header", inside(err))
	}
	t, length := FrameType(head[0]), binary.BigEndian.Uint32(head[1:])
	limit := t.Limit()
	if limit == 0 {
		return 0, nil, fault.New(fault.Unsupported, op, "type "+uitoa(uint64(t)), nil)
	}
	if int64(length) > int64(limit) {
		return 0, nil, fault.New(fault.TooLarge, op, "type "+uitoa(uint64(t)), nil)
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, fault.New(fault.Unavailable, op, "payload", inside(err))
	}
	return t, payload, nil
}

// inside turns an end of the stream into an unexpected one, so that a caller
// that asks for io.EOF never takes a cut frame for a closed session.
func inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
