package ledger

import (
	"crypto/sha256"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// File commits one entry of the portal. It has no chain, so that one which is
// refused changes nothing and is answered with the reason; the same one again
// is answered as the first was.
type File struct {
	Time   int64  `cbor:"1,keyasint"`
	Header []byte `cbor:"2,keyasint"`
	Body   []byte `cbor:"3,keyasint"`
}

func (File) kind() Kind { return KindFile }

func (c File) when() int64 { return c.Time }

func (c File) apply(t *tx) (Result, error) {
	if len(c.Header) == 0 || len(c.Header) > wire.MaxHeader || len(c.Body) == 0 || len(c.Body) > wire.MaxBody {
		return refuse(fault.TooLarge, "entry size"), nil
	}
	e := wire.Entry{Header: c.Header, Body: c.Body}
	s := Stored{
		Commit: t.counts.Commits + 1, At: wire.Position{Hash: e.PortalHash()}, Header: c.Header,
		Digest: sha256.Sum256(c.Body), Verdict: Accepted, Index: t.index, Time: t.time,
	}
	h, reason := t.acceptablePortal(&s)
	if reason == 0 {
		var err error
		if reason, err = t.take(h, &s); err != nil {
			return Result{}, err
		}
	}
	switch {
	case reason != 0:
		return refuseEntry(reason), nil
	case s.Verdict == Repeated:
		return t.filedBefore(s.First)
	}
	t.counts.Commits++
	if err := t.w.putDigested(inBodies, number(s.Commit), c.Body, s.Digest); err != nil {
		return Result{}, err
	}
	if err := t.grow(&s); err != nil {
		return Result{}, err
	}
	return Result{Case: s.Case, Commit: s.Commit}, t.put(inEntries, number(s.Commit), s)
}

// refuseEntry is the result of an entry of the portal that is not taken.
func refuseEntry(reason Reason) Result {
	kind := fault.Conflict
	switch reason { //nolint:exhaustive // the others are conflicts with the case
	case ReasonUnreadable, ReasonField, ReasonPosition, ReasonIncomplete:
		kind = fault.Invalid
	case ReasonUnknownKind, ReasonService:
		kind = fault.Unsupported
	case ReasonNoCase, ReasonNotYours:
		kind = fault.NotFound // alike, so that nobody learns which requests there are
	case ReasonDuplicate, ReasonReferenceUsed:
		kind = fault.Exists
	}
	r := refuse(kind, "entry is refused")
	r.Reason = reason
	return r
}

func (t *tx) filedBefore(commit uint64) (Result, error) {
	s, found, err := load[Stored](t.w, inEntries, number(commit))
	if err == nil && !found {
		err = fault.New(fault.Corrupt, "ledger: read entries", "", nil)
	}
	return Result{Case: s.Case, Commit: s.Commit}, err
}

// acceptablePortal checks what the header says about itself.
func (t *tx) acceptablePortal(s *Stored) (wire.Header, Reason) {
	h, err := wire.DecodeHeader(s.Header)
	t.forgetToken(&h)
	t.forgetTopic(&h)
	switch {
	case fault.Is(err, fault.Unsupported):
		return wire.Header{}, ReasonUnknownKind
	case err != nil || h.BodyDigest != s.Digest:
		return wire.Header{}, ReasonUnreadable
	case h.Source != wire.SourcePortal:
		return h, ReasonPosition
	case !known(h, t.cluster.Feature) || h.Kind.OfStaff():
		return h, ReasonUnknownKind
	case h.Validate() != nil:
		return h, ReasonField
	}
	return h, 0
}

// ReadOnce says that the document of a release is about to be opened for the
// person: a release opens it once, however often its link is followed.
type ReadOnce struct {
	Time   int64         `cbor:"1,keyasint"`
	Record wire.RecordID `cbor:"2,keyasint"` // of the document.released
}

func (ReadOnce) kind() Kind { return KindReadOnce }

func (c ReadOnce) when() int64 { return c.Time }

func (c ReadOnce) apply(t *tx) (Result, error) {
	held, found, err := loadLink(t.w, inRecords, c.Record[:])
	if err != nil {
		return Result{}, err
	}
	if !found {
		return refuse(fault.NotFound, "record"), nil
	}
	s, _, err := load[Stored](t.w, inEntries, number(held.commit))
	if err != nil {
		return Result{}, err
	}
	if !ofKind(s, wire.KindDocumentReleased) {
		return refuse(fault.Invalid, "record of another kind"), nil
	}
	if t.w.Get(inOpened, c.Record[:]) != nil {
		return refuse(fault.Used, "the document was opened with it"), nil
	}
	return Result{Case: s.Case}, t.putRaw(inOpened, c.Record[:], number(uint64(c.Time))) //nolint:gosec // checked: above zero
}

// ofKind reports whether a stored entry is of a kind.
func ofKind(s Stored, kind wire.Kind) bool {
	h, err := wire.DecodeHeader(s.Header)
	return err == nil && h.Kind == kind
}

// recordAct hands an entry of kinds 8 to 15 to its case.
func (t *tx) recordAct(h wire.Header, s *Stored, in workflow.Input) (Reason, error) {
	c, found, err := t.findCase(h.Reference)
	switch {
	case err != nil:
		return 0, err
	case !found:
		return ReasonNoCase, nil
	case !c.ownedBy(h):
		return ReasonNotYours, nil
	case h.Kind == wire.KindPrintBegun && *h.SlipHash != c.code():
		return ReasonCode, nil
	}
	in.Event, in.Actor = recordEvent(h)
	in.TwoPersons = h.Kind.ByTwo()
	out, err := workflow.Step(c.Flow.Case(), in)
	if err != nil {
		return reasonOf(err), nil
	}
	t.mark(&c, h, out.Case)
	switch h.Kind { //nolint:exhaustive // the kinds that leave something in the case
	case wire.KindQueryAnswered:
		c.Answer = s.Commit
	case wire.KindPrintAsked:
		c.PrintCode = *h.SlipHash
	case wire.KindPrintBegun:
		c.Print = &Print{Record: h.Record, Commit: s.Commit, Post: h.Post}
	}
	s.Case = c.Number
	return 0, t.move(&c, in, out, s.Commit)
}

// recordEvent gives the event of a kind and the party that says it.
func recordEvent(h wire.Header) (workflow.Event, workflow.Actor) {
	switch h.Kind { //nolint:exhaustive // kinds 8 to 15; the others have cases of their own
	case wire.KindQueryAnswered:
		if h.Source == wire.SourcePortal {
			return workflow.QueryAnswered, workflow.Citizen
		}
		return workflow.QueryAnswered, workflow.Agent
	case wire.KindPrintAsked:
		return workflow.PrintAsked, workflow.Citizen
	case wire.KindDocumentReleased:
		return workflow.DocumentReleased, workflow.Citizen
	case wire.KindPrintBegun:
		return workflow.PrintBegun, workflow.Agent
	case wire.KindDocumentPrinted:
		return workflow.DocumentPrinted, workflow.Agent
	case wire.KindPrintSpoilt:
		return workflow.PrintSpoilt, workflow.Supervisor
	case wire.KindDocumentHandedOver:
		return workflow.DocumentHandedOver, workflow.Agent
	case wire.KindCallLogged:
		return workflow.CallLogged, workflow.Agent
	}
	return 0, 0
}

// Print is the newest print that a post began for a case.
type Print struct {
	Record wire.RecordID   `cbor:"1,keyasint"` // the print.begun
	Commit uint64          `cbor:"2,keyasint"`
	Post   consular.PostID `cbor:"3,keyasint"`
	Object wire.Digest     `cbor:"4,keyasint"` // what was sealed for it; zero: not yet
}

// code is what the person gives at the counter: the one drawn for the print,
// or the slip's where the request was made at a counter.
func (c *Case) code() wire.Digest {
	if c.PrintCode != (wire.Digest{}) {
		return c.PrintCode
	}
	return c.Slip
}

// ownedBy holds that what comes from the portal is said by whoever filed the
// request; a post serves anybody who stands at its counter.
func (c *Case) ownedBy(h wire.Header) bool {
	return h.Source != wire.SourcePortal || (h.Owner != nil && c.Owner != (wire.Digest{}) && c.Owner == *h.Owner)
}

// ownerKey is a place in the list of what a person filed: an HMAC, then the
// case.
func (t *tx) ownerKey(owner wire.Digest, n uint64) []byte {
	return append(ownerPrefix(t.cluster.Secret, owner), number(n)...)
}
