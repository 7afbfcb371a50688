package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// requestChangeBody is the body of POST /requests/{reference}/changes.
type requestChangeBody struct {
	Change   string `json:"change"` // 32 hexadecimal digits, drawn by the caller
	What     string `json:"what"`
	Pickup   string `json:"pickup,omitempty"`
	Document string `json:"document"`
	SlipCode string `json:"slip_code,omitempty"` // needed where this post has nothing to do with the request
}

// repeatBody is the body of POST /changes/{change}/repeat.
type repeatBody struct {
	Change string `json:"change"` // of the new change, drawn by the caller
}

// changesBody is the answer of GET /changes.
type changesBody struct {
	Changes []ChangeView `json:"changes"` // oldest word of the hub first
}

func changeRoutes() []Route {
	return []Route{
		{http.MethodPost, "/requests/:reference/changes", access.VisitWrite, (*API).changeRequest},
		{http.MethodGet, "/requests/:reference/changes", access.RequestRead, (*API).changesOf},
		{http.MethodGet, "/changes", access.RequestRead, (*API).listChanges},
		{http.MethodGet, "/changes/:change", access.RequestRead, (*API).showChange},
		{http.MethodPost, "/changes/:change/stand", access.VisitWrite, (*API).letStand},
		{http.MethodPost, "/changes/:change/repeat", access.VisitWrite, (*API).repeat},
	}
}

func (a *API) changeRequest(c *gin.Context, p access.Principal) {
	var in requestChangeBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	id, err := wire.ParseRecordID(in.Change)
	if err != nil {
		web.Fail(c, refuse("desk: change request", "change", consular.RuleFormat))
		return
	}
	v, err := a.desk.ChangeRequest(c.Request.Context(), p, RequestChange{
		Reference: c.Param("reference"), Record: id, What: in.What, Pickup: consular.PostID(in.Pickup), Document: in.Document,
		SlipCode: in.SlipCode,
	})
	answer(c, http.StatusOK, v, err)
}

func (a *API) changesOf(c *gin.Context, p access.Principal) {
	all, err := a.desk.ChangesOf(c.Request.Context(), p, c.Param("reference"))
	answer(c, http.StatusOK, changesBody{Changes: all}, err)
}

func (a *API) listChanges(c *gin.Context, p access.Principal) {
	all, err := a.desk.Changes(c.Request.Context(), p)
	answer(c, http.StatusOK, changesBody{Changes: all}, err)
}

// changeOf reads the change in the path. An id that is none leads nowhere.
func changeOf(c *gin.Context) (wire.RecordID, error) {
	id, err := wire.ParseRecordID(c.Param("change"))
	if err != nil || c.Param("change") != id.String() {
		return id, fault.New(fault.NotFound, "desk: read path", "", nil)
	}
	return id, nil
}

func (a *API) showChange(c *gin.Context, p access.Principal) {
	id, err := changeOf(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.desk.ChangeByID(c.Request.Context(), p, id)
	answer(c, http.StatusOK, v, err)
}

func (a *API) letStand(c *gin.Context, p access.Principal) {
	id, err := changeOf(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.desk.Stand(c.Request.Context(), p, id)
	answer(c, http.StatusOK, v, err)
}

func (a *API) repeat(c *gin.Context, p access.Principal) {
	id, err := changeOf(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	var in repeatBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	next, err := wire.ParseRecordID(in.Change)
	if err != nil {
		web.Fail(c, refuse("desk: repeat change", "change", consular.RuleFormat))
		return
	}
	v, err := a.desk.Repeat(c.Request.Context(), p, id, next)
	answer(c, http.StatusOK, v, err)
}
