package sim_test

import (
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/sim"
	"jaliya/internal/wire"
)

// held reads what the core is to know.
func (n *node) held() (h ship.Held, ok bool) {
	ok = n.view(func(r kv.Reader) error {
		s, err := journal.StateOf(r)
		if err != nil {
			return err
		}
		_, first := journal.Unstored(r, s.Head.Incarnation, 1)
		h = ship.Held{Head: s.Head, Receipted: s.Receipted, Unstored: first}
		return nil
	})
	return h, ok
}

// step asks the core and carries out what it answers, as consulate-node/ship's
// loop does, then plans the next wake-up.
func (n *node) step(ev ship.Event) {
	n.catchUp()
	n.ask(ev)
	n.plan()
	n.uploads()
}

func (n *node) ask(ev ship.Event) {
	if !n.up {
		return
	}
	held, ok := n.held()
	if !ok {
		return
	}
	before := n.core.Phase
	effects := n.core.Step(n.clock.Now(), held, ev)
	if n.core.Phase != before {
		if n.core.Phase == ship.Following {
			n.rechecks = 0
		}
		n.note(n.name, n.core.Phase.String(), n.core.Session, held.Head.Seq)
	}
	for _, e := range effects {
		if next := n.carryOut(e); next != nil {
			n.ask(*next)
		}
		if !n.up {
			return
		}
	}
}

func (n *node) carryOut(e ship.Effect) *ship.Event {
	switch e.Kind {
	case ship.Dial:
		n.dial()
	case ship.Greet:
		n.greet(e.From)
	case ship.Send:
		return n.send(e)
	case ship.Ping:
		n.say(wire.FramePing, wire.Marshal(wire.Ping{Counter: 1, Time: n.wall()}))
	case ship.Hang:
		n.dropConn(true)
	case ship.Open:
		return n.open(e.Verdict)
	case ship.Fetch:
		n.fetch(e.Held)
	case ship.Alarm:
		n.alarms++
		n.note(n.name, "alarm "+fault.KindOf(e.Err).String(), n.core.Session, 0)
	}
	return nil
}

// plan sets the next wake-up. Over a good link with nothing to do, heartbeats
// are left out and made up for by catchUp.
func (n *node) plan() {
	n.wake.Stop()
	if !n.up {
		return
	}
	switch n.core.Phase {
	case ship.Dialing:
		return
	case ship.Quarantined:
		if n.rechecks++; n.rechecks > 5 && !n.healing {
			return // the answer is the same until something changes
		}
	case ship.Following, ship.Restoring:
		if n.healthy() {
			n.asleep = true
			return
		}
	case ship.Down, ship.Greeting:
	}
	n.wake = n.clock.At(n.core.NextWake(n.clock.Now()), func() { n.step(ship.Event{Kind: ship.Tick}) })
}

func (n *node) healthy() bool {
	return n.cn != nil && n.cn.hub != nil && !n.cn.hub.leaving && n.link.Whole() && n.hub.up &&
		n.link.RoundTrip() < ship.Silence/2
}

// catchUp makes up for the heartbeats of a sleep.
func (n *node) catchUp() {
	if !n.asleep {
		return
	}
	n.asleep = false
	beats := n.clock.Now().Sub(n.core.Pinged) / ship.Heartbeat
	if beats <= 0 {
		return
	}
	n.core.Pinged, n.core.Asked = n.core.Pinged.Add(beats*ship.Heartbeat), time.Time{}
	heard := n.core.Pinged.Add(n.link.RoundTrip())
	if heard.After(n.clock.Now()) {
		heard = heard.Add(-ship.Heartbeat)
	}
	if heard.After(n.core.Heard) {
		n.core.Heard = heard
	}
}

// disturbed says that the link or the hub is not what it was.
func (n *node) disturbed() {
	if n.up && n.asleep {
		n.catchUp()
		n.plan()
	}
}

// reachable lets a dial that could not succeed fail now, so that the next one is
// tried.
func (n *node) reachable() {
	if n.parked && n.up && n.canReach() {
		n.parked = false
		n.step(ship.Event{Kind: ship.Lost, Err: fault.New(fault.Unavailable, "sim: dial", "no answer", nil)})
	}
}

func (n *node) canReach() bool { return n.link.Whole() && n.hub.up && !n.revoked }

func (n *node) dial() {
	if !n.canReach() {
		n.parked = true
		return
	}
	epoch := n.epoch
	n.clock.After(n.link.RoundTrip()+n.link.Delay, func() {
		switch {
		case !n.up || n.epoch != epoch:
		case !n.canReach():
			n.parked = true
		default:
			n.connect()
		}
	})
}

func (n *node) connect() {
	cn := &conn{node: n, talkUp: n.link.Open(sim.Up), talkDown: n.link.Open(sim.Down), batches: n.link.Open(sim.Up)}
	n.cn = cn
	n.hub.accept(cn, n.id)
	n.step(ship.Event{Kind: ship.Connected})
}

// dropConn closes the node's side; said lets the hub get to know, unless the
// link is cut.
func (n *node) dropConn(said bool) {
	cn := n.cn
	if cn == nil {
		return
	}
	n.cn, cn.node = nil, nil
	cn.talkDown.Close()
	s := cn.hub
	if s == nil {
		return
	}
	if said && n.link.Whole() {
		cn.talkUp.Send(s.vanish)
	}
	n.clock.After(idle, s.vanish)
}

// part leaves a conversation whose last word the hub is to read.
func (n *node) part() {
	if cn := n.cn; cn != nil {
		n.cn, cn.node = nil, nil
		cn.talkDown.Close()
		if s := cn.hub; s != nil {
			n.clock.After(idle, s.vanish)
		}
	}
}

func (n *node) lostConn(cn *conn, err error) {
	if n.cn != cn || !n.up {
		return
	}
	n.dropConn(false)
	n.step(ship.Event{Kind: ship.Lost, Err: err})
}

// say writes a frame of the conversation.
func (n *node) say(kind wire.FrameType, payload []byte) {
	if cn := n.cn; cn != nil {
		cn.talkUp.Send(func() {
			if cn.hub != nil {
				cn.hub.receive(kind, payload)
			}
		})
	}
}

func (n *node) greet(head wire.Position) {
	n.view(func(r kv.Reader) error {
		s, err := journal.StateOf(r)
		if err != nil {
			return err
		}
		n.say(wire.FrameHello, wire.Marshal(wire.Hello{
			Lowest: wire.Version, Highest: wire.Version, Node: s.Head.Node,
			Histories: []wire.History{{Oldest: s.Oldest, Head: head, Receipted: min(s.Receipted, head.Seq)}},
			Notices:   s.Notices, Time: n.wall(), Software: "sim",
		}))
		return nil
	})
}

// send reads, signs and hands over one batch. That the hub's cursor is not in
// our own history is a fork that only this side can see.
func (n *node) send(e ship.Effect) *ship.Event {
	cn := n.cn
	if cn == nil {
		return &ship.Event{Kind: ship.Batched}
	}
	var entries []wire.Entry
	err := n.disk.View(func(r kv.Reader) (err error) {
		entries, err = journal.ReadAfter(r, e.From, int(min(e.Until-e.From.Seq, wire.MaxBatchEntries)))
		return err
	})
	switch {
	case fault.Is(err, fault.Fork):
		n.say(wire.FrameRefusal, wire.Marshal(wire.RefusalOf(err, &e.From)))
		n.part()
		return &ship.Event{Kind: ship.Refused, Err: err}
	case err != nil:
		return n.unsendable(err)
	case len(entries) == 0:
		return &ship.Event{Kind: ship.Batched}
	}
	entries = fit(entries, e.Bytes)
	raw, err := wire.SealBatch(e.From, entries, e.Session, n.signer)
	if err != nil {
		return n.unsendable(err)
	}
	head := e.From
	for _, entry := range entries {
		head = head.Next(entry)
	}
	n.reach(head)
	n.note(n.name, "sends up to", head.Seq, e.Session)
	cn.batches.Send(func() {
		if cn.hub != nil {
			cn.hub.receive(wire.FrameBatch, raw)
		}
	})
	return &ship.Event{Kind: ship.Batched, Batch: ship.Sent{Head: head, Count: len(entries), Bytes: len(raw)}}
}

// unsendable ends the session over entries that cannot be read.
func (n *node) unsendable(err error) *ship.Event {
	if !n.up || n.brokeAgain(err) {
		return nil
	}
	n.dropConn(true)
	return &ship.Event{Kind: ship.Lost, Err: fault.New(fault.Corrupt, "sim: send", "", err)}
}

// brokeAgain counts what does not hold. Only damage may bring a node there for
// good: then people look at it.
func (n *node) brokeAgain(err error) bool {
	n.note(n.name, "breaks "+fault.KindOf(err).String(), n.core.Session, 0)
	if n.broke++; fault.Is(err, fault.Corrupt) && n.flipped == nil || n.broke > patience && n.flipped != nil {
		n.damaged(err)
		return true
	}
	return false
}

// fit keeps as many entries as go into about size bytes, at least one.
func fit(entries []wire.Entry, size int) []wire.Entry {
	total := 0
	for i, e := range entries {
		if total += e.Size(); total > size && i > 0 {
			return entries[:i]
		}
	}
	return entries
}

// receive takes a frame from the hub.
func (n *node) receive(cn *conn, kind wire.FrameType, payload []byte) {
	if n.cn != cn || !n.up {
		return
	}
	switch kind { //nolint:exhaustive // the rest is not for a node
	case wire.FrameWelcome:
		var w wire.Welcome
		if n.decoded(payload, &w) {
			n.step(ship.Event{Kind: ship.Welcomed, Welcome: w})
		}
	case wire.FrameRefusal:
		var r wire.Refusal
		if n.decoded(payload, &r) {
			n.refusal(r)
		}
	case wire.FrameReceipt:
		n.receipt(payload)
	case wire.FrameNotices:
		n.notices(payload)
	case wire.FrameRestore:
		n.tookBack(cn, payload)
	case wire.FramePong:
		n.step(ship.Event{Kind: ship.Alive})
	}
}

// refusal ends the session with the hub's reason. A bundle that it lacks after
// all is uploaded again.
func (n *node) refusal(r wire.Refusal) {
	n.note(n.name, "hears "+r.Kind.String(), n.core.Session, 0)
	if r.Image != nil {
		if err := n.disk.Update(func(w kv.Writer) error { return journal.MarkMissing(w, *r.Image) }); err != nil {
			n.hangUp(err)
			return
		}
	}
	n.step(ship.Event{Kind: ship.Refused, Err: r.Err("sim: hear")})
}

func (n *node) decoded(payload []byte, v any) bool {
	err := wire.Unmarshal(payload, len(payload), v)
	if err != nil {
		n.violated("frames", "%v", err)
	}
	return err == nil
}

// hangUp is broken of ship's loop: the hub said something that does not hold.
func (n *node) hangUp(err error) {
	if !n.up || fault.Is(err, fault.Storage) || n.brokeAgain(err) {
		return
	}
	n.dropConn(true)
	if fault.Is(err, fault.Fork) {
		n.step(ship.Event{Kind: ship.Refused, Err: err})
		return
	}
	n.step(ship.Event{Kind: ship.Lost, Err: err})
}

func (n *node) receipt(payload []byte) {
	signed, err := wire.DecodeReceipt(payload)
	var r wire.Receipt
	if err == nil {
		r, err = signed.Verify(n.hub.trusted)
	}
	if err == nil {
		err = n.disk.Update(func(w kv.Writer) error { return journal.PutReceipt(w, signed, r) })
	}
	if err != nil {
		n.hangUp(err)
		return
	}
	n.broke = 0
	n.note(n.name, "secured", r.First, r.Last)
	n.check.secured(n, signed, r)
	n.step(ship.Event{Kind: ship.Receipted, Receipt: r})
}

func (n *node) notices(payload []byte) {
	var last wire.NoticeCursor
	var proved []wire.VerifiedNotice
	err := n.disk.View(func(r kv.Reader) error {
		s, err := journal.StateOf(r)
		if err == nil {
			proved, err = wire.DecodeNotices(payload, n.post, s.Notices, n.hub.trusted)
		}
		return err
	})
	if err == nil {
		last = proved[len(proved)-1].At
		err = n.disk.Update(func(w kv.Writer) error { return journal.PutNotices(w, proved) })
	}
	if err != nil {
		n.hangUp(err)
		return
	}
	n.say(wire.FrameNoticeCursor, wire.Marshal(last))
	n.step(ship.Event{Kind: ship.Alive})
}

// uploads sends the next bundle that the hub lacks, while a session stands.
func (n *node) uploads() {
	if !n.up || n.pausing || n.upload != nil || n.core.Phase != ship.Following || !n.canReach() {
		return
	}
	var digests []wire.Digest
	n.view(func(r kv.Reader) error {
		s, err := journal.StateOf(r)
		digests, _ = journal.Unstored(r, s.Head.Incarnation, 64)
		return err
	})
	if len(digests) > 0 && n.up {
		n.startUpload(digests)
	}
}

const (
	probe = 2 * time.Second
	// patience is after how many broken sessions in a row people look at a node
	// whose disk is known to be bad.
	patience = 20
)
