package cluster_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/cluster"
	"jaliya/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func small(c *cluster.Config) {
	c.Settings.SnapshotThreshold = 1 << 20 // by hand only
	c.Settings.TrailingLogs = 1
}

// patient is small with timeouts for machines that are busy with other tests.
func patient(c *cluster.Config) {
	small(c)
	c.Settings.Heartbeat = 1500 * time.Millisecond
	c.Settings.Election = 1500 * time.Millisecond
	c.Settings.LeaderLease = 1500 * time.Millisecond
}

func TestSingleMember(t *testing.T) {
	t.Parallel()
	m := founder(t, newAuthority(t), small)
	require.True(t, fault.Is(m.Bootstrap(), fault.Exists))
	first := m.propose(t, 20)
	response, index, err := m.Propose(t.Context(), []byte("answered"))
	require.NoError(t, err)
	require.Equal(t, uint64(21), response)
	require.Equal(t, first+1, index)
	require.NoError(t, m.ReadBarrier(t.Context()))
	id, address := m.Leader()
	require.Equal(t, m.id, id)
	require.Equal(t, m.Address(), address)
	require.Equal(t, []cluster.Member{{ID: m.id, Address: m.Address(), Voter: true}}, m.Members())

	require.NoError(t, m.Snapshot(t.Context()))
	require.Greater(t, m.Stats().First, uint64(1), "the log was truncated")
	count, chain := m.state.sum(t)

	for range 2 { // the second restart finds only what the first left
		m.stop(t)
		m.start(t)
		m.leads(t)
		n, c := m.state.sum(t)
		require.Equal(t, count, n, "nothing was applied twice")
		require.Equal(t, chain, c)
		require.NoError(t, m.ReadBarrier(t.Context()))
	}
	m.propose(t, 5)
	n, _ := m.state.sum(t)
	require.Equal(t, count+5, n)
	require.Empty(t, m.exits)
}

// The snapshot index counts no-ops that the state never sees; without Persist
// the truncated log would leave a hole behind the state (rule 4).
func TestRestartAfterTruncationBehindNoops(t *testing.T) {
	t.Parallel()
	m := founder(t, newAuthority(t), small)
	m.propose(t, 3)
	for range 3 {
		m.stop(t)
		m.start(t)
		m.leads(t)
		require.NoError(t, m.ReadBarrier(t.Context()))
		m.propose(t, 1)
		require.NoError(t, m.Snapshot(t.Context()))
	}
	n, _ := m.state.sum(t)
	require.Equal(t, uint64(6), n)
}

func TestProposeRefusals(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	idle := newMember(t, ca, nil)
	idle.start(t)
	_, _, err := idle.Propose(t.Context(), []byte("x"))
	require.True(t, fault.Is(err, fault.Unavailable))
	require.ErrorIs(t, err, cluster.ErrNotProposed)
	require.True(t, fault.Is(idle.ReadBarrier(t.Context()), fault.Unavailable))

	m := founder(t, ca, nil)
	_, _, err = m.Propose(t.Context(), make([]byte, cluster.MaxProposal+1))
	require.True(t, fault.Is(err, fault.TooLarge))
	_, _, err = m.Propose(t.Context(), nil)
	require.True(t, fault.Is(err, fault.Invalid))
	_, _, err = m.Propose(t.Context(), make([]byte, cluster.MaxProposal))
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	m.state.mu.Lock() // Apply waits
	done := make(chan error, 1)
	go func() {
		_, _, err := m.Propose(ctx, []byte("late"))
		done <- err
	}()
	require.Eventually(t, func() bool { return m.Stats().Committed > m.Stats().Applied }, 5*time.Second, time.Millisecond)
	cancel()
	err = <-done
	m.state.mu.Unlock()
	require.ErrorIs(t, err, cluster.ErrOutcomeUnknown)
	require.ErrorIs(t, err, context.Canceled)

	require.NoError(t, m.Shutdown())
	_, _, err = m.Propose(t.Context(), []byte("x"))
	require.ErrorIs(t, err, cluster.ErrNotProposed)
	require.NoError(t, m.Shutdown())
}

func TestStateFailureLeaves(t *testing.T) {
	t.Parallel()
	m := founder(t, newAuthority(t), nil)
	m.propose(t, 1)
	broken := errors.New("no disk")
	m.state.mu.Lock()
	m.state.broken = fault.New(fault.Storage, "test: apply", "", broken)
	m.state.mu.Unlock()
	_, _, err := m.Propose(t.Context(), []byte("x"))
	require.ErrorIs(t, err, cluster.ErrOutcomeUnknown)
	require.ErrorIs(t, <-m.exits, broken)
	m.state.mu.Lock()
	m.state.broken = nil // a disk that seems to work again is not believed
	m.state.mu.Unlock()
	_, _, err = m.Propose(t.Context(), []byte("x"))
	require.ErrorIs(t, err, cluster.ErrOutcomeUnknown)
	n, _ := m.state.sum(t)
	require.Equal(t, uint64(1), n)
	require.Error(t, m.Snapshot(t.Context()), "an index that was not applied is never persisted")
}

func TestTick(t *testing.T) {
	t.Parallel()
	m := founder(t, newAuthority(t), func(c *cluster.Config) {
		c.Settings.TickInterval = 20 * time.Millisecond
		c.Tick = func(now time.Time) []byte { return []byte(now.String()) }
	})
	require.Eventually(t, func() bool {
		n, _ := m.state.sum(t)
		return n >= 3
	}, 10*time.Second, 5*time.Millisecond)
}

func TestThreeMembers(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	m := founder(t, ca, patient)
	m.propose(t, 50)
	b, c := newMember(t, ca, patient), newMember(t, ca, patient)
	m.join(t, b, c)
	require.NoError(t, m.ReadBarrier(t.Context()))
	m.propose(t, 50)
	m.catchUp(t, b)
	m.catchUp(t, c)
	requireSame(t, m, b, c)

	// The leader goes; a follower that missed much comes back by a snapshot.
	c.stop(t)
	m.propose(t, 200)
	require.NoError(t, m.Snapshot(t.Context()))
	m.stop(t)
	c.start(t)
	leader := leaderOf(t, b, c)
	require.Same(t, b, leader, "c misses entries and cannot win")
	require.NoError(t, b.ReadBarrier(t.Context()))
	b.propose(t, 20)
	require.NoError(t, b.Snapshot(t.Context()))
	m.start(t)
	b.propose(t, 1)
	b.catchUp(t, c)
	b.catchUp(t, m)
	requireSame(t, b, c, m)
	n, _ := b.state.sum(t)
	require.Equal(t, uint64(50+50+200+20+1), n)
	for _, x := range []*member{m, b, c} {
		require.Empty(t, x.exits)
	}
}

func TestInstallBySnapshot(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	m := founder(t, ca, patient)
	m.propose(t, 300)
	require.NoError(t, m.Snapshot(t.Context()))
	require.Greater(t, m.Stats().First, uint64(200))
	b := newMember(t, ca, patient)
	m.join(t, b)
	require.Equal(t, uint64(1), b.Stats().Installs)
	requireSame(t, m, b)
	require.NoFileExists(t, filepath.Join(b.dir, "incoming.state"))
	m.propose(t, 10)
	m.catchUp(t, b)
	b.stop(t)
	m2 := m
	b.start(t) // b's log begins behind its snapshot
	require.Eventually(t, func() bool { return leaderKnown(m2, b) }, 20*time.Second, 10*time.Millisecond)
	leaderOf(t, m, b).propose(t, 10)
	m.catchUp(t, b)
	b.catchUp(t, m)
	requireSame(t, m, b)
}

func leaderKnown(members ...*member) bool {
	for _, m := range members {
		if id, _ := m.Leader(); id == "" {
			return false
		}
	}
	return true
}

func TestOpenRefusals(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	t.Run("ErrNoPreVote", func(t *testing.T) {
		m := newMember(t, ca, nil)
		m.cfg.State = openState(t, m.dir)
		_, inner := raft.NewInmemTransport("a")
		m.cfg.Transport = withoutPreVote{inner}
		_, err := cluster.Open(m.cfg)
		require.True(t, fault.Is(err, fault.Invalid))
		require.ErrorContains(t, err, "pre-vote")
	})
	for name, change := range map[string]func(*cluster.Config){
		"ErrNoID":         func(c *cluster.Config) { c.ID = "" },
		"ErrNoState":      func(c *cluster.Config) { c.State = nil },
		"ErrNoExit":       func(c *cluster.Config) { c.Exit = nil },
		"ErrNoClientCert": func(c *cluster.Config) { c.ServerTLS.ClientAuth = 0 },
		"ErrNoRoleCheck":  func(c *cluster.Config) { c.ClientTLS.VerifyConnection = nil },
		"ErrNoServerName": func(c *cluster.Config) { c.ClientTLS.ServerName = "" },
		"ErrLease":        func(c *cluster.Config) { c.Settings.LeaderLease = time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMember(t, ca, nil)
			m.cfg.State = openState(t, m.dir)
			change(&m.cfg)
			_, err := cluster.Open(m.cfg)
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		})
	}
}

// withoutPreVote hides the method, as a careless wrapper does.
type withoutPreVote struct{ raft.Transport }
