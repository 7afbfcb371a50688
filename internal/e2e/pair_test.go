package e2e

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/hub"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// pair is a hub and one node in this process.
type pair struct {
	hub  *hub.Hub
	node *node.Node
	cfg  node.Config
	hcfg hub.Config
}

// patience guards a real wait against hanging; what is waited for has no limit of
// its own, and a loaded machine may take long.
const patience = 2 * time.Minute

func testLogger() *slog.Logger {
	if os.Getenv("JALIYA_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return telemetry.NewLogger(os.Stderr, telemetry.Options{Level: slog.LevelDebug})
}

// run starts fn and waits for it at the end of the test.
func run(tb testing.TB, fn func(context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	done := make(chan error, 1)
	go func() { done <- fn(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			tb.Errorf("run ended: %v", err)
		}
	})
}

func startHub(tb testing.TB, change ...func(*hub.Config)) (*hub.Hub, hub.Config) {
	tb.Helper()
	cfg := hub.Config{
		Dir: filepath.Join(tb.TempDir(), "hub"), Nodes: hub.Nodes{Listen: freePort(tb, "udp")},
		Cluster: hub.ClusterConfig{Listen: freePort(tb, "udp")}, Admin: hub.Admin{Listen: freePort(tb, "tcp")},
	}.WithDefaults()
	for _, one := range change {
		one(&cfg)
	}
	_, err := hub.Init(cfg, hub.InitOptions{Name: "rabat-1", Passphrase: "a test passphrase", WorkFactor: 1, Now: time.Now()})
	require.NoError(tb, err)
	h, err := hub.Open(cfg, testLogger())
	require.NoError(tb, err)
	run(tb, h.Run)
	require.Eventually(tb, func() bool {
		st, err := hub.AskStatus(tb.Context(), cfg)
		return err == nil && st.Leader
	}, patience, 20*time.Millisecond)
	return h, cfg
}

func startPair(tb testing.TB, change ...func(*hub.Config)) pair {
	tb.Helper()
	h, hcfg := startHub(tb, change...)
	reply, err := hub.AskInvite(tb.Context(), hcfg, hub.InviteRequest{
		Post: "FR-LYO", Addresses: []string{hcfg.Nodes.Listen}, Hours: 1,
	})
	require.NoError(tb, err)
	invitation, err := wire.ParseInvitation(reply.Invitation)
	require.NoError(tb, err)
	cfg := node.Config{
		Dir: filepath.Join(tb.TempDir(), "node"), Admin: node.Admin{Listen: freePort(tb, "tcp")},
		Desk: node.Desk{Listen: freePort(tb, "tcp")},
	}.WithDefaults()
	_, err = node.Join(tb.Context(), cfg, invitation)
	require.NoError(tb, err)
	n, err := node.Open(cfg, testLogger())
	require.NoError(tb, err)
	return pair{hub: h, node: n, cfg: cfg, hcfg: hcfg}
}

func TestEntriesBecomeL2(t *testing.T) {
	p := startPair(t)
	id, err := p.node.Journal().Identity()
	require.NoError(t, err)
	kit, err := journaltest.New(1)
	require.NoError(t, err)
	kit.Identity = id
	for i := range 50 {
		var d journal.Draft
		if i%10 == 0 {
			d, err = kit.ReleaseWith(p.node.Journal(), 1024, 50_000)
			require.NoError(t, err)
		} else {
			d = kit.Release(1024)
		}
		_, err = p.node.Journal().Append(t.Context(), d)
		require.NoError(t, err)
	}
	run(t, p.node.Run)
	require.Eventually(t, func() bool {
		st, err := p.node.Journal().State()
		require.NoError(t, err)
		return st.Receipted == 50
	}, patience, 10*time.Millisecond)
	// Bodies are random bytes, which no intake key opens: each case is returned
	// with a reason, and the post hears it.
	require.Eventually(t, func() bool {
		st, err := p.node.Journal().State()
		require.NoError(t, err)
		return st.Notices.Seq >= 50
	}, patience, 10*time.Millisecond)
	st, err := hub.AskStatus(t.Context(), p.hcfg)
	require.NoError(t, err)
	require.Equal(t, uint64(50), st.Counts.Commits)
	require.Equal(t, uint64(50), st.Counts.Cases)
}
