package cluster_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/hashicorp/raft"
	"github.com/stretchr/testify/require"

	"jaliya/hub/cluster"
)

// peer speaks raft's protocol from a socket of its own.
func peer(t *testing.T, ca *authority, role string) *raft.NetworkTransport {
	t.Helper()
	m := newMember(t, ca, nil)
	m.cfg.ServerTLS, m.cfg.ClientTLS = ca.issue(t, role, "peer")
	tr, stop, err := cluster.NewTransport(m.cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = stop() })
	return tr
}

func (m *member) header() raft.RPCHeader {
	return raft.RPCHeader{
		ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(m.id), Addr: []byte(m.Address()),
	}
}

// install sends a snapshot to m as its leader would.
func (m *member) install(tr raft.Transport, from *member, meta *raft.SnapshotMeta, image []byte) error {
	var resp raft.InstallSnapshotResponse
	return tr.InstallSnapshot(raft.ServerID(m.id), raft.ServerAddress(m.Address()), &raft.InstallSnapshotRequest{
		RPCHeader: from.header(), SnapshotVersion: meta.Version, Term: from.Stats().Term,
		Leader: []byte(from.Address()), LastLogIndex: meta.Index, LastLogTerm: meta.Term,
		Configuration:      raft.EncodeConfiguration(meta.Configuration),
		ConfigurationIndex: meta.ConfigurationIndex, Size: int64(len(image)),
	}, &resp, bytes.NewReader(image))
}

// D11.5: raft itself would go back to the older snapshot and apply what follows
// a second time.
func TestLateDuplicateInstall(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	m := founder(t, ca, patient)
	m.propose(t, 30)
	require.NoError(t, m.Snapshot(t.Context()))
	b, c := newMember(t, ca, patient), newMember(t, ca, patient)
	m.join(t, b, c)
	m.propose(t, 8)

	meta, stream, err := m.OpenLive()
	require.NoError(t, err)
	image, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.NoError(t, stream.Close())
	require.Equal(t, meta.Size, int64(len(image)))

	m.propose(t, 4)
	m.catchUp(t, b)
	before, installs := b.AppliedIndex(), b.Stats().Installs
	tr := peer(t, ca, "member")
	for range 2 {
		require.ErrorContains(t, b.install(tr, m, meta, image), "stale")
	}
	require.Equal(t, before, b.AppliedIndex())
	require.Equal(t, installs, b.Stats().Installs)
	require.NotZero(t, b.Stats().Last, "the log is untouched")

	m.propose(t, 3)
	m.catchUp(t, b)
	m.catchUp(t, c)
	requireSame(t, m, b, c)
	require.Empty(t, b.exits)
}

func TestReceivedSnapshot(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	m := founder(t, ca, patient)
	m.propose(t, 30)
	meta, stream, err := m.OpenLive()
	require.NoError(t, err)
	image, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.NoError(t, stream.Close())
	tr := peer(t, ca, "member")

	for name, test := range map[string]struct {
		image  func() []byte
		change func(*raft.SnapshotMeta)
		want   string
	}{
		"ErrFlippedBit": {func() []byte {
			broken := bytes.Clone(image)
			broken[len(broken)/2] ^= 1
			return broken
		}, nil, "digest"},
		"ErrShort":      {func() []byte { return image[:len(image)-1] }, nil, "digest"},
		"ErrOnlyDigest": {func() []byte { return image[len(image)-32:] }, nil, "digest"},
		"ErrEmpty":      {func() []byte { return nil }, nil, "nothing was received"},
		"ErrOtherIndex": {func() []byte { return image }, func(m *raft.SnapshotMeta) { m.Index++ }, "digest"},
		"OK":            {func() []byte { return image }, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newMember(t, ca, patient)
			b.start(t)
			claimed := *meta
			if test.change != nil {
				test.change(&claimed)
			}
			err := b.install(tr, m, &claimed, test.image())
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
				require.Zero(t, b.AppliedIndex())
				require.Empty(t, b.exits)
				return
			}
			require.NoError(t, err)
			requireSame(t, m, b)
			require.Equal(t, m.Members(), b.Members(), "the membership came with the state")
		})
	}
}

// A reader that stopped reading does not hold up an install (rule 8).
func TestInstallCancelsExports(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	m := founder(t, ca, patient)
	m.propose(t, 30)
	b := newMember(t, ca, patient)
	b.start(t)
	require.NoError(t, m.Add(t.Context(), b.id, b.Address())) // no vote: m commits without it
	m.propose(t, 10)
	m.catchUp(t, b)
	b.stop(t)
	m.propose(t, 100)
	require.NoError(t, m.Snapshot(t.Context()))
	b.start(t)
	_, stuck, err := b.OpenLive()
	require.NoError(t, err)
	defer func() { require.NoError(t, stuck.Close()) }()
	m.propose(t, 1)
	m.catchUp(t, b)
	requireSame(t, m, b)
	require.Equal(t, uint64(1), b.Stats().Installs)
}

func TestStrangerIsRefused(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	m := founder(t, ca, patient)
	vote := func(tr raft.Transport) error {
		var resp raft.RequestPreVoteResponse
		return tr.(raft.WithPreVote).RequestPreVote(raft.ServerID(m.id), raft.ServerAddress(m.Address()),
			&raft.RequestPreVoteRequest{RPCHeader: m.header(), Term: 1}, &resp)
	}
	t.Run("OK", func(t *testing.T) { require.NoError(t, vote(peer(t, ca, "member"))) })
	t.Run("ErrOtherRole", func(t *testing.T) { require.Error(t, vote(peer(t, ca, "node"))) })
	t.Run("ErrOtherAuthority", func(t *testing.T) { require.Error(t, vote(peer(t, newAuthority(t), "member"))) })
	t.Run("ErrNoCertificate", func(t *testing.T) {
		cfg := newMember(t, ca, nil).cfg
		cfg.ClientTLS = cfg.ClientTLS.Clone()
		cfg.ClientTLS.Certificates = nil
		tr, stop, err := cluster.NewTransport(cfg)
		require.NoError(t, err)
		defer func() { require.NoError(t, stop()) }()
		require.Error(t, vote(tr))
	})
}
