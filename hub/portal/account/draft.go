package account

import (
	"crypto/rand"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// consentVersion names the text that a person agrees to. Whoever changes the
// text changes the version: a test holds the two together.
const consentVersion = "record-online/1"

// draft is a request that is being made; it is in the session alone.
type draft struct {
	service     consular.Service
	helpFor     string // authority, of the help to choose
	purpose     consular.Purpose
	text        string // of purpose "other"
	country     consular.Country
	legal       consular.Legalization
	mode        consular.DeliveryMode
	postCountry consular.Country
	post        consular.PostID
	phone       consular.Phone
	email       consular.Email
	language    consular.Language
	agreed      time.Time
	agreedIn    consular.Language
	filing      *filing
}

// filing is the request as it is about to be sent.
type filing struct {
	token     string // of the page that was looked at
	record    wire.RecordID
	reference consular.Reference
	slip      consular.SlipCode
	act       act
}

// filed is a request that was sent in this session. It shows itself nowhere but
// on its own page.
type filed struct {
	token     string
	reference consular.Reference
	slip      consular.SlipCode
	service   consular.Service
}

// maxFiled caps how many are remembered.
const maxFiled = 16

// newCode draws a code that a person brings along.
func newCode() (consular.SlipCode, error) { return consular.NewSlipCode(rand.Reader) }

// newFiling draws what names a request.
func newFiling() (*filing, error) {
	ref, err := consular.NewReference(rand.Reader)
	if err != nil {
		return nil, err
	}
	slip, err := newCode()
	return &filing{token: rand.Text(), record: newRecord(), reference: ref, slip: slip}, err
}

func (d *draft) begun() bool { return d.service != 0 || d.purpose != 0 }

// sent reports whether an entry was sent and nobody knows what became of it.
func (d *draft) sent() bool { return d.filing != nil && d.filing.act.entry != nil }

// changed forgets what was drawn for the answers as they were.
func (d *draft) changed() { d.filing = nil }

// The steps of a request, in their order.
const (
	stepWhich    = "which"
	stepUse      = "use"
	stepLegal    = "legalization"
	stepDelivery = "delivery"
	stepPost     = "post"
	stepContact  = "contact"
	stepConsent  = "consent"
	stepReview   = "review"
)

// steps lists those that the draft needs.
func (d *draft) steps() []string {
	list := []string{stepWhich, stepUse, stepLegal, stepDelivery}
	if d.mode == consular.DeliverCollect {
		list = append(list, stepPost)
	}
	return append(list, stepContact, stepConsent, stepReview)
}

// answered reports whether a step has its answer.
func (d *draft) answered(step string) bool {
	switch step {
	case stepWhich:
		return d.service != 0
	case stepUse:
		return d.purpose != 0 && d.country != ""
	case stepLegal:
		return d.legal != 0
	case stepDelivery:
		return d.mode != 0
	case stepPost:
		return d.post != ""
	case stepContact:
		return d.language != "" && (d.phone != "" || d.email != "")
	case stepConsent:
		return !d.agreed.IsZero()
	default:
		return false
	}
}

// next gives the first step without an answer.
func (d *draft) next() string {
	list := d.steps()
	for _, step := range list {
		if !d.answered(step) {
			return step
		}
	}
	return stepReview
}

// stepPath is the page of a step.
func stepPath(step string) string {
	if step == stepWhich {
		return "/ask"
	}
	return "/ask/" + step
}
