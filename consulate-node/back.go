package node

import (
	"time"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/ship"
)

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
