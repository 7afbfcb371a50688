package node

import (
	"encoding/json"
	"net/http"
	"time"

	"jaliya/consulate-node/desk"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

// PathLimits is where the admin listener tells how long a node may go on without
// the hub.
const PathLimits = "/limits"

// limits gives each limit of a post that works alone.
func (n *Node) limits() []desk.Limit {
	end := func(slot pki.Slot) time.Time {
		c, err := n.keys.ring.Credential(slot)
		if err != nil {
			return time.Time{}
		}
		return c.Leaf.NotAfter
	}
	e := desk.Ends{
		Now: n.uplink.now(), Heard: n.lastHeard(), Working: end(pki.SlotWorking), Device: end(pki.SlotDevice),
		Secure: n.cfg.Desk.secure(), Space: n.room(),
	}
	if e.Secure {
		e.Desk = end(pki.SlotDesk)
	}
	return desk.LimitsOf(e)
}

// room measures what can still be kept. What cannot be measured is left out: the
// journal says by itself that it is broken.
func (n *Node) room() desk.Room {
	r := desk.Room{Full: fault.Is(n.journal.CanCapture(maxEnrolment), fault.Full)}
	space, err := n.journal.Space()
	if err != nil {
		return r
	}
	left := space.Free
	if space.Room >= 0 {
		left = min(left, space.Room)
	}
	r.Left = uint64(max(left, 0))
	waits, err := n.journal.Outstanding()
	if err != nil || waits.Oldest == 0 {
		return r
	}
	r.Kept, r.Since = waits.Bytes+waits.ImageB, time.Since(time.UnixMilli(waits.Oldest))
	return r
}

func (n *Node) serveLimits(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(n.limits()) // who asked has gone, there is nobody to tell
}
