package e2e

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// TestMemberJoinCutShort cuts the power of a machine that becomes a member at
// different moments: the same invitation finishes it, under the same identity, and the
// member keeps up and takes commands for the leader.
func TestMemberJoinCutShort(t *testing.T) {
	_, first := startHub(t)
	for called, lost := range map[string][]string{
		"reply-lost": {
			"cluster.id", "joined", "trust.pem", "receipt.key", "intake.key", "index.key", "officers.key",
			"authority-node.key", "authority-member.key", "authority-portal.key", "authority-office.key",
			"authority-desk.key", "authority-witness.key", "kek",
		},
		"between-two-keys": {"cluster.id", "joined", "trust.pem", "authority-desk.key", "authority-witness.key"},
		"before-the-end":   {"cluster.id"},
	} {
		t.Run(called, func(t *testing.T) {
			cfg := hub.Config{
				Dir: filepath.Join(t.TempDir(), "second"), Nodes: hub.Nodes{Listen: freePort(t, "udp")},
				Admin: hub.Admin{Listen: freePort(t, "tcp")},
			}
			at := freePort(t, "udp")
			cfg.Cluster = hub.ClusterConfig{Listen: at, Address: at}
			cfg = cfg.WithDefaults()
			invitation := memberInvitation(t, first)
			joined, err := hub.Join(t.Context(), cfg, called, invitation)
			require.NoError(t, err)

			drop(t, filepath.Join(cfg.Dir, "keys"), lost...)
			_, err = hub.Open(cfg, testLogger())
			require.True(t, fault.Is(err, fault.NotFound), "a half is no member: %v", err)
			_, err = hub.Join(t.Context(), cfg, "another", invitation)
			require.True(t, fault.Is(err, fault.Exists), "%v", err)
			again, err := hub.Join(t.Context(), cfg, called, invitation)
			require.NoError(t, err)
			require.Equal(t, joined, again)

			stop := serveHub(t, cfg, func(hub.Status) bool { return true })
			_, err = hub.AskInvite(t.Context(), cfg, hub.InviteRequest{Post: "FR-LYO", Addresses: []string{first.Nodes.Listen}, Hours: 1})
			require.NoError(t, err, "handed to the leader")
			st, err := hub.AskStatus(t.Context(), cfg)
			require.NoError(t, err)
			require.False(t, st.Leader)
			stop()
			require.NoError(t, hub.AskRemoveMember(t.Context(), first, hub.MemberRequest{Name: called, Reason: "a test ends"}))
		})
	}
}

func memberInvitation(t *testing.T, of hub.Config) wire.MemberInvitation {
	t.Helper()
	reply, err := hub.AskInviteMember(t.Context(), of, hub.InviteRequest{Addresses: []string{of.Nodes.Listen}, Hours: 1})
	require.NoError(t, err)
	invitation, err := wire.ParseMemberInvitation(reply.Invitation)
	require.NoError(t, err)
	return invitation
}
