package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// amendBody is the body of POST /requests/{reference}/amendments.
type amendBody struct {
	Visit    string `json:"visit"` // 32 hexadecimal digits, drawn by the caller
	SlipCode string `json:"slip_code"`
}

func (a *API) amend(c *gin.Context, p access.Principal) {
	var in amendBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	id, err := wire.ParseRecordID(in.Visit)
	if err != nil {
		web.Fail(c, refuse("desk: amend request", "visit", consular.RuleFormat))
		return
	}
	v, err := a.desk.Amend(c.Request.Context(), p, AmendInput{
		Reference: c.Param("reference"), Visit: id, SlipCode: in.SlipCode,
	})
	a.visit(c, http.StatusCreated, v, err)
}

func (a *API) read(c *gin.Context, p access.Principal) {
	a.done(c, a.desk.Read(c.Request.Context(), p, c.Param("reference")))
}

// requestsBody is the answer of GET /waiting.
type requestsBody struct {
	Requests []RequestView `json:"requests"` // oldest news first
}

func (a *API) waiting(c *gin.Context, p access.Principal) {
	all, err := a.desk.Waiting(c.Request.Context(), p)
	answer(c, http.StatusOK, requestsBody{Requests: all}, err)
}
