package pki_test

import (
	"crypto/x509"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

// A key that is certified again stays where it is, whatever becomes of the asking.
func TestKeyringAgain(t *testing.T) {
	w := linktest.NewWorld(t, atEpoch)
	dir := filepath.Join(t.TempDir(), "ring")
	keys, err := pki.NewFileKeys(filepath.Join(dir, "keys"))
	require.NoError(t, err)
	ring, err := pki.OpenKeyring(dir, keys)
	require.NoError(t, err)
	_, err = ring.Again(pki.SlotDevice)
	requireKind(t, fault.NotFound, err)
	id := linktest.Identity(t, pki.Device, "FR-LYO")
	w.Install(t, ring, pki.Request{Identity: id, Now: epoch, Life: time.Hour})
	first, err := ring.Credential(pki.SlotDevice)
	require.NoError(t, err)

	unused, err := ring.Again(pki.SlotDevice)
	require.NoError(t, err)
	require.NoError(t, ring.Discard(unused))
	p, err := ring.Again(pki.SlotDevice)
	require.NoError(t, err)
	chain, err := w.Authorities[pki.Node].IssueCSR(p.CSR, pki.Request{Identity: id, Now: epoch})
	require.NoError(t, err)
	require.NoError(t, ring.Install(p, chain))
	require.NoError(t, ring.Discard(p))

	again, err := pki.OpenKeyring(dir, keys)
	require.NoError(t, err, "the key is there")
	c, err := again.Credential(pki.SlotDevice)
	require.NoError(t, err)
	require.Equal(t, chain[0].Raw, c.Leaf.Raw)
	require.Equal(t, first.Leaf.PublicKey, c.Leaf.PublicKey)
}

// TestRenewBefore: so long before the end, and never before a third of the life.
func TestRenewBefore(t *testing.T) {
	for life, want := range map[int]int{365: 275, 136: 46, 135: 45, 90: 30, 3: 1} { // days
		cert := &x509.Certificate{NotBefore: epoch.Add(-pki.Backdate), NotAfter: epoch.AddDate(0, 0, life)}
		require.Equal(t, epoch.AddDate(0, 0, want), pki.RenewBefore(cert, pki.DeviceBefore), "%d days", life)
	}
}
