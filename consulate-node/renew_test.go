package node

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// hubOf answers device certificates as a hub does, on a socket of its own.
func hubOf(t *testing.T, world *linktest.World) (address string) {
	t.Helper()
	ring := world.Ring(t, linktest.Identity(t, pki.Member, "rabat-1"))
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	listener, err := link.NewListener(conn, link.ListenerOptions{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- listener.Serve(ctx, map[string]link.Endpoint{link.ALPNRenew: {
			TLS: world.Server(t, ring, link.ALPNRenew, pki.Device),
			Handle: link.Exchanger{Answer: func(_ context.Context, peer pki.Peer, raw []byte) ([]byte, error) {
				var in wire.RenewRequest
				if err := wire.Unmarshal(raw, wire.FrameRenew.Limit(), &in); err != nil {
					return nil, err
				}
				if len(in.DeviceCSR) == 0 {
					return nil, fault.New(fault.Unavailable, "test: renew", "the device alone", nil)
				}
				chain, err := world.Authorities[pki.Node].IssueCSR(in.DeviceCSR, pki.Request{Identity: peer.Identity, Now: time.Now()})
				return wire.Marshal(wire.RenewReply{Version: wire.Version, Device: pki.EncodeChain(chain)}), err
			}}.Serve,
		}})
	}()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	return listener.Addr().String()
}

// TestDeviceCountdown: a machine whose device certificate ends in six weeks asks
// for another as soon as it runs, with the key that it has, and the countdown on
// the screen follows.
func TestDeviceCountdown(t *testing.T) {
	m := newTwoDisks(t)
	n := m.start(t, m.cfg)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	past := time.Now().AddDate(0, 0, -50)
	world := linktest.NewWorld(t, func() time.Time { return past })
	who := pki.Identity{Role: pki.Device, Name: string(n.who.Post), ID: n.who.Node.String()}
	n.keys = &keys{ring: world.Ring(t)}
	world.Install(t, n.keys.ring, pki.Request{Identity: who, Now: past, Life: 92 * 24 * time.Hour})
	world.Now = time.Now
	require.NoError(t, os.WriteFile(m.cfg.path(fileTrust), world.Bundle.Marshal(), 0o600))
	var err error
	n.uplink, err = openUplink(n.cfg, n.keys, []string{hubOf(t, world)}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, errors.Join(n.openRenewer(), n.openDeviceRenewer()))

	device := func() desk.Limit {
		for _, l := range n.limits() {
			if l.Name == desk.LimitDevice {
				return l
			}
		}
		return desk.Limit{}
	}
	before, err := n.keys.ring.Credential(pki.SlotDevice)
	require.NoError(t, err)
	require.Equal(t, desk.LimitAmber, device().Level)
	require.InDelta(t, 41, *device().Days, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.keepCertificates(ctx) }()
	require.Eventually(t, func() bool { return device().Level == desk.LimitGreen }, time.Minute, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	require.InDelta(t, 314, *device().Days, 1)
	after, err := n.keys.ring.Credential(pki.SlotDevice)
	require.NoError(t, err)
	require.Equal(t, before.Leaf.PublicKey, after.Leaf.PublicKey)
	require.NotEqual(t, before.Leaf.SerialNumber, after.Leaf.SerialNumber)
}
