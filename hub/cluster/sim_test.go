package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quic-go/quic-go/testutils/simnet"
	"github.com/stretchr/testify/require"

	"jaliya/hub/cluster"
)

// cutRouter drops what goes to or comes from one member.
type cutRouter struct {
	simnet.PerfectRouter
	mu  sync.Mutex
	cut string // host:port, empty for none
}

func (r *cutRouter) isolate(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = address
}

func (r *cutRouter) SendPacket(p simnet.Packet) error {
	r.mu.Lock()
	cut := r.cut
	r.mu.Unlock()
	if p.To.String() == cut || p.From.String() == cut {
		return nil
	}
	return r.PerfectRouter.SendPacket(p)
}

// Five minutes of a hub whose leader is cut off again and again, on a simulated
// LAN: nothing that was answered is lost or doubled, all members end equal.
func TestLeaderIsolations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		router := &cutRouter{}
		network := &simnet.Simnet{Router: router}
		ca := newAuthority(t)
		var members []*member
		for i := range 3 {
			address := &net.UDPAddr{IP: net.IPv4(10, 0, 0, byte(i+1)).To4(), Port: 7000}
			socket := network.NewEndpoint(address, simnet.NodeBiDiLinkSettings{Latency: time.Millisecond})
			members = append(members, newMember(t, ca, func(c *cluster.Config) {
				c.PacketConn, c.Bind = socket, ""
				c.Settings.SnapshotThreshold, c.Settings.TrailingLogs = 100, 20
				c.Settings.SnapshotInterval = 5 * time.Second
				c.Tick = func(time.Time) []byte { return []byte("tick") }
			}))
		}
		require.NoError(t, network.Start())
		defer func() { require.NoError(t, network.Close()) }()
		members[0].start(t)
		require.NoError(t, members[0].Bootstrap())
		members[0].leads(t)
		members[0].join(t, members[1:]...)

		answered := 0
		for round := range 8 {
			leader := leaderOf(t, members...)
			router.isolate(leader.Address())
			lost := proposeUntilLost(t, leader)
			rest := make([]*member, 0, 2)
			for _, m := range members {
				if m != leader {
					rest = append(rest, m)
				}
			}
			next := leaderOf(t, rest...)
			require.NoError(t, next.ReadBarrier(t.Context()), "round %d", round)
			require.Error(t, leader.ReadBarrier(t.Context()), "an isolated leader must not serve reads")
			next.propose(t, 40)
			answered += 40
			<-time.After(time.Duration(round) * 5 * time.Second)
			router.isolate("")
			require.ErrorIs(t, lost, cluster.ErrOutcomeUnknown)
			<-time.After(20 * time.Second)
		}
		settle(t, members)
		requireSame(t, members...)
		count, _ := members[0].state.sum(t)
		require.GreaterOrEqual(t, int(count), answered)
		for _, m := range members {
			require.Empty(t, m.exits)
			require.NoError(t, m.Shutdown())
		}
	})
}

// proposeUntilLost leaves an entry behind that only the isolated leader has.
func proposeUntilLost(t *testing.T, leader *member) error {
	t.Helper()
	for i := 0; ; i++ {
		_, _, err := leader.Propose(t.Context(), fmt.Appendf(nil, "alone %d", i))
		if errors.Is(err, cluster.ErrOutcomeUnknown) {
			return err
		}
		require.NoError(t, err)
	}
}

// settle waits until everyone has what the leader committed last.
func settle(t *testing.T, members []*member) {
	t.Helper()
	leader := leaderOf(t, members...)
	index := leader.propose(t, 1)
	for _, m := range members {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		require.NoError(t, m.WaitApplied(ctx, index))
		cancel()
	}
}
