package mirror

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"jaliya/internal/fault"
)

// scanned is what reading a file from its beginning proved.
type scanned struct {
	header header
	end    int64    // after the last whole frame
	last   Position // chain position there
	start  int64    // where the last frame begins, 0 for none
	before Position // before the last frame
	whole  bool     // nothing lies behind end; of a base: and it has its end
}

// walk reads a base or a log from its header on and yields each frame that
// continues the chain. What does not decode, or does not continue, ends the walk:
// whether it is the torn tail of a write that nobody was told of, or damage, is
// the caller's question.
func walk(path string, p *pulse, yield func(Frame, [32]byte) error) (s scanned, err error) {
	const op = "mirror: read file"
	f, err := os.Open(path) //nolint:gosec // below the operator's own directory
	if err != nil {
		return s, fault.New(fault.Storage, op, path, err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return s, fault.New(fault.Storage, op, path, err)
	}
	in := bufio.NewReaderSize(beating{f, p}, 1<<20)
	raw := make([]byte, headerSize)
	if _, err := io.ReadFull(in, raw); err != nil {
		return s, readFault(op, path, err)
	}
	if s.header, err = decodeHeader(raw); err != nil {
		return s, err
	}
	_, log := parseName(logName, path)
	w := walker{scanned: s, log: log, prev: s.header.at.Hash}
	if !log {
		w.prev = s.header.first()
	}
	w.last, w.end = s.header.at, headerSize
	for {
		raw, err := nextFrame(in, info.Size()-w.end)
		if errors.Is(err, io.EOF) {
			w.whole = log || w.ended
			return w.scanned, nil
		}
		if err != nil && !fault.Is(err, fault.Corrupt) {
			return w.scanned, readFault(op, path, err)
		}
		if err != nil || w.ended {
			return w.scanned, nil
		}
		more, err := w.take(raw, yield)
		if err != nil || !more {
			return w.scanned, err
		}
	}
}

// nextFrame reads the bytes of one frame, at most left; io.EOF exactly at the end of
// the file.
func nextFrame(in io.Reader, left int64) ([]byte, error) {
	head := make([]byte, frameHead)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, torn(err)
	}
	n := int64(binary.BigEndian.Uint32(head))
	if n < frameBody || n > MaxFrame || n > left-frameHead {
		return nil, fault.New(fault.Corrupt, "mirror: read file", "length", nil)
	}
	raw := append(head, make([]byte, n)...)
	if _, err := io.ReadFull(in, raw[frameHead:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, torn(err)
	}
	return raw, nil
}

func torn(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Corrupt, "mirror: read file", "torn", nil)
	}
	return err //nolint:wrapcheck // io.EOF must stay what it is
}

func readFault(op, path string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Corrupt, op, path, err)
	}
	return fault.New(fault.Storage, op, path, err)
}

type walker struct {
	scanned
	log   bool
	ended bool
	prev  [32]byte
}

// take adds a frame; more is false when it does not continue the file.
func (w *walker) take(raw []byte, yield func(Frame, [32]byte) error) (more bool, err error) {
	f, hash, size, err := DecodeFrame(raw)
	if err != nil || f.Prev != w.prev {
		return false, nil //nolint:nilerr // what does not decode ends the walk
	}
	switch {
	case w.log && (f.Kind != KindTransaction || f.N != w.last.N+1),
		!w.log && (f.Kind == KindTransaction || f.N != w.header.at.N):
		return false, nil
	}
	if yield != nil {
		if err := yield(f, hash); err != nil {
			return false, err
		}
	}
	w.before, w.start, w.prev = w.last, w.end, hash
	w.end += int64(size)
	if w.log {
		w.last = Position{N: f.N, Hash: hash}
	}
	w.ended = f.Kind == KindEnd
	return true, nil
}

// beyond reports whether a whole frame of a later transaction lies anywhere behind
// the end that a walk reached: then the file is damaged there, not torn.
func beyond(path string, p *pulse, s scanned) (found bool, err error) {
	later := func(f Frame) bool { return f.N >= s.last.N && f.N-s.last.N <= 1<<32 }
	err = scanner{path: path, from: s.end + 1, p: p, want: later}.each(func(Frame, [32]byte) error {
		found = true
		return io.EOF
	})
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return found, err
}

// scanner finds whole frames in a file, wherever they begin.
type scanner struct {
	path string
	from int64
	p    *pulse
	want func(Frame) bool // by kind and number
}

func (c scanner) each(yield func(Frame, [32]byte) error) error {
	const op = "mirror: look behind the end"
	f, err := os.Open(c.path)
	if err != nil {
		return fault.New(fault.Storage, op, c.path, err)
	}
	defer func() { _ = f.Close() }() // only read
	if _, err := f.Seek(c.from, io.SeekStart); err != nil {
		return fault.New(fault.Storage, op, c.path, err)
	}
	rest, err := io.ReadAll(beating{f, c.p})
	if err != nil {
		return fault.New(fault.Storage, op, c.path, err)
	}
	for at := 0; at+frameHead+frameBody <= len(rest); {
		head := Frame{Kind: Kind(rest[at+frameHead]), N: binary.BigEndian.Uint64(rest[at+frameHead+1:])}
		if head.Kind < KindTransaction || head.Kind > KindEnd || !c.want(head) {
			at++
			continue
		}
		frame, hash, size, err := DecodeFrame(rest[at:])
		if err != nil {
			at++
			continue
		}
		if err := yield(frame, hash); err != nil {
			return err
		}
		at += size
	}
	return nil
}
