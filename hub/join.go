package hub

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"log/slog"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// join takes a machine in by its invitation: the ledger decides who it is, then
// certificates are issued for that identity and for the keys of the requests.
// The same machine may ask again after a lost reply.
func (h *Hub) join(ctx context.Context, request []byte) ([]byte, error) {
	const op = "hub: join"
	var r wire.JoinRequest
	if err := wire.Unmarshal(request, wire.FrameJoin.Limit(), &r); err != nil {
		return nil, err
	}
	if r.Version == 0 || r.Version > wire.Version {
		return nil, fault.New(fault.Unsupported, op, "version", nil)
	}
	device, err := keyDigest(r.DeviceCSR)
	if err != nil {
		return nil, err
	}
	if err := checkDesk(r.DeskCSR, r.DeskNames); err != nil {
		return nil, err
	}
	result, err := h.ask(ctx, ledger.JoinNode{
		Time: time.Now().UnixMilli(), Invitation: sha256.Sum256(r.Secret), Node: r.Node, Post: r.Post,
		Device: device, Journal: r.JournalKey, PostKey: r.PostKey,
	})
	if err != nil {
		h.log.Warn("join refused", slog.Any("post", r.Post), slog.String("kind", fault.KindOf(err).String()))
		return nil, err
	}
	if result.Node == nil {
		return nil, fault.New(fault.Internal, op, "answer", nil)
	}
	h.log.Info("node joined", slog.Any("post", r.Post), slog.String("node", r.Node.String()))
	return h.joinReply(r)
}

// keyDigest names the key of a signing request.
func keyDigest(csr []byte) (wire.Digest, error) {
	public, err := pki.ParseCSR(csr)
	if err != nil {
		return wire.Digest{}, err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return wire.Digest{}, fault.New(fault.Invalid, "hub: name key", "", err)
	}
	return sha256.Sum256(der), nil
}

func (h *Hub) joinReply(r wire.JoinRequest) ([]byte, error) {
	device, err := h.issue(pki.Device, r.DeviceCSR, string(r.Post), r.Node)
	if err != nil {
		return nil, err
	}
	working, err := h.issue(pki.Node, r.WorkingCSR, string(r.Post), r.Node)
	if err != nil {
		return nil, err
	}
	desk, err := h.issueDesk(r.DeskCSR, r.DeskNames, pki.Identity{Name: string(r.Post), ID: r.Node.String()})
	if err != nil {
		return nil, err
	}
	held, err := h.ledger.Cluster()
	if err != nil {
		return nil, err
	}
	told, err := h.ledger.NoticeHead(r.Post)
	if err != nil {
		return nil, err
	}
	return wire.Marshal(wire.JoinReply{
		Version: wire.Version, Cluster: held.ID, Device: device, Working: working, Desk: desk,
		Trust: h.keys.trustPEM(), Receipts: held.Receipt, Intake: held.Intake, Time: time.Now().UnixMilli(), Notices: told.Seq,
	}), nil
}

// issue certifies the key of a request for a node's identity. Device and node
// certificates come from the node intermediate.
func (h *Hub) issue(role pki.Role, csr []byte, post string, node wire.NodeID) ([]byte, error) {
	chain, err := h.keys.authority(role.Issuer()).IssueCSR(csr, pki.Request{
		Identity: pki.Identity{Role: role, Name: post, ID: node.String()}, Now: time.Now(),
	})
	if err != nil {
		return nil, err
	}
	return pki.EncodeChain(chain), nil
}

// checkDesk refuses a desk's request that no certificate could answer, before
// anything is decided: names of the local network only.
func checkDesk(csr []byte, names []string) error {
	const op = "hub: check desk"
	if len(csr) == 0 {
		return nil
	}
	if len(names) == 0 || len(names) > wire.MaxDeskNames {
		return fault.New(fault.Invalid, op, "names", nil)
	}
	_, _, err := pki.LANNames(names)
	return err
}

// issueDesk certifies the LAN server of a post, nothing when no key was sent.
func (h *Hub) issueDesk(csr []byte, names []string, who pki.Identity) ([]byte, error) {
	if err := checkDesk(csr, names); err != nil || len(csr) == 0 {
		return nil, err
	}
	dns, addresses, err := pki.LANNames(names)
	if err != nil {
		return nil, err
	}
	who.Role = pki.Desk
	chain, err := h.keys.authority(pki.Desk).IssueCSR(csr, pki.Request{
		Identity: who, Now: time.Now(), DNSNames: dns, Addresses: addresses,
	})
	if err != nil {
		return nil, err
	}
	return pki.EncodeChain(chain), nil
}

// renew gives new certificates to a machine that shows its device
// certificate, unless the ledger has revoked it since.
func (h *Hub) renew(_ context.Context, peer pki.Peer, request []byte) ([]byte, error) {
	const op = "hub: renew"
	var r wire.RenewRequest
	if err := wire.Unmarshal(request, wire.FrameRenew.Limit(), &r); err != nil {
		return nil, err
	}
	id, err := wire.ParseNodeID(peer.Identity.ID)
	if err != nil {
		return nil, err
	}
	node, err := h.ledger.Node(id)
	if err != nil || node.Revoked || string(node.Post) != peer.Identity.Name {
		return nil, fault.New(fault.Denied, op, peer.Identity.String(), err)
	}
	if len(r.WorkingCSR)+len(r.DeskCSR)+len(r.DeviceCSR) == 0 {
		return nil, fault.New(fault.Invalid, op, "nothing asked for", nil)
	}
	var working []byte
	if len(r.WorkingCSR) > 0 {
		if working, err = h.issue(pki.Node, r.WorkingCSR, peer.Identity.Name, id); err != nil {
			return nil, err
		}
	}
	desk, err := h.issueDesk(r.DeskCSR, r.DeskNames, pki.Identity{Name: peer.Identity.Name, ID: id.String()})
	if err != nil {
		return nil, err
	}
	device, err := h.renewDevice(r.DeviceCSR, node)
	if err != nil {
		return nil, err
	}
	return wire.Marshal(wire.RenewReply{
		Version: wire.Version, Working: working, Desk: desk, Device: device, Trust: h.keys.trustPEM(), Time: time.Now().UnixMilli(),
	}), nil
}

// renewDevice certifies the key of a machine once more, nothing when no request
// was sent. The ledger knows the machine by that key: another one joins.
func (h *Hub) renewDevice(csr []byte, node ledger.Node) ([]byte, error) {
	if len(csr) == 0 {
		return nil, nil
	}
	key, err := keyDigest(csr)
	if err != nil {
		return nil, err
	}
	if key != node.Device {
		return nil, fault.New(fault.Denied, "hub: renew device", node.ID.String(), nil)
	}
	return h.issue(pki.Device, csr, string(node.Post), node.ID)
}
