package workflow

import "jaliya/internal/fault"

// Guard is a condition of a table row, over the case and the input alone.
type Guard uint8

// The guards. Those of Transition.If choose between rows; those of
// Transition.Needs refuse, with the kind in the table below.
const (
	Always Guard = iota
	FirstSupplement
	FewNoShows
	PaidOrWaived
	AtServing
	AtPickup
	AtHolder
	AtOrigin
	AtDestination
	AtHolderOrHome
	PostGiven
	PickupGiven
	OtherPickup
	SiteGiven
	SerialGiven
	SameSerial
	PouchGiven
	SamePouch
	ReasonGiven
	TwoPeople
	FirstCheck
	HasPacket
	HasCard
	HasOnward
	HasItems
	SameCount
	FirstAppeal
	FirstSpoilt
	FirstLegalization
	AddressConfirmed
)

// guardRow is a guard: its name in errors and drawings, what kind of refusal
// it makes, and the condition.
type guardRow struct {
	name string
	kind fault.Kind
	ok   func(c *Case, in *Input) bool
}

var guards = [...]guardRow{
	Always:            {"", fault.Internal, func(*Case, *Input) bool { return true }},
	FirstSupplement:   {"first supplement", fault.Conflict, func(c *Case, _ *Input) bool { return c.Supplements == 0 }},
	FewNoShows:        {"fewer than three no-shows", fault.Conflict, func(c *Case, _ *Input) bool { return c.NoShows < 3 }},
	PaidOrWaived:      {"fee paid or waived", fault.Conflict, func(c *Case, _ *Input) bool { return c.Paid }},
	AtServing:         {"serving post speaks", fault.Denied, func(c *Case, in *Input) bool { return in.Post != "" && in.Post == c.Serving }},
	AtPickup:          {"pickup post speaks", fault.Denied, func(c *Case, in *Input) bool { return in.Post != "" && in.Post == c.Pickup }},
	AtHolder:          {"holding post speaks", fault.Denied, func(c *Case, in *Input) bool { return in.Post != "" && in.Post == c.Holder }},
	AtOrigin:          {"sender speaks", fault.Denied, func(c *Case, in *Input) bool { return in.Post == c.Serving }},
	AtDestination:     {"destination speaks", fault.Denied, func(c *Case, in *Input) bool { return in.Post == c.Pickup }},
	AtHolderOrHome:    {"who opened it speaks", fault.Denied, func(c *Case, in *Input) bool { return in.Post == c.Holder }},
	PostGiven:         {"post given", fault.Invalid, func(_ *Case, in *Input) bool { return in.Post != "" }},
	PickupGiven:       {"pickup post given", fault.Invalid, func(_ *Case, in *Input) bool { return in.Pickup != "" }},
	OtherPickup:       {"another pickup post", fault.Conflict, func(c *Case, in *Input) bool { return in.Pickup != c.Pickup }},
	SiteGiven:         {"site given", fault.Invalid, func(_ *Case, in *Input) bool { return in.Site != 0 }},
	SerialGiven:       {"serial given", fault.Invalid, func(_ *Case, in *Input) bool { return in.Serial != Digest{} }},
	SameSerial:        {"same serial", fault.Conflict, func(c *Case, in *Input) bool { return in.Serial == c.Serial }},
	PouchGiven:        {"pouch given", fault.Invalid, func(_ *Case, in *Input) bool { return in.Pouch != PouchID{} }},
	SamePouch:         {"same pouch", fault.Conflict, func(c *Case, in *Input) bool { return in.Pouch == c.Pouch }},
	ReasonGiven:       {"reason given", fault.Invalid, func(_ *Case, in *Input) bool { return in.Reason != 0 }},
	TwoPeople:         {"two persons", fault.Denied, func(_ *Case, in *Input) bool { return in.TwoPersons }},
	FirstCheck:        {"first failed check", fault.Conflict, func(c *Case, _ *Input) bool { return c.Checks == 0 }},
	HasPacket:         {"packet received", fault.Conflict, func(c *Case, _ *Input) bool { return c.Packets > 0 }},
	HasCard:           {"card exists", fault.Conflict, func(c *Case, _ *Input) bool { return c.Serial != Digest{} }},
	HasOnward:         {"onward post chosen", fault.Conflict, func(c *Case, _ *Input) bool { return c.Onward != "" }},
	HasItems:          {"not empty", fault.Conflict, func(c *Case, _ *Input) bool { return c.Count > 0 }},
	SameCount:         {"count equals manifest", fault.Conflict, func(c *Case, in *Input) bool { return in.Count == c.Count }},
	FirstSpoilt:       {"first spoilt sheet", fault.Conflict, func(c *Case, _ *Input) bool { return c.Attempts == 0 }},
	FirstLegalization: {"first legalization", fault.Conflict, func(c *Case, _ *Input) bool { return c.Legalizations == 0 }},
	AddressConfirmed:  {"address confirmed", fault.Invalid, func(_ *Case, in *Input) bool { return in.Confirmed }},
	FirstAppeal:       {"first appeal", fault.Conflict, func(c *Case, _ *Input) bool { return c.Appeals == 0 }},
}

// String gives the condition in words, "two persons".
func (g Guard) String() string {
	if int(g) < len(guards) {
		return guards[g].name
	}
	return "unknown"
}
