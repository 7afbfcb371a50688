package desk

import (
	"mime"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// The headers of resumable uploads, in the words of the tus protocol.
const (
	headerOffset   = "Upload-Offset"
	headerLength   = "Upload-Length"
	headerComplete = "Upload-Complete" // ?1 or ?0
	mediaOffset    = "application/offset+octet-stream"
)

// imageBody is the body of POST /visits/{visit}/images/{name}.
type imageBody struct {
	Size    int64  `json:"size"`   // bytes
	SHA256  string `json:"sha256"` // 64 hexadecimal digits
	Replace bool   `json:"replace"`
}

func (a *API) startImage(c *gin.Context, p access.Principal) {
	id, err := visitOf(c)
	var in imageBody
	if err == nil {
		err = web.ReadJSON(c, &in)
	}
	if err != nil {
		web.Fail(c, err)
		return
	}
	digest, err := wire.ParseDigest(in.SHA256)
	if err != nil {
		web.Fail(c, refuse("desk: start image", "sha256", consular.RuleFormat))
		return
	}
	s, err := a.desk.StartImage(c.Request.Context(), p, ImageInput{
		Visit: id, Name: c.Param("name"), Size: in.Size, Digest: digest, Replace: in.Replace,
	})
	if err == nil {
		progress(c, s)
	}
	answer(c, http.StatusCreated, s, err)
}

func progress(c *gin.Context, s ImageStatus) {
	c.Header(headerOffset, strconv.FormatInt(s.Offset, 10))
	c.Header(headerLength, strconv.FormatInt(s.Size, 10))
	c.Header(headerComplete, map[bool]string{true: "?1", false: "?0"}[s.Complete])
	tag(c, s.Version)
}

func (a *API) imageStatus(c *gin.Context, p access.Principal) {
	id, err := visitOf(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	s, err := a.desk.ImageStatus(c.Request.Context(), p, id, c.Param("name"))
	if err == nil {
		progress(c, s)
	}
	answer(c, http.StatusOK, s, err)
}

func (a *API) appendImage(c *gin.Context, p access.Principal) {
	const op = "desk: append image"
	id, err := visitOf(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	if media, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || media != mediaOffset {
		web.Fail(c, fault.New(fault.Unsupported, op, "", web.CodeContentType.Cause()))
		return
	}
	offset, err := strconv.ParseInt(c.GetHeader(headerOffset), 10, 64)
	if err != nil || offset < 0 {
		web.Fail(c, refuse(op, "upload_offset", consular.RuleFormat))
		return
	}
	s, err := a.desk.AppendImage(c.Request.Context(), p, AppendInput{
		Visit: id, Name: c.Param("name"), Offset: offset, Body: c.Request.Body,
	})
	if err == nil {
		progress(c, s)
	}
	answer(c, http.StatusOK, s, err)
}

func (a *API) dropImage(c *gin.Context, p access.Principal) {
	id, err := visitOf(c)
	if err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.desk.DropImage(c.Request.Context(), p, id, c.Param("name"))
	a.visit(c, http.StatusOK, v, err)
}
