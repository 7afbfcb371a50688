package link_test

import (
	"crypto/tls"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

// The handshake matrix of S1: who is let in on the ship road, and with which
// kind the others are refused, as the peer sees it.
func TestHandshake(t *testing.T) {
	for _, tc := range []struct {
		name string
		kind fault.Kind // Other means let in
		conf func(t *testing.T, h *hub) *tls.Config
	}{
		{"OK", fault.Other, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			return h.Client(t, h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO")), pki.SlotWorking)
		}},
		{"OKReplacedCertificate", fault.Other, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			id := linktest.Identity(t, pki.Node, "FR-LYO")
			ring := h.Ring(t, id)
			old, err := ring.Credential(pki.SlotWorking)
			require.NoError(t, err)
			conf := h.Client(t, ring, pki.SlotWorking)
			h.Install(t, ring, pki.Request{Identity: id, Now: h.Now()})
			h.Deny(pki.SerialOf(old.Leaf)) // the configuration made before must present the new one
			return conf
		}},
		{"ErrWrongRoleDevice", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			return h.Client(t, h.Ring(t, linktest.Identity(t, pki.Device, "FR-LYO")), pki.SlotDevice)
		}},
		{"ErrWrongRoleMember", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			return h.Client(t, h.Ring(t, linktest.Identity(t, pki.Member, "hub-2")), pki.SlotWorking)
		}},
		{"ErrExpired", fault.Expired, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
			time.Sleep(pki.WorkingLife + time.Minute) // virtual
			// The member's own would have been renewed meanwhile.
			own, err := h.ring.Credential(pki.SlotWorking)
			require.NoError(t, err)
			h.Install(t, h.ring, pki.Request{Identity: own.Identity, Now: h.Now()})
			return h.Client(t, ring, pki.SlotWorking)
		}},
		{"ErrNotYetValid", fault.Expired, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			ring := h.Ring(t)
			h.Install(t, ring, pki.Request{
				Identity: linktest.Identity(t, pki.Node, "FR-LYO"), Now: h.Now().Add(pki.Backdate + time.Hour),
			})
			return h.Client(t, ring, pki.SlotWorking)
		}},
		{"OKClockADayAhead", fault.Other, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			ring := h.Ring(t)
			h.Install(t, ring, pki.Request{
				Identity: linktest.Identity(t, pki.Node, "FR-LYO"), Now: h.Now().Add(pki.Backdate - time.Hour),
			})
			return h.Client(t, ring, pki.SlotWorking)
		}},
		{"ErrRevokedSerial", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
			c, err := ring.Credential(pki.SlotWorking)
			require.NoError(t, err)
			h.Deny(pki.SerialOf(c.Leaf))
			return h.Client(t, ring, pki.SlotWorking)
		}},
		{"ErrRevokedIdentity", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			id := linktest.Identity(t, pki.Node, "FR-LYO")
			h.Deny(id.String())
			return h.Client(t, h.Ring(t, id), pki.SlotWorking)
		}},
		{"ErrRevokedIntermediate", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
			h.Deny(pki.SerialOf(h.Authorities[pki.Node].Cert))
			return h.Client(t, ring, pki.SlotWorking)
		}},
		{"ErrForeignCA", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			foreign := linktest.NewWorld(t, nil)
			return h.Client(t, foreign.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO")), pki.SlotWorking)
		}},
		{"ErrNoCertificate", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			none := func() (*tls.Certificate, error) { return new(tls.Certificate), nil }
			conf, err := pki.MutualClient(none, h.Verifier(pki.Member))
			require.NoError(t, err)
			return conf
		}},
		{"ErrServerOfWrongRole", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
			conf, err := pki.MutualClient(ring.Source(pki.SlotWorking), h.Verifier(pki.Desk))
			require.NoError(t, err)
			return conf
		}},
		{"ErrServerOfOtherName", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
			v := h.Verifier(pki.Member)
			v.Name = "hub-9"
			conf, err := pki.MutualClient(ring.Source(pki.SlotWorking), v)
			require.NoError(t, err)
			return conf
		}},
		{"ErrServerOfForeignCA", fault.Denied, func(t *testing.T, h *hub) *tls.Config {
			t.Helper()
			ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
			return linktest.NewWorld(t, nil).Client(t, ring, pki.SlotWorking)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := startHub(t, link.Config{}, shipEndpoint(t))
				err := h.try(t.Context(), h.dialer(t, 0), link.ALPNShip, tc.conf(t, h))
				if tc.kind == fault.Other {
					require.NoError(t, err)
					return
				}
				requireKind(t, tc.kind, err)
			})
		})
	}
}

func TestDialUnknownProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, link.Config{}, shipEndpoint(t))
		ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
		err := h.try(t.Context(), h.dialer(t, 0), link.ALPNBulk, h.Client(t, ring, pki.SlotWorking))
		requireKind(t, fault.Unsupported, err)
	})
}

func TestDialNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, link.Config{}, shipEndpoint(t))
		ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
		_, err := h.dialer(t, 0).Dial(t.Context(), h.rest[2].LocalAddr(), link.ALPNShip, h.Client(t, ring, pki.SlotWorking))
		requireKind(t, fault.Timeout, err)
	})
}

// S3, S5: no ticket is offered, the hybrid key exchange is used.
func TestNoResumptionAndHybridKeyExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen tls.ConnectionState
		h := startHub(t, link.Config{}, shipEndpoint(t))
		ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
		conf := h.Client(t, ring, pki.SlotWorking)
		cache := &countingCache{}
		conf.ClientSessionCache = cache
		verify := conf.VerifyConnection
		conf.VerifyConnection = func(cs tls.ConnectionState) error {
			seen = cs
			return verify(cs)
		}
		d := h.dialer(t, 0)
		for range 2 {
			require.NoError(t, h.try(t.Context(), d, link.ALPNShip, conf))
			require.False(t, seen.DidResume)
			require.Equal(t, tls.X25519MLKEM768, seen.CurveID)
			require.Equal(t, uint16(tls.VersionTLS13), seen.Version)
		}
		require.Zero(t, cache.puts)
		c, err := ring.Credential(pki.SlotWorking)
		require.NoError(t, err)
		h.Deny(pki.SerialOf(c.Leaf)) // revoke, then come back
		requireKind(t, fault.Denied, h.try(t.Context(), d, link.ALPNShip, conf))
	})
}

type countingCache struct{ puts int }

func (c *countingCache) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (c *countingCache) Put(string, *tls.ClientSessionState)        { c.puts++ }
