package desk

import (
	"context"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// QueueItem is one entry, or one bundle of images, that waits for the hub. It
// says nothing of a person.
type QueueItem struct {
	Sequence uint64    `json:"sequence"`               // of the entry, or of the first that names the image
	Image    string    `json:"image,omitempty"`        // first digits of its address; an entry has none
	Bytes    uint64    `json:"bytes"`                  // as stored
	Made     time.Time `json:"made"`                   // clock of this machine
	Attempts uint64    `json:"attempts"`               // since the node started
	Reason   string    `json:"reason"`                 // sending, line, image, turn, quiet, damaged, refused
	Last     string    `json:"last_failure,omitempty"` // code of what ended the last attempt
	Next     time.Time `json:"next_attempt,omitzero"`  // without: as soon as it can go
}

// QueueView is what waits for the hub.
type QueueView struct {
	Waiting uint64      `json:"waiting"` // entries in all
	Items   []QueueItem `json:"items"`   // of the first of them, in the order in which they go
}

// queueShown is how many entries are told one by one.
const queueShown = 100

// Queue tells what waits for the hub, and why.
func (d *Desk) Queue(ctx context.Context, p access.Principal) (QueueView, error) {
	const op = "desk: queue"
	if err := p.Require(access.NodeStatus); err != nil {
		return QueueView{}, err
	}
	if err := ctx.Err(); err != nil {
		return QueueView{}, fault.New(fault.Timeout, op, "", err)
	}
	s, err := d.o.Journal.State()
	if err != nil {
		return QueueView{}, err
	}
	v := QueueView{Waiting: s.Head.Seq - s.Receipted, Items: []QueueItem{}}
	if d.o.Queue == nil {
		return v, nil
	}
	items, err := d.o.Queue(queueShown)
	v.Items = append(v.Items, items...)
	return v, err
}
