package e2e

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Stretches of ports on loopback, below those that the kernel gives out by
// itself: a port that it gave out and took back may belong to anybody's next
// connection by the time a daemon wants it. The last port of a stretch, held
// open, says that the stretch is taken, also to another run of these tests.
const (
	portFirst   = 20000
	portStretch = 400
	portCount   = 30
)

// portBase gives a stretch of ports that nobody else has until the test's end.
func portBase(tb testing.TB) string {
	tb.Helper()
	base, lock := claimPorts(tb)
	tb.Cleanup(func() { require.NoError(tb, lock.Close()) })
	return strconv.Itoa(base)
}

func claimPorts(tb testing.TB) (base int, lock net.Listener) {
	tb.Helper()
	var lc net.ListenConfig
	for n := range portCount {
		base = portFirst + n*portStretch
		lock, err := lc.Listen(context.Background(), "tcp", loopbackPort(base+portStretch-1))
		if err == nil {
			return base, lock
		}
		require.ErrorIs(tb, err, syscall.EADDRINUSE)
	}
	require.FailNow(tb, "every stretch of ports is taken")
	return 0, nil
}

// single hands out the ports of one stretch, which this process keeps to its end.
var single struct {
	mu   sync.Mutex // guards the rest
	lock net.Listener
	base int
	next int
}

// freePort gives a port of this process on which nobody listens.
func freePort(tb testing.TB, network string) string {
	tb.Helper()
	single.mu.Lock()
	defer single.mu.Unlock()
	if single.lock == nil {
		single.base, single.lock = claimPorts(tb)
	}
	for range portStretch - 1 {
		address := loopbackPort(single.base + single.next)
		single.next = (single.next + 1) % (portStretch - 1)
		if isFree(tb, network, address) {
			return address
		}
	}
	require.FailNow(tb, "every port is taken")
	return ""
}

func isFree(tb testing.TB, network, address string) bool {
	tb.Helper()
	var lc net.ListenConfig
	var err error
	if network == "udp" {
		var c net.PacketConn
		if c, err = lc.ListenPacket(tb.Context(), network, address); err == nil {
			err = c.Close()
		}
	} else {
		var l net.Listener
		if l, err = lc.Listen(tb.Context(), network, address); err == nil {
			err = l.Close()
		}
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return false
	}
	require.NoError(tb, err)
	return true
}

func loopbackPort(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
