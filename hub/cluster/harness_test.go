package cluster_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/cluster"
)

// member is one running member with its files.
type member struct {
	*cluster.Cluster
	id     string
	dir    string
	state  *chainState
	cfg    cluster.Config
	exits  chan error
	client *tls.Config
}

func testLogger() *slog.Logger {
	if os.Getenv("CLUSTER_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.DiscardHandler)
}

// newMember prepares a member, not started, that listens on loopback.
func newMember(tb testing.TB, ca *authority, change func(*cluster.Config)) *member {
	tb.Helper()
	var id [16]byte
	_, _ = rand.Read(id[:])
	m := &member{id: hex.EncodeToString(id[:]), dir: tb.TempDir(), exits: make(chan error, 1)}
	server, client := ca.issue(tb, "member", m.id[:8])
	m.client = client
	m.cfg = cluster.Config{
		ID: m.id, Dir: m.dir, Bind: "127.0.0.1:0", ServerTLS: server, ClientTLS: client,
		Exit: func(err error) { m.exits <- err }, Logger: testLogger().With(slog.String("member", m.id[:4])),
	}
	if change != nil {
		change(&m.cfg)
	}
	return m
}

// start opens the member; it keeps the port that it got the first time.
func (m *member) start(tb testing.TB) {
	tb.Helper()
	m.state = openState(tb, m.dir)
	m.cfg.State = m.state
	c, err := cluster.Open(m.cfg)
	require.NoError(tb, err)
	m.Cluster = c
	m.cfg.Bind = c.Address()
	tb.Cleanup(func() { _ = c.Shutdown() })
}

func (m *member) stop(tb testing.TB) {
	tb.Helper()
	require.NoError(tb, m.Shutdown())
	require.NoError(tb, m.state.db.Close())
}

// founder is a cluster of one, leading.
func founder(tb testing.TB, ca *authority, change func(*cluster.Config)) *member {
	tb.Helper()
	m := newMember(tb, ca, change)
	m.start(tb)
	require.NoError(tb, m.Bootstrap())
	m.leads(tb)
	return m
}

func (m *member) leads(tb testing.TB) {
	tb.Helper()
	ch, stop := m.LeaderCh()
	defer stop()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case leading := <-ch:
			if leading {
				return
			}
		case <-deadline:
			require.FailNow(tb, "no leader")
		}
	}
}

// join lets others into the cluster of m, with a vote.
func (m *member) join(tb testing.TB, others ...*member) {
	tb.Helper()
	for _, o := range others {
		o.start(tb)
		require.NoError(tb, m.Add(tb.Context(), o.id, o.Address()))
		m.catchUp(tb, o)
		require.NoError(tb, m.Promote(tb.Context(), o.id, o.Address()))
	}
}

// propose commits n commands and gives the index of the last.
func (m *member) propose(tb testing.TB, n int) (last uint64) {
	tb.Helper()
	for i := range n {
		_, index, err := m.Propose(tb.Context(), fmt.Appendf(nil, "%s-%d", m.id, i))
		require.NoError(tb, err)
		last = index
	}
	return last
}

// catchUp waits until o has applied what m has.
func (m *member) catchUp(tb testing.TB, o *member) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	require.NoError(tb, o.WaitApplied(ctx, m.AppliedIndex()))
}

func requireSame(tb testing.TB, members ...*member) {
	tb.Helper()
	count, chain := members[0].state.sum(tb)
	for _, o := range members[1:] {
		n, c := o.state.sum(tb)
		require.Equal(tb, count, n)
		require.Equal(tb, chain, c)
	}
}

// leaderOf waits until one of the members leads and the others know it.
func leaderOf(tb testing.TB, members ...*member) *member {
	tb.Helper()
	var leader *member
	require.Eventually(tb, func() bool {
		for _, m := range members {
			if m.IsLeader() {
				leader = m
				return true
			}
		}
		return false
	}, 30*time.Second, 10*time.Millisecond)
	return leader
}
