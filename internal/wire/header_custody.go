package wire

import "jaliya/internal/consular"

// OfCard reports whether entries of the kind say where a card is.
func (k Kind) OfCard() bool {
	return k >= KindCardReceived && k <= KindCheckFailed || k >= KindTransferAsked && k <= KindCardDestroyed
}

// OfPouch reports whether entries of the kind speak of a bag: they have no
// reference.
func (k Kind) OfPouch() bool { return k >= KindPouchArrived && k <= KindPouchReconciled }

// ByTwo reports whether entries of the kind say by themselves that two
// different persons did it.
func (k Kind) ByTwo() bool {
	return k == KindCardReceived || k == KindCardMissing || k == KindCardDamaged ||
		k == KindPouchOpened || k == KindPouchReconciled || k == KindCardSentBack || k == KindCardDestroyed ||
		k == KindPrintSpoilt
}

// InBag reports whether entries of the kind say of a card that it came out of a
// bag, or went into one.
func (k Kind) InBag() bool {
	return k == KindCardReceived || k == KindCardMissing || k == KindCardDamaged ||
		k == KindTransferSent || k == KindCardSentBack
}

// ofRequest reports whether a field is set that only packets have.
func (h Header) ofRequest() bool {
	return h.Service != 0 || h.Pickup != "" || len(h.Images) > 0 || h.SlipHash != nil || h.Replaces != nil || h.Seen != 0
}

// validateCard wants what the ledger needs to move a card, and nothing else.
func (h Header) validateCard(bad func(string) error) error {
	inBag, rest := h.Kind.InBag(), h
	if h.Kind == KindTransferAsked {
		if h.Pickup == "" || h.Pickup == h.Post {
			return bad("pickup")
		}
		rest.Pickup = "" // its own: where the person wants to collect
	}
	ref, err := consular.ParseReference(h.Reference)
	switch {
	case h.Source != SourceNode:
		return bad("source")
	case err != nil || ref.Digits() != h.Reference:
		return bad("reference")
	case rest.ofRequest() || h.Outcome != 0 || h.Count != nil:
		return bad("fields of another kind")
	case h.IntakeKey == 0:
		return bad("intake key")
	case h.Serial == nil || h.Serial.IsZero():
		return bad("serial")
	case inBag != (h.Pouch != nil), inBag && h.Pouch.Label().Validate() != nil:
		return bad("pouch")
	}
	return nil
}

// validatePouch is validateCard for a bag.
func (h Header) validatePouch(bad func(string) error) error {
	switch {
	case h.Source != SourceNode:
		return bad("source")
	case h.Reference != "":
		return bad("reference")
	case h.ofRequest():
		return bad("fields of another kind")
	case h.IntakeKey == 0:
		return bad("intake key")
	case h.Pouch == nil || h.Pouch.Label().Validate() != nil:
		return bad("pouch")
	}
	return h.validateBag(bad)
}

// validateBag is what each of the three kinds has of its own.
func (h Header) validateBag(bad func(string) error) error {
	opened, counted := h.Kind == KindPouchOpened, h.Kind == KindPouchReconciled
	switch {
	case opened != (h.Serial != nil), opened && h.Serial.IsZero():
		return bad("serial")
	case counted != (h.Count != nil), counted && *h.Count > MaxPouchCards:
		return bad("count")
	case (opened || counted) != (h.Outcome == 1 || h.Outcome == 2), !opened && !counted && h.Outcome != 0:
		return bad("outcome")
	}
	return nil
}
