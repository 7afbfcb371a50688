package link

import (
	"bytes"
	"io"

	"jaliya/internal/fault"
)

// WriteRaw lets tests lie.
func WriteRaw(s *Stream, raw []byte) error { return s.writeAll(raw) }

// DecodeFrame reads one frame from bytes, as ReadFrame does from a stream, and
// gives the memory that was given to it.
func DecodeFrame(raw []byte, most int) (kind byte, payload []byte, given int, err error) {
	r := bytes.NewReader(raw)
	var head [frameHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, 0, fault.New(fault.Invalid, "", "", err)
	}
	size, err := payloadSize(head, func(byte) int { return most })
	if err != nil {
		return 0, nil, 0, err
	}
	counted := &greatestRead{r: r}
	payload, err = readPayload(counted, size)
	if err != nil {
		return 0, nil, counted.total, cutShort("", err)
	}
	return head[0], payload, counted.total, nil
}

// greatestRead sees how much memory stood ready for bytes.
type greatestRead struct {
	r     io.Reader
	read  int
	total int
}

func (g *greatestRead) Read(p []byte) (int, error) {
	g.total = max(g.total, g.read+len(p))
	n, err := g.r.Read(p)
	g.read += n
	return n, err
}
