package journal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Anchor is how far the journal had come, in a small file of its own that no
// copy of the journal brings back (D39). It is never ahead of the journal, for it
// is told only what was read after a commit; what it lags behind is bounded by
// whoever tells it. Two slots are written in turn, so that a torn write leaves
// the other.
type Anchor struct {
	mu    sync.Mutex // guards all below
	file  *os.File
	held  wire.Position
	count uint64 // of writes; the next goes to the slot of its parity
}

// anchored is one slot of the file.
type anchored struct {
	Count uint64        `cbor:"1,keyasint"`
	At    wire.Position `cbor:"2,keyasint"`
}

const (
	// slotSize keeps the slots in different blocks of the disk.
	slotSize = 4096
	// slotUsed is more than a slot's bytes.
	slotUsed = 128
)

// OpenAnchor opens the anchor at path and gives what it holds. A file that is
// not there, or of which neither slot is whole, is a lost anchor: found is false,
// and it begins anew. Only a disk that cannot be written is an error.
func OpenAnchor(path string) (a *Anchor, held wire.Position, found bool, err error) {
	const op = "journal: open anchor"
	_, missing := os.Stat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, held, false, fault.New(kindOfWrite(err), op, path, err)
	}
	a = &Anchor{file: f}
	newest, found := newestSlot(f)
	a.held, a.count = newest.At, newest.Count
	if errors.Is(missing, fs.ErrNotExist) {
		if err := durable.SyncDir(filepath.Dir(path)); err != nil {
			return nil, held, false, errors.Join(fault.New(fault.Storage, op, path, err), f.Close())
		}
	}
	return a, a.held, found, nil
}

// newestSlot gives what an anchor's file holds.
func newestSlot(f io.ReaderAt) (newest anchored, found bool) {
	for slot := range int64(2) {
		one, ok := readSlot(f, slot)
		if ok && (!found || one.Count > newest.Count) {
			newest, found = one, true
		}
	}
	return newest, found
}

func readSlot(f io.ReaderAt, slot int64) (anchored, bool) {
	raw := make([]byte, slotUsed)
	n, err := f.ReadAt(raw, slot*slotSize)
	if err != nil && !errors.Is(err, io.EOF) || n < 1 || int(raw[0]) > n-1 {
		return anchored{}, false
	}
	one, err := decodeHeld[anchored]("journal: read anchor", "", raw[1:1+int(raw[0])])
	return one, err == nil && !one.At.Node.IsZero()
}

// Reach notes that the journal has come to a position, durably on return. One
// that was reached before costs nothing: a closed incarnation is never anchored
// again, for callers read the head.
func (a *Anchor) Reach(at wire.Position) error {
	const op = "journal: write anchor"
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held.Node == at.Node && a.held.Incarnation == at.Incarnation && a.held.Seq >= at.Seq {
		return nil
	}
	raw := encodeHeld(anchored{Count: a.count + 1, At: at})
	slot := append([]byte{byte(len(raw))}, raw...) //nolint:gosec // below slotUsed
	if err := durable.WriteAt(a.file, slot, int64((a.count+1)%2)*slotSize); err != nil {
		return fault.New(kindOfWrite(err), op, a.file.Name(), err)
	}
	if err := durable.Sync(a.file); err != nil {
		return fault.New(fault.Storage, op, a.file.Name(), err)
	}
	a.held, a.count = at, a.count+1
	return nil
}

// Held gives the position that was reached.
func (a *Anchor) Held() wire.Position {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held
}

// Close closes the file.
func (a *Anchor) Close() error { return a.file.Close() }

// Behind reports whether the journal in a store is not the one that its anchor
// saw, or an older copy of it: then nothing may be issued before it has opened a
// new incarnation. A journal that opened one since is not behind, whatever it
// lacks of the one before: it wrote nothing there.
func Behind(r kv.Reader, anchor wire.Position) (bool, error) {
	const op = "journal: compare with the anchor"
	s, err := readState(r)
	if err != nil {
		return false, err
	}
	list, err := readChapters(r)
	switch {
	case err != nil:
		return false, err
	case anchor.Node != s.Head.Node || list.order(anchor.Incarnation) < 0:
		return true, nil
	case anchor.Incarnation != s.Head.Incarnation:
		return false, nil
	case anchor.Seq > s.Head.Seq:
		return true, nil
	}
	own, err := positionAt(r, s.Head.Node, s.Head.Incarnation, anchor.Seq)
	if err != nil {
		return false, damaged(op, anchor.String(), err)
	}
	return own != anchor, nil
}

// Behind reports whether this journal is behind its anchor (see the function
// Behind).
func (j *Journal) Behind(anchor wire.Position) (bool, error) {
	return view(j, func(r kv.Reader) (bool, error) { return Behind(r, anchor) })
}
