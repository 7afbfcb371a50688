package charge_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/charge"
	"jaliya/hub/gateway/stamp"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

var filed = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// office is a ledger of one case and a payment service of one payment.
type office struct {
	view      ledger.CaseView
	payment   *stamp.Payment
	started   []stamp.PaymentRequest
	refunded  []int
	committed []ledger.CompleteOrder
	fail      error
	now       time.Time
}

func (o *office) CaseNumber(n uint64) (ledger.CaseView, error) {
	if n != o.view.Number {
		return ledger.CaseView{}, fault.New(fault.NotFound, "test", "", nil)
	}
	return o.view, nil
}

func (o *office) Order(id uint64) (ledger.Order, error) {
	return ledger.Order{ID: id, Kind: uint8(workflow.OrderCharge), Case: 7}, nil
}

func (o *office) Start(_ context.Context, r stamp.PaymentRequest) (string, error) {
	o.started = append(o.started, r)
	o.payment = &stamp.Payment{ID: r.ID, State: stamp.Open, Amount: r.Amount, Page: "https://stamp.example/p/1"}
	return o.payment.Page, o.fail
}

func (o *office) State(_ context.Context, _ string, asked consular.Money) (stamp.Payment, error) {
	switch {
	case o.fail != nil:
		return stamp.Payment{}, o.fail
	case o.payment == nil:
		return stamp.Payment{}, fault.New(fault.NotFound, "test", "", nil)
	}
	p := *o.payment
	if p.State == stamp.Paid && p.Amount != asked {
		p.State = stamp.WrongAmount
	}
	return p, nil
}

func (o *office) Refund(_ context.Context, _ string, n int) error {
	o.refunded = append(o.refunded, n)
	o.payment.Receipts[n-1].Refunded = true
	return o.fail
}

func (o *office) commit(_ context.Context, c ledger.Command) error {
	o.committed = append(o.committed, c.(ledger.CompleteOrder)) //nolint:forcetypeassert // what the desk commits
	return nil
}

func (o *office) pay(amounts ...int64) {
	o.payment.State = stamp.Paid
	for _, minor := range amounts {
		o.payment.Receipts = append(o.payment.Receipts, stamp.Receipt{
			Number: "R", Amount: consular.Money{Minor: minor, Currency: consular.Dirham},
		})
	}
}

func open(t *testing.T, state workflow.State, paid bool) (*office, *charge.Desk) {
	t.Helper()
	fees, err := consular.BuiltInFees()
	require.NoError(t, err)
	o := &office{now: filed.Add(time.Minute)}
	o.view.Number, o.view.Opened, o.view.Open = 7, filed.UnixMilli(), []uint64{3}
	o.view.Flow = ledger.Flow{Service: uint8(consular.RecordPolice), State: uint8(state), Paid: paid}
	d, err := charge.New(charge.Needs{
		Cluster: "rabat", Portal: "https://portal.example/", Cases: o, Service: o, Fees: fees, Commit: o.commit,
		Now: func() time.Time { return o.now },
	})
	require.NoError(t, err)
	return o, d
}

func waits(t *testing.T, err error) {
	t.Helper()
	var later gateway.Later
	require.ErrorAs(t, err, &later)
	require.True(t, later.Waiting())
}

func TestCharge(t *testing.T) {
	o, d := open(t, workflow.AwaitingPayment, false)
	order := ledger.Order{ID: 3, Case: 7}
	for range 3 {
		_, err := d.Charge(t.Context(), order)
		waits(t, err)
	}
	require.Len(t, o.started, 1, "one payment, however often it is asked")
	require.Equal(t, stamp.PaymentRequest{
		ID: "rabat-7", Amount: consular.Money{Minor: 3000, Currency: consular.Dirham}, Product: "record.police",
		Return: "https://portal.example/paid", Notice: "https://portal.example/hooks/stamp", Expires: filed.Add(48 * time.Hour),
	}, o.started[0])
	o.fail = fault.New(fault.Unavailable, "test", "", nil)
	_, err := d.Charge(t.Context(), order)
	require.True(t, fault.Is(err, fault.Unavailable))
	o.fail = nil
	o.pay(3000)
	o.payment.Amount.Minor = 100
	_, err = d.Charge(t.Context(), order)
	waits(t, err)
	o.payment.Amount.Minor = 3000
	answer, err := d.Charge(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, gateway.Answer{Event: workflow.FeePaid, Actor: workflow.Hub}, answer)
}

func TestLook(t *testing.T) {
	o, d := open(t, workflow.AwaitingPayment, false)
	s, err := d.Look(t.Context(), o.view)
	require.NoError(t, err)
	require.Equal(t, "https://stamp.example/p/1", s.Page)
	require.False(t, s.Paid)
	require.Empty(t, o.committed)
	o.pay(3000)
	require.NoError(t, d.Hint(t.Context(), "rabat-7"))
	require.NoError(t, d.Hint(t.Context(), "rabat-7"), "a doubled notice")
	require.Equal(t, uint64(3), o.committed[0].Order)
	require.Equal(t, uint8(workflow.FeePaid), o.committed[0].Event)
	for _, forged := range []string{"rabat-8", "casa-7", "rabat", "rabat-x", ""} {
		require.True(t, fault.Is(d.Hint(t.Context(), forged), fault.NotFound), forged)
	}
	o.view.Flow.State = uint8(workflow.WithIssuer)
	n := len(o.committed)
	require.NoError(t, d.Hint(t.Context(), "rabat-7"), "a late notice")
	require.Len(t, o.committed, n)
}

func TestSettle(t *testing.T) {
	for _, tc := range []struct {
		name  string
		paid  bool
		sums  []int64
		wants []int
	}{
		{"PaidOnce", true, []int64{3000}, nil},
		{"PaidTwice", true, []int64{3000, 3000}, []int{2}},
		{"WrongAmountFirst", true, []int64{100, 3000}, []int{1}},
		{"PaidTooLate", false, []int64{3000}, []int{1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, d := open(t, workflow.WithIssuer, tc.paid)
			_, err := d.Charge(t.Context(), ledger.Order{ID: 3, Case: 7})
			waits(t, err)
			o.pay(tc.sums...)
			_, err = d.Settle(t.Context(), ledger.Order{ID: 4, Case: 7})
			waits(t, err)
			_, err = d.Settle(t.Context(), ledger.Order{ID: 4, Case: 7})
			waits(t, err)
			require.Equal(t, tc.wants, o.refunded, "given back once")
			o.now = filed.Add(50 * time.Hour)
			_, err = d.Settle(t.Context(), ledger.Order{ID: 4, Case: 7})
			require.NoError(t, err)
		})
	}
	_, d := open(t, workflow.Expired, false)
	_, err := d.Settle(t.Context(), ledger.Order{ID: 4, Case: 7})
	require.NoError(t, err, "a payment that never stood")
}
