package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/web"
)

// payBody is the body of POST /visits/{visit}/payment.
type payBody struct {
	Method   string `json:"method"`
	Received string `json:"received"`
	Waiver   string `json:"waiver"`
}

func (a *API) pay(c *gin.Context, p access.Principal) {
	id, version, err := versioned(c)
	var in payBody
	if err == nil {
		err = web.ReadJSON(c, &in)
	}
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.desk.Pay(c.Request.Context(), p, PayInput{
		Visit: id, Version: version, Method: in.Method, Received: in.Received, Waiver: in.Waiver,
	})
	a.visit(c, http.StatusOK, v, err)
}
