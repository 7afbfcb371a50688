package cluster

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
)

const opPropose = "cluster: propose"

// The causes of a fault.Unavailable, to be told apart by errors.Is.
var (
	// ErrNotProposed says that the command was not taken up and never will be:
	// this member is not the leader, shuts down, or its queue was full.
	ErrNotProposed = errors.New("not proposed")
	// ErrOutcomeUnknown says that the command may be applied or not (D18):
	// leadership was lost, time ran out, or the disk failed. Only the state can
	// tell, so the caller proposes the same command again, under the same
	// identity, and the ledger decides.
	ErrOutcomeUnknown = errors.New("outcome unknown")
)

// Propose commits command and applies it on this member. It returns what
// State.Apply answered and the index of the entry, after a majority has the entry
// and this member the change on disk. It blocks while MaxInFlight proposals are
// under way. The command must not be changed later. A member that does not lead
// hands it to the leader.
//
// Errors: fault.TooLarge above MaxProposal bytes, fault.Invalid for none, and
// fault.Unavailable with ErrNotProposed or ErrOutcomeUnknown in the chain. The
// end of ctx ends the waiting, never the proposal.
func (c *Cluster) Propose(ctx context.Context, command []byte) (response any, index uint64, err error) {
	switch size := len(command); {
	case size > MaxProposal:
		return nil, 0, fault.New(fault.TooLarge, opPropose, strconv.Itoa(size)+" bytes", nil)
	case size == 0:
		return nil, 0, fault.New(fault.Invalid, opPropose, "empty command", nil)
	}
	defer func() { c.metrics.proposed(err) }()
	if !c.IsLeader() {
		return c.forward(ctx, command)
	}
	return c.proposeHere(ctx, command)
}

// proposeHere is Propose on the leader.
func (c *Cluster) proposeHere(ctx context.Context, command []byte) (response any, index uint64, err error) {
	if err := c.takeSlot(ctx); err != nil {
		return nil, 0, notProposed(err)
	}
	var future raft.ApplyFuture
	err = c.await(ctx, func() error {
		defer func() { <-c.slots }()
		future = c.raft.Apply(command, c.settings.Enqueue)
		return future.Error()
	})
	if err != nil {
		return nil, 0, proposeFault(err)
	}
	if u, ok := future.Response().(unapplied); ok {
		return nil, 0, unknown(u.err)
	}
	return future.Response(), future.Index(), nil
}

// forward is Propose on a member that does not lead.
func (c *Cluster) forward(ctx context.Context, command []byte) (response any, index uint64, err error) {
	_, leader := c.Leader()
	switch {
	case c.forwards == nil:
		return nil, 0, notProposed(errNoRoad)
	case leader == "" || leader == c.Address():
		return nil, 0, notProposed(errNotLeader)
	}
	at, done := c.fsm.answers.expect(command)
	defer done()
	if index, err = c.forwards.propose(ctx, leader, command); err != nil {
		return nil, 0, err
	}
	if err := c.fsm.waitApplied(ctx, index); err != nil {
		return nil, 0, unknown(err)
	}
	response, ok := at(index)
	if !ok {
		// A snapshot brought this member past the entry: the change is there, what was
		// answered to it is not.
		return nil, 0, unknown(errInstalled)
	}
	return response, index, nil
}

var errNotLeader = errors.New("this member is not the leader")

// takeSlot waits for one of MaxInFlight. A member that does not lead answers at
// once.
func (c *Cluster) takeSlot(ctx context.Context) error {
	if !c.IsLeader() {
		return errNotLeader
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ctx.Done():
		return errClosed
	}
}

var errClosed = errors.New("this member is shutting down")

// await runs call, which waits for one of raft's futures, and returns its error,
// or the context's when that ends first; call then goes on alone until raft has
// resolved it, and Shutdown waits for that.
func (c *Cluster) await(ctx context.Context, call func() error) error {
	result := make(chan error, 1)
	c.mu.RLock()
	if c.closed {
		c.mu.RUnlock()
		return errClosed
	}
	c.calls.Go(func() { result <- call() })
	c.mu.RUnlock()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// proposeFault sorts raft's errors by what they say about the outcome.
func proposeFault(err error) error {
	for _, never := range []error{
		raft.ErrNotLeader, raft.ErrLeadershipTransferInProgress, raft.ErrEnqueueTimeout, errClosed,
	} {
		if errors.Is(err, never) {
			return notProposed(err)
		}
	}
	return unknown(err)
}

func notProposed(err error) error {
	return fault.New(fault.Unavailable, opPropose, "", fmt.Errorf("%w: %w", ErrNotProposed, err))
}

func unknown(err error) error {
	return fault.New(fault.Unavailable, opPropose, "", fmt.Errorf("%w: %w", ErrOutcomeUnknown, err))
}
