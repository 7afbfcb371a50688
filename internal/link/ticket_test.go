package link_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"

	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

// TestNoTicketForAnybody: our own dialer keeps no tickets; a client that would is
// given none either, so that whoever is revoked has nothing to come back with
// (D29).
func TestNoTicketForAnybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, link.Config{}, shipEndpoint(t))
		conf := h.Client(t, h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO")), pki.SlotWorking)
		cache := &countingCache{}
		conf.ClientSessionCache, conf.SessionTicketsDisabled = cache, false
		conf.NextProtos = []string{link.ALPNShip}
		transport := &quic.Transport{Conn: h.rest[0]}
		conn, err := transport.Dial(t.Context(), h.listener.Addr(), conf, &quic.Config{})
		require.NoError(t, err)
		<-time.After(5 * time.Second) // a ticket comes right after the handshake
		require.Zero(t, cache.puts)
		require.NoError(t, conn.CloseWithError(0, ""))
		require.NoError(t, transport.Close())
	})
}
