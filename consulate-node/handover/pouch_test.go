package handover_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// TestPouchOfForty is scene 7 of domain.md G.4: forty on the manifest, thirty-nine
// inside, one of them defective.
func TestPouchOfForty(t *testing.T) {
	w := newWorld(t)
	id, cards := w.opened(40)
	for _, c := range cards[:39] {
		s := w.scan(id, c.Serial)
		require.Equal(t, handover.FindingReceived, s.Finding)
		require.Equal(t, c.Family.Arabic, s.Card.Family.Arabic, "to compare with the card in the hand")
	}
	before := len(w.entries())
	require.Equal(t, handover.FindingAgain, w.scan(id, cards[0].Serial).Finding)
	require.Len(t, w.entries(), before, "scanned twice, nothing was changed")

	_, err := w.desk.Reconcile(t.Context(), agent, handover.ReconcileInput{Pouch: string(id)})
	wantCode(t, web.CodeCountOther, err)
	require.Len(t, w.entries(), before)
	v, err := w.desk.Reconcile(t.Context(), supervisor, handover.ReconcileInput{Pouch: string(id), Missing: 1})
	require.NoError(t, err)
	require.Equal(t, handover.Tally{Total: 40, Received: 39, Missing: 1}, v.Tally)
	require.Equal(t, workflow.PouchDiscrepancy.String(), v.State)

	require.Len(t, w.said(wire.KindCardReceived), 39)
	missing := w.said(wire.KindCardMissing)
	require.Len(t, missing, 1)
	require.Equal(t, cards[39].Reference.Digits(), missing[0].header.Reference)
	counted := w.said(wire.KindPouchReconciled)
	require.Len(t, counted, 1)
	require.Equal(t, uint16(39), *counted[0].header.Count)
	require.Equal(t, wire.CountOff, counted[0].header.Outcome)
	for _, e := range append(missing, counted...) {
		require.Equal(t, supervisor.ID, e.body.By)
		require.Equal(t, agent.ID, e.body.Second)
	}

	defective := cards[7].Reference
	card, err := w.desk.Shelve(t.Context(), agent, handover.ShelveInput{Reference: string(defective), Defective: true})
	require.NoError(t, err)
	require.Equal(t, workflow.InProduction.String(), card.State)
	require.Len(t, w.said(wire.KindCardDefective), 1)
	_, err = w.desk.Shelve(t.Context(), agent, handover.ShelveInput{Reference: string(defective), Defective: true})
	require.NoError(t, err)
	require.Len(t, w.said(wire.KindCardDefective), 1, "said twice, once done")
	_, err = w.desk.Give(t.Context(), agent, collects(cards[7]))
	wantCode(t, web.CodeCardStopped, err)

	late := w.scan(id, cards[39].Serial)
	require.Equal(t, handover.FindingReceived, late.Finding, "found under the table after the count")
	require.Equal(t, workflow.Ready.String(), w.shelve(cards[39].Reference).State)
}

// TestPouchExact counts a bag with all of its cards and no other.
func TestPouchExact(t *testing.T) {
	w := newWorld(t)
	id, cards := w.opened(3)
	for _, c := range cards {
		w.scan(id, c.Serial)
	}
	for range 2 {
		v, err := w.desk.Reconcile(t.Context(), agent, handover.ReconcileInput{Pouch: string(id)})
		require.NoError(t, err)
		require.Equal(t, workflow.PouchReconciled.String(), v.State)
	}
	counted := w.said(wire.KindPouchReconciled)
	require.Len(t, counted, 1)
	require.Equal(t, wire.CountAgrees, counted[0].header.Outcome)
	require.Len(t, w.said(wire.KindPouchArrived), 1)
	opened := w.said(wire.KindPouchOpened)
	require.Equal(t, wire.SealWhole, opened[0].header.Outcome)
	require.Equal(t, wire.SerialDigest(sealNumber), *opened[0].header.Serial)
	_, err := w.desk.Open(t.Context(), agent, handover.OpenInput{Pouch: string(id), Second: supervisor, Seal: sealNumber})
	wantCode(t, web.CodePouchCounted, err)
}

func TestScan(t *testing.T) {
	w := newWorld(t)
	// Opened here, to be collected in Milan.
	elsewhere := w.kit.Release(64)
	elsewhere.Header.Pickup = "IT-MIL"
	_, err := w.journal.Append(t.Context(), elsewhere)
	require.NoError(t, err)
	id, cards := w.opened(5)
	second := label(t, "FR-LYO", 2)
	others := w.cards(2, 900)
	w.announces(second, 1, others)
	w.told(cards[4].Reference, workflow.Frozen)

	for _, tc := range []struct {
		name    string
		in      handover.ScanInput
		finding handover.Finding
		post    consular.PostID
		entry   wire.Kind
	}{
		{"OK", handover.ScanInput{Serial: " cn0000001 "}, handover.FindingReceived, "", wire.KindCardReceived},
		{"Again", handover.ScanInput{Serial: cards[0].Serial}, handover.FindingAgain, "", 0},
		{"Damaged", handover.ScanInput{Serial: cards[1].Serial, Damaged: true}, handover.FindingDamaged, "", wire.KindCardDamaged},
		{"DamagedAgain", handover.ScanInput{Serial: cards[1].Serial}, handover.FindingAgain, "", 0},
		{"Frozen", handover.ScanInput{Serial: cards[4].Serial}, handover.FindingStopped, "", wire.KindCardReceived},
		{"OtherPouch", handover.ScanInput{Serial: others[0].Serial}, handover.FindingElsewhere, "", 0},
		{
			"OtherPost",
			handover.ScanInput{Serial: "CN5550001", Reference: elsewhere.Header.Reference},
			handover.FindingOtherPost, "IT-MIL", 0,
		},
		{"Unknown", handover.ScanInput{Serial: "ZZ0000009"}, handover.FindingUnknown, "", 0},
		{"UnknownAgain", handover.ScanInput{Serial: "ZZ0000009"}, handover.FindingUnknown, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := w.entries()
			tc.in.Pouch = string(id)
			s, err := w.desk.Scan(t.Context(), agent, tc.in)
			require.NoError(t, err)
			require.Equal(t, tc.finding, s.Finding)
			require.Equal(t, tc.post, s.Post)
			after := w.entries()
			if tc.entry == 0 {
				require.Len(t, after, len(before))
				return
			}
			require.Len(t, after, len(before)+1)
			last := after[len(after)-1]
			require.Equal(t, tc.entry, last.header.Kind)
			require.Equal(t, id, last.header.Pouch.Label())
			require.Equal(t, []string{agent.ID, supervisor.ID}, []string{last.body.By, last.body.Second})
		})
	}
	v, err := w.desk.Reconcile(t.Context(), agent, handover.ReconcileInput{Pouch: string(id), Missing: 2})
	require.NoError(t, err)
	require.Equal(t, handover.Tally{Total: 5, Received: 2, Damaged: 1, Missing: 2, Extra: 3}, v.Tally)
	require.Equal(t, []string{"CN0000900", "CN5550001", "ZZ0000009"}, w.said(wire.KindPouchReconciled)[0].body.Extras)
}

func TestPouchRefusals(t *testing.T) {
	w := newWorld(t)
	id := label(t, "FR-LYO", 1)
	open := func(p, second access.Principal, seal string) error {
		_, err := w.desk.Open(t.Context(), p, handover.OpenInput{Pouch: string(id), Second: second, Seal: seal})
		return err
	}
	arrive := func(p access.Principal, id consular.PouchID) error {
		_, err := w.desk.Arrive(t.Context(), p, string(id))
		return err
	}
	wantCode(t, web.CodePouchUnknown, arrive(supervisor, id))
	wantCode(t, web.CodePouchOtherPost, arrive(supervisor, label(t, "IT-MIL", 1)))
	wantCode(t, "invalid", arrive(supervisor, "PFRLYO260000001?"))

	cards := w.cards(3, 1)
	part := wire.Manifest{Version: 1, Pouch: id, Revision: 1, Seal: sealNumber, Total: 3, Cards: cards[:2]}
	w.announcesPart(part)
	wantCode(t, "denied", arrive(agent, id))
	wantCode(t, web.CodeUnauthenticated, arrive(nobody, id))
	wantCode(t, web.CodePouchNotHere, open(agent, supervisor, sealNumber))
	require.NoError(t, arrive(supervisor, id))
	require.NoError(t, arrive(supervisor, id), "said again")
	wantCode(t, web.CodeManifestPart, open(agent, supervisor, sealNumber))
	_, err := w.desk.Scan(t.Context(), agent, handover.ScanInput{Pouch: string(id), Serial: cards[0].Serial})
	wantCode(t, web.CodePouchNotOpen, err)
	_, err = w.desk.Reconcile(t.Context(), agent, handover.ReconcileInput{Pouch: string(id)})
	wantCode(t, web.CodePouchNotOpen, err)
	part.Cards = cards[2:]
	w.announcesPart(part)

	for _, tc := range []struct {
		name          string
		first, second access.Principal
		code          web.Code
	}{
		{"ErrAlone", supervisor, nobody, web.CodeTwoPersons},
		{"ErrOneselfTwice", supervisor, supervisor, web.CodeTwoPersons},
		{"ErrNoSupervisor", agent, colleague, web.CodeTwoPersons},
		{"ErrOtherRole", supervisor, auditor, web.CodeTwoPersons},
		{"ErrRole", auditor, supervisor, "denied"},
	} {
		t.Run(tc.name, func(t *testing.T) { wantCode(t, tc.code, open(tc.first, tc.second, sealNumber)) })
	}
	wantCode(t, "invalid", open(agent, supervisor, "?"))
	require.Len(t, w.entries(), 1, "the arrival alone")

	require.NoError(t, open(agent, supervisor, "MA-000001"), "another seal is a broken one")
	opened := w.said(wire.KindPouchOpened)
	require.Len(t, opened, 1)
	require.Equal(t, wire.SealBroken, opened[0].header.Outcome)
	_, err = w.desk.Scan(t.Context(), colleague, handover.ScanInput{Pouch: string(id), Serial: cards[0].Serial})
	wantCode(t, web.CodeTwoPersons, err)
	require.NoError(t, open(colleague, supervisor, sealNumber), "others take the places")
	require.Len(t, w.said(wire.KindPouchOpened), 1)
	_, err = w.desk.Scan(t.Context(), colleague, handover.ScanInput{Pouch: string(id), Serial: cards[0].Serial})
	require.NoError(t, err)
	_, err = w.desk.Scan(t.Context(), colleague, handover.ScanInput{Pouch: string(id), Serial: "§"})
	wantCode(t, "invalid", err)
}

// TestManifestRevised: a manifest that was made anew replaces the first one, not
// what two persons have begun to count.
func TestManifestRevised(t *testing.T) {
	w := newWorld(t)
	id, cards := label(t, "FR-LYO", 1), w.cards(4, 1)
	w.announces(id, 2, cards[:3])
	w.announces(id, 1, cards[3:])
	w.announces(id, 2, cards[:3])
	v, err := w.desk.Pouch(t.Context(), agent, string(id))
	require.NoError(t, err)
	require.Equal(t, 3, v.Tally.Total)
	require.Equal(t, 3, v.Tally.Open)
	w.announces(id, 3, cards[1:])
	_, err = w.desk.Card(t.Context(), agent, string(cards[0].Reference))
	wantCode(t, web.CodeCardUnknown, err)
	_, err = w.desk.Arrive(t.Context(), supervisor, string(id))
	require.NoError(t, err)
	_, err = w.desk.Open(t.Context(), agent, handover.OpenInput{Pouch: string(id), Second: supervisor, Seal: sealNumber})
	require.NoError(t, err)
	w.announces(id, 4, cards[:1])
	list, err := w.desk.Pouches(t.Context(), agent)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.True(t, list[0].Complete)
	require.Equal(t, 3, list[0].Tally.Open)
}

// TestManifestUnreadable: what cannot be read does not keep the next waiting.
func TestManifestUnreadable(t *testing.T) {
	w := newWorld(t)
	w.hears(wire.Notice{Kind: wire.NoticePouch, Body: []byte("noise")})
	foreign := wire.Manifest{Version: 1, Pouch: label(t, "IT-MIL", 1), Revision: 1, Seal: "S1", Total: 1, Cards: w.cards(1, 5)}
	w.announcesPart(foreign)
	w.announces(label(t, "FR-LYO", 1), 1, w.cards(2, 1))
	list, err := w.desk.Pouches(t.Context(), agent)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Contains(t, w.log.String(), "manifest cannot be read")
}

// TestTransaction: an entry and the custody that it reports are one
// transaction, and a count that was cut off goes on.
func TestTransaction(t *testing.T) {
	w := newWorld(t)
	id, cards := w.opened(6)
	cut := fault.New(fault.Internal, "test", "cut off", nil)
	fail := func(at wire.Kind, after int) func(wire.Kind) error {
		return func(k wire.Kind) error {
			if k == at {
				if after--; after < 0 {
					return cut
				}
			}
			return nil
		}
	}
	w.desk.FailAt(fail(wire.KindCardReceived, 0))
	_, err := w.desk.Scan(t.Context(), agent, handover.ScanInput{Pouch: string(id), Serial: cards[0].Serial})
	require.ErrorIs(t, err, cut)
	require.Empty(t, w.said(wire.KindCardReceived))
	w.restart()
	require.Equal(t, handover.FindingReceived, w.scan(id, cards[0].Serial).Finding, "not even noted")

	w.desk.FailAt(fail(wire.KindCardMissing, 2))
	_, err = w.desk.Reconcile(t.Context(), agent, handover.ReconcileInput{Pouch: string(id), Missing: 5})
	require.ErrorIs(t, err, cut)
	require.Len(t, w.said(wire.KindCardMissing), 2)
	w.restart()
	v, err := w.desk.Reconcile(t.Context(), agent, handover.ReconcileInput{Pouch: string(id), Missing: 5})
	require.NoError(t, err)
	require.Equal(t, 5, v.Tally.Missing)
	require.Len(t, w.said(wire.KindCardMissing), 5, "each once")
	require.Len(t, w.said(wire.KindPouchReconciled), 1)

	w.shelve(cards[0].Reference)
	w.desk.FailAt(fail(wire.KindCardHandedOver, 0))
	_, err = w.desk.Give(t.Context(), agent, collects(cards[0]))
	require.ErrorIs(t, err, cut)
	w.restart()
	require.Equal(t, workflow.Ready.String(), w.card(cards[0].Reference).State)
	w.noIntake = true
	_, err = w.desk.Give(t.Context(), agent, collects(cards[0]))
	wantCode(t, web.CodeNoIntakeKey, err)
	w.noIntake = false
	require.False(t, w.give(cards[0]).Repeated)
	require.Len(t, w.said(wire.KindCardHandedOver), 1)
}
