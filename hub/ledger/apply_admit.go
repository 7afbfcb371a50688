package ledger

import (
	"crypto/sha256"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Admit commits batches of many nodes at once. Intake has verified each one's
// signature and chain and that the vault holds every image it names; apply
// computes the chain again from the bytes, for the state believes nobody.
type Admit struct {
	Time    int64        `cbor:"1,keyasint"`
	Batches []AdmitBatch `cbor:"2,keyasint"`
}

// AdmitBatch is a run of entries of one node and incarnation.
type AdmitBatch struct {
	After   wire.Position `cbor:"1,keyasint"` // the position before the first entry
	Session uint64        `cbor:"2,keyasint"`
	Entries []wire.Entry  `cbor:"3,keyasint"`
	// Key and Signature are the node's over the head: kept as evidence when the
	// batch turns out to be a fork.
	Key       wire.KeyID `cbor:"4,keyasint"`
	Signature []byte     `cbor:"5,keyasint,omitempty"`
}

// AdmitOf gives the batch to propose for one that was verified.
func AdmitOf(received wire.ReceivedBatch, v wire.VerifiedBatch) AdmitBatch {
	b := AdmitBatch{After: v.After, Session: v.Session, Key: received.Key, Signature: received.Signature}
	for _, e := range v.Entries {
		b.Entries = append(b.Entries, e.Entry)
	}
	return b
}

// featureCarried is the level from which entries may come in a file by hand.
const featureCarried = 4

const (
	maxBatches   = 256
	maxSignature = 64
)

func (Admit) kind() Kind { return KindAdmit }

func (c Admit) when() int64 { return c.Time }

func (c Admit) apply(t *tx) (Result, error) {
	if len(c.Batches) == 0 || len(c.Batches) > maxBatches {
		return refuse(fault.Invalid, "batches"), nil
	}
	r := Result{Batches: make([]BatchResult, 0, len(c.Batches))}
	for _, b := range c.Batches {
		one, err := t.admit(b)
		if err != nil {
			return Result{}, err
		}
		r.Batches = append(r.Batches, one)
	}
	return r, nil
}

func refuseBatch(kind fault.Kind, text string, resume wire.Position) BatchResult {
	return BatchResult{Fault: kind, Text: text, Resume: resume}
}

// admit decides about one batch, in the order: who, what form, which session,
// what follows what.
func (t *tx) admit(b AdmitBatch) (BatchResult, error) {
	n, found, err := load[Node](t.w, inNodes, b.After.Node[:])
	if err != nil {
		return BatchResult{}, err
	}
	cursor, known, err := cursorOf(t.w, b.After.Node, b.After.Incarnation)
	if err != nil {
		return BatchResult{}, err
	}
	switch {
	case !found:
		return refuseBatch(fault.Denied, "unknown node", cursor), nil
	case n.Revoked:
		return refuseBatch(fault.Denied, "node is revoked", cursor), nil
	case n.Fenced:
		return refuseBatch(fault.Fork, "node is fenced", cursor), nil
	}
	if field := b.badField(); field != "" {
		return refuseBatch(fault.Invalid, field, cursor), nil
	}
	switch {
	case b.Session == 0 && t.cluster.Feature >= featureCarried: // by hand: of no session
	case b.Session < n.Session:
		return refuseBatch(fault.Stale, "older session", cursor), nil
	case b.Session > n.Session:
		return refuseBatch(fault.Invalid, "session was never granted", cursor), nil
	}
	if b.After.Seq > cursor.Seq {
		return refuseBatch(fault.Gap, "does not follow", cursor), nil
	}
	known = known && n.Incarnation != 0
	return t.follow(b, n, cursor, known && n.Incarnation != b.After.Incarnation)
}

func (b AdmitBatch) badField() string {
	switch {
	case len(b.Entries) == 0 || len(b.Entries) > wire.MaxBatchEntries:
		return "entries"
	case b.After.Incarnation == 0:
		return "incarnation"
	case b.After.Seq > wire.MaxSeq:
		return "sequence"
	case b.After.Seq == 0 && b.After != wire.Genesis(b.After.Node, b.After.Incarnation):
		return "genesis"
	case len(b.Signature) > maxSignature:
		return "signature"
	}
	for _, e := range b.Entries {
		if len(e.Header) == 0 || len(e.Header) > wire.MaxHeader || len(e.Body) > wire.MaxBody {
			return "entry size"
		}
	}
	return ""
}

// cursorOf gives how far an incarnation is committed; its genesis when nothing
// of it is.
func cursorOf(r reader, node wire.NodeID, incarnation uint64) (wire.Position, bool, error) {
	p, found, err := load[wire.Position](r, inCursors, historyKey(node, incarnation))
	if !found {
		p = wire.Genesis(node, incarnation)
	}
	return p, found, err
}

// follow compares the batch with what is held, hash by hash, and commits what
// is new.
func (t *tx) follow(b AdmitBatch, n Node, cursor wire.Position, retired bool) (BatchResult, error) {
	chain, digests := b.chain()
	at, err := t.differs(b.After, chain, cursor)
	if err != nil {
		return BatchResult{}, err
	}
	if at > 0 {
		return refuseBatch(fault.Fork, "another history at "+position(b.After, at).String(), cursor),
			t.quarantine(n, b, chain, at)
	}
	r := BatchResult{Resume: cursor}
	trim := int(cursor.Seq - b.After.Seq) //nolint:gosec // a batch that starts far behind overlaps by its whole length
	if r.Receipts, err = t.repeated(b.After, len(chain), cursor); err != nil {
		return BatchResult{}, err
	}
	if trim >= len(chain) {
		return r, nil
	}
	if retired {
		return refuseBatch(fault.Stale, "older incarnation", cursor), nil
	}
	return r, t.commit(&r, n, run{
		after: cursor, entries: b.Entries[trim:], chain: chain[trim:], digests: digests[trim:],
	})
}

// chain gives the position after each entry and each body's digest.
func (b AdmitBatch) chain() ([]wire.Position, []wire.Digest) {
	at := b.After
	chain, digests := make([]wire.Position, len(b.Entries)), make([]wire.Digest, len(b.Entries))
	for i, e := range b.Entries {
		digests[i] = sha256.Sum256(e.Body)
		at = at.NextStub(e.Header, digests[i])
		chain[i] = at
	}
	return chain, digests
}

func position(p wire.Position, seq uint64) wire.Position {
	p.Seq = seq
	return p
}

// differs gives the first sequence at which the batch and the state hold
// different hashes, counting the position before the batch as its own; 0 when
// they agree as far as both go. A difference at sequence 0 cannot be: that is
// the genesis, which was checked.
func (t *tx) differs(after wire.Position, chain []wire.Position, cursor wire.Position) (uint64, error) {
	if after.Seq == cursor.Seq {
		if after.Hash != cursor.Hash {
			return after.Seq, nil
		}
		return 0, nil
	}
	if after.Seq > 0 {
		held, err := t.place(after)
		if err != nil || held.hash != after.Hash {
			return after.Seq, err
		}
	}
	for _, p := range chain {
		if p.Seq > cursor.Seq {
			return 0, nil
		}
		held, err := t.place(p)
		if err != nil || held.hash != p.Hash {
			return p.Seq, err
		}
	}
	return 0, nil
}

// place gives what is held at a position at or below the cursor: there must be
// something, or the state is damaged.
func (t *tx) place(p wire.Position) (link, error) {
	held, found, err := loadLink(t.w, inPositions, positionKey(p.Node, p.Incarnation, p.Seq))
	if err == nil && !found {
		err = fault.New(fault.Corrupt, "ledger: read positions", p.String(), nil)
	}
	return held, err
}

// repeated gives the stored receipts of all ranges that the batch overlaps.
func (t *tx) repeated(after wire.Position, n int, cursor wire.Position) ([]wire.Receipt, error) {
	last := min(after.Seq+uint64(n), cursor.Seq) //nolint:gosec // at most 256
	if last <= after.Seq {
		return nil, nil
	}
	return receipts(t.w, span{node: after.Node, incarnation: after.Incarnation, first: after.Seq + 1, last: last})
}

// Quarantined is the evidence of a fork: what came, beside what is held (D38).
type Quarantined struct {
	Number    uint64        `cbor:"1,keyasint"`
	At        wire.Position `cbor:"2,keyasint"` // the position that the entry claims to lead to
	Held      wire.Digest   `cbor:"3,keyasint"` // the hash that the state holds there
	Commit    uint64        `cbor:"4,keyasint"` // the entry that it holds there
	Entry     *wire.Entry   `cbor:"5,keyasint,omitempty"`
	Head      wire.Position `cbor:"6,keyasint"` // of the batch that brought it
	Session   uint64        `cbor:"7,keyasint"`
	Key       wire.KeyID    `cbor:"8,keyasint"`
	Signature []byte        `cbor:"9,keyasint,omitempty"`
	Time      int64         `cbor:"10,keyasint"`
	Index     uint64        `cbor:"11,keyasint"`

	Seen ForkSeen `cbor:"12,keyasint,omitempty"`
	// Level is the sequence of Held. It is At's, but for a machine that is ahead of
	// the state: then it is where the state ends. Evidence of a batch from before
	// level 4 has none.
	Level uint64 `cbor:"13,keyasint,omitempty"`
	// Of a hello: what the machine says of itself, and where it came from.
	Oldest    uint64 `cbor:"14,keyasint,omitempty"`
	Receipted uint64 `cbor:"15,keyasint,omitempty"`
	Place     string `cbor:"16,keyasint,omitempty"`
}

// quarantine keeps the first entry that differs, fences the node and raises an
// alarm. Nothing that is held changes.
func (t *tx) quarantine(n Node, b AdmitBatch, chain []wire.Position, at uint64) error {
	q := Quarantined{
		At: b.After, Head: chain[len(chain)-1], Session: b.Session, Key: b.Key, Signature: b.Signature,
	}
	if at > b.After.Seq {
		i := at - b.After.Seq - 1
		q.At, q.Entry = chain[i], &b.Entries[i]
	}
	held, err := t.place(q.At)
	if err != nil {
		return err
	}
	q.Held, q.Commit = held.hash, held.commit
	if t.cluster.Feature >= featureForks {
		q.Level = q.At.Seq
	}
	return t.evidence(n, q)
}
