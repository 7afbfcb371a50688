package workflow

// cnieDraft is what happens at the desk before the release (G.1 rows 1, 5-10).
// The desk alone walks these rows; the network meets the request at Committed.
func cnieDraft() []Transition {
	return []Transition{
		{From: None, On: Started, To: Draft, By: Agent, Needs: []Guard{PostGiven}, Does: []Effect{TakeServing, TakePickup, TakeService}},
		{From: Draft, On: Arrived, To: CheckedIn, By: Agent},
		{From: CheckedIn, On: TurnedAway, To: Draft, By: Agent},
		{From: CheckedIn, On: FeePaid, To: CheckedIn, By: Agent, Does: []Effect{TakePayment}},
		{From: CheckedIn, On: CaptureBegun, To: Capturing, By: Agent, Needs: []Guard{PaidOrWaived}},
		{From: Capturing, On: CaptureDone, To: Captured, By: Agent},
		{From: Captured, On: CaptureReopened, To: Capturing, By: Agent | Supervisor},
		{From: Captured, On: CaseReleased, To: Released, By: Supervisor, Needs: []Guard{TwoPeople}},
		{From: Capturing, On: SupplementAsked, To: Supplement, By: Agent, Needs: []Guard{FirstSupplement, ReasonGiven}, Does: []Effect{CountSupplement, TakeReason}, Orders: []Order{OrderNotify}},
		// The draft of a request that waits for a person goes on where it stood.
		{From: Supplement, On: Resumed, To: Capturing, By: Agent, Needs: []Guard{AtServing}},
		{From: Draft, On: Lapsed, To: Expired, By: System},
		{From: CheckedIn, On: Lapsed, To: Expired, By: System},
		{From: Capturing, On: Lapsed, To: Expired, By: System},
		{From: Captured, On: Lapsed, To: Expired, By: System},
	}
}

// cnieFiling is how a request comes into the network: filed on the portal,
// asked for a supplement at its first desk, or released (rows 2-4, 7, 11).
func cnieFiling() []Transition {
	rows := []Transition{
		{From: None, On: Submitted, To: PreRequested, By: Citizen, Does: []Effect{TakeService}},
		{From: PreRequested, On: SlotBooked, To: Booked, By: Citizen | Agent | Hub, Needs: []Guard{FewNoShows, PostGiven}, Does: []Effect{TakeServing}},
		{From: Booked, On: SlotReleased, To: PreRequested, By: Citizen | Agent | Hub},
		{From: Booked, On: NoShow, To: PreRequested, By: System | Agent, Does: []Effect{CountNoShow}},
		{From: PreRequested, On: Lapsed, To: Expired, By: System},
		{From: Supplement, On: Unanswered, To: Rejected, By: System, Does: []Effect{SayUnanswered}},
		// Asked by a desk, the person stands there; asked by the hub, the time
		// runs from the proof that the person knows.
		{From: SupplementUntold, On: NoticeDelivered, To: Supplement, By: Hub | System, Continues: true},
		{From: SupplementUntold, On: CallLogged, To: Supplement, By: Agent | Hub, Continues: true},
		{From: SupplementUntold, On: NoticeBounced, To: SupplementUntold, By: Hub | System, Orders: []Order{OrderCall}, Tells: []Notice{{NoticeAction, ToServing}}},
	}
	// The first and only supplement, asked by a desk before anything was
	// released: the network must know, or another desk could ask again.
	rows = append(rows, from([]State{None, PreRequested, Booked}, Transition{
		On: SupplementAsked, To: Supplement, By: Agent,
		Needs: []Guard{FirstSupplement, ReasonGiven, PostGiven},
		Does:  []Effect{CountSupplement, TakeReason, TakeServing, TakePickup, TakeService},

		Orders: []Order{OrderNotify},
	})...)
	// A post may continue what another began: any post serves any Moroccan.
	rows = append(rows, from([]State{None, Released, PreRequested, Booked, Supplement, SupplementUntold, Recapture, Returned}, Transition{
		On: Committed, To: Replicated, By: Node, Needs: []Guard{PostGiven},
		Does: []Effect{TakeServing, TakePickup, TakeService, CountPacket, DropReason},
	})...)
	return append(rows,
		// Until verification has decided, the post that released may replace.
		Transition{From: Replicated, On: Amended, To: Replicated, Restart: true, By: Node, Needs: []Guard{AtServing}, Does: []Effect{TakePickup, CountPacket}},
		Transition{From: Verifying, On: Amended, To: Replicated, By: Node, Needs: []Guard{AtServing}, Does: []Effect{TakePickup, CountPacket}},
		// The hub sent the packet back while the better one was under way.
		Transition{From: Supplement, On: Amended, To: Replicated, By: Node, Needs: []Guard{AtServing}, Does: []Effect{TakePickup, CountPacket, DropReason}},
		Transition{From: SupplementUntold, On: Amended, To: Replicated, By: Node, Needs: []Guard{AtServing}, Does: []Effect{TakePickup, CountPacket, DropReason}},
		Transition{From: Recapture, On: Amended, To: Replicated, By: Node, Needs: []Guard{AtServing}, Does: []Effect{TakePickup, CountPacket, DropReason}},
		Transition{From: Returned, On: Amended, To: Replicated, By: Node, Needs: []Guard{AtServing}, Does: []Effect{TakePickup, CountPacket, DropReason}},
	)
}

// cnieVerification is the hub's check (rows 12-16).
func cnieVerification() []Transition {
	asked := []Guard{ReasonGiven}
	return []Transition{
		{From: Replicated, On: ExaminedGood, To: Verifying, By: Hub},
		{From: Replicated, On: ExaminedBad, To: Returned, By: Hub, Needs: asked, Does: []Effect{TakeReason, CountReturn}},
		{From: Verifying, On: VerificationPassed, To: Approved, By: Verifier | Hub},
		{From: Verifying, On: CorrectionAsked, To: Returned, By: Verifier, Needs: asked, Does: []Effect{TakeReason, CountReturn}},
		{From: Verifying, On: RecaptureAsked, To: Recapture, By: Verifier, Needs: asked, Does: []Effect{TakeReason, CountRecapture}},
		{From: Verifying, On: SupplementAsked, To: SupplementUntold, By: Verifier, Needs: []Guard{FirstSupplement, ReasonGiven}, Does: []Effect{TakeReason, CountSupplement}},
		{From: Verifying, On: Suspected, To: Adjudication, By: Verifier | Hub, Does: []Effect{TakeReason}},
		{From: Adjudication, On: Cleared, To: Verifying, If: HasPacket, By: Adjudicator, Does: []Effect{DropReason}},
		// An appeal against the refusal of a request that was never captured.
		{From: Adjudication, On: Cleared, To: PreRequested, By: Adjudicator, Does: []Effect{DropReason}},
		{From: Adjudication, On: Merged, To: Canceled, By: Adjudicator, Does: []Effect{SayDuplicate}},
	}
}

// cnieProduction is the way through a card center (rows 16-18).
func cnieProduction() []Transition {
	return []Transition{
		{From: Approved, On: RouteChosen, To: Routed, By: Hub, Needs: []Guard{SiteGiven}, Does: []Effect{TakeSite}},
		{From: Routed, On: SiteAccepted, To: InProduction, Continues: true, By: Production},
		// A remake is accepted where it stands; a site may also answer twice.
		{From: InProduction, On: SiteAccepted, To: InProduction, By: Production},
		{From: Routed, On: SiteRefused, To: Approved, By: Production, Does: []Effect{TakeReason}},
		{From: Routed, On: SiteClosed, To: Approved, By: Hub, Orders: []Order{OrderCancelJob}},
		{From: InProduction, On: SiteRefused, To: Approved, By: Production, Does: []Effect{TakeReason}},
		{From: InProduction, On: SiteClosed, To: Approved, By: Hub, Orders: []Order{OrderCancelJob}},
		{From: InProduction, On: CardProduced, To: Produced, By: Production, Needs: []Guard{SerialGiven}, Does: []Effect{TakeSerial}},
		// The site tries again by itself: its job and its limit go on.
		{From: InProduction, On: CardSpoilt, To: InProduction, By: Production, Needs: []Guard{SerialGiven}, Does: []Effect{CountAttempt}, Orders: []Order{OrderRevoke}},
	}
}

// cniePouch is the way to the pickup post (rows 19-23).
func cniePouch() []Transition {
	arrives := []Guard{AtPickup, TwoPeople, SameSerial}
	rows := []Transition{
		{From: Produced, On: CardPacked, To: Packed, By: PouchOfficer, Needs: []Guard{PouchGiven}, Does: []Effect{TakePouch}},
		{From: Packed, On: CardUnpacked, To: Produced, By: PouchOfficer, Does: []Effect{DropPouch}},
		{From: Packed, On: PouchLeft, To: InTransit, By: System | PouchOfficer, Needs: []Guard{SamePouch}},
		// A bag may be lost before the courier's word that it left.
		{From: Packed, On: PouchTroubled, To: PouchIncident, By: System | PouchOfficer | Hub},
		{From: InTransit, On: PouchTroubled, To: PouchIncident, By: System | PouchOfficer | Hub},
		{From: PouchIncident, On: PouchResumed, To: InTransit, By: Hub | System},
		{From: PouchIncident, On: CardTakenBack, To: Produced, By: Hub, Does: []Effect{DropPouch}},
		{From: Received, On: CardShelved, To: Transfer, If: HasOnward, By: Agent, Needs: []Guard{AtHolder}, Does: []Effect{UseOnward}},
		{From: Received, On: CardShelved, To: Ready, By: Agent, Needs: []Guard{AtHolder}},
	}
	// The courier's word may come after the bag: a post never waits for it.
	rows = append(rows, from([]State{Packed, InTransit, PouchIncident, Discrepancy}, Transition{
		On: CardReceived, To: Received, By: Supervisor, Needs: arrives, Does: []Effect{TakeHolder, DropPouch},
	})...)
	rows = append(rows, from([]State{Packed, InTransit, PouchIncident}, Transition{
		On: CardMissing, To: Discrepancy, By: Supervisor, Needs: []Guard{AtPickup, TwoPeople},
		Orders: []Order{OrderReport},
	})...)
	rows = append(rows, from([]State{Packed, InTransit, PouchIncident}, Transition{
		On: CardDamaged, To: Discrepancy, By: Supervisor, Needs: []Guard{AtPickup, TwoPeople},
		Does: []Effect{TakeHolder},
	})...)
	remake := Transition{
		To: InProduction, Does: []Effect{CountAttempt, DropSerial, DropPouch, DropHolder, DropChecks},
		Orders: []Order{OrderRevoke, OrderProduce},
	}
	lost, defect := remake, remake
	lost.On, lost.By = RemakeOrdered, Hub
	defect.On, defect.By, defect.Needs = CardDefective, Agent|Supervisor, []Guard{AtHolder, SameSerial}
	rows = append(rows, from([]State{PouchIncident, Discrepancy}, lost)...)
	return append(rows, from([]State{Received, Ready}, defect)...)
}
