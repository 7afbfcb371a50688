package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/hub"
	"jaliya/hub/backup"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// leads is what a hub says of itself when it can take commands by itself.
func leads(st hub.Status) bool { return st.Leader }

// serveHub runs a hub, once it says what is wanted, until the function that it gives is
// called.
func serveHub(t *testing.T, cfg hub.Config, wanted func(hub.Status) bool) (stop func()) {
	t.Helper()
	h, err := hub.Open(cfg, testLogger())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	require.Eventually(t, func() bool {
		st, err := hub.AskStatus(t.Context(), cfg)
		return err == nil && wanted(st)
	}, patience, 20*time.Millisecond)
	return stop
}

// saved is a hub that was backed up, and what the backup must bring back.
type saved struct {
	t       *testing.T
	hub     hub.Config
	stop    func()
	node    node.Config
	dir, to string
	id      age.Identity
	offline string // file of the identity
	images  []wire.Digest
	done    hub.BackupDone
}

// serveNode runs the post until the function that it gives is called.
func (s *saved) serveNode() (n *node.Node, stop func()) {
	s.t.Helper()
	n, err := node.Open(s.node, testLogger())
	require.NoError(s.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	return n, sync.OnceFunc(func() {
		cancel()
		require.NoError(s.t, <-done)
	})
}

// fill saves entries, some with images, and waits until all are L2.
func (s *saved) fill(n *node.Node, seed uint64, entries uint64) {
	s.t.Helper()
	id, err := n.Journal().Identity()
	require.NoError(s.t, err)
	kit, err := journaltest.New(seed)
	require.NoError(s.t, err)
	kit.Identity = id
	st, err := n.Journal().State()
	require.NoError(s.t, err)
	want := st.Head.Seq + entries
	for i := range entries {
		var d journal.Draft
		if d = kit.Release(1024); i%5 == 0 {
			d, err = kit.ReleaseWith(n.Journal(), 1024, 30_000)
			require.NoError(s.t, err)
			s.images = append(s.images, d.Header.Images[0].Digest)
		}
		_, err = n.Journal().Append(s.t.Context(), d)
		require.NoError(s.t, err)
	}
	require.Eventually(s.t, func() bool {
		st, err := n.Journal().State()
		return err == nil && st.Receipted >= want
	}, patience, 10*time.Millisecond)
}

func (s *saved) back() (hub.BackupDone, error) {
	return hub.Backup(s.t.Context(), s.hub, hub.BackupOptions{To: s.dir, Recipient: s.to})
}

func (s *saved) restore(to string, change func(*hub.RestoreOptions)) error {
	o := hub.RestoreOptions{From: s.dir, Identity: s.id, To: to}
	if change != nil {
		change(&o)
	}
	_, err := hub.Restore(s.t.Context(), o)
	return err
}

func newSaved(t *testing.T) *saved {
	t.Helper()
	cfg := hub.Config{
		Dir: filepath.Join(t.TempDir(), "hub"), Nodes: hub.Nodes{Listen: freePort(t, "udp")},
		Cluster: hub.ClusterConfig{Listen: freePort(t, "udp")}, Admin: hub.Admin{Listen: freePort(t, "tcp")},
	}.WithDefaults()
	_, err := hub.Init(cfg, hub.InitOptions{Name: "rabat-1", Passphrase: "a test passphrase", WorkFactor: 1, Now: time.Now()})
	require.NoError(t, err)
	s := &saved{t: t, hub: cfg, dir: filepath.Join(t.TempDir(), "backups")}
	s.stop = serveHub(t, cfg, leads)
	reply, err := hub.AskInvite(t.Context(), cfg, hub.InviteRequest{Post: "FR-LYO", Addresses: []string{cfg.Nodes.Listen}, Hours: 1})
	require.NoError(t, err)
	invitation, err := wire.ParseInvitation(reply.Invitation)
	require.NoError(t, err)
	s.node = node.Config{
		Dir: filepath.Join(t.TempDir(), "node"), Admin: node.Admin{Listen: freePort(t, "tcp")},
		Desk: node.Desk{Listen: freePort(t, "tcp")},
	}.WithDefaults()
	_, err = node.Join(t.Context(), s.node, invitation)
	require.NoError(t, err)
	s.offline = filepath.Join(t.TempDir(), "offline.age")
	s.to, err = backup.NewIdentity(s.offline)
	require.NoError(t, err)
	s.id, err = backup.ReadIdentity(s.offline)
	require.NoError(t, err)
	return s
}

func objectIn(root string, digest wire.Digest) string {
	return filepath.Join(root, "objects", digest.String()[:2], digest.String())
}

// TestBackupAndRestore loses a hub with entries and images, and goes on with a
// restored one: backed up while entries come, copied once, proved, refused in any
// other state, and the same log afterwards.
func TestBackupAndRestore(t *testing.T) {
	s := newSaved(t)
	n, stopNode := s.serveNode()
	t.Cleanup(stopNode)
	busy := make(chan error, 1)
	go func() {
		_, err := s.back()
		busy <- err
	}()
	s.fill(n, 1, 40)
	require.NoError(t, <-busy, "consistent while entries come")
	stopNode()

	var err error
	s.backUp()
	require.EqualValues(t, 40, s.done.Manifest.Entries)
	require.Equal(t, len(s.images), s.done.Manifest.Objects.Count)
	kept, err := hub.AskCheckpoint(t.Context(), s.hub)
	require.NoError(t, err)

	// An object that the target spoils is copied anew; all others are not.
	damaged := objectIn(s.dir, s.images[2])
	good, err := os.ReadFile(damaged)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(damaged, good[1:], 0o600))
	s.backUp()
	require.LessOrEqual(t, s.done.Copied, 1)
	s.stop()
	require.NoError(t, os.RemoveAll(s.hub.Dir))

	s.refused()
	require.NoError(t, s.restore(s.hub.Dir, nil))
	for _, digest := range s.images {
		require.FileExists(t, objectIn(s.hub.Vault.Dir, digest))
	}
	stopHub := serveHub(t, s.hub, leads)
	n, stopNode = s.serveNode()
	t.Cleanup(stopNode)
	s.fill(n, 2, 5)
	stopNode()
	stopHub()
	root, err := ledger.LogAt(filepath.Join(s.hub.Dir, "ledger.db"), func(wire.ClusterID) (uint64, error) { return kept.Size, nil })
	require.NoError(t, err)
	require.Equal(t, kept.Root, root, "the log begins as the one that was lost")
	r, err := ledger.AuditFile(filepath.Join(s.hub.Dir, "ledger.db"))
	require.NoError(t, err)
	require.NoError(t, r.Err())
	require.EqualValues(t, 45, r.Entries)
}

// refused restores from what is wrong in one way each; the target stays as it was.
func (s *saved) refused() {
	flip := func(path string) func(string) {
		return func(dir string) {
			raw, err := os.ReadFile(filepath.Join(dir, path))
			require.NoError(s.t, err)
			raw[len(raw)/2] ^= 1
			require.NoError(s.t, os.WriteFile(filepath.Join(dir, path), raw, 0o600))
		}
	}
	object, err := filepath.Rel(s.dir, objectIn(s.dir, s.images[0]))
	require.NoError(s.t, err)
	name := s.done.Name
	for _, c := range []struct {
		name  string
		spoil func(dir string)
		want  fault.Kind
	}{
		{"ErrState", flip(name + "/state.age"), fault.Corrupt},
		{"ErrKeys", flip(name + "/keys.age"), fault.Corrupt},
		{"ErrManifest", flip(name + "/manifest"), fault.Corrupt},
		{"ErrObject", flip(object), fault.Corrupt},
		{"ErrObjectGone", func(dir string) { require.NoError(s.t, os.Remove(filepath.Join(dir, object))) }, fault.NotFound},
		{"ErrStateCut", func(dir string) { require.NoError(s.t, os.Truncate(filepath.Join(dir, name, "state.age"), 4096)) }, fault.Corrupt},
	} {
		s.t.Run(c.name, func(t *testing.T) {
			dir, to := filepath.Join(t.TempDir(), "copy"), filepath.Join(t.TempDir(), "hub")
			require.NoError(t, exec.CommandContext(t.Context(), "cp", "-r", s.dir, dir).Run())
			c.spoil(dir)
			err := s.restore(to, func(o *hub.RestoreOptions) { o.From = dir })
			require.True(t, fault.Is(err, c.want), "%v", err)
			require.NoDirExists(t, to)
		})
	}
	s.t.Run("ErrSigner", func(t *testing.T) {
		to := filepath.Join(t.TempDir(), "hub")
		err := s.restore(to, func(o *hub.RestoreOptions) { o.Keys = wire.KeySet{} })
		require.True(t, fault.Is(err, fault.Denied), "%v", err)
		require.NoDirExists(t, to)
	})
	s.t.Run("OKAfterAnInterruptedOne", func(t *testing.T) {
		to := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(to, "restore.unfinished"), nil, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(to, "ledger.db"), []byte("half"), 0o600))
		require.NoError(t, s.restore(to, nil))
		require.NoFileExists(t, filepath.Join(to, "restore.unfinished"))
	})
}

// TestBackupLacksAnImage: what the vault has lost makes no backup impossible, is
// never called proved, and is wanted of the posts again after a restore.
func TestBackupLacksAnImage(t *testing.T) {
	s := newSaved(t)
	n, stopNode := s.serveNode()
	t.Cleanup(stopNode)
	s.fill(n, 3, 6)
	stopNode()
	lost := objectIn(s.hub.Vault.Dir, s.images[0])
	require.NoError(t, os.Remove(lost))
	done, err := s.back()
	require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
	require.False(t, done.Manifest.Proved)
	require.Equal(t, []string{s.images[0].String()}, done.Manifest.Objects.Missing)
	s.stop()
	require.NoError(t, os.RemoveAll(s.hub.Dir))
	require.True(t, fault.Is(s.restore(s.hub.Dir, nil), fault.Conflict))
	require.NoError(t, s.restore(s.hub.Dir, func(o *hub.RestoreOptions) { o.At = done.Name }))
	t.Cleanup(serveHub(t, s.hub, leads))
	n, stopNode = s.serveNode()
	t.Cleanup(stopNode)
	require.Eventually(t, func() bool {
		_, err := os.Stat(lost)
		return err == nil
	}, 20*time.Second, 20*time.Millisecond, "the post brings it again")
	require.NotNil(t, n)
}
