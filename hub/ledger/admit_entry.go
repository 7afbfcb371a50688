package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// run is the new part of a batch: entries, the position after each, and the
// digest of each body.
type run struct {
	after   wire.Position
	entries []wire.Entry
	chain   []wire.Position
	digests []wire.Digest
}

// commit stores the run as one range. Every entry is stored and the cursor
// passes it, accepted or not.
func (t *tx) commit(r *BatchResult, n Node, run run) error {
	for i, e := range run.entries {
		s := Stored{
			At: run.chain[i], Header: e.Header, Digest: run.digests[i], Verdict: Accepted,
			Index: t.index, Time: t.time,
		}
		if err := t.entry(n, &s, e); err != nil {
			return err
		}
		if s.Verdict == Refused {
			r.Refused = append(r.Refused, RefusedEntry{Seq: s.At.Seq, Reason: s.Reason})
		}
	}
	head := run.chain[len(run.chain)-1]
	receipt, err := t.putReceipt(run.after.Seq+1, run.chain)
	if err != nil {
		return err
	}
	r.Receipts, r.Resume = append(r.Receipts, receipt), head
	if err := t.put(inCursors, historyKey(head.Node, head.Incarnation), head); err != nil {
		return err
	}
	n.Incarnation, n.Seen = head.Incarnation, t.time
	if err := t.wentOn(&n, head); err != nil {
		return err
	}
	return t.put(inNodes, n.ID[:], n)
}

// entry decides about one entry, makes its effect and stores it.
func (t *tx) entry(n Node, s *Stored, e wire.Entry) error {
	t.counts.Commits++
	s.Commit = t.counts.Commits
	t.securedAt(n.Post)
	h, reason := t.acceptable(n, s)
	if reason == 0 {
		var err error
		if reason, err = t.take(h, s); err != nil {
			return err
		}
	}
	if reason != 0 {
		s.Verdict, s.Reason = Refused, reason
		if err := t.refused(n, h, s); err != nil {
			return err
		}
	}
	if s.Verdict != Repeated {
		if err := t.w.putDigested(inBodies, number(s.Commit), e.Body, s.Digest); err != nil {
			return err
		}
	}
	at := link{commit: s.Commit, hash: s.At.Hash}
	if err := putLink(t.w, inPositions, positionKey(s.At.Node, s.At.Incarnation, s.At.Seq), at); err != nil {
		return err
	}
	if err := t.grow(s); err != nil {
		return err
	}
	return t.put(inEntries, number(s.Commit), s)
}

// known reports whether the cluster's feature level has what an entry says: a
// newer program must refuse what an older one would, until all are new (D19).
// Level 2 brought the criminal record, the portal, and kinds 26 to 31; level 3
// the token of a slip, which is no reason to refuse (forgetToken); level 4 kind 32.
func known(h wire.Header, feature uint32) bool {
	ofRecord := h.Kind.OfRecord() || consular.Service(h.Service).Family() == consular.FamilyRecord
	switch feature {
	case 0:
		return false
	case 1:
		return h.Kind.Known() && h.Kind <= wire.KindPouchReconciled && !ofRecord && h.Source == wire.SourceNode
	case 2, 3:
		return h.Kind.Known() && h.Kind <= wire.KindCardDestroyed
	default:
		return h.Kind.Known()
	}
}

// acceptable checks what the header says about itself.
func (t *tx) acceptable(n Node, s *Stored) (wire.Header, Reason) {
	h, err := wire.DecodeHeader(s.Header)
	t.forgetToken(&h)
	t.forgetTopic(&h)
	switch {
	case fault.Is(err, fault.Unsupported):
		return wire.Header{}, ReasonUnknownKind
	case err != nil || h.BodyDigest != s.Digest:
		return wire.Header{}, ReasonUnreadable
	case h.Source != wire.SourceNode || h.Node != s.At.Node || h.Incarnation != s.At.Incarnation || h.Seq != s.At.Seq:
		return h, ReasonPosition
	case !known(h, t.cluster.Feature):
		return h, ReasonUnknownKind
	case h.Post != n.Post:
		return h, ReasonPost
	case h.Validate() != nil:
		return h, ReasonField
	}
	return h, 0
}

// take makes the effect of an acceptable entry, unless its record had it
// before, and remembers the record.
func (t *tx) take(h wire.Header, s *Stored) (Reason, error) {
	content := contentOf(h)
	held, known, err := loadLink(t.w, inRecords, h.Record[:])
	switch {
	case err != nil:
		return 0, err
	case known && held.hash != content:
		return ReasonDuplicate, nil
	case known:
		s.Verdict, s.First = Repeated, held.commit
		return 0, nil
	}
	if reason, err := t.effect(h, s); reason != 0 || err != nil {
		return reason, err
	}
	return 0, putLink(t.w, inRecords, h.Record[:], link{commit: s.Commit, hash: content})
}

// effect hands an entry to the case that it is about.
func (t *tx) effect(h wire.Header, s *Stored) (Reason, error) {
	in := workflow.Input{
		Post: h.Post, Pickup: h.Pickup, Service: workflow.Service(h.Service), Seen: h.Seen,
	}
	if t.compares() && len(ruleOf(h.Kind).yields) > 0 {
		in.Seen = 0 // the field rule judges by it
	}
	switch h.Kind {
	case wire.KindRequestReleased:
		in.Event, in.Actor, in.TwoPersons = workflow.Committed, workflow.Node, true
		if h.Source == wire.SourcePortal {
			in.Event, in.Actor, in.TwoPersons = workflow.Submitted, workflow.Citizen, false
		}
		return t.released(h, s, in)
	case wire.KindRequestAmended:
		in.Event, in.Actor, in.TwoPersons = workflow.Amended, workflow.Node, true
		return t.amended(h, s, in)
	case wire.KindRequestCancelled:
		in.Event, in.Actor = workflow.Withdrawn, workflow.Agent
		if h.Source == wire.SourcePortal {
			in.Actor = workflow.Citizen
		}
		return t.withdrawn(h, s, in)
	case wire.KindPickupChanged:
		return t.rerouted(h, s, in)
	case wire.KindFileViewed, wire.KindStaffSignedIn, wire.KindStaffRefused, wire.KindStaffSignedOut:
		return 0, nil // the entry itself is the record of it
	case wire.KindCardReceived, wire.KindCardMissing, wire.KindCardDamaged, wire.KindCardShelved,
		wire.KindCardDefective, wire.KindCardHandedOver, wire.KindCheckFailed,
		wire.KindTransferAsked, wire.KindTransferWithdrawn, wire.KindTransferSent,
		wire.KindCardReclaimed, wire.KindCardSentBack, wire.KindCardDestroyed:
		return t.card(h, s, in)
	case wire.KindQueryAnswered, wire.KindPrintAsked, wire.KindDocumentReleased, wire.KindPrintBegun,
		wire.KindDocumentPrinted, wire.KindPrintSpoilt, wire.KindDocumentHandedOver, wire.KindCallLogged:
		return t.recordAct(h, s, in)
	case wire.KindPouchArrived, wire.KindPouchOpened, wire.KindPouchReconciled:
		return t.bag(h, s, in)
	}
	return ReasonUnknownKind, nil
}

// RefusedLine is one line of the list of refused entries.
type RefusedLine struct {
	Number uint64      `cbor:"1,keyasint"`
	Commit uint64      `cbor:"2,keyasint"`
	Node   wire.NodeID `cbor:"3,keyasint"`
	Seq    uint64      `cbor:"4,keyasint"`
	Reason Reason      `cbor:"5,keyasint"`
	Time   int64       `cbor:"6,keyasint"`

	Settled int64        `cbor:"7,keyasint,omitempty"` // when somebody had dealt with it
	By      wire.StaffID `cbor:"8,keyasint,omitempty"`
	Note    string       `cbor:"9,keyasint,omitempty"`
}

// refused lists the entry and tells the post, which corrects it by a new one.
func (t *tx) refused(n Node, h wire.Header, s *Stored) error {
	t.counts.Refused++
	line := RefusedLine{
		Number: t.counts.Refused, Commit: s.Commit, Node: n.ID, Seq: s.At.Seq, Reason: s.Reason, Time: t.time,
	}
	if err := t.put(inRefused, number(line.Number), line); err != nil {
		return err
	}
	if err := t.unsettled(line, n); err != nil {
		return err
	}
	notice := wire.Notice{Kind: wire.NoticeEntryRefused, Record: h.Record, Reason: uint16(s.Reason)}
	if len(h.Reference) == referenceLength {
		notice.Reference = h.Reference
	}
	if err := t.tell(n.Post, notice); err != nil || s.Reason != ReasonConflict {
		return err
	}
	return t.giveBack(h)
}

// referenceLength is that of a reference in digits.
const referenceLength = 18
