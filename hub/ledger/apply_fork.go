package ledger

import (
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// ForkSeen says how a fork was found. Append-only.
type ForkSeen uint8

// The ways.
const (
	SeenInBatch ForkSeen = 0 // a batch held another hash: its first entry that differs is kept
	SeenAtHello ForkSeen = 1 // the position that a machine offered is not ours
	SeenByNode  ForkSeen = 2 // the machine found that ours is not its own
	// SeenRetired: a machine goes on with an incarnation that a newer one followed:
	// it does not know of the newer one, so it is a copy or was set back.
	SeenRetired ForkSeen = 3
)

// NoteFork keeps what a machine offered as its history when that is not the one
// of the state, and fences it (D38). The same offer again is noted once.
type NoteFork struct {
	Time int64       `cbor:"1,keyasint"`
	Node wire.NodeID `cbor:"2,keyasint"`
	Seen ForkSeen    `cbor:"3,keyasint"`
	// Shown is the head that the machine offered, Receipted the last sequence of
	// which it says that it holds our receipt, Oldest the first whose body it has.
	Shown     wire.Position `cbor:"4,keyasint"`
	Oldest    uint64        `cbor:"5,keyasint,omitempty"`
	Receipted uint64        `cbor:"6,keyasint,omitempty"`
	// Place is the network address that it came from: what tells two copies of one
	// machine apart.
	Place string `cbor:"7,keyasint,omitempty"`
}

// featureForks is the level from which forks are noted and settled.
const featureForks = 4

// maxSightings bounds what is kept of one fork: a fenced machine that works on
// offers another head each time.
const maxSightings = 16

func (NoteFork) kind() Kind { return KindNoteFork }

func (c NoteFork) when() int64 { return c.Time }

func (c NoteFork) badField() string {
	switch {
	case c.Node.IsZero():
		return "node"
	case c.Seen < SeenAtHello || c.Seen > SeenRetired:
		return "seen"
	case c.Shown.Node != c.Node || c.Shown.Incarnation == 0 || c.Shown.Seq > wire.MaxSeq:
		return "position"
	case c.Receipted > c.Shown.Seq || c.Oldest > c.Shown.Seq:
		return "sequence"
	case len(c.Place) > maxPlace || !visible(c.Place):
		return "place"
	}
	return ""
}

// visible wants a short text of visible ASCII, or none.
func visible(text string) bool {
	for _, c := range []byte(text) {
		if c <= 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

func (c NoteFork) apply(t *tx) (Result, error) {
	if t.cluster.Feature < featureForks {
		return errLevel(), nil
	}
	if field := c.badField(); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	n, found, err := load[Node](t.w, inNodes, c.Node[:])
	switch {
	case err != nil:
		return Result{}, err
	case !found:
		return refuse(fault.NotFound, "node"), nil
	case n.Revoked:
		return refuse(fault.Denied, "node is revoked"), nil
	}
	q, differs, err := c.beside(t)
	if err != nil {
		return Result{}, err
	}
	if !differs {
		return refuse(fault.Invalid, "the history is ours"), nil
	}
	if n.Fenced {
		known, err := c.known(t.w)
		if known || err != nil {
			return Result{}, err
		}
	}
	return Result{}, t.evidence(n, q)
}

// beside puts what the machine offered beside what the state holds. A machine
// that is ahead can only be compared where our history ends, and that it differs
// there is its own word.
func (c NoteFork) beside(t *tx) (q Quarantined, differs bool, err error) {
	cursor, _, err := cursorOf(t.w, c.Node, c.Shown.Incarnation)
	if err != nil {
		return q, false, err
	}
	q = Quarantined{
		At: c.Shown, Head: c.Shown, Seen: c.Seen, Oldest: c.Oldest, Receipted: c.Receipted, Place: c.Place,
		Level: min(c.Shown.Seq, cursor.Seq),
	}
	if q.Level == 0 {
		genesis := wire.Genesis(c.Node, c.Shown.Incarnation)
		q.Held = genesis.Hash
		return q, c.Shown != genesis, nil
	}
	held, err := t.place(position(cursor, q.Level))
	q.Held, q.Commit = held.hash, held.commit
	return q, c.Shown.Seq > cursor.Seq || held.hash != c.Shown.Hash, err
}

// known tells whether the fork that people have not settled yet has this offer: a
// line of the same incarnation from the same place, whose history this one can go
// on; or as many lines as are kept.
func (c NoteFork) known(r kv.Reader) (bool, error) {
	lines, err := sightings(r, c.Node, maxSightings)
	if err != nil || len(lines) == 0 {
		return false, err
	}
	settled, err := settledAt(r, c.Node)
	if err != nil {
		return false, err
	}
	open := 0
	for _, q := range lines {
		if q.Index < settled {
			break
		}
		open++
		same := q.Head.Incarnation == c.Shown.Incarnation && q.Place == c.Place
		if same && (q.Head.Seq < c.Shown.Seq || q.Head == c.Shown) {
			return true, nil
		}
	}
	return open >= maxSightings, nil
}

// evidence keeps a line for ever, fences the machine and raises an alarm. What
// people had settled counts no longer: they see something new.
func (t *tx) evidence(n Node, q Quarantined) error {
	t.counts.Quarantine++
	q.Number, q.Time, q.Index = t.counts.Quarantine, t.time, t.index
	if err := t.put(inQuarantine, number(q.Number), q); err != nil {
		return err
	}
	if !n.Fenced {
		if err := t.alarm(AlarmFork, q.At.String()); err != nil {
			return err
		}
	}
	n.Fenced, n.Settled = true, 0
	return t.put(inNodes, n.ID[:], n)
}

// sightings gives the evidence against a node, newest first, at most n.
func sightings(r kv.Reader, node wire.NodeID, n int) (list []Quarantined, err error) {
	r.Descend(inQuarantine, nil, func(key, raw []byte) bool {
		var q Quarantined
		if q, err = decode[Quarantined](inQuarantine, key, raw); err == nil && q.At.Node == node {
			list = append(list, q)
		}
		return err == nil && len(list) < n
	})
	return list, err
}

// settlements gives what people decided about a node, newest first, at most n.
func settlements(r kv.Reader, node wire.NodeID, n int) (list []Settlement, err error) {
	r.Descend(inSettlements, nil, func(key, raw []byte) bool {
		var s Settlement
		if s, err = decode[Settlement](inSettlements, key, raw); err == nil && s.Node == node {
			list = append(list, s)
		}
		return err == nil && len(list) < n
	})
	return list, err
}

// settledAt gives the index of the newest of them, 0 when there is none.
func settledAt(r kv.Reader, node wire.NodeID) (uint64, error) {
	list, err := settlements(r, node, 1)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0].Index, nil
}

// wentOn notes with which incarnation a machine goes on that people let go on:
// from here on the settled one is as any other, and a copy that still has it is
// fenced anew.
func (t *tx) wentOn(n *Node, head wire.Position) error {
	if n.Settled == 0 {
		return nil
	}
	n.Settled = 0
	list, err := settlements(t.w, n.ID, 1)
	if err != nil || len(list) == 0 {
		return err
	}
	s := list[0]
	s.Next, s.NextAt = head.Incarnation, t.time
	return t.put(inSettlements, number(s.Number), s)
}

// ForkOf is what is known of the forks of one node.
type ForkOf struct {
	Node     Node
	Active   bool          // it is the machine of its post
	Evidence []Quarantined // newest first
	Settled  []Settlement  // likewise
}

// Fork gives the forks of a node, at most so many lines of each as a page shows;
// fault.NotFound when no node has the id.
func (v Views) Fork(id wire.NodeID) (ForkOf, error) {
	return view(v, func(r kv.Reader) (f ForkOf, err error) {
		var found bool
		if f.Node, found, err = load[Node](r, inNodes, id[:]); err == nil && !found {
			err = fault.New(fault.NotFound, "ledger: read nodes", id.String(), nil)
		}
		if err != nil {
			return f, err
		}
		if f.Evidence, err = sightings(r, id, 4*maxSightings); err != nil {
			return f, err
		}
		if f.Settled, err = settlements(r, id, 4*maxSightings); err != nil {
			return f, err
		}
		post, _, err := load[Post](r, inPosts, postKey(f.Node.Post))
		f.Active = post.Active == id
		return f, err
	})
}

// ForksOfPost gives the forks of all machines that a post ever had, the active
// one first; those that were never fenced are left out.
func (v Views) ForksOfPost(id consular.PostID) ([]ForkOf, error) {
	post, err := v.Post(id)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []ForkOf
	for _, node := range slices.Backward(post.Nodes) { // the active one joined last
		f, err := v.Fork(node)
		if err != nil {
			return nil, err
		}
		if f.Node.Fenced || len(f.Evidence) > 0 || len(f.Settled) > 0 {
			list = append(list, f)
		}
	}
	return list, nil
}

// HeadersAfter gives the entries of an incarnation that follow seq, without
// bodies, at most n.
func (v Views) HeadersAfter(after wire.Position, n int) ([]Stored, error) {
	return view(v, func(r kv.Reader) (list []Stored, err error) {
		prefix := historyKey(after.Node, after.Incarnation)
		ascend(r, inPositions, within{prefix: prefix, from: number(after.Seq + 1)}, func(key, value []byte) bool {
			var held link
			if held, err = decodeLink(inPositions, key, value); err != nil {
				return false
			}
			var s Stored
			if s, _, err = load[Stored](r, inEntries, number(held.commit)); err == nil {
				list = append(list, s)
			}
			return err == nil && len(list) < bounded(n)
		})
		return list, err
	})
}
