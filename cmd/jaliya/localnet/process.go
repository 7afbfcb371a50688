package localnet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"jaliya/internal/fault"
)

const (
	readyWait = 60 * time.Second
	stopWait  = 20 * time.Second
	pollEvery = 50 * time.Millisecond
)

// process is one daemon of the network. Its standard error goes to a file.
type process struct {
	name  string
	admin string   // host:port of its admin listener
	log   string   // file; empty: beside its configuration
	env   []string // besides ours
	clock string   // file, where the clock can be set
	cmd   *exec.Cmd
	done  chan error // receives the end once
}

// binaries finds the programs beside this one.
type binaries struct{ dir string }

func findBinaries() (binaries, error) {
	self, err := os.Executable()
	if err != nil {
		return binaries{}, fault.New(fault.NotFound, "localnet: find programs", "", err)
	}
	b := binaries{dir: filepath.Dir(self)}
	for _, name := range []string{"hub", "consulate-node"} {
		if _, err := os.Stat(b.path(name)); err != nil {
			return b, fault.New(fault.NotFound, "localnet: find programs", b.path(name)+" (run make build)", err)
		}
	}
	return b, nil
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// run runs a command to its end and gives its output, of a command that failed
// too: it says what did not hold.
func (b binaries) run(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, b.path(name), args...) //nolint:gosec // our own programs
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fault.New(fault.Other, "localnet: "+name+" "+args[0], strings.TrimSpace(errs.String()), err)
	}
	return out.String(), nil
}

// start starts a daemon and waits until it says that it is ready.
func (b binaries) start(ctx context.Context, p *process, program string, args ...string) error {
	const op = "localnet: start"
	log, err := os.OpenFile(p.logFile(args),
		os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.New(fault.Storage, op, p.name, err)
	}
	// The daemon is ended by stop, in order, and not by the context.
	p.cmd = exec.Command(b.path(program), args...) //nolint:gosec,noctx // our own programs
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return errors.Join(fault.New(fault.Other, op, p.name, err), log.Close())
	}
	p.done = make(chan error, 1)
	go func() { p.done <- errors.Join(p.cmd.Wait(), log.Close()) }()
	return p.awaitReady(ctx)
}

// logFile stands beside what the last argument names, or where the network's
// other logs are.
func (p *process) logFile(args []string) string {
	if p.log != "" {
		return p.log
	}
	return filepath.Join(filepath.Dir(args[len(args)-1]), p.name+".log")
}

func (p *process) awaitReady(ctx context.Context) error {
	const op = "localnet: wait until ready"
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	for {
		if _, err := get(ctx, "http://"+p.admin+"/readyz"); err == nil {
			return nil
		}
		select {
		case err := <-p.done:
			p.done <- err
			return fault.New(fault.Other, op, p.name+" ended; see its log", err)
		case <-ctx.Done():
			return fault.New(fault.Timeout, op, p.name, ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}

// stop asks the daemon to end and waits; one that does not is killed.
func (p *process) stop() error {
	if p.cmd == nil || p.cmd.Process == nil {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fault.New(fault.Other, "localnet: stop", p.name, err)
	}
	select {
	case err := <-p.done:
		p.done <- err
		return nil
	case <-time.After(stopWait):
		err := errors.Join(fault.New(fault.Timeout, "localnet: stop", p.name, nil), p.cmd.Process.Kill())
		p.done <- <-p.done // it is gone, and its ports with it
		return err
	}
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // only read
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", response.StatusCode)
	}
	return body, err
}
