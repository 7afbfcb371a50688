package node

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/wire"
)

// TestOldAnswerTakesNothingBack: a file that comes late, or a second time, brings
// keys that prove its receipts, and neither retired keys to seal to nor an older
// word of the hub.
func TestOldAnswerTakesNothingBack(t *testing.T) {
	one, two := []byte("receipt key 1"), []byte("receipt key 2")
	held := national{Receipts: [][]byte{two}, Intake: []wire.IntakeKey{{Number: 2}}, Heard: 2000, Feature: 4}

	old := held.with(wire.Welcome{Time: 1000, Receipts: [][]byte{one}, Intake: []wire.IntakeKey{{Number: 1}}, Feature: 3})
	require.Equal(t, [][]byte{two, one}, old.Receipts)
	require.Equal(t, held.Intake, old.Intake)
	require.Equal(t, held.Heard, old.Heard)
	require.Equal(t, held.Feature, old.Feature)

	fresh := held.with(wire.Welcome{Time: 3000, Receipts: [][]byte{two}, Intake: []wire.IntakeKey{{Number: 3}}, Feature: 5})
	require.Equal(t, [][]byte{two}, fresh.Receipts)
	require.Equal(t, uint32(3), fresh.Intake[0].Number)
	require.EqualValues(t, 3000, fresh.Heard)
	require.EqualValues(t, 5, fresh.Feature)
}
