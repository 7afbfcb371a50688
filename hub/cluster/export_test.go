package cluster

import (
	"context"
	"io"
	"net"

	"github.com/hashicorp/raft"
	"github.com/quic-go/quic-go"
)

// OpenLive streams the state as a leader would.
func (c *Cluster) OpenLive() (*raft.SnapshotMeta, io.ReadCloser, error) {
	return c.fsm.snaps.Open(liveID)
}

// NewTransport gives a transport of its own, for a peer that is no raft.
func NewTransport(cfg Config) (*raft.NetworkTransport, func() error, error) {
	layer, err := newStreamLayer(cfg, &quic.StatelessResetKey{}, func(_ byte, c net.Conn) { _ = c.Close() })
	if err != nil {
		return nil, nil, err
	}
	t := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: layer, MaxPool: 1, Timeout: cfg.Settings.withDefaults().RPC, Logger: newRaftLogger(cfg.Logger),
	})
	return t, t.Close, nil
}

// DialForward opens a connection for proposals, to say on it what a member would not.
func (c *Cluster) DialForward(ctx context.Context, target string) (net.Conn, error) {
	return c.layer.dialFor(ctx, target, forProposals)
}

// ReadForwarded reads one proposal of another member.
func ReadForwarded(r io.Reader) (number uint32, command []byte, err error) { return readForwarded(r) }

// Forward hands a command over by a dial of the test's own.
func Forward(dial func(context.Context, string) (net.Conn, error)) func(context.Context, []byte) (uint64, error) {
	f := newForwarder(dial)
	return func(ctx context.Context, command []byte) (uint64, error) { return f.propose(ctx, "leader", command) }
}
