package sim_test

import (
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/workflow"
)

// opener answers orders: the opener, the gateway and the desks of the hub.
type opener struct {
	*hub
	planned bool
	tried   map[uint64]int // looked up only
}

// wake lets a round begin soon.
func (o *opener) wake() {
	if o.planned {
		return
	}
	o.planned = true
	epoch := o.epoch
	o.clock.After(o.rand.Between(10*time.Second, 2*time.Hour), func() {
		if o.epoch == epoch {
			o.planned = false
			o.round()
		}
	})
}

func (o *opener) crash() {
	o.planned = false
	clear(o.tried)
}

// round takes the open orders of every kind.
func (o *opener) round() {
	for kind := workflow.OrderExamine; kind <= workflow.OrderTrace; kind++ {
		orders, err := o.views.OpenOrders(uint8(kind), o.millis(), 16)
		if err != nil {
			return
		}
		for _, one := range orders {
			o.carryOut(one)
		}
	}
}

const maxTries = 3

func (o *opener) carryOut(order ledger.Order) {
	if o.tried[order.ID] >= maxTries {
		return
	}
	o.tried[order.ID]++
	o.propose(o.result(order), nil, func(_ ledger.Result, err error) {
		if err != nil {
			o.wake()
		}
	})
}

// result draws what became of an order.
func (o *opener) result(order ledger.Order) ledger.CompleteOrder {
	c := ledger.CompleteOrder{Time: o.millis(), Order: order.ID}
	say := func(e workflow.Event, by workflow.Actor) { c.Event, c.Actor = uint8(e), uint16(by) }
	switch workflow.Order(order.Kind) { //nolint:exhaustive // the others are done without an event
	case workflow.OrderExamine:
		if say(workflow.ExaminedGood, workflow.Hub); o.rand.Chance(0.2) {
			say(workflow.ExaminedBad, workflow.Hub)
			c.Reason = uint16(consular.RefusedContentUnreadable)
		}
	case workflow.OrderVerify:
		if say(workflow.VerificationPassed, workflow.Hub); o.rand.Chance(0.1) {
			say(workflow.Suspected, workflow.Hub)
		}
	case workflow.OrderRoute:
		say(workflow.RouteChosen, workflow.Hub)
		c.Facts.Site = 1
	case workflow.OrderProduce:
		say(workflow.SiteAccepted, workflow.Production)
	case workflow.OrderPack:
		say(workflow.CardPacked, workflow.PouchOfficer)
		c.Facts.Pouch = o.rand.Bytes(16)
	}
	if o.rand.Chance(0.05) {
		c.Event, c.Actor, c.Reason = 0, 0, 0
		c.Retry, c.Text = o.millis()+3_600_000, "later"
	}
	return c
}
