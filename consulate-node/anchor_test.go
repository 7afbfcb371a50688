package node

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// twoDisks is a machine whose journal has a mirror on a second disk. The anchor
// lies where no copy of either brings it back.
type twoDisks struct {
	kit    *journaltest.Kit
	cfg    Config
	second string
}

func newTwoDisks(t *testing.T) twoDisks {
	t.Helper()
	kit, err := journaltest.New(1)
	require.NoError(t, err)
	dir := t.TempDir()
	m := twoDisks{kit: kit, second: filepath.Join(dir, "second", "mirror")}
	for _, name := range []string{"first", "second", "apart"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
	}
	m.cfg = Config{Dir: filepath.Join(dir, "first"), Journal: Journal{
		Mirror: m.second, MirrorSameDisk: true, Ballast: config.Size(1 << 20), Anchor: filepath.Join(dir, "apart", "anchor"),
	}}.WithDefaults()
	return m
}

// start does what Open does with the journal, in its order.
func (m twoDisks) start(t *testing.T, c Config) *Node {
	t.Helper()
	n := m.node(c)
	require.NoError(t, n.openJournal())
	require.NoError(t, n.openAnchor())
	return n
}

func (m twoDisks) node(c Config) *Node {
	return &Node{
		cfg: c, log: slog.New(slog.DiscardHandler), metrics: telemetry.NewRegistry(), fatal: make(chan error, 1),
		who:      identity{Node: m.kit.Identity.Node, Post: m.kit.Identity.Post, Incarnation: m.kit.Incarnation},
		national: national{Cluster: m.kit.Identity.Cluster},
	}
}

// works releases, and anchors what is about to leave the machine.
func (m twoDisks) works(t *testing.T, n *Node, entries int) journal.State {
	t.Helper()
	for range entries {
		_, err := n.journal.Append(t.Context(), m.kit.Release(200))
		require.NoError(t, err)
	}
	st, err := n.journal.State()
	require.NoError(t, err)
	require.NoError(t, n.reach(st.Head))
	return st
}

func (m twoDisks) run(t *testing.T, c Config, entries int) (st journal.State, chapters []journal.Chapter) {
	t.Helper()
	n := m.start(t, c)
	st = m.works(t, n, entries)
	_, err := n.journal.Check(m.kit.Keys())
	require.NoError(t, err)
	chapters, err = n.journal.Chapters()
	require.NoError(t, err)
	require.NoError(t, n.Close())
	return st, chapters
}

// loseFirst takes the first disk's journal away.
func (m twoDisks) loseFirst(t *testing.T) {
	t.Helper()
	require.NoError(t, os.RemoveAll(m.cfg.journalDir()))
}

// TestStartAfterALostDisk is the order at start: the mirror completes the journal
// first, and what came of that is compared with the anchor.
func TestStartAfterALostDisk(t *testing.T) {
	t.Run("OKTheMirrorHasAll", func(t *testing.T) {
		m := newTwoDisks(t)
		before, _ := m.run(t, m.cfg, 4)
		m.loseFirst(t)
		after, chapters := m.run(t, m.cfg, 2)
		require.Equal(t, before.Head.Incarnation, after.Head.Incarnation, "nothing was lost: it goes on")
		require.EqualValues(t, 6, after.Head.Seq)
		require.Len(t, chapters, 1)
	})
	t.Run("OKTheMirrorFailedLongAgo", func(t *testing.T) {
		m := newTwoDisks(t)
		m.run(t, m.cfg, 4)
		alone := m.cfg
		alone.Journal.Mirror = ""
		ahead, _ := m.run(t, alone, 3) // the hub was shown these
		require.EqualValues(t, 7, ahead.Head.Seq)
		m.loseFirst(t)

		n := m.start(t, m.cfg)
		require.Equal(t, mirror.Good, n.journal.Mirror().State)
		st, err := n.journal.State()
		require.NoError(t, err)
		require.NotEqual(t, ahead.Head.Incarnation, st.Head.Incarnation, "nothing is issued behind the anchor")
		require.EqualValues(t, 4, st.Head.Seq, "what has no receipt is issued again")
		require.Equal(t, st.Head, n.anchor.Held())
		chapters, err := n.journal.Chapters()
		require.NoError(t, err)
		require.Len(t, chapters, 2)
		require.EqualValues(t, 4, chapters[0].End)
		require.Equal(t, journal.WhyAnchor, chapters[1].Why)
		st = m.works(t, n, 1)
		require.NoError(t, n.Close())

		// The new incarnation is on the second disk as well.
		rep, err := journal.VerifyMirror(m.second, m.kit.Keys())
		require.NoError(t, err)
		require.Equal(t, st.Head, rep.Head)
		m.loseFirst(t)
		again, list := m.run(t, m.cfg, 0)
		require.Equal(t, st, again)
		require.Equal(t, chapters, list, "once is enough")
	})
	t.Run("ErrDamagedAndTheMirrorIsOlder", func(t *testing.T) {
		m := newTwoDisks(t)
		m.run(t, m.cfg, 4)
		alone := m.cfg
		alone.Journal.Mirror = ""
		m.run(t, alone, 3)
		path := filepath.Join(m.cfg.journalDir(), "journal.db")
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, make([]byte, info.Size()), 0o600)) // nothing of it can be read
		err = m.node(m.cfg).openJournal()
		require.Equal(t, fault.Corrupt, fault.KindOf(err), "%v", err)
		require.ErrorContains(t, err, "the mirror ends before what it had confirmed")
	})
	t.Run("OKBothDisksAreNew", func(t *testing.T) {
		m := newTwoDisks(t)
		before, _ := m.run(t, m.cfg, 4)
		m.loseFirst(t)
		require.NoError(t, os.RemoveAll(m.second))
		after, chapters := m.run(t, m.cfg, 1)
		require.NotEqual(t, before.Head.Incarnation, after.Head.Incarnation, "its first number was given away before")
		require.Len(t, chapters, 2)
	})
	t.Run("OKAnOldJournalIsCompletedFirst", func(t *testing.T) {
		m := newTwoDisks(t)
		m.run(t, m.cfg, 2)
		path := filepath.Join(m.cfg.journalDir(), "journal.db")
		old, err := os.ReadFile(path)
		require.NoError(t, err)
		before, _ := m.run(t, m.cfg, 3)
		require.NoError(t, os.WriteFile(path, old, 0o600))
		after, chapters := m.run(t, m.cfg, 0)
		require.Equal(t, before, after, "the mirror has what the copy lacks")
		require.Len(t, chapters, 1)
	})
}

// TestStartWithoutRoomForANewIncarnation: a full journal behind its anchor cannot
// issue again what it lost. The post starts, says why, and leaves the anchor as it
// was, so that the next start compares again.
func TestStartWithoutRoomForANewIncarnation(t *testing.T) {
	m := newTwoDisks(t)
	m.cfg.Journal.Mirror, m.cfg.Journal.MaxSize = "", config.Size(kv.MinMaxSize)
	n := m.start(t, m.cfg)
	m.works(t, n, 1)
	for _, size := range []int{wire.MaxBody, 4096, 200} {
		for full := false; !full; {
			_, err := n.journal.Append(t.Context(), m.kit.Release(size))
			if full = fault.Is(err, fault.Full); !full {
				require.NoError(t, err)
			}
		}
	}
	require.NoError(t, n.Close())
	ahead := wire.Position{Node: m.kit.Identity.Node, Incarnation: wire.NewIncarnation(), Seq: 1, Hash: wire.Digest{1}}
	anchor, _, found, err := journal.OpenAnchor(m.cfg.Journal.Anchor)
	require.NoError(t, err)
	require.True(t, found)
	require.NoError(t, anchor.Reach(ahead))
	require.NoError(t, anchor.Close())

	for range 2 {
		n = m.start(t, m.cfg)
		require.True(t, fault.Is(n.checkAnchor(t.Context()), fault.Full))
		st, err := n.journal.State()
		require.NoError(t, err)
		require.NoError(t, n.reach(st.Head), "nothing is anchored, and nothing stops")
		require.NoError(t, n.Close())
	}
	anchor, held, _, err := journal.OpenAnchor(m.cfg.Journal.Anchor)
	require.NoError(t, err)
	require.Equal(t, ahead, held)
	require.NoError(t, anchor.Close())
}
