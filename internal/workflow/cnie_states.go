package workflow

// stage is the usual limit of a state: an alarm for whoever acts next.
func stage(amount uint16, unit Unit, calendar Calendar) Limit {
	return Limit{Clock: ClockStage, Amount: amount, Unit: unit, Calendar: calendar}
}

// abandoned ends what nobody came back to, after 90 days.
func abandoned() Limit {
	return Limit{Clock: ClockAbandoned, Amount: 90, Unit: Days, Fires: Lapsed}
}

// cnieStates are the states of G.1: public status, what entering one orders,
// whom it tells and by when somebody must act.
func cnieStates() []StateRow {
	return append(cnieEarlyStates(), append(cnieCardStates(), cnieEndStates()...)...)
}

func cnieEarlyStates() []StateRow {
	action := []Notice{{NoticeAction, ToServing}}
	shown := []Notice{{NoticeState, ToServing}}
	return []StateRow{
		{State: None},
		{State: Draft, Status: StatusDraft, Local: true, Limits: []Limit{abandoned()}},
		{State: CheckedIn, Status: StatusDraft, Local: true, Limits: []Limit{abandoned()}},
		{State: Capturing, Status: StatusDraft, Local: true, Limits: []Limit{abandoned()}},
		{State: Captured, Status: StatusDraft, Local: true, Limits: []Limit{abandoned()}},
		{State: Released, Status: StatusEnrolled, Local: true, Limits: []Limit{
			{Clock: ClockUnsent, Amount: 24, Unit: Hours},
			{Clock: ClockUnsentLate, Amount: 72, Unit: Hours},
		}},
		{
			State: Supplement, Status: StatusAction, legal: legalPause, Tells: action,
			Limits: []Limit{{Clock: ClockSupplement, Amount: 30, Unit: Days, Fires: Unanswered}},
		},
		{
			State: SupplementUntold, Status: StatusAction, legal: legalPause, Tells: action,
			Orders: []Order{OrderNotify}, Limits: []Limit{stage(3, Days, NoCalendar)},
		},
		{State: PreRequested, Status: StatusSubmitted, Limits: []Limit{abandoned()}},
		{State: Booked, Status: StatusBooked, Tells: shown},
		{
			State: Replicated, Status: StatusEnrolled, legal: legalRun, Orders: []Order{OrderExamine},
			Limits: []Limit{stage(4, Hours, NoCalendar)},
		},
		{
			State: Verifying, Status: StatusVerified, legal: legalRun, Tells: shown,
			Orders: []Order{OrderVerify}, Limits: []Limit{stage(2, WorkingDays, HubCalendar)},
		},
		{
			State: Recapture, Status: StatusAction, legal: legalRun, Tells: action,
			Orders: []Order{OrderNotify}, Limits: []Limit{stage(10, WorkingDays, ServingCalendar)},
		},
		// The post's own mistake: the person is told only if the post calls them back.
		{
			State: Returned, Status: StatusVerified, legal: legalRun, Tells: action,
			Limits: []Limit{stage(5, WorkingDays, ServingCalendar)},
		},
		// No notice: a suspicion is not the post's to know, nor to show.
		{
			State: Adjudication, Status: StatusVerified, legal: legalRun,
			Limits: []Limit{stage(5, WorkingDays, HubCalendar)},
		},
	}
}

func cnieCardStates() []StateRow {
	shown := []Notice{{NoticeState, ToServing}}
	coming := []Notice{{NoticeState, ToServing}, {NoticeIncoming, ToPickup}}
	under := []Notice{{NoticeState, ToServing}, {NoticeState, ToPickup}}
	held := []Notice{{NoticeState, ToServing}, {NoticeState, ToHolder}}
	return []StateRow{
		{
			State: Approved, Status: StatusVerified, legal: legalRun, Tells: shown,
			Orders: []Order{OrderRoute}, Limits: []Limit{stage(4, Hours, NoCalendar)},
		},
		{
			State: Routed, Status: StatusVerified, legal: legalRun, Orders: []Order{OrderProduce},
			Limits: []Limit{stage(1, WorkingDays, SiteCalendar)},
		},
		{
			State: InProduction, Status: StatusInProduction, legal: legalRun, Tells: shown,
			Limits: []Limit{stage(5, WorkingDays, SiteCalendar)},
		},
		{
			State: Produced, Status: StatusInProduction, Tells: shown,
			Orders: []Order{OrderPack}, Limits: []Limit{stage(5, WorkingDays, HubCalendar)},
		},
		{
			State: Packed, Status: StatusInProduction, Tells: coming,
			Limits: []Limit{stage(5, WorkingDays, HubCalendar)},
		},
		{
			State: InTransit, Status: StatusOnItsWay, Tells: under,
			Limits: []Limit{{Clock: ClockTransit, Amount: 15, Unit: Days}},
		},
		{
			State: PouchIncident, Status: StatusOnItsWay, // the person is told that the date moved
			Tells: under, Orders: []Order{OrderNotify},
			Limits: []Limit{stage(5, WorkingDays, HubCalendar)},
		},
		{
			State: Received, Status: StatusOnItsWay, Tells: held,
			Limits: []Limit{stage(1, WorkingDays, HolderCalendar)},
		},
		{
			State: Discrepancy, Status: StatusOnItsWay, Tells: shown, Orders: []Order{OrderNotify},
			Limits: []Limit{stage(5, WorkingDays, HubCalendar)},
		},
		{
			State: Ready, Status: StatusReady, legal: legalPause, Tells: held,
			Orders: []Order{OrderNotify}, Limits: collectLimits(),
		},
		{
			State: Hold, Status: StatusReady, Tells: []Notice{{NoticeStop, ToHolder}},
			Limits: []Limit{stage(5, WorkingDays, HubCalendar)},
		},
		{
			State: Transfer, Status: StatusOnItsWay,
			Tells:  []Notice{{NoticeAction, ToHolder}, {NoticeState, ToPickup}},
			Limits: []Limit{stage(2, WorkingDays, HolderCalendar)},
		},
	}
}

// collectLimits are the clocks of a card on the shelf (G.1 rows 24 and 27).
func collectLimits() []Limit {
	return []Limit{
		{Clock: ClockNotice, Amount: 1, Unit: WorkingDays, Calendar: HolderCalendar},
		{Clock: ClockRemind1, Amount: 15, Unit: Days, Fires: ReminderDue},
		{Clock: ClockRemind2, Amount: 45, Unit: Days, Fires: ReminderDue},
		{Clock: ClockRemind3, Amount: 90, Unit: Days, Fires: ReminderDue},
		{Clock: ClockCollectBy, Amount: 180, Unit: Days, Fires: CollectByPassed},
	}
}

func cnieEndStates() []StateRow {
	shown := []Notice{{NoticeState, ToServing}}
	closed := []Notice{{NoticeClosed, ToServing}, {NoticeClosed, ToHolder}}
	return []StateRow{
		{
			State: Unclaimed, Status: StatusExpired, Tells: []Notice{{NoticeAction, ToHolder}},
			Limits: []Limit{stage(30, Days, NoCalendar)},
		},
		{State: SentBack, Status: StatusExpired, Limits: []Limit{stage(30, Days, NoCalendar)}},
		{State: Destroyed, Status: StatusExpired, Final: true, legal: legalStop, Orders: []Order{OrderClose}, Tells: closed},
		{State: HandedOver, Status: StatusHandedOver, Final: true, legal: legalStop, Orders: []Order{OrderClose}, Tells: closed},
		{
			State: Rejected, Status: StatusRejected, Final: true, legal: legalStop,
			Orders: []Order{OrderNotify, OrderClose},
			Tells:  []Notice{{NoticeClosed, ToServing}},
		},
		{
			State: Canceled, Status: StatusCanceled, Final: true, legal: legalStop,
			Orders: []Order{OrderNotify, OrderClose}, Tells: closed,
		},
		{State: Expired, Status: StatusExpired, Final: true, legal: legalStop, Tells: closed},
		{
			State: Frozen, Status: StatusVerified,
			Tells:  shown,
			Limits: []Limit{stage(1, WorkingDays, HubCalendar)},
		},
	}
}
