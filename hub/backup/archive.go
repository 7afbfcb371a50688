package backup

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Names in an archive's directory.
const (
	fileOwner    = "jaliya-backup" // the cluster that the directory is of; locked while one writes
	fileManifest = "manifest"
	// FileState and FileKeys are the encrypted files of one backup.
	FileState = "state.age"
	FileKeys  = "keys.age"

	partSuffix = ".part"
	nameLayout = "20060102T150405Z"

	opArchive = "backup: open directory"
)

var namePattern = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-[0-9]{1,20}$`)

func nameOf(at time.Time, index uint64) string {
	return at.UTC().Format(nameLayout) + "-" + strconv.FormatUint(index, 10)
}

// Archive is a directory of backups of one cluster.
type Archive struct {
	dir  string
	lock *os.File // nil when it is only read
}

// Write opens a directory to add a backup of a cluster to it: an empty one, which
// becomes the cluster's, or one that is. What an interrupted backup left there is
// removed, except the objects that it copied. Errors: Exists when something else
// is in it, Denied when it is another cluster's, Conflict while another backup
// writes there.
func Write(dir string, cluster wire.ClusterID) (a *Archive, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.New(fault.Storage, opArchive, dir, err)
	}
	owner := filepath.Join(dir, fileOwner)
	if _, err := os.Stat(owner); errors.Is(err, fs.ErrNotExist) {
		if err := claim(dir, cluster); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(owner, os.O_RDWR, 0) //nolint:gosec // the operator's own directory
	if err != nil {
		return nil, fault.New(fault.Storage, opArchive, owner, err)
	}
	a = &Archive{dir: dir, lock: f}
	if err := a.take(cluster); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return a, nil
}

func claim(dir string, cluster wire.ClusterID) error {
	empty, err := isEmpty(dir, fileOwner+".tmp")
	switch {
	case err != nil:
		return fault.New(fault.Storage, opArchive, dir, err)
	case !empty:
		return fault.New(fault.Exists, opArchive, dir+" holds something else: name an empty directory", nil)
	}
	if err := durable.WriteFile(filepath.Join(dir, fileOwner), []byte(cluster.String()+"\n"), 0o600); err != nil {
		return fault.New(kindOf(err), opArchive, dir, err)
	}
	return nil
}

func (a *Archive) take(cluster wire.ClusterID) error {
	if err := unix.Flock(int(a.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fault.New(fault.Conflict, opArchive, "another backup writes to "+a.dir, err)
	}
	raw, err := io.ReadAll(io.LimitReader(a.lock, 1024))
	if err != nil {
		return fault.New(fault.Storage, opArchive, fileOwner, err)
	}
	held, err := wire.ParseClusterID(strings.TrimSuffix(string(raw), "\n"))
	switch {
	case err != nil:
		return fault.New(fault.Corrupt, opArchive, fileOwner, err)
	case held != cluster:
		return fault.New(fault.Denied, opArchive, a.dir+" holds backups of another cluster, "+held.String(), nil)
	}
	return a.sweep()
}

// sweep removes what has no name yet.
func (a *Archive) sweep() error {
	parts, err := filepath.Glob(filepath.Join(a.dir, "*"+partSuffix))
	if err == nil {
		var loose []string
		loose, err = filepath.Glob(filepath.Join(a.dir, objectsDir, "*", "*"+partSuffix))
		parts = append(parts, loose...)
	}
	for _, path := range parts {
		err = errors.Join(err, os.RemoveAll(path))
	}
	if err != nil {
		return fault.New(fault.Storage, opArchive, a.dir, err)
	}
	return nil
}

// Read opens a directory of backups to look at it. Errors: NotFound.
func Read(dir string) (*Archive, error) {
	if _, err := os.Stat(filepath.Join(dir, fileOwner)); err != nil {
		return nil, fault.New(fault.NotFound, opArchive, dir+" is no directory of backups", err)
	}
	return &Archive{dir: dir}, nil
}

// Close lets others write.
func (a *Archive) Close() error {
	if a.lock == nil {
		return nil
	}
	return a.lock.Close()
}

// Vault gives the objects of all backups.
func (a *Archive) Vault() Store { return StoreIn(a.dir) }

// Listed is one backup, or why it cannot be read.
type Listed struct {
	Name   string
	Signed Signed
	Err    error
}

// List gives all backups, oldest first.
func (a *Archive) List() ([]Listed, error) {
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		return nil, fault.New(fault.Storage, opArchive, a.dir, err)
	}
	var list []Listed
	for _, e := range entries {
		if e.IsDir() && namePattern.MatchString(e.Name()) {
			one := Listed{Name: e.Name()}
			one.Signed, one.Err = a.manifest(e.Name())
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(x, y Listed) int { return byAge(x.Name, y.Name) })
	return list, nil
}

// byAge orders two names by their time, then by their position, which has as many
// digits as it has.
func byAge(x, y string) int {
	at := len(nameLayout)
	return cmp.Or(strings.Compare(x[:at], y[:at]), cmp.Compare(len(x), len(y)), strings.Compare(x, y))
}

func (a *Archive) manifest(name string) (Signed, error) {
	f, err := os.Open(filepath.Join(a.dir, name, fileManifest)) //nolint:gosec // below the operator's own directory
	if err != nil {
		return Signed{}, fault.New(fault.Corrupt, opManifest, name, err)
	}
	raw, err := io.ReadAll(io.LimitReader(f, MaxManifest+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return Signed{}, fault.New(fault.Storage, opManifest, name, err)
	}
	s, err := Open(raw)
	if err == nil && s.Manifest.Name() != name {
		err = fault.New(fault.Corrupt, opManifest, name, errors.New("it is of "+s.Manifest.Name()))
	}
	return s, err
}

// Find gives a backup by its name, or the newest one when name is empty, which
// must be a proved one: an older one is never taken in silence. Errors: NotFound,
// Corrupt, Conflict for one that is not proved.
func (a *Archive) Find(name string) (Listed, error) {
	const op = "backup: find"
	list, err := a.List()
	if err != nil {
		return Listed{}, err
	}
	at := len(list) - 1
	if name != "" {
		at = slices.IndexFunc(list, func(l Listed) bool { return l.Name == name })
	}
	switch {
	case at < 0 && name == "":
		return Listed{}, fault.New(fault.NotFound, op, a.dir+" holds no backup", nil)
	case at < 0:
		return Listed{}, fault.New(fault.NotFound, op, name, nil)
	case list[at].Err != nil:
		return Listed{}, list[at].Err
	case name == "" && !list[at].Signed.Manifest.Proved:
		return Listed{}, fault.New(fault.Conflict, op,
			"the newest backup, "+list[at].Name+", is not proved: name it, or an older one, with --at", nil)
	}
	return list[at], nil
}

// isEmpty reports whether a directory holds nothing, besides what a file system
// puts there and a file that may be left.
func isEmpty(dir, left string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return e.Name() != left && e.Name() != "lost+found"
	}), nil
}

// kindOf tells a full disk from one that fails.
func kindOf(err error) fault.Kind {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fault.Full
	}
	return fault.Storage
}
