package cluster_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/cluster"
	"jaliya/internal/fault"
)

// A state that was one of three members goes on alone, at another address, with
// nothing of the old log.
func TestRefound(t *testing.T) {
	ca := newAuthority(t)
	first := founder(t, ca, nil)
	others := []*member{newMember(t, ca, nil), newMember(t, ca, nil)}
	first.join(t, others...)
	first.propose(t, 20)
	first.catchUp(t, others[0])
	count, chain := others[0].state.sum(t)
	at, err := others[0].state.Position()
	require.NoError(t, err)
	require.Equal(t, others[1].Address(), cluster.AddressIn(at, others[1].id))
	require.Empty(t, cluster.AddressIn(at, "nobody"))
	require.Empty(t, cluster.AddressIn(cluster.Position{}, first.id))
	for _, m := range append(others, first) {
		m.stop(t)
	}

	last := others[0]
	next, err := cluster.Refound(t.TempDir(), at, last.id, "127.0.0.1:1")
	require.NoError(t, err)
	_, err = cluster.Refound(last.dir, at, last.id, "127.0.0.1:1")
	require.True(t, fault.Is(err, fault.Exists), "its own log is there: %v", err)

	restored := newMember(t, ca, func(c *cluster.Config) { c.ID = last.id })
	restored.id = last.id
	require.NoError(t, os.Rename(filepath.Join(last.dir, "state.db"), filepath.Join(restored.dir, "state.db")))
	_, err = cluster.Refound(restored.dir, at, restored.id, "127.0.0.1:1")
	require.NoError(t, err)
	state := openState(t, restored.dir)
	require.NoError(t, state.Persist(next))
	require.NoError(t, state.db.Close())
	restored.start(t)
	restored.leads(t)
	require.Equal(t, []cluster.Member{{ID: last.id, Address: "127.0.0.1:1", Voter: true}}, restored.Members())
	again, same := restored.state.sum(t)
	require.Equal(t, count, again)
	require.Equal(t, chain, same)
	require.Greater(t, restored.propose(t, 5), next.Index)
	restored.stop(t)
	restored.start(t)
	restored.leads(t)
	restored.propose(t, 1)
}

func TestRefoundRefuses(t *testing.T) {
	good := cluster.Position{Index: 4, Term: 2}
	for _, c := range []struct {
		name, id, address string
		at                cluster.Position
	}{
		{"ErrEmptyState", "a", "h:1", cluster.Position{}},
		{"ErrID", "", "h:1", good},
		{"ErrAddress", "a", "", good},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := cluster.Refound(dir, c.at, c.id, c.address)
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
			require.NoFileExists(t, filepath.Join(dir, "raft.db"))
		})
	}
}
