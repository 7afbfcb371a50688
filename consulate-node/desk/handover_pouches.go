package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/web"
)

// pouchesBody is the answer of GET /pouches.
type pouchesBody struct {
	Pouches []handover.PouchView `json:"pouches"` // newest first
}

func (a *HandoverAPI) pouches(c *gin.Context, p access.Principal) {
	list, err := a.handover.Pouches(c.Request.Context(), p)
	answer(c, http.StatusOK, pouchesBody{Pouches: list}, err)
}

func (a *HandoverAPI) pouch(c *gin.Context, p access.Principal) {
	v, err := a.handover.Pouch(c.Request.Context(), p, c.Param("pouch"))
	answer(c, http.StatusOK, v, err)
}

func (a *HandoverAPI) arrive(c *gin.Context, p access.Principal) {
	v, err := a.handover.Arrive(c.Request.Context(), p, c.Param("pouch"))
	answer(c, http.StatusOK, v, err)
}

// openBody is the body of POST /pouches/{pouch}/open.
type openBody struct {
	Second  secondBody `json:"second"`
	Seal    string     `json:"seal"` // number as read on the bag
	Broken  bool       `json:"broken"`
	Remarks string     `json:"remarks"`
}

func (a *HandoverAPI) open(c *gin.Context, p access.Principal) {
	var in openBody
	err := web.ReadJSON(c, &in)
	var second access.Principal
	if err == nil {
		second, err = a.second(c, in.Second)
	}
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.Open(c.Request.Context(), p, handover.OpenInput{
		Pouch: c.Param("pouch"), Second: second, Seal: in.Seal, Broken: in.Broken, Remarks: in.Remarks,
	})
	answer(c, http.StatusOK, v, err)
}

// scanBody is the body of POST /pouches/{pouch}/scan.
type scanBody struct {
	Serial    string `json:"serial"`
	Reference string `json:"reference"` // on the card's envelope, when there is one
	Damaged   bool   `json:"damaged"`
	Remarks   string `json:"remarks"`
}

func (a *HandoverAPI) scan(c *gin.Context, p access.Principal) {
	var in scanBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.Scan(c.Request.Context(), p, handover.ScanInput{
		Pouch: c.Param("pouch"), Serial: in.Serial, Reference: in.Reference, Damaged: in.Damaged, Remarks: in.Remarks,
	})
	answer(c, http.StatusOK, v, err)
}

// reconcileBody is the body of POST /pouches/{pouch}/reconcile.
type reconcileBody struct {
	Missing int    `json:"missing"` // how many cards are not there, counted by hand
	Remarks string `json:"remarks"`
}

func (a *HandoverAPI) reconcile(c *gin.Context, p access.Principal) {
	var in reconcileBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.handover.Reconcile(c.Request.Context(), p, handover.ReconcileInput{
		Pouch: c.Param("pouch"), Missing: in.Missing, Remarks: in.Remarks,
	})
	answer(c, http.StatusOK, v, err)
}
