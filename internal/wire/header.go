package wire

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// Version is the format version that this program writes and the highest that
// it reads (D43).
const Version = 1

// Caps of SPEC.md sections 2 and 7, in bytes.
const (
	MaxHeader = 2048
	MaxBody   = 49152
	MaxImages = 8
)

// Kind says what an entry reports. Numbers are append-only (SPEC.md section 3).
type Kind uint8

// The kinds.
const (
	KindRequestReleased  Kind = 1 // a second person released a visit; images are named
	KindRequestAmended   Kind = 2 // a released packet is replaced before verification has decided
	KindRequestCancelled Kind = 3 // the person withdrew
	KindFileViewed       Kind = 4 // a member of staff opened a person's file
	KindStaffSignedIn    Kind = 5 // a member of staff signed in, or opened a locked screen again
	KindStaffRefused     Kind = 6 // somebody tried to
	KindStaffSignedOut   Kind = 7 // a session ended, or its screen was locked

	KindQueryAnswered      Kind = 8  // the person answered the issuer's one question
	KindPrintAsked         Kind = 9  // the person chose a post to have the document printed; slip hash: of the print's code
	KindDocumentReleased   Kind = 10 // the person, freshly signed in, opens the document
	KindPrintBegun         Kind = 11 // a post begins to print for the person who gave the code
	KindDocumentPrinted    Kind = 12 // the sheet is there
	KindPrintSpoilt        Kind = 13 // two persons destroyed the sheet
	KindDocumentHandedOver Kind = 14 // the person has the sheet
	KindCallLogged         Kind = 15 // staff spoke to the person by telephone

	KindCardReceived    Kind = 16 // two persons took a card out of its pouch
	KindCardMissing     Kind = 17 // two persons did not find it there
	KindCardDamaged     Kind = 18 // they found it, unfit to be handed over
	KindCardShelved     Kind = 19 // it lies in its place, ready for collection
	KindCardDefective   Kind = 20 // it failed the read test
	KindCardHandedOver  Kind = 21 // the person, or the guardian, has it
	KindCheckFailed     Kind = 22 // whoever came to collect is not the person, as far as could be told
	KindPouchArrived    Kind = 23 // the bag is at the post, closed
	KindPouchOpened     Kind = 24 // two persons opened it; outcome: how the seal was
	KindPouchReconciled Kind = 25 // two persons counted it; outcome: whether all was there

	KindTransferAsked     Kind = 26 // at the counter, the person asked to collect at another post
	KindTransferWithdrawn Kind = 27 // the person collects where the card still is
	KindTransferSent      Kind = 28 // the card left in a pouch for the other post
	KindCardReclaimed     Kind = 29 // the person came for a card that nobody had claimed
	KindCardSentBack      Kind = 30 // two persons put an unclaimed card into a return pouch
	KindCardDestroyed     Kind = 31 // two persons destroyed it

	KindPickupChanged Kind = 32 // at a counter, the person chose another post to collect at
)

var kindNames = map[Kind]string{
	KindRequestReleased:    "request.released",
	KindRequestAmended:     "request.amended",
	KindRequestCancelled:   "request.cancelled",
	KindFileViewed:         "file.viewed",
	KindStaffSignedIn:      "staff.signed_in",
	KindStaffRefused:       "staff.refused",
	KindStaffSignedOut:     "staff.signed_out",
	KindQueryAnswered:      "query.answered",
	KindPrintAsked:         "print.asked",
	KindDocumentReleased:   "document.released",
	KindPrintBegun:         "print.begun",
	KindDocumentPrinted:    "document.printed",
	KindPrintSpoilt:        "print.spoilt",
	KindDocumentHandedOver: "document.handed_over",
	KindCallLogged:         "call.logged",

	KindCardReceived:    "card.received",
	KindCardMissing:     "card.missing",
	KindCardDamaged:     "card.damaged",
	KindCardShelved:     "card.shelved",
	KindCardDefective:   "card.defective",
	KindCardHandedOver:  "card.handed_over",
	KindCheckFailed:     "card.check_failed",
	KindPouchArrived:    "pouch.arrived",
	KindPouchOpened:     "pouch.opened",
	KindPouchReconciled: "pouch.reconciled",

	KindTransferAsked:     "transfer.asked",
	KindTransferWithdrawn: "transfer.withdrawn",
	KindTransferSent:      "transfer.sent",
	KindCardReclaimed:     "card.reclaimed",
	KindCardSentBack:      "card.sent_back",
	KindCardDestroyed:     "card.destroyed",

	KindPickupChanged: "request.pickup",
}

// OfStaff reports whether entries of the kind speak of staff and not of a
// request: they have no reference, and move no case.
func (k Kind) OfStaff() bool {
	return k == KindStaffSignedIn || k == KindStaffRefused || k == KindStaffSignedOut
}

// Known reports whether this program knows what the kind means. An unknown kind
// is stored and refused, never dropped (D42).
func (k Kind) Known() bool { _, ok := kindNames[k]; return ok }

// String gives the kind's name of SPEC.md section 3.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return "kind." + uitoa(uint64(k))
}

// Source says who made an entry.
type Source uint8

// The sources.
const (
	SourceNode   Source = 1 // a post's node: positioned and chained
	SourcePortal Source = 2 // the citizens' portal: idempotent by record id, no chain
)

// Image names one sealed bundle: its address in the vault and its size in bytes.
type Image struct {
	_      struct{} `cbor:",toarray"`
	Digest Digest
	Size   uint64
}

// Header is the clear part of an entry, a closed list (SPEC.md section 2).
type Header struct {
	Version     uint8           `cbor:"1,keyasint"`
	Record      RecordID        `cbor:"2,keyasint"`
	Kind        Kind            `cbor:"3,keyasint"`
	Source      Source          `cbor:"4,keyasint"`
	Node        NodeID          `cbor:"5,keyasint"`
	Incarnation uint64          `cbor:"6,keyasint"`
	Seq         uint64          `cbor:"7,keyasint"`
	Time        int64           `cbor:"8,keyasint"`
	Offset      *int64          `cbor:"9,keyasint,omitempty"`
	Post        consular.PostID `cbor:"10,keyasint"`
	Reference   string          `cbor:"11,keyasint,omitempty"` // 18 digits
	Service     uint8           `cbor:"12,keyasint,omitempty"` // consular.Service number
	Pickup      consular.PostID `cbor:"13,keyasint,omitempty"`
	Images      []Image         `cbor:"14,keyasint,omitempty"`
	SlipHash    *Digest         `cbor:"15,keyasint,omitempty"`
	BodyDigest  Digest          `cbor:"16,keyasint"`
	IntakeKey   uint32          `cbor:"17,keyasint,omitempty"`
	Replaces    *RecordID       `cbor:"18,keyasint,omitempty"`
	Seen        uint64          `cbor:"19,keyasint,omitempty"`
	Outcome     uint8           `cbor:"20,keyasint,omitempty"`
	Serial      *Digest         `cbor:"21,keyasint,omitempty"` // SerialDigest of the card, or of the bag's seal
	Pouch       *PouchID        `cbor:"22,keyasint,omitempty"`
	Count       *uint16         `cbor:"23,keyasint,omitempty"` // cards of the manifest that were found
	Owner       *Digest         `cbor:"24,keyasint,omitempty"` // portal only: of issuer and subject of the sign-in
	Token       *Digest         `cbor:"25,keyasint,omitempty"` // consular.FollowToken.Digest of the slip's QR code
	Topic       *Digest         `cbor:"26,keyasint,omitempty"` // portal only: of who asks, product, purpose and country of use
}

// DecodeHeader reads a header. It checks form and caps only: whether the entry
// is acceptable is decided by apply, so that poison never blocks the line.
func DecodeHeader(raw []byte) (Header, error) {
	const op = "wire: decode header"
	var h Header
	if err := Unmarshal(raw, MaxHeader, &h); err != nil {
		return Header{}, err
	}
	if h.Version == 0 || h.Version > Version {
		return Header{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(h.Version)), nil)
	}
	if len(h.Images) > MaxImages {
		return Header{}, fault.New(fault.TooLarge, op, "images", nil)
	}
	return h, nil
}

// Validate names the field that breaks a rule of the kind. Apply turns its
// answer into a refusal that is committed; the desk asks before it appends.
func (h Header) Validate() error {
	const op = "wire: validate header"
	bad := func(field string) error { return fault.New(fault.Invalid, op, field, nil) }
	if !h.Kind.Known() {
		return fault.New(fault.Unsupported, op, "kind "+uitoa(uint64(h.Kind)), nil)
	}
	switch {
	case h.Record.IsZero():
		return bad("record")
	case !h.placed():
		return bad("post")
	case h.Pickup != "" && h.Pickup.Validate() != nil:
		return bad("pickup")
	case h.Source != SourceNode && h.Source != SourcePortal:
		return bad("source")
	case !h.positioned():
		return bad("position")
	case !imagesHold(h.Images):
		return bad("images")
	case !h.tokenHolds():
		return bad("token")
	case !h.topicHolds():
		return bad("topic")
	}
	if err := h.validateOwner(bad); err != nil {
		return err
	}
	return h.validateKind(bad)
}

// placed says that an entry names the post where it was made, and one of the
// portal names none.
func (h Header) placed() bool {
	if h.Source == SourcePortal {
		return h.Post == ""
	}
	return h.Post.Validate() == nil
}

// validateKind is what each family of kinds adds.
func (h Header) validateKind(bad func(string) error) error {
	switch {
	case h.Kind.OfStaff():
		return h.validateStaff(bad)
	case h.Kind.OfRecord():
		return h.validateRecord(bad)
	case h.Kind.OfPouch():
		return h.validatePouch(bad)
	case h.Kind.OfCard():
		return h.validateCard(bad)
	case h.Serial != nil || h.Pouch != nil || h.Count != nil:
		return bad("fields of a card")
	}
	return h.validateRequest(bad)
}

// validateStaff wants the header of a staff entry to say nothing: who and where
// is sealed.
func (h Header) validateStaff(bad func(string) error) error {
	switch {
	case h.Source != SourceNode:
		return bad("source")
	case h.Reference != "":
		return bad("reference")
	case h.ofRequest() || h.Outcome != 0:
		return bad("fields of a request")
	case h.Serial != nil || h.Pouch != nil || h.Count != nil:
		return bad("fields of a card")
	case h.IntakeKey == 0:
		return bad("intake key")
	}
	return nil
}

// positioned says that a node's entry has a position and the portal's has none.
func (h Header) positioned() bool {
	if h.Source == SourceNode {
		return !h.Node.IsZero() && h.Seq != 0 && h.Incarnation != 0
	}
	return h.Node.IsZero() && h.Seq == 0 && h.Incarnation == 0
}

// tokenHolds says that only a packet brings a token, and one that is none never.
func (h Header) tokenHolds() bool {
	if h.Token == nil {
		return true
	}
	return (h.Kind == KindRequestReleased || h.Kind == KindRequestAmended) && !h.Token.IsZero()
}

// imagesHold says that each bundle is named once, with a size that one can have.
func imagesHold(images []Image) bool {
	seen := make(map[Digest]bool, len(images))
	for _, one := range images {
		if one.Digest.IsZero() || one.Size == 0 || one.Size > seal.MaxBundle || seen[one.Digest] {
			return false
		}
		seen[one.Digest] = true
	}
	return true
}

func (h Header) validateRequest(bad func(string) error) error {
	if ref, err := consular.ParseReference(h.Reference); err != nil || ref.Digits() != h.Reference {
		return bad("reference")
	}
	switch h.Kind { //nolint:exhaustive // the others bring a reference and no more
	case KindRequestReleased, KindRequestAmended:
		return h.validatePacket(bad)
	case KindPickupChanged:
		return h.validatePickup(bad)
	}
	return nil
}

// validatePacket is what a packet has besides.
func (h Header) validatePacket(bad func(string) error) error {
	service := consular.Service(h.Service)
	switch {
	case service.Validate() != nil, h.Source == SourcePortal && service.Family() != consular.FamilyRecord:
		return bad("service")
	case h.Pickup == "" && h.Source == SourceNode:
		return bad("pickup")
	case h.SlipHash == nil || h.SlipHash.IsZero():
		return bad("slip hash")
	case h.IntakeKey == 0:
		return bad("intake key")
	case h.Kind == KindRequestAmended && (h.Replaces == nil || h.Replaces.IsZero() || *h.Replaces == h.Record):
		return bad("replaces")
	}
	return nil
}
