package opener

import (
	"context"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// reader is the machine that may read what is sealed for its post.
type reader struct {
	post consular.PostID
	node wire.NodeID
	key  seal.PostPublic
}

func (s *Sealer) reader(post consular.PostID) (reader, error) {
	held, err := s.state.Post(post)
	if err != nil {
		return reader{}, err
	}
	node, err := s.state.Node(held.Active)
	if err != nil {
		return reader{}, err
	}
	key, err := seal.ParsePostPublic(node.PostKey)
	return reader{post: post, node: node.ID, key: key}, err
}

// Summary carries out workflow.OrderSummary: it seals names and, where the
// person is to be called, contact for the post. The command that it gives is to
// be committed, with its time; without Sealed there is nothing to tell, for the
// packet was sent back as one that cannot be read.
func (s *Sealer) Summary(_ context.Context, order ledger.Order) (ledger.Tell, error) {
	to, err := s.reader(order.Post)
	if err != nil {
		return ledger.Tell{}, err
	}
	view, err := s.state.CaseNumber(order.Case)
	if err != nil {
		return ledger.Tell{}, err
	}
	tell := ledger.Tell{Order: order.ID, Node: to.node}
	p, err := s.packet(view.Commit)
	switch {
	case unreadable(err):
		return tell, nil
	case err != nil:
		return ledger.Tell{}, err
	}
	defer p.destroy()
	sum := wire.Summary{
		Version: wire.Version, Reference: consular.Reference(view.Reference), Service: p.release.Service,
		Family: p.release.Person.Family, Given: p.release.Person.Given, Birth: p.release.Person.Birth, Slip: view.Slip,
	}
	if called(workflow.State(view.Flow.State)) {
		sum.Contact = p.release.Contact
		sum.Contact.Address = consular.Address{}
	}
	if sum.Validate() != nil {
		return tell, nil
	}
	raw := wire.Marshal(sum)
	defer clear(raw)
	sealed, err := s.dicts.SealToPost(to.key, wire.SummaryContext, raw, wire.SummaryAAD(to.post, view.Reference))
	if err != nil {
		return ledger.Tell{}, err
	}
	tell.Sealed = [][]byte{sealed}
	return tell, nil
}

// unreadable tells a packet that no repeat will open.
func unreadable(err error) bool {
	return fault.Is(err, fault.Corrupt) || fault.Is(err, fault.Unsupported) || fault.Is(err, fault.TooLarge) || fault.Is(err, fault.Invalid)
}

// called lists the states in which a post speaks with the person, so that their
// contact is needed there. A card that comes from elsewhere needs no call.
func called(s workflow.State) bool {
	switch s { //nolint:exhaustive // the states whose notice asks the post to act
	case workflow.Supplement, workflow.Recapture, workflow.Returned, workflow.Ready, workflow.Unclaimed, workflow.Transfer,
		workflow.SupplementUntold, workflow.IdentityQuery:
		return true
	}
	return false
}

// Serial gives the serial of a case's card, of which the ledger knows the
// digest only.
type Serial func(ctx context.Context, number uint64) (string, error)

// Manifest carries out workflow.OrderManifest: it seals for the post whose cards
// lie in the bag, in as many parts as notices need. Without Sealed there is
// nothing to tell: the bag was counted long ago, and all its cards are gone.
func (s *Sealer) Manifest(ctx context.Context, order ledger.Order, pouch ledger.PouchView, serial Serial) (ledger.Tell, error) {
	const op = "opener: seal manifest"
	to, err := s.reader(pouch.Flow.Pickup)
	if err != nil {
		return ledger.Tell{}, err
	}
	if pouch.Sent == nil || len(pouch.Items) == 0 {
		return ledger.Tell{}, fault.New(fault.Invalid, op, "the pouch is empty or not closed", nil)
	}
	cards := make([]wire.ManifestCard, 0, len(pouch.Items))
	for _, item := range pouch.Items {
		view, err := s.state.CaseNumber(item.Case)
		if err != nil {
			return ledger.Tell{}, err
		}
		if !ledger.Listed(pouch.Flow, item, view.Case) {
			continue
		}
		line, err := s.card(ctx, item, view, serial)
		if err != nil {
			return ledger.Tell{}, err
		}
		cards = append(cards, line)
	}
	tell := ledger.Tell{Order: order.ID, Node: to.node}
	whole := wire.Manifest{
		Version: wire.Version, Pouch: pouch.Label(), Revision: pouch.Flow.Version, Seal: pouch.Sent.Seal,
		Total: uint16(len(cards)), //nolint:gosec // at most ledger.MaxItems
	}
	for n := firstPart; len(cards) > 0; {
		part := whole
		part.Cards = cards[:min(n, len(cards))]
		sealed, err := s.part(part, to)
		switch {
		case err != nil:
			return ledger.Tell{}, err
		case len(sealed) > wire.MaxNoticeBody && n > 1:
			n /= 2
			continue
		}
		tell.Sealed = append(tell.Sealed, sealed)
		cards = cards[len(part.Cards):]
	}
	return tell, nil
}

// firstPart is how many cards one notice is tried with.
const firstPart = 64

func (s *Sealer) part(m wire.Manifest, to reader) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	raw := wire.Marshal(m)
	defer clear(raw)
	if len(raw) > seal.MaxBody {
		return make([]byte, wire.MaxNoticeBody+1), nil // as one that is too large
	}
	return s.dicts.SealToPost(to.key, wire.ManifestContext, raw, wire.ManifestAAD(to.post))
}

// card opens the packet of one line.
func (s *Sealer) card(ctx context.Context, item ledger.Item, view ledger.CaseView, serial Serial) (wire.ManifestCard, error) {
	const op = "opener: list card"
	number, err := serial(ctx, item.Case)
	if err != nil {
		return wire.ManifestCard{}, err
	}
	if wire.SerialDigest(number) != item.Serial {
		return wire.ManifestCard{}, fault.New(fault.Corrupt, op, "the site names another card", nil)
	}
	p, err := s.packet(view.Commit)
	if err != nil {
		return wire.ManifestCard{}, err
	}
	defer p.destroy()
	return wire.ManifestCard{
		Reference: consular.Reference(item.Reference), Serial: number, Family: p.release.Person.Family,
		Given: p.release.Person.Given, Birth: p.release.Person.Birth, Service: p.release.Service, Slip: view.Slip,
	}, nil
}
