package localnet

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"jaliya/internal/fault"
)

// processes lists all that run, with this one.
func (n *Network) processes() []int {
	list := []int{os.Getpid()}
	all := append([]*process{n.Hub}, n.around...)
	for _, p := range n.Posts {
		all = append(all, p.process)
	}
	for _, p := range all {
		if p != nil && p.cmd != nil && p.cmd.Process != nil {
			list = append(list, p.cmd.Process.Pid)
		}
	}
	return list
}

// weigh says what the network takes of the machine: what its processes hold in
// memory, with each page that several share counted once (Linux tells), and its
// directory.
func (n *Network) weigh(ctx context.Context) (string, error) {
	size, err := dirSize(ctx, n.dir)
	if err != nil {
		return "", err
	}
	pids := n.processes()
	memory := ""
	if kib, ok := proportional(pids); ok {
		memory = fmt.Sprintf("%d MiB of memory, ", kib>>10)
	}
	return fmt.Sprintf("%d processes, %s%d MiB of disk", len(pids), memory, size>>20), nil
}

// proportional sums the KiB of proportional set sizes; a system that does not tell
// them gives none.
func proportional(pids []int) (sum int64, ok bool) {
	for _, pid := range pids {
		f, err := os.Open(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
		if err != nil {
			return 0, false
		}
		found := false
		for lines := bufio.NewScanner(f); !found && lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) > 1 && fields[0] == "Pss:" {
				kib, err := strconv.ParseInt(fields[1], 10, 64)
				sum, found = sum+kib, err == nil
			}
		}
		if _ = f.Close(); !found { // only read
			return 0, false
		}
	}
	return sum, true
}

const blockSize = 512 // of stat(2)

// dirSize sums what all takes of the disk, for stores are sparse, below a directory that others write into.
func dirSize(ctx context.Context, dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return ctx.Err() // what went away meanwhile takes no room
		}
		info, err := e.Info()
		if err != nil {
			return nil //nolint:nilerr // gone
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			size += stat.Blocks * blockSize
		}
		return nil
	})
	if err != nil {
		return 0, fault.New(fault.Storage, "localnet: measure directory", dir, err)
	}
	return size, nil
}
