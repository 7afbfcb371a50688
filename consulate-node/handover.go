package node

import (
	"log/slog"
	"time"

	"jaliya/consulate-node/handover"
	"jaliya/internal/consular"
)

// openHandover builds the hand-over desk on the journal, and lets it hear what
// the hub said before.
func (n *Node) openHandover() error {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return err
	}
	post, err := directory.Lookup(n.who.Post)
	if err != nil {
		return err
	}
	n.hand, err = handover.New(handover.Options{
		Journal: n.journal, DataKey: n.keys.data, PostKey: n.keys.post, Intake: n.intakeKey,
		Dictionaries: n.keys.dicts, Post: post, Clock: time.Now, Offset: n.ship.Offset,
		Logger: n.log.With(slog.String("component", "handover")),
	})
	if err != nil {
		return err
	}
	return n.hand.Hear()
}
