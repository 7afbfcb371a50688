package cluster

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"sync"

	"jaliya/internal/fault"
)

// A state travels as its file, followed by the SHA-256 of
//
//	"jaliya/state/1", index and term as eight bytes each, file
//
// so that the receiver knows the bytes, and what they claim to be, before it
// uses any.
const (
	stateDomain  = "jaliya/state/1"
	trailerBytes = sha256.Size

	opExport = "cluster: export state"
)

var errCanceled = errors.New("export canceled")

func stateDigest(p Position) hash.Hash {
	h := sha256.New()
	b := []byte(stateDomain)
	b = binary.BigEndian.AppendUint64(b, p.Index)
	b = binary.BigEndian.AppendUint64(b, p.Term)
	h.Write(b)
	return h
}

// export streams the live state: State.Export pushes in a goroutine of its own,
// raft pulls. Close stops the goroutine and waits for it.
type export struct {
	store *snapshots
	out   *io.PipeReader
	in    *io.PipeWriter
	head  chan Position // closed without a value when there is none
	size  int64         // set before head
	done  chan struct{} // closed when the goroutine has ended
	err   error         // set before done
	close sync.Once
}

func newExport(s *snapshots) *export {
	e := &export{store: s, head: make(chan Position, 1), done: make(chan struct{})}
	e.out, e.in = io.Pipe()
	return e
}

// begin starts the stream and gives its position and its size in bytes.
func (e *export) begin() (Position, int64, error) {
	go e.run()
	p, ok := <-e.head
	if !ok {
		<-e.done
		return Position{}, 0, e.err
	}
	return p, e.size, nil
}

func (e *export) run() {
	defer close(e.done)
	defer close(e.head)
	e.err = e.store.state.Export(e.push)
	e.in.CloseWithError(e.err)
}

func (e *export) push(p Position, size int64, content io.WriterTo) error {
	e.size = size + trailerBytes
	e.head <- p
	digest := stateDigest(p)
	n, err := content.WriteTo(io.MultiWriter(e.in, digest))
	if err != nil {
		return err
	}
	if n != size {
		return fault.New(fault.Internal, opExport, subjectIndex(p.Index), errors.New("size is not as announced"))
	}
	_, err = e.in.Write(digest.Sum(nil))
	return err
}

// Read implements io.Reader.
func (e *export) Read(b []byte) (int, error) { return e.out.Read(b) }

// Close ends the stream, wherever it is, and the read transaction under it.
func (e *export) Close() error {
	e.close.Do(func() {
		_ = e.out.CloseWithError(errCanceled)
		_ = e.in.CloseWithError(errCanceled) // the reader learns that it was cut
		<-e.done
		e.store.forget(e)
	})
	return nil
}
