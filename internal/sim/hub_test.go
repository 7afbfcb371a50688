package sim_test

import (
	"slices"
	"time"

	"jaliya/hub/intake"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/sim"
	"jaliya/internal/wire"
)

// hub is one member with a log that always commits, sooner or later.
type hub struct {
	*world
	disk     *sim.Disk
	views    ledger.Views
	signer   *seal.SigningKey
	trusted  wire.KeySet
	cluster  wire.ClusterID
	log      []ledger.Entry
	waiting  map[uint64]*proposal // by index, looked up only
	applied  uint64
	up       bool
	applying bool
	epoch    int
	sessions []*session // live, oldest first
	queue    intake.Queue
	flights  int
	signed   map[wire.Receipt][]byte // looked up only
	vault    *vault
	opener   *opener
	settled  map[history]bool // forks that people have looked at
}

// proposal is a command on its way into the log.
type proposal struct {
	raw   []byte
	admit *ledger.Admit // when it is one
	done  func(ledger.Result, error)
	epoch int
}

func newHub(w *world) *hub {
	h := &hub{world: w, signer: keys()[0], waiting: map[uint64]*proposal{}, up: true, signed: map[wire.Receipt][]byte{}, settled: map[history]bool{}}
	h.trusted = wire.NewKeySet(h.signer.Public())
	h.cluster = wire.ClusterID(w.rand.Bytes(16))
	h.disk = sim.NewDisk(kv.NewMemory(), func(error) { h.crash("hub disk") })
	h.views = ledger.NewViews(h.disk)
	h.vault = newVault(w)
	h.opener = &opener{hub: h, tried: map[uint64]int{}}
	return h
}

// found gives the cluster its identity and lets the nodes join.
func (h *hub) found() {
	pub := h.signer.Public()
	h.must(ledger.Init{
		Time: h.millis(), Cluster: h.cluster, Secret: h.rand.Bytes(32), Receipt: [][]byte{pub.Bytes()},
		Intake: []wire.IntakeKey{{Number: 1, Public: h.rand.Bytes(32)}},
	})
	for _, n := range h.nodes {
		invitation := wire.Digest(h.rand.Bytes(32))
		h.must(ledger.InviteNode{Time: h.millis(), Invitation: invitation, Post: n.post, Expires: h.millis() + 1000})
		pub := n.signer.Public()
		h.must(ledger.JoinNode{
			Time: h.millis(), Invitation: invitation, Node: n.id, Post: n.post,
			Device: wire.Digest(h.rand.Bytes(32)), Journal: pub.Bytes(), PostKey: h.rand.Bytes(32),
		})
	}
	h.clock.After(time.Hour, h.tick)
}

// must commits a command at once.
func (h *hub) must(c ledger.Command) {
	h.commit(&proposal{raw: h.encode(c), epoch: h.epoch, done: func(r ledger.Result, err error) {
		if err != nil || r.Err() != nil {
			h.violated("setup", "%v %v", err, r.Err())
		}
	}})
}

func (h *hub) encode(c ledger.Command) []byte {
	raw, err := ledger.Encode(c)
	if err != nil {
		h.violated("encode", "%v", err)
	}
	return raw
}

// tick tells the ledger the time, and now and then a command that was committed
// before stands in the log again.
func (h *hub) tick() {
	if h.up {
		h.propose(ledger.Tick{Time: h.millis()}, nil, func(ledger.Result, error) {})
	}
	h.clock.After(6*time.Hour, h.tick)
}

// propose brings a command into the log, or loses it, or lets its outcome stay
// unknown.
func (h *hub) propose(c ledger.Command, admit *ledger.Admit, done func(ledger.Result, error)) {
	p := &proposal{raw: h.encode(c), admit: admit, done: done, epoch: h.epoch}
	delay := h.rand.Between(2*time.Millisecond, 60*time.Millisecond)
	unknown := fault.New(fault.Timeout, "sim: propose", "outcome unknown", nil)
	if h.healing || !h.rand.Chance(h.temper.clumsy) {
		h.clock.After(delay, func() { h.commit(p) })
		return
	}
	h.faults++
	switch h.rand.IntN(5) {
	case 0: // lost
		h.note("hub", "proposal lost", uint64(p.raw[0]), 0)
		h.clock.After(delay, func() { p.answer(h, ledger.Result{}, unknown) })
	case 1: // committed, and nobody heard it
		h.note("hub", "outcome unknown", uint64(p.raw[0]), 0)
		h.clock.After(delay, func() { p.answer(h, ledger.Result{}, unknown) })
		h.clock.After(h.rand.Spread(time.Minute), func() { h.commit(p) })
	case 2: // twice in the log
		h.note("hub", "proposal doubled", uint64(p.raw[0]), 0)
		h.clock.After(delay, func() { h.commit(p) })
		h.clock.After(h.rand.Spread(time.Hour), func() { h.commit(&proposal{raw: p.raw, admit: admit, epoch: -1}) })
	default: // slow
		h.clock.After(h.rand.Spread(10*time.Second), func() { h.commit(p) })
	}
}

// answer tells the proposer once, if it still lives.
func (p *proposal) answer(h *hub, r ledger.Result, err error) {
	done := p.done
	if done == nil || p.epoch != h.epoch || !h.up {
		return
	}
	p.done = nil
	done(r, err)
}

// commit appends to the log, which never loses anything; others commit while
// this member is down.
func (h *hub) commit(p *proposal) {
	const term = 1
	index := uint64(len(h.log)) + 1
	h.log = append(h.log, ledger.Entry{Index: index, Term: term, Command: p.raw})
	h.waiting[index] = p
	h.catchUp()
}

// catchUp applies what is committed, one entry after the other.
func (h *hub) catchUp() {
	if h.applying {
		return
	}
	h.applying = true
	defer func() { h.applying = false }()
	for h.up && h.applied < uint64(len(h.log)) && h.wrong == "" {
		h.apply(h.log[h.applied])
	}
}

func (h *hub) apply(e ledger.Entry) {
	p := h.waiting[e.Index]
	seen := &listener{}
	var r ledger.Result
	err := h.disk.Update(func(w kv.Writer) (err error) {
		data := e.Command
		if h.plant != nothing && p.admit != nil {
			data = h.tamper(*p.admit, data)
			h.log[e.Index-1].Command = data
		}
		seen.Writer = w
		r, err = ledger.Apply(seen, e.Index, e.Term, data)
		return err
	})
	if err != nil {
		if h.disk.Latched() == nil {
			h.violated("apply", "index %d: %v", e.Index, err)
		}
		return
	}
	h.applied = e.Index
	h.note("hub", "applied "+r.Kind.String(), e.Index, uint64(r.Fault))
	h.check.applied(p, r.Batches)
	delete(h.waiting, e.Index)
	p.answer(h, r, nil)
	h.announce(seen)
}

// listener sees which posts have news and whether there are new orders.
type listener struct {
	kv.Writer
	posts  []string
	orders bool
	denied bool
}

// Put implements kv.Writer.
func (l *listener) Put(bucket, key, value []byte) error {
	switch string(bucket) {
	case "heads":
		if post := string(key); !slices.Contains(l.posts, post) {
			l.posts = append(l.posts, post)
		}
	case "open":
		l.orders = true
	case "denied":
		l.denied = true
	}
	return l.Writer.Put(bucket, key, value)
}

// announce wakes what waits for a change of the state.
func (h *hub) announce(l *listener) {
	for _, s := range slices.Clone(h.sessions) {
		key := make([]byte, 8)
		copy(key, s.node.Post)
		if slices.Contains(l.posts, string(key)) {
			s.tell()
		}
		if l.denied {
			s.recheck()
		}
	}
	if l.orders {
		h.opener.wake()
	}
}

// crash ends the process: sessions, queues and partial knowledge are gone.
func (h *hub) crash(why string) {
	if !h.up {
		return
	}
	h.note("hub", why, h.applied, 0)
	h.up, h.applying = false, false
	h.epoch++
	h.queue, h.flights = intake.Queue{}, 0
	h.vault.crash()
	h.opener.crash()
	for _, s := range slices.Clone(h.sessions) {
		s.vanish()
	}
	for _, n := range h.nodes {
		n.disturbed()
	}
	h.clock.After(h.rand.Between(3*time.Second, 10*time.Minute), h.restart)
}

// restart begins from what was durable.
func (h *hub) restart() {
	h.disk.Reopen()
	h.up = true
	var applied uint64
	err := h.disk.View(func(r kv.Reader) (err error) {
		applied, _, err = ledger.Applied(r)
		return err
	})
	if err != nil || applied < h.applied {
		h.violated("I14", "applied %d after %d: %v", applied, h.applied, err)
	}
	for h.applied < applied { // committed on disk before the crash, unknown to anyone
		h.applied++
		h.check.applied(h.waiting[h.applied], nil)
		delete(h.waiting, h.applied)
	}
	h.note("hub", "restarted", h.applied, 0)
	h.catchUp()
	h.opener.wake()
	for _, n := range h.nodes {
		n.reachable()
	}
}
