package desk

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

func errorAttr(err error) slog.Attr { return slog.String("error", err.Error()) }

// removeDraft removes the files of a draft whose key is gone. They are noise
// already; what cannot be removed now is removed at the next start.
func (d *Desk) removeDraft(visit wire.RecordID) {
	if err := removeAll(d.draftDir(visit)); err != nil {
		d.o.Logger.Warn("draft files not removed", slog.String("visit", visit.String()), errorAttr(err))
	}
	d.offSecondDisk(d.draftDir(visit))
}

func removeAll(dir string) error {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := durable.Remove(filepath.Join(dir, f.Name())); err != nil {
			return err
		}
	}
	if err := durable.Remove(dir); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(dir))
}

// reap clears what a crash left: rows of drafts that were released, directories
// and files that no row names, slip codes whose time is over.
func (d *Desk) reap() error {
	ids, err := d.draftIDs()
	if err != nil {
		return err
	}
	alive := map[string]wire.RecordID{}
	for _, id := range ids {
		gone, err := d.outlived(id)
		if err != nil {
			return err
		}
		if !gone {
			alive[id.String()] = id
		}
	}
	if err := d.reapFiles(alive); err != nil {
		return err
	}
	_, err = d.Sweep()
	return err
}

// Restored forgets the drafts of visits whose records came back from the hub: an
// older copy of the journal has the draft of what was released after it was made.
func (d *Desk) Restored(records []wire.RecordID) error {
	for _, id := range records {
		if err := d.restored(id); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) restored(id wire.RecordID) error {
	defer d.lock(id)()
	gone, err := d.outlived(id)
	if gone {
		d.o.Logger.Info("the draft of a released visit is gone", slog.String("visit", id.String()))
		d.removeDraft(id)
	}
	return err
}

// outlived forgets the row of a draft that was released, and reports whether it
// did. One that somebody changed since is kept to be read: what was typed is
// nowhere else.
func (d *Desk) outlived(id wire.RecordID) (bool, error) {
	h, err := d.o.Journal.ByRecord(id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	drop := false
	err = d.o.Journal.View(func(r kv.Reader) error {
		if r.Get(bucketKeys, id[:]) == nil {
			return nil
		}
		o, err := d.read(r, id)
		if err != nil {
			drop = true // it was released: nobody needs what does not open
			return nil
		}
		defer o.close()
		drop = !o.changedSince(h)
		return nil
	})
	if err != nil || !drop {
		return false, err
	}
	err = d.o.Journal.Update(func(w kv.Writer) error { return forget(w, id) })
	return err == nil, err
}

// changedSince reports whether a draft was changed after an entry was made of it.
func (o *open) changedSince(h wire.Header) bool { return o.Changed > h.Time }

// releasedBefore refuses to release what the journal has: the draft of an older
// copy that somebody changed before the record came back. Errors: Conflict with
// CodeReleased.
func (d *Desk) releasedBefore(id wire.RecordID) error {
	_, err := d.o.Journal.ByRecord(id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err == nil {
		err = fault.New(fault.Conflict, "desk: release visit", id.String(), web.CodeReleased.Cause())
	}
	return err
}

func (d *Desk) reapFiles(alive map[string]wire.RecordID) error {
	const op = "desk: reap drafts"
	dirs, err := os.ReadDir(d.drafts)
	if err != nil {
		return fault.New(fault.Storage, op, "", err)
	}
	for _, dir := range dirs {
		id, known := alive[dir.Name()]
		if known {
			err = d.reapImages(id)
		} else {
			err = removeAll(filepath.Join(d.drafts, dir.Name()))
		}
		if err != nil {
			return fault.New(fault.Storage, op, dir.Name(), err)
		}
	}
	return nil
}

// reapImages removes the files of a living draft that no row names: an image
// that was announced or replaced when the power went.
func (d *Desk) reapImages(id wire.RecordID) error {
	o, err := d.load(id)
	if err != nil {
		return err
	}
	defer o.close()
	named := map[string]bool{}
	for name, m := range o.images {
		named[filepath.Base(d.imagePath(id, name, m))] = true
	}
	files, err := os.ReadDir(d.draftDir(id))
	if err != nil {
		return err
	}
	for _, f := range files {
		if named[f.Name()] {
			continue
		}
		if err := durable.Remove(filepath.Join(d.draftDir(id), f.Name())); err != nil {
			return err
		}
	}
	return nil
}
