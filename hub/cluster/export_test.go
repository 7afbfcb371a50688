package cluster

import (
	"io"

	"github.com/hashicorp/raft"
	"github.com/quic-go/quic-go"
)

// OpenLive streams the state as a leader would.
func (c *Cluster) OpenLive() (*raft.SnapshotMeta, io.ReadCloser, error) {
	return c.fsm.snaps.Open(liveID)
}

// NewTransport gives a transport of its own, for a peer that is no raft.
func NewTransport(cfg Config) (*raft.NetworkTransport, func() error, error) {
	layer, err := newStreamLayer(cfg, &quic.StatelessResetKey{})
	if err != nil {
		return nil, nil, err
	}
	t := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: layer, MaxPool: 1, Timeout: cfg.Settings.withDefaults().RPC, Logger: newRaftLogger(cfg.Logger),
	})
	return t, t.Close, nil
}
