package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// wordsMethod are how a card is destroyed; the place is the number.
var wordsMethod = []string{"", "cut", "shredded", "burned"}

// leaveRoutes are the ways in which a card leaves the post other than into a
// hand (domain.md G.1, rows 26 and 27).
func leaveRoutes() []HandoverRoute {
	const card = "/cards/:reference"
	return []HandoverRoute{
		{http.MethodPost, card + "/transfer", access.HandoverWrite, (*HandoverAPI).askTransfer},
		{http.MethodPost, card + "/transfer/withdraw", access.HandoverWrite, (*HandoverAPI).withdrawTransfer},
		{http.MethodPost, card + "/transfer/send", access.PouchOpen, (*HandoverAPI).sendTransfer},
		{http.MethodPost, card + "/reclaim", access.HandoverWrite, (*HandoverAPI).reclaim},
		{http.MethodPost, card + "/send-back", access.HandoverWrite, (*HandoverAPI).sendBack},
		{http.MethodPost, card + "/destroy", access.HandoverWrite, (*HandoverAPI).destroy},
	}
}

// transferBody is the body of POST /cards/{reference}/transfer.
type transferBody struct {
	Post string `json:"post"` // where the person wants to collect
}

func (a *HandoverAPI) askTransfer(c *gin.Context, p access.Principal) {
	var in transferBody
	err := web.ReadJSON(c, &in)
	var to consular.PostID
	if err == nil {
		to, err = consular.ParsePostID(in.Post)
	}
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.AskTransfer(c.Request.Context(), p, c.Param("reference"), to)
	answer(c, http.StatusOK, v, err)
}

func (a *HandoverAPI) withdrawTransfer(c *gin.Context, p access.Principal) {
	v, err := a.handover.WithdrawTransfer(c.Request.Context(), p, c.Param("reference"))
	answer(c, http.StatusOK, v, err)
}

// bagBody is the body of POST /cards/{reference}/transfer/send and /send-back.
type bagBody struct {
	Second  secondBody `json:"second"`
	Pouch   string     `json:"pouch"`
	Remarks string     `json:"remarks"`
}

func (a *HandoverAPI) sendTransfer(c *gin.Context, p access.Principal) {
	var in bagBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.SendTransfer(c.Request.Context(), p, c.Param("reference"), in.Pouch)
	answer(c, http.StatusOK, v, err)
}

func (a *HandoverAPI) reclaim(c *gin.Context, p access.Principal) {
	v, err := a.handover.Reclaim(c.Request.Context(), p, c.Param("reference"))
	answer(c, http.StatusOK, v, err)
}

func (a *HandoverAPI) sendBack(c *gin.Context, p access.Principal) {
	var in bagBody
	err := web.ReadJSON(c, &in)
	var second access.Principal
	if err == nil {
		second, err = a.second(c, in.Second)
	}
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.SendBack(c.Request.Context(), p, handover.SendBackInput{
		Reference: c.Param("reference"), Pouch: in.Pouch, Second: second, Remarks: in.Remarks,
	})
	answer(c, http.StatusOK, v, err)
}

// destroyBody is the body of POST /cards/{reference}/destroy.
type destroyBody struct {
	Second  secondBody `json:"second"`
	Serial  string     `json:"serial"`
	Method  string     `json:"method"`
	Witness string     `json:"witness"`
	Remarks string     `json:"remarks"`
}

func (b destroyBody) input(reference string) (handover.DestroyInput, error) {
	var found consular.Violations
	in := handover.DestroyInput{
		Reference: reference, Serial: b.Serial, Witness: b.Witness, Remarks: b.Remarks,
		Method: word[wire.DestroyMethod](&found, "method", b.Method, wordsMethod),
	}
	if found != nil {
		return in, refuse("desk: destroy card", "method", consular.RuleUnknown)
	}
	return in, nil
}

func (a *HandoverAPI) destroy(c *gin.Context, p access.Principal) {
	var body destroyBody
	err := web.ReadJSON(c, &body)
	var in handover.DestroyInput
	if err == nil {
		in, err = body.input(c.Param("reference"))
	}
	if err == nil {
		in.Second, err = a.second(c, body.Second)
	}
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.Destroy(c.Request.Context(), p, in)
	answer(c, http.StatusOK, v, err)
}

// endTyped judges what can be wrong by itself at the end of a card, before a
// second person's code is used up.
func endTyped(label string, in handover.DestroyInput, back bool) error {
	const op = "desk: end card"
	if back {
		_, err := consular.ParsePouchID(label)
		return asField(err, "pouch", "label")
	}
	var found consular.Violations
	if _, err := wire.ParseSerial(in.Serial); err != nil {
		found = append(found, consular.Violation{Field: "serial", Rule: consular.RuleFormat})
	}
	if in.Method == 0 {
		found = append(found, consular.Violation{Field: "method", Rule: consular.RuleRequired})
	}
	if found != nil {
		return fault.New(fault.Invalid, op, "", web.CodedError{Code: web.Code(fault.Invalid.Code()), Violations: found})
	}
	return nil
}
