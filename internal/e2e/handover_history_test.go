package e2e

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/handover"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// history lets a post and a hub do what they like with the cards of one bag,
// each without asking the other, with the link there at times.
type history struct {
	*custody
	random *rand.Rand
	cards  []wire.ManifestCard
	label  consular.PouchID
}

func (h *history) any() wire.ManifestCard { return h.cards[h.random.IntN(len(h.cards))] }

// post does something at the desk. A refusal is an answer; anything else is not.
func (h *history) post() {
	h.tb.Helper()
	ctx, card := h.tb.Context(), h.any()
	var err error
	switch h.random.IntN(9) {
	case 0, 1, 2:
		_, err = h.desk.Scan(ctx, counterAgent, handover.ScanInput{
			Pouch: string(h.label), Serial: card.Serial, Damaged: h.random.IntN(6) == 0,
		})
	case 3, 4:
		_, err = h.desk.Shelve(ctx, counterAgent, handover.ShelveInput{
			Reference: string(card.Reference), Safe: "A", Box: strconv.Itoa(h.random.IntN(3)), Defective: h.random.IntN(8) == 0,
		})
	case 5:
		_, err = h.desk.Check(ctx, counterAgent, handover.CheckInput{
			Attempt: wire.NewRecordID(), Reference: string(card.Reference), Failed: wire.FailedFace,
		})
	case 6, 7:
		_, err = h.desk.Give(ctx, counterAgent, handover.GiveInput{
			Reference: string(card.Reference), Serial: card.Serial, Receiver: wire.ReceiverPerson, Document: wire.ShownPassport,
			Face: true, Print: wire.PrintMatched, OldCard: wire.OldCardNone, Second: secondPerson,
		})
	case 8:
		bag, e := h.desk.Pouch(ctx, counterAgent, string(h.label))
		require.NoError(h.tb, e)
		if h.random.IntN(4) == 0 {
			_, err = h.desk.Reconcile(ctx, secondPerson, handover.ReconcileInput{
				Pouch: string(h.label), Missing: bag.Tally.Open + bag.Tally.Missing,
			})
		}
	}
	if err != nil {
		require.Contains(h.tb, []fault.Kind{fault.Conflict, fault.Denied}, fault.KindOf(err), err)
	}
}

// hub decides something about a card, when its table allows it.
func (h *history) hub() {
	h.tb.Helper()
	card := h.any()
	d := ledger.Decide{
		Time: h.now, Reference: card.Reference.Digits(), Actor: uint16(workflow.Hub), Seen: h.caseOf(card).Flow.Version,
	}
	switch h.random.IntN(4) {
	case 0:
		d.Event, d.Reason = uint8(workflow.FreezeNotified), uint16(consular.RefusedFraud)
	case 1:
		d.Event = uint8(workflow.FreezeLifted)
	case 2:
		d.Event = uint8(workflow.HoldLifted)
	case 3:
		d.Event, d.Actor = uint8(workflow.ReminderDue), uint16(workflow.System)
	}
	raw, err := ledger.Encode(d)
	require.NoError(h.tb, err)
	h.index++
	require.NoError(h.tb, h.store.Update(func(w kv.Writer) error {
		_, err := ledger.Apply(w, h.index, 1, raw) // refused when it does not fit
		return err
	}))
}

// agrees wants post and hub to say the same of every card, once all was heard;
// where the hub refused an entry, the post shows that.
func (h *history) agrees() {
	h.tb.Helper()
	// A freeze is lifted from a discrepancy without a word to the holding post,
	// and what becomes of a card that is made anew it hears by the next manifest.
	untold := map[string]bool{"DISCREPANCY": true, "IN_PRODUCTION": true}
	for i, card := range h.cards {
		local, hub := h.card(card), h.state(card)
		switch {
		case local.State == hub, local.Refused != 0, local.State == "FROZEN" && untold[hub], local.State == "IN_PRODUCTION":
		default:
			require.Equal(h.tb, hub, local.State, "card %d", i)
		}
	}
	var report ledger.Report
	require.NoError(h.tb, h.store.View(func(r kv.Reader) error {
		report = ledger.Audit(r)
		return nil
	}))
	require.NoError(h.tb, report.Err())
	_, err := h.journal.Check(h.kit.Keys())
	require.NoError(h.tb, err)
}

// TestHandoverHistories: whatever happens in which order, a post that was alone
// ends with what the hub ends with; and while the hub decides nothing, nothing
// that the post allowed is refused.
func TestHandoverHistories(t *testing.T) {
	seeds := uint64(24)
	if testing.Short() {
		seeds = 4
	}
	for seed := range seeds {
		for name, share := range map[string]int{"HubSilent": 0, "HubDecides": 4} {
			t.Run(name+"/"+strconv.FormatUint(seed, 10), func(t *testing.T) {
				h := &history{custody: newCustody(t), random: rand.New(rand.NewPCG(seed, 1))}
				h.cards = h.enrol(5)
				h.label = h.bag(h.cards)
				h.sync()
				h.open(h.label)
				for range 60 {
					switch n := h.random.IntN(20); {
					case n < share:
						h.hub()
					case n == 19:
						h.sync()
					default:
						h.post()
					}
				}
				h.sync()
				h.sync()
				h.agrees()
				if share == 0 {
					require.Empty(t, h.refused)
				}
			})
		}
	}
}
