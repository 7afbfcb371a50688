package link

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"time"

	"jaliya/internal/fault"
)

// A frame is 1 byte type, 4 bytes big-endian length, payload.
const frameHeader = 5

// firstChunk is the memory given to a frame before any of its bytes came; it
// doubles as they come, so that a lying length costs the liar bytes.
const firstChunk = 16 << 10

// smallFrame is the size up to which header and payload are sent as one write.
const smallFrame = 1 << 10

// UnknownType is what a limit function answers for a type it does not know.
const UnknownType = -1

// WriteFrame sends one frame. It returns when the bytes were handed to the
// network, not when they arrived; fault.Timeout when the peer took no byte for
// the progress time, at most twice that time after the last byte. A frame whose
// writing failed has spoilt the stream: abort it.
func (s *Stream) WriteFrame(kind byte, payload []byte) error {
	const op = "link: write frame"
	if uint64(len(payload)) > math.MaxUint32 {
		return fault.New(fault.TooLarge, op, s.session.alpn, nil)
	}
	head := make([]byte, frameHeader, frameHeader+smallFrame)
	head[0] = kind
	binary.BigEndian.PutUint32(head[1:], uint32(len(payload))) //nolint:gosec // G115: checked above
	if len(payload) <= smallFrame {
		head, payload = append(head, payload...), nil
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	for _, part := range [][]byte{head, payload} {
		if err := s.writeAll(part); err != nil {
			return classify(op, s.session.alpn, err)
		}
	}
	return nil
}

// writeAll writes p as long as the peer takes at least one byte within the
// progress time.
func (s *Stream) writeAll(p []byte) error {
	for len(p) > 0 {
		if err := s.str.SetWriteDeadline(time.Now().Add(s.progress)); err != nil {
			return err
		}
		n, err := s.str.Write(p)
		p = p[n:]
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
	}
	return nil
}

// ReadFrame reads one frame. limit gives the greatest payload of each type in
// bytes, UnknownType for a type that must not come (fault.Unsupported); a
// longer one is fault.TooLarge before any memory is given to it. The end of
// the peer's half between two frames is io.EOF itself. The payload is the
// caller's.
func (s *Stream) ReadFrame(limit func(kind byte) int) (kind byte, payload []byte, err error) {
	const op = "link: read frame"
	var head [frameHeader]byte
	if err := s.readHeader(head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return 0, nil, io.EOF
		}
		return 0, nil, err
	}
	size, err := payloadSize(head, limit)
	if err != nil {
		return head[0], nil, fault.New(fault.KindOf(err), op, s.session.alpn, err)
	}
	payload, err = readPayload(progressReader{s}, size)
	if err != nil {
		return head[0], nil, cutShort(op, err)
	}
	return head[0], payload, nil
}

// payloadSize checks a header against the limits of its reader.
func payloadSize(head [frameHeader]byte, limit func(byte) int) (int, error) {
	const op = "link: frame header"
	size := binary.BigEndian.Uint32(head[1:])
	most := limit(head[0])
	if most < 0 {
		return 0, fault.New(fault.Unsupported, op, "type", nil)
	}
	if uint64(size) > uint64(most) {
		return 0, fault.New(fault.TooLarge, op, "length", nil)
	}
	return int(size), nil
}

// readHeader reads the five bytes; only the first waits with patience.
func (s *Stream) readHeader(head []byte) error {
	const op = "link: read frame"
	deadline := time.Time{}
	if s.patience >= 0 {
		deadline = time.Now().Add(s.patience)
	}
	if err := s.str.SetReadDeadline(deadline); err != nil {
		return classify(op, s.session.alpn, err)
	}
	n, err := s.str.Read(head)
	if n == 0 {
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		return classify(op, s.session.alpn, err)
	}
	if n < len(head) {
		if _, err := io.ReadFull(progressReader{s}, head[n:]); err != nil {
			return cutShort(op, err)
		}
	}
	return nil
}

// readPayload reads exactly size bytes, giving memory as they come.
func readPayload(r io.Reader, size int) ([]byte, error) {
	buf := make([]byte, 0, min(size, firstChunk))
	for len(buf) < size {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), min(size, 2*cap(buf)))
			copy(grown, buf)
			buf = grown
		}
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			return nil, err
		}
	}
	return buf, nil
}

// progressReader sets a new deadline for every read: each byte extends it.
type progressReader struct{ s *Stream }

func (p progressReader) Read(b []byte) (int, error) {
	if err := p.s.str.SetReadDeadline(time.Now().Add(p.s.progress)); err != nil {
		return 0, err
	}
	return p.s.str.Read(b)
}
