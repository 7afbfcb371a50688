package mirror

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"jaliya/internal/durable"
)

// partBytes is how much of the state goes into one frame of a base.
const partBytes = 256 << 10

// build is a base being written while the journal goes on.
type build struct {
	queue  []queued // what came since, oldest first
	bytes  int
	away   map[string]bool // names of the key files that must stay
	gone   map[string]bool // names of those that were overwritten since it began
	failed error
}

func newBuild() *build { return &build{away: map[string]bool{}, gone: map[string]bool{}} }

// keep notes a value that was put away.
func (b *build) keep(digest [32]byte) {
	name := hex.EncodeToString(digest[:])
	b.away[name] = true
	delete(b.gone, name)
}

// drop notes a value that the journal has dropped: the state that is being read is
// older and may still have it, and it must not come back from there.
func (b *build) drop(digest [32]byte) {
	name := hex.EncodeToString(digest[:])
	b.gone[name] = true
	delete(b.away, name)
}

// since gives what came after a base, with no more put away than must stay.
func (b *build) since(n uint64) (out []queued) {
	for _, q := range b.queue {
		if q.at.N <= n {
			continue
		}
		q.away = slices.DeleteFunc(slices.Clone(q.away), func(value []byte) bool {
			d := digestOf(value)
			return !b.away[hex.EncodeToString(d[:])]
		})
		out = append(out, q)
	}
	return out
}

// fail gives a base up: nothing waits for it any more.
func (b *build) fail(err error) {
	if b.failed == nil {
		b.failed = err
	}
	b.queue, b.bytes = nil, 0
}

func (b *build) add(q queued) {
	if b.failed != nil {
		return
	}
	if n := len(b.queue); n > 0 && b.queue[n-1].at.N == q.at.N {
		b.queue = b.queue[:n-1] // its transaction was refused
	}
	b.queue = append(b.queue, q)
	b.bytes += len(q.frame)
	if b.bytes > maxQueue {
		b.fail(errBehind)
	}
	for _, value := range q.away {
		b.keep(digestOf(value))
	}
}

func (b *build) undo(at Position) {
	if n := len(b.queue); n > 0 && b.queue[n-1].at == at {
		b.queue = b.queue[:n-1]
	}
}

// Run keeps the mirror good in the background until Close. It returns when the
// mirror was filled or could not be, or after the patience of a save: a post with
// little to copy starts with both disks.
func (m *Mirror) Run(source Source) {
	m.source = source
	m.ended = make(chan struct{})
	tried := make(chan struct{})
	go func() {
		defer close(m.ended)
		if m.Status().State != Good {
			m.Sync()
		}
		close(tried)
		timer := time.NewTicker(retryEvery)
		defer timer.Stop()
		for {
			select {
			case <-m.stop:
				return
			case <-m.kick:
				m.Sync()
			case <-timer.C:
				m.look()
			}
		}
	}()
	timer := time.NewTimer(m.o.Patience)
	defer timer.Stop()
	select {
	case <-tried:
	case <-timer.C:
	}
}

// look tries a disk that failed, and notices one that was taken away while nobody
// saved.
func (m *Mirror) look() {
	if m.Status().State != Good {
		m.Sync()
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.log == nil {
		return
	}
	log := m.log
	err := m.guard(log, func() error {
		m.measure()
		held, err := log.f.Stat()
		if err != nil {
			return err
		}
		named, err := os.Stat(log.f.Name())
		if err == nil && !os.SameFile(held, named) {
			err = fs.ErrNotExist
		}
		return err
	})
	if err != nil {
		m.fail("a look at its disk", err)
	}
}

// Sync writes a new base from the journal, with all that came since, and takes it
// into use. A mirror that is good stays so meanwhile.
func (m *Mirror) Sync() {
	m.mu.Lock()
	if m.stuck > 0 || m.build != nil {
		m.mu.Unlock()
		return
	}
	wasGood := m.log != nil
	b := newBuild()
	m.build = b
	m.mu.Unlock()
	if !wasGood {
		m.tell(func(s *Status) { s.State = Filling })
	}
	err := m.attend(func(p *pulse) error { return filling{m, p, b}.fill(wasGood) })
	m.mu.Lock()
	defer m.mu.Unlock()
	m.build = nil
	switch {
	case err == nil:
		m.o.Logger.Info("mirror written anew", slog.Int64("bytes", m.Status().Base))
	case m.log != nil:
		m.o.Logger.Warn("no new base for the mirror", slog.String("error", err.Error()))
	default:
		m.failed(err)
		m.complain("one disk: the mirror cannot be filled", err)
	}
}

// filling is the work of writing a base. Nothing of it is used once the disk was
// given up.
type filling struct {
	*Mirror
	p *pulse
	b *build
}

// goOn says whether the work is still wanted. m.mu must not be held.
func (m filling) goOn() error {
	if err := m.p.beat(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped() {
		return errBehind
	}
	return m.wanted()
}

// wanted is goOn for a step that holds m.mu.
func (m filling) wanted() error {
	if m.build != m.b {
		return errSlow
	}
	return m.b.failed
}

func (m filling) fill(wasGood bool) error {
	if err := m.check(); err != nil {
		return err
	}
	if err := os.Mkdir(m.o.Dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := m.check(); err != nil { // of the directory itself, now that it is there
		return err
	}
	m.measure()
	at, err := m.source.Begin()
	if err != nil {
		return err
	}
	if !wasGood {
		if err := m.admit(m.p, at); err != nil {
			return err
		}
	}
	head, err := m.writeBase()
	if err != nil {
		return err
	}
	for _, t := range m.o.Trees {
		if err := m.fillTree(t); err != nil {
			return err
		}
	}
	return m.install(head)
}

// writeBase writes the state of one moment. The file gets its name when it is
// whole and synced.
func (m filling) writeBase() (header, error) {
	tmp := filepath.Join(m.o.Dir, baseName+"new"+suffixTemp)
	w := baseWriter{m: m, path: tmp}
	err := m.source.Dump(w.begin, w.pair)
	if err == nil {
		err = w.end()
	}
	if w.f != nil {
		err = errors.Join(err, w.f.Close())
	}
	if err != nil {
		return w.head, errors.Join(err, removeFile(tmp))
	}
	if err := durable.Rename(tmp, filepath.Join(m.o.Dir, fileName(baseName, w.head.at.N))); err != nil {
		return w.head, err
	}
	return w.head, durable.SyncDir(m.o.Dir)
}

func (m *Mirror) stopped() bool {
	select {
	case <-m.stop:
		return true
	default:
		return false
	}
}

type baseWriter struct {
	m     filling
	path  string
	f     *os.File
	head  header
	at    int64
	dirty int64 // bytes since the last sync
	frame Frame
	size  int
}

func (w *baseWriter) begin(at Position) (err error) {
	w.head = header{node: w.m.o.Node, at: at}
	var f *os.File
	if err := w.m.p.wait(func() (err error) { f, err = createFile(w.path, w.head); return err }); err != nil {
		return err
	}
	w.f = f
	w.at = headerSize
	w.frame = Frame{Kind: KindPart, N: at.N, Prev: w.head.first()}
	return nil
}

func (w *baseWriter) pair(bucket, key, value []byte) error {
	o := Op{Change: Put, Bucket: bytes.Clone(bucket), Key: bytes.Clone(key), Value: bytes.Clone(value)}
	if w.m.Erasable(bucket) {
		d, err := w.m.keepAway(value)
		if err != nil {
			return err
		}
		o.Change, o.Value = PutAway, d[:]
	}
	w.frame.Ops = append(w.frame.Ops, o)
	if w.size += len(key) + len(value); w.size < partBytes {
		return nil
	}
	return w.flush()
}

// keepAway puts a value of a base away, unless the journal has dropped it since
// the base was begun: then the log behind the base deletes what names it.
func (m filling) keepAway(value []byte) ([32]byte, error) {
	d := digestOf(value)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.wanted(); err != nil {
		return d, err
	}
	if m.b.gone[hex.EncodeToString(d[:])] {
		return d, nil
	}
	m.b.keep(d)
	return d, m.guard(nil, func() error { return putAway(m.o.Dir, value) })
}

// syncBytes is how much of a base is written before it is synced: a slow disk then
// shows in time that it answers.
const syncBytes = 8 << 20

// flush writes a frame. The journal is being read meanwhile and is not held for a
// disk that hangs.
func (w *baseWriter) flush() error {
	if err := w.m.goOn(); err != nil {
		return err
	}
	raw, hash, err := w.frame.encodeWithin(w.m.o.MaxFrame)
	if err != nil {
		return err
	}
	f, at := w.f, w.at
	w.at += int64(len(raw))
	w.dirty += int64(len(raw))
	sync := w.dirty >= syncBytes || w.frame.Kind == KindEnd
	err = w.m.p.wait(func() error {
		if err := durable.WriteAt(f, raw, at); err != nil || !sync {
			return err
		}
		return durable.Sync(f)
	})
	if err != nil {
		return err
	}
	if sync {
		w.dirty = 0
	}
	w.frame.Ops, w.frame.Prev, w.size = nil, hash, 0
	return nil
}

func (w *baseWriter) end() error {
	if len(w.frame.Ops) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.frame.Kind = KindEnd
	return w.flush()
}

// install begins the log that continues a base with what came since, and puts
// both into the place of what was in use.
func (m filling) install(head header) error {
	path := filepath.Join(m.o.Dir, fileName(logName, head.at.N))
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.wanted(); err != nil {
		return err
	}
	if m.log != nil && m.log.f.Name() == path {
		return nil // nothing has come since the last base
	}
	since := m.b.since(head.at.N)
	log, base := &logFile{end: headerSize, last: head.at}, int64(0)
	err := m.guard(log, func() (err error) {
		base = sizeOf(filepath.Join(m.o.Dir, fileName(baseName, head.at.N)))
		if log.f, err = createFile(path, head); err != nil {
			return err
		}
		if err := writeAll(m.o.Dir, log, since); err != nil {
			return err
		}
		return durable.SyncDir(m.o.Dir)
	})
	if errors.Is(err, errSlow) {
		return err // its file is closed when the disk answers
	}
	if err != nil {
		return errors.Join(err, m.guard(nil, func() error { return errors.Join(log.close(), removeFile(path)) }))
	}
	old := m.log
	m.good(log, base, time.Now())
	return m.tidy(old, head.at.N)
}

// tidy removes what a generation in use has replaced. Until then both are whole,
// so what cannot be removed now waits for the next one.
func (m filling) tidy(old *logFile, keep uint64) error {
	log, keys := m.log, maps.Clone(m.b.away)
	err := m.guard(log, func() error {
		_ = old.close() // everything in it is in the new one
		return errors.Join(sweep(m.o.Dir, keep), sweepKeys(m.o.Dir, keys))
	})
	switch {
	case errors.Is(err, errSlow):
		return err
	case err != nil:
		m.o.Logger.Error("what the mirror has replaced is not removed", slog.String("error", err.Error()))
	}
	return nil
}

// sweepKeys shreds what was put away and is not kept any more, one that it cannot
// shred or not.
func sweepKeys(dir string, keep map[string]bool) (failed error) {
	err := eachFile(filepath.Join(dir, keysDir), func(rel string, _ int64) error {
		if !keep[rel] {
			failed = errors.Join(failed, shred(filepath.Join(dir, keysDir, rel)))
		}
		return nil
	})
	return errors.Join(failed, err)
}
