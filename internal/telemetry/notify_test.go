package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/telemetry"
)

// manager listens as a service manager does.
func manager(t *testing.T) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	t.Setenv("NOTIFY_SOCKET", path)
	return conn
}

func heard(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	message := make([]byte, 100)
	n, err := conn.Read(message)
	require.NoError(t, err)
	return string(message[:n])
}

func TestTellReady(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	t.Run("OK/AfterReady", func(t *testing.T) {
		conn := manager(t)
		var asked atomic.Int32
		telemetry.TellReady(t.Context(), log, func(context.Context) bool { return asked.Add(1) == 3 })
		require.Equal(t, "READY=1", heard(t, conn))
		require.EqualValues(t, 3, asked.Load())
	})
	t.Run("OK/NoManager", func(t *testing.T) {
		t.Setenv("NOTIFY_SOCKET", "")
		telemetry.TellReady(t.Context(), log, func(context.Context) bool {
			t.Error("nobody wants to know")
			return true
		})
	})
	t.Run("OK/Ended", func(t *testing.T) {
		conn := manager(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		telemetry.TellReady(ctx, log, func(context.Context) bool { return false })
		require.NoError(t, conn.SetReadDeadline(time.Now()))
		_, err := conn.Read(make([]byte, 1))
		require.Error(t, err, "a process that ends does not say that it serves")
	})
	t.Run("OK/LimitOver", func(t *testing.T) {
		t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "none"))
		var said bytes.Buffer
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			told := slog.New(slog.NewTextHandler(&said, nil))
			telemetry.TellReady(t.Context(), told, func(context.Context) bool { return false })
			require.Equal(t, 10*time.Second, time.Since(began))
		})
		require.Contains(t, said.String(), "does not hear", "a socket that is not there is told")
	})
}

func TestWorks(t *testing.T) {
	var broken atomic.Bool
	h, err := telemetry.NewHealth(telemetry.Check{Name: "store", Critical: true, Func: func(context.Context) error {
		if broken.Load() {
			return errors.New("broken")
		}
		return nil
	}})
	require.NoError(t, err)
	require.True(t, h.Works(t.Context()))
	broken.Store(true)
	require.False(t, h.Works(t.Context()))
}
