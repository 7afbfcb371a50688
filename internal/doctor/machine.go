package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

const (
	slowSync  = 20 * time.Millisecond // above it a save is felt at the counter
	earlySync = 50 * time.Microsecond // below it no disk has kept anything
	tightDisk = 0.9                   // used share that is worth a look
	roomyDisk = 16 << 30              // free bytes with which it is not: no post uses them within a year
)

// Config judges the reading of a configuration file.
func Config(path string, err error) Finding {
	facts := Facts{"file": path}
	switch fault.KindOf(err) { //nolint:exhaustive // what is not listed is wrong inside
	case fault.NotFound:
		return Finding{Code: "config-missing", Facts: facts}
	case fault.Denied:
		return Finding{Code: "config-unreadable", Facts: facts}
	}
	if err != nil {
		facts["where"] = err.Error()
		if cause := errors.Unwrap(err); cause != nil {
			facts["where"] = cause.Error() // the file is named already
		}
		return Finding{Code: "config-wrong", Facts: facts}
	}
	return Finding{Code: "config-good", Facts: facts}
}

// Disk judges a data directory: there, ours alone, and with room. need is what
// must be free, in bytes.
func Disk(dir string, need int64) []Finding {
	facts := Facts{"dir": dir, "need": Bytes(need)}
	one := func(c Code) []Finding { return []Finding{{Subject: dir, Code: c, Facts: facts}} }
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return one("disk-permission")
	case err != nil || !info.IsDir():
		return one("disk-missing")
	case unix.Access(dir, unix.R_OK|unix.W_OK|unix.X_OK) != nil:
		return one("disk-permission")
	}
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return one("disk-permission")
	}
	free := int64(st.Bavail) * st.Bsize //nolint:gosec // far below the limit
	facts["free"] = Bytes(free)
	facts["mode"] = fmt.Sprintf("%04o", info.Mode().Perm())
	switch {
	case free < need:
		return one("disk-full")
	case info.Mode().Perm()&0o077 != 0:
		return one("disk-open")
	case usedShare(st) > tightDisk && free < roomyDisk:
		return one("disk-tight")
	}
	return one("disk-good")
}

// usedShare is what df shows: of the space that is not kept for root.
func usedShare(st unix.Statfs_t) float64 {
	used := st.Blocks - st.Bfree
	if used+st.Bavail == 0 {
		return 0
	}
	return float64(used) / float64(used+st.Bavail)
}

// Sync measures how long the disk takes to keep something for good, with a file
// that is gone again afterwards.
func Sync(dir string) []Finding {
	r, err := kv.Preflight(dir)
	facts := Facts{"time": r.SyncMedian.Round(time.Microsecond).String(), "kind": r.FileSystem, "dir": dir}
	one := func(c Code) []Finding { return []Finding{{Code: c, Facts: facts}} }
	switch {
	case fault.Is(err, fault.Unsupported):
		return one("disk-kind")
	case err != nil:
		return one("sync-failed")
	case r.SyncMedian > slowSync:
		return one("sync-slow")
	case r.SyncMedian < earlySync, r.FileSystem == "tmpfs", r.FileSystem == "ramfs":
		return one("sync-early")
	}
	return one("sync-good")
}

// Bytes writes a size as people read it.
func Bytes(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	if i == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + units[i]
}
