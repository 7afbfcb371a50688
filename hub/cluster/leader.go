package cluster

import (
	"sync"

	"github.com/hashicorp/raft"
)

// leadership passes raft's notices of gained and lost leadership on to those who
// asked for them, without ever making raft wait.
type leadership struct {
	in   chan bool // written by raft alone; never closed
	stop chan struct{}
	done chan struct{}

	mu    sync.Mutex // guards all below
	now   bool
	ended bool
	ears  map[chan bool]struct{}
}

func newLeadership() *leadership {
	return &leadership{
		in: make(chan bool, 64), stop: make(chan struct{}), done: make(chan struct{}),
		ears: make(map[chan bool]struct{}),
	}
}

func (l *leadership) start() {
	go func() {
		defer close(l.done)
		for {
			select {
			case now := <-l.in:
				l.publish(now)
			case <-l.stop:
				return
			}
		}
	}()
}

// publish leaves the newest value in each channel of one.
func (l *leadership) publish(now bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = now
	for ear := range l.ears {
		select {
		case <-ear:
		default:
		}
		ear <- now // there is room: only publish writes
	}
}

func (l *leadership) listen() (<-chan bool, func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ear := make(chan bool, 1)
	if l.ended {
		close(ear)
		return ear, func() {}
	}
	ear <- l.now
	l.ears[ear] = struct{}{}
	return ear, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.ears, ear)
	}
}

// close ends all channels.
func (l *leadership) close() {
	close(l.stop)
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for ear := range l.ears {
		close(ear)
	}
	clear(l.ears)
}

// LeaderCh gives a channel that holds whether this member leads, the newest
// value only, beginning with the present one. Shutdown closes it. stop ends the
// interest; the channel stays open then. To lead does not yet mean to be up to
// date: ReadBarrier does.
func (c *Cluster) LeaderCh() (leading <-chan bool, stop func()) { return c.leader.listen() }

// IsLeader says whether this member believes that it leads. Another may lead
// already; ReadBarrier asks the others.
func (c *Cluster) IsLeader() bool { return c.raft.State() == raft.Leader }

// Leader gives id and address of the leader as far as this member knows, both
// empty when it knows none.
func (c *Cluster) Leader() (id, address string) {
	a, i := c.raft.LeaderWithID()
	return string(i), string(a)
}
