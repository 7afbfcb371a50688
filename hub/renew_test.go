package hub_test

import (
	"crypto/x509"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// machine is a post's machine that has joined a hub, as the hub meets it.
type machine struct {
	ring *pki.Keyring
	id   pki.Identity
}

func join(t *testing.T, m *member, h *hub.Hub) machine {
	t.Helper()
	said, err := hub.AskInvite(t.Context(), m.cfg, hub.InviteRequest{Post: "FR-LYO", Addresses: []string{"127.0.0.1:1"}, Hours: 1})
	require.NoError(t, err)
	invitation, err := wire.ParseInvitation(said.Invitation)
	require.NoError(t, err)
	keys, err := pki.NewFileKeys(filepath.Join(t.TempDir(), "keys"))
	require.NoError(t, err)
	ring, err := pki.OpenKeyring(filepath.Join(t.TempDir(), "ring"), keys)
	require.NoError(t, err)
	device, err := ring.Prepare(pki.SlotDevice)
	require.NoError(t, err)
	working, err := ring.Prepare(pki.SlotWorking)
	require.NoError(t, err)
	journal, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	dicts, err := seal.BuiltIn()
	require.NoError(t, err)
	post, err := seal.GeneratePostKey(dicts)
	require.NoError(t, err)
	in := wire.JoinRequest{
		Version: wire.Version, Secret: invitation.Secret, Post: "FR-LYO", Node: wire.NewNodeID(), DeviceCSR: device.CSR, WorkingCSR: working.CSR,
		JournalKey: journal.Public().Bytes(), PostKey: post.Public().Encode(), Software: "test", Time: time.Now().UnixMilli(),
	}
	reply, err := h.TakeIn(t.Context(), in)
	require.NoError(t, err)
	chain, err := pki.DecodeChain(reply.Device)
	require.NoError(t, err)
	require.NoError(t, ring.Install(device, chain))
	return machine{ring, pki.Identity{Role: pki.Device, Name: "FR-LYO", ID: in.Node.String()}}
}

// TestDeviceRenewed: a device gets another certificate of its own key, by which the
// ledger knows it, and of no other key; who was revoked gets none.
func TestDeviceRenewed(t *testing.T) {
	m := newMember(t)
	h := m.serve()
	node := join(t, m, h)
	peer := pki.Peer{Identity: node.id}
	held, err := node.ring.Credential(pki.SlotDevice)
	require.NoError(t, err)

	again, err := node.ring.Again(pki.SlotDevice)
	require.NoError(t, err)
	reply, err := h.RenewMachine(t.Context(), peer, wire.RenewRequest{Version: wire.Version, DeviceCSR: again.CSR})
	require.NoError(t, err)
	require.Empty(t, reply.Working)
	chain, err := pki.DecodeChain(reply.Device)
	require.NoError(t, err)
	trust, err := pki.ParseTrustBundle(reply.Trust)
	require.NoError(t, err)
	v := &pki.Verifier{Trust: trust, Roles: []pki.Role{pki.Device}, Now: time.Now}
	got, err := v.Verify(chain, x509.ExtKeyUsageClientAuth)
	require.NoError(t, err)
	require.Equal(t, node.id, got.Identity)
	require.Equal(t, held.Leaf.PublicKey, chain[0].PublicKey)
	require.NotEqual(t, held.Leaf.SerialNumber, chain[0].SerialNumber)
	require.False(t, chain[0].NotAfter.Before(held.Leaf.NotAfter))
	require.NoError(t, node.ring.Install(again, chain))

	other, err := node.ring.Prepare(pki.SlotDevice)
	require.NoError(t, err)
	stranger := pki.Peer{Identity: pki.Identity{Role: pki.Device, Name: "FR-LYO", ID: wire.NewNodeID().String()}}
	for name, tt := range map[string]struct {
		peer pki.Peer
		csr  []byte
		kind fault.Kind
	}{
		"ErrAnotherKey": {peer, other.CSR, fault.Denied},
		"ErrStranger":   {stranger, again.CSR, fault.Denied},
		"ErrNothing":    {peer, nil, fault.Invalid},
		"ErrGarbage":    {peer, []byte("garbage"), fault.Invalid},
	} {
		_, err := h.RenewMachine(t.Context(), tt.peer, wire.RenewRequest{Version: wire.Version, DeviceCSR: tt.csr})
		require.Equal(t, tt.kind, fault.KindOf(err), "%s: %v", name, err)
	}
	require.NoError(t, hub.AskRevoke(t.Context(), m.cfg, hub.RevokeRequest{Node: node.id.ID, Reason: "stolen"}))
	_, err = h.RenewMachine(t.Context(), peer, wire.RenewRequest{Version: wire.Version, DeviceCSR: again.CSR})
	require.Equal(t, fault.Denied, fault.KindOf(err))
	m.end()
}
