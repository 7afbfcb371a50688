package hub

import (
	"context"
	"log/slog"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// memberRequest is what a machine that becomes a member says.
type memberRequest struct {
	Version uint8       `cbor:"1,keyasint"`
	Secret  []byte      `cbor:"2,keyasint"` // of the invitation
	Member  wire.NodeID `cbor:"3,keyasint"`
	Name    string      `cbor:"4,keyasint"`
	Address string      `cbor:"5,keyasint"` // host:port of its raft socket
}

// memberReply gives it all that members hold alike; with that it certifies its own
// key. It travels inside TLS to whoever showed the invitation's secret, and is
// wrapped before it touches a disk.
type memberReply struct {
	Version uint8          `cbor:"1,keyasint"`
	Cluster wire.ClusterID `cbor:"2,keyasint"`
	Trust   []byte         `cbor:"3,keyasint"` // PEM
	Shared  []secretFile   `cbor:"4,keyasint"`
}

// maxMember bounds request and reply, in bytes: keys of intake are kept for ever.
const maxMember = 2 << 20

// enlist takes a machine in as a member, by its invitation: the ledger decides, then
// the leader lets it in without a vote (keepMembers). The same machine may ask again
// after a lost reply.
func (h *Hub) enlist(ctx context.Context, request []byte) ([]byte, error) {
	const op = "hub: take a member in"
	var r memberRequest
	if err := wire.Unmarshal(request, maxMember, &r); err != nil {
		return nil, err
	}
	if r.Version == 0 || r.Version > wire.Version {
		return nil, fault.New(fault.Unsupported, op, "version", nil)
	}
	who := pki.Identity{Role: pki.Member, Name: r.Name, ID: r.Member.String()}
	if err := who.Validate(); err != nil {
		return nil, err
	}
	invitation := wire.MemberInvitation{Secret: r.Secret}
	if _, err := h.ask(ctx, ledger.JoinMember{
		Time: time.Now().UnixMilli(), Invitation: invitation.Name(), Member: r.Member, Name: r.Name, Address: r.Address,
	}); err != nil {
		h.log.Warn("member refused", slog.String("kind", fault.KindOf(err).String()))
		return nil, err
	}
	box, err := h.cfg.custody(false)
	if err != nil {
		return nil, err
	}
	shared, err := h.cfg.readShared(box)
	if err != nil {
		return nil, err
	}
	h.log.Info("member joined", slog.String("name", r.Name), slog.String("member", r.Member.String()))
	return wire.Marshal(memberReply{
		Version: wire.Version, Cluster: h.keys.cluster, Trust: h.keys.trustPEM(), Shared: shared,
	}), nil
}
