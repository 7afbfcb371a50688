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

// reap clears what a crash left: rows of drafts whose record is in the journal,
// directories and files that no row names, slip codes whose time is over.
func (d *Desk) reap() error {
	ids, err := d.draftIDs()
	if err != nil {
		return err
	}
	alive := map[string]wire.RecordID{}
	for _, id := range ids {
		_, err := d.o.Journal.ByRecord(id)
		if fault.Is(err, fault.NotFound) {
			alive[id.String()] = id
			continue
		}
		if err == nil {
			err = d.o.Journal.Update(func(w kv.Writer) error { return forget(w, id) })
		}
		if err != nil {
			return err
		}
	}
	if err := d.reapFiles(alive); err != nil {
		return err
	}
	_, err = d.Sweep()
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
