package desk

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// beginBody is the body of POST /visits.
type beginBody struct {
	Visit   string           `json:"visit"` // 32 hexadecimal digits, drawn by the caller
	Service consular.Service `json:"service"`
	Pickup  consular.PostID  `json:"pickup"`
	// Protected: an adult for whom a guardian acts.
	Protected bool `json:"protected"`
}

func (a *API) begin(c *gin.Context, p access.Principal) {
	var in beginBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	id, err := wire.ParseRecordID(in.Visit)
	if err != nil {
		web.Fail(c, refuse("desk: begin visit", "visit", consular.RuleFormat))
		return
	}
	v, err := a.desk.Begin(c.Request.Context(), p, BeginInput{Visit: id, Service: in.Service, Pickup: in.Pickup, Protected: in.Protected})
	a.visit(c, http.StatusCreated, v, err)
}

// visit answers with a visit and its version as the entity tag.
func (a *API) visit(c *gin.Context, status int, v View, err error) {
	if err == nil {
		tag(c, v.Version)
		c.Header("Location", APIPrefix+"/visits/"+v.Visit)
	}
	answer(c, status, v, err)
}

// visitsBody is the answer of GET /visits.
type visitsBody struct {
	Visits []Summary `json:"visits"` // oldest first
}

func (a *API) list(c *gin.Context, p access.Principal) {
	drafts, err := a.desk.Drafts(c.Request.Context(), p)
	answer(c, http.StatusOK, visitsBody{Visits: drafts}, err)
}

func (a *API) show(c *gin.Context, p access.Principal) {
	id, err := visitOf(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.desk.Draft(c.Request.Context(), p, id)
	a.visit(c, http.StatusOK, v, err)
}

// changeBody is the body of PATCH /visits/{visit}.
type changeBody struct {
	Service consular.Service `json:"service"`
	Pickup  consular.PostID  `json:"pickup"`
	// Protected is absent when it stays as it is.
	Protected *bool `json:"protected"`
}

func (a *API) change(c *gin.Context, p access.Principal) {
	id, version, err := versioned(c)
	var in changeBody
	if err == nil {
		err = web.ReadJSON(c, &in)
	}
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.desk.Change(c.Request.Context(), p, ChangeInput{
		Visit: id, Version: version, Service: in.Service, Pickup: in.Pickup, Protected: in.Protected,
	})
	a.visit(c, http.StatusOK, v, err)
}

func (a *API) discard(c *gin.Context, p access.Principal) {
	id, version, err := versioned(c)
	if err == nil {
		err = a.desk.Discard(c.Request.Context(), p, id, version)
	}
	a.done(c, err)
}

// done answers without a body.
func (a *API) done(c *gin.Context, err error) {
	if err != nil {
		web.Fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// put saves the group as it was typed.
func (g Group) put(a *API, c *gin.Context, p access.Principal) {
	id, version, err := versioned(c)
	var form Form
	if err == nil {
		form, err = NewForm(g)
	}
	if err == nil {
		err = web.ReadJSON(c, form)
	}
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.desk.Put(c.Request.Context(), p, PutInput{Visit: id, Version: version, Form: form})
	a.visit(c, http.StatusOK, v, err)
}

func (a *API) review(c *gin.Context, p access.Principal) {
	id, err := visitOf(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.desk.Review(c.Request.Context(), p, id)
	tag(c, v.Version)
	answer(c, http.StatusOK, v, err)
}

// releasedBody is the answer of POST /visits/{visit}/release. It is the one
// place where a slip code stands in an answer.
type releasedBody struct {
	Visit      string             `json:"visit"`
	Reference  consular.Reference `json:"reference"`
	Printed    string             `json:"reference_printed"`
	SlipCode   string             `json:"slip_code,omitempty"`
	SlipIssued bool               `json:"slip_issued"` // the code was handed over, or its time is past
	Level      string             `json:"level"`
	Position   PositionView       `json:"position"`
	At         time.Time          `json:"released_at"`
	Repeated   bool               `json:"repeated"`
	Amended    bool               `json:"amended"`
}

func (a *API) release(c *gin.Context, p access.Principal) {
	id, version, err := versioned(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	r, err := a.desk.Release(c.Request.Context(), p, id, version)
	answer(c, http.StatusOK, releasedBody{
		Visit: r.Visit.String(), Reference: r.Reference, Printed: r.Reference.String(), SlipCode: string(r.SlipCode),
		SlipIssued: r.SlipCode == "", Level: string(r.Level), Position: positionView(r.Position),
		At: r.At, Repeated: r.Repeated, Amended: r.Amended,
	}, err)
}

func (a *API) slipGiven(c *gin.Context, p access.Principal) {
	id, err := visitOf(c)
	if err == nil {
		err = a.desk.SlipGiven(c.Request.Context(), p, id)
	}
	a.done(c, err)
}
