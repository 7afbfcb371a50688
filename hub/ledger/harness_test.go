package ledger_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// hub is a ledger without raft: it numbers commands, applies them to one store
// and keeps the log, so that a test can replay it elsewhere.
type hub struct {
	tb    testing.TB
	store kv.Store
	views ledger.Views
	index uint64
	now   int64
	log   []ledger.Entry
	chaos *rand.ChaCha8
}

const term = 3

func newHub(tb testing.TB) *hub {
	tb.Helper()
	h := emptyHub(tb, kv.NewStrictMemory())
	require.NoError(tb, h.do(h.init()).Err())
	return h
}

func emptyHub(tb testing.TB, store kv.Store) *hub {
	tb.Helper()
	return &hub{
		tb: tb, store: store, views: ledger.NewViews(store), now: 1_780_000_000_000,
		chaos: rand.NewChaCha8([32]byte{7}),
	}
}

func (h *hub) bytes(n int) []byte {
	b := make([]byte, n)
	_, err := h.chaos.Read(b)
	require.NoError(h.tb, err)
	return b
}

func (h *hub) init() ledger.Init {
	return ledger.Init{
		Time: h.now, Cluster: wire.ClusterID(h.bytes(16)), Secret: h.bytes(32),
		Receipt: [][]byte{h.bytes(32)}, Intake: []wire.IntakeKey{{Number: 1, Public: h.bytes(32)}},
	}
}

// do commits a command.
func (h *hub) do(c ledger.Command) ledger.Result {
	h.tb.Helper()
	raw, err := ledger.Encode(c)
	require.NoError(h.tb, err)
	return h.raw(raw)
}

func (h *hub) raw(raw []byte) ledger.Result {
	h.tb.Helper()
	h.index++
	h.now += 1000
	e := ledger.Entry{Index: h.index, Term: term, Command: raw}
	h.log = append(h.log, e)
	return h.apply(e)
}

func (h *hub) apply(e ledger.Entry) (r ledger.Result) {
	h.tb.Helper()
	require.NoError(h.tb, h.store.Update(func(w kv.Writer) (err error) {
		r, err = ledger.Apply(w, e.Index, e.Term, e.Command)
		return err
	}))
	return r
}

func (h *hub) audit() ledger.Report {
	h.tb.Helper()
	var report ledger.Report
	require.NoError(h.tb, h.store.View(func(r kv.Reader) error {
		report = ledger.Audit(r)
		return nil
	}))
	return report
}

func (h *hub) hash() wire.Digest {
	h.tb.Helper()
	_, hash, err := h.views.StateHash()
	require.NoError(h.tb, err)
	return hash
}

// machine is a node as the hub meets it: it makes entries and remembers them.
type machine struct {
	hub     *hub
	id      wire.NodeID
	post    consular.PostID
	session uint64
	head    wire.Position
	entries []wire.Entry
	chain   []wire.Position // after each entry
}

func (h *hub) join(post consular.PostID) *machine {
	h.tb.Helper()
	m := &machine{hub: h, id: wire.NodeID(h.bytes(16)), post: post}
	secret := wire.Digest(h.bytes(32))
	require.NoError(h.tb, h.do(ledger.InviteNode{Time: h.now, Invitation: secret, Post: post, Expires: h.now + 1e6}).Err())
	require.NoError(h.tb, h.do(ledger.JoinNode{
		Time: h.now, Invitation: secret, Node: m.id, Post: post, Device: wire.Digest(h.bytes(32)),
		Journal: h.bytes(32), PostKey: h.bytes(64),
	}).Err())
	m.connect()
	m.incarnate()
	return m
}

func (m *machine) connect() {
	m.hub.tb.Helper()
	r := m.hub.do(ledger.OpenSession{Time: m.hub.now, Node: m.id})
	require.NoError(m.hub.tb, r.Err())
	m.session = r.Session
}

// incarnate begins a new history.
func (m *machine) incarnate() {
	inc := uint64(m.hub.bytes(1)[0]) + 1 + m.head.Incarnation
	m.head, m.entries, m.chain = wire.Genesis(m.id, inc), nil, nil
}

// add makes an entry, with the header as edit leaves it.
func (m *machine) add(h wire.Header, bodySize int) wire.Entry {
	m.hub.tb.Helper()
	h.Source, h.Node, h.Incarnation, h.Seq = wire.SourceNode, m.id, m.head.Incarnation, m.head.Seq+1
	h.Time = m.hub.now
	e, err := wire.NewEntry(h, m.hub.bytes(bodySize))
	require.NoError(m.hub.tb, err)
	m.append(e)
	return e
}

func (m *machine) append(e wire.Entry) {
	m.head = m.head.Next(e)
	m.entries, m.chain = append(m.entries, e), append(m.chain, m.head)
}

var slipCode = consular.SlipCode("12345678")

func (m *machine) releaseHeader() wire.Header {
	m.hub.tb.Helper()
	ref, err := consular.NewReference(m.hub.chaos)
	require.NoError(m.hub.tb, err)
	slip := wire.Digest(slipCode.Hash(ref))
	return wire.Header{
		Record: wire.RecordID(m.hub.bytes(16)), Kind: wire.KindRequestReleased, Post: m.post,
		Reference: ref.Digits(), Service: uint8(consular.CNIERenewal), Pickup: m.post,
		Images:   []wire.Image{{Digest: wire.Digest(m.hub.bytes(32)), Size: 100_000}},
		SlipHash: &slip, IntakeKey: 1,
	}
}

// release adds a request and gives its header.
func (m *machine) release() wire.Header {
	m.hub.tb.Helper()
	h := m.releaseHeader()
	m.add(h, 64)
	return h
}

func (m *machine) releases(n int) {
	m.hub.tb.Helper()
	for range n {
		m.release()
	}
}

// viewed adds the smallest entry there is.
func (m *machine) viewed() {
	m.hub.tb.Helper()
	h := m.releaseHeader()
	m.add(wire.Header{Record: h.Record, Kind: wire.KindFileViewed, Post: m.post, Reference: h.Reference}, 40)
}

// batch gives entries first to last of the current incarnation.
func (m *machine) batch(first, last int) ledger.AdmitBatch {
	after := wire.Genesis(m.id, m.head.Incarnation)
	if first > 1 {
		after = m.chain[first-2]
	}
	return ledger.AdmitBatch{After: after, Session: m.session, Entries: m.entries[first-1 : last]}
}

func (m *machine) send(first, last int) ledger.BatchResult {
	m.hub.tb.Helper()
	return m.hub.admit(m.batch(first, last))
}

// sendAll sends everything of the current incarnation and wants it taken.
func (m *machine) sendAll() ledger.BatchResult {
	m.hub.tb.Helper()
	r := m.send(1, len(m.entries))
	require.NoError(m.hub.tb, r.Err())
	require.Equal(m.hub.tb, m.head, r.Resume)
	return r
}

func (h *hub) admit(b ledger.AdmitBatch) ledger.BatchResult {
	h.tb.Helper()
	r := h.do(ledger.Admit{Time: h.now, Batches: []ledger.AdmitBatch{b}})
	require.NoError(h.tb, r.Err())
	require.Len(h.tb, r.Batches, 1)
	return r.Batches[0]
}

func wantFault(tb testing.TB, kind fault.Kind, err error) {
	tb.Helper()
	require.Error(tb, err)
	require.Equal(tb, kind.String(), fault.KindOf(err).String())
}

func newMemory() *kv.Memory { return kv.NewStrictMemory() }
