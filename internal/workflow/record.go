package workflow

// recordFiling is how a request for a record comes into the network and is
// paid for (domain.md G.2 rows 2-4): filed on the portal and paid online, or
// released by a desk that took the fee.
func recordFiling() []Transition {
	packet := []Effect{TakeServing, TakePickup, TakeService, CountPacket}
	paid := []Effect{TakeServing, TakePickup, TakeService, CountPacket, TakePayment}
	rows := []Transition{
		{From: None, On: Submitted, To: Filed, By: Citizen, Does: packet},
		{From: None, On: Committed, To: Filed, By: Node, Needs: []Guard{PostGiven}, Does: paid},
		{From: Filed, On: ExaminedGood, To: WithIssuer, If: PaidOrWaived, By: Hub},
		{From: Filed, On: ExaminedGood, To: AwaitingPayment, By: Hub},
		{From: Filed, On: ExaminedBad, To: Rejected, By: Hub, Needs: []Guard{ReasonGiven}, Does: []Effect{TakeReason}},
		{From: AwaitingPayment, On: FeePaid, To: WithIssuer, By: Hub, Does: []Effect{TakePayment}, Orders: []Order{OrderSettle}},
		// What comes in after the time is given back.
		{From: AwaitingPayment, On: PaymentLapsed, To: Expired, By: System, Does: []Effect{SayUnpaid}, Orders: []Order{OrderSettle}},
		{From: AwaitingPayment, On: Withdrawn, To: Canceled, By: Citizen | Agent, Does: []Effect{SayWithdrawn}, Orders: []Order{OrderSettle}},
		{From: Filed, On: Withdrawn, To: Canceled, By: Citizen | Agent, Does: []Effect{SayWithdrawn}},
	}
	return append(rows, from([]State{WithIssuer, IdentityQuery, QueryTold}, Transition{
		On: Withdrawn, To: Canceled, By: Citizen | Agent, Does: []Effect{SayWithdrawn}, Orders: []Order{OrderRecall},
	})...)
}

// recordIssuing is all that the network sees of the record office (rows 5-12):
// one state, one question at most, one event out. Nothing here may ever tell a
// search that found something from one that did not.
func recordIssuing() []Transition {
	rows := []Transition{
		{From: WithIssuer, On: QueryAsked, To: IdentityQuery, By: Issuer, Needs: []Guard{FirstSupplement}, Does: []Effect{CountSupplement}},
		{From: WithIssuer, On: RecordIssued, To: Issued, By: Issuer, Needs: []Guard{SerialGiven}, Does: []Effect{TakeSerial}},
		// The clock of the one supplement starts when the person knows of it.
		{From: IdentityQuery, On: NoticeDelivered, To: QueryTold, By: Hub | System, Continues: true},
		{From: IdentityQuery, On: CallLogged, To: QueryTold, By: Agent | Hub, Continues: true},
		{From: IdentityQuery, On: NoticeBounced, To: IdentityQuery, By: Hub | System, Orders: []Order{OrderCall}, Tells: []Notice{{NoticeAction, ToServing}}},
		{From: QueryTold, On: Unanswered, To: NoResponse, By: System, Does: []Effect{SayUnanswered}, Orders: []Order{OrderRecall}},
	}
	rows = append(rows, from([]State{IdentityQuery, QueryTold}, Transition{
		On: QueryAnswered, To: WithIssuer, By: Citizen | Agent, Does: []Effect{CountPacket},
	})...)
	return append(rows, from([]State{WithIssuer, IdentityQuery, QueryTold}, Transition{
		On: Refused, To: Rejected, By: Issuer, Needs: []Guard{ReasonGiven}, Does: []Effect{TakeReason},
	})...)
}

// recordDelivery is how the document reaches the person (rows 14-15): opened
// online after a fresh sign-in, or printed once at the post of the person's
// choice, who brings the code.
func recordDelivery() []Transition {
	rows := []Transition{
		{From: Issued, On: NoticeDelivered, To: Issued, By: Hub | System},
		{From: Issued, On: NoticeBounced, To: Issued, By: Hub | System, Orders: []Order{OrderCall}},
		{From: Issued, On: DocumentReleased, To: EDelivered, By: Citizen},
		{From: Printing, On: DocumentPrinted, To: Printed, By: Agent, Needs: []Guard{AtPickup}, Does: []Effect{TakeHolder}},
		{From: Printed, On: DocumentHandedOver, To: HandedOver, By: Agent, Needs: []Guard{AtHolder}},
	}
	rows = append(rows, from([]State{EDelivered, PrintQueued, Printing, Printed, Legalizing, Mailed}, Transition{
		On: DocumentReleased, By: Citizen,
	})...)
	// Another post may be chosen until a sheet is printed.
	rows = append(rows, from([]State{Issued, EDelivered, PrintQueued}, Transition{
		On: PrintAsked, To: PrintQueued, Restart: true, By: Citizen, Needs: []Guard{PickupGiven}, Does: []Effect{TakeNewPickup},
	})...)
	// A person who asked at a counter comes back to it with the slip.
	rows = append(rows, from([]State{Issued, PrintQueued}, Transition{
		On: PrintBegun, To: Printing, By: Agent, Needs: []Guard{AtPickup},
	})...)
	// A sheet was spoilt, or the printer died: two persons destroy it, and
	// there is one more try.
	return append(rows, from([]State{Printing, Printed}, Transition{
		On: PrintSpoilt, To: PrintQueued, By: Supervisor, Needs: []Guard{AtPickup, TwoPeople, FirstSpoilt},
		Does: []Effect{CountAttempt, DropHolder},
	})...)
}

// recordLegalization is row 13: an apostille, or where the Convention does not
// apply a chain of authorities, on the original in the country, before anything
// is carried abroad. Who asked for it with the request, and the regime of the
// country of use, are known to the hub, which alone says that it begins. The
// file itself may be opened meanwhile: it is as good as before.
func recordLegalization() []Transition {
	return []Transition{
		{From: Issued, On: LegalizationBegun, To: Legalizing, By: Hub, Needs: []Guard{FirstLegalization}, Does: []Effect{CountLegalization}},
		{From: Legalizing, On: DocumentLegalized, To: Issued, By: Hub, Needs: []Guard{SerialGiven}},
		{From: Legalizing, On: LegalizationDenied, To: Issued, By: Hub, Needs: []Guard{ReasonGiven}, Does: []Effect{TakeReason}},
	}
}

// recordMail is row 15b: the post that printed a document mails it instead of
// handing it over. What comes back lies there as before; for what is lost the
// sheet is written off, and there is one more print, free, as for a spoilt one.
func recordMail() []Transition {
	return []Transition{
		{
			From: Printed, On: DocumentMailed, To: Mailed, By: Agent, Needs: []Guard{AtHolder, AddressConfirmed, SerialGiven},
			Does: []Effect{DropHolder},
		},
		{From: Mailed, On: MailReceived, To: Acknowledged, By: Citizen | Agent | Hub},
		{From: Mailed, On: ReceiptPresumed, To: Acknowledged, By: System},
		{From: Mailed, On: MailReturned, To: Printed, By: Agent, Needs: []Guard{AtPickup}, Does: []Effect{TakeHolder}},
		{
			From: Mailed, On: MailLost, To: PrintQueued, By: Supervisor | Hub, Needs: []Guard{FirstSpoilt},
			Does: []Effect{CountAttempt},
		},
	}
}

// recordEnd is the end of a document (rows 18, 19). Why one is revoked stays
// with the office.
func recordEnd() []Transition {
	lasting := []State{Issued, EDelivered, PrintQueued, Printing, Printed, Legalizing, Mailed}
	rows := from(lasting, Transition{On: DocumentExpired, To: Expired, By: System})
	return append(rows, from(append(lasting, HandedOver, Acknowledged), Transition{
		On: DocumentRevoked, To: Revoked, By: Issuer,
	})...)
}

// valid is how long a record may be used: three months from its issue, whatever
// becomes of it meanwhile.
func valid() Limit {
	return Limit{Clock: ClockValid, Amount: 92, Unit: Days, Fires: DocumentExpired, Keeps: true}
}

// recordStates are the states of G.2 that the network knows.
func recordStates() []StateRow {
	closed := []Notice{{NoticeClosed, ToServing}, {NoticeClosed, ToPickup}}
	shown := []Notice{{NoticeState, ToServing}}
	atPost := []Notice{{NoticeState, ToServing}, {NoticeIncoming, ToPickup}}
	return []StateRow{
		{State: None},
		{State: Filed, Status: StatusSubmitted, Orders: []Order{OrderExamine}, Limits: []Limit{stage(4, Hours, NoCalendar)}},
		{
			State: AwaitingPayment, Status: StatusSubmitted, Orders: []Order{OrderCharge},
			Limits: []Limit{{Clock: ClockPayment, Amount: 48, Unit: Hours, Fires: PaymentLapsed}},
		},
		{
			State: WithIssuer, Status: StatusProcessing, legal: legalRun, Tells: shown,
			Orders: []Order{OrderIssue}, Limits: []Limit{stage(10, WorkingDays, HubCalendar)},
		},
		{
			State: IdentityQuery, Status: StatusAction, legal: legalPause, Tells: []Notice{{NoticeAction, ToServing}},
			Orders: []Order{OrderNotify}, Limits: []Limit{stage(3, Days, NoCalendar)},
		},
		{
			State: QueryTold, Status: StatusAction, legal: legalPause,
			Limits: []Limit{{Clock: ClockSupplement, Amount: 30, Unit: Days, Fires: Unanswered}},
		},
		{State: Issued, Status: StatusIssued, legal: legalStop, Tells: atPost, Orders: []Order{OrderNotify}, Limits: []Limit{valid()}},
		{State: EDelivered, Status: StatusDelivered, legal: legalStop, Tells: shown, Limits: []Limit{valid()}},
		{State: PrintQueued, Status: StatusReady, legal: legalStop, Tells: atPost, Limits: []Limit{valid()}},
		{
			State: Printing, Status: StatusReady, legal: legalStop, Tells: []Notice{{NoticeState, ToPickup}},
			Orders: []Order{OrderPrint}, Limits: []Limit{valid(), stage(1, Hours, NoCalendar)},
		},
		{
			State: Printed, Status: StatusReady, legal: legalStop, Tells: []Notice{{NoticeState, ToPickup}},
			Limits: []Limit{valid(), stage(1, WorkingDays, PickupCalendar)},
		},
		{
			State: Legalizing, Status: StatusIssued, legal: legalStop, Tells: shown,
			Limits: []Limit{valid(), stage(10, WorkingDays, HubCalendar)},
		},
		{
			State: Mailed, Status: StatusOnItsWay, legal: legalStop, Tells: shown,
			Limits: []Limit{valid(), {Clock: ClockReceipt, Amount: 30, Unit: Days, Fires: ReceiptPresumed}},
		},
		{State: Acknowledged, Status: StatusDelivered, Final: true, legal: legalStop, Orders: []Order{OrderClose}, Tells: closed},
		{State: HandedOver, Status: StatusHandedOver, Final: true, legal: legalStop, Orders: []Order{OrderClose}, Tells: closed},
		{State: Rejected, Status: StatusRejected, Final: true, legal: legalStop, Orders: []Order{OrderNotify, OrderClose}, Tells: closed},
		{State: NoResponse, Status: StatusClosed, Final: true, legal: legalStop, Orders: []Order{OrderNotify, OrderClose}, Tells: closed},
		{State: Canceled, Status: StatusCanceled, Final: true, legal: legalStop, Orders: []Order{OrderNotify, OrderClose}, Tells: closed},
		{State: Expired, Status: StatusExpired, Final: true, legal: legalStop, Orders: []Order{OrderClose}, Tells: closed},
		{State: Revoked, Status: StatusRevoked, Final: true, legal: legalStop, Orders: []Order{OrderNotify, OrderClose}, Tells: closed},
	}
}

// Waits reports whether a request in a state goes on for the person, who may
// then have no other one for the same (domain.md G.2, row 3). One whose
// document was opened does not: who lost the file may ask for a new one.
func Waits(k Kind, s State) bool {
	if k != KindRecord || s == None || s == EDelivered {
		return false
	}
	row, known := For(k).State(s)
	return known && !row.Final
}
