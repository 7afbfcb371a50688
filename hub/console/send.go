package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/hub/opener"
	"jaliya/internal/fault"
)

// send answers with an image that no cache may keep. It is wiped when it is
// written.
func send(c *gin.Context, image opener.Image) {
	defer clear(image.Data)
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Disposition", "inline")
	c.Data(http.StatusOK, image.MediaType, image.Data)
}

// noCase answers for what cannot be a reference or a label as for one that
// nobody has.
func noCase() error { return fault.New(fault.NotFound, "console: find", "", nil) }
