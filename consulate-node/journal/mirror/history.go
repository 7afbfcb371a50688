package mirror

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

// History is one base with the log that continues it: what a mirror holds.
type History struct {
	dir       string
	base, log string // names; log may be missing when a crash came between
	Node      [16]byte
	Base, End Position
	at        scanned // of the log
	extra     int64   // bytes behind the last whole frame of the log
	headless  bool    // there is a log that has frames, and its header is damaged
	p         *pulse  // of the work that reads it, nil for none
}

// ErrNone says that a directory holds no history.
var ErrNone = errors.New("the directory holds no mirror")

// Find reads what a directory holds. Of several generations, which a crash
// between two may leave, the one that reaches furthest counts, of equals the
// newest whose log can be read. A base counts by its name: it gets it when it is whole and synced.
func Find(dir string) (h History, err error) { return find(dir, nil) }

func find(dir string, p *pulse) (h History, err error) {
	const op = "mirror: look"
	bases, err := names(dir, baseName)
	if err != nil {
		return h, err
	}
	if len(bases) == 0 {
		return h, fault.New(fault.NotFound, op, dir, ErrNone)
	}
	var failed error
	found := false
	for _, name := range bases { // ascending: of equals the newest wins
		one, err := readHistory(dir, name, p)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if !found || one.End.N > h.End.N || one.End.N == h.End.N && !one.headless {
			h, found = one, true
		}
	}
	if !found {
		return h, failed
	}
	return h, nil
}

func readHistory(dir, base string, p *pulse) (h History, err error) {
	h = History{dir: dir, base: base, p: p}
	head, err := readHeader(filepath.Join(dir, base))
	if err != nil {
		return h, err
	}
	n, _ := parseName(baseName, base)
	if head.at.N != n {
		return h, fault.New(fault.Corrupt, "mirror: look", base, nil)
	}
	h.Node, h.Base, h.End = head.node, head.at, head.at
	log := fileName(logName, n)
	path := filepath.Join(dir, log)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return h, fault.New(fault.Storage, "mirror: look", path, err)
	}
	s, err := walk(path, p, nil)
	if fault.Is(err, fault.Corrupt) || err == nil && s.header != head {
		h.headless = info.Size() > headerSize
		return h, nil // a log that was being begun: the base stands alone
	}
	if err != nil {
		return h, err
	}
	h.log, h.at, h.End, h.extra = log, s, s.last, info.Size()-s.end
	return h, nil
}

func readHeader(path string) (h header, err error) {
	f, err := os.Open(path) //nolint:gosec // below the operator's own directory
	if err != nil {
		return h, fault.New(fault.Storage, "mirror: read header", path, err)
	}
	defer func() { _ = f.Close() }() // only read
	raw := make([]byte, headerSize)
	if _, err := f.ReadAt(raw, 0); err != nil {
		return h, readFault("mirror: read header", path, err)
	}
	return decodeHeader(raw)
}

// names lists the files of a sort, ascending by number.
func names(dir, prefix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.New(fault.Storage, "mirror: look", dir, err)
	}
	var out []string
	for _, e := range entries {
		if _, ok := parseName(prefix, e.Name()); ok {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// After yields the transactions that came after a position of this history;
// ok is false when the position is not in it.
func (h History) After(at Position, yield func(Frame, [32]byte) error) (ok bool, err error) {
	ok = at == h.Base
	if at.N < h.Base.N || h.log == "" {
		return ok, nil
	}
	_, err = walk(filepath.Join(h.dir, h.log), h.p, func(f Frame, hash [32]byte) error {
		if f.N == at.N {
			ok = hash == at.Hash
		}
		if f.N > at.N && ok {
			return yield(f, hash)
		}
		return nil
	})
	return ok, err
}

// All yields everything: the parts of the base, each proved as the successor of
// the one before it, then the transactions. A base that is not whole is
// fault.Corrupt, and so is a log with something whole behind its end: that is
// damage, and not a tail that was being written.
func (h History) All(yield func(Frame, [32]byte) error) error {
	const op = "mirror: read history"
	s, err := walk(filepath.Join(h.dir, h.base), h.p, yield)
	if err != nil {
		return err
	}
	if !s.whole {
		return fault.New(fault.Corrupt, op, h.base, nil)
	}
	if h.log == "" {
		return h.torn()
	}
	if _, err = walk(filepath.Join(h.dir, h.log), h.p, yield); err != nil {
		return err
	}
	return h.torn()
}

// torn makes sure that what lies behind the last frame of the log is the rest of
// one that was being written, and not damage with whole frames behind it.
func (h History) torn() error {
	const op = "mirror: read history"
	if h.headless {
		return fault.New(fault.Corrupt, op, "header of a log", nil)
	}
	if h.extra == 0 {
		return nil
	}
	damaged, err := beyond(filepath.Join(h.dir, h.log), h.p, h.at)
	if err != nil {
		return err
	}
	if damaged {
		return fault.New(fault.Corrupt, op, h.log, nil)
	}
	return nil
}

// open opens the log to be continued, without what lies behind its last whole
// frame. Damage is fault.Corrupt and is left as it is.
func (h History) open() (*logFile, error) {
	const op = "mirror: open log"
	if err := h.torn(); err != nil {
		return nil, err
	}
	path := filepath.Join(h.dir, fileName(logName, h.Base.N))
	if h.log == "" {
		f, err := createFile(path, header{node: h.Node, at: h.Base})
		if err != nil {
			return nil, err
		}
		if err := errors.Join(durable.Sync(f), durable.SyncDir(h.dir)); err != nil {
			return nil, errors.Join(fault.New(fault.Storage, op, path, err), f.Close())
		}
		return &logFile{f: f, end: headerSize, last: h.Base}, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR, fileMode) //nolint:gosec // below the operator's own directory
	if err != nil {
		return nil, fault.New(fault.Storage, op, path, err)
	}
	l := &logFile{f: f, end: h.at.end, last: h.End, lastStart: h.at.start, before: h.at.before}
	err = nil
	if h.extra > 0 {
		err = durable.Truncate(f, l.end)
	}
	// Synced also when nothing was cut: the last frame may have been read from the
	// kernel's memory alone.
	if err = errors.Join(err, l.sync()); err != nil {
		return nil, errors.Join(fault.New(fault.Storage, op, path, err), f.Close())
	}
	return l, nil
}

// sweep removes what an earlier generation, or one that was not finished, left.
func sweep(dir string, keep uint64) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fault.New(fault.Storage, "mirror: sweep", dir, err)
	}
	for _, e := range entries {
		name := e.Name()
		base, isBase := parseName(baseName, name)
		log, isLog := parseName(logName, name)
		if isBase && base != keep || isLog && log != keep || strings.HasSuffix(name, suffixTemp) {
			if err := removeFile(filepath.Join(dir, name)); err != nil {
				return fault.New(fault.Storage, "mirror: sweep", name, err)
			}
		}
	}
	return nil
}

func removeFile(path string) error {
	if err := durable.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
