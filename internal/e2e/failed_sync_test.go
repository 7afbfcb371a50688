package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/fault"
)

// loseDisk has a file that this process holds open take writes and fail each sync
// from now on, as a disk does that goes away under a file system: its descriptors
// become those of the null device, whose sync is an error.
func loseDisk(t *testing.T, path string) {
	t.Helper()
	path, err := filepath.EvalSymlinks(path)
	require.NoError(t, err)
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Close(null)) })
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	lost := 0
	for _, one := range open {
		to, err := os.Readlink(filepath.Join("/proc/self/fd", one.Name()))
		if err != nil || to != path {
			continue // of the reading itself, or another's
		}
		fd, err := strconv.Atoi(one.Name())
		require.NoError(t, err)
		require.NoError(t, unix.Dup3(null, fd, unix.O_CLOEXEC))
		lost++
	}
	require.NotZero(t, lost, "the file is open")
}

// TestFailedSyncEndsTheNode: after a sync that failed nobody knows what is on the
// disk. So a whole node confirms nothing more and leaves (D3, D4); what it confirmed
// before is there when it starts again, and it goes on.
func TestFailedSyncEndsTheNode(t *testing.T) {
	p := startPair(t)
	id, err := p.node.Journal().Identity()
	require.NoError(t, err)
	kit, err := journaltest.New(7)
	require.NoError(t, err)
	kit.Identity = id
	ended := make(chan error, 1)
	go func() { ended <- p.node.Run(context.WithoutCancel(t.Context())) }()
	for range 3 {
		_, err := p.node.Journal().Append(t.Context(), kit.Release(500))
		require.NoError(t, err)
	}
	before, err := p.node.Journal().State()
	require.NoError(t, err)

	loseDisk(t, filepath.Join(p.cfg.Dir, "journal", "journal.db"))
	_, err = p.node.Journal().Append(t.Context(), kit.Release(500))
	require.Equal(t, fault.Storage.String(), fault.KindOf(err).String(), "%v", err)
	require.Error(t, p.node.Journal().CanCapture(1000), "no visit begins")
	why := <-ended
	require.Equal(t, fault.Storage.String(), fault.KindOf(why).String(), "the process is to leave: %v", why)

	again, err := node.Open(p.cfg, testLogger())
	require.NoError(t, err)
	st, err := again.Journal().State()
	require.NoError(t, err)
	require.Equal(t, before.Head, st.Head, "what was confirmed, and no more")
	_, err = again.Journal().Append(t.Context(), kit.Release(500))
	require.NoError(t, err)
	run(t, again.Run)
	require.Eventually(t, func() bool {
		st, err := again.Journal().State()
		return err == nil && st.Receipted == before.Head.Seq+1
	}, patience, 10*time.Millisecond)
}
