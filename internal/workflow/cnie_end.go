package workflow

// Sets of states that share rows.
var (
	cnieDrafts        = []State{Draft, CheckedIn, Capturing, Captured, Released}
	cnieBeforeRouting = []State{
		Supplement, SupplementUntold, PreRequested, Booked, Replicated, Verifying, Recapture, Returned, Adjudication, Approved,
	}
	cnieAtSite   = []State{Routed, InProduction}
	cnieWithCard = []State{
		Produced, Packed, InTransit, PouchIncident, Received, Discrepancy, Ready, Hold, Transfer,
		Unclaimed, SentBack,
	}
)

// cnieCollection is the card on the shelf (rows 24-26).
func cnieCollection() []Transition {
	here := []Guard{AtHolder}
	shown := []Notice{{NoticeState, ToServing}} // the date and place said to the person are another
	// Whoever asked, the person hears of it: a change that they did not ask for
	// shows itself, in every state alike.
	told := []Order{OrderNotify}
	rows := []Transition{
		// Row 21: the packet is kept for a remake until the citizen was told.
		{From: Ready, On: NoticeDelivered, To: Ready, By: Hub | System, Orders: []Order{OrderClose}},
		{From: Ready, On: NoticeBounced, To: Ready, By: Hub | System, Orders: []Order{OrderCall}, Tells: []Notice{{NoticeAction, ToHolder}}},
		{From: Ready, On: ReminderDue, To: Ready, By: System, Does: []Effect{CountReminder}, Orders: []Order{OrderNotify}},
		{From: Ready, On: CardHandedOver, To: HandedOver, By: Agent, Needs: []Guard{AtHolder, SameSerial}},
		{From: Ready, On: CheckFailed, To: Ready, If: FirstCheck, By: Agent | Supervisor, Needs: here, Does: []Effect{CountCheck}},
		{From: Ready, On: CheckFailed, To: Hold, By: Agent | Supervisor, Needs: here, Does: []Effect{CountCheck}},
		{From: Hold, On: HoldLifted, To: Ready, By: Hub, Does: []Effect{DropChecks}},
		{From: Ready, On: TransferAsked, To: Transfer, By: Citizen | Agent, Needs: []Guard{PickupGiven, OtherPickup}, Does: []Effect{TakeNewPickup}, Orders: told},
		// The citizen collects where the card still is.
		{From: Transfer, On: TransferWithdrawn, To: Ready, By: Agent, Needs: here, Does: []Effect{TakePickupHere}},
		{From: Transfer, On: TransferSent, To: InTransit, By: Supervisor, Needs: []Guard{AtHolder, PouchGiven}, Does: []Effect{TakePouch, DropHolder}, Tells: []Notice{{NoticeIncoming, ToPickup}}},
		{From: Packed, On: PickupChanged, To: Produced, By: Citizen | Agent, Needs: []Guard{PickupGiven, OtherPickup}, Does: []Effect{TakeNewPickup, DropPouch}, Orders: []Order{OrderUnpack, OrderNotify}, Tells: shown},
	}
	rows = append(rows, from([]State{
		Supplement, SupplementUntold, Replicated, Verifying, Recapture, Returned, Approved, Routed, InProduction, Produced,
	}, Transition{
		On: PickupChanged, By: Citizen | Agent, Needs: []Guard{PickupGiven, OtherPickup}, Does: []Effect{TakeNewPickup}, Orders: told, Tells: shown,
	})...)
	// No post is told in which state that happened.
	rows = append(rows, from([]State{Adjudication}, Transition{
		On: PickupChanged, By: Citizen | Agent, Needs: []Guard{PickupGiven, OtherPickup}, Does: []Effect{TakeNewPickup}, Orders: told,
	})...)
	// The bag cannot be turned: the wish waits for the card to arrive.
	return append(rows, from([]State{InTransit, PouchIncident, Received, Discrepancy}, Transition{
		On: PickupChanged, By: Citizen | Agent, Needs: []Guard{PickupGiven}, Does: []Effect{TakeOnward}, Orders: told, Tells: shown,
	})...)
}

// cnieUnclaimed is the end of a card nobody collects (row 27).
func cnieUnclaimed() []Transition {
	witnessed := []Guard{AtHolder, TwoPeople, SameSerial}
	return []Transition{
		{From: Ready, On: CollectByPassed, To: Unclaimed, By: System},
		{From: Unclaimed, On: Reclaimed, To: Ready, By: Agent, Needs: []Guard{AtHolder}, Does: []Effect{DropChecks}},
		{From: Unclaimed, On: UnclaimedSentBack, To: SentBack, By: Supervisor, Needs: []Guard{AtHolder, TwoPeople, PouchGiven}, Does: []Effect{TakePouch, DropHolder}},
		{From: Unclaimed, On: CardDestroyed, To: Destroyed, By: Supervisor, Needs: witnessed, Orders: []Order{OrderRevoke}},
		{From: SentBack, On: Reclaimed, To: Produced, By: Hub, Does: []Effect{DropPouch, DropChecks}},
		{From: SentBack, On: CardDestroyed, To: Destroyed, By: Production, Needs: []Guard{TwoPeople, SameSerial}, Orders: []Order{OrderRevoke}},
	}
}

// cnieWithdrawal lets the person withdraw until a site has the job (row 28).
func cnieWithdrawal() []Transition {
	said := []Effect{SayWithdrawn}
	rows := from(cnieDrafts, Transition{On: Withdrawn, To: Canceled, By: Agent, Does: said})
	return append(rows, from(cnieBeforeRouting, Transition{On: Withdrawn, To: Canceled, By: Citizen | Agent, Does: said})...)
}

// cnieRefusal is the refusal, never by a post, and its appeal (row 29).
func cnieRefusal() []Transition {
	refuse := Transition{
		On: Refused, To: Rejected, By: Hub, Needs: []Guard{ReasonGiven}, Does: []Effect{TakeReason},
	}
	decide, atSite, withCard := refuse, refuse, refuse
	decide.By = Hub | Verifier | Adjudicator
	atSite.Orders = []Order{OrderCancelJob}
	withCard.Orders, withCard.Tells = []Order{OrderRevoke}, stopCard()
	rows := from(cnieBeforeRouting, decide)
	rows = append(rows, from(cnieAtSite, atSite)...)
	rows = append(rows, from(cnieWithCard, withCard)...)
	frozen := withCard
	frozen.If = HasCard
	rows = append(rows, from([]State{Frozen}, frozen)...)
	rows = append(rows, from([]State{Frozen}, refuse)...)
	return append(rows,
		Transition{From: Rejected, On: Appealed, To: Adjudication, By: Citizen | Hub, Needs: []Guard{FirstAppeal}, Does: []Effect{CountAppeal, DropPouch}},
		// A revoked card that was under way still arrives and must be accounted for.
		Transition{From: Rejected, On: CardReceived, To: Rejected, By: Supervisor, Needs: []Guard{HasCard, AtPickup, TwoPeople, SameSerial}, Does: []Effect{TakeHolder, DropPouch}, Tells: []Notice{{NoticeStop, ToHolder}}},
		Transition{From: Rejected, On: CardDestroyed, To: Rejected, By: Supervisor | Production, Needs: []Guard{HasCard, TwoPeople, SameSerial}, Does: []Effect{DropSerial, DropHolder}},
	)
}

// stopCard tells whoever has the card, or expects it, not to hand it over.
func stopCard() []Notice { return []Notice{{NoticeStop, ToHolder}, {NoticeStop, ToPickup}} }

// cnieFreeze stops a request on a notice of death or loss of nationality (row
// 30). What a frozen case goes back to is where it stood, except that a job
// taken from a site is routed again and a card taken from a bag packed again.
func cnieFreeze() []Transition {
	freeze := Transition{On: FreezeNotified, To: Frozen, By: Hub, Needs: []Guard{ReasonGiven}, Does: []Effect{TakeReason, BackHere}}
	site, packed, held := freeze, freeze, freeze
	held.Tells = stopCard()
	site.Does, site.Orders = []Effect{TakeReason, BackToApproved}, []Order{OrderCancelJob}
	packed.Does, packed.Orders, packed.Tells = []Effect{TakeReason, BackToProduced, DropPouch}, []Order{OrderUnpack}, stopCard()
	rows := from(cnieBeforeRouting, freeze)
	rows = append(rows, from(cnieAtSite, site)...)
	rows = append(rows, from([]State{Packed}, packed)...)
	for _, s := range cnieWithCard {
		if s != Packed {
			rows = append(rows, from([]State{s}, held)...)
		}
	}
	return append(rows,
		Transition{From: Frozen, On: FreezeLifted, Back: true, By: Hub, Does: []Effect{DropReason}},
		Transition{From: Frozen, On: FreezeClosed, To: Destroyed, If: HasCard, By: Hub, Needs: []Guard{TwoPeople}, Orders: []Order{OrderRevoke}},
		Transition{From: Frozen, On: FreezeClosed, To: Canceled, By: Hub},
		// A bag does not stop for a freeze: what arrives is recorded.
		Transition{From: Frozen, On: CardReceived, To: Frozen, By: Supervisor, Needs: []Guard{HasCard, AtPickup, TwoPeople, SameSerial}, Does: []Effect{TakeHolder, DropPouch, BackToReceived}, Tells: []Notice{{NoticeStop, ToHolder}}},
		Transition{From: Frozen, On: CardMissing, To: Frozen, By: Supervisor, Needs: []Guard{HasCard, AtPickup, TwoPeople}, Does: []Effect{BackToDiscrepancy}, Orders: []Order{OrderReport}},
	)
}
