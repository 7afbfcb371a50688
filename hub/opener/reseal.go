package opener

import (
	"bytes"
	"context"
	"io"
	"strings"

	"jaliya/hub/gateway/centre"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Reseal opens the packet of a produce order and seals to the site what a card
// shows or holds, and nothing else: no scans, no contact.
func (s *Sealer) Reseal(_ context.Context, order ledger.Order, to centre.Recipient) (centre.Sealed, error) {
	p, err := s.packet(order.Commit)
	if err != nil {
		return centre.Sealed{}, err
	}
	defer p.destroy()
	if p.header.Record != order.Record {
		return centre.Sealed{}, fault.New(fault.Invalid, "opener: reseal", "another packet", nil)
	}
	delivery, err := seal.NewDelivery(to.Key, to.Context, s.dicts)
	if err != nil {
		return centre.Sealed{}, err
	}
	defer delivery.Destroy()
	images, parts, err := s.cardImages(p, delivery)
	if err != nil {
		return centre.Sealed{}, err
	}
	raw, err := centre.CardData{
		Version: 1, Job: to.Job, Packet: to.Packet, Product: consular.Service(order.Service).String(),
		Person: onCard(p.release.Person), Address: p.release.Contact.Address, Parts: parts,
	}.Encode()
	if err != nil {
		return centre.Sealed{}, err
	}
	defer clear(raw)
	card, err := delivery.SealBody(raw, to.AAD)
	return centre.Sealed{Card: card, Images: images}, err
}

// onCard leaves out what the civil-status proof says and the card does not.
func onCard(p consular.Person) consular.Person {
	p.Former, p.ActNumber = nil, ""
	return p
}

// cardPart tells whether an image goes onto the card or into its chip.
func cardPart(name string) bool {
	return name == wire.PartPortrait || name == "signature" || strings.HasPrefix(name, "print-")
}

func (s *Sealer) cardImages(p *packet, delivery *seal.Visit) ([]byte, []centre.Part, error) {
	var sealed bytes.Buffer
	bundle, err := delivery.BundleWriter(&sealed)
	if err != nil {
		return nil, nil, err
	}
	err = s.each(p, func(head seal.PartHead, r io.Reader) error {
		if !cardPart(head.Name) {
			return nil
		}
		_, err := bundle.Add(head.Name, head.MediaType, r)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	info, err := bundle.Finish()
	if err != nil {
		return nil, nil, err
	}
	return sealed.Bytes(), centre.PartsOf(wire.PartsOf(info.Parts)), nil
}
