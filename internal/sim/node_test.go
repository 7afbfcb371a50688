package sim_test

import (
	"encoding/binary"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/sim"
	"jaliya/internal/wire"
)

// node is one process at a post on its disk. A cloned machine is a second node
// with the same id.
type node struct {
	*world
	name         string
	id           wire.NodeID
	post         consular.PostID
	signer       *seal.SigningKey
	first        uint64 // incarnation at creation
	disk         *sim.Disk
	bundles      map[wire.Digest][]byte // looked up only; written before they are named
	backup       *kv.Memory
	backupAnchor wire.Position
	skew         time.Duration // of the wall clock
	link         *sim.Link
	desk         desk

	up      bool
	epoch   int
	core    *ship.Core
	cn      *conn
	wake    *sim.Timer
	asleep  bool // following over a good link: heartbeats are left out
	parked  bool // a dial that cannot succeed until something changes
	upload  *upload
	pausing bool // until the next upload

	acked    []ackedEntry
	rechecks int // of a quarantine
	alarms   int
	flipped  *kv.Flipped
	restored bool
	anchored bool          // it keeps an anchor
	anchor   wire.Position // outside of what a backup brings back
	forgot   bool          // the anchor was lost or rolled back with the journal
	opened   int           // incarnations
	cloned   bool
	revoked  bool
	fenced   string // why the process does not start any more
	broke    int    // sessions in a row that ended because something did not hold
}

// ackedEntry was said to be saved (L1).
type ackedEntry struct {
	key   []byte
	value []byte
}

func newNode(w *world, i int) *node {
	n := &node{
		world: w, name: string(posts()[i]), id: wire.NodeID(w.rand.Bytes(16)), post: posts()[i], signer: keys()[i+1],
		first: w.rand.Uint64() | 1, anchored: w.temper.anchors, bundles: map[wire.Digest][]byte{}, up: true,
	}
	n.link = sim.NewLink(w.clock, w.rand, n.weather())
	n.disk = sim.NewDisk(kv.NewMemory(), func(error) { n.exit("disk failed") })
	return n
}

// weather draws how far from the hub a post is.
func (w *world) weather() sim.Weather {
	out := sim.Weather{Delay: w.rand.Between(5*time.Millisecond, 350*time.Millisecond)}
	out.Jitter = out.Delay / 2
	if w.temper.hostile {
		out.Drop, out.Repeat, out.Reorder = w.rand.Float64()*0.05, w.rand.Float64()*0.1, w.rand.Float64()*0.1
	}
	return out
}

func (n *node) identity() journal.Identity {
	return journal.Identity{Node: n.id, Post: n.post, Cluster: n.hub.cluster}
}

// begin creates the journal and starts the process.
func (n *node) begin() {
	if err := n.disk.Update(func(w kv.Writer) error { return journal.Create(w, n.identity(), n.first) }); err != nil {
		n.violated("setup", "%v", err)
	}
	if n.compareAnchor() {
		n.launch()
	}
	n.desk.begin(n)
}

func (n *node) launch() {
	n.up = true
	n.core = ship.NewCore(n.clock.Now(), func(limit time.Duration) time.Duration { return n.rand.Between(0, limit) })
	n.step(ship.Event{Kind: ship.Tick})
}

// wall is the node's own clock.
func (n *node) wall() int64 { return n.clock.Now().Add(n.skew).UnixMilli() }

// exit ends the process: what was not committed is gone, the connection dies
// without a word.
func (n *node) exit(why string) {
	if !n.up {
		return
	}
	n.note(n.name, why, uint64(n.epoch), 0)
	n.up, n.asleep, n.parked = false, false, false
	n.epoch++
	n.wake.Stop()
	n.pausing = false
	n.dropUpload()
	n.dropConn(false)
	if n.fenced == "" {
		n.clock.After(n.rand.Between(2*time.Second, 3*time.Minute), n.restart)
	}
}

// restart opens the journal as the process does: a suspect store is proved
// first, then the newest entry against the head.
func (n *node) restart() {
	if n.up || n.fenced != "" {
		return
	}
	suspect := n.disk.Latched() != nil
	n.disk.Reopen()
	if err := n.disk.View(func(r kv.Reader) error { return n.prove(r, suspect) }); err != nil {
		n.damaged(err)
		return
	}
	n.note(n.name, "restarted", uint64(n.epoch), 0)
	n.check.afterCrash(n)
	n.up = true
	if !n.compareAnchor() {
		return
	}
	n.launch()
	n.desk.retry(n)
}

func (n *node) prove(r kv.Reader, suspect bool) error {
	if suspect {
		if _, err := journal.Check(r, nil); err != nil {
			return err
		}
	}
	s, err := journal.StateOf(r)
	if err != nil {
		return err
	}
	_, err = journal.ReadAfter(r, s.Head, 1)
	return err
}

// damaged is where a process ends that reads what it did not write. Only a
// flipped bit may bring it there.
func (n *node) damaged(err error) {
	if n.fenced != "" {
		return
	}
	if n.flipped == nil {
		n.violated("I1", "%s reads damage without a cause: %v", n.name, err)
		return
	}
	n.fenced = err.Error()
	n.note(n.name, "fenced itself", 0, 0)
	n.exit("damage found")
}

// tainted says that the machine's history is not one unbroken line: liveness is
// not asked of it.
func (n *node) tainted() bool {
	return n.restored || n.cloned || n.revoked || n.flipped != nil
}

// view reads the journal; damage fences the node.
func (n *node) view(fn func(kv.Reader) error) bool {
	err := n.disk.View(fn)
	if err != nil {
		n.broken(err)
	}
	return err == nil
}

// broken is what the driver does about an error of the journal.
func (n *node) broken(err error) {
	switch {
	case !n.up || fault.Is(err, fault.Storage): // the disk's own callback has ended the process
	default:
		n.damaged(err)
	}
}

func entryKey(p wire.Position) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, p.Incarnation), p.Seq)
}
