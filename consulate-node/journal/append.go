package journal

import (
	"bytes"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Draft is an entry that has no position yet.
type Draft struct {
	Header wire.Header // position fields are filled in by Append
	Body   []byte      // sealed
	Images []ImageFile // one for each of Header.Images, in order
	// Also runs in the same transaction: what must be true exactly when the
	// entry is, such as the removal of the draft that it came from. It does not
	// run for a replay, whose first transaction ran it.
	Also func(kv.Writer) error
}

// ImageFile says how a bundle is cut, as seal.BundleInfo does.
type ImageFile struct {
	ChunkSize uint32
	Chunks    []byte // SHA-256 of each sealed chunk, 32 bytes each
}

// Appended says where an entry stands.
type Appended struct {
	Record   wire.RecordID
	Position wire.Position
	Replayed bool // it stood there before this call
}

// AppendTo adds one entry: entry, head and outbox in one transaction (D34). A
// record id that is there already gives its first position again when the
// content is equal, and fault.Exists when it is not: a replayed request counts
// once.
func AppendTo(w kv.Writer, d Draft) (Appended, error) {
	const op = "journal: append"
	s, err := readState(w)
	if err != nil {
		return Appended{}, err
	}
	if at := w.Get(bucketRecords, d.Header.Record[:]); at != nil {
		return replayed(w, d, at)
	}
	if len(d.Images) != len(d.Header.Images) || len(d.Images) > wire.MaxImages {
		return Appended{}, fault.New(fault.Invalid, op, "images", nil)
	}
	h := d.Header
	h.Version, h.Source = wire.Version, wire.SourceNode
	h.Node, h.Incarnation, h.Seq = s.Head.Node, s.Head.Incarnation, s.Head.Seq+1
	if err := h.Validate(); err != nil {
		return Appended{}, err
	}
	body := d.Body
	if body == nil {
		body = []byte{} // the format knows an empty byte string, not null
	}
	entry, err := wire.NewEntry(h, body)
	if err != nil {
		return Appended{}, err
	}
	s.Head = s.Head.Next(entry)
	if s.Oldest == 0 {
		s.Oldest = s.Head.Seq
	}
	if err := (placed{state: s, header: h, entry: entry, draft: d}).put(w); err != nil {
		return Appended{}, err
	}
	return Appended{Record: h.Record, Position: s.Head}, nil
}

// placed is an entry in its place, and the state that it leads to.
type placed struct {
	state  State
	header wire.Header
	entry  wire.Entry
	draft  Draft
}

func (p placed) put(w kv.Writer) error {
	h, key := p.header, entryKey(p.header.Incarnation, p.header.Seq)
	if err := w.Put(bucketEntries, key, storedEntry(p.state.Head.Hash, p.entry)); err != nil {
		return err
	}
	if err := w.Put(bucketRecords, h.Record[:], key); err != nil {
		return err
	}
	if err := putImages(w, h, p.draft.Images); err != nil {
		return err
	}
	if err := trackEntry(w, h, p.state.Head); err != nil {
		return err
	}
	if err := putState(w, p.state); err != nil {
		return err
	}
	if p.draft.Also == nil {
		return nil
	}
	return p.draft.Also(w)
}

func replayed(r kv.Reader, d Draft, key []byte) (Appended, error) {
	const op = "journal: append"
	subject := "record " + d.Header.Record.String()
	incarnation, seq, ok := parseEntryKey(key)
	if !ok {
		return Appended{}, fault.New(fault.Corrupt, op, subject, nil)
	}
	held, err := readEntry(r, incarnation, seq)
	if err != nil {
		return Appended{}, damaged(op, subject, err)
	}
	if !bytes.Equal(held.entry.Body, d.Body) || !sameContent(held.header, d.Header) {
		return Appended{}, fault.New(fault.Exists, op, subject, nil)
	}
	return Appended{Record: d.Header.Record, Position: held.at, Replayed: true}, nil
}

// sameContent compares what an author decides. Position is ours, and the clock
// may have gone on between two attempts.
func sameContent(a, b wire.Header) bool {
	return bytes.Equal(wire.Marshal(contentOf(a)), wire.Marshal(contentOf(b)))
}

func contentOf(h wire.Header) wire.Header {
	h.Version, h.Source, h.BodyDigest = 0, 0, wire.Digest{}
	h.Node, h.Incarnation, h.Seq = wire.NodeID{}, 0, 0
	h.Time, h.Offset = 0, nil
	return h
}

// storedEntry is the entry's hash and its bytes: the hash lets a reader verify
// the entry against the one before it (D5).
func storedEntry(hash wire.Digest, e wire.Entry) []byte {
	return append(hash[:], wire.Marshal(e)...)
}

// damaged turns "not there" into damage, for what another value of the same
// transaction says is there.
func damaged(op, subject string, err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Corrupt, op, subject, err)
	}
	return err
}
