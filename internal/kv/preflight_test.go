package kv

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
)

func TestPreflightHere(t *testing.T) {
	dir := t.TempDir()
	r, err := Preflight(dir)
	if fault.Is(err, fault.Unsupported) {
		t.Skip("the temporary directory is on a network file system")
	}
	require.NoError(t, err)
	require.NotEmpty(t, r.Kernel)
	require.Positive(t, r.SyncMedian)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Empty(t, left)

	_, err = Preflight(filepath.Join(dir, "none"))
	require.Equal(t, fault.Storage, fault.KindOf(err))
	free, err := FreeSpace(dir)
	require.NoError(t, err)
	require.Positive(t, free)
}

func TestFastCommitCorrupts(t *testing.T) {
	for release, want := range map[string]bool{
		"5.4.0-generic": false, "5.10.0": true, "5.10.93-1": true, "5.10.94": false, "5.11": true,
		"5.15.26": true, "5.15.27-amd64": false, "5.16.20": true, "5.17": false, "6.1.0": false,
		"4.19.1": false, "": false, "odd": false,
	} {
		require.Equal(t, want, fastCommitCorrupts(release), release)
	}
}

func TestNetworkName(t *testing.T) {
	for _, tt := range []struct {
		m    mount
		want string
	}{
		{mount{magic: unix.EXT4_SUPER_MAGIC, kind: "ext4"}, ""},
		{mount{magic: unix.NFS_SUPER_MAGIC, kind: "nfs4"}, "nfs"},
		{mount{magic: unix.CIFS_SUPER_MAGIC, kind: "cifs"}, "cifs"},
		{mount{magic: unix.V9FS_MAGIC, kind: "9p"}, "9p"},
		{mount{magic: unix.FUSE_SUPER_MAGIC, kind: "fuse.sshfs"}, "fuse.sshfs"},
		{mount{magic: unix.FUSE_SUPER_MAGIC, kind: "fuseblk"}, ""},
	} {
		require.Equal(t, tt.want, networkName(tt.m), tt.m.kind)
	}
}

func TestFindMount(t *testing.T) {
	const table = "22 1 8:2 / / rw shared:1 - ext4 /dev/sda2 rw\n36 22 0:31 / /srv rw - nfs4 host:/srv rw\nodd\n"
	kind, device := findMount(table, "8:2")
	require.Equal(t, "ext4 sda2", kind+" "+device)
	kind, device = findMount(table, "0:31")
	require.Equal(t, "nfs4 srv", kind+" "+device)
	kind, _ = findMount(table, "9:9")
	require.Empty(t, kind)
}

func TestBallast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ballast")
	b := NewBallast(path, 1<<20)
	err := b.Fill()
	if fault.Is(err, fault.Storage) {
		t.Skip("the file system cannot preallocate")
	}
	require.NoError(t, err)
	held, err := b.Held()
	require.NoError(t, err)
	require.GreaterOrEqual(t, held, int64(1<<20))
	require.NoError(t, b.Release())
	require.NoError(t, b.Release())
	held, err = b.Held()
	require.NoError(t, err)
	require.Zero(t, held)
	require.NoError(t, b.Fill())

	err = NewBallast(path, 0).Fill()
	require.Equal(t, fault.Invalid, fault.KindOf(err))
	err = NewBallast(path, 1<<50).Fill()
	require.Equal(t, fault.Full, fault.KindOf(err))
	require.NoFileExists(t, path)
}
