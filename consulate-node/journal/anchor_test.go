package journal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func openAnchor(t *testing.T, path string) (*journal.Anchor, wire.Position, bool) {
	t.Helper()
	a, held, found, err := journal.OpenAnchor(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.Close() })
	return a, held, found
}

func TestAnchorKeepsWhatWasReached(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anchor")
	at := wire.Genesis(wire.NodeID{1}, 7)
	a, _, found := openAnchor(t, path)
	require.False(t, found)
	for range 5 {
		at.Seq++
		at.Hash[0]++
		require.NoError(t, a.Reach(at))
		require.Equal(t, at, a.Held())
		_, held, found := openAnchor(t, path)
		require.True(t, found)
		require.Equal(t, at, held)
	}
	older := at
	older.Seq--
	require.NoError(t, a.Reach(older))
	require.Equal(t, at, a.Held(), "it does not go back")
	next := wire.Genesis(at.Node, 8)
	require.NoError(t, a.Reach(next))
	_, held, _ := openAnchor(t, path)
	require.Equal(t, next, held)
}

// Whatever is left of the newest slot, the one before it stands.
func TestAnchorTornWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "anchor")
	at := wire.Genesis(wire.NodeID{1}, 7)
	a, _, _ := openAnchor(t, path)
	var list []wire.Position
	for range 3 {
		at.Seq++
		list = append(list, at)
		require.NoError(t, a.Reach(at))
	}
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	last := 4096 // the third write
	for size := range whole[last:] {
		torn := append([]byte(nil), whole...)
		torn[last+size] ^= 0x40
		require.NoError(t, os.WriteFile(path, torn, 0o600))
		_, held, found := openAnchor(t, path)
		require.True(t, found)
		require.Contains(t, list[1:], held, "byte %d", size)
	}
	for name, damage := range map[string][]byte{"Empty": {}, "Short": whole[:9], "Nothing": make([]byte, 8192), "Noise": append([]byte{255}, whole[:300]...)} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(path, damage, 0o600))
			a, _, found := openAnchor(t, path)
			require.False(t, found)
			require.NoError(t, a.Reach(at), "a lost anchor begins anew")
			_, held, found := openAnchor(t, path)
			require.True(t, found)
			require.Equal(t, at, held)
		})
	}
}

func TestAnchorErrors(t *testing.T) {
	_, _, _, err := journal.OpenAnchor(filepath.Join(t.TempDir(), "nowhere", "anchor"))
	require.Error(t, err)
	a, _, _ := openAnchor(t, filepath.Join(t.TempDir(), "anchor"))
	require.NoError(t, a.Close())
	require.Error(t, a.Reach(wire.Genesis(wire.NodeID{1}, 1)))
	require.Zero(t, a.Held(), "what was not written is not held")
}

func TestBehind(t *testing.T) {
	k := newKit(t)
	drafts := releases(k, 4)
	whole, back := open(t, t.TempDir(), k.Options()), open(t, t.TempDir(), k.Options())
	start := state(t, whole).Head
	said := appendAll(t, whole, drafts...)
	appendAll(t, back, drafts[:2]...)
	elsewhere := said[1].Position
	elsewhere.Hash[0]++
	stranger := said[0].Position
	stranger.Node[0]++
	for name, tt := range map[string]struct {
		anchor wire.Position
		behind bool
	}{
		"OKEqual":               {said[1].Position, false},
		"OKTheAnchorLags":       {said[0].Position, false},
		"OKGenesis":             {start, false},
		"ABackup":               {said[3].Position, true},
		"AnotherHistory":        {elsewhere, true},
		"ANodeOfAnother":        {stranger, true},
		"AnUnknownIncarnation":  {wire.Genesis(start.Node, 99), true},
		"AnotherAtTheBeginning": {wire.Position{Node: start.Node, Incarnation: start.Incarnation}, true},
	} {
		t.Run(name, func(t *testing.T) {
			behind, err := back.Behind(tt.anchor)
			require.NoError(t, err)
			require.Equal(t, tt.behind, behind)
		})
	}
	t.Run("NotAfterANewIncarnation", func(t *testing.T) {
		s := reopen(t, back, k, journal.WhyAnchor)
		for _, at := range []wire.Position{said[3].Position, s.Head} {
			behind, err := back.Behind(at)
			require.NoError(t, err)
			require.False(t, behind)
		}
	})
	t.Run("ErrStorage", func(t *testing.T) {
		j, err := journal.Open(t.TempDir(), k.Options())
		require.NoError(t, err)
		require.NoError(t, j.Close())
		_, err = j.Behind(start)
		require.Error(t, err)
		require.NotEqual(t, fault.Other, fault.KindOf(err))
	})
}
