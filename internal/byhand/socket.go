package byhand

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"jaliya/internal/fault"
)

// Socket is the name of a daemon's admin socket in its directory, where its
// configuration says nothing else.
const Socket = "admin.sock"

// Listen opens an admin socket that only the daemon's own user may use.
func Listen(ctx context.Context, path string) (net.Listener, error) {
	const op = "byhand: open admin socket"
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Storage, op, path, err)
	}
	name, done, err := short(path)
	if err != nil {
		return nil, fault.New(fault.Unavailable, op, path, err)
	}
	defer done()
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", name)
	if err != nil {
		return nil, fault.New(fault.Unavailable, op, path, err)
	}
	if u, ok := l.(*net.UnixListener); ok && name != path {
		u.SetUnlinkOnClose(false) // the short name ends before the socket does
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fault.New(fault.Storage, op, path, err), l.Close())
	}
	return l, nil
}

// Dial connects to an admin socket.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	name, done, err := short(path)
	if err != nil {
		return nil, err
	}
	defer done()
	var d net.Dialer
	return d.DialContext(ctx, "unix", name)
}

// maxName is what the kernel takes as a socket's name, in bytes (unix(7): 108
// with the zero at its end).
const maxName = 107

// short gives a name that the kernel takes for a path of any length: by way of
// the directory, held open until done is called.
func short(path string) (name string, done func(), err error) {
	if len(path) <= maxName {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, fault.New(fault.NotFound, "byhand: find admin socket", path, err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), func() { _ = dir.Close() }, nil
}
