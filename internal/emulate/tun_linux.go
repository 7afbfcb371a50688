package emulate

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
)

// tun is a TUN device of the kernel: what is read was sent to it, what is
// written comes from it.
type tun struct {
	*os.File
	name string
}

// kernelQueue is what the kernel holds for us, in packets, so that a moment in
// which nobody reads loses none.
const kernelQueue = "5000"

func openTUN() (*tun, error) {
	const op = "emulate: open TUN device"
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return nil, fault.New(fault.Denied, op, "/dev/net/tun", err)
	case err != nil:
		return nil, fault.New(fault.Unsupported, op, "/dev/net/tun", err)
	}
	request, err := unix.NewIfreq("jaliya%d")
	if err != nil {
		return nil, errors.Join(fault.New(fault.Internal, op, "name", err), unix.Close(fd))
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return nil, errors.Join(fault.New(fault.Denied, op, "", err), unix.Close(fd))
	}
	t := &tun{File: os.NewFile(uintptr(fd), "/dev/net/tun"), name: request.Name()}
	if err := t.ip("link", "set", "dev", t.name, "mtu", strconv.Itoa(mtu), "txqueuelen", kernelQueue, "up"); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// address gives the machine both ends of a link, and ways to what each sees of
// the other.
func (t *tun) address(link byte) error {
	for _, one := range []struct{ own, other byte }{{hostClient, hostFar}, {hostServer, hostNear}} {
		own, other := address(link, one.own).String(), address(link, one.other).String()
		if err := t.ip("address", "add", own+"/32", "dev", t.name); err != nil {
			return err
		}
		if err := t.ip("route", "add", other+"/32", "dev", t.name, "src", own); err != nil {
			return err
		}
	}
	return nil
}

func (t *tun) ip(args ...string) error {
	var errs bytes.Buffer
	cmd := exec.Command("ip", args...) //nolint:gosec,noctx // names and numbers of our own; it ends at once
	cmd.Stderr = &errs
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return fault.New(fault.Unsupported, "emulate: ip "+args[0], "no such program", err)
	}
	if err != nil { // such as that another device has the addresses
		return fault.New(fault.Unavailable, "emulate: ip "+args[0], strings.TrimSpace(errs.String()), err)
	}
	return nil
}
