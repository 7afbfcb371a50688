package intake

import (
	"context"
	"errors"
	"log/slog"

	"jaliya/hub/ledger"
	"jaliya/internal/wire"
)

// fence shuts out a node whose history is another than ours (D38): the ledger
// keeps what it offered, raises the alarm once, and takes nothing of it until
// people have decided. A node that speaks of a history which turns out to be ours
// is fenced all the same: one of the two is wrong about it.
func (s *session) fence(ctx context.Context, shown wire.History, seen ledger.ForkSeen, fork error) error {
	s.cfg.Logger.Error("histories differ", slog.String("node", s.node.ID.String()), slog.Any("error", fork))
	now := s.cfg.Now().UnixMilli()
	_, err := s.commit(ctx, ledger.NoteFork{
		Time: now, Node: s.node.ID, Seen: seen, Shown: shown.Head, Oldest: min(shown.Oldest, shown.Head.Seq),
		Receipted: min(shown.Receipted, shown.Head.Seq), Place: hostOf(s.link.RemoteAddr()),
	})
	if err != nil {
		_, err = s.commit(ctx, ledger.Revoke{
			Time: now, Action: ledger.RevokeFence, Node: s.node.ID, Reason: "histories differ",
		})
	}
	return errors.Join(fork, err)
}

// seenAs says how a fork was found that Compare found.
func seenAs(own Own, held wire.History) ledger.ForkSeen {
	if own.Later && own.Cursor.Seq < held.Head.Seq {
		return ledger.SeenRetired
	}
	return ledger.SeenAtHello
}
