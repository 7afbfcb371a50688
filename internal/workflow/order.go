package workflow

// Order is something that must happen outside the ledger because a case
// moved. The ledger stores it under an id with the case's version; the opener
// or the gateway carries it out at least once and proposes the result as an
// event whose Seen is that version.
type Order uint8

// The orders. Each comment says who carries it out and what it answers.
const (
	OrderExamine   Order = 1  // opener: open body and images; ExaminedGood or ExaminedBad
	OrderVerify    Order = 2  // gateway: registers, platform, rule; VerificationPassed, Suspected or a desk
	OrderRoute     Order = 3  // gateway: choose a site by capacity; RouteChosen
	OrderProduce   Order = 4  // gateway: send the job; SiteAccepted, SiteRefused, CardProduced, CardSpoilt
	OrderCancelJob Order = 5  // gateway: take the job back from the site
	OrderPack      Order = 6  // pouch desk: put the card into the pouch of its post
	OrderUnpack    Order = 7  // pouch desk: take the card out of a pouch that has not left
	OrderRevoke    Order = 8  // gateway: revoke the card's serial (Outcome.Revoked) within 4 h
	OrderNotify    Order = 9  // gateway: tell the person by mail or SMS that the status changed
	OrderCall      Order = 10 // serving post's call list: every channel bounced
	OrderClose     Order = 11 // opener: start the retention of the packet (domain.md E.2)
	OrderReport    Order = 12 // hub desk: a loss, a fraud or a broken seal goes to its authority
	OrderManifest  Order = 13 // opener: seal the manifest to the destination
	OrderTrace     Order = 14 // pouch desk: ask the courier where the bag is

	// OrderSummary is in no table: the ledger gives it with a notice after which
	// a post must act on a person that it may no longer know.
	OrderSummary Order = 15 // opener: seal names and contact to the post

	OrderCharge Order = 16 // gateway: ask the e-stamp service for the fee; FeePaid
	OrderIssue  Order = 17 // gateway: send it to the record office; QueryAsked, RecordIssued, Refused
	OrderPrint  Order = 18 // opener: seal the document to the print's one-time key
	OrderRecall Order = 19 // gateway: tell the record office that the request was withdrawn
	OrderSettle Order = 20 // gateway: give back what was paid twice, or too late
)

var orderNames = [...]string{
	"", "examine", "verify", "route", "produce", "cancel-job", "pack", "unpack", "revoke",
	"notify", "call", "close", "report", "manifest", "trace", "summary",
	"charge", "issue", "print", "recall", "settle",
}

// String gives the order's name, "examine".
func (o Order) String() string { return name(orderNames[:], uint8(o)) }

// Lasting reports whether the order stands whatever becomes of the case: it
// undoes or reports something, or tells the person what is due to be told, and a
// later move must not withdraw it.
func (o Order) Lasting() bool {
	switch o {
	case OrderCancelJob, OrderUnpack, OrderRevoke, OrderNotify, OrderCall, OrderClose, OrderReport, OrderManifest,
		OrderSummary, OrderRecall, OrderSettle:
		return true
	case OrderExamine, OrderVerify, OrderRoute, OrderProduce, OrderPack, OrderTrace, OrderCharge, OrderIssue, OrderPrint:
		return false
	default:
		return false
	}
}

// NoticeKind says what a post is told.
type NoticeKind uint8

// The notices to posts.
const (
	NoticeState    NoticeKind = 1 // the case moved: show it
	NoticeAction   NoticeKind = 2 // the post has something to do, with the reason
	NoticeIncoming NoticeKind = 3 // a card is coming: names, serial, sealed to the post
	NoticeStop     NoticeKind = 4 // do not hand over
	NoticeClosed   NoticeKind = 5 // the case ended
)

var noticeNames = [...]string{"", "state", "action", "incoming", "stop", "closed"}

// String gives the notice's name, "incoming".
func (n NoticeKind) String() string { return name(noticeNames[:], uint8(n)) }

// Audience says which of a case's posts a notice is for.
type Audience uint8

// The posts of a case.
const (
	ToServing Audience = 1
	ToPickup  Audience = 2
	ToHolder  Audience = 3
)

var audienceNames = [...]string{"", "serving", "pickup", "holder"}

// String gives the audience's name, "pickup".
func (a Audience) String() string { return name(audienceNames[:], uint8(a)) }

// Notice is a notice as a table row names it: what, and to which post's role.
type Notice struct {
	Kind NoticeKind
	To   Audience
}

// Tell is a notice with the post it resolved to.
type Tell struct {
	Kind NoticeKind
	Post Post
}
