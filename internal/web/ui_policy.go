package web

import (
	"crypto/rand"
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/fault"
)

const keyNonce = "jaliya.nonce"

// Policy is the middleware of screens: a content policy that allows nothing
// but our own files and the scripts and sheets that carry the nonce of this
// answer, and the refusal of forms that another site sends.
func Policy() gin.HandlerFunc {
	var origin http.CrossOriginProtection
	return func(c *gin.Context) {
		nonce := rand.Text()
		c.Set(keyNonce, nonce)
		c.Header("Content-Security-Policy", contentPolicy(nonce))
		if err := origin.Check(c.Request); err != nil {
			Fail(c, fault.New(fault.Denied, "web: check origin", "", err))
			return
		}
		c.Next()
	}
}

// contentPolicy allows blob: pictures, because a capture is shown before it is
// sent.
func contentPolicy(nonce string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; " +
		"img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
}

func nonceOf(c *gin.Context) string { return c.GetString(keyNonce) }
