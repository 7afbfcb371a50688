package e2e

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
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
