package wire

import "jaliya/internal/consular"

// OfRecord reports whether entries of the kind speak of a request for a
// criminal record after it was filed (domain.md G.2).
func (k Kind) OfRecord() bool { return k >= KindQueryAnswered && k <= KindCallLogged }

// byPerson reports whether the person says it, on the portal.
func (k Kind) byPerson() bool {
	return k == KindPrintAsked || k == KindDocumentReleased
}

// atPost reports whether only a post's machine may say it.
func (k Kind) atPost() bool {
	return k >= KindPrintBegun && k <= KindCallLogged
}

// hasCode reports whether the header names the hash of a code that the person
// has: the one drawn for a print, or the one given at the counter.
func (k Kind) hasCode() bool { return k == KindPrintAsked || k == KindPrintBegun }

// validateRecord wants a reference, a sealed body, a code where there is one,
// and the post where a print is wanted. The outcome of a search is nowhere.
func (h Header) validateRecord(bad func(string) error) error {
	ref, err := consular.ParseReference(h.Reference)
	switch {
	case err != nil || ref.Digits() != h.Reference:
		return bad("reference")
	case h.IntakeKey == 0:
		return bad("intake key")
	case h.Kind.byPerson() && h.Source != SourcePortal, h.Kind.atPost() && h.Source != SourceNode:
		return bad("source")
	case h.Kind.hasCode() != (h.SlipHash != nil), h.SlipHash != nil && h.SlipHash.IsZero():
		return bad("slip hash")
	case (h.Kind == KindPrintAsked) != (h.Pickup != ""):
		return bad("pickup")
	case h.ofPacket() || h.Outcome != 0 || h.Serial != nil || h.Pouch != nil || h.Count != nil:
		return bad("fields of another kind")
	}
	return nil
}

// ofPacket reports whether a field is set that only a packet has, besides those
// that acts on a record share with it.
func (h Header) ofPacket() bool { return h.Service != 0 || len(h.Images) > 0 || h.Replaces != nil }

// topicHolds says that only a request which a person files alone brings a
// topic, and one that is none never.
func (h Header) topicHolds() bool {
	if h.Topic == nil {
		return true
	}
	return h.Kind == KindRequestReleased && h.Source == SourcePortal && !h.Topic.IsZero()
}

// validateOwner wants the digest of whoever signed in on everything that the
// portal sends, and on nothing else.
func (h Header) validateOwner(bad func(string) error) error {
	owned := h.Owner != nil && !h.Owner.IsZero()
	if owned != (h.Source == SourcePortal) || (h.Owner != nil && h.Owner.IsZero()) {
		return bad("owner")
	}
	return nil
}
