package localnet

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestVerdicts(t *testing.T) {
	var out bytes.Buffer
	v := &verdicts{out: &out}
	v.within(2*time.Second, 2*time.Second, "start")
	v.below(64<<20, nodeAnonymous, "memory")
	require.NoError(t, v.err("bench"))
	v.within(2*time.Second+1, 2*time.Second, "late start")
	v.below(nodeAnonymous+1, nodeAnonymous, "much memory")
	v.below(0, nodeAnonymous, "memory that could not be read")
	require.ErrorContains(t, v.err("bench"), "late start, much memory, memory that could not be read")
	require.Contains(t, out.String(), "2.00 s  (at most 2 s: held)")
	require.Contains(t, out.String(), "MISSED")
}
