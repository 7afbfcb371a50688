package vault

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// regainEvery is how often what was set aside and has not come back is read
// again: a cable, a controller or memory may have failed, and not the disk.
const regainEvery = 24 * time.Hour

// regain proves again what is wanted and lies in damagedDir, and gives what holds
// its name back. What cannot be read keeps no other from it.
func (s *scrubber) regain(ctx context.Context) error {
	const op = "vault: regain"
	if s.cfg.Now().Sub(s.looked) < regainEvery {
		return nil
	}
	s.looked = s.cfg.Now()
	entries, err := os.ReadDir(filepath.Join(s.root, damagedDir))
	if err != nil {
		return fault.New(fault.Storage, op, damagedDir, err)
	}
	for _, e := range entries {
		digest, ok := parseDamaged(e.Name())
		if !ok || !s.isWanted(digest) || ctx.Err() != nil {
			continue
		}
		path := filepath.Join(s.root, damagedDir, e.Name())
		one := s.proveAside(ctx, path, digest)
		if fault.Is(one, fault.Corrupt) {
			continue
		}
		if one == nil {
			one = s.giveBack(path, digest)
		}
		if one == nil {
			s.cfg.Logger.Warn("object holds after all", slog.String("object", digest.String()))
		}
		err = errors.Join(err, one)
	}
	return err
}

func (s *scrubber) proveAside(ctx context.Context, path string, digest wire.Digest) error {
	f, err := os.Open(path) //nolint:gosec // a name in our own directory
	if err != nil {
		return fault.New(fault.Storage, "vault: regain", digest.String(), err)
	}
	forget(f)
	_, err = prove(f, digest, func(n int) error { return s.pace(ctx, n) })
	forget(f)
	return errors.Join(err, f.Close())
}

// isWanted reports whether an object was set aside and has not come back.
func (d *Directory) isWanted(digest wire.Digest) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wanted[digest]
}

// giveBack gives an object that was set aside its name again, durably, unless it
// has come back meanwhile. As with an upload, Has does not see it before.
func (d *Directory) giveBack(from string, digest wire.Digest) error {
	const op = "vault: regain"
	to := d.objectPath(digest)
	done, err := d.takeName(from, digest)
	if err != nil {
		return fault.New(kindOfWrite(err), op, digest.String(), err)
	}
	if !done {
		return nil
	}
	if err := errors.Join(durable.SyncDir(filepath.Dir(to)), durable.SyncDir(filepath.Dir(from))); err != nil {
		return d.fail(fault.New(fault.Storage, op, digest.String(), err))
	}
	d.setNaming(digest, false)
	d.back(digest)
	return nil
}

// takeName renames what was set aside, and leaves it marked as not durable; false
// when the name is taken.
func (d *Directory) takeName(from string, digest wire.Digest) (bool, error) {
	to := d.objectPath(digest)
	d.place.Lock()
	defer d.place.Unlock()
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	d.setNaming(digest, true)
	if err := durable.Rename(from, to); err != nil {
		d.setNaming(digest, false)
		return false, err
	}
	return true, nil
}
