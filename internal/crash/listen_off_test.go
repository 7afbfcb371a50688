//go:build !crashstates

package crash

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProveNeedsRecorder(t *testing.T) {
	_, err := Prove(script{}, Options{Scratch: t.TempDir()})
	require.ErrorContains(t, err, "scripts/crash-states.sh")
}
