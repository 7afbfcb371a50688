package node

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// anchorLag is how far behind the journal the anchor may be while nothing leaves
// the machine: one small write a second at most, beside those before a batch.
const anchorLag = time.Second

// openAnchor compares the journal with its anchor before anything is issued. A
// journal behind it is an older copy that was put back: it goes on in a new
// incarnation (D39). Nothing here keeps a post from working: without its anchor a
// node starts, says so, and leaves the comparison to the hub.
func (n *Node) openAnchor() error {
	anchor, held, found, err := journal.OpenAnchor(n.cfg.Journal.Anchor)
	if err != nil {
		n.unanchored(err)
		return nil
	}
	n.anchor = anchor
	st, err := n.journal.State()
	if err != nil {
		return err
	}
	if found {
		switch err := n.behind(held); {
		case fault.Is(err, fault.Full):
			// What has no receipt cannot be issued again until there is room. The
			// anchor stays as it is: the next start compares again, the hub before.
			n.unanchored(errors.Join(err, anchor.Close()))
			n.anchor = nil
			return nil
		case err != nil:
			return err
		}
	} else if st.Head.Seq > 0 {
		n.log.Warn("anchor lost", slog.String("path", n.cfg.Journal.Anchor))
	}
	if st, err = n.journal.State(); err != nil {
		return err
	}
	if err := n.anchor.Reach(st.Head); err != nil {
		n.unanchored(err)
	}
	return nil
}

// behind opens a new incarnation when the journal is not what the anchor saw.
func (n *Node) behind(anchor wire.Position) error {
	behind, err := n.journal.Behind(anchor)
	if err != nil || !behind {
		return err
	}
	st, err := n.journal.OpenIncarnation(journal.Opening{
		Incarnation: wire.NewIncarnation(), Why: journal.WhyAnchor, At: time.Now().UnixMilli(),
	})
	if err != nil {
		return err
	}
	n.log.Warn("the journal is older than its anchor: new incarnation",
		slog.Uint64("anchored", anchor.Seq), slog.Uint64("again", st.Head.Seq))
	return nil
}

// unanchored notes why the anchor is not written; the first reason counts.
func (n *Node) unanchored(err error) {
	n.mu.Lock()
	first := n.anchorErr == nil
	if first {
		n.anchorErr = err
	}
	n.mu.Unlock()
	if first {
		n.log.Error("no anchor", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	}
}

// checkAnchor says why the anchor is not written, nil while it is.
func (n *Node) checkAnchor(context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.anchorErr
}

// reach anchors a position before entries up to there leave the machine.
func (n *Node) reach(at wire.Position) error {
	if n.anchor == nil {
		return nil
	}
	err := n.anchor.Reach(at)
	if err != nil {
		n.unanchored(err)
	}
	return err
}

// keepAnchor follows the journal, at most once in anchorLag.
func (n *Node) keepAnchor(ctx context.Context) error {
	if n.anchor == nil {
		return nil
	}
	timer := time.NewTimer(anchorLag)
	defer timer.Stop()
	for {
		changed := n.journal.Changed()
		st, err := n.journal.State()
		if err != nil {
			return err
		}
		if n.reach(st.Head) != nil {
			return nil // it was said once; the hub compares as well
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		timer.Reset(anchorLag)
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
	}
}

func (n *Node) closeAnchor(err error) error {
	if n.anchor == nil {
		return err
	}
	return errors.Join(err, n.anchor.Close())
}
