package sim_test

import (
	"crypto/sha256"
	"fmt"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// end checks a network that was healed and had time to become quiet.
func (c *checker) end() {
	if !c.hub.up {
		c.violated("I23", "the hub does not run")
		return
	}
	c.ledger()
	c.histories()
	c.once()
	c.replay()
	for _, n := range c.nodes {
		c.node(n)
	}
}

// ledger proves the state from its own bytes.
func (c *checker) ledger() {
	err := c.hub.disk.View(func(r kv.Reader) error { return ledger.Audit(r).Err() })
	if err != nil {
		c.violated("audit", "%v", err)
	}
}

// histories compares the state with what was seen to be committed (I2, I6, I7).
func (c *checker) histories() {
	for _, key := range c.known {
		held := c.committed[key]
		cursor, _, err := c.hub.views.Cursor(key.node, key.incarnation)
		if err != nil || cursor.Seq != uint64(len(held)) {
			c.violated("I7", "cursor %s at the end, %d were committed: %v", cursor, len(held), err)
			return
		}
		for i, hash := range held {
			got, err := c.hub.views.HashAt(key.node, key.incarnation, uint64(i)+1)
			if err != nil || got != hash {
				c.violated("I6", "%s/%d changed: %v", key.node, i+1, err)
				return
			}
			c.stored(hash)
		}
	}
}

// stored checks that the vault has the images of a committed entry (I3).
func (c *checker) stored(entry wire.Digest) {
	for _, image := range c.named[entry] {
		if sha256.Sum256(c.hub.vault.objects[image.Digest]) != image.Digest {
			c.violated("I3", "image %s is not in the vault", image.Digest)
		}
	}
}

// once checks that a record has at most one accepted content and one effect
// (I9).
func (c *checker) once() {
	counts, err := c.hub.views.Counts()
	if err != nil {
		c.violated("I9", "%v", err)
		return
	}
	accepted := map[wire.RecordID]bool{}
	effects, same, said := map[uint64]bool{}, map[uint64]bool{}, wishes{} // commits that must have moved a case once, or said again what was said
	for commit := uint64(1); commit <= counts.Commits; commit++ {
		f, err := c.hub.views.ByCommit(commit)
		h, herr := wire.DecodeHeader(f.Header)
		if err != nil || herr != nil {
			c.violated("I9", "commit %d: %v %v", commit, err, herr)
			return
		}
		if f.Verdict != ledger.Accepted {
			continue
		}
		if accepted[h.Record] {
			c.violated("I9", "record %s was accepted twice", h.Record)
		}
		accepted[h.Record] = true
		effects[commit] = h.Kind != wire.KindFileViewed
		same[commit] = said.again(h)
	}
	c.moves(counts, effects, same)
}

// moves holds that each accepted entry moved one case once, but for a wish that
// was said before: two counters that say the same say one thing.
func (c *checker) moves(counts ledger.Counts, effects, same map[uint64]bool) {
	seen := map[uint64]bool{}
	for n := uint64(1); n <= counts.Cases; n++ {
		v, err := c.hub.views.CaseNumber(n)
		if err != nil {
			c.violated("I9", "case %d: %v", n, err)
			return
		}
		for _, line := range v.Timeline {
			switch {
			case line.Commit == 0:
			case seen[line.Commit] || !effects[line.Commit]:
				c.violated("I9", "commit %d moved a case without right", line.Commit)
			default:
				seen[line.Commit] = true
			}
		}
	}
	for commit := uint64(1); commit <= counts.Commits; commit++ {
		if effects[commit] && !seen[commit] && !same[commit] {
			c.violated("I9", "commit %d was accepted and moved no case", commit)
			return
		}
	}
}

// replay applies the log to an empty store: the same commands give the same
// state (I13).
func (c *checker) replay() {
	store := kv.NewMemory()
	for _, e := range c.hub.log {
		err := store.Update(func(w kv.Writer) error {
			_, err := ledger.Apply(w, e.Index, e.Term, e.Command)
			return err
		})
		if err != nil {
			c.violated("I13", "replay of %d: %v", e.Index, err)
			return
		}
	}
	index, hash, err := c.hub.views.StateHash()
	again, other, err2 := ledger.NewViews(store).StateHash()
	if err != nil || err2 != nil || index != again || hash != other {
		c.violated("I13", "replay gives another state at %d: %v %v", index, err, err2)
	}
}

// node checks one process.
func (c *checker) node(n *node) {
	if n.flipped != nil {
		c.flip(n)
		return
	}
	if n.revoked && n.cn != nil {
		c.violated("I20", "%s is revoked and connected", n.name)
	}
	if !n.up {
		c.violated("I23", "%s does not run: %s", n.name, n.fenced)
		return
	}
	err := n.disk.View(func(r kv.Reader) error {
		if _, err := journal.Check(r, c.hub.trusted); err != nil {
			return err
		}
		c.allThere(n, r)
		s, err := journal.StateOf(r)
		if err == nil && c.drained(n, s) {
			if n.restored {
				c.whole(n, r)
			}
			err = c.shown(r)
		}
		c.kept(n)
		return err
	})
	if err != nil {
		c.violated("I1", "%s at the end: %v", n.name, err)
	}
}

// shown checks that what a post shows of its requests is what the hub holds.
func (c *checker) shown(r kv.Reader) error {
	list, err := journal.List(r, "", 10_000)
	for _, q := range list {
		if q.Level != journal.L2 {
			c.violated("I2", "a request of %s is %s", q.Position, q.Level)
		}
		if q.Version == 0 {
			continue
		}
		// Of an amendment nobody has judged, the hub has said nothing yet: what it said
		// last was of a packet before, the oldest that is kept.
		told := q.State
		if len(q.Before) > 0 {
			told = q.Before[0].State
		}
		held, err := c.hub.views.Case(consular.Reference(q.Reference))
		if err != nil || q.Version > held.Flow.Version || held.Timeline[q.Version-1].State != told {
			c.violated("I23", "a post shows version %d of a case that has %d: %v", q.Version, held.Flow.Version, err)
		}
	}
	return err
}

// drained checks that nothing waits (I23), or that people were told why it does.
// It reports whether the node is in step with the hub.
func (c *checker) drained(n *node, s journal.State) bool {
	if n.revoked || c.parted(n, s) {
		return false
	}
	cursor, _, err := c.hub.views.Cursor(n.id, s.Head.Incarnation)
	news, err2 := c.hub.views.NoticeHead(n.post)
	var why string
	switch {
	case err != nil || err2 != nil:
		why = fmt.Sprint(err, err2)
	case len(n.desk.waiting) > 0:
		why = fmt.Sprintf("%d drafts are not saved", len(n.desk.waiting))
	case n.core.Phase != ship.Following:
		why = "the node is " + n.core.Phase.String()
	case cursor != s.Head:
		why = fmt.Sprintf("the hub has %d of %d", cursor.Seq, s.Head.Seq)
	case s.Receipted != s.Head.Seq:
		why = fmt.Sprintf("receipts up to %d of %d", s.Receipted, s.Head.Seq)
	case s.Notices != news:
		why = fmt.Sprintf("notices up to %d of %d", s.Notices.Seq, news.Seq)
	}
	if why != "" {
		c.violated("I23", "%s: %s", n.name, why)
	}
	return why == ""
}

// parted reports whether a machine that was restored or cloned ended where it
// has to: told that the hub holds another history. Otherwise it must have
// drained like any other.
func (c *checker) parted(n *node, s journal.State) bool {
	if !n.restored && !n.cloned {
		return false
	}
	if node, err := c.hub.views.Node(n.id); err == nil && node.Fenced {
		return true
	}
	if n.core.Phase != ship.Quarantined {
		// Of two machines that run at once, each new session ends the other's.
		return n.cloned && s.Receipted <= uint64(len(c.committed[historyOf(s.Head)]))
	}
	if n.alarms == 0 {
		c.violated("D36", "%s stands apart and nobody was told", n.name)
	}
	return true
}

// flip checks that a bit that flipped was seen, by the node itself or by an
// audit of its journal, and that nothing of it is at the hub, which authored
// has checked already.
func (c *checker) flip(n *node) {
	chained := string(n.flipped.Bucket) == "entries" || string(n.flipped.Bucket) == "receipts" ||
		string(n.flipped.Bucket) == "notices"
	if n.fenced != "" || !chained {
		return
	}
	err := n.disk.View(func(r kv.Reader) error {
		_, err := journal.Check(r, c.hub.trusted)
		return err
	})
	if err == nil {
		c.violated("D5", "a bit of %s flipped in %s and nothing shows it", n.name, n.flipped.Bucket)
	}
}
