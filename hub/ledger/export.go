package ledger

import (
	"io"
	"sync"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// Export calls fn once with a consistent image of the state file: its position,
// its exact size in bytes and its content (D11.3). Nothing is applied from when
// the position is read until the content's read transaction has begun, which is
// with its first byte: fn goes straight to content.WriteTo. The transaction
// lasts until the content is written; an error of the writer ends it.
func (l *Ledger) Export(fn func(p Position, size int64, content io.WriterTo) error) error {
	l.turn.Lock()
	free := sync.OnceFunc(l.turn.Unlock)
	defer free()
	l.swap.RLock()
	defer l.swap.RUnlock()
	p, err := l.Position()
	if err != nil {
		return err
	}
	stats, err := l.db.Stats()
	if err != nil {
		return err
	}
	return fn(p, stats.Used, &image{db: l.db, begun: free})
}

// image is the content of the file; it can be written once.
type image struct {
	db    *kv.Bolt
	begun func()
	used  bool
}

// WriteTo implements io.WriterTo.
func (i *image) WriteTo(w io.Writer) (int64, error) {
	if i.used {
		return 0, fault.New(fault.Internal, "ledger: export state", "written before", nil)
	}
	i.used = true
	out := &exportWriter{w: w, begun: i.begun}
	err := i.db.Export(out)
	if out.err != nil {
		err = out.err // the writer's, for the store wraps it as its own disk's
	}
	return out.n, err
}

// exportWriter counts, and tells when the first byte comes: the store writes
// only inside its read transaction.
type exportWriter struct {
	w     io.Writer
	begun func()
	n     int64
	err   error // the first of w
}

// Write implements io.Writer.
func (e *exportWriter) Write(b []byte) (int, error) {
	e.begun()
	n, err := e.w.Write(b)
	e.n += int64(n)
	if e.err == nil {
		e.err = err
	}
	return n, err
}
