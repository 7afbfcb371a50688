package link_test

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
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

type spoken struct{ text string }

func (s spoken) Error() string    { return "inner detail: " + s.text }
func (s spoken) SafeText() string { return s.text }

func answer(ctx context.Context, _ pki.Peer, request []byte) ([]byte, error) {
	switch string(request) {
	case "used":
		return nil, fault.New(fault.Used, "hub: join", "secret subject", spoken{"invitation used\x00 before"})
	case "internal":
		return nil, errors.New("secret detail")
	case "wait":
		<-ctx.Done()
		return nil, ctx.Err()
	case "large":
		return make([]byte, 300<<10), nil
	}
	return request, nil
}

func TestExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, link.Config{}, func(h *hub) map[string]link.Endpoint {
			return map[string]link.Endpoint{link.ALPNRenew: {
				TLS:    h.Server(t, h.ring, link.ALPNRenew, pki.Device),
				Handle: link.Exchanger{Answer: answer, MaxRequest: 64}.Serve,
			}}
		})
		ring := h.Ring(t, linktest.Identity(t, pki.Device, "FR-LYO"))
		s, err := h.dialer(t, 0).Dial(t.Context(), h.listener.Addr(), link.ALPNRenew, h.Client(t, ring, pki.SlotDevice))
		require.NoError(t, err)
		defer s.CloseWithReason(link.CodeDone, "")

		out, err := link.Exchange(t.Context(), s, []byte("hello"), 0)
		require.NoError(t, err)
		require.Equal(t, "hello", string(out))

		_, err = link.Exchange(t.Context(), s, []byte("used"), 0)
		requireKind(t, fault.Used, err)
		require.Contains(t, err.Error(), "invitation used before")
		require.NotContains(t, err.Error(), "secret")

		_, err = link.Exchange(t.Context(), s, []byte("internal"), 0)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "secret")

		_, err = link.Exchange(t.Context(), s, []byte("large"), 0)
		requireKind(t, fault.TooLarge, err)

		_, err = link.Exchange(t.Context(), s, []byte(strings.Repeat("x", 65)), 0)
		requireKind(t, fault.TooLarge, err)

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err = link.Exchange(ctx, s, []byte("wait"), 0)
		requireKind(t, fault.Timeout, err)
		require.Less(t, time.Since(start), 4*time.Second)

		_, err = link.Exchange(t.Context(), s, []byte("alive after all"), 0)
		require.NoError(t, err)
	})
}

func TestJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, link.Config{}, func(h *hub) map[string]link.Endpoint {
			conf, err := pki.JoinServer(h.ring.Source(pki.SlotWorking), h.Root.Cert, link.ALPNJoin)
			require.NoError(t, err)
			return map[string]link.Endpoint{link.ALPNJoin: {TLS: conf, Sessions: 8, Handle: link.JoinServer{
				Handle: func(_ context.Context, csr []byte) ([]byte, error) {
					chain, err := h.Authorities[pki.Node].IssueCSR(csr, pki.Request{
						Identity: pki.Identity{Role: pki.Device, Name: "FR-LYO", ID: strings.Repeat("ab", 16)}, Now: h.Now(),
					})
					return pki.EncodeChain(chain), err
				},
			}.Serve}}
		})
		d := h.dialer(t, 0)

		other := linktest.NewWorld(t, nil)
		wrong, err := pki.JoinClient(other.Bundle.Fingerprint(), time.Now, link.ALPNJoin)
		require.NoError(t, err)
		_, err = d.Dial(t.Context(), h.listener.Addr(), link.ALPNJoin, wrong)
		requireKind(t, fault.Denied, err)

		pin, err := pki.ParseFingerprint(strings.ToLower(h.Bundle.Fingerprint().String()))
		require.NoError(t, err)
		conf, err := pki.JoinClient(pin, time.Now, link.ALPNJoin)
		require.NoError(t, err)
		s, err := d.Dial(t.Context(), h.listener.Addr(), link.ALPNJoin, conf)
		require.NoError(t, err)
		defer s.CloseWithReason(link.CodeDone, "")
		require.Equal(t, pki.Member, s.Peer().Identity.Role)
		ring := h.Ring(t)
		p, err := ring.Prepare(pki.SlotDevice)
		require.NoError(t, err)
		der, err := link.Exchange(t.Context(), s, p.CSR, pki.MaxChain)
		require.NoError(t, err)
		chain, err := pki.DecodeChain(der)
		require.NoError(t, err)
		require.NoError(t, ring.Install(p, chain))
		require.Len(t, h.listener.Registry().Sessions(), 1)
		require.True(t, h.listener.Registry().Sessions()[0].Peer.Identity.IsZero())
	})
}

// renewing is a hub that renews working certificates for devices and takes
// ship sessions from nodes, and a node with a renewer.
type renewing struct {
	*hub
	ring    *pki.Keyring
	renewer *link.Renewer
	dialer  *link.Dialer
	asked   []pki.Slot // by the renewer's goroutine; read after its end or at rest
	offline bool
	mu      sync.Mutex
}

func startRenewing(t *testing.T, via ...pki.Slot) *renewing {
	t.Helper()
	r := &renewing{}
	node := linktest.Identity(t, pki.Node, "FR-LYO")
	device := pki.Identity{Role: pki.Device, Name: node.Name, ID: node.ID}
	r.hub = startHub(t, link.Config{}, func(h *hub) map[string]link.Endpoint {
		return map[string]link.Endpoint{
			link.ALPNShip: {TLS: h.Server(t, h.ring, link.ALPNShip, pki.Node), Handle: link.Exchanger{Answer: echo}.Serve},
			link.ALPNRenew: {
				TLS: h.Server(t, h.ring, link.ALPNRenew, pki.Device, pki.Node),
				Handle: link.Exchanger{Answer: func(_ context.Context, peer pki.Peer, csr []byte) ([]byte, error) {
					id := peer.Identity
					id.Role = pki.Node // the issuer decides
					chain, err := h.Authorities[pki.Node].IssueCSR(csr, pki.Request{Identity: id, Now: h.Now()})
					return pki.EncodeChain(chain), err
				}}.Serve,
			},
		}
	})
	r.ring = r.Ring(t, node, device)
	r.dialer = r.hub.dialer(t, 0)
	var err error
	r.renewer, err = link.NewRenewer(link.RenewerOptions{
		Ring: r.ring, Slot: pki.SlotWorking, Want: node, Via: via, Now: time.Now,
		Verifier: r.Verifier(pki.Node),
		Ask: func(ctx context.Context, via pki.Slot, csr []byte) ([]*x509.Certificate, error) {
			r.mu.Lock()
			r.asked = append(r.asked, via)
			down := r.offline
			r.mu.Unlock()
			if down {
				return nil, fault.New(fault.Unavailable, "test: dial", "", nil)
			}
			return r.ask(ctx, r.Client(t, r.ring, via), csr)
		},
	})
	require.NoError(t, err)
	return r
}

func (r *renewing) setOffline(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.offline = down
}
