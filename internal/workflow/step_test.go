package workflow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	. "jaliya/internal/workflow"
)

// walk applies inputs in turn; version and desk marks are filled in.
func walk(t *testing.T, c Case, inputs ...Input) Outcome {
	t.Helper()
	var out Outcome
	for _, in := range inputs {
		if in.Seen == 0 {
			in.Seen = c.Version
		}
		var err error
		out, err = Step(c, in)
		require.NoError(t, err)
		c = out.Case
	}
	return out
}

// enrolled is a case whose packet stands in the log.
func enrolled(t *testing.T) Case {
	t.Helper()
	return walk(t, Case{Kind: KindCNIE}, Input{
		Event: Committed, Actor: Node, Post: lyon, Pickup: milan, Service: consular.CNIERenewal,
	}).Case
}

// toPacked leads an enrolled case to the bag.
func toPacked() []Input {
	return []Input{
		{Event: ExaminedGood, Actor: Hub},
		{Event: VerificationPassed, Actor: Hub},
		{Event: RouteChosen, Actor: Hub, Site: 1},
		{Event: SiteAccepted, Actor: Production},
		{Event: CardProduced, Actor: Production, Serial: card},
		{Event: CardPacked, Actor: PouchOfficer, Pouch: bag},
	}
}

// toReady leads a packed case to the shelf in Milan.
func toReady() []Input {
	return []Input{
		{Event: PouchLeft, Actor: System, Pouch: bag},
		{Event: CardReceived, Actor: Supervisor, Post: milan, Serial: card, TwoPersons: true},
		{Event: CardShelved, Actor: Agent, Post: milan},
	}
}

func TestDeskToHand(t *testing.T) {
	c := Case{Kind: KindCNIE}
	for _, in := range []Input{
		{Event: Started, Actor: Agent, Post: lyon, Pickup: milan, Service: consular.CNIEFirst},
		{Event: Arrived, Actor: Agent},
		{Event: FeePaid, Actor: Agent},
		{Event: CaptureBegun, Actor: Agent},
		{Event: CaptureDone, Actor: Agent},
		{Event: CaseReleased, Actor: Supervisor, TwoPersons: true},
		{Event: Committed, Actor: Node, Post: lyon, Service: consular.CNIEFirst},
	} {
		in.Desk = true
		c = walk(t, c, in).Case
	}
	require.Equal(t, Replicated, c.State)
	require.Equal(t, milan, c.Pickup)

	c = walk(t, enrolled(t), toPacked()...).Case
	out := walk(t, c, toReady()...)
	require.Equal(t, StatusReady, out.Status)
	require.Equal(t, LegalPaused, out.Case.Legal)
	out = walk(t, out.Case, Input{Event: CardHandedOver, Actor: Agent, Post: milan, Serial: card})
	require.Equal(t, HandedOver, out.Case.State)
	require.Equal(t, []Tell{{NoticeClosed, lyon}, {NoticeClosed, milan}}, out.Tells)
	require.Equal(t, uint64(11), out.Case.Version)
}

func TestRefusals(t *testing.T) {
	base := enrolled(t)
	verifying := walk(t, base, toPacked()[:1]...).Case
	ready := walk(t, walk(t, base, toPacked()...).Case, toReady()...).Case
	asked := walk(t, verifying, Input{Event: SupplementAsked, Actor: Verifier, Reason: 1}, Input{Event: Committed, Actor: Node, Post: milan}, toPacked()[0]).Case

	tests := []struct {
		name string
		c    Case
		in   Input
		kind fault.Kind
		text string
	}{
		{"ErrNodeApproves", verifying, Input{Event: VerificationPassed, Actor: Node, Post: lyon}, fault.Denied, "VERIFYING on verification-passed"},
		{"ErrPostRefuses", verifying, Input{Event: Refused, Actor: Supervisor, Post: lyon, Reason: 1}, fault.Denied, "may not say"},
		{"ErrNotHere", base, Input{Event: VerificationPassed, Actor: Hub, Seen: 1}, fault.Conflict, "REPLICATED on verification-passed"},
		{"ErrNoVersion", verifying, Input{Event: VerificationPassed, Actor: Hub}, fault.Invalid, "version"},
		{"ErrStale", verifying, Input{Event: VerificationPassed, Actor: Hub, Seen: 1}, fault.Conflict, "moved on"},
		{"ErrAhead", verifying, Input{Event: VerificationPassed, Actor: Hub, Seen: 99}, fault.Conflict, "does not exist yet"},
		{"ErrTwoActors", verifying, Input{Event: VerificationPassed, Actor: Hub | Verifier, Seen: 2}, fault.Invalid, "one party"},
		{"ErrNobody", verifying, Input{Event: VerificationPassed, Seen: 2}, fault.Invalid, "one party"},
		{"ErrAmendedElsewhere", verifying, Input{Event: Amended, Actor: Node, Post: milan}, fault.Denied, "serving post"},
		{"ErrSecondSupplement", asked, Input{Event: SupplementAsked, Actor: Verifier, Reason: 1, Seen: asked.Version}, fault.Conflict, "first supplement"},
		{"ErrHandOverElsewhere", ready, Input{Event: CardHandedOver, Actor: Agent, Post: lyon, Serial: card}, fault.Denied, "holding post"},
		{"ErrOtherCard", ready, Input{Event: CardHandedOver, Actor: Agent, Post: milan, Serial: other}, fault.Conflict, "same serial"},
		{"ErrWithdrawnLate", ready, Input{Event: Withdrawn, Actor: Citizen}, fault.Conflict, "not allowed"},
		{"ErrDraftAtHub", Case{Kind: KindCNIE}, Input{Event: Started, Actor: Agent, Post: lyon}, fault.Denied, "only a desk"},
		{"ErrNoReason", verifying, Input{Event: RecaptureAsked, Actor: Verifier, Seen: 2}, fault.Invalid, "reason given"},
		{"ErrUnknownKind", Case{Kind: 99}, Input{Event: Committed, Actor: Node}, fault.Unsupported, "no machine"},
		{"ErrUnknownState", Case{Kind: KindCNIE, State: PouchOpen}, Input{Event: Committed, Actor: Node}, fault.Unsupported, "no machine"},
		{"ErrLastVersion", Case{Kind: KindCNIE, Version: ^uint64(0)}, Input{Event: Committed, Actor: Node, Post: lyon}, fault.Conflict, "at its end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := Step(tt.c, tt.in)
			require.ErrorContains(t, err, tt.text)
			require.Equal(t, tt.kind, fault.KindOf(err), err)
			require.Zero(t, out)
			require.Error(t, Check(tt.c, tt.in))
		})
	}
}

func TestDecisions(t *testing.T) {
	t.Run("ApprovalOfReplacedPacketRefused", func(t *testing.T) {
		seen := walk(t, enrolled(t), toPacked()[0]).Case
		now := walk(t, seen, Input{Event: Amended, Actor: Node, Post: lyon}, toPacked()[0]).Case
		require.Equal(t, Verifying, now.State)
		require.Equal(t, uint8(2), now.Packets)
		_, err := Step(now, Input{Event: VerificationPassed, Actor: Verifier, Seen: seen.Version})
		require.True(t, fault.Is(err, fault.Conflict))
	})
	t.Run("HarmlessChangeKeepsResult", func(t *testing.T) {
		seen := walk(t, enrolled(t), toPacked()[0]).Case
		now := walk(t, seen, Input{Event: PickupChanged, Actor: Citizen, Pickup: turin})
		require.False(t, now.Withdraw)
		out := walk(t, now.Case, Input{Event: VerificationPassed, Actor: Verifier, Seen: seen.Version})
		require.Equal(t, []Order{OrderRoute}, out.Orders)
		require.Equal(t, turin, out.Case.Pickup)
	})
	t.Run("JobAnswersUnderItsOrder", func(t *testing.T) {
		routed := walk(t, enrolled(t), toPacked()[:3]...).Case
		taken := walk(t, routed, toPacked()[3])
		require.False(t, taken.Withdraw)
		out := walk(t, taken.Case, Input{Event: CardProduced, Actor: Production, Serial: card, Seen: routed.Version})
		require.Equal(t, Produced, out.Case.State)
	})
	t.Run("SpoiltSerialRevoked", func(t *testing.T) {
		c := walk(t, enrolled(t), toPacked()[:4]...).Case
		out := walk(t, c, Input{Event: CardSpoilt, Actor: Production, Serial: other})
		require.Equal(t, other, out.Revoked)
		require.Equal(t, uint8(1), out.Case.Attempts)
	})
	t.Run("LostCardRemadeAndRevoked", func(t *testing.T) {
		c := walk(t, enrolled(t), toPacked()...).Case
		out := walk(
			t, c, toReady()[0], Input{Event: PouchTroubled, Actor: System, Pouch: bag},
			Input{Event: RemakeOrdered, Actor: Hub},
		)
		require.Equal(t, InProduction, out.Case.State)
		require.Equal(t, card, out.Revoked)
		require.Zero(t, out.Case.Serial)
		require.Equal(t, []Order{OrderRevoke, OrderProduce}, out.Orders)
	})
	t.Run("HoldAfterTwoChecks", func(t *testing.T) {
		c := walk(t, walk(t, enrolled(t), toPacked()...).Case, toReady()...).Case
		failed := Input{Event: CheckFailed, Actor: Agent, Post: milan}
		require.Equal(t, Ready, walk(t, c, failed).Case.State)
		require.Equal(t, Hold, walk(t, c, failed, failed).Case.State)
	})
	t.Run("OnwardWishWaitsForTheBag", func(t *testing.T) {
		c := walk(t, enrolled(t), toPacked()...).Case
		wish := Input{Event: PickupChanged, Actor: Citizen, Pickup: turin}
		ready := toReady()
		out := walk(t, c, ready[0], wish, ready[1], ready[2])
		require.Equal(t, Transfer, out.Case.State)
		require.Equal(t, turin, out.Case.Pickup)
		require.Equal(t, milan, out.Case.Holder)
	})
	t.Run("FreezeGoesBack", func(t *testing.T) {
		c := walk(t, walk(t, enrolled(t), toPacked()...).Case, toReady()...).Case
		out := walk(t, c, Input{Event: FreezeNotified, Actor: Hub, Reason: consular.RefusedDeceased})
		require.Equal(t, []Tell{{NoticeStop, milan}, {NoticeState, lyon}}, out.Tells)
		out = walk(t, out.Case, Input{Event: FreezeLifted, Actor: Hub})
		require.Equal(t, Ready, out.Case.State)
		require.Zero(t, out.Case.Before)
	})
	t.Run("SupplementPausesLegalClock", func(t *testing.T) {
		c := walk(t, enrolled(t), toPacked()[0]).Case
		out := walk(t, c, Input{Event: SupplementAsked, Actor: Verifier, Reason: 1})
		require.Equal(t, LegalPaused, out.Case.Legal)
		out = walk(t, out.Case, Input{Event: Committed, Actor: Node, Post: turin})
		require.Equal(t, LegalRunning, out.Case.Legal)
		require.Equal(t, turin, out.Case.Serving)
		require.Equal(t, milan, out.Case.Pickup)
		require.Contains(t, out.Timers, Timer{Op: TimerResume, Limit: Limit{Clock: ClockLegal, Amount: 60, Unit: Days}})
	})
	t.Run("SuspicionLooksLikeVerification", func(t *testing.T) {
		c := walk(t, enrolled(t), toPacked()[0])
		out := walk(t, c.Case, Input{Event: Suspected, Actor: Hub})
		require.Equal(t, c.Status, out.Status)
		require.Empty(t, out.Tells)
	})
}

func TestPouch(t *testing.T) {
	send := []Input{
		{Event: PouchStarted, Actor: PouchOfficer, Pickup: milan, Pouch: bag},
		{Event: ItemAdded, Actor: PouchOfficer},
		{Event: ItemAdded, Actor: PouchOfficer},
		{Event: ManifestSigned, Actor: PouchOfficer},
		{Event: BagSealed, Actor: PouchOfficer, Serial: card},
		{Event: BagGivenToCourier, Actor: PouchOfficer},
		{Event: BagLeft, Actor: Courier},
	}
	out := walk(t, Case{Kind: KindPouch}, send...)
	require.Equal(t, PouchLeft, out.Each)
	arrived := walk(t, out.Case, Input{Event: BagArrived, Actor: Supervisor, Post: milan}).Case
	opened := Input{Event: BagOpened, Actor: Supervisor, Post: milan, Serial: card, TwoPersons: true}

	t.Run("Reconciled", func(t *testing.T) {
		c := walk(t, arrived, opened, Input{Event: BagCounted, Actor: Supervisor, Post: milan, Count: 2, TwoPersons: true}).Case
		require.Equal(t, PouchReconciled, c.State)
	})
	t.Run("ErrOneMissing", func(t *testing.T) {
		c := walk(t, arrived, opened).Case
		_, err := Step(c, Input{Event: BagCounted, Actor: Supervisor, Post: milan, Count: 1, TwoPersons: true})
		require.True(t, fault.Is(err, fault.Conflict))
	})
	t.Run("ErrOtherSeal", func(t *testing.T) {
		wrong := opened
		wrong.Serial = other
		_, err := Step(arrived, wrong)
		require.True(t, fault.Is(err, fault.Conflict))
	})
	t.Run("ErrAlone", func(t *testing.T) {
		alone := opened
		alone.TwoPersons = false
		_, err := Step(arrived, alone)
		require.True(t, fault.Is(err, fault.Denied))
	})
	t.Run("LostTroublesEachCard", func(t *testing.T) {
		lost := walk(t, out.Case, Input{Event: BagDeclaredLost, Actor: Hub})
		require.Equal(t, PouchTroubled, lost.Each)
	})
}
