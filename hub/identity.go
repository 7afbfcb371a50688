package hub

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"log/slog"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

const (
	identityRound = time.Hour
	denylistRound = 2 * time.Second // within the 5 s of I20
)

// denied asks the ledger's denylist; what it cannot know is denied (S19).
func (h *Hub) denied(id pki.Identity, serial string) bool {
	if raw, err := hex.DecodeString(serial); err == nil {
		if denied, err := h.ledger.Denied(ledger.DeniedSerial(raw)); denied || err != nil {
			return true
		}
	}
	node, err := wire.ParseNodeID(id.ID)
	if err != nil {
		return true
	}
	denied, err := h.ledger.Denied(ledger.DeniedNode(node))
	return denied || err != nil
}

func (h *Hub) verifier(roles ...pki.Role) *pki.Verifier {
	return &pki.Verifier{Trust: h.keys.trust, Roles: roles, Now: time.Now, Denied: h.denied}
}

// memberTLS authenticates members to each other, both ways.
func (h *Hub) memberTLS() (server, client *tls.Config, err error) {
	own, v := h.keys.ring.Source(pki.SlotWorking), h.verifier(pki.Member)
	if server, err = pki.MutualServer(own, v, link.ALPNRaft); err != nil {
		return nil, nil, err
	}
	client, err = pki.MutualClient(own, v, link.ALPNRaft)
	return server, client, err
}

// endpoints gives what nodes may speak, each with the role that may.
func (h *Hub) endpoints() (map[string]link.Endpoint, error) {
	own := h.keys.ring.Source(pki.SlotWorking)
	join, err := pki.JoinServer(own, h.keys.trust.Root, link.ALPNJoin)
	if err != nil {
		return nil, err
	}
	member, err := pki.JoinServer(own, h.keys.trust.Root, link.ALPNMember)
	if err != nil {
		return nil, err
	}
	renew, err := pki.MutualServer(own, h.verifier(pki.Device), link.ALPNRenew)
	if err != nil {
		return nil, err
	}
	ship, err := pki.MutualServer(own, h.verifier(pki.Node), link.ALPNShip)
	if err != nil {
		return nil, err
	}
	bulk, err := pki.MutualServer(own, h.verifier(pki.Node), link.ALPNBulk)
	if err != nil {
		return nil, err
	}
	fetch, err := pki.MutualServer(own, h.verifier(pki.Node), link.ALPNFetch)
	if err != nil {
		return nil, err
	}
	return map[string]link.Endpoint{
		link.ALPNJoin:   {TLS: join, Handle: link.JoinServer{Handle: h.join}.Serve, Sessions: 16},
		link.ALPNMember: {TLS: member, Handle: link.JoinServer{Handle: h.enlist}.Serve, Sessions: 4},
		link.ALPNRenew:  {TLS: renew, Handle: link.Exchanger{Answer: h.renew}.Serve, Sessions: 128},
		link.ALPNShip:   {TLS: ship, Handle: h.intake.Ship},
		link.ALPNBulk:   {TLS: bulk, Handle: h.intake.Bulk},
		link.ALPNFetch:  {TLS: fetch, Handle: link.Exchanger{Answer: h.fetch, MaxRequest: 1024}.Serve},
	}, nil
}

// renewMember gives this member a working certificate when it has none or a
// third of its life is over. Members hold the intermediate, so they ask nobody.
func (h *Hub) renewMember() error {
	now := time.Now()
	held, err := h.keys.ring.Credential(pki.SlotWorking)
	if err == nil && now.Before(pki.RenewAt(held.Leaf)) {
		return nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	pending, err := h.keys.ring.Prepare(pki.SlotWorking)
	if err != nil {
		return err
	}
	chain, err := h.keys.authority(pki.Member).IssueCSR(pending.CSR, pki.Request{Identity: h.keys.member, Now: now})
	if err != nil {
		return err
	}
	return h.keys.ring.Install(pending, chain)
}

// keepIdentity renews this member's certificate while it runs, and ends the
// sessions of peers whose certificates ran out.
func (h *Hub) keepIdentity(ctx context.Context) error {
	t := time.NewTicker(identityRound)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-t.C:
			if err := h.renewMember(); err != nil {
				h.log.Error("member certificate not renewed", slog.Any("error", err))
			}
			h.registry.Expire(now)
		}
	}
}

// keepDenylist cuts live sessions soon after a denial was committed (I20).
func (h *Hub) keepDenylist(ctx context.Context) error {
	t := time.NewTicker(denylistRound)
	defer t.Stop()
	seen := 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		list, err := h.ledger.Denylist()
		if err != nil {
			return err
		}
		if len(list) == seen {
			continue
		}
		seen = len(list)
		if n := h.registry.Revoke(h.denied); n > 0 {
			h.log.Warn("revoked sessions ended", slog.Any("sessions", n))
		}
	}
}
