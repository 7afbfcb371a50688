package desk

import (
	"net"
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/web"
)

func (a *API) request(c *gin.Context, p access.Principal) {
	v, err := a.desk.Get(c.Request.Context(), p, c.Param("reference"))
	answer(c, http.StatusOK, v, err)
}

// proofBody is the answer of GET /requests/{reference}/receipt.
type proofBody struct {
	Proof string `json:"proof"` // "JR1-...", to be printed
}

func (a *API) receipt(c *gin.Context, p access.Principal) {
	proof, err := a.desk.Receipt(c.Request.Context(), p, c.Param("reference"))
	answer(c, http.StatusOK, proofBody{Proof: proof}, err)
}

// followBody is the body of POST /follow: neither stands in a URL, since URLs
// are kept where nobody thinks of it.
type followBody struct {
	Reference string `json:"reference"`
	SlipCode  string `json:"slip_code"`
}

func (a *API) follow(c *gin.Context, p access.Principal) {
	var in followBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	client, _, err := net.SplitHostPort(c.Request.RemoteAddr)
	if err != nil {
		client = c.Request.RemoteAddr
	}
	v, err := a.desk.Follow(c.Request.Context(), p, FollowInput{
		Reference: in.Reference, SlipCode: in.SlipCode, Client: client,
	})
	answer(c, http.StatusOK, v, err)
}

func (a *API) queue(c *gin.Context, p access.Principal) {
	q, err := a.desk.Queue(c.Request.Context(), p)
	answer(c, http.StatusOK, q, err)
}

func (a *API) status(c *gin.Context, p access.Principal) {
	s, err := a.desk.Status(c.Request.Context(), p)
	answer(c, http.StatusOK, s, err)
}
