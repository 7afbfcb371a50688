package hub

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"jaliya/hub/backup"
	"jaliya/hub/cluster"
	"jaliya/hub/ledger"
	"jaliya/hub/vault"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// state decrypts the state, audits it, and compares it with what was signed.
func (r *restoring) state(context.Context) (err error) {
	m := r.backup.Signed.Manifest
	path := filepath.Join(r.o.To, "ledger.db")
	f, err := durable.Create(path, 0o600)
	if err != nil {
		return fault.New(fault.Storage, opRestore, path, err)
	}
	r.o.Progress(BackupStride{Step: "state"})
	if err = r.archive.Decrypt(r.backup.Name, backup.FileState, m.State, r.o.Identity, f); err == nil {
		err = durable.Sync(f)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	r.o.Progress(BackupStride{Step: "proof"})
	if r.copied, err = ledger.OpenCopy(path); err != nil {
		return err
	}
	if !m.Same(r.copied.Point) {
		return fault.New(fault.Corrupt, opRestore, r.backup.Name+": the state is not the one that was signed", nil)
	}
	if !knows(r.copied.Cluster, r.backup.Signed.Key.Bytes()) {
		return fault.New(fault.Denied, opRestore, r.backup.Name+" was not signed with a key of its own hub", nil)
	}
	return nil
}

// objects copies what the state names, each proved, and notes in the vault what
// it wants.
func (r *restoring) objects(ctx context.Context) error {
	m := r.backup.Signed.Manifest
	missing := map[string]bool{}
	for _, digest := range m.Objects.Missing {
		missing[digest] = true
	}
	held := slices.DeleteFunc(slices.Clone(r.copied.Objects), func(d wire.Digest) bool { return missing[d.String()] })
	if len(held) != m.Objects.Count || backup.DigestOf(held).String() != m.Objects.Digest {
		return fault.New(fault.Corrupt, opRestore, r.backup.Name+": its objects are not those that its state names", nil)
	}
	from, to := r.archive.Vault(), backup.StoreIn(r.cfg.Vault.Dir)
	for i, digest := range held {
		r.o.Progress(BackupStride{Step: "objects", Done: int64(i), Total: int64(len(held))})
		if err := ctx.Err(); err != nil {
			return fault.New(fault.Unavailable, opRestore, "interrupted", err)
		}
		if _, _, err := to.Keep(digest, func() (io.ReadCloser, error) { return from.Open(digest) }); err != nil {
			return err
		}
	}
	r.o.Progress(BackupStride{Step: "objects", Done: int64(len(held)), Total: int64(len(held))})
	for _, digest := range r.copied.Objects {
		if !missing[digest.String()] {
			continue
		}
		if err := vault.Want(r.cfg.Vault.Dir, digest); err != nil {
			return err
		}
	}
	return to.Settle()
}

// keys unpacks the keys under a custody key of this machine, which goes on as the
// member that wrote the backup.
func (r *restoring) keys(context.Context) error {
	kept, err := readKept(func(to io.Writer) error {
		return r.archive.Decrypt(r.backup.Name, backup.FileKeys, r.backup.Signed.Manifest.Keys, r.o.Identity, to)
	})
	if err != nil {
		return err
	}
	defer kept.clear()
	if kept.Cluster != r.copied.Point.Cluster {
		return fault.New(fault.Corrupt, opRestore, "the keys are of another hub", nil)
	}
	old, err := pki.ParseIdentity(kept.Member)
	if err != nil {
		return err
	}
	if r.done.Address = r.o.Address; r.done.Address == "" {
		r.done.Address = cluster.AddressIn(cluster.Position(r.copied.Position), old.ID)
	}
	if r.done.Address == "" {
		return fault.New(fault.Invalid, opRestore, "nobody knows where the members reach this one: say --cluster-address", nil)
	}
	if err := kept.write(r.cfg); err != nil {
		return err
	}
	r.done.Member = kept.Member
	if err := writePublic(r.cfg.keyPath(fileRestored), []byte(r.backup.Name)); err != nil {
		return err
	}
	return writePublic(r.cfg.keyPath(fileMember), []byte(r.done.Member))
}

// found makes the member a cluster of one where the state stands, and the
// directory a hub.
func (r *restoring) found(context.Context) error {
	member, err := pki.ParseIdentity(r.done.Member)
	if err != nil {
		return err
	}
	dir := filepath.Join(r.o.To, "raft")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Storage, opRestore, dir, err)
	}
	next, err := cluster.Refound(dir, cluster.Position(r.copied.Position), member.ID, r.done.Address)
	if err != nil {
		return err
	}
	if err := ledger.Move(filepath.Join(r.o.To, "ledger.db"), ledger.Position(next)); err != nil {
		return err
	}
	if err := durable.SyncDir(r.o.To); err != nil {
		return fault.New(fault.Storage, opRestore, r.o.To, err)
	}
	if err := r.proveKeys(); err != nil {
		return err
	}
	return writePublic(r.cfg.keyPath(fileCluster), []byte(r.copied.Point.Cluster.String()))
}

// proveKeys loads the keys as a hub does and compares them with the state.
func (r *restoring) proveKeys() error {
	k := &keys{authorities: make(map[pki.Role]*pki.Authority)}
	box, err := r.cfg.custody(false)
	if err != nil {
		return err
	}
	if err := k.loadTrust(r.cfg, box); err != nil {
		return err
	}
	if err := k.loadSecrets(r.cfg, box); err != nil {
		return err
	}
	if !knows(r.copied.Cluster, k.signer().Public().Bytes()) {
		return fault.New(fault.Corrupt, opRestore, "the state does not know the receipt key of the backup", nil)
	}
	return nil
}

// shutOutOld removes from the ledger, once, who was a member beside this one when
// the backup was written: what they hold behind it is another history.
func (h *Hub) shutOutOld(ctx context.Context) error {
	path := h.cfg.keyPath(fileRestored)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	known, err := h.ledger.Members()
	if err != nil {
		return err
	}
	for _, m := range known {
		if m.Removed != 0 || m.ID.String() == h.keys.member.ID {
			continue
		}
		if err := h.propose(ctx, ledger.RemoveMember{Time: time.Now().UnixMilli(), Member: m.ID, Reason: "restored from a backup"}); err != nil {
			return err
		}
	}
	if err := errors.Join(durable.Remove(path), durable.SyncDir(filepath.Dir(path))); err != nil {
		return fault.New(fault.Storage, opRestore, path, err)
	}
	return nil
}
