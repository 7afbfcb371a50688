// Package linktest gives tests a whole public key infrastructure and a
// simulated network, so that they speak through package link as programs do.
// It stands beside the path of a record and never in a program.
//
// Guarantee: everything is made for one test and ended with it; under
// testing/synctest nothing here takes real time but signatures.
package linktest

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go/testutils/simnet"
	"github.com/stretchr/testify/require"

	"jaliya/internal/link/pki"
)

// World is a root, an intermediate for each role and a denylist.
type World struct {
	Root        *pki.Root
	Authorities map[pki.Role]*pki.Authority
	Bundle      *pki.TrustBundle
	Now         func() time.Time

	mu     sync.Mutex
	denied map[string]bool // guarded by mu; serials and identities
}

// NewWorld makes a world whose time is now; nil means time.Now, which is the
// bubble's own under testing/synctest.
func NewWorld(tb testing.TB, now func() time.Time) *World {
	tb.Helper()
	if now == nil {
		now = time.Now
	}
	root, err := pki.NewRoot(now())
	require.NoError(tb, err)
	all, bundle, err := root.IssueAll(now())
	require.NoError(tb, err)
	return &World{Root: root, Authorities: all, Bundle: bundle, Now: now, denied: map[string]bool{}}
}

// Deny puts a serial number, or an identity as text, on the denylist.
func (w *World) Deny(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.denied[what] = true
}

// Denied is the denylist, as verifiers and registries ask it.
func (w *World) Denied(id pki.Identity, serial string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.denied[serial] || w.denied[id.String()]
}

// Identity makes an identity with a fresh id.
func Identity(tb testing.TB, role pki.Role, name string) pki.Identity {
	tb.Helper()
	id, err := pki.NewID()
	require.NoError(tb, err)
	return pki.Identity{Role: role, Name: name, ID: id}
}

// SlotOf gives the slot in which a role's credential lives.
func SlotOf(role pki.Role) pki.Slot {
	switch role {
	case pki.Device:
		return pki.SlotDevice
	case pki.Desk:
		return pki.SlotDesk
	case pki.Node, pki.Member, pki.Portal, pki.Office, pki.Witness, pki.CA:
		return pki.SlotWorking
	default:
		return pki.SlotWorking
	}
}

// Ring makes a keyring on disk with a credential for each identity.
func (w *World) Ring(tb testing.TB, ids ...pki.Identity) *pki.Keyring {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "ring")
	keys, err := pki.NewFileKeys(filepath.Join(dir, "keys"))
	require.NoError(tb, err)
	ring, err := pki.OpenKeyring(dir, keys)
	require.NoError(tb, err)
	for _, id := range ids {
		w.Install(tb, ring, pki.Request{Identity: id, Now: w.Now()})
	}
	return ring
}

// Install gives a keyring a new credential.
func (w *World) Install(tb testing.TB, ring *pki.Keyring, req pki.Request) {
	tb.Helper()
	p, err := ring.Prepare(SlotOf(req.Identity.Role))
	require.NoError(tb, err)
	chain, err := w.Authorities[req.Identity.Role.Issuer()].IssueCSR(p.CSR, req)
	require.NoError(tb, err)
	require.NoError(tb, ring.Install(p, chain))
}

// Verifier accepts the roles, with the world's time and denylist.
func (w *World) Verifier(roles ...pki.Role) *pki.Verifier {
	return &pki.Verifier{Trust: w.Bundle, Roles: roles, Now: w.Now, Denied: w.Denied}
}

// Server configures an endpoint that presents the ring's working certificate
// and accepts the roles.
func (w *World) Server(tb testing.TB, ring *pki.Keyring, alpn string, roles ...pki.Role) *tls.Config {
	tb.Helper()
	conf, err := pki.MutualServer(ring.Source(pki.SlotWorking), w.Verifier(roles...), alpn)
	require.NoError(tb, err)
	return conf
}

// Client configures a dialer that presents a slot's certificate and accepts
// members.
func (w *World) Client(tb testing.TB, ring *pki.Keyring, slot pki.Slot) *tls.Config {
	tb.Helper()
	conf, err := pki.MutualClient(ring.Source(slot), w.Verifier(pki.Member))
	require.NoError(tb, err)
	return conf
}

// Net makes n endpoints of a simulated network, each the same round-trip time
// from each other. Under testing/synctest it must be made inside the bubble.
func Net(tb testing.TB, rtt time.Duration, n int) []net.PacketConn {
	tb.Helper()
	return NetOver(tb, &simnet.PerfectRouter{}, rtt, n)
}

// NetOver is Net over a router of the test's own, which may drop packets.
func NetOver(tb testing.TB, router simnet.Router, rtt time.Duration, n int) []net.PacketConn {
	tb.Helper()
	sim := &simnet.Simnet{Router: router}
	conns := make([]net.PacketConn, n)
	for i := range conns {
		addr := &net.UDPAddr{IP: net.IPv4(10, 0, byte(i>>8), byte(i+1)), Port: 4433}
		conns[i] = sim.NewEndpoint(addr, simnet.NodeBiDiLinkSettings{Latency: rtt / 2})
	}
	require.NoError(tb, sim.Start())
	tb.Cleanup(func() {
		for _, c := range conns {
			require.NoError(tb, c.Close())
		}
		require.NoError(tb, sim.Close())
	})
	return conns
}
