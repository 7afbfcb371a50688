package link_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
)

func (r *renewing) ask(ctx context.Context, conf *tls.Config, csr []byte) ([]*x509.Certificate, error) {
	s, err := r.dialer.Dial(ctx, r.listener.Addr(), link.ALPNRenew, conf)
	if err != nil {
		return nil, err
	}
	defer s.CloseWithReason(link.CodeDone, "")
	der, err := link.Exchange(ctx, s, csr, pki.MaxChain)
	if err != nil {
		return nil, err
	}
	return pki.DecodeChain(der)
}

func (r *renewing) working(t *testing.T) *x509.Certificate {
	t.Helper()
	c, err := r.ring.Credential(pki.SlotWorking)
	require.NoError(t, err)
	return c.Leaf
}

// keepMember renews the member's own certificate, as its own renewer would.
func (r *renewing) keepMember(t *testing.T) {
	t.Helper()
	c, err := r.hub.ring.Credential(pki.SlotWorking)
	require.NoError(t, err)
	r.Install(t, r.hub.ring, pki.Request{Identity: c.Identity, Now: r.Now()})
}

func (r *renewing) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.renewer.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}

// A working certificate renews by itself, at a third of its life.
func TestRenewByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRenewing(t, pki.SlotDevice)
		first := r.working(t)
		stop := r.run(t)
		time.Sleep(time.Until(pki.RenewAt(first)) - time.Minute) // virtual
		require.Equal(t, first.SerialNumber, r.working(t).SerialNumber)
		time.Sleep(longest) // virtual
		second := r.working(t)
		require.NotEqual(t, first.SerialNumber, second.SerialNumber)
		require.NotEqual(t, first.PublicKey, second.PublicKey, "each certificate has a key of its own")
		for range 5 {
			time.Sleep(3 * 24 * time.Hour) // virtual
			r.keepMember(t)
		}
		require.True(t, time.Now().Before(r.working(t).NotAfter))
		require.Zero(t, r.renewer.Status().Failures)
		stop()
		require.NoError(t, r.try(t.Context(), r.dialer, link.ALPNShip, r.Client(t, r.ring, pki.SlotWorking)))
	})
}

const longest = time.Hour + 2*time.Minute

// A link that is down at the time delays renewal and nothing else.
func TestRenewRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRenewing(t, pki.SlotDevice)
		first := r.working(t)
		r.setOffline(true)
		stop := r.run(t)
		time.Sleep(time.Until(pki.RenewAt(first)) + 12*time.Hour) // virtual
		status := r.renewer.Status()
		require.Greater(t, status.Failures, 10)
		require.Less(t, status.Failures, 60)
		require.True(t, fault.Is(status.Last, fault.Unavailable))
		require.Equal(t, first.SerialNumber, r.working(t).SerialNumber)
		r.setOffline(false)
		r.renewer.Kick()
		time.Sleep(10 * time.Second) // virtual
		require.NotEqual(t, first.SerialNumber, r.working(t).SerialNumber)
		require.Zero(t, r.renewer.Status().Failures)
		stop()
	})
}

// A node that slept 45 days comes back by its device certificate, with no hand
// laid on it.
func TestAsleepFor45Days(t *testing.T) {
	for name, via := range map[string][]pki.Slot{
		"OKDeviceOnly":      {pki.SlotDevice},
		"OKWorkingIsLapsed": {pki.SlotWorking, pki.SlotDevice},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startRenewing(t, via...)
				old := r.working(t)
				time.Sleep(45 * 24 * time.Hour) // virtual
				r.keepMember(t)
				ship := r.Client(t, r.ring, pki.SlotWorking)
				requireKind(t, fault.Expired, r.try(t.Context(), r.dialer, link.ALPNShip, ship))
				stop := r.run(t)
				time.Sleep(10 * time.Second) // virtual
				stop()
				require.Equal(t, []pki.Slot{pki.SlotDevice}, r.asked)
				require.NotEqual(t, old.SerialNumber, r.working(t).SerialNumber)
				require.NoError(t, r.try(t.Context(), r.dialer, link.ALPNShip, ship))
			})
		})
	}
}

// A node that was awake and alone for 45 days is back within seconds of its
// link, although its renewal pauses for up to an hour by then: whoever dials in
// vain with the lapsed certificate ends the pause.
func TestAloneFor45Days(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRenewing(t, pki.SlotDevice)
		old := r.working(t)
		require.False(t, r.renewer.Lapsed())
		r.setOffline(true)
		stop := r.run(t)
		for range 15 {
			time.Sleep(3 * 24 * time.Hour) // virtual
			r.keepMember(t)
		}
		require.Equal(t, old.SerialNumber, r.working(t).SerialNumber)
		require.Greater(t, r.renewer.Status().Failures, 500, "it kept asking")
		r.setOffline(false)
		back := time.Now()
		for r.renewer.Lapsed() { // as whoever dials does
			time.Sleep(3 * time.Second) // virtual
			require.Less(t, time.Since(back), 10*time.Second)
		}
		require.NotEqual(t, old.SerialNumber, r.working(t).SerialNumber)
		require.NoError(t, r.try(t.Context(), r.dialer, link.ALPNShip, r.Client(t, r.ring, pki.SlotWorking)))
		stop()
	})
}

// An answer that names another, or comes from another issuer, is not put to
// use.
func TestRenewRefusesForeignAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRenewing(t, pki.SlotDevice)
		o := r.renewer.RenewerOptions
		o.Want.Name = "ES-MAD"
		other, err := link.NewRenewer(o)
		require.NoError(t, err)
		r.renewer = other
		old := r.working(t)
		time.Sleep(time.Until(pki.RenewAt(old))) // virtual
		stop := r.run(t)
		time.Sleep(10 * time.Second) // virtual
		stop()
		require.True(t, fault.Is(other.Status().Last, fault.Denied))
		require.Equal(t, old.SerialNumber, r.working(t).SerialNumber)
	})
}

func TestBackoff(t *testing.T) {
	for failures := 1; failures < 80; failures++ {
		d := link.Backoff(failures, time.Second, time.Minute)
		require.GreaterOrEqual(t, d, time.Second/2)
		require.LessOrEqual(t, d, time.Minute)
	}
	require.GreaterOrEqual(t, link.Backoff(40, time.Second, time.Minute), 30*time.Second)
}
