package hub

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"jaliya/hub/backup"
	"jaliya/hub/ledger"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const (
	opRestore = "hub: restore"

	// fileUnfinished stands in a directory that Restore has begun to fill.
	fileUnfinished = "restore.unfinished"
)

// RestoreOptions say what is restored and where to.
type RestoreOptions struct {
	From     string
	At       string // name of the backup; empty: the newest
	Identity age.Identity
	Keys     wire.KeySet        // that may have signed it; nil: those of its own state
	To       string             // data directory of the hub to be
	Address  string             // host:port of cluster.listen; empty: as it was
	Progress func(BackupStride) // may be nil
}

// Restored is a directory that `hub serve` starts from.
type Restored struct {
	Name     string          `json:"name"`
	Manifest backup.Manifest `json:"manifest"`
	Member   string          `json:"member"`
	Address  string          `json:"cluster_address"`
}

// restoring is one restore under way.
type restoring struct {
	o       RestoreOptions
	cfg     Config
	archive *backup.Archive
	backup  backup.Listed
	copied  ledger.Copied
	done    Restored
}

// Restore makes an empty directory the hub that a backup was taken of, as a
// cluster of the one member that wrote it, under the same cluster id: the old
// machines must never run again. Nothing is written before the backup's own files and the identity
// were proved, and what a failure leaves is taken away again. The cluster id is
// written last: without it the directory is no hub.
func Restore(ctx context.Context, o RestoreOptions) (Restored, error) {
	if o.Progress == nil {
		o.Progress = func(BackupStride) {}
	}
	r := &restoring{o: o, cfg: Config{Dir: o.To}.WithDefaults()}
	if err := r.choose(); err != nil {
		return Restored{}, err
	}
	made, err := r.claim()
	if err != nil {
		return Restored{}, err
	}
	for _, step := range []func(context.Context) error{r.state, r.objects, r.keys, r.found} {
		if err := step(ctx); err != nil {
			return Restored{}, errors.Join(err, r.undo(made))
		}
	}
	if err := errors.Join(durable.Remove(filepath.Join(o.To, fileUnfinished)), durable.SyncDir(o.To)); err != nil {
		return r.done, fault.New(fault.Storage, opRestore, o.To, err)
	}
	return r.done, nil
}

// choose finds the backup and proves its files.
func (r *restoring) choose() (err error) {
	if r.archive, err = backup.Read(r.o.From); err != nil {
		return err
	}
	if r.backup, err = r.archive.Find(r.o.At); err != nil {
		return err
	}
	m := r.backup.Signed.Manifest
	r.done.Name, r.done.Manifest = r.backup.Name, m
	if r.o.Keys != nil && !slices.ContainsFunc(r.o.Keys.List(), r.signed) {
		return fault.New(fault.Denied, opRestore, r.backup.Name+" was not signed with any of these keys", nil)
	}
	r.o.Progress(BackupStride{Step: "files"})
	if err := r.archive.Check(r.backup.Name, backup.FileState, m.State, r.o.Identity); err != nil {
		return err
	}
	return r.archive.Check(r.backup.Name, backup.FileKeys, m.Keys, r.o.Identity)
}

// claim marks an empty directory, or one that an interrupted restore left, and
// reports whether it made it.
func (r *restoring) claim() (made bool, err error) {
	to := r.o.To
	entries, err := os.ReadDir(to)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(to, 0o700); err != nil {
			return false, fault.New(fault.Storage, opRestore, to, err)
		}
		made = true
	} else if err != nil {
		return false, fault.New(fault.Storage, opRestore, to, err)
	}
	left := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == fileUnfinished })
	if _, err := os.Lstat(r.cfg.keyPath(fileCluster)); err == nil {
		left = false
	}
	foreign := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() != "lost+found" && e.Name() != fileUnfinished+".tmp" })
	if foreign && !left {
		return false, fault.New(fault.Exists, opRestore, to+" is not empty", nil)
	}
	if left {
		if err := r.empty(); err != nil {
			return false, err
		}
	}
	if err := durable.WriteFile(filepath.Join(to, fileUnfinished), nil, 0o600); err != nil {
		return false, fault.New(fault.Storage, opRestore, to, err)
	}
	return made, nil
}

// empty removes what a restore wrote, its mark last.
func (r *restoring) empty() (err error) {
	for _, name := range []string{"keys", "raft", "vault", "ledger.db", "ledger.db.new", fileUnfinished} {
		err = errors.Join(err, os.RemoveAll(filepath.Join(r.o.To, name)))
	}
	if err != nil {
		return fault.New(fault.Storage, opRestore, r.o.To, err)
	}
	return nil
}

func (r *restoring) undo(made bool) error {
	err := r.empty()
	if made && err == nil {
		err = os.Remove(r.o.To)
	}
	return err
}

// signed reports whether the backup was signed with a key.
func (r *restoring) signed(key seal.VerifyKey) bool {
	return bytes.Equal(key.Bytes(), r.backup.Signed.Key.Bytes())
}
