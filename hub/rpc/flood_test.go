package rpc_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/rpc"
	"jaliya/internal/link/pki"
)

// crowded counts how many questions of a kind it answers at the same moment.
type crowded struct {
	rpc.Member

	now, most atomic.Int32
	filed     chan struct{} // closed when a request was filed
}

func (m *crowded) Follow(context.Context, rpc.FollowQuestion) (rpc.Followed, error) {
	now := m.now.Add(1)
	defer m.now.Add(-1)
	for {
		most := m.most.Load()
		if now <= most || m.most.CompareAndSwap(most, now) {
			break
		}
	}
	<-m.filed // nobody is answered before
	return rpc.Followed{Status: "issued"}, nil
}

func (m *crowded) File(context.Context, rpc.Filing) (rpc.Filed, error) {
	close(m.filed)
	return rpc.Filed{Commit: 1}, nil
}

// TestFlood: however many ask where a request stands, a member answers few at a
// time, over few connections, and what is filed does not stand in their row.
func TestFlood(t *testing.T) {
	const crowd = 200
	n := newNation(t)
	m := &crowded{filed: make(chan struct{})}
	s := httptest.NewUnstartedServer(rpc.NewHandler(m, slog.New(slog.DiscardHandler)))
	var connections atomic.Int32
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.TLS = n.Server(t, n.ring(pki.Member), "http/1.1", pki.Portal)
	s.StartTLS()
	t.Cleanup(s.Close)
	flooded, beside := n.client(pki.Portal, s.Listener.Addr().String()), n.client(pki.Portal, s.Listener.Addr().String())
	var wg sync.WaitGroup
	failed := make(chan error, crowd)
	for range crowd {
		wg.Go(func() {
			_, err := flooded.Follow(t.Context(), rpc.FollowQuestion{})
			failed <- err
		})
	}
	require.Eventually(t, func() bool { return m.now.Load() > 0 }, 10*time.Second, time.Millisecond)
	_, err := beside.File(t.Context(), rpc.Filing{})
	require.NoError(t, err, "another portal files while the first is flooded")
	wg.Wait()
	for range crowd {
		require.NoError(t, <-failed)
	}
	require.LessOrEqual(t, int(m.most.Load()), max(1, runtime.GOMAXPROCS(0)/2))
	require.LessOrEqual(t, int(connections.Load()), 16+1)
}
