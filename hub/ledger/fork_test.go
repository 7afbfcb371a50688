package ledger_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// forked gives a machine of which the hub holds three entries, and a copy of it
// whose history parts at the second.
func forked(t *testing.T) (*hub, *machine, *machine) {
	t.Helper()
	h := newHub(t)
	m := h.join("FR-LYO")
	m.releases(3)
	m.sendAll()
	other := *m
	other.rewrite(2)
	return h, m, &other
}

// offers notes the head of a machine as its hello shows it.
func (m *machine) offers(place string) ledger.NoteFork {
	return ledger.NoteFork{
		Time: m.hub.now, Node: m.id, Seen: ledger.SeenAtHello, Shown: m.head, Oldest: 1, Receipted: 1, Place: place,
	}
}

func (h *hub) settle(m *machine, choice ledger.ForkChoice, seen uint64) ledger.Result {
	h.tb.Helper()
	return h.do(ledger.SettleFork{Time: h.now, Node: m.id, Choice: choice, Seen: seen, Reason: "visited the post", Who: "root"})
}

func (h *hub) node(m *machine) ledger.Node {
	h.tb.Helper()
	n, err := h.views.Node(m.id)
	require.NoError(h.tb, err)
	return n
}

// TestForkAtHello: what a machine offered is kept beside what the state holds,
// once, whatever it offers later while nobody has decided.
func TestForkAtHello(t *testing.T) {
	h, m, copied := forked(t)
	held := m.chain[2]
	short := copied.offers("192.0.2.7")
	short.Shown = copied.chain[2] // below: the same length as ours
	require.NoError(t, h.do(short).Err())
	require.True(t, h.node(m).Fenced)

	f, err := h.views.Fork(m.id)
	require.NoError(t, err)
	require.Len(t, f.Evidence, 1)
	q := f.Evidence[0]
	require.Equal(t, short.Shown, q.At)
	require.Equal(t, held.Hash, q.Held)
	require.NotEqual(t, q.At.Hash, q.Held)
	require.EqualValues(t, 3, q.Level)
	require.NotZero(t, q.Commit)
	require.Equal(t, ledger.SeenAtHello, q.Seen)
	require.Equal(t, "192.0.2.7", q.Place)
	require.EqualValues(t, 1, q.Receipted)

	require.NoError(t, h.do(copied.offers("192.0.2.7")).Err(), "it worked on: nothing new")
	require.NoError(t, h.do(short).Err())
	f, err = h.views.Fork(m.id)
	require.NoError(t, err)
	require.Len(t, f.Evidence, 1)

	third := *m
	third.rewrite(1)
	third.head = third.chain[1]
	require.NoError(t, h.do(third.offers("192.0.2.7")).Err(), "shorter than what came from there: another copy")
	require.NoError(t, h.do(copied.offers("198.51.100.1")).Err(), "from another place")
	for i := range byte(20) {
		require.NoError(t, h.do(copied.offers("198.51.100."+string('a'+rune(i)))).Err())
	}
	f, err = h.views.Fork(m.id)
	require.NoError(t, err)
	require.Len(t, f.Evidence, 16, "a fenced machine cannot fill the quarantine")
	alarms, err := h.views.Alarms(0, 10)
	require.NoError(t, err)
	require.Len(t, alarms, 1)
	require.NoError(t, h.audit().Err())
}

// TestForkAhead: a machine that has more than the hub says itself that the shared
// part is another; the hub keeps where its own history ends.
func TestForkAhead(t *testing.T) {
	h, m, copied := forked(t)
	c := copied.offers("")
	c.Seen = ledger.SeenByNode
	require.NoError(t, h.do(c).Err())
	f, err := h.views.Fork(m.id)
	require.NoError(t, err)
	require.EqualValues(t, 4, f.Evidence[0].At.Seq)
	require.EqualValues(t, 3, f.Evidence[0].Level)
	require.Equal(t, m.head.Hash, f.Evidence[0].Held)
}

// TestEvidenceOfOlderLevel: members of before write no level into the evidence of
// a batch, and the same log must give the same state (D19).
func TestEvidenceOfOlderLevel(t *testing.T) {
	for level, want := range map[uint32]uint64{3: 0, 4: 2} {
		h, _, copied := forked(t)
		require.NoError(t, h.store.Update(func(w kv.Writer) error { return ledger.LowerFeature(w, level) }))
		wantFault(t, fault.Fork, h.admit(copied.batch(2, 3)).Err())
		evidence, err := h.views.Quarantine(0, 10)
		require.NoError(t, err)
		require.Len(t, evidence, 1)
		require.EqualValues(t, 2, evidence[0].At.Seq)
		require.Equal(t, want, evidence[0].Level, "level %d", level)
	}
}

func TestNoteForkRefuses(t *testing.T) {
	h, m, copied := forked(t)
	bad := map[string]struct {
		edit func(c *ledger.NoteFork)
		kind fault.Kind
	}{
		"NoNode":       {func(c *ledger.NoteFork) { c.Node = wire.NodeID{} }, fault.Invalid},
		"OtherNode":    {func(c *ledger.NoteFork) { c.Node = wire.NodeID{1}; c.Shown.Node = wire.NodeID{1} }, fault.NotFound},
		"OtherChain":   {func(c *ledger.NoteFork) { c.Shown.Node = wire.NodeID{1} }, fault.Invalid},
		"InABatch":     {func(c *ledger.NoteFork) { c.Seen = ledger.SeenInBatch }, fault.Invalid},
		"UnknownWay":   {func(c *ledger.NoteFork) { c.Seen = 9 }, fault.Invalid},
		"Incarnation":  {func(c *ledger.NoteFork) { c.Shown.Incarnation = 0 }, fault.Invalid},
		"Receipted":    {func(c *ledger.NoteFork) { c.Receipted = 99 }, fault.Invalid},
		"LongPlace":    {func(c *ledger.NoteFork) { c.Place = strings.Repeat("a", 65) }, fault.Invalid},
		"PlaceIsAName": {func(c *ledger.NoteFork) { c.Place = "Salma Idrissi" }, fault.Invalid},
		"Ours":         {func(c *ledger.NoteFork) { c.Shown = m.chain[1] }, fault.Invalid},
	}
	for name, tt := range bad {
		t.Run("Err"+name, func(t *testing.T) {
			c := copied.offers("192.0.2.7")
			tt.edit(&c)
			wantFault(t, tt.kind, h.do(c).Err())
			require.False(t, h.node(m).Fenced)
		})
	}
	counts, err := h.views.Counts()
	require.NoError(t, err)
	require.Zero(t, counts.Quarantine)
}

// TestSettleGoOn: the machine goes on in a new incarnation, what it had said
// already is a repeat, and a copy that comes with the old incarnation later is a
// fork anew.
func TestSettleGoOn(t *testing.T) {
	h, m, copied := forked(t)
	held := m.chain
	require.NoError(t, h.do(copied.offers("192.0.2.7")).Err())
	wantFault(t, fault.Conflict, h.settle(m, ledger.ForkGoOn, 0).Err())
	r := h.settle(m, ledger.ForkGoOn, 1)
	require.NoError(t, r.Err())
	require.EqualValues(t, 1, r.Version)
	require.NoError(t, h.settle(m, ledger.ForkGoOn, 1).Err(), "said twice")
	wantFault(t, fault.Conflict, h.settle(m, ledger.ForkShutOut, 1).Err())
	n := h.node(m)
	require.False(t, n.Fenced)
	require.Equal(t, copied.head.Incarnation, n.Settled)
	require.NoError(t, h.audit().Err())

	tail := copied.entries[1:]
	copied.connect()
	copied.incarnate()
	for _, e := range tail {
		header, err := wire.DecodeHeader(e.Header)
		require.NoError(t, err)
		copied.add(header, 64)
	}
	require.Empty(t, copied.sendAll().Refused)
	n = h.node(m)
	require.Zero(t, n.Settled)
	require.Equal(t, copied.head.Incarnation, n.Incarnation)
	f, err := h.views.Fork(m.id)
	require.NoError(t, err)
	require.Len(t, f.Settled, 1)
	require.Equal(t, copied.head.Incarnation, f.Settled[0].Next)
	require.Equal(t, "root", f.Settled[0].Who)
	require.Len(t, f.Evidence, 1, "evidence stays")
	for i, p := range held {
		hash, err := h.views.HashAt(m.id, p.Incarnation, uint64(i)+1)
		require.NoError(t, err)
		require.Equal(t, p.Hash, hash)
	}

	m.releases(1)
	late := m.offers("203.0.113.9")
	late.Seen = ledger.SeenRetired
	require.NoError(t, h.do(late).Err())
	require.True(t, h.node(m).Fenced)
	require.NoError(t, h.settle(m, ledger.ForkGoOn, 2).Err())
	require.NoError(t, h.audit().Err())
	h.replays()
}

// TestSettleOurs: the machine turns out to have the history that the hub holds.
func TestSettleOurs(t *testing.T) {
	h, m, copied := forked(t)
	require.NoError(t, h.do(copied.offers("192.0.2.7")).Err())
	require.NoError(t, h.settle(m, ledger.ForkGoOn, 1).Err())
	m.connect()
	m.releases(1)
	require.NoError(t, m.send(4, 4).Err())
	f, err := h.views.Fork(m.id)
	require.NoError(t, err)
	require.Equal(t, m.head.Incarnation, f.Settled[0].Next)
	require.Zero(t, h.node(m).Settled)
	require.NoError(t, h.do(copied.offers("192.0.2.7")).Err())
	require.True(t, h.node(m).Fenced, "the copy is still there")
	require.NoError(t, h.audit().Err())
}

// TestSettleShutOut: it never comes back, and the post still needs somebody.
func TestSettleShutOut(t *testing.T) {
	h, m, copied := forked(t)
	require.NoError(t, h.do(copied.offers("192.0.2.7")).Err())
	require.NoError(t, h.settle(m, ledger.ForkShutOut, 1).Err())
	n := h.node(m)
	require.True(t, n.Revoked)
	require.True(t, n.Fenced)
	denied, err := h.views.Denied(ledger.DeniedNode(m.id))
	require.NoError(t, err)
	require.True(t, denied)
	wantFault(t, fault.Conflict, h.settle(m, ledger.ForkGoOn, 1).Err())
	wantFault(t, fault.Denied, h.do(copied.offers("192.0.2.7")).Err())
	list, err := h.views.ForksOfPost("FR-LYO")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, ledger.ForkShutOut, list[0].Settled[0].Choice)
	list, err = h.views.ForksOfPost("NO-OSL")
	require.NoError(t, err)
	require.Empty(t, list)
	require.NoError(t, h.audit().Err())
}

func TestSettleRefuses(t *testing.T) {
	h, m, copied := forked(t)
	good := ledger.SettleFork{Node: m.id, Choice: ledger.ForkGoOn, Seen: 1, Reason: "seen", Who: "root"}
	good.Time = h.now
	good.Seen = 0
	wantFault(t, fault.Conflict, h.do(good).Err()) // nothing is fenced
	require.NoError(t, h.do(copied.offers("")).Err())
	bad := map[string]func(c *ledger.SettleFork){
		"NoNode":     func(c *ledger.SettleFork) { c.Node = wire.NodeID{} },
		"NoChoice":   func(c *ledger.SettleFork) { c.Choice = 0 },
		"OtherOne":   func(c *ledger.SettleFork) { c.Choice = 3 },
		"NoReason":   func(c *ledger.SettleFork) { c.Reason = "" },
		"LongReason": func(c *ledger.SettleFork) { c.Reason = strings.Repeat("é", 201) },
		"Nobody":     func(c *ledger.SettleFork) { c.Who = "" },
		"LongWho":    func(c *ledger.SettleFork) { c.Who = strings.Repeat("a", 65) },
	}
	for name, edit := range bad {
		t.Run("Err"+name, func(t *testing.T) {
			c := good
			c.Time, c.Seen = h.now, 1
			edit(&c)
			wantFault(t, fault.Invalid, h.do(c).Err())
			require.True(t, h.node(m).Fenced)
		})
	}
	c := good
	c.Time, c.Node = h.now, wire.NodeID{1}
	wantFault(t, fault.NotFound, h.do(c).Err())
}
