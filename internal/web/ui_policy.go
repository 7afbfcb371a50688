package web

import (
	"crypto/rand"

	"github.com/gin-gonic/gin"
)

const keyNonce = "jaliya.nonce"

// Policy is the middleware of screens: a content policy that allows nothing
// but our own files and the scripts and sheets that carry the nonce of this
// answer. Forms of other sites are refused by the engine already.
func Policy() gin.HandlerFunc {
	return func(c *gin.Context) {
		nonce := rand.Text()
		c.Set(keyNonce, nonce)
		c.Header("Content-Security-Policy", contentPolicy(nonce, ""))
		// Without any referrer a browser sends "Origin: null" with our own forms,
		// which the check of the origin has to refuse.
		c.Header("Referrer-Policy", "same-origin")
		c.Next()
	}
}

// Connect lets the scripts of this one answer ask another origin besides our
// own: a device of the workstation.
func Connect(c *gin.Context, origin string) {
	c.Header("Content-Security-Policy", contentPolicy(nonceOf(c), " "+origin))
}

// contentPolicy allows blob: pictures, because a capture is shown before it is
// sent.
func contentPolicy(nonce, connect string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; " +
		"img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'" + connect + "; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
}

func nonceOf(c *gin.Context) string { return c.GetString(keyNonce) }
