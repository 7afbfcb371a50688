package charge

import (
	"context"
	"strconv"
	"strings"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/stamp"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// Cases reads cases and orders; ledger.Views is one.
type Cases interface {
	CaseNumber(n uint64) (ledger.CaseView, error)
	Order(id uint64) (ledger.Order, error)
}

// Service takes payments; stamp.Connector is one.
type Service interface {
	Start(ctx context.Context, r stamp.PaymentRequest) (page string, err error)
	State(ctx context.Context, id string, asked consular.Money) (stamp.Payment, error)
	Refund(ctx context.Context, id string, n int) error
}

// Commit commits a command of the hub.
type Commit func(ctx context.Context, c ledger.Command) error

// Needs is what a Desk works with. All fields are required.
type Needs struct {
	Cluster string // id of the cluster, part of every payment's id: small letters, digits, hyphens
	Portal  string // address of the portal, without a slash at its end
	Cases   Cases
	Service Service
	Fees    *consular.FeeSchedule
	Commit  Commit
	Now     func() time.Time
}

// Desk asks for fees. Safe for concurrent use.
type Desk struct{ Needs }

// New gives a desk.
func New(needs Needs) (*Desk, error) {
	const op = "charge: new desk"
	if needs.Cases == nil || needs.Service == nil || needs.Fees == nil || needs.Commit == nil || needs.Now == nil {
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	}
	if needs.Cluster == "" || len(needs.Cluster) > 20 || needs.Portal == "" {
		return nil, fault.New(fault.Invalid, op, "cluster or portal", nil)
	}
	needs.Portal = strings.TrimSuffix(needs.Portal, "/")
	return &Desk{needs}, nil
}

// Handlers gives what the gateway's worker needs.
func (d *Desk) Handlers() map[workflow.Order]gateway.Handler {
	return map[workflow.Order]gateway.Handler{ //nolint:exhaustive // the orders of this package
		workflow.OrderCharge: d.Charge,
		workflow.OrderSettle: d.Settle,
	}
}

// Rhythm of the questions.
const (
	firstLook  = 2 * time.Second
	lastLook   = time.Minute
	payWithin  = 48 * time.Hour // domain.md G.2 row 4
	settleOver = 49 * time.Hour // after which nobody can pay any more
)

// Charge carries out workflow.OrderCharge: the payment stands at the service,
// and is asked about until it is paid. The ledger's clock ends it.
func (d *Desk) Charge(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	p, err := d.look(ctx, o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	if p.State == stamp.Paid {
		return gateway.Answer{Event: workflow.FeePaid, Actor: workflow.Hub}, nil
	}
	return gateway.Answer{}, gateway.Wait(pause(o.Attempts), "the citizen has not paid")
}

// pause grows from 2 s to a minute.
func pause(attempts uint32) time.Duration { return min(lastLook, firstLook<<min(attempts, 5)) }

// look makes sure that the payment stands, and asks about it.
func (d *Desk) look(ctx context.Context, number uint64) (stamp.Payment, error) {
	r, err := d.request(number)
	if err != nil {
		return stamp.Payment{}, err
	}
	p, err := d.Service.State(ctx, r.ID, r.Amount)
	if !fault.Is(err, fault.NotFound) {
		return p, err
	}
	page, err := d.Service.Start(ctx, r)
	return stamp.Payment{ID: r.ID, State: stamp.Open, Amount: r.Amount, Page: page}, err
}

// request gives the payment of a case: the same one at any time.
func (d *Desk) request(number uint64) (stamp.PaymentRequest, error) {
	c, err := d.Cases.CaseNumber(number)
	if err != nil {
		return stamp.PaymentRequest{}, err
	}
	service, opened := consular.Service(c.Flow.Service), time.UnixMilli(c.Opened).UTC()
	fee, err := d.Fees.Compute(service, adult, consular.DateOf(opened))
	if err != nil {
		return stamp.PaymentRequest{}, err
	}
	return stamp.PaymentRequest{
		ID: d.id(number), Amount: fee.Total, Product: service.String(), Return: d.Portal + "/paid",
		Notice: d.Portal + "/hooks/stamp", Expires: opened.Add(payWithin),
	}, nil
}

// adult is an age for a schedule that does not ask for one: the fee of a record
// is one for all.
const adult = 30

func (d *Desk) id(number uint64) string { return d.Cluster + "-" + strconv.FormatUint(number, 10) }

// Standing is how the payment of a case stands, for the person's screen.
type Standing struct {
	Paid bool
	Page string
	Due  consular.Money
}

// Look asks about the payment of a case now, and says to the ledger if it is
// paid: the person comes back from the payment page sooner than the next look.
func (d *Desk) Look(ctx context.Context, c ledger.CaseView) (Standing, error) {
	p, err := d.look(ctx, c.Number)
	if err != nil {
		return Standing{}, err
	}
	if p.State != stamp.Paid {
		return Standing{Page: p.Page, Due: p.Amount}, nil
	}
	for _, id := range c.Open {
		o, err := d.Cases.Order(id)
		if err != nil {
			return Standing{}, err
		}
		if workflow.Order(o.Kind) != workflow.OrderCharge {
			continue
		}
		err = d.Commit(ctx, ledger.CompleteOrder{
			Time: d.Now().UnixMilli(), Order: id, Event: uint8(workflow.FeePaid), Actor: uint16(workflow.Hub),
		})
		if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Used) { // the worker was faster
			return Standing{}, err
		}
	}
	return Standing{Paid: true, Due: p.Amount}, nil
}

// Hint follows a notice of the service: the payment that it names is looked at.
// A payment that is not ours is passed over.
func (d *Desk) Hint(ctx context.Context, payment string) error {
	cluster, number, _ := cutLast(payment, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || cluster != d.Cluster {
		return fault.New(fault.NotFound, "charge: follow notice", "", nil)
	}
	c, err := d.Cases.CaseNumber(n)
	if err != nil {
		return err
	}
	if workflow.State(c.Flow.State) != workflow.AwaitingPayment {
		return nil
	}
	_, err = d.Look(ctx, c)
	return err
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Settle carries out workflow.OrderSettle: until nobody can pay any more, what
// was paid beyond what is owed is given back.
func (d *Desk) Settle(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	c, err := d.Cases.CaseNumber(o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	r, err := d.request(o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	p, err := d.Service.State(ctx, r.ID, r.Amount)
	switch {
	case fault.Is(err, fault.NotFound):
		return gateway.Answer{}, nil // nobody ever could pay
	case err != nil:
		return gateway.Answer{}, err
	}
	owed := r.Amount
	if !c.Flow.Paid {
		owed = consular.Money{}
	}
	for _, n := range p.Surplus(owed) {
		if err := d.Service.Refund(ctx, r.ID, n); err != nil {
			return gateway.Answer{}, err
		}
	}
	if d.Now().Before(time.UnixMilli(c.Opened).Add(settleOver)) {
		return gateway.Answer{}, gateway.Wait(min(10*time.Minute, 10*time.Second<<min(o.Attempts, 6)), "somebody may pay again")
	}
	return gateway.Answer{}, nil
}
