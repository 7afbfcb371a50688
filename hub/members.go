package hub

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"jaliya/hub/cluster"
	"jaliya/hub/watch"
	"jaliya/internal/pause"
	"jaliya/internal/wire"
)

const (
	opMembers = "hub: members"
	// membersTurn is how often the leader compares raft's membership with what the
	// ledger knows, and looks how far each member has come.
	membersTurn = time.Second
	// membersAsk bounds one question to a member.
	membersAsk = 2 * time.Second
)

// enlisted is what the leader sees of the members.
type enlisted struct {
	mu   sync.Mutex // guards seen
	seen map[wire.NodeID]sighting
}

// sighting is how a member stands with the leader that looks.
type sighting struct {
	progress cluster.Progress
	at       time.Time // when it answered last
	since    time.Time // since when it has kept up without a break; zero: it does not
}

// keepMembers makes raft's membership what the ledger says while this member leads: a
// member that joined is let in without a vote, one that was removed is taken out. It
// is asked again every second, so a change that was cut short is completed by whoever
// leads then.
func (h *Hub) keepMembers(ctx context.Context) error {
	for ctx.Err() == nil {
		if h.cluster.IsLeader() {
			if err := h.settleMembers(ctx); err != nil && ctx.Err() == nil {
				h.log.Warn("membership is not settled", slog.Any("error", err))
			}
			h.sightMembers(ctx)
		} else {
			h.enlisted.forget()
		}
		_ = pause.For(ctx, membersTurn) // the loop sees that ctx ended
	}
	return nil
}

// settleMembers makes one change, if there is one to make. A leader that has just
// been elected may not have applied what the one before it committed, and would let
// in again whom that one took out: so it first makes sure that it is up to date.
func (h *Hub) settleMembers(ctx context.Context) error {
	if change, err := h.nextChange(); err != nil || change == nil {
		return err
	}
	if err := h.cluster.ReadBarrier(ctx); err != nil {
		return err
	}
	change, err := h.nextChange()
	if err != nil || change == nil {
		return err
	}
	return change(ctx)
}

// nextChange gives what makes raft's membership more like the ledger's, nil when
// they are alike.
func (h *Hub) nextChange() (func(context.Context) error, error) {
	known, err := h.ledger.Members()
	if err != nil {
		return nil, err
	}
	raft := h.cluster.Members()
	for _, m := range known {
		id := m.ID.String()
		at := slices.IndexFunc(raft, func(r cluster.Member) bool { return r.ID == id })
		switch {
		case m.Removed != 0 && at >= 0:
			return func(ctx context.Context) error { return h.takeOut(ctx, raft[at]) }, nil
		case m.Removed != 0:
		case at >= 0 && raft[at].Address == m.Address:
		case at >= 0 && raft[at].Voter:
			return func(ctx context.Context) error { return h.cluster.Promote(ctx, id, m.Address) }, nil
		default: // new, or by another address
			return func(ctx context.Context) error {
				h.log.Info("member is let in", slog.String("name", m.Name), slog.String("address", m.Address))
				return h.cluster.Add(ctx, id, m.Address)
			}, nil
		}
	}
	return nil, nil //nolint:nilnil // nothing is to be changed, and that is no error
}

// takeOut removes a member from raft; a leader hands over first, and its successor
// removes it.
func (h *Hub) takeOut(ctx context.Context, m cluster.Member) error {
	if m.ID == h.keys.member.ID {
		return h.cluster.Transfer(ctx, "")
	}
	h.log.Info("member is taken out", slog.String("member", m.ID))
	return h.cluster.Remove(ctx, m.ID)
}

// sightMembers asks each member how far it has come.
func (h *Hub) sightMembers(ctx context.Context) {
	own := h.cluster.Progress()
	for _, m := range h.cluster.Members() {
		id, err := wire.ParseNodeID(m.ID)
		if err != nil {
			continue
		}
		asking, cancel := context.WithTimeout(ctx, membersAsk)
		p, err := h.cluster.ProgressOf(asking, m.Address)
		cancel()
		h.enlisted.note(id, own, p, err)
	}
}

func (e *enlisted) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.seen)
}

func (e *enlisted) note(id wire.NodeID, own, p cluster.Progress, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen = make(map[wire.NodeID]sighting)
	}
	s := e.seen[id]
	now := time.Now()
	if err == nil {
		s.progress, s.at = p, now
	}
	switch {
	case err != nil || p.Term != own.Term || p.Applied+watch.Lagging < own.Applied:
		s.since = time.Time{}
	case s.since.IsZero():
		s.since = now
	}
	e.seen[id] = s
}

func (e *enlisted) of(id wire.NodeID) sighting {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen[id]
}
