package sim_test

import (
	"bytes"
	"slices"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/hub/intake"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// reach anchors how far the journal has come, before anything leaves.
func (n *node) reach(at wire.Position) {
	if n.anchored && (n.anchor.Incarnation != at.Incarnation || n.anchor.Seq < at.Seq) {
		n.anchor = at
	}
}

// compareAnchor is what a start does before anything is issued (D39).
func (n *node) compareAnchor() bool {
	if !n.anchored {
		return true
	}
	behind, head := false, wire.Position{}
	if !n.view(func(r kv.Reader) error {
		s, err := journal.StateOf(r)
		if err == nil && n.anchor.Incarnation != 0 {
			behind, err = journal.Behind(r, n.anchor)
		}
		head = s.Head
		return err
	}) {
		return false
	}
	if behind {
		var err error
		if head, err = n.openIncarnation(journal.WhyAnchor); err != nil {
			n.broken(err)
			return n.up
		}
	}
	n.reach(head)
	return true
}

func (n *node) openIncarnation(why journal.Why) (wire.Position, error) {
	var s journal.State
	o := journal.Opening{Incarnation: n.rand.Uint64() | 1, Why: why, At: n.wall()}
	err := n.disk.Update(func(w kv.Writer) (err error) {
		if s, err = journal.OpenIncarnation(w, o); err != nil {
			return err
		}
		return n.noteAgain(w, s)
	})
	if err == nil {
		n.opened++
		n.note(n.name, "opens incarnation "+why.String(), s.Head.Seq, 0)
	}
	return s.Head, err
}

// noteAgain tells the checker what the machine wrote by issuing it again.
func (n *node) noteAgain(r kv.Reader, s journal.State) error {
	at := wire.Genesis(s.Head.Node, s.Head.Incarnation)
	for at != s.Head {
		entries, err := journal.ReadAfter(r, at, wire.MaxBatchEntries)
		if err != nil {
			return err
		}
		for _, e := range entries {
			h, err := e.Check()
			if err != nil {
				return err
			}
			at = at.Next(e)
			n.check.written(at, h)
		}
	}
	return nil
}

// open carries out the core's effect.
func (n *node) open(v wire.Verdict) *ship.Event {
	why := journal.WhyRestored
	if v == wire.VerdictReissue {
		why = journal.WhySettled
	}
	head, err := n.openIncarnation(why)
	switch {
	case !n.up:
		return nil
	case fault.Is(err, fault.Full):
		n.dropConn(true)
		return &ship.Event{Kind: ship.Lost, Err: err}
	case err != nil:
		n.broken(err)
		return nil
	}
	n.reach(head)
	return &ship.Event{Kind: ship.Opened}
}

// fetch asks for what the hub has and the journal has not, incarnation by
// incarnation, range by range.
func (n *node) fetch(held []wire.Position) {
	var after []wire.Position
	if !n.view(func(r kv.Reader) (err error) {
		after, err = journal.Wanting(r, held)
		return err
	}) || n.cn == nil {
		return
	}
	for _, at := range after {
		n.askBack(n.cn, at)
	}
}

func (n *node) askBack(cn *conn, at wire.Position) {
	raw := wire.Marshal(wire.RestoreRequest{Version: wire.Version, After: at})
	cn.batches.Send(func() {
		if cn.hub != nil {
			cn.hub.receive(wire.FrameRestore, raw)
		}
	})
}

// restored stores a range that came back, and asks for the next.
func (n *node) tookBack(cn *conn, payload []byte) {
	p, err := wire.DecodeRestored(payload, n.hub.trusted)
	if err == nil {
		err = n.disk.Update(func(w kv.Writer) error {
			_, err := journal.PutRestored(w, p)
			return err
		})
	}
	switch {
	case !n.up:
	case fault.Is(err, fault.Gap) || fault.Is(err, fault.Conflict): // hostile weather brought it out of order, or in another life
	case fault.Is(err, fault.Full):
		n.hangUp(err)
	case fault.Is(err, fault.Fork):
		n.note(n.name, "cannot take back", p.Receipt.First, p.Receipt.Last)
		n.alarms++
	case err != nil:
		n.hangUp(err)
	default:
		n.note(n.name, "takes back", p.Receipt.First, p.Receipt.Last)
		if last := p.Entries[len(p.Entries)-1].At; last.Seq < p.Until {
			n.askBack(cn, last)
		}
		n.step(ship.Event{Kind: ship.Tick})
	}
}

// giveBack answers with the next range. What cannot be given is no reason to end
// a session.
func (s *session) giveBack(payload []byte) {
	if s.number == 0 || s.leaving {
		return
	}
	at, err := intake.RequestedBy(payload, s.node.ID, s.views)
	if err != nil {
		s.note("hub", "gives nothing back "+fault.KindOf(err).String(), s.number, 0)
		return
	}
	_, frame, err := intake.NextRange(at, s.views, func(r wire.Receipt) wire.SignedReceipt { return wire.SignReceipt(r, s.signer) })
	switch {
	case err != nil:
		s.refuse(err)
	case frame != nil:
		s.put(wire.FrameRestore, frame)
	}
}

// others is what a welcome says of incarnations that the hello did not name.
func (s *session) others(h wire.Hello) []wire.Position {
	held, err := s.views.Histories(s.node.ID, wire.MaxOthers)
	if err != nil {
		s.refuse(err)
		return nil
	}
	return slices.DeleteFunc(held, func(at wire.Position) bool {
		return slices.ContainsFunc(h.Histories, func(one wire.History) bool { return one.Head.Incarnation == at.Incarnation })
	})
}

// settle is what people decide about a fork: the node goes on beside the history
// that the hub has.
func (w *world) settle() bool {
	n := w.any()
	node, err := w.hub.views.Node(n.id)
	if err != nil || !w.hub.up || !node.Fenced || n.revoked {
		return false
	}
	for _, one := range w.machines(n.id) {
		one.view(func(r kv.Reader) error {
			s, err := journal.StateOf(r)
			if err == nil {
				w.hub.settled[historyOf(s.Head)] = true
			}
			return err
		})
	}
	w.note(n.name, "settled", 0, 0)
	c := ledger.Revoke{Time: w.millis(), Action: ledger.RevokeUnfence, Node: n.id, Reason: "looked at"}
	w.hub.commit(&proposal{raw: w.hub.encode(c), epoch: -1})
	for _, one := range w.machines(n.id) {
		one.rechecks = 0
		if one.up {
			one.plan()
		}
	}
	return true
}

// setAside reports whether an entry that was said to be saved gave way to what
// came back from the hub: it was issued again before.
func setAside(r kv.Reader, one ackedEntry) bool {
	held := r.Get([]byte("aside"), append(slices.Clone(one.key), one.value[:32]...))
	return len(held) > 32 && bytes.Equal(held[32:], one.value)
}

// whole checks that all that the hub has of a node is at the node, under
// receipts: whatever was secured is back after a restore.
func (c *checker) whole(n *node, r kv.Reader) {
	held, err := c.hub.views.Histories(n.id, wire.MaxOthers)
	if err != nil {
		c.violated("I2", "%v", err)
		return
	}
	missing, err := journal.Wanting(r, held)
	if err != nil || len(missing) > 0 {
		c.violated("I8", "%s lacks what the hub has after %v: %v", n.name, missing, err)
	}
}

// kept says that a machine whose anchor survived its restore issued nothing that
// could be a fork.
func (c *checker) kept(n *node) {
	node, err := c.hub.views.Node(n.id)
	if err == nil && node.Fenced && n.anchored && !n.forgot && !n.cloned {
		c.violated("I6", "%s was rolled back under its anchor and was fenced", n.name)
	}
}

// backToWork is when a machine whose journal was put back is started again.
const backToWork = time.Minute
