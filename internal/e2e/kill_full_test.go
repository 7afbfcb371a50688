package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const (
	envFullDisk = "JALIYA_FULL_DISK" // the small file system, in the inner process

	fullDiskSize     = 48 << 20
	fullDiskRounds   = 12
	fullDiskPatience = 3 * time.Second // a child that still works then is killed
)

// TestKillFullDisk keeps a journal on a file system of its own that somebody else
// fills up while entries are saved, at another moment each time, and kills what
// still runs. Nothing that was acknowledged may be missing, neither while the
// disk is full nor when there is room again, and the journal goes on.
//
// The test runs itself in a mount namespace, which a machine may forbid:
// scripts/crash asks for that first, and says so.
func TestKillFullDisk(t *testing.T) {
	if dir := os.Getenv(envFullDisk); dir != "" {
		fillUp(t, dir)
		return
	}
	if err := exec.CommandContext(t.Context(), "unshare", "--map-root-user", "--mount", "true").Run(); err != nil {
		t.Skip("full disk: not tried, this machine gives a test no file system of its own (root or user namespaces): ", err)
	}
	mount := t.TempDir()
	script := fmt.Sprintf("mount -t tmpfs -o size=%d,mode=0700 none %s && exec %s -test.run='^TestKillFullDisk$' -test.v -test.count=1", fullDiskSize, mount, os.Args[0])
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", "--map-root-user", "--mount", "sh", "-c", script)
	cmd.Env = append(os.Environ(), envFullDisk+"="+mount)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte("full disk: ")) {
			fmt.Printf("%s", line)
		}
	}
}

// fillUp is the inner test: the file system at mount is its own.
func fillUp(t *testing.T, mount string) {
	t.Helper()
	k, err := journaltest.New(rand.Uint64())
	require.NoError(t, err)
	dir, ballast := filepath.Join(mount, "journal"), filepath.Join(mount, "somebody-else")
	require.NoError(t, os.Mkdir(dir, 0o700))
	proved := wire.Genesis(k.Identity.Node, k.Incarnation)
	acked, left, full := 0, 0, 0
	for range fullDiskRounds {
		require.NoError(t, fillBut(mount, ballast, rand.N(int64(6<<20))))
		said, why := appendUntilFull(t, dir, k)
		acked += len(said)
		if strings.Contains(why, "no space left") || strings.Contains(why, fault.Full.String()) {
			left++
		}
		// While the disk is full the journal may refuse to open; if it opens,
		// all of it is there.
		if _, err := proveAcked(dir, k, proved, said); err == nil {
			full++
		} else {
			require.NotErrorIs(t, err, errLost)
			require.Contains(t, []fault.Kind{fault.Full, fault.Storage, fault.Corrupt}, fault.KindOf(err), "%v", err)
		}
		require.NoError(t, os.Remove(ballast))
		proved, err = proveAcked(dir, k, proved, said)
		require.NoError(t, err, "with room again, after: %s", why)
	}
	rep, err := journal.Verify(filepath.Join(dir, "journal.db"), nil)
	require.NoError(t, err)
	require.Zero(t, rep.Missing)
	require.Positive(t, acked)
	require.Positive(t, left, "no child has met the end of the disk")
	fmt.Printf("full disk: %d rounds, %d processes left because of it, %d acknowledged entries, 0 lost; opened %d times while it was full\n",
		fullDiskRounds, left, acked, full)
}

// fillBut takes the room of the file system but for some bytes.
func fillBut(mount, file string, but int64) error {
	var s unix.Statfs_t
	if err := unix.Statfs(mount, &s); err != nil {
		return err
	}
	size := int64(s.Bavail)*s.Bsize - but
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil || size <= 0 {
		return errors.Join(err, f.Close())
	}
	return errors.Join(unix.Fallocate(int(f.Fd()), 0, 0, size), f.Close())
}

// appendUntilFull has a child save entries until it leaves by itself, and kills
// one that has not met the end of the disk in time. It gives what was
// acknowledged, and why the child left.
func appendUntilFull(t *testing.T, dir string, k *journaltest.Kit) (acked []ackedEntry, why string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fullDiskPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKillJournal$", "-test.count=1")
	kit := fmt.Sprintf("%x.%d.%d", wire.Marshal(k.Identity), k.Incarnation, rand.Uint64())
	cmd.Env = append(os.Environ(), envFullDisk+"=", envKillChild+"="+dir, envKillKit+"="+kit, "GOMAXPROCS=1")
	out, err := cmd.Output()
	require.Error(t, err, "it must not end as if all were well")
	for line := range bytes.Lines(out) {
		var a ackedEntry
		var hash string
		if _, err := fmt.Sscanf(string(line), "acked %d %s\n", &a.seq, &hash); err != nil {
			return acked, string(out[bytes.Index(out, line):])
		}
		a.hash, err = wire.ParseDigest(hash)
		require.NoError(t, err)
		acked = append(acked, a)
	}
	return acked, "killed"
}
