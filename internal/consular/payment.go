package consular

import "strings"

// PaymentMethod is how a fee was settled at a counter.
type PaymentMethod uint8

// The payment method numbers, append-only.
const (
	PaymentCash   PaymentMethod = 1 // in notes and coins, against a numbered receipt
	PaymentWaived PaymentMethod = 2 // nothing was taken, for a reason
)

var paymentMethodTerms = terms[PaymentMethod]{
	field: "payment_method",
	texts: []string{"", "cash", "waived"},
}

// ParsePaymentMethod reads the text of a payment method, in any letter case.
func ParsePaymentMethod(s string) (PaymentMethod, error) { return paymentMethodTerms.parse(s) }

// PaymentMethods lists all of them in the order of their numbers.
func PaymentMethods() []PaymentMethod { return paymentMethodTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (m PaymentMethod) String() string { return paymentMethodTerms.text(m) }

// Validate refuses zero and numbers that this program does not know.
func (m PaymentMethod) Validate() error {
	return broken(opValidate, paymentMethodTerms.field, paymentMethodTerms.rule(m))
}

// MarshalText gives the text; zero gives the empty text.
func (m PaymentMethod) MarshalText() ([]byte, error) { return paymentMethodTerms.marshal(m) }

// UnmarshalText reads the text; the empty text gives zero.
func (m *PaymentMethod) UnmarshalText(b []byte) error { return paymentMethodTerms.unmarshal(b, m) }

// WaiverReason is why a fee was not taken: a closed list, so that no words
// about a person stand beside an amount.
type WaiverReason uint8

// The waiver reason numbers, append-only.
const (
	WaivedPaidBefore  WaiverReason = 1 // settled with the packet that this one replaces
	WaivedPostMistake WaiverReason = 2 // the post or the network made the mistake that this request puts right
	WaivedIndigence   WaiverReason = 3 // certified want of means
	WaivedOfficial    WaiverReason = 4 // exempt by a rule or a decision of the ministry
)

var waiverReasonTerms = terms[WaiverReason]{
	field: "waiver_reason",
	texts: []string{"", "paid-before", "post-mistake", "indigence", "official"},
}

// ParseWaiverReason reads the text of a waiver reason, in any letter case.
func ParseWaiverReason(s string) (WaiverReason, error) { return waiverReasonTerms.parse(s) }

// WaiverReasons lists all of them in the order of their numbers.
func WaiverReasons() []WaiverReason { return waiverReasonTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (w WaiverReason) String() string { return waiverReasonTerms.text(w) }

// Validate refuses zero and numbers that this program does not know.
func (w WaiverReason) Validate() error {
	return broken(opValidate, waiverReasonTerms.field, waiverReasonTerms.rule(w))
}

// MarshalText gives the text; zero gives the empty text.
func (w WaiverReason) MarshalText() ([]byte, error) { return waiverReasonTerms.marshal(w) }

// UnmarshalText reads the text; the empty text gives zero.
func (w *WaiverReason) UnmarshalText(b []byte) error { return waiverReasonTerms.unmarshal(b, w) }

// Payment is how the fee of one request was settled. It is kept in the request
// beside the fee.
type Payment struct {
	Method   PaymentMethod `cbor:"1,keyasint" json:"method"`
	Due      Money         `cbor:"2,keyasint" json:"due"`                         // the total that it settles
	Received Money         `cbor:"3,keyasint,omitzero" json:"received,omitzero"`  // of cash: what lay on the counter
	Receipt  string        `cbor:"4,keyasint,omitempty" json:"receipt,omitempty"` // of cash: number of the receipt
	Waiver   WaiverReason  `cbor:"5,keyasint,omitempty" json:"waiver,omitempty"`
	On       Date          `cbor:"6,keyasint" json:"on"` // day at the post
	By       string        `cbor:"7,keyasint" json:"by"` // staff id of who took or waived it
}

// MaxReceipt is the longest receipt number, in bytes.
const MaxReceipt = 40

// Change gives what was handed back.
func (p Payment) Change() Money {
	return Money{Minor: max(0, p.Received.Minor-p.Due.Minor), Currency: p.Due.Currency}
}

// Validate checks that cash covers what is due against a receipt, and that a
// waiver has a reason. Paths begin with "payment".
func (p Payment) Validate() error {
	var c checks
	c.add("payment.method", paymentMethodTerms.rule(p.Method))
	if p.Due.Validate() != nil {
		c.add("payment.due", RuleRange)
	}
	c.add("payment.on", p.On.rule())
	if p.By == "" {
		c.add("payment.by", RuleRequired)
	}
	switch p.Method {
	case PaymentCash:
		p.checkCash(&c)
	case PaymentWaived:
		c.add("payment.waiver", waiverReasonTerms.rule(p.Waiver))
		if p.Receipt != "" || p.Received != (Money{}) {
			c.add("payment.receipt", RuleNotAllowed)
		}
	}
	return c.err()
}

func (p Payment) checkCash(c *checks) {
	switch {
	case p.Received.Validate() != nil || p.Received.Currency != p.Due.Currency:
		c.add("payment.received", RuleFormat)
	case p.Received.Minor < p.Due.Minor:
		c.add("payment.received", RuleRange)
	}
	switch {
	case p.Receipt == "":
		c.add("payment.receipt", RuleRequired)
	case len(p.Receipt) > MaxReceipt || strings.ContainsFunc(p.Receipt, notReceipt):
		c.add("payment.receipt", RuleFormat)
	}
	if p.Waiver != 0 {
		c.add("payment.waiver", RuleNotAllowed)
	}
}

func notReceipt(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z')
}
