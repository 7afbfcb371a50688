package cluster

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"time"

	"jaliya/internal/fault"
)

// Progress is how far a member's state has come.
type Progress struct {
	Term    uint64 // of the election that it follows
	Applied uint64 // newest entry in its state, on disk
}

const progressBytes = 16

// Progress gives how far this member has come.
func (c *Cluster) Progress() Progress {
	return Progress{Term: c.raft.CurrentTerm(), Applied: c.AppliedIndex()}
}

// ProgressOf asks the member at an address how far it has come: raft does not tell
// its leader's program, and nobody gets the vote before it has kept up (D15).
func (c *Cluster) ProgressOf(ctx context.Context, address string) (Progress, error) {
	const op = "cluster: ask for progress"
	if address == c.Address() {
		return c.Progress(), nil
	}
	if c.layer == nil {
		return Progress{}, fault.New(fault.Unavailable, op, address, errNoRoad)
	}
	conn, err := c.layer.dialFor(ctx, address, forProgress)
	if err != nil {
		return Progress{}, err
	}
	defer func() { _ = conn.Close() }()
	var answer [progressBytes]byte
	if err := conn.SetReadDeadline(time.Now().Add(helloTimeout)); err != nil {
		return Progress{}, fault.New(fault.Unavailable, op, address, err)
	}
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return Progress{}, fault.New(fault.Unavailable, op, address, err)
	}
	return Progress{Term: binary.BigEndian.Uint64(answer[:]), Applied: binary.BigEndian.Uint64(answer[8:])}, nil
}

// serveProgress says it and waits until the other side has it: closing at once would
// take it back.
func (c *Cluster) serveProgress(conn net.Conn) {
	p := c.Progress()
	answer := binary.BigEndian.AppendUint64(make([]byte, 0, progressBytes), p.Term)
	answer = binary.BigEndian.AppendUint64(answer, p.Applied)
	if conn.SetDeadline(time.Now().Add(helloTimeout)) != nil {
		return
	}
	if _, err := conn.Write(answer); err == nil {
		_, _ = conn.Read(make([]byte, 1)) // ends when the other side closes
	}
}
