package workflow

import "jaliya/internal/consular"

// Effect is one change that a table row makes to a case, besides its state.
type Effect uint8

// The effects. Take copies a fact of the input, Drop forgets one of the case,
// Say sets a
// reason that the event itself is, Count raises a counter, Back sets where a frozen case returns to.
const (
	TakeService Effect = iota
	TakeServing
	TakePickup
	TakeNewPickup
	TakePickupHere
	TakeOnward
	TakeHolder
	TakeSite
	TakeSerial
	TakePouch
	TakeReason
	TakePayment
	SayUnanswered
	SayUnpaid
	SayDuplicate
	SayWithdrawn
	UseOnward
	DropHolder
	DropSerial
	DropPouch
	DropReason
	DropChecks
	CountPacket
	CountSupplement
	CountRecapture
	CountReturn
	CountNoShow
	CountAttempt
	CountCheck
	CountReminder
	CountAppeal
	CountLegalization
	CountItemIn
	CountItemOut
	BackHere
	BackToApproved
	BackToProduced
	BackToReceived
	BackToDiscrepancy
)

var effects = [...]func(c *Case, in *Input){
	TakeService:       func(c *Case, in *Input) { c.Service = in.Service },
	TakeServing:       func(c *Case, in *Input) { c.Serving = in.Post },
	TakePickup:        takePickup,
	TakeNewPickup:     func(c *Case, in *Input) { c.Pickup = in.Pickup },
	TakePickupHere:    func(c *Case, _ *Input) { c.Pickup = c.Holder },
	TakeOnward:        func(c *Case, in *Input) { c.Onward = onward(c.Pickup, in.Pickup) },
	TakeHolder:        func(c *Case, in *Input) { c.Holder = in.Post },
	TakeSite:          func(c *Case, in *Input) { c.Site = in.Site },
	TakeSerial:        func(c *Case, in *Input) { c.Serial = in.Serial },
	TakePouch:         func(c *Case, in *Input) { c.Pouch = in.Pouch },
	TakeReason:        func(c *Case, in *Input) { c.Reason = in.Reason },
	TakePayment:       func(c *Case, _ *Input) { c.Paid = true },
	SayUnanswered:     func(c *Case, _ *Input) { c.Reason = consular.RefusedSupplementUnanswered },
	SayUnpaid:         func(c *Case, _ *Input) { c.Reason = consular.RefusedPaymentMissing },
	SayDuplicate:      func(c *Case, _ *Input) { c.Reason = consular.RefusedDuplicateRequest },
	SayWithdrawn:      func(c *Case, _ *Input) { c.Reason = consular.RefusedWithdrawn },
	UseOnward:         func(c *Case, _ *Input) { c.Pickup, c.Onward = c.Onward, "" },
	DropHolder:        func(c *Case, _ *Input) { c.Holder = "" },
	DropSerial:        func(c *Case, _ *Input) { c.Serial = Digest{} },
	DropPouch:         func(c *Case, _ *Input) { c.Pouch = PouchID{} },
	DropReason:        func(c *Case, _ *Input) { c.Reason = 0 },
	DropChecks:        func(c *Case, _ *Input) { c.Checks = 0 },
	CountPacket:       func(c *Case, _ *Input) { bump(&c.Packets) },
	CountSupplement:   func(c *Case, _ *Input) { bump(&c.Supplements) },
	CountRecapture:    func(c *Case, _ *Input) { bump(&c.Recaptures) },
	CountReturn:       func(c *Case, _ *Input) { bump(&c.Returns) },
	CountNoShow:       func(c *Case, _ *Input) { bump(&c.NoShows) },
	CountAttempt:      func(c *Case, _ *Input) { bump(&c.Attempts) },
	CountCheck:        func(c *Case, _ *Input) { bump(&c.Checks) },
	CountReminder:     func(c *Case, _ *Input) { bump(&c.Reminders) },
	CountLegalization: func(c *Case, _ *Input) { bump(&c.Legalizations) },
	CountAppeal:       func(c *Case, _ *Input) { bump(&c.Appeals) },
	CountItemIn:       func(c *Case, _ *Input) { c.Count = max(c.Count, c.Count+1) },
	CountItemOut:      func(c *Case, _ *Input) { c.Count-- },
	BackHere:          func(c *Case, _ *Input) { c.Before = c.State },
	BackToApproved:    func(c *Case, _ *Input) { c.Before = Approved },
	BackToProduced:    func(c *Case, _ *Input) { c.Before = Produced },
	BackToReceived:    func(c *Case, _ *Input) { c.Before = Received },
	BackToDiscrepancy: func(c *Case, _ *Input) { c.Before = Discrepancy },
}

// takePickup keeps the pickup post of an earlier packet unless a new one is
// named; the first packet without one is collected where it was taken.
func takePickup(c *Case, in *Input) {
	switch {
	case in.Pickup != "":
		c.Pickup = in.Pickup
	case c.Pickup == "":
		c.Pickup = in.Post
	}
}

// onward is the wish for another post while the card is under way; wishing for
// the post it goes to anyway withdraws an earlier wish.
func onward(pickup, wish Post) Post {
	if wish == pickup {
		return ""
	}
	return wish
}

// bump raises a counter and stops at its end, so that no long life of a case
// ever wraps to "none yet".
func bump(n *uint8) {
	if *n < 255 {
		*n++
	}
}
