package stamp

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// MaxAnswer caps an answer and a notice of the contract, in bytes.
const MaxAnswer = 64 << 10

// maxReceipts caps how often one payment can have been paid.
const maxReceipts = 32

// State is where a payment stands.
type State string

// The states of a payment. WrongAmount is ours: the service says paid, and no
// receipt is of what was asked.
const (
	Open        State = "open"
	Paid        State = "paid"
	Expired     State = "expired"
	Refunded    State = "refunded" // every receipt
	WrongAmount State = "wrong-amount"
)

// Payment is what the service says of a payment. It holds no personal data.
type Payment struct {
	ID       string         `json:"payment"`
	State    State          `json:"state"`
	Amount   consular.Money `json:"amount"`
	Page     string         `json:"page"`
	Receipts []Receipt      `json:"receipts,omitempty"` // in the order in which they came
}

// Receipt is one time that it was paid.
type Receipt struct {
	Number   string         `json:"number"`
	Time     time.Time      `json:"time"` // the legal time of payment
	Amount   consular.Money `json:"amount"`
	Refunded bool           `json:"refunded,omitempty"`
}

// against gives the payment as it is to be believed: paid only by a standing
// receipt of exactly what was asked.
func (p Payment) against(asked consular.Money) Payment {
	if p.State != Paid {
		return p
	}
	if p.Amount == asked && p.standing(asked) >= 0 {
		return p
	}
	p.State = WrongAmount
	return p
}

func (p Payment) standing(asked consular.Money) int {
	for i, r := range p.Receipts {
		if !r.Refunded && r.Amount == asked {
			return i
		}
	}
	return -1
}

// Surplus gives the numbers, from 1, of the receipts to pay back: all that
// stand but the first of exactly what was asked. It is for Connector.Refund.
func (p Payment) Surplus(asked consular.Money) (list []int) {
	kept := p.standing(asked)
	for i, r := range p.Receipts {
		if !r.Refunded && i != kept {
			list = append(list, i+1)
		}
	}
	return list
}

var (
	paymentID     = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	productForm   = regexp.MustCompile(`^[a-z0-9.-]{1,40}$`)
	receiptNumber = regexp.MustCompile(`^[A-Z0-9-]{1,40}$`)
)

const opDecode = "stamp: decode payment"

func corrupt(field string) error { return fault.New(fault.Corrupt, opDecode, field, nil) }

// DecodePayment reads the service's answer about a payment. fault.Corrupt when
// it is none or contradicts itself, fault.Unsupported for a state that this
// program does not know.
func DecodePayment(raw []byte) (Payment, error) {
	if len(raw) > MaxAnswer {
		return Payment{}, fault.New(fault.TooLarge, opDecode, strconv.Itoa(len(raw))+" bytes", nil)
	}
	var p Payment
	if json.Unmarshal(raw, &p) != nil {
		return Payment{}, corrupt("json") // the decoder's own words may quote the answer
	}
	if err := p.check(); err != nil {
		return Payment{}, err
	}
	return p, nil
}

func (p Payment) check() error {
	page, err := url.Parse(p.Page)
	switch {
	case !paymentID.MatchString(p.ID):
		return corrupt("payment")
	case p.Amount.Validate() != nil:
		return corrupt("amount")
	case err != nil || page.Host == "" || page.User != nil:
		return corrupt("page")
	case len(p.Receipts) > maxReceipts:
		return corrupt("receipts")
	}
	standing, numbers := 0, map[string]bool{}
	for _, r := range p.Receipts {
		if !receiptNumber.MatchString(r.Number) || r.Time.IsZero() || r.Amount.Validate() != nil || numbers[r.Number] {
			return corrupt("receipt")
		}
		numbers[r.Number] = true
		if !r.Refunded {
			standing++
		}
	}
	return p.agrees(standing)
}

// agrees compares the state with the receipts: a state alone is no payment.
func (p Payment) agrees(standing int) error {
	var good bool
	switch p.State {
	case Open, Expired:
		good = len(p.Receipts) == 0
	case Paid:
		good = standing > 0
	case Refunded:
		good = len(p.Receipts) > 0 && standing == 0
	case WrongAmount: // a word of ours, none of the contract
		return fault.New(fault.Unsupported, opDecode, "state", nil)
	default:
		return fault.New(fault.Unsupported, opDecode, "state", nil)
	}
	if !good {
		return corrupt("state and receipts")
	}
	return nil
}
