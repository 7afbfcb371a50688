package main

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/checkpoint"
	"jaliya/internal/cli"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// stateOf writes the state of a hub to which these commands were committed.
func stateOf(t *testing.T, commands ...ledger.Command) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, err := kv.Open(path, kv.Options{})
	require.NoError(t, err)
	for n, c := range commands {
		raw, err := ledger.Encode(c)
		require.NoError(t, err)
		require.NoError(t, db.Update(func(w kv.Writer) error {
			r, err := ledger.Apply(w, uint64(n+1), 1, raw)
			require.NoError(t, r.Err())
			return err
		}))
	}
	require.NoError(t, db.Close())
	return path
}

// TestVerifyLedgerFindsARewrittenHistory: a checkpoint that somebody kept shows what
// the state alone cannot: that it was another one before.
func TestVerifyLedgerFindsARewrittenHistory(t *testing.T) {
	key, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	other, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	cluster := wire.ClusterID{1, 2}
	begun := ledger.Init{
		Time: 1_780_000_000_000, Cluster: cluster, Secret: make([]byte, 32), Receipt: [][]byte{key.Public().Bytes()},
		Intake: []wire.IntakeKey{{Number: 1, Public: make([]byte, 32)}},
	}
	invited := func(secret byte) ledger.Command {
		return ledger.InviteNode{Time: begun.Time + 1, Invitation: wire.Digest{secret}, Post: "FR-LYO", Expires: begun.Time + 1e6}
	}
	honest := stateOf(t, begun, invited(1), invited(2))
	root, err := ledger.LogAt(honest, func(wire.ClusterID) (uint64, error) { return 3, nil })
	require.NoError(t, err)
	kept := checkpoint.Checkpoint{Origin: checkpoint.Origin(cluster), Size: 3, Root: root}

	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	signed := func(name string, by *seal.SigningKey) string {
		raw, err := checkpoint.Sign(kept, by)
		require.NoError(t, err)
		return file(name, raw)
	}
	keys := file("keys", []byte(hex.EncodeToString(key.Public().Bytes())+"\n"))
	good, forged := signed("good", key), signed("forged", other)
	for name, c := range map[string]struct {
		state, kept, keys, says string
	}{
		"OK":           {honest, good, keys, ""},
		"OKGoneOn":     {stateOf(t, begun, invited(1), invited(2), invited(3)), good, keys, ""},
		"ErrRewritten": {stateOf(t, begun, invited(9), invited(2), invited(3)), good, keys, "was rewritten"},
		"ErrCutOff":    {stateOf(t, begun, invited(1)), good, keys, "older than it"},
		"ErrSignature": {honest, forged, keys, "signature"},
		"ErrNoKeys":    {honest, good, "", "--keys is missing"},
		"ErrNoFile":    {honest, filepath.Join(dir, "none"), keys, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := (&verifyLedger{Path: c.state, Checkpoints: []string{c.kept}, Keys: c.keys}).Run(cli.Streams{Out: &out})
			if c.says == "" {
				require.NoError(t, err)
				require.Contains(t, out.String(), "1 checkpoints agree")
				return
			}
			require.ErrorContains(t, err, c.says)
			require.Empty(t, strings.TrimSpace(out.String()), "nothing is called good")
		})
	}
}
