package backup

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const (
	opSeal   = "backup: write encrypted file"
	opUnseal = "backup: read encrypted file"
	buffer   = 256 << 10 // bytes written at once
)

// Draft is a backup that has no name yet.
type Draft struct {
	archive *Archive
	dir     string
}

// Begin starts a backup.
func (a *Archive) Begin() (*Draft, error) {
	dir, err := os.MkdirTemp(a.dir, "backup-*"+partSuffix)
	if err != nil {
		return nil, fault.New(kindOf(err), "backup: begin", a.dir, err)
	}
	return &Draft{archive: a, dir: dir}, nil
}

// Abort removes it.
func (d *Draft) Abort() error {
	if err := os.RemoveAll(d.dir); err != nil {
		return fault.New(fault.Storage, "backup: remove", d.dir, err)
	}
	return nil
}

// Encrypt writes one of its files, durably, to whom it is for.
func (d *Draft) Encrypt(name string, to []age.Recipient, fill func(io.Writer) error) (File, error) {
	return d.file(name, func(w io.Writer) error {
		inner, err := age.Encrypt(w, to...)
		if err != nil {
			return fault.New(fault.Invalid, opSeal, name, err)
		}
		if err := fill(inner); err != nil {
			return err
		}
		return inner.Close()
	})
}

// Put writes one of its files that is encrypted already.
func (d *Draft) Put(name string, sealed []byte) (File, error) {
	return d.file(name, func(w io.Writer) error {
		_, err := w.Write(sealed)
		return err
	})
}

func (d *Draft) file(name string, fill func(io.Writer) error) (File, error) {
	f, err := durable.Create(filepath.Join(d.dir, name), 0o600)
	if err != nil {
		return File{}, fault.New(kindOf(err), opSeal, name, err)
	}
	sum := sha256.New()
	out := bufio.NewWriterSize(f, buffer)
	if err = fill(io.MultiWriter(out, sum)); err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = durable.Sync(f)
	}
	info, stat := f.Stat()
	if err := errors.Join(err, stat, f.Close()); err != nil {
		kind := kindOf(err)
		if own := fault.KindOf(err); kind != fault.Full && own != fault.Other {
			kind = own
		}
		return File{}, fault.New(kind, opSeal, name, err)
	}
	return File{Bytes: info.Size(), SHA256: wire.Digest(sum.Sum(nil)).String()}, nil
}

// Decrypt gives what was encrypted into one of its files, as the disk has it.
func (d *Draft) Decrypt(name string, of File, who age.Identity, to io.Writer) error {
	return decrypt(filepath.Join(d.dir, name), of, who, to)
}

// Commit writes the signed manifest and gives the backup its name. It returns
// after all is on disk.
func (d *Draft) Commit(signed []byte) error {
	const op = "backup: name"
	s, err := Open(signed)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(filepath.Join(d.dir, fileManifest), signed, 0o600); err != nil {
		return fault.New(kindOf(err), op, fileManifest, err)
	}
	to := filepath.Join(d.archive.dir, s.Manifest.Name())
	if _, err := os.Lstat(to); err == nil {
		return fault.New(fault.Exists, op, to, nil)
	}
	if err := durable.Rename(d.dir, to); err != nil {
		return fault.New(kindOf(err), op, to, err)
	}
	if err := durable.SyncDir(d.archive.dir); err != nil {
		return fault.New(fault.Storage, op, to, err)
	}
	return nil
}

// Check proves that a file of a backup is the one that its manifest names, and
// that the identity opens it. Errors: Corrupt, Denied.
func (a *Archive) Check(name, file string, of File, who age.Identity) error {
	path := filepath.Join(a.dir, name, file)
	f, err := openSealed(path, of)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fault.New(fault.Corrupt, opUnseal, path, err)
	}
	if wire.Digest(h.Sum(nil)).String() != of.SHA256 {
		return fault.New(fault.Corrupt, opUnseal, path, errors.New("its bytes are not those of the backup"))
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fault.New(fault.Storage, opUnseal, path, err)
	}
	_, err = age.Decrypt(f, who)
	return refused(path, err)
}

// Decrypt gives what was encrypted into a file of a backup. Errors as Check.
func (a *Archive) Decrypt(name, file string, of File, who age.Identity, to io.Writer) error { //nolint:revive // argument-limit: what, how, for whom and where to
	return decrypt(filepath.Join(a.dir, name, file), of, who, to)
}

func openSealed(path string, of File) (*os.File, error) {
	f, err := os.Open(path) //nolint:gosec // below the operator's own directory
	if err != nil {
		return nil, fault.New(fault.Corrupt, opUnseal, path, err)
	}
	forget(f)
	info, err := f.Stat()
	if err == nil && info.Size() != of.Bytes {
		err = errors.New("it is not as long as the backup says")
	}
	if err != nil {
		return nil, errors.Join(fault.New(fault.Corrupt, opUnseal, path, err), f.Close())
	}
	return f, nil
}

func decrypt(path string, of File, who age.Identity, to io.Writer) error {
	f, err := openSealed(path, of)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	sum := sha256.New()
	from := io.TeeReader(bufio.NewReaderSize(f, buffer), sum)
	plain, err := age.Decrypt(from, who)
	if err != nil {
		return refused(path, err)
	}
	out := &writer{to: to}
	if _, err := io.Copy(out, plain); err != nil {
		if out.err != nil {
			return fault.New(kindOf(out.err), opUnseal, "write decrypted", out.err)
		}
		return fault.New(fault.Corrupt, opUnseal, path, err)
	}
	if _, err := io.Copy(io.Discard, from); err != nil {
		return fault.New(fault.Corrupt, opUnseal, path, err)
	}
	if wire.Digest(sum.Sum(nil)).String() != of.SHA256 {
		return fault.New(fault.Corrupt, opUnseal, path, errors.New("its bytes are not those of the backup"))
	}
	return nil
}

// writer keeps the error of the side that is written to apart.
type writer struct {
	to  io.Writer
	err error
}

// Write implements io.Writer.
func (w *writer) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	w.err = err
	return n, err
}

func refused(path string, err error) error {
	var none *age.NoIdentityMatchError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &none):
		return fault.New(fault.Denied, opUnseal, "this identity does not open "+path+": it was encrypted to another", nil)
	}
	return fault.New(fault.Corrupt, opUnseal, path, err)
}
