package e2e

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// A second hash at a place of which the hub took a batch in this very session is
// a fork, said and kept, and no repeat (D38).
func TestRoadForkWithinASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		r := o.raw(1)
		r.greet(r.at)
		one, other := r.entry(), r.entry()
		first := r.batch(r.kit.Journal, one)
		second := r.batch(r.kit.Journal, other)
		require.NoError(t, r.entries.WriteFrame(byte(wire.FrameBatch), first))
		r.read(wire.FrameReceipt)
		require.NoError(t, r.entries.WriteFrame(byte(wire.FrameBatch), first)) // a repeat is none
		r.at = r.at.Next(one)
		next := r.at
		e := r.entry()
		require.NoError(t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(r.kit.Journal, e)))
		r.read(wire.FrameReceipt)
		require.NoError(t, r.entries.WriteFrame(byte(wire.FrameBatch), second))
		require.Equal(t, fault.Fork.String(), r.refusal().Kind.String())
		<-r.session.Context().Done()
		node, err := o.Node(r.kit.Identity.Node)
		require.NoError(t, err)
		require.True(t, node.Fenced)
		hash, err := o.HashAt(r.kit.Identity.Node, r.kit.Incarnation, 1)
		require.NoError(t, err)
		require.Equal(t, next.Hash, hash, "the first stands")
		alarms, err := o.Alarms(0, 9)
		require.NoError(t, err)
		require.Len(t, alarms, 1)
		require.Equal(t, ledger.AlarmFork, alarms[0].Kind)
		o.stop()
	})
}

// A bulk connection brings batches over one stream: a second one is refused, and
// the first goes on.
func TestRoadOneStreamOfBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		r := o.raw(1)
		r.greet(r.at)
		session, err := r.dial(t.Context(), link.ALPNBulk)
		require.NoError(t, err)
		var batches [3][]byte
		for n := range batches {
			e := r.entry()
			batches[n] = r.batch(r.kit.Journal, e)
			r.at = r.at.Next(e)
		}
		open := func() *link.Stream {
			s, err := session.OpenStream(t.Context())
			require.NoError(t, err)
			return s
		}
		first := open()
		require.NoError(t, first.WriteFrame(byte(wire.FrameBatch), batches[0]))
		r.read(wire.FrameReceipt)
		for range 3 {
			second := open()
			require.NoError(t, second.WriteFrame(byte(wire.FrameBatch), batches[2]))
			kind, payload, err := second.ReadFrame(rawLimit)
			require.NoError(t, err)
			require.Equal(t, wire.FrameRefusal, wire.FrameType(kind))
			var refusal wire.Refusal
			require.NoError(t, wire.Unmarshal(payload, len(payload), &refusal))
			require.Equal(t, fault.Full.String(), refusal.Kind.String())
		}
		require.NoError(t, first.WriteFrame(byte(wire.FrameBatch), batches[1]))
		r.read(wire.FrameReceipt)
		require.NoError(t, first.Close())
		wait(time.Second)
		third := open() // when the first has ended
		require.NoError(t, third.WriteFrame(byte(wire.FrameBatch), batches[2]))
		r.read(wire.FrameReceipt)
		session.CloseWithReason(link.CodeDone, "")
		r.close()
		o.stop()
	})
}
