package consular_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
)

func TestPayment(t *testing.T) {
	t.Parallel()
	t.Run("OKPaymentMethod", closed(consular.ParsePaymentMethod, consular.PaymentMethods(), "cash waived"))
	t.Run("OKWaiverReason", closed(consular.ParseWaiverReason, consular.WaiverReasons(), "paid-before post-mistake indigence official"))
	cash := consular.Payment{
		Method: consular.PaymentCash, Due: consular.MAD(105), Received: consular.MAD(110), Receipt: "FR-LYO-2026-0007-00001",
		On: "2026-11-22", By: "s1",
	}
	waived := consular.Payment{
		Method: consular.PaymentWaived, Due: consular.MAD(105), Waiver: consular.WaivedIndigence, On: "2026-11-22", By: "s1",
	}
	require.Equal(t, consular.MAD(5), cash.Change())
	require.Equal(t, consular.MAD(0), waived.Change())
	euro := consular.Money{Minor: 10500, Currency: "EUR"}
	for name, c := range map[string]struct {
		of     consular.Payment
		change func(*consular.Payment)
		field  string
	}{
		"OKCash":          {cash, func(*consular.Payment) {}, ""},
		"OKExact":         {cash, func(p *consular.Payment) { p.Received = p.Due }, ""},
		"OKWaived":        {waived, func(*consular.Payment) {}, ""},
		"ErrMethod":       {cash, func(p *consular.Payment) { p.Method = 9 }, "payment.method"},
		"ErrDue":          {cash, func(p *consular.Payment) { p.Due.Minor = -1 }, "payment.due"},
		"ErrShort":        {cash, func(p *consular.Payment) { p.Received.Minor = 10499 }, "payment.received"},
		"ErrCurrency":     {cash, func(p *consular.Payment) { p.Received = euro }, "payment.received"},
		"ErrNoReceipt":    {cash, func(p *consular.Payment) { p.Receipt = "" }, "payment.receipt"},
		"ErrReceipt":      {cash, func(p *consular.Payment) { p.Receipt = "Benali" }, "payment.receipt"},
		"ErrCashWaived":   {cash, func(p *consular.Payment) { p.Waiver = consular.WaivedOfficial }, "payment.waiver"},
		"ErrNoReason":     {waived, func(p *consular.Payment) { p.Waiver = 0 }, "payment.waiver"},
		"ErrWaivedIsPaid": {waived, func(p *consular.Payment) { p.Receipt = "FR-1" }, "payment.receipt"},
		"ErrDay":          {waived, func(p *consular.Payment) { p.On = "2026-02-30" }, "payment.on"},
		"ErrNobody":       {waived, func(p *consular.Payment) { p.By = "" }, "payment.by"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.of
			c.change(&p)
			found := consular.ViolationsOf(p.Validate())
			if c.field == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Equal(t, c.field, found[0].Field)
		})
	}
}
