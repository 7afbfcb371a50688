package localnet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
)

// pin keeps a process with all its threads on some processors: a stand-in for a
// machine of its own.
func pin(pid int, processors ...int) error {
	const op = "localnet: keep on processors"
	var set unix.CPUSet
	for _, one := range processors {
		set.Set(one)
	}
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return fault.New(fault.NotFound, op, "", err)
	}
	for _, task := range tasks {
		thread, err := strconv.Atoi(task.Name())
		if err != nil {
			return fault.New(fault.Internal, op, task.Name(), err)
		}
		if err := unix.SchedSetaffinity(thread, &set); err != nil && !errors.Is(err, syscall.ESRCH) { // it has ended
			return fault.New(fault.Other, op, "", err)
		}
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
	if err := pin(cmd.Process.Pid, outsideProcessor); err != nil {
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
