package cluster_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/cluster"
	"jaliya/internal/fault"
)

// TestForward proposes to members that do not lead: each answer is the one that
// the leader's own proposal would have had.
func TestForward(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	leader := founder(t, ca, patient)
	second, third := newMember(t, ca, patient), newMember(t, ca, patient)
	leader.join(t, second, third)
	before, _ := leader.state.sum(t)

	var (
		mu    sync.Mutex
		heard = map[uint64]bool{}
		done  sync.WaitGroup
	)
	const each = 20
	for _, m := range []*member{leader, second, third} {
		for caller := range 4 {
			done.Go(func() {
				for range each {
					// The same bytes from everywhere: what was answered is found by its index.
					answer, index, err := m.Propose(t.Context(), fmt.Appendf(nil, "caller %d", caller))
					if err != nil || m.AppliedIndex() < index {
						t.Errorf("applied %d of %d: %v", m.AppliedIndex(), index, err)
						return
					}
					n, _ := answer.(uint64)
					mu.Lock()
					heard[n] = true
					mu.Unlock()
				}
			})
		}
	}
	done.Wait()
	require.Len(t, heard, 3*4*each, "no two have the same answer")
	leader.catchUp(t, second)
	leader.catchUp(t, third)
	requireSame(t, leader, second, third)
	n, _ := third.state.sum(t)
	require.Equal(t, before+3*4*each, n)

	far, err := third.ProgressOf(t.Context(), second.Address())
	require.NoError(t, err)
	require.Equal(t, second.Progress(), far)
	_, err = third.ProgressOf(t.Context(), "127.0.0.1:1")
	require.True(t, fault.Is(err, fault.Unavailable))

	_, _, err = second.Propose(t.Context(), make([]byte, cluster.MaxProposal))
	require.NoError(t, err)
	_, _, err = second.Propose(t.Context(), make([]byte, cluster.MaxProposal+1))
	require.True(t, fault.Is(err, fault.TooLarge))
}

// TestForwardRefused is what another member may say that makes no sense, and a
// proposal that reaches one that does not lead.
func TestForwardRefused(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	m := founder(t, ca, patient)
	idle := newMember(t, ca, patient)
	idle.start(t)

	road := idle.dialForward(t, m)
	_, err := road.Write(frame(7, []byte("whole")))
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0, 0, 7, 1}, heard(t, road)[:5])

	for name, bad := range map[string][]byte{
		"ErrLength none":  frame(1, nil),
		"ErrLength great": binary.BigEndian.AppendUint32([]byte{0, 0, 0, 1}, cluster.MaxProposal+1),
	} {
		t.Run(name, func(t *testing.T) {
			road := idle.dialForward(t, m)
			_, err := road.Write(bad)
			require.NoError(t, err)
			_, err = road.Read(make([]byte, 1))
			require.Error(t, err, "the connection ends")
		})
	}
	_, err = road.Write(frame(8, []byte("still served")))
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0, 0, 8, 1}, heard(t, road)[:5])

	other := m.dialForward(t, idle)
	_, err = other.Write(frame(9, []byte("x")))
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0, 0, 9, 2}, heard(t, other)[:5], "not proposed")
}

func frame(number uint32, command []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, number)
	out = binary.BigEndian.AppendUint32(out, uint32(len(command)))
	return append(out, command...)
}

func heard(t *testing.T, road net.Conn) []byte {
	t.Helper()
	answer := make([]byte, 13)
	require.NoError(t, road.SetReadDeadline(time.Now().Add(30*time.Second)))
	n := 0
	for n < len(answer) {
		got, err := road.Read(answer[n:])
		n += got
		require.True(t, err == nil || n == len(answer), "%v", err)
	}
	return answer
}

func (m *member) dialForward(t *testing.T, to *member) net.Conn {
	t.Helper()
	conn, err := m.DialForward(t.Context(), to.Address())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// FuzzReadForwarded: what comes is a command of the size that it says, or nothing.
func FuzzReadForwarded(f *testing.F) {
	f.Add(frame(7, []byte("whole")))
	f.Add(frame(1, nil))
	f.Add(binary.BigEndian.AppendUint32([]byte{0, 0, 0, 1}, cluster.MaxProposal+1))
	f.Fuzz(func(t *testing.T, raw []byte) {
		number, command, err := cluster.ReadForwarded(bytes.NewReader(raw))
		if err != nil {
			return
		}
		require.NotEmpty(t, command)
		require.LessOrEqual(t, len(command), cluster.MaxProposal)
		require.True(t, bytes.HasPrefix(raw, frame(number, command)))
	})
}

// TestForwardDoesNotQueue: while one caller dials a leader that does not answer,
// another one leaves when its own time is over, and nothing was proposed for either.
func TestForwardDoesNotQueue(t *testing.T) {
	t.Parallel()
	dialing, silent := make(chan struct{}), make(chan struct{})
	forward := cluster.Forward(func(context.Context, string) (net.Conn, error) {
		close(dialing)
		<-silent
		return nil, net.ErrClosed
	})
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := forward(t.Context(), []byte("first"))
		first <- err
	}()
	<-dialing
	over, cancel := context.WithCancel(t.Context())
	cancel()
	go func() {
		_, err := forward(over, []byte("second"))
		second <- err
	}()
	select {
	case err := <-second:
		require.ErrorIs(t, err, cluster.ErrNotProposed)
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(10 * time.Second):
		require.FailNow(t, "it waits for the other's dial")
	}
	close(silent)
	require.ErrorIs(t, <-first, cluster.ErrNotProposed)
}
