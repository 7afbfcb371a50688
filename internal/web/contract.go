package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"
)

// ContractPath is where a surface serves its OpenAPI document.
const ContractPath = "/openapi.json"

// ServeContract serves an OpenAPI document to everybody. It is the same for all
// and no secret, so that it may be kept, and asked for anew by its entity tag.
func ServeContract(e gin.IRoutes, document []byte) {
	sum := sha256.Sum256(document)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	answer := func(c *gin.Context) {
		c.Header("ETag", tag)
		c.Header("Cache-Control", "public, max-age=300")
		if c.GetHeader("If-None-Match") == tag {
			c.Status(http.StatusNotModified)
			return
		}
		c.Data(http.StatusOK, "application/json", document)
	}
	e.GET(ContractPath, answer)
	e.HEAD(ContractPath, answer)
}

// TextOf gives the words of a code, the general ones for one that has none.
func TextOf(code Code, lang Language) Text { return textOf(string(code), lang) }
