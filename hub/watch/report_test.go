package watch_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// TestOthersReport: a post that is connected to a member that does not lead is known
// at the one that does, and is not taken for silent.
func TestOthersReport(t *testing.T) {
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"), ledger.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	n := &nation{b: t, Ledger: l}
	n.apply(ledger.Init{
		Time: noon.UnixMilli(), Cluster: wire.ClusterID{1}, Secret: make([]byte, 32),
		Receipt: [][]byte{make([]byte, 32)}, Intake: []wire.IntakeKey{{Number: 1, Public: make([]byte, 32)}},
	})
	n.join(1, "FR-LYO", 1)
	posts, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	now := noon.Add(time.Second)
	told := 0
	watcher := func(leads bool, live []ledger.Observation) *watch.Watcher {
		w, err := watch.New(watch.Config{
			State: n, Live: func() []ledger.Observation { return live }, Leading: func() bool { return leads }, Directory: posts,
			Members: func() ([]watch.Member, string) { return nil, "hub-1" },
			Commit: func(_ context.Context, c ledger.Command) error {
				n.apply(c)
				told++
				return nil
			},
			Version: "v1.4.0", Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		return w
	}
	leader, other := watcher(true, nil), watcher(false, n.live)
	lyon := func() watch.Post {
		t.Helper()
		p, err := leader.Picture(t.Context())
		require.NoError(t, err)
		for _, post := range p.Posts {
			if post.ID == "FR-LYO" {
				return post
			}
		}
		require.FailNow(t, "no such post")
		return watch.Post{}
	}
	require.Zero(t, lyon().RTT)
	require.NoError(t, other.Look(t.Context()))
	require.Equal(t, 1, told)
	require.Equal(t, 200*time.Millisecond, lyon().RTT, "as the other member measured it")

	require.NoError(t, other.Look(t.Context()), "within the minute")
	now = now.Add(2 * time.Minute)
	require.NoError(t, other.Look(t.Context()), "nothing new")
	require.Equal(t, 1, told)
	n.live[0].Heard = now.UnixMilli()
	now = now.Add(2 * time.Minute)
	require.NoError(t, other.Look(t.Context()))
	require.Equal(t, 2, told)

	// The session of before is still held at a member that did not notice: it says
	// nothing, for another has heard the post since.
	stale := n.live[0]
	stale.Heard, stale.Session = noon.UnixMilli(), 0
	require.NoError(t, watcher(false, []ledger.Observation{stale}).Look(t.Context()))
	require.Equal(t, 2, told)
}
