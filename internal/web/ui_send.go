package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"
)

// Below so many bytes a page fits into one packet as it is.
const leastCompressed = 1 << 10

// A page is written whole before it is sent, and compressed where the browser
// takes it; both need room that the next page can use again.
var (
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	zippers = sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed+2)
		if err != nil {
			panic("web: level of compression: " + err.Error()) // a constant of this package
		}
		return w
	}}
)

// mostKept is the room that is kept for the next page: one unusual list must
// not stay in memory for ever.
const mostKept = 256 << 10

func borrow() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

func giveBack(b *bytes.Buffer) {
	if b.Cap() > mostKept {
		return
	}
	b.Reset()
	buffers.Put(b)
}

// sendHTML answers with a page, compressed where the browser takes it: half of
// those who follow a request do so over a telephone's line.
//
// That the length of what is compressed can betray what stands beside text of
// an attacker's choice (BREACH) is met elsewhere: no page holds a secret of the
// session, and other sites cannot make a browser send its cookies along.
func sendHTML(c *gin.Context, status int, page []byte) {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	if len(page) >= leastCompressed && strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		b := borrow()
		defer giveBack(b)
		z := zippers.Get().(*gzip.Writer)
		defer zippers.Put(z)
		z.Reset(b)
		_, _ = z.Write(page) // a buffer in memory takes everything
		_ = z.Close()
		h.Set("Content-Encoding", "gzip")
		page = b.Bytes()
	}
	h.Set("Content-Length", strconv.Itoa(len(page)))
	c.Status(status)
	if c.Request.Method == http.MethodHead {
		c.Writer.WriteHeaderNow()
		return
	}
	_, _ = c.Writer.Write(page) // who has gone reads nothing
}
