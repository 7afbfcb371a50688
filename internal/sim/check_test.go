package sim_test

import (
	"bytes"
	"slices"

	"jaliya/consulate-node/journal"
	"jaliya/hub/ledger"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// checker knows what everybody said and proves the invariants from it while the
// run goes on. Its maps are only looked up, never walked.
type checker struct {
	*world
	wrote     map[place][]wire.Digest      // what any machine ever wrote at a position
	named     map[wire.Digest][]wire.Image // the images of the entry with a hash
	committed map[history][]wire.Digest
	known     []history            // keys of committed, in order of appearance
	needed    map[wire.Digest]bool // images that the vault vouched for
	receipts  map[place]wire.SignedReceipt
	sessions  map[wire.NodeID]uint64
	numbers   map[string]bool
	poison    int
}

// place is a position with its hash taken out.
type place struct {
	history
	seq uint64
}

type history struct {
	node        wire.NodeID
	incarnation uint64
}

func historyOf(p wire.Position) history { return history{p.Node, p.Incarnation} }

func placeOf(p wire.Position) place { return place{historyOf(p), p.Seq} }

func newChecker(w *world) *checker {
	return &checker{
		world: w, wrote: map[place][]wire.Digest{}, named: map[wire.Digest][]wire.Image{}, needed: map[wire.Digest]bool{},
		committed: map[history][]wire.Digest{}, receipts: map[place]wire.SignedReceipt{},
		sessions: map[wire.NodeID]uint64{}, numbers: map[string]bool{},
	}
}

// printed notes a number that stands on paper (I11).
func (c *checker) printed(number string) {
	if c.numbers[number] {
		c.violated("I11", "the reference was printed twice")
	}
	c.numbers[number] = true
}

// written notes what a machine wrote, committed or not.
func (c *checker) written(at wire.Position, h wire.Header) {
	key := placeOf(at)
	if slices.Contains(c.wrote[key], at.Hash) {
		return
	}
	c.wrote[key] = append(c.wrote[key], at.Hash)
	c.named[at.Hash] = h.Images
}

// granted checks that session numbers only grow (I10).
func (c *checker) granted(node wire.NodeID, number uint64) {
	if number <= c.sessions[node] {
		c.violated("I10", "session %d after %d", number, c.sessions[node])
	}
	c.sessions[node] = number
}

// applied looks at the state after a command and at what the ledger answered,
// which nobody knows after a crash (I6, I7, I8, I10).
func (c *checker) applied(p *proposal, results []ledger.BatchResult) {
	if p == nil || p.admit == nil {
		return
	}
	for i, r := range results {
		b := p.admit.Batches[i]
		if n, err := c.hub.views.Node(b.After.Node); err == nil && b.Session < n.Session && r.Err() == nil {
			c.violated("I10", "session %d was heard after %d", b.Session, n.Session)
		}
	}
	for _, b := range p.admit.Batches {
		cursor, _, err := c.hub.views.Cursor(b.After.Node, b.After.Incarnation)
		if err != nil {
			return // the member is gone; it is asked again after its restart
		}
		c.advanced(p.admit, b.After, cursor)
	}
}

// entitled reports whether some batch of the command could move the cursor.
func (c *checker) entitled(a *ledger.Admit, of wire.Position) bool {
	n, err := c.hub.views.Node(of.Node)
	if err != nil || n.Revoked {
		return false
	}
	for _, b := range a.Batches {
		if historyOf(b.After) == historyOf(of) && b.Session == n.Session {
			return true
		}
	}
	return false
}

func (c *checker) advanced(a *ledger.Admit, of, cursor wire.Position) {
	key := historyOf(of)
	held := c.committed[key]
	switch {
	case cursor.Seq < uint64(len(held)):
		c.violated("I7", "cursor %s was at %d", cursor, len(held))
		return
	case cursor.Seq == uint64(len(held)):
		if len(held) > 0 && held[len(held)-1] != cursor.Hash {
			c.violated("I6", "another hash at %s", cursor)
		}
		return
	}
	if !c.entitled(a, of) {
		c.violated("I10", "%s was committed for an older session", cursor)
	}
	if len(held) == 0 {
		c.known = append(c.known, key)
	}
	for seq := uint64(len(held)) + 1; seq <= cursor.Seq; seq++ {
		hash, err := c.hub.views.HashAt(key.node, key.incarnation, seq)
		if err != nil {
			c.violated("I7", "nothing at %d below the cursor %s", seq, cursor)
			return
		}
		c.authored(place{key, seq}, hash)
		held = append(held, hash)
	}
	c.committed[key] = held
}

// need notes that the vault was asked for images and had them: from here on it
// must not lose them.
func (c *checker) need(v wire.VerifiedBatch) {
	for _, e := range v.Entries {
		for _, image := range e.Header.Images {
			c.needed[image.Digest] = true
		}
	}
}

// authored checks that the hub holds what a machine of that name wrote (I8).
func (c *checker) authored(at place, hash wire.Digest) {
	if !slices.Contains(c.wrote[at], hash) {
		c.violated("I8", "%s holds at %d what nobody wrote", at.node, at.seq)
	}
}

// secured checks what a receipt says when it is believed (I2, I3, I4).
func (c *checker) secured(n *node, signed wire.SignedReceipt, r wire.Receipt) {
	held := c.committed[history{r.Node, r.Incarnation}]
	if uint64(len(held)) < r.Last || held[r.Last-1] != r.Head {
		c.violated("I4", "%s has a receipt up to %d, %d are committed", n.name, r.Last, len(held))
		return
	}
	if r.Index > c.hub.applied || wire.RootOf(held[r.First-1:r.Last]) != r.Root {
		c.violated("I4", "receipt %d-%d of %s does not hold", r.First, r.Last, n.name)
	}
	for seq := r.First; seq <= r.Last; seq++ {
		key := place{history{r.Node, r.Incarnation}, seq}
		c.stored(held[seq-1])
		before, repeated := c.receipts[key]
		if repeated && (!bytes.Equal(before.Raw, signed.Raw) || !bytes.Equal(before.Signature, signed.Signature)) {
			c.violated("I4", "another receipt for %s/%d", n.name, seq)
		}
		c.receipts[key] = signed
	}
}

// afterCrash checks that everything that was said to be saved is there (I1).
func (c *checker) afterCrash(n *node) {
	if n.flipped != nil {
		return
	}
	err := n.disk.View(func(r kv.Reader) error {
		_, err := journal.Check(r, nil)
		if err != nil {
			return err
		}
		c.allThere(n, r)
		return nil
	})
	if err != nil {
		c.violated("I1", "%s after a crash: %v", n.name, err)
	}
}

func (c *checker) allThere(n *node, r kv.Reader) {
	for _, one := range n.acked {
		if !bytes.Equal(r.Get([]byte("entries"), one.key), one.value) && !setAside(r, one) {
			c.violated("I1", "%s lost a saved entry", n.name)
			return
		}
	}
	if n.tainted() {
		return
	}
	// Whatever was to be true exactly with an entry is (D34).
	entries, drafts := 0, 0
	r.Ascend([]byte("entries"), nil, func(_, _ []byte) bool { entries++; return true })
	r.Ascend(bucketDrafts, nil, func(_, _ []byte) bool { drafts++; return true })
	if entries != drafts {
		c.violated("I1", "%s has %d entries and %d marks", n.name, entries, drafts)
	}
}
