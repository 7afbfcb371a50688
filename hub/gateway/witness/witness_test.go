package witness_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"jaliya/hub/gateway/witness"
	"jaliya/hub/ledger"
	"jaliya/internal/checkpoint"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	sim "jaliya/internal/outside/witness"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// tree is a log in memory.
type tree struct {
	cluster wire.ClusterID
	size    int64
	stored  []tlog.Hash
}

func (l *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = l.stored[at]
	}
	return out, nil
}

func (l *tree) grow(t *testing.T, word string, n int) {
	t.Helper()
	for range n {
		more, err := tlog.StoredHashesForRecordHash(l.size, tlog.RecordHash(fmt.Appendf(nil, "%s %d", word, l.size)), l)
		require.NoError(t, err)
		l.stored, l.size = append(l.stored, more...), l.size+1
	}
}

func (l *tree) Cluster() (ledger.Cluster, error) { return ledger.Cluster{ID: l.cluster}, nil }

func (l *tree) Root() (uint64, wire.Digest, error) {
	root, err := tlog.TreeHash(l.size, l)
	return uint64(l.size), wire.Digest(root), err
}

func (l *tree) Consistency(older, size uint64) (out []wire.Digest, err error) {
	p, err := tlog.ProveTree(int64(size), int64(older), l)
	for _, h := range p {
		out = append(out, wire.Digest(h))
	}
	return out, err
}

// scene is a hub's log and a witness over HTTP.
type scene struct {
	log    *tree
	key    *seal.SigningKey
	dir    string
	sim    *sim.Simulator
	server *httptest.Server
}

func newScene(t *testing.T) *scene {
	t.Helper()
	key, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	s := &scene{log: &tree{cluster: wire.ClusterID{9}}, key: key, dir: t.TempDir()}
	s.open(t)
	return s
}

// open starts the witness, anew with the same directory.
func (s *scene) open(t *testing.T) {
	t.Helper()
	line, err := note.NewEd25519VerifierKey(checkpoint.Origin(s.log.cluster), s.key.Public().Bytes())
	require.NoError(t, err)
	s.sim, err = sim.New(sim.Config{Dir: s.dir, Name: "example.org/witness", Logs: []string{line}})
	require.NoError(t, err)
	s.server = httptest.NewServer(s.sim.Handler())
	t.Cleanup(s.server.Close)
}

func (s *scene) client(t *testing.T, log *tree) *witness.Client {
	t.Helper()
	c, err := witness.New(witness.Options{
		Config: witness.Config{URL: s.server.URL, KeyFile: filepath.Join(s.dir, "witness.pub")},
		Log:    log, Signer: func() *seal.SigningKey { return s.key }, Now: time.Now,
	})
	require.NoError(t, err)
	return c
}

// TestAsk: the witness cosigns a log that grows, whoever of the members asks, and
// after each of its own restarts.
func TestAsk(t *testing.T) {
	s := newScene(t)
	c := s.client(t, s.log)
	for n, more := range []int{3, 0, 1, 300} {
		s.log.grow(t, "honest", more)
		if n == 2 {
			s.open(t)
			c = s.client(t, s.log) // another member leads, and knows nothing of before
		}
		got, err := c.Ask(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, s.log.size, got.Size)
		w, err := checkpoint.ParseWitness(s.sim.Line())
		require.NoError(t, err)
		at, _, err := checkpoint.Witnessed(got.Note, checkpoint.Origin(s.log.cluster), w, s.key.Public())
		require.NoError(t, err)
		require.Equal(t, got.Size, at.Size)
	}
}

// TestAskFork: a history that is not the one that the witness saw is found, also
// where it is as long, longer or shorter.
func TestAskFork(t *testing.T) {
	for name, size := range map[string]int{"ErrAsLong": 7, "ErrLonger": 12, "ErrShorter": 5, "ErrOfOne": 1} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.log.grow(t, "honest", 7)
			_, err := s.client(t, s.log).Ask(t.Context())
			require.NoError(t, err)
			before, err := os.ReadFile(filepath.Join(s.dir, "state.json"))
			require.NoError(t, err)
			forged := &tree{cluster: s.log.cluster}
			forged.grow(t, "forged", size)
			c := s.client(t, forged)
			for range 2 {
				_, err = c.Ask(t.Context())
				require.Equal(t, fault.Fork.String(), fault.KindOf(err).String(), "%v", err)
			}
			after, err := os.ReadFile(filepath.Join(s.dir, "state.json"))
			require.NoError(t, err)
			require.Equal(t, before, after, "and the witness keeps what it saw")
		})
	}
}

// breaks has the witness do something wrong from now on.
func breaks(kind outside.Kind) func(*testing.T, *scene) {
	return func(t *testing.T, s *scene) {
		t.Helper()
		_, err := s.sim.Faults().Add(outside.Fault{Kind: kind})
		require.NoError(t, err)
	}
}

// TestAskBadWitness: what a witness says is proved.
func TestAskBadWitness(t *testing.T) {
	tests := map[string]struct {
		harm func(*testing.T, *scene)
		kind fault.Kind
	}{
		"ErrForged":     {breaks(sim.Forged), fault.Corrupt},
		"ErrForgetful":  {breaks(sim.Forgetful), fault.Fork},
		"ErrAway":       {func(_ *testing.T, s *scene) { s.server.Close() }, fault.Unavailable},
		"ErrUnknownLog": {func(_ *testing.T, s *scene) { s.log.cluster = wire.ClusterID{1} }, fault.NotFound},
		"ErrAnotherKey": {func(t *testing.T, s *scene) {
			t.Helper()
			var err error
			s.key, err = seal.GenerateSigningKey()
			require.NoError(t, err)
		}, fault.Denied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.log.grow(t, "honest", 3)
			c := s.client(t, s.log)
			tt.harm(t, s)
			_, err := c.Ask(t.Context())
			require.Equal(t, tt.kind.String(), fault.KindOf(err).String(), "%v", err)
		})
	}
}

func TestConfig(t *testing.T) {
	require.NoError(t, witness.Config{URL: "https://witness.example.org/w", KeyFile: "w.pub"}.WithDefaults().Validate())
	for name, c := range map[string]witness.Config{
		"ErrPlain": {URL: "http://witness.example.org", KeyFile: "w.pub"},
		"ErrNoKey": {URL: "https://witness.example.org"},
	} {
		require.Error(t, c.WithDefaults().Validate(), name)
	}
}
