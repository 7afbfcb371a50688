package paper

import (
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// SlipData is what a deposit slip says. The person keeps it: it is the receipt
// that law 55-19 asks for, and the way to follow the request.
type SlipData struct {
	Kind consular.PostKind
	Post consular.PostID
	City consular.Name // Arabic may be empty: the Latin stands in

	Reference consular.Reference
	Code      consular.SlipCode
	Follow    string // text of the QR code: an address with the token, at most 1000 bytes

	Service   consular.Service
	Applicant consular.PersonName
	Deposited consular.Date
	Promised  consular.Date // the date said to the person
	Limit     consular.Date // the date by which law asks for an answer

	Documents []consular.DocumentKind
	Fee       consular.Fee // zero when waived
	Payment   string       // number of the payment receipt, may be empty
	Before    bool         // the fee was settled with the packet that this one replaces

	Level int    // 1 to 3, the level at the moment of printing
	Proof string // short proof of the receipt as text of a second QR code; empty below level 2

	Language consular.Language // third language, may be empty; ar and fr are always there
	Staff    string            // identifier of the agent, not a name
	Printed  time.Time         // goes into the file
}

const opSlip = "paper: make slip"

// maxDocuments caps the list of papers; the published lists hold 19.
const maxDocuments = 40

// Validate refuses a slip that would say less than it must: above all one for
// a request that is not on disk yet.
func (d SlipData) Validate() error {
	for field, err := range map[string]error{
		"kind": d.Kind.Validate(), "post": d.Post.Validate(), "reference": d.Reference.Validate(),
		"code": d.Code.Validate(), "service": d.Service.Validate(), "applicant": d.Applicant.Validate(),
		"deposited": d.Deposited.Validate(), "promised": d.Promised.Validate(), "limit": d.Limit.Validate(),
	} {
		if err != nil {
			return fault.New(fault.Invalid, opSlip, field, err)
		}
	}
	switch {
	case d.City.Latin == "":
		return fault.New(fault.Invalid, opSlip, "city", nil)
	case d.Follow == "" || len(d.Follow) > maxCode || len(d.Proof) > maxCode:
		return fault.New(fault.TooLarge, opSlip, "QR text", nil)
	case d.Level < 1 || d.Level > 3:
		return fault.New(fault.Invalid, opSlip, "level", nil)
	case d.Proof != "" && d.Level < 2:
		return fault.New(fault.Invalid, opSlip, "proof below level 2", nil)
	case len(d.Documents) > maxDocuments:
		return fault.New(fault.TooLarge, opSlip, "documents", nil)
	case len(d.Fee.Lines) > 0 && d.Fee.Validate() != nil:
		return fault.New(fault.Invalid, opSlip, "fee", d.Fee.Validate())
	}
	return nil
}

// maxCode caps the text of a QR code, in bytes.
const maxCode = 1000

// city gives the city in the script of a voice.
func (d SlipData) city(v voice) string {
	if v.rtl && d.City.Arabic != "" {
		return d.City.Arabic
	}
	return d.City.Latin
}

// nameIn gives a name in the script of a voice, given name first.
func nameIn(v voice, n consular.PersonName) string {
	if v.rtl {
		return n.Given.Arabic + " " + n.Family.Arabic
	}
	return n.Given.Latin + " " + n.Family.Latin
}
