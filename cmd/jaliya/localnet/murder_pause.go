package localnet

import (
	"context"
	"errors"
	"math/rand/v2"
	"syscall"
	"time"

	"jaliya/internal/fault"
)

const (
	// pauseEach is after how many kills something is held up besides.
	pauseEach = 5
	// pauseSpread is longer than the silence after which a node gives its
	// session up, so that some pauses pass unnoticed and others end it.
	pauseSpread = 7 * time.Second
)

// holdUp stops hub or a post for a while, as a machine does that swaps or is
// moved to another host: it wakes up with sockets, timers and a session of then.
func (n *Network) holdUp(ctx context.Context, random *rand.Rand) error {
	const op = "localnet: hold up"
	p := n.Hub
	if victim := random.IntN(len(n.Posts) + 1); victim > 0 {
		p = n.Posts[victim-1].process
	}
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fault.New(fault.Other, op, p.name, err)
	}
	var err error
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(time.Duration(random.Int64N(int64(pauseSpread)))):
	}
	if woken := p.cmd.Process.Signal(syscall.SIGCONT); woken != nil {
		err = errors.Join(err, fault.New(fault.Other, op, p.name, woken))
	}
	return err
}
