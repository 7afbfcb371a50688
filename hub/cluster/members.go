package cluster

import (
	"context"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
)

const opMembers = "cluster: change membership"

// Member is one of the cluster.
type Member struct {
	ID      string
	Address string // host:port of its raft socket
	Voter   bool   // false while it catches up
}

// Members gives the newest membership that this member knows of, which may not
// be committed yet.
func (c *Cluster) Members() []Member {
	servers := c.raft.GetConfiguration().Configuration().Servers
	members := make([]Member, len(servers))
	for i, s := range servers {
		members[i] = Member{ID: string(s.ID), Address: string(s.Address), Voter: s.Suffrage == raft.Voter}
	}
	return members
}

// Add lets a member in, without a vote: raft would count a new voter from the
// first moment, and an empty one among two blocks both (D15). Only the leader
// can, one change at a time; the errors are those of Propose.
func (c *Cluster) Add(ctx context.Context, id, address string) error {
	return c.change(ctx, id, func(previous uint64) raft.IndexFuture {
		return c.raft.AddNonvoter(raft.ServerID(id), raft.ServerAddress(address), previous, c.settings.Enqueue)
	})
}

// Promote gives a member the vote, after the caller made sure that it has caught
// up.
func (c *Cluster) Promote(ctx context.Context, id, address string) error {
	return c.change(ctx, id, func(previous uint64) raft.IndexFuture {
		return c.raft.AddVoter(raft.ServerID(id), raft.ServerAddress(address), previous, c.settings.Enqueue)
	})
}

// Remove takes a member out. Its id is never used again.
func (c *Cluster) Remove(ctx context.Context, id string) error {
	return c.change(ctx, id, func(previous uint64) raft.IndexFuture {
		return c.raft.RemoveServer(raft.ServerID(id), previous, c.settings.Enqueue)
	})
}

// Transfer gives leadership to the member with that id, or to the one that is
// furthest when id is empty. It returns when the other was told to take over.
func (c *Cluster) Transfer(ctx context.Context, id string) error {
	const op = "cluster: transfer leadership"
	if !c.IsLeader() {
		return fault.New(fault.Unavailable, op, id, notProposed(errNotLeader))
	}
	var to raft.Server
	for _, m := range c.Members() {
		if m.ID == id && m.Voter {
			to = raft.Server{ID: raft.ServerID(m.ID), Address: raft.ServerAddress(m.Address)}
		}
	}
	if id != "" && to.ID == "" {
		return fault.New(fault.NotFound, op, id, nil)
	}
	err := c.await(ctx, func() error {
		if to.ID == "" {
			return c.raft.LeadershipTransfer().Error()
		}
		return c.raft.LeadershipTransferToServer(to.ID, to.Address).Error()
	})
	if err != nil {
		return fault.New(fault.Unavailable, op, id, err)
	}
	return nil
}

// change passes the index of the membership that the caller could see, so that
// of two changes at once one fails.
func (c *Cluster) change(ctx context.Context, id string, do func(previous uint64) raft.IndexFuture) error {
	if !c.IsLeader() {
		return fault.New(fault.Unavailable, opMembers, id, notProposed(errNotLeader))
	}
	p, err := c.fsm.state.Position()
	if err != nil {
		return err
	}
	if err := c.await(ctx, func() error { return do(p.MembersIndex).Error() }); err != nil {
		return fault.New(fault.Unavailable, opMembers, id, proposeFault(err))
	}
	return nil
}
