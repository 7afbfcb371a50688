package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// uplink is how this node reaches the hub: addresses, certificates, and the
// best known hub time to verify them by.
type uplink struct {
	*roads
	ring  *pki.Keyring
	trust *pki.TrustBundle
	hubs  []string
	next  atomic.Uint64 // which address is tried next
	// member is the address of the newest control session.
	member atomic.Pointer[string]

	lapsed func() bool // whether the working certificate is over; ends the pause of its renewal

	mu     sync.Mutex // guards offset
	offset time.Duration
}

func openUplink(c Config, k *keys, hubs []string, log *slog.Logger) (*uplink, error) {
	raw, err := os.ReadFile(c.path(fileTrust))
	if err != nil {
		return nil, fault.New(fault.NotFound, "node: open uplink", "trust bundle", err)
	}
	trust, err := pki.ParseTrustBundle(raw)
	if err != nil {
		return nil, err
	}
	u := &uplink{ring: k.ring, trust: trust, hubs: hubs}
	u.roads, err = openRoads(c.path(fileRoad), trust, u.now, log)
	return u, err
}

// now gives the best known hub time: a wrong clock stops no verification.
func (u *uplink) now() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return time.Now().Add(u.offset)
}

func (u *uplink) setOffset(d time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.offset = d
}

func (u *uplink) verifier(role pki.Role) *pki.Verifier {
	return &pki.Verifier{Trust: u.trust, Roles: []pki.Role{role}, Now: u.now}
}

// dial opens a session to the next hub address with the credential of a slot.
func (u *uplink) dial(ctx context.Context, alpn string, slot pki.Slot) (*link.Session, error) {
	conf, err := pki.MutualClient(u.ring.Source(slot), u.verifier(pki.Member), alpn)
	if err != nil {
		return nil, err
	}
	return u.dialWith(ctx, alpn, conf)
}

func (u *uplink) dialWith(ctx context.Context, alpn string, conf *tls.Config) (*link.Session, error) {
	const op = "node: dial hub"
	if len(u.hubs) == 0 {
		return nil, fault.New(fault.Invalid, op, "no hub address", nil)
	}
	address := u.address()
	if at := u.member.Load(); alpn == link.ALPNBulk && at != nil {
		address = *at // the member that has the control session puts the batches in order
	}
	s, err := u.roads.dial(ctx, address, alpn, conf)
	if err == nil && alpn == link.ALPNShip {
		u.member.Store(&address)
	}
	return s, err
}

func (u *uplink) address() string { return u.hubs[u.next.Add(1)%uint64(len(u.hubs))] }

// tryQUIC shakes hands over UDP on a road that replaces no session.
func (u *uplink) tryQUIC(ctx context.Context) (*link.Session, error) {
	conf, err := pki.MutualClient(u.ring.Source(pki.SlotWorking), u.verifier(pki.Member), link.ALPNFetch)
	if err != nil {
		return nil, err
	}
	return u.quic(ctx, u.address(), link.ALPNFetch, conf)
}

// ship dials with the working certificate. One that lapsed opens nothing: the
// attempt is left to the renewal, which asks with that of the machine. Its error
// is one that asks again soon: the renewal takes a moment once the hub answers.
func (u *uplink) ship(ctx context.Context, alpn string) (*link.Session, error) {
	if u.lapsed != nil && u.lapsed() {
		return nil, fault.New(fault.Unavailable, "node: dial hub", "the working certificate is being renewed", nil)
	}
	return u.dial(ctx, alpn, pki.SlotWorking)
}

// renew asks for a working certificate with the credential of a slot.
func (u *uplink) renew(ctx context.Context, via pki.Slot, csr []byte) ([]*x509.Certificate, error) {
	reply, err := u.askRenewal(ctx, via, wire.RenewRequest{WorkingCSR: csr})
	if err != nil {
		return nil, err
	}
	return pki.DecodeChain(reply.Working)
}

// renewDevice asks for another certificate of the device's own key. It is a question
// of its own: a hub of before does not know it.
func (u *uplink) renewDevice(ctx context.Context, via pki.Slot, csr []byte) ([]*x509.Certificate, error) {
	reply, err := u.askRenewal(ctx, via, wire.RenewRequest{DeviceCSR: csr})
	if err != nil {
		return nil, err
	}
	return pki.DecodeChain(reply.Device)
}

// renewDesk asks for the certificate of the desk under its names.
func (u *uplink) renewDesk(names []string) func(context.Context, pki.Slot, []byte) ([]*x509.Certificate, error) {
	return func(ctx context.Context, via pki.Slot, csr []byte) ([]*x509.Certificate, error) {
		reply, err := u.askRenewal(ctx, via, wire.RenewRequest{DeskCSR: csr, DeskNames: names})
		if err != nil {
			return nil, err
		}
		return pki.DecodeChain(reply.Desk)
	}
}

func (u *uplink) askRenewal(ctx context.Context, via pki.Slot, request wire.RenewRequest) (reply wire.RenewReply, err error) {
	session, err := u.dial(ctx, link.ALPNRenew, via)
	if err != nil {
		return reply, err
	}
	defer session.CloseWithReason(link.CodeDone, "")
	request.Version, request.Time = wire.Version, time.Now().UnixMilli()
	raw, err := link.Exchange(ctx, session, wire.Marshal(request), wire.FrameRenew.Limit())
	if err != nil {
		return reply, err
	}
	return reply, wire.Unmarshal(raw, wire.FrameRenew.Limit(), &reply)
}
