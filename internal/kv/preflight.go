package kv

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
)

const (
	opPreflight = "kv: preflight"
	opSpace     = "kv: free space"

	syncAppends = 32
	appendSize  = 4096
	lyingSync   = 50 * time.Microsecond
)

// Report is what Preflight saw.
type Report struct {
	Kernel     string        // release, as uname says it
	FileSystem string        // type of the file system under the directory, "" when unknown
	SyncMedian time.Duration // of 32 appends of 4 KiB, each with fdatasync
	Warnings   []string      // what an operator should know; the store works all the same
}

// Preflight says whether stores in dir can keep what they promise (D9). It
// refuses, as fault.Unsupported, a network file system and ext4 with fast
// commits on a kernel that corrupts bbolt files; the rest it only reports.
func Preflight(dir string) (Report, error) {
	m, err := mountOf(dir)
	if err != nil {
		return Report{}, err
	}
	r := Report{Kernel: kernelRelease(), FileSystem: m.kind}
	if err := CheckPlatform(dir); err != nil {
		return r, err
	}
	if m.kind == "ext4" && fastCommitCorrupts(r.Kernel) {
		on, err := fastCommit(m)
		if on {
			return r, fault.New(fault.Unsupported, opPreflight, dir,
				fmt.Errorf("ext4 fast commits on kernel %s corrupt the store", r.Kernel))
		}
		if err != nil {
			r.warn("kernel %s must not be used with ext4 fast commits, and whether they are on cannot be read", r.Kernel)
		}
	}
	if m.magic == unix.TMPFS_MAGIC || m.magic == unix.RAMFS_MAGIC {
		r.warn("%s keeps files in memory: nothing survives a loss of power", m.kind)
	}
	if r.SyncMedian, err = measureSync(dir); err != nil {
		return r, err
	}
	if r.SyncMedian < lyingSync {
		r.warn("a sync takes %s: unless the disk is protected against loss of power, it says so too early", r.SyncMedian)
	}
	return r, nil
}

// CheckPlatform refuses what Preflight refuses of a network, and measures nothing.
func CheckPlatform(dir string) error {
	m, err := mountOf(dir)
	if err != nil {
		return err
	}
	if name := networkName(m); name != "" {
		return fault.New(fault.Unsupported, opPreflight, dir, fmt.Errorf("%s is a network file system", name))
	}
	return nil
}

func (r *Report) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// measureSync appends as a log would and gives the median of the times.
func measureSync(dir string) (median time.Duration, err error) {
	f, err := os.CreateTemp(dir, "preflight-*")
	if err != nil {
		return 0, fault.New(fault.Storage, opPreflight, dir, err)
	}
	times := make([]time.Duration, 0, syncAppends)
	block := make([]byte, appendSize)
	for range syncAppends {
		start := time.Now()
		if _, err = f.Write(block); err == nil {
			err = unix.Fdatasync(int(f.Fd()))
		}
		if err != nil {
			break
		}
		times = append(times, time.Since(start))
	}
	if err = errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
		return 0, fault.New(fault.Storage, opPreflight, dir, err)
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// FreeSpace gives the bytes that this process may still write to the file
// system of dir.
func FreeSpace(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, fault.New(fault.Storage, opSpace, dir, err)
	}
	return int64(s.Bavail) * s.Bsize, nil //nolint:gosec // far below the limit
}

func kernelRelease() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// fastCommitCorrupts reports whether bbolt's documentation names the kernel:
// fast commits came with 5.10 and were mended in 5.10.94, 5.15.27 and 5.17. An
// unreadable release counts as good.
func fastCommitCorrupts(release string) bool {
	var major, minor, patch int
	n, _ := fmt.Sscanf(release, "%d.%d.%d", &major, &minor, &patch) // what is missing stays 0
	if n < 2 || major != 5 {
		return false
	}
	switch minor {
	case 10:
		return patch < 94
	case 15:
		return patch < 27
	}
	return minor > 10 && minor < 17
}

// fastCommit reads the options of a mounted ext4.
func fastCommit(m mount) (bool, error) {
	text, err := os.ReadFile("/proc/fs/ext4/" + m.device + "/options")
	if err != nil {
		return false, err
	}
	return slices.Contains(strings.Fields(string(text)), "fast_commit"), nil
}
