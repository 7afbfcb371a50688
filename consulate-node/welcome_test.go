package node

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// TestDictionaryFollowsTheHub: what the hub says that it opens decides what the
// node compresses with, on a link and by hand, and is kept on disk for the next
// start without any.
func TestDictionaryFollowsTheHub(t *testing.T) {
	dicts, err := seal.BuiltIn()
	require.NoError(t, err)
	cluster := wire.NewClusterID()
	n := &Node{cfg: Config{Dir: t.TempDir()}, keys: &keys{dicts: dicts}, national: national{Cluster: cluster}}
	said := func(at int64, level uint32) wire.Welcome {
		return wire.Welcome{Cluster: cluster, Time: at, Feature: level}
	}
	require.NoError(t, n.welcomed(said(1000, 3)))
	require.Equal(t, uint16(0), dicts.Current())
	require.NoError(t, n.welcomed(said(2000, 4)))
	require.Equal(t, uint16(1), dicts.Current())
	require.NoError(t, n.brought(said(1500, 3)), "an old answer by hand")
	require.Equal(t, uint16(1), dicts.Current())

	foreign := said(3000, 3)
	foreign.Cluster = wire.NewClusterID()
	require.Equal(t, fault.Denied, fault.KindOf(n.welcomed(foreign)))
	require.Equal(t, uint16(1), dicts.Current())

	held, err := readRecord[national](filepath.Join(n.cfg.Dir, fileNational))
	require.NoError(t, err)
	require.EqualValues(t, 4, held.Feature)
}
