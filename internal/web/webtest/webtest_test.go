package webtest

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPinnedAxe(t *testing.T) {
	sum := sha256.Sum256([]byte(axe))
	require.Equal(t, axeHash, hex.EncodeToString(sum[:]))
}
