package e2e

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	node "jaliya/consulate-node"
	"jaliya/hub"
	"jaliya/internal/wire"
)

// A join may be cut off at any moment after the invitation was used up, and the
// same invitation finishes it on the same machine.
func TestJoinCutShort(t *testing.T) {
	_, hcfg := startHub(t)
	for name, undo := range map[string]func(t *testing.T, dir string){
		"OK before the end was written": func(t *testing.T, dir string) {
			t.Helper()
			drop(t, dir, "trust.pem")
		},
		"OK between two certificates": func(t *testing.T, dir string) {
			t.Helper()
			drop(t, dir, "trust.pem")
			uninstall(t, dir, "working")
		},
		"OK when the reply was lost": func(t *testing.T, dir string) {
			t.Helper()
			drop(t, dir, "trust.pem", "join.cbor")
			uninstall(t, dir, "device")
			uninstall(t, dir, "working")
		},
	} {
		t.Run(name, func(t *testing.T) {
			reply, err := hub.AskInvite(t.Context(), hcfg, hub.InviteRequest{
				Post: "FR-LYO", Addresses: []string{hcfg.Nodes.Listen}, Hours: 1,
			})
			require.NoError(t, err)
			invitation, err := wire.ParseInvitation(reply.Invitation)
			require.NoError(t, err)
			cfg := node.Config{Dir: filepath.Join(t.TempDir(), "node")}.WithDefaults()
			first, err := node.Join(t.Context(), cfg, invitation)
			require.NoError(t, err)

			drop(t, cfg.Dir, "national.cbor")
			undo(t, cfg.Dir)
			again, err := node.Join(t.Context(), cfg, invitation)
			require.NoError(t, err)
			require.Equal(t, first, again)
			n, err := node.Open(cfg, testLogger())
			require.NoError(t, err)
			require.NoError(t, n.Close())
		})
	}
}

func drop(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
	}
}

// uninstall takes a slot back to where its key waits for a certificate.
func uninstall(t *testing.T, dir, slot string) {
	t.Helper()
	ring := filepath.Join(dir, "keys", "ring")
	raw, err := os.ReadFile(filepath.Join(ring, slot+".pem"))
	require.NoError(t, err)
	block, _ := pem.Decode(raw)
	require.NotNil(t, block)
	require.NoError(t, os.WriteFile(filepath.Join(ring, slot+".waiting"), []byte(block.Headers["Key"]), 0o600))
	require.NoError(t, os.Remove(filepath.Join(ring, slot+".pem")))
}
