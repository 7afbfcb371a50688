package handover_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/handover"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// tellsLate tells a machine that took another's place of a bag that came before
// it, and where its cards stand.
func (w *world) tellsLate(state workflow.State, cards []wire.ManifestCard, stand ...workflow.State) string {
	w.tb.Helper()
	id := label(w.tb, "FR-LYO", 1)
	w.announcesIn(wire.Manifest{
		Version: 1, Pouch: id, Revision: 9, Seal: sealNumber, Total: uint16(len(cards)), Cards: cards,
	}, state)
	for i, s := range stand {
		w.told(cards[i].Reference, s)
	}
	return string(id)
}

// TestLateBag is told of bags at every stage, and goes on with them.
func TestLateBag(t *testing.T) {
	t.Run("OK/UnderWay", func(t *testing.T) {
		w := newWorld(t)
		cards := w.cards(1, 1)
		id := w.tellsLate(workflow.PouchInTransit, cards, workflow.InTransit)
		bag, err := w.desk.Pouch(t.Context(), agent, id)
		require.NoError(t, err)
		require.Equal(t, workflow.PouchInTransit.String(), bag.State)
		require.Zero(t, bag.Arrived)
		_, err = w.desk.Arrive(t.Context(), supervisor, id)
		require.NoError(t, err)
		_, err = w.desk.Open(t.Context(), agent, handover.OpenInput{Pouch: id, Second: supervisor, Seal: sealNumber})
		require.NoError(t, err)
		require.False(t, w.card(cards[0].Reference).Held)
		require.Equal(t, handover.FindingReceived, w.scan(label(t, "FR-LYO", 1), cards[0].Serial).Finding)
	})
	t.Run("OK/InTheMiddleOfTheCount", func(t *testing.T) {
		w := newWorld(t)
		cards := w.cards(2, 1)
		id := w.tellsLate(workflow.PouchOpened, cards, workflow.Ready, workflow.InTransit)
		bag, err := w.desk.Pouch(t.Context(), agent, id)
		require.NoError(t, err)
		require.Empty(t, bag.OpenedBy, "whoever opened it stands in the entries of the machine before")
		require.Equal(t, handover.Tally{Total: 2, Received: 1, Open: 1}, bag.Tally)
		require.True(t, w.card(cards[0].Reference).Held)
		_, err = w.desk.Scan(t.Context(), agent, handover.ScanInput{Pouch: id, Serial: cards[1].Serial})
		require.Error(t, err, "two persons take their places at the table first")
		_, err = w.desk.Open(t.Context(), agent, handover.OpenInput{Pouch: id, Second: supervisor, Seal: sealNumber})
		require.NoError(t, err)
		require.Equal(t, handover.FindingAgain, w.scan(label(t, "FR-LYO", 1), cards[0].Serial).Finding)
		require.Equal(t, handover.FindingReceived, w.scan(label(t, "FR-LYO", 1), cards[1].Serial).Finding)
		bag, err = w.desk.Reconcile(t.Context(), agent, handover.ReconcileInput{Pouch: id})
		require.NoError(t, err)
		require.Equal(t, workflow.PouchReconciled.String(), bag.State)
		require.Len(t, w.said(wire.KindCardReceived), 1)
		w.give(cards[0])
	})
	t.Run("OK/OnTheShelf", func(t *testing.T) {
		w := newWorld(t)
		cards := w.cards(2, 1)
		id := w.tellsLate(workflow.PouchReconciled, cards, workflow.Ready, workflow.Frozen)
		bag, err := w.desk.Pouch(t.Context(), agent, id)
		require.NoError(t, err)
		require.NotZero(t, bag.Reconciled)
		found, err := w.desk.Find(t.Context(), agent, cards[0].Family.Arabic)
		require.NoError(t, err)
		require.Len(t, found.Cards, 1)
		require.True(t, found.Cards[0].Held)
		require.Empty(t, found.Cards[0].Safe, "the place was known to the machine before")
		_, err = w.desk.Shelve(t.Context(), agent, handover.ShelveInput{Reference: string(cards[0].Reference), Safe: "A", Box: "3"})
		require.NoError(t, err)
		require.Empty(t, w.said(wire.KindCardShelved), "it was on a shelf, and the hub knows")
		w.give(cards[0])
		require.True(t, w.card(cards[1].Reference).Held, "frozen, and it lies here")
		w.told(cards[1].Reference, workflow.Ready)
		w.give(cards[1])
	})
	t.Run("OK/GivenOutBefore", func(t *testing.T) {
		w := newWorld(t)
		cards := w.cards(1, 1)
		w.tellsLate(workflow.PouchOpened, cards, workflow.HandedOver)
		c := w.card(cards[0].Reference)
		require.False(t, c.Held)
		require.Zero(t, c.Family, "the post has no more use for the name")
	})
}
