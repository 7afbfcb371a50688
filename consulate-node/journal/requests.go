package journal

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Level says how safe a record is, in the words of every screen and slip.
type Level string

// The levels that a node can vouch for; L3 comes with archive statements.
const (
	L0 Level = "L0" // not saved
	L1 Level = "L1" // saved at this post
	L2 Level = "L2" // secured nationally
)

// Request is what this post knows of a request: what it said itself, and what
// signed notices said since.
type Request struct {
	Reference string          `cbor:"1,keyasint"`
	Record    wire.RecordID   `cbor:"2,keyasint"` // of the packet that counts: released, or the last amended
	Position  wire.Position   `cbor:"3,keyasint"` // of that entry; zero when another post made it
	Service   uint8           `cbor:"4,keyasint"`
	Pickup    consular.PostID `cbor:"5,keyasint"`
	SlipHash  wire.Digest     `cbor:"6,keyasint"`
	Opened    int64           `cbor:"7,keyasint"`            // wall clock of the desk, ms
	Version   uint64          `cbor:"8,keyasint"`            // of the case at the hub, 0 before the first notice
	State     uint8           `cbor:"9,keyasint"`            // workflow state at the hub
	Reason    uint16          `cbor:"10,keyasint"`           // of a refusal
	Told      int64           `cbor:"11,keyasint"`           // hub time of the last notice, ms
	Refused   bool            `cbor:"12,keyasint"`           // the entry itself was committed as refused
	Withdrawn bool            `cbor:"13,keyasint,omitempty"` // this post said that the person withdrew
	Before    []Packet        `cbor:"14,keyasint,omitempty"` // that the hub may fall back to, oldest first
	Unamended uint16          `cbor:"15,keyasint,omitempty"` // why the hub refused the last amendment, 0 for not
	Elsewhere bool            `cbor:"17,keyasint,omitempty"` // the packet that counts is another post's by now
	Read      bool            `cbor:"16,keyasint,omitempty"` // somebody here has read the refusal
}

// trackEntry keeps the view of a request in step with the entries about it.
func trackEntry(w kv.Writer, h wire.Header, at wire.Position) error {
	const op = "journal: track request"
	if h.Kind.OfStaff() || h.Kind.OfCard() || h.Kind.OfPouch() {
		return nil
	}
	q, err := readRequest(w, h.Reference)
	known := err == nil
	if !known && !fault.Is(err, fault.NotFound) {
		return err
	}
	switch h.Kind {
	case wire.KindRequestReleased:
		if known {
			return fault.New(fault.Exists, op, "reference", nil)
		}
		return putRequest(w, opened(Request{Reference: h.Reference, Opened: h.Time}, h, at))
	case wire.KindRequestAmended:
		return amended(w, q, h, at)
	case wire.KindRequestCancelled:
		if !known {
			return nil // another post's: the hub's notice will tell of it
		}
		q.Withdrawn = true
		return putRequest(w, q)
	case wire.KindPickupChanged, wire.KindFileViewed, wire.KindStaffSignedIn, wire.KindStaffRefused, wire.KindStaffSignedOut,
		wire.KindCardReceived, wire.KindCardMissing, wire.KindCardDamaged, wire.KindCardShelved,
		wire.KindCardDefective, wire.KindCardHandedOver, wire.KindCheckFailed,
		wire.KindPouchArrived, wire.KindPouchOpened, wire.KindPouchReconciled,
		wire.KindTransferAsked, wire.KindTransferWithdrawn, wire.KindTransferSent,
		wire.KindCardReclaimed, wire.KindCardSentBack, wire.KindCardDestroyed,
		wire.KindQueryAnswered, wire.KindPrintAsked, wire.KindDocumentReleased, wire.KindPrintBegun,
		wire.KindDocumentPrinted, wire.KindPrintSpoilt, wire.KindDocumentHandedOver, wire.KindCallLogged:
	}
	return nil
}

// amended puts another packet into the place of the one that it replaces; q has
// no reference when this post did not know the request.
func amended(w kv.Writer, q Request, h wire.Header, at wire.Position) error {
	if q.Position.Seq != 0 && q.Record != *h.Replaces {
		return fault.New(fault.Conflict, "journal: track request", "the packet was replaced before", nil)
	}
	if q.Reference == "" {
		q = Request{Reference: h.Reference, Opened: h.Time}
	}
	q.push()
	return putRequest(w, opened(q, h, at))
}

// opened is the request with h as the packet that counts.
func opened(q Request, h wire.Header, at wire.Position) Request {
	q.Record, q.Position, q.Service, q.Pickup = h.Record, at, h.Service, h.Pickup
	q.SlipHash, q.Refused, q.Unamended, q.Read = *h.SlipHash, false, 0, false
	return q
}

func putRequest(w kv.Writer, q Request) error {
	if err := w.Put(bucketRequests, []byte(q.Reference), encodeHeld(q)); err != nil {
		return err
	}
	return q.index(w)
}

func readRequest(r kv.Reader, reference string) (Request, error) {
	const op = "journal: read request"
	raw := r.Get(bucketRequests, []byte(reference))
	if raw == nil {
		return Request{}, fault.New(fault.NotFound, op, "", nil)
	}
	return decodeHeld[Request](op, "", raw)
}

// Tracked is a request with its level.
type Tracked struct {
	Request
	Level Level
}

// List gives the requests that follow a reference in order of reference, ""
// for the first, at most limit: whoever shows many reads in slices (D6).
func List(r kv.Reader, after string, limit int) ([]Tracked, error) {
	const op = "journal: list requests"
	var out []Tracked
	var failed error
	r.Ascend(bucketRequests, []byte(after), func(key, value []byte) bool {
		if string(key) == after {
			return true
		}
		if len(out) >= limit {
			return false
		}
		q, err := decodeHeld[Request](op, "", value)
		if err != nil {
			failed = err
			return false
		}
		out = append(out, Tracked{Request: q, Level: LevelOf(r, q)})
		return true
	})
	return out, failed
}

// LevelOf gives the level of a request at this post: L2 exactly when a stored
// receipt covers the entry that counts. What the hub told first is L2 from the
// start.
func LevelOf(r kv.Reader, q Request) Level {
	if q.Position.Seq > receiptedOf(r, q.Position.Incarnation) {
		return L1
	}
	return L2
}
