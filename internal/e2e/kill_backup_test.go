package e2e

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub"
	"jaliya/hub/backup"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

const (
	backupEntries = 30
	// A backup of so much takes a tenth of a second, a restore as well.
	backupKilledWithin = 120 * time.Millisecond
	envFullTarget      = "JALIYA_FULL_TARGET" // the small file system, in the inner process
	fullTargetSize     = 8 << 20
	fullTargetRounds   = 8
)

// TestKillBackup kills -9 backups of a running hub, and restores of the one that came
// through: what stands under a name is whole and proved, what was killed is not there,
// and both are done by running them again.
func TestKillBackup(t *testing.T) {
	kills := wholeKills
	if asked := os.Getenv(envKills); asked != "" {
		var err error
		kills, err = strconv.Atoi(asked)
		require.NoError(t, err)
	}
	s := newSaved(t)
	n, stopNode := s.serveNode()
	t.Cleanup(stopNode)
	s.fill(n, 1, backupEntries)
	stopNode()
	config, recipient := filepath.Join(t.TempDir(), "hub.toml"), filepath.Join(t.TempDir(), "recipient")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, "dir = %q\n", s.hub.Dir), 0o600))
	require.NoError(t, os.WriteFile(recipient, []byte(s.to+"\n"), 0o600))

	came := 0
	for range kills {
		if killed(t, "backup", "--config", config, "--to", s.dir, "--recipient", recipient) {
			came++
		}
		s.allProved()
	}
	s.backUp()
	s.allProved()
	s.stop()

	to := filepath.Join(t.TempDir(), "hub")
	again := []string{"restore", "--from", s.dir, "--identity", s.offline, "--to", to}
	restored := 0
	for range kills {
		if killed(t, again...) {
			restored++
		}
		if _, err := os.Stat(filepath.Join(to, "keys", "cluster.id")); err == nil {
			s.whole(to)
			require.NoError(t, os.RemoveAll(to))
			continue
		}
		_, err := hub.Open(hub.Config{Dir: to}, testLogger())
		require.True(t, fault.Is(err, fault.NotFound), "half a restore is no hub: %v", err)
	}
	require.NoError(t, s.restore(to, nil))
	s.whole(to)
	fmt.Printf("backup: %d kills of backups, of which %d came through, %d kills of restores, of which %d came through; 0 halves\n",
		kills, came, kills, restored)
}

// killed runs a command and kills it at a random moment; it reports whether it had
// come through by then.
func killed(t *testing.T, args ...string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), rand.N(backupKilledWithin))
	defer cancel()
	return exec.CommandContext(ctx, filepath.Join(programs(t), "jaliya"), args...).Run() == nil
}

// backUp takes a backup, in the next second when this one has its own already.
func (s *saved) backUp() {
	s.t.Helper()
	var err error
	require.Eventually(s.t, func() bool {
		s.done, err = s.back()
		return !fault.Is(err, fault.Exists)
	}, patience, 100*time.Millisecond)
	require.NoError(s.t, err)
	require.True(s.t, s.done.Manifest.Proved)
}

// allProved wants every backup that has a name to be one.
func (s *saved) allProved() {
	s.t.Helper()
	a, err := backup.Read(s.dir)
	if fault.Is(err, fault.NotFound) {
		return // killed before the first
	}
	require.NoError(s.t, err)
	list, err := a.List()
	require.NoError(s.t, err)
	for _, one := range list {
		require.NoError(s.t, one.Err)
		require.True(s.t, one.Signed.Manifest.Proved)
		require.NoError(s.t, a.Check(one.Name, backup.FileState, one.Signed.Manifest.State, s.id))
		require.NoError(s.t, a.Check(one.Name, backup.FileKeys, one.Signed.Manifest.Keys, s.id))
	}
}

// whole wants a restored directory to have all entries and images.
func (s *saved) whole(dir string) {
	s.t.Helper()
	r, err := ledger.AuditFile(filepath.Join(dir, "ledger.db"))
	require.NoError(s.t, err)
	require.NoError(s.t, r.Err())
	require.EqualValues(s.t, backupEntries, r.Entries)
	for _, digest := range s.images {
		require.FileExists(s.t, objectIn(filepath.Join(dir, "vault"), digest))
	}
}

// TestKillFullDiskBackup backs up to a disk that somebody else fills: no backup stands
// under a name that is not proved, and with room again the next one is.
func TestKillFullDiskBackup(t *testing.T) {
	if dir := os.Getenv(envFullTarget); dir != "" {
		fillTarget(t, dir)
		return
	}
	if err := exec.CommandContext(t.Context(), "unshare", "--map-root-user", "--mount", "true").Run(); err != nil {
		t.Skip("full disk: not tried, this machine gives a test no file system of its own (root or user namespaces): ", err)
	}
	mount := t.TempDir()
	script := fmt.Sprintf("mount -t tmpfs -o size=%d,mode=0700 none %s && exec %s -test.run='^TestKillFullDiskBackup$' -test.v -test.count=1",
		fullTargetSize, mount, os.Args[0])
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", "--map-root-user", "--mount", "sh", "-c", script)
	cmd.Env = append(os.Environ(), envFullTarget+"="+mount)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte("full target: ")) {
			fmt.Printf("%s", line)
		}
	}
}

// fillTarget is the inner test: the file system at mount is its own.
func fillTarget(t *testing.T, mount string) {
	t.Helper()
	s := newSaved(t)
	s.dir = filepath.Join(mount, "backups")
	n, stopNode := s.serveNode()
	t.Cleanup(stopNode)
	s.fill(n, 1, backupEntries)
	stopNode()
	ballast, full := filepath.Join(mount, "somebody-else"), 0
	for round := range fullTargetRounds {
		room := int64(64 << 10) // less than any backup takes
		if round%2 == 1 {
			room = 2 << 20
		}
		require.NoError(t, fillBut(mount, ballast, rand.N(room)))
		if _, err := s.back(); err != nil {
			require.Contains(t, []fault.Kind{fault.Full, fault.Exists}, fault.KindOf(err), "%v", err)
			if fault.Is(err, fault.Full) {
				full++
			}
		}
		require.NoError(t, os.Remove(ballast))
		s.allProved()
	}
	require.GreaterOrEqual(t, full, fullTargetRounds/2, "so many have met the end of the disk for sure")
	s.backUp()
	s.allProved()
	s.stop()
	to := filepath.Join(t.TempDir(), "hub")
	require.NoError(t, s.restore(to, nil))
	s.whole(to)
	fmt.Printf("full target: %d backups, %d met the end of the disk, none stands half\n", fullTargetRounds, full)
}
