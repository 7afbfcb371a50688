package localnet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"syscall"

	"jaliya/internal/fault"
)

// Who gives way to whom when one machine carries what would be many: a portal to
// the member beside it, and what stands for the outside world to everything.
const (
	nicePortal  = 10
	niceOutside = 19
)

// giveWay lowers the priority of a process that leads a group of its own, with
// all its threads.
func giveWay(pid, nice int) error {
	if err := syscall.Setpriority(syscall.PRIO_PGRP, pid, nice); err != nil {
		return fault.New(fault.Other, "localnet: lower priority", "", err)
	}
	return nil
}

// flooding is a flood under way: another process, as its work is not the
// network's.
type flooding struct {
	cmd *exec.Cmd
	out *bufio.Reader
}

func (n *Network) startFlood(ctx context.Context, slip released) (*flooding, error) {
	const op = "localnet: start flood"
	self, err := os.Executable()
	if err != nil {
		return nil, fault.New(fault.NotFound, op, "", err)
	}
	raw, err := json.Marshal(slip)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	cmd := exec.CommandContext(ctx, self, "flood", "--portal", n.Portal) //nolint:gosec // ourselves
	cmd.Stdin, cmd.Stderr = bytes.NewReader(raw), os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fault.New(fault.Other, op, "", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fault.New(fault.Other, op, "", err)
	}
	f := &flooding{cmd: cmd, out: bufio.NewReader(pipe)}
	if err := giveWay(cmd.Process.Pid, niceOutside); err != nil {
		_, stopped := f.stop()
		return nil, errors.Join(err, stopped)
	}
	if _, err := f.out.ReadString('\n'); err != nil {
		return nil, fault.New(fault.Other, op, "it did not begin", errors.Join(err, cmd.Wait()))
	}
	return f, nil
}

// stop ends the flood and gives what it did.
func (f *flooding) stop() (done flooded, err error) {
	const op = "localnet: stop flood"
	if err := f.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return done, fault.New(fault.Other, op, "", err)
	}
	err = json.NewDecoder(f.out).Decode(&done)
	if err := errors.Join(err, f.cmd.Wait()); err != nil {
		return done, fault.New(fault.Other, op, "", err)
	}
	return done, nil
}
