package ledger_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// treeHead is RFC 6962, section 2.1, word for word: MTH of a list of leaves.
func treeHead(leaves []ledger.Leaf) wire.Digest {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, wire.Marshal(leaves[0])...))
	default:
		k := 1
		for k*2 < n {
			k *= 2
		}
		left, right := treeHead(leaves[:k]), treeHead(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

func (h *hub) leaves() (list []ledger.Leaf) {
	h.tb.Helper()
	size, _, err := h.views.Root()
	require.NoError(h.tb, err)
	for n := range size {
		l, err := h.views.Leaf(n)
		require.NoError(h.tb, err)
		require.Equal(h.tb, n, l.Number)
		list = append(list, l)
	}
	_, err = h.views.Leaf(size)
	wantFault(h.tb, fault.NotFound, err)
	return list
}

// logged is a hub of two posts whose log has entries, refused ones and commands.
func logged(t *testing.T) (*hub, *machine) {
	t.Helper()
	h, lyon, milan, first := two(t)
	milan.changes(wire.KindPickupChanged, first.Reference, 0, "IT-MIL")
	require.Empty(t, milan.reasons(1))
	lyon.changes(wire.KindPickupChanged, first.Reference, 1, "FR-PAR")
	require.Len(t, lyon.reasons(2), 1)
	h.suspect(first.Reference)
	lyon.releases(9)
	require.Empty(t, lyon.reasons(3))
	require.NoError(t, h.do(ledger.Erase{Time: h.now, Record: first.Record}).Err())
	return h, lyon
}

// TestTree: each entry and each answerable command is a line of the log in its
// order, and the root is that of the standard over them.
func TestTree(t *testing.T) {
	h, _ := logged(t)
	leaves := h.leaves()
	size, root, err := h.views.Root()
	require.NoError(t, err)
	require.EqualValues(t, len(leaves), size)
	require.Equal(t, treeHead(leaves), root)
	kinds := map[ledger.LeafKind]uint64{ledger.LeafEntry: 0, ledger.LeafCommand: 0}
	last := uint64(0)
	for _, l := range leaves {
		kinds[l.Kind]++
		require.GreaterOrEqual(t, l.Index, last)
		last = l.Index
	}
	counts, err := h.views.Counts()
	require.NoError(t, err)
	require.Equal(t, counts.Commits, kinds[ledger.LeafEntry])
	require.Equal(t, ledger.KindInit, leaves[0].Command)
	require.Equal(t, ledger.KindErase, leaves[size-1].Command)
	report := h.audit()
	require.NoError(t, report.Err())
	require.Equal(t, root, report.Root)
	h.replays()
}

// TestTreeProofs: any leaf is proved in any size, and each size begins with each
// older one (I17).
func TestTreeProofs(t *testing.T) {
	h, _ := logged(t)
	leaves := h.leaves()
	roots := make([]wire.Digest, len(leaves)+1)
	for size := range uint64(len(leaves) + 1) {
		var err error
		roots[size], err = h.views.RootAt(size)
		require.NoError(t, err)
		require.Equal(t, treeHead(leaves[:size]), roots[size])
		for n := range size {
			proof, err := h.views.Inclusion(n, size)
			require.NoError(t, err)
			require.NoError(t, tlog.CheckRecord(hashes(proof), int64(size), tlog.Hash(roots[size]), int64(n), tlog.Hash(leaves[n].Hash())))
			require.Error(t, tlog.CheckRecord(hashes(proof), int64(size), tlog.Hash(roots[size]), int64(n), tlog.Hash{1}))
			if older := n + 1; older < size {
				proof, err := h.views.Consistency(older, size)
				require.NoError(t, err)
				require.NoError(t, tlog.CheckTree(hashes(proof), int64(size), tlog.Hash(roots[size]), int64(older), tlog.Hash(roots[older])))
				require.Error(t, tlog.CheckTree(hashes(proof), int64(size), tlog.Hash(roots[size]), int64(older), tlog.Hash{1}))
			}
		}
	}
	for _, sizes := range [][2]uint64{{0, 1}, {2, 1}, {1, uint64(len(leaves)) + 1}} {
		_, err := h.views.Consistency(sizes[0], sizes[1])
		wantFault(t, fault.NotFound, err)
	}
	_, err := h.views.Inclusion(3, 3)
	wantFault(t, fault.NotFound, err)
}

func hashes(list []wire.Digest) []tlog.Hash {
	out := make([]tlog.Hash, len(list))
	for i, d := range list {
		out[i] = tlog.Hash(d)
	}
	return out
}

// TestRewrittenHistory: whoever changes what was committed, and everything that
// follows from it, has another root at the same size.
func TestRewrittenHistory(t *testing.T) {
	h, _ := logged(t)
	size, root, err := h.views.Root()
	require.NoError(t, err)
	other := newHub(t)
	for n, e := range h.log {
		if n == len(h.log)-1 { // the last act never was
			break
		}
		other.apply(e)
	}
	require.NoError(t, other.audit().Err(), "it is whole in itself")
	forged, err := other.views.RootAt(size - 1)
	require.NoError(t, err)
	same, err := h.views.RootAt(size - 1)
	require.NoError(t, err)
	require.Equal(t, same, forged, "the same as far as both go")
	other.index, other.now = h.index-1, h.now-1000
	require.NoError(t, other.do(ledger.RaiseFeature{Time: h.now, Level: ledger.Feature}).Err())
	size2, root2, err := other.views.Root()
	require.NoError(t, err)
	require.Equal(t, size, size2)
	require.NotEqual(t, root, root2)
}

// TestAuditOfTheTree: a tree that does not follow from the entries is found.
func TestAuditOfTheTree(t *testing.T) {
	for name, spoil := range map[string]func(kv.Writer) error{
		"ErrVerdict": func(w kv.Writer) error { return ledger.ChangeStored(w, 2, func(s *ledger.Stored) { s.Reason++ }) },
		"ErrHash":    func(w kv.Writer) error { return ledger.PutTree(w, 5, wire.Digest{1}) },
		"ErrLeafGone": func(w kv.Writer) error {
			return ledger.ChangeStored(w, 3, func(s *ledger.Stored) { s.Leaf = 0 })
		},
		"ErrAct": func(w kv.Writer) error { return ledger.ForgetAct(w, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := logged(t)
			require.NoError(t, h.audit().Err())
			require.NoError(t, h.store.Update(spoil))
			wantFault(t, fault.Corrupt, h.audit().Err())
		})
	}
}

// TestTreeNeedsItsLevel: members of before keep none, and it begins with the
// command behind the one that raises the level (D19).
func TestTreeNeedsItsLevel(t *testing.T) {
	h := newHub(t)
	before, _, err := h.views.Root()
	require.NoError(t, err)
	require.EqualValues(t, 1, before, "the first command")
	require.NoError(t, h.store.Update(func(w kv.Writer) error { return ledger.LowerFeature(w, 4) }))
	lyon := h.join("FR-LYO")
	lyon.releases(3)
	require.Empty(t, lyon.reasons(1))
	after, _, err := h.views.Root()
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.NoError(t, h.do(ledger.RaiseFeature{Time: h.now, Level: ledger.Feature}).Err())
	lyon.releases(1)
	require.Empty(t, lyon.reasons(4))
	leaves := h.leaves()
	require.EqualValues(t, before+1, len(leaves))
	require.Equal(t, ledger.LeafEntry, leaves[before].Kind)
	require.NoError(t, h.audit().Err())
}
