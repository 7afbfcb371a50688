package pki_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

func TestLANNames(t *testing.T) {
	dns, addresses, err := pki.LANNames([]string{"Desk", "desk.lan", "lyon.consulate.internal", "192.168.1.9", "fe80::1", "::1", "fd00::7"})
	require.NoError(t, err)
	require.Equal(t, []string{"desk", "desk.lan", "lyon.consulate.internal"}, dns)
	require.Len(t, addresses, 4)
	for _, bad := range []string{
		"", "consulat.ma", "www.google.com", "8.8.8.8", "2001:4860:4860::8888", "*", "*.lan", "-x", "a..lan", ".lan",
		"desk.lan.", "a b", "x\u0000.lan", strings.Repeat("a", 64), strings.Repeat("a.", 99) + "lan", "0.0.0.0",
	} {
		_, _, err := pki.LANNames([]string{bad})
		require.True(t, fault.Is(err, fault.Invalid), bad)
	}
}
