package link_test

import (
	"context"
	"crypto/x509"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

// deviceRenewing is a machine whose device certificate renews over real sessions,
// and the authority that gives it, which people renew.
type deviceRenewing struct {
	*linktest.World
	ring    *pki.Keyring
	renewer *link.Renewer
	dialer  *link.Dialer
	hub     *hub

	mu        sync.Mutex // guards all below
	authority *pki.Authority
	asked     int
	offline   bool
}

func startDeviceRenewing(t *testing.T, life time.Duration) *deviceRenewing {
	t.Helper()
	r := &deviceRenewing{}
	device := linktest.Identity(t, pki.Device, "FR-LYO")
	r.hub = startHub(t, link.Config{}, func(h *hub) map[string]link.Endpoint {
		return map[string]link.Endpoint{link.ALPNRenew: {
			TLS: h.Server(t, h.ring, link.ALPNRenew, pki.Device),
			Handle: link.Exchanger{Answer: func(_ context.Context, peer pki.Peer, csr []byte) ([]byte, error) {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.asked++
				chain, err := r.authority.IssueCSR(csr, pki.Request{Identity: peer.Identity, Now: h.Now()})
				return pki.EncodeChain(chain), err
			}}.Serve,
		}}
	})
	r.World = r.hub.World
	r.mu.Lock()
	r.authority = r.Authorities[pki.Node]
	r.mu.Unlock()
	r.ring = r.Ring(t)
	r.Install(t, r.ring, pki.Request{Identity: device, Now: r.Now(), Life: life})
	r.dialer = r.hub.dialer(t, 0)
	var err error
	r.renewer, err = link.NewRenewer(link.RenewerOptions{
		Ring: r.ring, Slot: pki.SlotDevice, Want: device, Via: []pki.Slot{pki.SlotDevice}, Now: time.Now,
		SameKey: true, Before: pki.DeviceBefore, Verifier: r.Verifier(pki.Device),
		Ask: func(ctx context.Context, via pki.Slot, csr []byte) ([]*x509.Certificate, error) {
			r.mu.Lock()
			down := r.offline
			r.mu.Unlock()
			if down {
				return nil, fault.New(fault.Unavailable, "test: dial", "", nil)
			}
			s, err := r.dialer.Dial(ctx, r.hub.listener.Addr(), link.ALPNRenew, r.Client(t, r.ring, via))
			if err != nil {
				return nil, err
			}
			defer s.CloseWithReason(link.CodeDone, "")
			der, err := link.Exchange(ctx, s, csr, pki.MaxChain)
			if err != nil {
				return nil, err
			}
			return pki.DecodeChain(der)
		},
	})
	require.NoError(t, err)
	return r
}

func (r *deviceRenewing) device(t *testing.T) *x509.Certificate {
	t.Helper()
	c, err := r.ring.Credential(pki.SlotDevice)
	require.NoError(t, err)
	return c.Leaf
}

func (r *deviceRenewing) asks() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

func (r *deviceRenewing) setOffline(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.offline = down
}

func (r *deviceRenewing) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.renewer.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}

// pass lets days go by; the member keeps its own certificate meanwhile.
func (r *deviceRenewing) pass(t *testing.T, days int) {
	t.Helper()
	for range days {
		time.Sleep(24 * time.Hour) // virtual
		c, err := r.hub.ring.Credential(pki.SlotWorking)
		require.NoError(t, err)
		if time.Now().After(pki.RenewAt(c.Leaf)) {
			r.Install(t, r.hub.ring, pki.Request{Identity: c.Identity, Now: r.Now()})
		}
	}
}

// A device certificate renews by itself from 90 days before its end, and keeps its
// key: the hub knows the machine by it.
func TestDeviceRenewsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startDeviceRenewing(t, 200*24*time.Hour)
		first := r.device(t)
		stop := r.run(t)
		r.pass(t, 109)
		require.Equal(t, first.SerialNumber, r.device(t).SerialNumber)
		require.Zero(t, r.asks(), "not before")
		r.pass(t, 2)
		second := r.device(t)
		require.NotEqual(t, first.SerialNumber, second.SerialNumber)
		require.Equal(t, first.PublicKey, second.PublicKey)
		require.True(t, second.NotAfter.After(first.NotAfter.AddDate(0, 5, 0)), "to the end of its authority")
		require.Equal(t, second.NotAfter, r.renewer.Status().NotAfter)
		r.pass(t, 100)
		require.Equal(t, 1, r.asks())
		stop()
		require.Equal(t, second.SerialNumber, r.device(t).SerialNumber, "who stops destroys no key in use")
		requireFresh(t, r)
	})
}

// requireFresh holds that the key is there: it signs at the hub.
func requireFresh(t *testing.T, r *deviceRenewing) {
	t.Helper()
	s, err := r.dialer.Dial(t.Context(), r.hub.listener.Addr(), link.ALPNRenew, r.Client(t, r.ring, pki.SlotDevice))
	require.NoError(t, err)
	s.CloseWithReason(link.CodeDone, "")
}

// An authority near its own end can give no more than that: the machine asks again
// each time a third of what is left has gone, and no storm comes of it. Once people
// have renewed the authority, the machine has its year.
func TestDeviceBoundByItsAuthority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startDeviceRenewing(t, pki.DeviceLife)
		end := r.device(t).NotAfter
		stop := r.run(t)
		r.pass(t, 360)
		require.Equal(t, end, r.device(t).NotAfter)
		require.Positive(t, r.asks())
		require.Less(t, r.asks(), 12, "in 85 days")
		all, _, err := r.Root.IssueAll(time.Now())
		require.NoError(t, err)
		r.mu.Lock()
		r.authority = all[pki.Node]
		r.mu.Unlock()
		r.pass(t, 3)
		require.True(t, r.device(t).NotAfter.After(end.AddDate(0, 11, 0)))
		stop()
	})
}

// A post that is alone through the first 60 of those days renews when it is back.
func TestDeviceRenewsAfterSolitude(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startDeviceRenewing(t, 200*24*time.Hour)
		first := r.device(t)
		stop := r.run(t)
		r.setOffline(true)
		r.pass(t, 170)
		require.Equal(t, first.SerialNumber, r.device(t).SerialNumber)
		require.True(t, fault.Is(r.renewer.Status().Last, fault.Unavailable))
		r.setOffline(false)
		r.pass(t, 1)
		require.NotEqual(t, first.SerialNumber, r.device(t).SerialNumber)
		require.Equal(t, first.PublicKey, r.device(t).PublicKey)
		stop()
	})
}
