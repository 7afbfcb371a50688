package desk

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// searchBody is the body of POST /cards/search: a name stands in no URL.
type searchBody struct {
	Text string `json:"text"`
}

func (a *HandoverAPI) search(c *gin.Context, p access.Principal) {
	var in searchBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.Find(c.Request.Context(), p, in.Text)
	answer(c, http.StatusOK, v, err)
}

func (a *HandoverAPI) stock(c *gin.Context, p access.Principal) {
	v, err := a.handover.Stock(c.Request.Context(), p)
	answer(c, http.StatusOK, v, err)
}

func (a *HandoverAPI) card(c *gin.Context, p access.Principal) {
	v, err := a.handover.Card(c.Request.Context(), p, c.Param("reference"))
	answer(c, http.StatusOK, v, err)
}

// shelveBody is the body of POST /cards/{reference}/shelve.
type shelveBody struct {
	Safe      string `json:"safe"`
	Box       string `json:"box"`
	Defective bool   `json:"defective"` // it failed the read test
	Remarks   string `json:"remarks"`
}

func (a *HandoverAPI) shelve(c *gin.Context, p access.Principal) {
	var in shelveBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.Shelve(c.Request.Context(), p, handover.ShelveInput{
		Reference: c.Param("reference"), Safe: in.Safe, Box: in.Box, Defective: in.Defective, Remarks: in.Remarks,
	})
	answer(c, http.StatusOK, v, err)
}

// The words of the API for the numbers of the format; the place is the number.
var (
	wordsReceiver = []string{"", "person", "guardian"}
	wordsDocument = []string{"", "old-card", "passport", "residence", "other"}
	wordsPrint    = []string{"", "matched", "none", "unreadable", "differs"}
	wordsOldCard  = []string{"", "taken", "lost", "none"}
	wordsFailed   = []string{"", "face", "print", "document"}
)

// word gives the number of a word; a word that is none is noted at its field.
func word[T ~uint8](found *consular.Violations, field, text string, words []string) T {
	i := slices.Index(words, text)
	if i < 0 {
		*found = append(*found, consular.Violation{Field: field, Rule: consular.RuleUnknown})
		return 0
	}
	return T(i)
}

// checkBody is the body of POST /cards/{reference}/check.
type checkBody struct {
	Attempt string `json:"attempt"` // 32 hexadecimal digits, drawn by the caller
	Failed  string `json:"failed"`
	Remarks string `json:"remarks"`
}

func (a *HandoverAPI) check(c *gin.Context, p access.Principal) {
	const op = "desk: check identity"
	var in checkBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	attempt, err := wire.ParseRecordID(in.Attempt)
	if err != nil {
		web.Fail(c, refuse(op, "attempt", consular.RuleFormat))
		return
	}
	var found consular.Violations
	failed := word[wire.FailedCheck](&found, "failed", in.Failed, wordsFailed)
	if found != nil {
		web.Fail(c, refuse(op, "failed", consular.RuleUnknown))
		return
	}
	v, err := a.handover.Check(c.Request.Context(), p, handover.CheckInput{
		Attempt: attempt, Reference: c.Param("reference"), Failed: failed, Remarks: in.Remarks,
	})
	answer(c, http.StatusOK, v, err)
}

// giveBody is the body of POST /cards/{reference}/handover.
type giveBody struct {
	Second    secondBody `json:"second"`
	Serial    string     `json:"serial"`
	Receiver  string     `json:"receiver"`
	Guardian  string     `json:"guardian"`
	Document  string     `json:"document"`
	Face      bool       `json:"face"`
	Print     string     `json:"print"`
	Receipt   bool       `json:"receipt"`
	SlipCode  string     `json:"slip_code"`
	OldCard   string     `json:"old_card"`
	OldSerial string     `json:"old_serial"`
	PIN       bool       `json:"pin_letter"`
	Remarks   string     `json:"remarks"`
}

func (b giveBody) input(reference string, second access.Principal) (handover.GiveInput, error) {
	var found consular.Violations
	in := handover.GiveInput{
		Reference: reference, Serial: b.Serial, Guardian: b.Guardian, Face: b.Face, Receipt: b.Receipt,
		SlipCode: b.SlipCode, OldSerial: b.OldSerial, PIN: b.PIN, Remarks: b.Remarks, Second: second,
		Receiver: word[wire.Receiver](&found, "receiver", b.Receiver, wordsReceiver),
		Document: word[wire.ShownDocument](&found, "document", b.Document, wordsDocument),
		Print:    word[wire.PrintCheck](&found, "print", b.Print, wordsPrint),
		OldCard:  word[wire.OldCard](&found, "old_card", b.OldCard, wordsOldCard),
	}
	if found != nil {
		return in, refuseAll("desk: hand card over", fault.Invalid, web.CodedError{
			Code: web.Code(fault.Invalid.Code()), Violations: found,
		})
	}
	return in, nil
}

func (a *HandoverAPI) give(c *gin.Context, p access.Principal) {
	var body giveBody
	err := web.ReadJSON(c, &body)
	var second access.Principal
	if err == nil {
		second, err = a.second(c, body.Second)
	}
	var in handover.GiveInput
	if err == nil {
		in, err = body.input(c.Param("reference"), second)
	}
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.Give(c.Request.Context(), p, in)
	answer(c, http.StatusOK, v, err)
}
