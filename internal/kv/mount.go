package kv

import (
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
)

// mount is the file system under a directory.
type mount struct {
	magic  int64
	kind   string // as /proc/self/mountinfo has it, "" when it was not found there
	device string // last part of the source
}

// networkMagic names the file systems that fsync and lock by another machine's
// leave. FUSE is judged by its kind.
var networkMagic = map[int64]string{
	unix.NFS_SUPER_MAGIC: "nfs", unix.SMB_SUPER_MAGIC: "smb", unix.SMB2_SUPER_MAGIC: "smb",
	unix.CIFS_SUPER_MAGIC: "cifs", unix.V9FS_MAGIC: "9p", unix.CEPH_SUPER_MAGIC: "ceph",
	unix.AFS_SUPER_MAGIC: "afs", unix.AFS_FS_MAGIC: "afs", unix.CODA_SUPER_MAGIC: "coda",
	0x01161970: "gfs2", 0x7461636f: "ocfs2",
	0x0bd00bd0: "lustre", //nolint:misspell // that is its name
}

// networkFuse names FUSE file systems of the same sort.
var networkFuse = []string{"sshfs", "glusterfs", "s3fs", "rclone", "davfs", "cephfs", "goofys", "gcsfuse", "curlftpfs"}

// networkName gives the name of a network file system, "" for a local one.
func networkName(m mount) string {
	if name := networkMagic[m.magic]; name != "" {
		return name
	}
	if sub, fuse := strings.CutPrefix(m.kind, "fuse."); fuse {
		for _, name := range networkFuse {
			if strings.HasPrefix(sub, name) {
				return m.kind
			}
		}
	}
	return ""
}

// mountOf asks the kernel what dir lies on.
func mountOf(dir string) (mount, error) {
	var fs unix.Statfs_t
	var st unix.Stat_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return mount{}, fault.New(fault.Storage, opPreflight, dir, err)
	}
	if err := unix.Stat(dir, &st); err != nil {
		return mount{}, fault.New(fault.Storage, opPreflight, dir, err)
	}
	m := mount{magic: int64(fs.Type)} //nolint:unconvert // 32 bits wide on other machines
	if table, err := os.ReadFile("/proc/self/mountinfo"); err == nil {
		m.kind, m.device = findMount(string(table), fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev)))
	}
	return m, nil
}

// findMount reads lines such as
// "36 35 98:0 /root /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw" (proc(5)).
func findMount(table, number string) (kind, device string) {
	for line := range strings.Lines(table) {
		left, right, ok := strings.Cut(line, " - ")
		fields, tail := strings.Fields(left), strings.Fields(right)
		if ok && len(fields) > 2 && len(tail) > 1 && fields[2] == number {
			kind, device = tail[0], path.Base(tail[1])
		}
	}
	return kind, device
}
