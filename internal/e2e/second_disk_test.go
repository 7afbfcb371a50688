package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/consulate-node/journal/mirror"
)

// TestWholeNodeOnTwoDisks secures entries with a hub, compacts while it runs, and
// loses the whole directory of the journal: the node goes on from its second disk
// at the level it had, and the hub sees no other history.
func TestWholeNodeOnTwoDisks(t *testing.T) {
	p := startPair(t)
	require.NoError(t, p.node.Close())
	cfg := p.cfg
	cfg.Journal.Mirror, cfg.Journal.MirrorSameDisk = filepath.Join(t.TempDir(), "mirror"), true
	cfg.Journal.Ballast = 1 << 20
	kit, err := journaltest.New(1)
	require.NoError(t, err)

	work := func(upTo uint64, look func(*node.Node)) {
		n, err := node.Open(cfg, testLogger())
		require.NoError(t, err)
		kit.Identity, err = n.Journal().Identity()
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- n.Run(ctx) }()
		for st, err := n.Journal().State(); st.Head.Seq < upTo; st, err = n.Journal().State() {
			require.NoError(t, err)
			d, err := kit.ReleaseWith(n.Journal(), 1024, 20_000)
			require.NoError(t, err)
			_, err = n.Journal().Append(ctx, d)
			require.NoError(t, err)
		}
		require.Eventually(t, func() bool {
			st, err := n.Journal().State()
			require.NoError(t, err)
			return st.Receipted == upTo
		}, patience, 10*time.Millisecond)
		look(n)
		stop()
		require.NoError(t, <-ended)
	}

	work(5, func(*node.Node) {
		done, err := node.AskCompact(t.Context(), cfg)
		require.NoError(t, err)
		require.Positive(t, done.After)
		in, err := node.AskInside(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, mirror.Good, in.Mirror.State)
		require.Equal(t, done, in.Compacted)
		for _, f := range in.Health.Functions {
			if f.Name == "mirror" || f.Name == "journal" {
				short := strings.HasSuffix(f.Reason, "are used: full") // the machine's own disk, which the test did not fill
				require.True(t, f.OK || short, "%+v", f)
			}
		}
	})
	require.NoError(t, os.RemoveAll(filepath.Join(cfg.Dir, "journal")))
	work(8, func(n *node.Node) {
		require.Equal(t, mirror.Good, n.Journal().Mirror().State)
		rep, err := n.Journal().Check(nil)
		require.NoError(t, err)
		require.EqualValues(t, 8, rep.Entries)
	})
}
