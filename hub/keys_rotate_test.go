package hub_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub"
)

// member is a hub of one in this process.
type member struct {
	t   *testing.T
	cfg hub.Config
	end func()
}

func newMember(t *testing.T) *member {
	t.Helper()
	dir, err := os.MkdirTemp("", "hub-") //nolint:usetesting // its path is too long for a socket
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	m := &member{t: t, cfg: hub.Config{Dir: dir}}
	m.cfg.Nodes.Listen, m.cfg.Nodes.TCP = freeAddress(t), "off"
	m.cfg.Cluster.Listen, m.cfg.Admin.Listen = freeAddress(t), freeAddress(t)
	_, err = hub.Init(m.cfg, hub.InitOptions{Name: "rabat-1", Passphrase: "a long passphrase", WorkFactor: 1, Now: time.Now()})
	require.NoError(t, err)
	return m
}

func freeAddress(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0") //nolint:noctx // a port and nothing else
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	return conn.LocalAddr().String()
}

// serve runs it until stop, and waits until it answers.
func (m *member) serve() *hub.Hub {
	m.t.Helper()
	h, err := hub.Open(m.cfg, slog.New(slog.DiscardHandler))
	require.NoError(m.t, err)
	ctx, cancel := context.WithCancel(m.t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	m.end = func() {
		cancel()
		require.NoError(m.t, <-done)
	}
	require.Eventually(m.t, func() bool {
		_, err := hub.AskStatus(m.t.Context(), m.cfg)
		return err == nil
	}, time.Minute, 20*time.Millisecond)
	return h
}

func (m *member) rotate() hub.RotateReply {
	m.t.Helper()
	r, err := hub.AskRotate(m.t.Context(), m.cfg, hub.RotateRequest{Receipt: true})
	require.NoError(m.t, err)
	return r
}

func (m *member) receipts() []string {
	m.t.Helper()
	s, err := hub.AskStatus(m.t.Context(), m.cfg)
	require.NoError(m.t, err)
	return s.Receipts
}

func (m *member) copy(from, to string) {
	m.t.Helper()
	raw, err := os.ReadFile(filepath.Join(m.cfg.Dir, "keys", from))
	require.NoError(m.t, err)
	require.NoError(m.t, os.WriteFile(filepath.Join(m.cfg.Dir, "keys", to), raw, 0o600))
}

// TestRotationCutShort: a crash at any place of a rotation leaves a hub that
// starts, and the command asked again ends what was begun.
func TestRotationCutShort(t *testing.T) {
	m := newMember(t)
	m.copy("receipt.key", "first.key")
	m.serve()
	first := m.receipts()
	require.Len(t, first, 1)
	one := m.rotate()
	require.True(t, one.Signs, "nobody to wait for")
	require.Equal(t, append(first, one.Receipt), m.receipts())
	m.end()

	// The key was on disk, and nobody had heard of it.
	m.copy("first.key", "receipt-next.key")
	m.serve()
	again := m.rotate()
	require.Equal(t, first[0], again.Receipt, "the key that was begun with")
	require.True(t, again.Signs)
	require.Len(t, m.receipts(), 2)
	m.end()

	// It signed, and what said that it was the next was not put away.
	m.copy("receipt.key", "receipt-next.key")
	require.NoError(t, os.WriteFile(filepath.Join(m.cfg.Dir, "keys", "receipt-next.told"), []byte("1"), 0o600))
	m.serve()
	fresh := m.rotate()
	require.NotContains(t, append(first, one.Receipt), fresh.Receipt, "not the one that signs already")
	require.Len(t, m.receipts(), 3)
	require.NoFileExists(t, filepath.Join(m.cfg.Dir, "keys", "receipt-next.key"))
	m.end()

	m.serve()
	require.Len(t, m.receipts(), 3)
	_, err := hub.AskRotate(t.Context(), m.cfg, hub.RotateRequest{})
	require.ErrorContains(t, err, "say which")
	m.end()
}

// TestRotationOfSeveral: a hub of more than one member refuses, and nothing has
// changed: the others would go on with the old keys.
func TestRotationOfSeveral(t *testing.T) {
	m := newMember(t)
	h := m.serve()
	before := m.receipts()
	key := func() string {
		raw, err := os.ReadFile(filepath.Join(m.cfg.Dir, "keys", "intake.key"))
		require.NoError(t, err)
		return string(raw)
	}
	intake := key()
	require.NoError(t, h.Join(t.Context(), "rabat-2", "127.0.0.1:1"), "without a vote: it waits for none")
	for _, in := range []hub.RotateRequest{{Intake: true}, {Receipt: true}, {Intake: true, Receipt: true, Now: true}} {
		_, err := hub.AskRotate(t.Context(), m.cfg, in)
		require.ErrorContains(t, err, "the hub has 2 members, and the others would keep the old keys: nothing was changed: unsupported")
	}
	require.Equal(t, before, m.receipts())
	require.Equal(t, intake, key())
	require.NoFileExists(t, filepath.Join(m.cfg.Dir, "keys", "receipt-next.key"))
	require.NoError(t, h.Leave(t.Context(), "rabat-2"))
	require.True(t, m.rotate().Signs)
	m.end()
}
