// Package e2e tests the whole: hub and nodes as they are built and run for real.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
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

func freePort(t testing.TB, network string) string {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		defer c.Close()
		return c.LocalAddr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func testLogger() *slog.Logger {
	if os.Getenv("JALIYA_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return telemetry.NewLogger(os.Stderr, telemetry.Options{Level: slog.LevelDebug})
}

// run starts fn and waits for it at the end of the test.
func run(t testing.TB, fn func(context.Context) error) context.CancelFunc {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- fn(ctx) }()
	stop := func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("run ended: %v", err)
		}
		done <- nil
	}
	t.Cleanup(stop)
	return stop
}

func startHub(t testing.TB) (*hub.Hub, hub.Config) {
	t.Helper()
	cfg := hub.Config{
		Dir: filepath.Join(t.TempDir(), "hub"), Nodes: hub.Nodes{Listen: freePort(t, "udp")},
		Cluster: hub.ClusterConfig{Listen: freePort(t, "udp")}, Admin: hub.Admin{Listen: freePort(t, "tcp")},
	}.WithDefaults()
	_, err := hub.Init(cfg, hub.InitOptions{Name: "rabat-1", Passphrase: "a test passphrase", WorkFactor: 1, Now: time.Now()})
	require.NoError(t, err)
	h, err := hub.Open(cfg, testLogger())
	require.NoError(t, err)
	run(t, h.Run)
	require.Eventually(t, func() bool {
		st, err := hub.AskStatus(t.Context(), cfg)
		return err == nil && st.Leader
	}, 20*time.Second, 20*time.Millisecond)
	return h, cfg
}

func startPair(t testing.TB) pair {
	t.Helper()
	h, hcfg := startHub(t)
	reply, err := hub.AskInvite(context.Background(), hcfg, hub.InviteRequest{
		Post: "FR-LYO", Addresses: []string{hcfg.Nodes.Listen}, Hours: 1,
	})
	require.NoError(t, err)
	invitation, err := wire.ParseInvitation(reply.Invitation)
	require.NoError(t, err)
	cfg := node.Config{
		Dir: filepath.Join(t.TempDir(), "node"), Admin: node.Admin{Listen: freePort(t, "tcp")},
		Desk: node.Desk{Listen: freePort(t, "tcp")},
	}.WithDefaults()
	_, err = node.Join(context.Background(), cfg, invitation)
	require.NoError(t, err)
	n, err := node.Open(cfg, testLogger())
	require.NoError(t, err)
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
	}, 20*time.Second, 10*time.Millisecond)
	// Bodies are random bytes, which no intake key opens: each case is returned
	// with a reason, and the post hears it.
	require.Eventually(t, func() bool {
		st, err := p.node.Journal().State()
		require.NoError(t, err)
		return st.Notices.Seq >= 50
	}, 20*time.Second, 10*time.Millisecond)
	st, err := hub.AskStatus(t.Context(), p.hcfg)
	require.NoError(t, err)
	require.Equal(t, uint64(50), st.Counts.Commits)
	require.Equal(t, uint64(50), st.Counts.Cases)
	fmt.Println(st)
}
