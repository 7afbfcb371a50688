package sim_test

import (
	"maps"
	"slices"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/kv"
	"jaliya/internal/sim"
	"jaliya/internal/wire"
)

// mishaps are what disks, networks, clocks and people do in this world.
func (w *world) mishaps() []sim.Fault {
	when := func(ok bool, weight int) int {
		if ok {
			return weight
		}
		return 0
	}
	return []sim.Fault{
		{Name: "cut", Weight: 14, Do: func() bool { return w.cut(sim.Up, sim.Down) }},
		{Name: "cut up", Weight: 7, Do: func() bool { return w.cut(sim.Up) }},
		{Name: "cut down", Weight: 7, Do: func() bool { return w.cut(sim.Down) }},
		{Name: "slow link", Weight: 5, Do: w.slow},
		{Name: "node crash", Weight: 14, Do: w.nodeCrash},
		{Name: "node commit", Weight: 16, Do: w.nodeCommit},
		{Name: "node disk full", Weight: 5, Do: w.diskFull},
		{Name: "node clock", Weight: 4, Do: w.wrongClock},
		{Name: "hub crash", Weight: 8, Do: w.hubCrash},
		{Name: "hub commit", Weight: 8, Do: w.hubCommit},
		{Name: "mislaid image", Weight: 8, Do: w.hub.vault.mislay},
		{Name: "old command", Weight: 4, Do: w.oldCommand},
		{Name: "busy desk", Weight: 4, Do: w.busyDesk},
		{Name: "backup", Weight: when(w.temper.restores, 6), Do: w.takeBackup},
		{Name: "restore", Weight: when(w.temper.restores, 4), Do: w.restoreBackup},
		{Name: "settle", Weight: when(w.temper.restores || w.temper.clones, 8), Do: w.settle},
		{Name: "bit flip", Weight: when(w.temper.flips, 3), Do: w.flipBit},
		{Name: "clone", Weight: when(w.temper.clones, 3), Do: w.clone},
		{Name: "revoke", Weight: when(w.temper.revokes, 2), Do: w.revoke},
	}
}

func (w *world) any() *node { return w.nodes[w.rand.IntN(len(w.nodes))] }

// running picks a process that runs.
func (w *world) running() (*node, bool) {
	n := w.any()
	return n, n.up
}

// cut lasts from seconds to two days.
func (w *world) cut(ways ...sim.Direction) bool {
	n := w.any()
	length := w.rand.Spread(5 * time.Minute)
	if w.rand.Chance(0.25) {
		length = w.rand.Between(time.Hour, 48*time.Hour)
	}
	for _, d := range ways {
		n.link.Cut(d)
	}
	w.note(n.name, "link cut", uint64(len(ways)), uint64(ways[0]))
	n.disturbed()
	w.clock.After(length, func() {
		for _, d := range ways {
			n.link.Heal(d)
		}
		w.note(n.name, "link heals", uint64(len(ways)), uint64(ways[0]))
		n.reachable()
	})
	return true
}

// slow lets frames arrive long after the session gave up on them.
func (w *world) slow() bool {
	n := w.any()
	before := n.link.Delay
	n.link.Delay = w.rand.Between(2*time.Second, time.Minute)
	w.note(n.name, "link slow", uint64(n.link.Delay), 0)
	n.disturbed()
	w.clock.After(w.rand.Between(10*time.Second, 3*time.Minute), func() {
		n.link.Delay = min(before, 350*time.Millisecond)
		n.disturbed()
	})
	return true
}

func (w *world) nodeCrash() bool {
	n, ok := w.running()
	if ok {
		n.exit("crash")
	}
	return ok
}

func (w *world) mishap() sim.Mishap { return sim.Mishap(w.rand.IntN(3)) }

func (w *world) nodeCommit() bool {
	n, ok := w.running()
	if ok {
		n.disk.Prepare(w.mishap())
		w.note(n.name, "commit will fail", 0, 0)
		if w.rand.Chance(0.7) {
			n.visit()
		}
	}
	return ok
}

func (w *world) diskFull() bool {
	n, ok := w.running()
	if !ok || n.disk.Full {
		return false
	}
	n.disk.Full = true
	w.note(n.name, "disk full", 0, 0)
	w.clock.After(w.rand.Between(10*time.Second, 3*time.Minute), func() { n.disk.Full = false })
	return true
}

func (w *world) wrongClock() bool {
	n := w.any()
	n.skew = w.rand.Between(-12*time.Hour, 12*time.Hour)
	return true
}

func (w *world) hubCrash() bool {
	if !w.hub.up {
		return false
	}
	w.hub.crash("crash")
	return true
}

func (w *world) hubCommit() bool {
	if w.hub.up {
		w.hub.disk.Prepare(w.mishap())
		w.note("hub", "commit will fail", 0, 0)
	}
	return w.hub.up
}

// oldCommand brings a command of the past into the log again.
func (w *world) oldCommand() bool {
	h := w.hub
	old := h.log[w.rand.IntN(len(h.log))].Command
	p := &proposal{raw: old, epoch: -1}
	if c, err := ledger.Decode(old); err == nil {
		if a, ok := c.(ledger.Admit); ok {
			p.admit = &a
		}
	}
	w.note("hub", "old command", uint64(old[0]), 0)
	h.commit(p)
	return true
}

// busyDesk releases a whole morning at once.
func (w *world) busyDesk() bool {
	n, ok := w.running()
	if ok {
		for range 3 + w.rand.IntN(15) {
			n.save(n.draft())
		}
	}
	return ok
}

func (w *world) takeBackup() bool {
	n := w.any()
	if n.flipped != nil {
		return false
	}
	n.backup, n.backupAnchor = n.disk.Clone(), n.anchor
	w.note(n.name, "backup", 0, 0)
	return true
}

// restoreBackup puts an old backup in the place of the journal.
func (w *world) restoreBackup() bool {
	n := w.any()
	if n.backup == nil || n.cloned {
		return false
	}
	n.exit("stopped for a restore")
	n.disk.Restore(n.backup)
	if n.fenced != "" { // the damage is gone with the journal that had it
		n.fenced = ""
		w.clock.After(backToWork, n.restart)
	}
	n.restored, n.flipped, n.broke = true, nil, 0
	switch w.rand.IntN(4) { // the whole machine was put back, or the anchor's disk died
	case 0:
		n.anchor, n.forgot = n.backupAnchor, true
	case 1:
		n.anchor, n.forgot = wire.Position{}, true
	}
	n.acked = nil
	w.note(n.name, "restored", 0, 0)
	return true
}

func (w *world) flipBit() bool {
	n := w.any()
	if n.flipped != nil || n.restored || n.cloned || n.revoked {
		return false
	}
	f, ok := n.disk.FlipBit(w.rand.Rand)
	if ok {
		n.flipped = &f
		n.acked = nil
		w.note(n.name, "flip in "+string(f.Bucket), uint64(f.Bit), 0)
	}
	return ok
}

// clone lets a second machine run from a copy of the disk, keys and all.
func (w *world) clone() bool {
	n := w.any()
	if n.cloned || n.restored || n.flipped != nil || n.revoked {
		return false
	}
	n.cloned = true
	twin := &node{
		world: w, name: n.name + "'", id: n.id, post: n.post, signer: n.signer, first: n.first, anchored: n.anchored, anchor: n.anchor,
		bundles: maps.Clone(n.bundles), cloned: true,
	}
	twin.link = sim.NewLink(w.clock, w.rand, w.weather())
	twin.disk = sim.NewDisk(n.disk.Clone(), func(error) { twin.exit("disk failed") })
	twin.desk.cases = append(twin.desk.cases, n.desk.cases...)
	w.nodes = append(w.nodes, twin)
	w.note(twin.name, "cloned", 0, 0)
	twin.launch()
	twin.desk.begin(twin)
	return true
}

// revoke shuts a node out for good.
func (w *world) revoke() bool {
	n := w.any()
	if n.revoked || !w.hub.up {
		return false
	}
	for _, one := range w.machines(n.id) {
		one.revoked = true
	}
	w.note(n.name, "revoked", 0, 0)
	c := ledger.Revoke{Time: w.millis(), Action: ledger.RevokeForGood, Node: n.id, Reason: "lost"}
	w.hub.commit(&proposal{raw: w.hub.encode(c), epoch: -1})
	return true
}

// heal ends all mishaps.
func (w *world) heal() {
	w.healing = true
	w.chaos.Stop()
	if w.hub.disk.Latched() == nil {
		w.hub.disk.Reopen() // no failure is planned any more
	}
	for _, n := range w.nodes {
		n.link.Drop, n.link.Repeat, n.link.Reorder = 0, 0, 0
		n.link.Delay = min(n.link.Delay, 350*time.Millisecond)
		n.link.Heal(sim.Up)
		n.link.Heal(sim.Down)
		n.disk.Full, n.skew = false, 0
		if n.disk.Latched() == nil {
			n.disk.Reopen()
		}
		n.disturbed()
		n.reachable()
		n.desk.retry(n)
	}
	if w.temper.hostile { // a frame that was dropped is waited for as long as the session stands
		for _, s := range slices.Clone(w.hub.sessions) {
			s.end()
		}
	}
	w.note("world", "healed", 0, 0)
}

var _ kv.Store = (*sim.Disk)(nil)
