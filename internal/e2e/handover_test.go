package e2e

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/handover"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// custody is a post's hand-over desk over a real journal, and the real ledger
// that it meets when the link is there: sync carries entries, receipts and
// notices, as ship and intake do.
type custody struct {
	tb      testing.TB
	dir     string // of the journal
	kit     *journaltest.Kit
	journal *journal.Journal
	desk    *handover.Handover
	post    *seal.PostKey
	dicts   *seal.Dictionaries
	views   ledger.Views
	store   *kv.Memory
	index   uint64
	now     int64
	session uint64
	chaos   *rand.ChaCha8
	refused []ledger.RefusedEntry
}

const bagSeal = "MA-4711"

var (
	counterAgent = access.Principal{ID: "LYO-11111", Role: access.Agent}
	secondPerson = access.Principal{ID: "LYO-22222", Role: access.Supervisor}
)

func newCustody(tb testing.TB) *custody {
	tb.Helper()
	kit, err := journaltest.New(23)
	require.NoError(tb, err)
	c := &custody{tb: tb, kit: kit, store: kv.NewStrictMemory(), now: 1_790_000_000_000, chaos: rand.NewChaCha8([32]byte{5})}
	c.views = ledger.NewViews(c.store)
	c.dicts, err = seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	intake, err := seal.GenerateIntakeKeys(c.dicts)
	require.NoError(tb, err)
	c.post, err = seal.GeneratePostKey(c.dicts)
	require.NoError(tb, err)
	data, err := seal.NewDataKey()
	require.NoError(tb, err)
	c.dir = tb.TempDir()
	c.journal, err = journal.Open(c.dir, kit.Options())
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, c.journal.Close()) })
	directory, err := consular.BuiltInDirectory()
	require.NoError(tb, err)
	post, err := directory.Lookup(kit.Identity.Post)
	require.NoError(tb, err)
	c.desk, err = handover.New(handover.Options{
		Journal: c.journal, DataKey: data, PostKey: c.post, Dictionaries: c.dicts, Post: post,
		Intake: func() (seal.IntakePublic, error) { return intake.Public(), nil },
		Clock:  func() time.Time { return time.UnixMilli(c.now) },
		Offset: func() (time.Duration, bool) { return 0, false },
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	c.do(ledger.Init{
		Time: c.now, Cluster: kit.Identity.Cluster, Secret: c.bytes(32), Receipt: [][]byte{c.bytes(32)},
		Intake: []wire.IntakeKey{{Number: 1, Public: c.bytes(32)}},
	})
	c.session = c.join(kit.Identity.Node, "FR-LYO")
	return c
}

func (c *custody) bytes(n int) []byte {
	b := make([]byte, n)
	_, err := c.chaos.Read(b)
	require.NoError(c.tb, err)
	return b
}

// do commits a command, which must be accepted.
func (c *custody) do(command ledger.Command) (r ledger.Result) {
	c.tb.Helper()
	raw, err := ledger.Encode(command)
	require.NoError(c.tb, err)
	c.index++
	c.now += 1000
	require.NoError(c.tb, c.store.Update(func(w kv.Writer) error {
		r, err = ledger.Apply(w, c.index, 1, raw)
		return err
	}))
	require.NoError(c.tb, r.Err())
	return r
}

func (c *custody) join(node wire.NodeID, post consular.PostID) uint64 {
	c.tb.Helper()
	secret := wire.Digest(c.bytes(32))
	c.do(ledger.InviteNode{Time: c.now, Invitation: secret, Post: post, Expires: c.now + 1e6})
	c.do(ledger.JoinNode{
		Time: c.now, Invitation: secret, Node: node, Post: post, Device: wire.Digest(c.bytes(32)),
		Journal: c.bytes(32), PostKey: c.bytes(64),
	})
	return c.do(ledger.OpenSession{Time: c.now, Node: node}).Session
}

// enrol releases n requests at Milan, to be collected at Lyon, and brings the
// cards to the pouch desk.
func (c *custody) enrol(n int) []wire.ManifestCard {
	c.tb.Helper()
	node := wire.NodeID(c.bytes(16))
	session := c.join(node, "IT-MIL")
	at := wire.Genesis(node, 7)
	batch := ledger.AdmitBatch{After: at, Session: session}
	cards := make([]wire.ManifestCard, n)
	for i := range cards {
		ref, err := consular.NewReference(c.chaos)
		require.NoError(c.tb, err)
		slip := wire.Digest(c.bytes(32))
		e, err := wire.NewEntry(wire.Header{
			Record: wire.RecordID(c.bytes(16)), Kind: wire.KindRequestReleased, Source: wire.SourceNode, Node: node,
			Incarnation: 7, Seq: uint64(i) + 1, Time: c.now, Post: "IT-MIL", Reference: ref.Digits(),
			Service: uint8(consular.CNIEFirst), Pickup: "FR-LYO", SlipHash: &slip, IntakeKey: 1,
		}, c.bytes(64))
		require.NoError(c.tb, err)
		batch.Entries = append(batch.Entries, e)
		cards[i] = wire.ManifestCard{
			Reference: ref, Serial: fmt.Sprintf("CN%07d", i), Family: consular.Name{Arabic: "العلوي", Latin: "Alaoui"},
			Given: consular.Name{Arabic: "سلمى", Latin: "Salma"}, Birth: "1990-05-12", Service: consular.CNIEFirst,
		}
	}
	r := c.do(ledger.Admit{Time: c.now, Batches: []ledger.AdmitBatch{batch}})
	require.Empty(c.tb, r.Batches[0].Refused)
	for _, kind := range []struct {
		order workflow.Order
		event workflow.Event
	}{
		{workflow.OrderExamine, workflow.ExaminedGood},
		{workflow.OrderVerify, workflow.VerificationPassed},
		{workflow.OrderRoute, workflow.RouteChosen},
	} {
		orders, err := c.views.OpenOrders(uint8(kind.order), c.now, n)
		require.NoError(c.tb, err)
		for _, o := range orders {
			c.do(ledger.CompleteOrder{
				Time: c.now, Order: o.ID, Event: uint8(kind.event), Actor: uint16(workflow.Hub), Facts: ledger.Facts{Site: 1},
			})
		}
	}
	for _, card := range cards {
		serial := wire.SerialDigest(card.Serial)
		c.decide(card, workflow.SiteAccepted, workflow.Production, ledger.Decide{})
		c.decide(card, workflow.CardProduced, workflow.Production, ledger.Decide{Facts: ledger.Facts{Serial: serial[:]}})
	}
	return cards
}

func (c *custody) decide(card wire.ManifestCard, event workflow.Event, actor workflow.Actor, d ledger.Decide) {
	c.tb.Helper()
	d.Time, d.Reference, d.Event, d.Actor = c.now, card.Reference.Digits(), uint8(event), uint16(actor)
	d.Seen = c.caseOf(card).Flow.Version
	c.do(d)
}

func (c *custody) caseOf(card wire.ManifestCard) ledger.CaseView {
	c.tb.Helper()
	v, err := c.views.Case(card.Reference)
	require.NoError(c.tb, err)
	return v
}

func (c *custody) state(card wire.ManifestCard) string {
	c.tb.Helper()
	return workflow.State(c.caseOf(card).Flow.State).String()
}

// bag packs the cards, seals the bag, tells the post and sends it.
func (c *custody) bag(cards []wire.ManifestCard) consular.PouchID {
	c.tb.Helper()
	label := c.do(ledger.OpenPouch{Time: c.now, Post: "FR-LYO"}).Pouch
	for _, card := range cards {
		c.decide(card, workflow.CardPacked, workflow.PouchOfficer, ledger.Decide{Facts: ledger.Facts{Pouch: []byte(label)}})
	}
	c.moveBag(label, workflow.ManifestSigned, "")
	c.moveBag(label, workflow.BagSealed, bagSeal)
	p, err := c.views.Pouch(label)
	require.NoError(c.tb, err)
	m := wire.Manifest{
		Version: 1, Pouch: label, Revision: p.Flow.Version, Seal: bagSeal, Total: uint16(len(cards)), Cards: cards,
	}
	require.NoError(c.tb, m.Validate())
	body, err := c.dicts.SealToPost(c.post.Public(), wire.ManifestContext, wire.Marshal(m), wire.ManifestAAD("FR-LYO"))
	require.NoError(c.tb, err)
	orders, err := c.views.OpenOrders(uint8(workflow.OrderManifest), c.now, 1)
	require.NoError(c.tb, err)
	require.Len(c.tb, orders, 1)
	c.do(ledger.Tell{Time: c.now, Order: orders[0].ID, Node: c.kit.Identity.Node, Sealed: [][]byte{body}})
	c.moveBag(label, workflow.BagGivenToCourier, "")
	c.moveBag(label, workflow.BagLeft, "")
	return label
}

func (c *custody) moveBag(label consular.PouchID, event workflow.Event, number string) {
	c.tb.Helper()
	p, err := c.views.Pouch(label)
	require.NoError(c.tb, err)
	c.do(ledger.MovePouch{
		Time: c.now, Pouch: label, Event: uint8(event), Actor: uint16(workflow.PouchOfficer), Seen: p.Flow.Version, Seal: number,
	})
}

// sync is the link being there for a moment.
func (c *custody) sync() {
	c.tb.Helper()
	s, err := c.journal.State()
	require.NoError(c.tb, err)
	for s.Receipted < s.Head.Seq {
		after, err := c.journal.Position(s.Receipted)
		require.NoError(c.tb, err)
		entries, err := c.journal.ReadAfter(after, 32)
		require.NoError(c.tb, err)
		r := c.do(ledger.Admit{Time: c.now, Batches: []ledger.AdmitBatch{{After: after, Session: c.session, Entries: entries}}})
		require.NoError(c.tb, r.Batches[0].Err())
		c.refused = append(c.refused, r.Batches[0].Refused...)
		for _, receipt := range r.Batches[0].Receipts {
			require.NoError(c.tb, c.journal.StoreReceipts([]journal.Receipted{c.kit.Sign(receipt)}))
		}
		s, err = c.journal.State()
		require.NoError(c.tb, err)
	}
	for {
		at, raws, err := c.views.NoticesAfter("FR-LYO", s.Notices.Seq, 100)
		require.NoError(c.tb, err)
		if len(raws) == 0 {
			return
		}
		var notices []wire.VerifiedNotice
		for _, raw := range raws {
			n, err := wire.DecodeNotice(raw)
			require.NoError(c.tb, err)
			at = at.Next(raw)
			notices = append(notices, wire.VerifiedNotice{Raw: raw, Notice: n, At: at})
		}
		require.NoError(c.tb, c.journal.StoreNotices(notices))
		s.Notices = at
	}
}

func (c *custody) open(label consular.PouchID) {
	c.tb.Helper()
	_, err := c.desk.Arrive(c.tb.Context(), secondPerson, string(label))
	require.NoError(c.tb, err)
	_, err = c.desk.Open(c.tb.Context(), counterAgent, handover.OpenInput{
		Pouch: string(label), Second: secondPerson, Seal: bagSeal,
	})
	require.NoError(c.tb, err)
}

func (c *custody) shelve(label consular.PouchID, card wire.ManifestCard) {
	c.tb.Helper()
	s, err := c.desk.Scan(c.tb.Context(), counterAgent, handover.ScanInput{Pouch: string(label), Serial: card.Serial})
	require.NoError(c.tb, err)
	require.Equal(c.tb, handover.FindingReceived, s.Finding)
	_, err = c.desk.Shelve(c.tb.Context(), counterAgent, handover.ShelveInput{
		Reference: string(card.Reference), Safe: "A", Box: "1",
	})
	require.NoError(c.tb, err)
}

func (c *custody) give(card wire.ManifestCard) {
	c.tb.Helper()
	_, err := c.desk.Give(c.tb.Context(), counterAgent, handover.GiveInput{
		Reference: string(card.Reference), Serial: card.Serial, Receiver: wire.ReceiverPerson, Document: wire.ShownPassport,
		Face: true, Print: wire.PrintMatched, OldCard: wire.OldCardNone, PIN: true,
	})
	require.NoError(c.tb, err)
}

func (c *custody) card(card wire.ManifestCard) handover.CardView {
	c.tb.Helper()
	v, err := c.desk.Card(c.tb.Context(), counterAgent, string(card.Reference))
	require.NoError(c.tb, err)
	return v
}

// TestHandoverOffline: enrolled at Milan, collected at Lyon while the hub is cut
// off; at night the ledger takes it all, and knows what Lyon knows.
func TestHandoverOffline(t *testing.T) {
	c := newCustody(t)
	cards := c.enrol(40)
	label := c.bag(cards)
	require.Equal(t, "IN_TRANSIT", c.state(cards[0]))
	c.sync()

	c.open(label) // from here on alone
	for _, card := range cards[:39] {
		c.shelve(label, card)
	}
	v, err := c.desk.Reconcile(t.Context(), secondPerson, handover.ReconcileInput{Pouch: string(label), Missing: 1})
	require.NoError(t, err)
	require.Equal(t, handover.Tally{Total: 40, Received: 39, Missing: 1}, v.Tally)
	_, err = c.desk.Shelve(t.Context(), counterAgent, handover.ShelveInput{Reference: string(cards[1].Reference), Defective: true})
	require.NoError(t, err)
	for range 2 {
		_, err = c.desk.Check(t.Context(), counterAgent, handover.CheckInput{
			Attempt: wire.NewRecordID(), Reference: string(cards[2].Reference), Failed: wire.FailedPrint,
		})
		require.NoError(t, err)
	}
	for _, card := range cards[3:10] {
		c.give(card)
	}
	require.Equal(t, "L1", string(c.card(cards[3]).Level))
	require.Equal(t, "IN_TRANSIT", c.state(cards[3]), "the hub knows nothing yet")

	c.sync()
	require.Empty(t, c.refused)
	for i, want := range map[int]string{
		0: "READY", 1: "IN_PRODUCTION", 2: "HOLD", 3: "HANDED_OVER", 9: "HANDED_OVER", 10: "READY", 39: "DISCREPANCY",
	} {
		require.Equal(t, want, c.state(cards[i]), i)
		require.Equal(t, want, c.card(cards[i]).State, i)
	}
	done := c.card(cards[3])
	require.Equal(t, "L2", string(done.Level))
	require.Empty(t, done.Family, "the post forgets whose it was")
	require.Equal(t, consular.PostID("FR-LYO"), c.caseOf(cards[0]).Flow.Holder)
	p, err := c.views.Pouch(label)
	require.NoError(t, err)
	require.Equal(t, workflow.PouchDiscrepancy, workflow.State(p.Flow.State))
	revoked, err := c.views.OpenOrders(uint8(workflow.OrderRevoke), c.now, 10)
	require.NoError(t, err)
	require.Len(t, revoked, 1, "the defective one")
	_, err = c.journal.Request(string(label))
	require.Error(t, err, "a pouch is no request")

	c.decide(cards[2], workflow.HoldLifted, workflow.Hub, ledger.Decide{})
	_, err = c.desk.Give(t.Context(), counterAgent, handover.GiveInput{Reference: string(cards[2].Reference), Serial: cards[2].Serial})
	require.Error(t, err, "not heard yet")
	c.sync()
	c.give(cards[2])
	c.sync()
	require.Equal(t, "HANDED_OVER", c.state(cards[2]))
	require.Empty(t, c.refused)
	report := ledger.Report{}
	require.NoError(t, c.store.View(func(r kv.Reader) error {
		report = ledger.Audit(r)
		return nil
	}))
	require.NoError(t, report.Err())
	_, err = c.journal.Check(c.kit.Keys())
	require.NoError(t, err)
}

// TestHandoverOfStoppedCard is scene 17 of domain.md G.4: handed over without a
// link, frozen in between. The entry is committed as refused, with its reason,
// and the post is shown that people must look at it.
func TestHandoverOfStoppedCard(t *testing.T) {
	c := newCustody(t)
	cards := c.enrol(2)
	label := c.bag(cards)
	c.sync()
	c.open(label)
	c.shelve(label, cards[0])
	c.shelve(label, cards[1])
	c.sync()
	c.decide(cards[0], workflow.FreezeNotified, workflow.Hub, ledger.Decide{Reason: uint16(consular.RefusedFraud)})
	c.give(cards[0])
	c.give(cards[1])
	c.sync()
	require.Len(t, c.refused, 1)
	require.Equal(t, ledger.ReasonNotNow, c.refused[0].Reason)
	require.Equal(t, "FROZEN", c.state(cards[0]))
	v := c.card(cards[0])
	require.Equal(t, "HANDED_OVER", v.State, "the person has it")
	require.Equal(t, uint16(ledger.ReasonNotNow), v.Refused)
	require.Equal(t, "HANDED_OVER", c.state(cards[1]))
}

// TestPouchSealBroken: a bag with another seal is opened as a suspect one.
func TestPouchSealBroken(t *testing.T) {
	c := newCustody(t)
	cards := c.enrol(1)
	label := c.bag(cards)
	c.sync()
	_, err := c.desk.Arrive(t.Context(), secondPerson, string(label))
	require.NoError(t, err)
	_, err = c.desk.Open(t.Context(), secondPerson, handover.OpenInput{
		Pouch: string(label), Second: counterAgent, Seal: bagSeal, Broken: true,
	})
	require.NoError(t, err)
	c.shelve(label, cards[0])
	_, err = c.desk.Reconcile(t.Context(), counterAgent, handover.ReconcileInput{Pouch: string(label)})
	require.NoError(t, err)
	c.sync()
	require.Empty(t, c.refused)
	p, err := c.views.Pouch(label)
	require.NoError(t, err)
	require.Equal(t, workflow.PouchReconciled, workflow.State(p.Flow.State))
	var events []workflow.Event
	for _, line := range p.Timeline {
		events = append(events, workflow.Event(line.Event))
	}
	require.Contains(t, events, workflow.SealFoundBroken)
}

// TestHandoverFoundWhileFrozen: a card said to be missing turns up while its case is
// frozen. Not every state is echoed to the post; it must not wait for one that
// never comes.
func TestHandoverFoundWhileFrozen(t *testing.T) {
	c := newCustody(t)
	cards := c.enrol(2)
	label := c.bag(cards)
	c.sync()
	c.open(label)
	c.shelve(label, cards[1])
	_, err := c.desk.Reconcile(t.Context(), counterAgent, handover.ReconcileInput{Pouch: string(label), Missing: 1})
	require.NoError(t, err)
	c.sync()
	c.decide(cards[0], workflow.FreezeNotified, workflow.Hub, ledger.Decide{Reason: uint16(consular.RefusedFraud)})
	c.sync()
	s, err := c.desk.Scan(t.Context(), counterAgent, handover.ScanInput{Pouch: string(label), Serial: cards[0].Serial})
	require.NoError(t, err)
	require.Equal(t, handover.FindingStopped, s.Finding)
	c.sync()
	c.decide(cards[0], workflow.FreezeLifted, workflow.Hub, ledger.Decide{})
	c.sync()
	require.Equal(t, "RECEIVED", c.card(cards[0]).State)
	require.Empty(t, c.refused)

	p, err := c.views.Pouch(label)
	require.NoError(t, err)
	c.do(ledger.MovePouch{
		Time: c.now, Pouch: label, Event: uint8(workflow.DiscrepancySettled), Actor: uint16(workflow.Hub), Seen: p.Flow.Version,
	})
	c.sync()
	v, err := c.desk.Pouch(t.Context(), counterAgent, string(label))
	require.NoError(t, err)
	require.Equal(t, "RECONCILED", v.State)
}
