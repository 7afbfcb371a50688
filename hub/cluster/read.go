package cluster

import (
	"context"
	"errors"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
)

const opRead = "cluster: read barrier"

// ReadBarrier returns when the state of this member holds everything that was
// committed anywhere before the call, so that what is read from it next decides
// rightly (D17). Only the leader can say so; it asks a majority whether it still
// leads. It answers fault.Unavailable otherwise.
func (c *Cluster) ReadBarrier(ctx context.Context) error {
	err := c.readBarrier(ctx)
	c.metrics.read(err)
	if err != nil {
		return fault.New(fault.Unavailable, opRead, "", err)
	}
	return nil
}

func (c *Cluster) readBarrier(ctx context.Context) error {
	// The commit index comes first: the majority then confirms that nobody else
	// could commit before that moment.
	commit := c.raft.CommitIndex()
	target, settled := c.commandAt(commit)
	if !settled {
		// A new leader does not know how far its predecessor had committed until an
		// entry of its own is.
		err := c.await(ctx, func() error { return c.raft.Barrier(c.settings.Enqueue).Error() })
		return errors.Join(err, c.fsm.failure()) // raft does not know that the state failed
	}
	if err := c.await(ctx, func() error { return c.raft.VerifyLeader().Error() }); err != nil {
		return err
	}
	return c.fsm.waitApplied(ctx, target)
}

// commandAt gives the newest entry up to commit that the state gets to see;
// no-ops and barriers it never does. settled is false when the entry at commit is
// not of this leader's term, or cannot be told.
func (c *Cluster) commandAt(commit uint64) (index uint64, settled bool) {
	term := c.raft.CurrentTerm()
	var l raft.Log
	for index = commit; index > 0; index-- {
		if err := c.logs.GetLog(index, &l); err != nil {
			return 0, false
		}
		if index == commit && l.Term != term {
			return 0, false
		}
		if l.Type == raft.LogCommand || l.Type == raft.LogConfiguration {
			return index, true
		}
		if index <= c.fsm.appliedIndex() {
			return index, true
		}
	}
	return 0, false
}

// AppliedIndex gives how far this member's state is, on disk.
func (c *Cluster) AppliedIndex() uint64 { return c.fsm.appliedIndex() }

// WaitApplied returns when this member's state has applied index, which must be
// that of a command.
func (c *Cluster) WaitApplied(ctx context.Context, index uint64) error {
	if err := c.fsm.waitApplied(ctx, index); err != nil {
		return fault.New(fault.Unavailable, opRead, subjectIndex(index), err)
	}
	return nil
}

// Snapshot takes a snapshot now, which truncates the log. Nothing new to take is
// no error.
func (c *Cluster) Snapshot(ctx context.Context) error {
	err := c.await(ctx, func() error { return c.raft.Snapshot().Error() })
	if err != nil && !errors.Is(err, raft.ErrNothingNewToSnapshot) {
		return fault.New(fault.Unavailable, opPersist, "", err)
	}
	return nil
}
