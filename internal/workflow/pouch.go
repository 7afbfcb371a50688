package workflow

// pouchStates are the states of G.3. A pouch has no public status: the people
// whose documents it carries read that of their own case.
func pouchStates() []StateRow {
	told := []Notice{{NoticeState, ToServing}, {NoticeState, ToPickup}}
	inquiry := []Limit{stage(5, WorkingDays, HubCalendar)}
	return []StateRow{
		{State: None},
		{State: PouchOpen, Limits: []Limit{stage(5, WorkingDays, HubCalendar)}},
		// The manifest is at the destination before the bag can be.
		{State: PouchManifested, Orders: []Order{OrderManifest}, Limits: []Limit{stage(1, WorkingDays, HubCalendar)}},
		{State: PouchClosed, Tells: []Notice{{NoticeIncoming, ToPickup}}, Limits: []Limit{stage(1, WorkingDays, HubCalendar)}},
		{State: PouchWithCourier, Tells: []Notice{{NoticeState, ToPickup}}, Limits: []Limit{stage(2, WorkingDays, HubCalendar)}},
		{State: PouchInTransit, Tells: told, Limits: []Limit{{Clock: ClockTransit, Amount: 15, Unit: Days, Fires: BagLate}}},
		{State: PouchArrived, Tells: told, Limits: []Limit{stage(1, WorkingDays, PickupCalendar)}},
		{State: PouchOpened, Tells: told, Limits: []Limit{stage(1, WorkingDays, HolderCalendar)}},
		{State: PouchReconciled, Final: true, Tells: []Notice{{NoticeClosed, ToServing}, {NoticeClosed, ToHolder}}},
		{State: PouchDelayed, Orders: []Order{OrderTrace}, Tells: told, Limits: []Limit{stage(10, Days, NoCalendar)}},
		{State: PouchSealBroken, Orders: []Order{OrderReport}, Tells: told, Limits: []Limit{stage(1, WorkingDays, PickupCalendar)}},
		{State: PouchReturnedByHost, Orders: []Order{OrderReport}, Tells: told, Limits: inquiry},
		{State: PouchLost, Final: true, Orders: []Order{OrderReport}, Tells: told},
		{State: PouchDiscrepancy, Orders: []Order{OrderReport}, Tells: told, Limits: inquiry},
	}
}

// packers may fill and close a pouch: the ministry's desk outward, a post's
// supervisor for the reverse pouch.
const packers = PouchOfficer | Supervisor

// pouchSending is the way out of the sender's hands. The sender of a reverse
// pouch is a post; of any other, the ministry, whose post is empty.
func pouchSending() []Transition {
	sender := []Guard{AtOrigin}
	return []Transition{
		{From: None, On: PouchStarted, To: PouchOpen, By: packers, Needs: []Guard{PouchGiven}, Does: []Effect{TakeServing, TakeNewPickup, TakePouch}},
		{From: PouchOpen, On: ItemAdded, To: PouchOpen, By: packers | System, Needs: sender, Does: []Effect{CountItemIn}},
		{From: PouchOpen, On: ItemRemoved, To: PouchOpen, By: packers | System, Needs: []Guard{AtOrigin, HasItems}, Does: []Effect{CountItemOut}},
		{From: PouchOpen, On: ManifestSigned, To: PouchManifested, By: packers, Needs: []Guard{AtOrigin, HasItems}},
		{From: PouchManifested, On: ManifestReopened, To: PouchOpen, By: packers, Needs: sender},
		{From: PouchManifested, On: BagSealed, To: PouchClosed, By: packers, Needs: []Guard{AtOrigin, SerialGiven}, Does: []Effect{TakeSerial}},
		// A seal is single: whoever breaks it starts again from the manifest.
		{From: PouchClosed, On: ManifestReopened, To: PouchOpen, By: packers, Needs: []Guard{AtOrigin, TwoPeople}, Does: []Effect{DropSerial}},
		{From: PouchClosed, On: BagGivenToCourier, To: PouchWithCourier, By: packers, Needs: sender},
		{From: PouchWithCourier, On: BagLeft, To: PouchInTransit, By: packers | Courier | System, Each: PouchLeft},
	}
}

// pouchReceiving is the opening by two persons and the count.
func pouchReceiving() []Transition {
	opened := []Guard{AtDestination, TwoPeople}
	rows := []Transition{
		{From: PouchArrived, On: SealFoundBroken, To: PouchSealBroken, By: packers, Needs: opened},
		{From: PouchArrived, On: BagOpened, To: PouchOpened, By: packers, Needs: []Guard{AtDestination, TwoPeople, SameSerial}, Does: []Effect{TakeHolder}},
		{From: PouchSealBroken, On: BagOpened, To: PouchOpened, By: packers, Needs: opened, Does: []Effect{TakeHolder}},
		{From: PouchOpened, On: BagCounted, To: PouchReconciled, By: packers, Needs: []Guard{AtHolderOrHome, TwoPeople, SameCount}},
		{From: PouchOpened, On: CountDiffers, To: PouchDiscrepancy, By: packers, Needs: []Guard{AtHolderOrHome, TwoPeople}},
		{From: PouchDiscrepancy, On: DiscrepancySettled, To: PouchReconciled, By: Hub},
	}
	// The courier's word may come after the bag.
	return append(rows, from([]State{PouchClosed, PouchWithCourier, PouchInTransit, PouchDelayed}, Transition{
		On: BagArrived, To: PouchArrived, By: packers, Needs: []Guard{AtDestination},
	})...)
}

// pouchTrouble is what may befall a bag under way (G.3 branches).
func pouchTrouble() []Transition {
	under := []State{PouchInTransit, PouchDelayed}
	rows := []Transition{
		{From: PouchInTransit, On: BagLate, To: PouchDelayed, By: System},
		{From: PouchReturnedByHost, On: BagOpenedAtHome, To: PouchOpened, By: packers, Needs: []Guard{AtOrigin, TwoPeople}, Does: []Effect{TakeHolder}},
		// Found after it was given up: its contents are revoked, its seal is not
		// believed, so it is opened and counted as a suspect bag.
		{From: PouchLost, On: BagFound, To: PouchSealBroken, By: Hub | Courier | packers},
	}
	rows = append(rows, from(under, Transition{
		On: BagRefusedByHost, To: PouchReturnedByHost, By: PouchOfficer | Courier, Each: PouchTroubled,
	})...)
	return append(rows, from([]State{PouchWithCourier, PouchInTransit, PouchDelayed, PouchReturnedByHost}, Transition{
		On: BagDeclaredLost, To: PouchLost, By: Hub, Each: PouchTroubled,
	})...)
}
