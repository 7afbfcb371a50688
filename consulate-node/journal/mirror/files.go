package mirror

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

// keysDir holds the values that must be erasable, each in a file of its own.
const keysDir = "keys"

// makeParents makes the directories above path, down from root, durable.
func makeParents(root, path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	_, missing := os.Stat(root)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return err
	}
	for at := dir; at != root && strings.HasPrefix(at, root); at = filepath.Dir(at) {
		if err := durable.SyncDir(filepath.Dir(at)); err != nil {
			return err
		}
	}
	if missing != nil {
		return durable.SyncDir(filepath.Dir(root))
	}
	return nil
}

// appender writes at an offset that moves on.
type appender struct {
	f  *os.File
	at int64
}

// Write implements io.Writer.
func (a *appender) Write(p []byte) (int, error) {
	if err := durable.WriteAt(a.f, p, a.at); err != nil {
		return 0, err
	}
	a.at += int64(len(p))
	return len(p), nil
}

// appendFile brings to, below root, up to what from holds, in place: a file that
// grows by sealed records. What lies from offset on is written again.
func appendFile(root, from, to string, offset int64) (err error) {
	in, err := os.Open(from) //nolint:gosec // a file of the post's own
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	if err := makeParents(root, to); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_RDWR, fileMode) //nolint:gosec // below the mirror
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh {
		out, err = durable.Create(to, fileMode)
	}
	if err != nil {
		return err
	}
	info, err := out.Stat()
	if err == nil {
		offset = min(offset, info.Size())
		_, err = in.Seek(offset, io.SeekStart)
	}
	if err == nil {
		_, err = io.Copy(&appender{f: out, at: offset}, in)
	}
	if err == nil {
		err = durable.Sync(out)
	}
	if err = errors.Join(err, out.Close()); err != nil || !fresh {
		return err
	}
	return durable.SyncDir(filepath.Dir(to))
}

// eachFile yields the regular files below dir by their path in it; temporary ones
// are nobody's.
func eachFile(dir string, yield func(rel string, size int64) error) error {
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // gone meanwhile
		case err != nil:
			return err
		case !e.Type().IsRegular() || strings.HasSuffix(path, suffixTemp):
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return yield(rel, info.Size())
	})
	return err
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	return info.Size()
}

func keyFile(dir string, digest [32]byte) string {
	return filepath.Join(dir, keysDir, hex.EncodeToString(digest[:]))
}

// putAway keeps a value under its digest.
func putAway(dir string, value []byte) error {
	path := keyFile(dir, sha256.Sum256(value))
	if sizeOf(path) == int64(len(value)) {
		return nil
	}
	if err := makeParents(dir, path); err != nil {
		return err
	}
	return durable.WriteFile(path, value, fileMode)
}

// fetch reads a value that was put away; ok is false for one that was shredded.
func fetch(dir string, digest [32]byte) (value []byte, ok bool, err error) {
	value, err = os.ReadFile(keyFile(dir, digest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fault.New(fault.Storage, "mirror: read key", "", err)
	}
	return value, sha256.Sum256(value) == digest, nil
}

// shred overwrites a value that was put away, and removes it.
func shred(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, fileMode) //nolint:gosec // below the mirror
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		noise := make([]byte, info.Size())
		_, _ = rand.Read(noise) // never fails
		err = errors.Join(durable.WriteAt(f, noise, 0), durable.Sync(f))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := removeFile(path); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(path))
}

// Path gives where a file of a tree lies on the second disk.
func (m *Mirror) Path(tree, rel string) string { return filepath.Join(m.o.Dir, tree, rel) }
