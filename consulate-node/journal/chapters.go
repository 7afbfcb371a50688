package journal

import (
	"slices"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Why says for which reason a journal went on in a new incarnation (D35).
type Why uint8

// The reasons. Append-only.
const (
	WhyJoined   Why = 0 // it is the first
	WhyAnchor   Why = 1 // the journal was behind its anchor: an older copy was put back (D39)
	WhyRestored Why = 2 // the hub was ahead of it (D36)
	WhySettled  Why = 3 // people decided that the node goes on beside another history (D38)
	WhyFetched  Why = 4 // it was written by this node before, and came back from the hub
)

var whyNames = [...]string{"joined", "anchor", "restored", "settled", "fetched"}

// String gives the reason as it stands in logs and in JSON.
func (y Why) String() string {
	if int(y) < len(whyNames) {
		return whyNames[y]
	}
	return "why " + uitoa(uint64(y))
}

// Chapter is one incarnation of a journal. All but the last are closed: they
// are read, proved, and completed from the hub, and never written again.
type Chapter struct {
	Incarnation uint64 `cbor:"1,keyasint"`
	Why         Why    `cbor:"2,keyasint,omitempty"`
	At          int64  `cbor:"3,keyasint,omitempty"` // wall clock when it was opened, ms
	Again       uint64 `cbor:"4,keyasint,omitempty"` // entries of the one before that it begins with
	End         uint64 `cbor:"5,keyasint,omitempty"` // last sequence that is here of a closed one
	Receipted   uint64 `cbor:"6,keyasint,omitempty"` // last sequence of a closed one under a stored receipt
}

// MaxChapters bounds the incarnations of one journal: more mean that something
// opens them without need.
const MaxChapters = 1024

var keyChapters = []byte("chapters")

// chapters are the incarnations of a journal in order, the one that is written
// last.
type chapters []Chapter

func readChapters(r kv.Reader) (chapters, error) {
	held, err := readMeta[chapters](r, "journal: read incarnations", keyChapters)
	if fault.Is(err, fault.NotFound) { // a journal that never opened another
		s, err := readState(r)
		return chapters{{Incarnation: s.Head.Incarnation}}, err
	}
	return held, err
}

func (c chapters) put(w kv.Writer) error {
	if len(c) > MaxChapters {
		return fault.New(fault.Full, "journal: write incarnations", uitoa(uint64(len(c))), nil)
	}
	return w.Put(bucketMeta, keyChapters, encodeHeld(c))
}

// order gives the place of an incarnation among the others, -1 for one that is
// not of this journal.
func (c chapters) order(incarnation uint64) int {
	return slices.IndexFunc(c, func(one Chapter) bool { return one.Incarnation == incarnation })
}

// insert gives the list with one more of the node's past, before the last.
func (c chapters) insert(one Chapter) chapters {
	return slices.Insert(slices.Clone(c), len(c)-1, one)
}

// secured notes how far a closed incarnation is here and under a receipt.
func (c chapters) secured(w kv.Writer, r wire.Receipt) error {
	i := c.order(r.Incarnation)
	if i < 0 {
		return fault.New(fault.Denied, "journal: store receipt", "a receipt for another history", nil)
	}
	c[i].Receipted, c[i].End = r.Last, max(c[i].End, r.Last)
	return c.put(w)
}

// Chapters lists the incarnations of the journal in a store, oldest first.
func Chapters(r kv.Reader) ([]Chapter, error) { return readChapters(r) }

// Chapters lists the incarnations of this journal, oldest first.
func (j *Journal) Chapters() ([]Chapter, error) { return view(j, Chapters) }

// Wanting gives those of the positions that the hub holds, in this node's name,
// beyond what this journal has under a receipt; each as the position that it has
// of that incarnation. The incarnation that is written is not among them: of that
// one nothing can be taken back.
func Wanting(r kv.Reader, held []wire.Position) (after []wire.Position, err error) {
	s, err := readState(r)
	if err != nil {
		return nil, err
	}
	for _, at := range held {
		if at.Node != s.Head.Node || at.Incarnation == s.Head.Incarnation || at.Incarnation == 0 {
			continue
		}
		last := receiptedOf(r, at.Incarnation)
		if last >= at.Seq {
			continue
		}
		own, err := positionAt(r, at.Node, at.Incarnation, last)
		if err != nil {
			return nil, damaged("journal: compare with the hub", at.String(), err)
		}
		after = append(after, own)
	}
	return after, nil
}

// Wanting says what the hub has of this node that this journal lacks (see the
// function Wanting).
func (j *Journal) Wanting(held []wire.Position) ([]wire.Position, error) {
	return view(j, func(r kv.Reader) ([]wire.Position, error) { return Wanting(r, held) })
}
