package mirror

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

// Tree is a directory of sealed files beside the journal, of which the mirror
// keeps a copy.
type Tree struct {
	Name string // in the mirror
	Dir  string // at the post
	// Addressed says that a file's name is the SHA-256 of its content: whatever
	// disk it lies on, the copy whose content proves is the file, and while the
	// journal names it no copy of it is removed.
	Addressed bool
}

// address gives what a file must contain, if its name says so.
func (t Tree) address(rel string) (digest [32]byte, ok bool) {
	raw, err := hex.DecodeString(filepath.Base(rel))
	if !t.Addressed || err != nil || len(raw) != len(digest) {
		return digest, false
	}
	return [32]byte(raw), true
}

// errUnproved is a file that is not what its name says.
var errUnproved = fault.New(fault.Corrupt, "mirror: copy file", "", errors.New("it is not what its name says"))

// copying gives a file the content of another one, durably and whole or not at all.
type copying struct {
	root     string // the file is below it
	from, to string
	digest   *[32]byte // what the content must be, nil for anything
	p        *pulse    // of a copy to the first disk
}

func (c copying) run() (err error) {
	in, err := os.Open(c.from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	if err := makeParents(c.root, c.to); err != nil {
		return err
	}
	tmp := c.to + suffixTemp
	if err := removeFile(tmp); err != nil {
		return err
	}
	out, err := durable.Create(tmp, fileMode)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(&appender{f: out}, sum), beating{in, c.p})
	if err == nil && c.digest != nil && [32]byte(sum.Sum(nil)) != *c.digest {
		err = errUnproved
	}
	if err == nil {
		err = durable.Sync(out)
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = c.p.here(func() error {
			if err := durable.Rename(tmp, c.to); err != nil {
				return err
			}
			return durable.SyncDir(filepath.Dir(c.to))
		})
	}
	if err != nil {
		return errors.Join(err, removeFile(tmp))
	}
	return nil
}

// proves reports whether a file has the content of its address.
func proves(path string, digest [32]byte) bool {
	f, err := os.Open(path) //nolint:gosec // below the mirror
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return err == nil && [32]byte(sum.Sum(nil)) == digest
}

// mirrored brings a file of a tree to the second disk.
func (m *Mirror) mirrored(t Tree, rel string) error {
	c := copying{root: m.o.Dir, from: filepath.Join(t.Dir, rel), to: filepath.Join(m.o.Dir, t.Name, rel)}
	if d, ok := t.address(rel); ok {
		c.digest = &d
	}
	return c.run()
}

// back brings a file of a tree back to the first disk. One that is not what its
// name says stays where it is, and so does one for which there is no room: the
// post works without it, and the next base tries again.
func (m *Mirror) back(p *pulse, t Tree, rel string) (bool, error) {
	c := copying{root: t.Dir, from: filepath.Join(m.o.Dir, t.Name, rel), to: filepath.Join(t.Dir, rel), p: p}
	if d, ok := t.address(rel); ok {
		c.digest = &d
	}
	err := c.run()
	if err != nil && !errors.Is(err, errSlow) {
		m.o.Logger.Error("a file does not come back from the second disk",
			slog.String("tree", t.Name), slog.String("error", err.Error()))
		return false, nil
	}
	return err == nil, err
}

// restoreTrees brings back what is missing beside a journal that was completed or
// made again: its files are as old as it was. An error is the second disk's.
func (m *Mirror) restoreTrees(p *pulse) error {
	restored, owed := 0, false
	for _, t := range m.o.Trees {
		root := filepath.Join(m.o.Dir, t.Name)
		if sizeOf(root) < 0 {
			continue
		}
		err := eachFile(root, func(rel string, size int64) error {
			own := sizeOf(filepath.Join(t.Dir, rel))
			if own == size || own > size && !t.Addressed {
				return p.beat()
			}
			ok, err := m.back(p, t, rel)
			if ok {
				restored++
			}
			owed = owed || !ok && !t.Addressed
			return err
		})
		if err != nil {
			return fault.New(fault.Storage, "mirror: restore files", t.Name, err)
		}
	}
	if restored > 0 {
		m.o.Logger.Warn("files came back from the second disk", slog.Int("files", restored))
	}
	return p.here(func() error { m.owed = owed; return nil })
}

// fillTree makes both disks have the files of a tree: what the second one lacks,
// and, by their names, what the first one lacks or has spoiled. What the post has
// removed is removed.
func (m filling) fillTree(t Tree) error {
	err := eachFile(t.Dir, func(rel string, size int64) error {
		held := sizeOf(filepath.Join(m.o.Dir, t.Name, rel))
		if held == size || held > size && m.owed && !t.Addressed {
			return m.p.beat()
		}
		if err := m.goOn(); err != nil {
			return err
		}
		m.mu.Lock() // a draft's file may be growing
		defer m.mu.Unlock()
		if sizeOf(filepath.Join(t.Dir, rel)) < 0 {
			return nil
		}
		err := m.guard(nil, func() error { return m.mirrored(t, rel) })
		if errors.Is(err, errUnproved) {
			return nil // the second disk may have it whole
		}
		return err
	})
	root := filepath.Join(m.o.Dir, t.Name)
	if err != nil || sizeOf(root) < 0 {
		return err
	}
	return eachFile(root, func(rel string, size int64) error { return m.onlyMirrored(t, rel, size) })
}

// onlyMirrored decides about a file of the second disk.
func (m filling) onlyMirrored(t Tree, rel string, size int64) error {
	own := sizeOf(filepath.Join(t.Dir, rel))
	if own == size {
		return m.p.beat()
	}
	if err := m.goOn(); err != nil {
		return err
	}
	digest, addressed := t.address(rel)
	switch {
	case !addressed && (own >= 0 || m.owed):
		return nil
	case addressed:
		named, err := m.source.Named(digest)
		if err != nil {
			return err
		}
		if named || own >= 0 {
			_, err := m.back(m.p, t, rel)
			return err
		}
	}
	return removeFile(filepath.Join(m.o.Dir, t.Name, rel))
}
