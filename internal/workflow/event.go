package workflow

// Event is what happened to a case. Numbers are append-only; 1-99 belong to
// requests, 100-149 to pouches.
type Event uint8

// Events at the desk before the network knows the case (G.1 rows 1-10).
const (
	Started         Event = 1  // a draft was begun
	Arrived         Event = 2  // the person is at the counter, document seen
	TurnedAway      Event = 3  // wrong documents: come again with the list
	FeePaid         Event = 4  // paid or waived
	CaptureBegun    Event = 5  // first capture device used
	CaptureDone     Event = 6  // the profile is complete, or overridden with reason
	CaptureReopened Event = 7  // the second look found a defect
	CaseReleased    Event = 8  // second person signed; the node seals
	Resumed         Event = 9  // the person is back, the draft goes on
	Lapsed          Event = 10 // nobody came back to a draft or pre-request
)

// Events of the request in the network (G.1 rows 2-4 and 11-30).
const (
	Submitted          Event = 11 // citizen filed a pre-request
	SlotBooked         Event = 12
	SlotReleased       Event = 13 // appointment given back
	NoShow             Event = 14
	Committed          Event = 15 // a released packet stands in the national log
	Amended            Event = 16 // the serving post replaced its packet before the decision
	ExaminedGood       Event = 17 // packet opens, is whole, images match
	ExaminedBad        Event = 18 // it does not: reason
	RecaptureAsked     Event = 19
	CorrectionAsked    Event = 20
	SupplementAsked    Event = 21
	Unanswered         Event = 22 // the supplement never came
	Suspected          Event = 23 // duplicate or mismatch
	Cleared            Event = 24 // false hit, or appeal upheld
	Merged             Event = 25 // same person, another open request goes on
	VerificationPassed Event = 26
	RouteChosen        Event = 27
	SiteAccepted       Event = 28
	SiteRefused        Event = 29
	SiteClosed         Event = 30 // the hub takes the job back from a site that is down
	CardProduced       Event = 31
	CardSpoilt         Event = 32
	CardPacked         Event = 33
	CardUnpacked       Event = 34
	PouchLeft          Event = 35 // the pouch with the card left
	PouchTroubled      Event = 36 // late beyond the limit, lost, damaged, refused by host
	PouchResumed       Event = 37 // inquiry: it is under way after all
	CardTakenBack      Event = 38 // inquiry: the card is with the pouch officer again
	RemakeOrdered      Event = 39 // inquiry: make it anew without a new visit
	CardReceived       Event = 40 // two persons opened the pouch and scanned the card
	CardMissing        Event = 41
	CardDamaged        Event = 42
	CardShelved        Event = 43
	CardDefective      Event = 44 // read test failed at the post
	NoticeDelivered    Event = 45
	NoticeBounced      Event = 46
	ReminderDue        Event = 47
	CardHandedOver     Event = 48
	CheckFailed        Event = 49 // the collector's face or print did not match
	HoldLifted         Event = 50
	PickupChanged      Event = 51 // citizen chose another pickup post
	TransferAsked      Event = 52
	TransferWithdrawn  Event = 53
	TransferSent       Event = 54
	CollectByPassed    Event = 55
	Reclaimed          Event = 56 // citizen appeared before destruction
	UnclaimedSentBack  Event = 57
	CardDestroyed      Event = 58
	Withdrawn          Event = 59
	Refused            Event = 60
	Appealed           Event = 61
	FreezeNotified     Event = 62 // death or loss of nationality
	FreezeLifted       Event = 63
	FreezeClosed       Event = 64
	CallLogged         Event = 65 // somebody spoke to the person by telephone
)

// Events of a request for a criminal record (G.2); Submitted, Committed,
// FeePaid, Withdrawn and others are shared with the card.
const (
	PaymentLapsed      Event = 70 // nobody paid in time
	QueryAsked         Event = 71 // the issuer cannot tell who the person is
	QueryAnswered      Event = 72
	RecordIssued       Event = 73 // signed and sealed; serial is the sealed document's digest
	DocumentReleased   Event = 74 // the person, freshly signed in, opened it
	PrintAsked         Event = 75 // the person chose a post to have it printed
	PrintBegun         Event = 76 // at the post, with the person's code
	DocumentPrinted    Event = 77
	PrintSpoilt        Event = 78 // two persons destroyed the sheet
	DocumentHandedOver Event = 79
	DocumentExpired    Event = 80
	DocumentRevoked    Event = 81
	LegalizationBegun  Event = 82 // an apostille, or a chain of them, was asked for and is applied for
	DocumentLegalized  Event = 83 // serial is the digest of the apostille's number and date
	LegalizationDenied Event = 84 // the document is offered without
	DocumentMailed     Event = 85 // in a plain envelope; serial is the digest of its S10 number
	MailReceived       Event = 86 // the person says so, or the carrier
	MailReturned       Event = 87 // the carrier brought the envelope back to the post
	MailLost           Event = 88
	ReceiptPresumed    Event = 89 // for 30 days nobody said anything else
)

// Events of a pouch (G.3).
const (
	PouchStarted       Event = 100
	ItemAdded          Event = 101
	ItemRemoved        Event = 102
	ManifestSigned     Event = 103
	ManifestReopened   Event = 104
	BagSealed          Event = 105
	BagGivenToCourier  Event = 106
	BagLeft            Event = 107
	BagLate            Event = 108
	BagArrived         Event = 109
	SealFoundBroken    Event = 110
	BagRefusedByHost   Event = 111
	BagOpened          Event = 112
	BagCounted         Event = 113
	CountDiffers       Event = 114
	DiscrepancySettled Event = 115
	BagDeclaredLost    Event = 116
	BagFound           Event = 117
	BagOpenedAtHome    Event = 118
)

var eventNames = [...]string{
	Started: "started", Arrived: "arrived", TurnedAway: "turned-away", FeePaid: "fee-paid",
	CaptureBegun: "capture-begun", CaptureDone: "capture-done",
	CaptureReopened: "capture-reopened", CaseReleased: "case-released", Resumed: "resumed",
	Lapsed: "lapsed", Submitted: "submitted", SlotBooked: "slot-booked",
	SlotReleased: "slot-released", NoShow: "no-show", Committed: "committed",
	Amended: "amended", ExaminedGood: "examined-good", ExaminedBad: "examined-bad",
	RecaptureAsked: "recapture-asked", CorrectionAsked: "correction-asked",
	SupplementAsked: "supplement-asked", Unanswered: "unanswered", Suspected: "suspected",
	Cleared: "cleared", Merged: "merged", VerificationPassed: "verification-passed",
	RouteChosen: "route-chosen", SiteAccepted: "site-accepted", SiteRefused: "site-refused",
	SiteClosed: "site-closed", CardProduced: "card-produced", CardSpoilt: "card-spoilt",
	CardPacked: "card-packed", CardUnpacked: "card-unpacked", PouchLeft: "pouch-left",
	PouchTroubled: "pouch-troubled", PouchResumed: "pouch-resumed",
	CardTakenBack: "card-taken-back", RemakeOrdered: "remake-ordered",
	CardReceived: "card-received", CardMissing: "card-missing", CardDamaged: "card-damaged",
	CardShelved: "card-shelved", CardDefective: "card-defective",
	NoticeDelivered: "notice-delivered", NoticeBounced: "notice-bounced",
	ReminderDue: "reminder-due", CardHandedOver: "card-handed-over",
	CheckFailed: "check-failed", HoldLifted: "hold-lifted", PickupChanged: "pickup-changed",
	TransferAsked: "transfer-asked", TransferWithdrawn: "transfer-withdrawn",
	TransferSent: "transfer-sent", CollectByPassed: "collect-by-passed",
	Reclaimed: "reclaimed", UnclaimedSentBack: "unclaimed-sent-back",
	CardDestroyed: "card-destroyed", Withdrawn: "withdrawn", Refused: "refused",
	Appealed: "appealed", FreezeNotified: "freeze-notified", FreezeLifted: "freeze-lifted",
	FreezeClosed: "freeze-closed", CallLogged: "call-logged",

	PaymentLapsed: "payment-lapsed", QueryAsked: "query-asked", QueryAnswered: "query-answered",
	RecordIssued: "record-issued", DocumentReleased: "document-released", PrintAsked: "print-asked",
	PrintBegun: "print-begun", DocumentPrinted: "document-printed", PrintSpoilt: "print-spoilt",
	DocumentHandedOver: "document-handed-over", DocumentExpired: "document-expired",
	DocumentRevoked: "document-revoked", LegalizationBegun: "legalization-begun",
	DocumentLegalized: "document-legalized", LegalizationDenied: "legalization-denied",
	DocumentMailed: "document-mailed", MailReceived: "mail-received", MailReturned: "mail-returned",
	MailLost: "mail-lost", ReceiptPresumed: "receipt-presumed",

	PouchStarted: "pouch-started", ItemAdded: "item-added", ItemRemoved: "item-removed",
	ManifestSigned: "manifest-signed", ManifestReopened: "manifest-reopened",
	BagSealed: "bag-sealed", BagGivenToCourier: "bag-given-to-courier", BagLeft: "bag-left",
	BagLate: "bag-late", BagArrived: "bag-arrived", SealFoundBroken: "seal-found-broken",
	BagRefusedByHost: "bag-refused-by-host", BagOpened: "bag-opened",
	BagCounted: "bag-counted", CountDiffers: "count-differs",
	DiscrepancySettled: "discrepancy-settled", BagDeclaredLost: "bag-declared-lost",
	BagFound: "bag-found", BagOpenedAtHome: "bag-opened-at-home",
}

// String gives the event's name in words, "card-produced".
func (e Event) String() string { return name(eventNames[:], uint8(e)) }
