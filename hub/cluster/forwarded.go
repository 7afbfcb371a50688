package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// serve answers another member on a connection that is not raft's.
func (c *Cluster) serve(purpose byte, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	select {
	case <-c.ready:
	case <-time.After(helloTimeout): // this member does not come up
		return
	}
	if purpose == forProgress {
		c.serveProgress(conn)
		return
	}
	c.serveForwarded(conn)
}

// serveForwarded answers the proposals of a member that does not lead, until it
// ends the connection. This member may have lost the leadership since: it says so.
func (c *Cluster) serveForwarded(conn net.Conn) {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	var (
		writing = make(chan struct{}, 1) // who has it writes an answer
		under   sync.WaitGroup
		slots   = make(chan struct{}, MaxInFlight)
	)
	defer under.Wait()
	for {
		number, command, err := readForwarded(conn)
		if err != nil {
			return // the other side has ended it, or speaks something else
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		under.Go(func() {
			defer func() { <-slots }()
			_, index, err := c.proposeHere(ctx, command)
			writing <- struct{}{}
			defer func() { <-writing }()
			if writeVerdict(conn, number, index, err) != nil {
				cancel()
			}
		})
	}
}

func readForwarded(conn io.Reader) (number uint32, command []byte, err error) {
	var head [forwardHead]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[4:])
	if size == 0 || size > MaxProposal {
		return 0, nil, fmt.Errorf("a command of %d bytes", size)
	}
	command = make([]byte, size)
	_, err = io.ReadFull(conn, command)
	return binary.BigEndian.Uint32(head[:]), command, err
}

func writeVerdict(conn net.Conn, number uint32, index uint64, err error) error {
	v := verdictUnknown
	switch {
	case err == nil:
		v = verdictDone
	case errors.Is(err, ErrNotProposed):
		v = verdictNotProposed
	}
	var frame [forwardAnswer]byte
	binary.BigEndian.PutUint32(frame[:], number)
	frame[4] = byte(v)
	binary.BigEndian.PutUint64(frame[5:], index)
	if err := conn.SetWriteDeadline(time.Now().Add(forwardTimeout)); err != nil {
		return err
	}
	_, err = conn.Write(frame[:])
	return err
}

// answers keeps what the state of this member answered to commands that another
// member proposed for it. Nothing is kept while nobody waits.
type answers struct {
	mu      sync.Mutex // guards waiting
	waiting map[[sha256.Size]byte]*awaited
}

// awaited is one command, which may be proposed by several callers at once and
// applied more than once.
type awaited struct {
	callers int
	got     map[uint64]any // by index
}

// expect begins to keep the answers to command; done ends it, and must be called.
func (a *answers) expect(command []byte) (at func(index uint64) (any, bool), done func()) {
	sum := sha256.Sum256(command)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == nil {
		a.waiting = make(map[[sha256.Size]byte]*awaited)
	}
	w := a.waiting[sum]
	if w == nil {
		w = &awaited{got: make(map[uint64]any)}
		a.waiting[sum] = w
	}
	w.callers++
	at = func(index uint64) (any, bool) {
		a.mu.Lock()
		defer a.mu.Unlock()
		response, ok := w.got[index]
		return response, ok
	}
	return at, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if w.callers--; w.callers == 0 {
			delete(a.waiting, sum)
		}
	}
}

// note keeps what somebody waits for; before the state's new position is told.
func (a *answers) note(entries []Entry, responses []any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return
	}
	for i, e := range entries {
		if e.Command == nil {
			continue
		}
		if w := a.waiting[sha256.Sum256(e.Command)]; w != nil {
			w.got[e.Index] = responses[i]
		}
	}
}
