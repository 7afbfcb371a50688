package node

import (
	"context"
	"time"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/internal/doctor"
)

// Standing is what an operator asks of a running node beside whether its
// functions work: how far what comes from the hub is, and whether the journal had
// to go on in a new incarnation.
type Standing struct {
	Journal journal.Standing `json:"journal"`
	Link    ship.Status      `json:"link"`
}

// AskStanding asks the node that serves a configuration.
func AskStanding(ctx context.Context, c Config) (Standing, error) {
	var in Inside
	err := doctor.Ask(ctx, c.WithDefaults().Admin.Listen, pathInside, &in)
	return Standing{Journal: in.Journal, Link: in.Link}, err
}

// comingBack is a progress as the desk shows it.
func comingBack(p *ship.Progress) *desk.ComingBack {
	if p == nil {
		return nil
	}
	return &desk.ComingBack{Back: p.Back, Of: p.Of, Left: p.Left}
}

// renewed is the newest incarnation as the desk shows it, nil for a journal that
// never needed another.
func (n *Node) renewed() *desk.Renewed {
	list, err := n.journal.Chapters()
	if err != nil || len(list) < 2 {
		return nil
	}
	last := list[len(list)-1]
	return &desk.Renewed{Why: last.Why.String(), At: time.UnixMilli(last.At).UTC()}
}
