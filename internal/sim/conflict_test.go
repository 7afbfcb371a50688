package sim_test

import (
	"jaliya/consulate-node/journal"
	"jaliya/internal/wire"
)

// reroute is a person who stands at this counter and wants to collect elsewhere:
// of a request of this post, or of another's of which this one knows nothing.
// Two posts that say so while they are cut off meet in the ledger, which gives
// the later one its change back (field rule).
func (n *node) reroute() journal.Draft {
	about, seen := n.one(), uint64(0)
	if other := n.nodes[n.rand.IntN(n.temper.posts)]; len(other.desk.cases) > 0 {
		about = other.one()
	}
	if n.rand.Chance(0.5) {
		seen = uint64(1 + n.rand.IntN(3))
	}
	d := n.short(wire.KindPickupChanged, about.reference)
	d.Header.Seen, d.Header.IntakeKey = seen, 1
	if n.rand.Chance(0.8) { // the others left their slip at home
		d.Header.SlipHash = about.slip
	}
	d.Header.Pickup = n.nodes[n.rand.IntN(n.temper.posts)].post
	return d
}

// wishes are what accepted entries said of each request.
type wishes map[string]bool

// again reports whether an accepted entry says a wish that an earlier one said,
// and keeps it.
func (w wishes) again(h wire.Header) bool {
	var key string
	switch h.Kind { //nolint:exhaustive // the others say no wish
	case wire.KindRequestReleased, wire.KindRequestAmended, wire.KindPickupChanged:
		key = h.Reference + " at " + string(h.Pickup)
	case wire.KindRequestCancelled:
		key = h.Reference + " ends"
	default:
		return false
	}
	was := w[key]
	w[key] = true
	return was && (h.Kind == wire.KindPickupChanged || h.Kind == wire.KindRequestCancelled)
}
