package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// ProblemType is the media type of a problem document.
const ProblemType = "application/problem+json"

// Problem is an RFC 9457 document.
type Problem struct {
	Type       string      `json:"type"`
	Title      string      `json:"title"`
	Status     int         `json:"status"`
	Detail     string      `json:"detail"`
	Code       string      `json:"code"`
	RequestID  string      `json:"request_id,omitempty"`
	Violations []Violation `json:"violations,omitempty"`
	Next       *Next       `json:"next,omitempty"`
}

// Violation is a broken rule at a field. The field is a name of ours.
type Violation struct {
	Field string `json:"field"`
	Rule  string `json:"rule"`
}

// Next is what the caller can do about it.
type Next struct {
	Version    uint64 `json:"version,omitempty"`
	Offset     *int64 `json:"offset,omitempty"`
	RetryAfter int    `json:"retry_after,omitempty"` // seconds
}

// StatusOf is the one translation of a fault kind into an HTTP status.
func StatusOf(kind fault.Kind) int {
	switch kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Denied:
		return http.StatusForbidden
	case fault.Exists, fault.Conflict, fault.Gap, fault.Fork, fault.Stale:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Full:
		return http.StatusInsufficientStorage
	case fault.Storage, fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Timeout:
		return http.StatusGatewayTimeout
	case fault.Unsupported:
		return http.StatusUnsupportedMediaType
	case fault.Expired, fault.Used:
		return http.StatusGone
	case fault.Corrupt, fault.Internal, fault.Other:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// codeStatus are the codes whose status is not that of their fault's kind.
func codeStatus(code Code) (int, bool) {
	switch code { //nolint:exhaustive // the others have the status of their kind
	case CodeUnauthenticated, CodeSignIn:
		return http.StatusUnauthorized, true
	case CodeLocked:
		return http.StatusLocked, true
	case CodeMethod:
		return http.StatusMethodNotAllowed, true
	case CodeJSON:
		return http.StatusBadRequest, true
	case CodeVersionRequired:
		return http.StatusPreconditionRequired, true
	case CodeAttempts:
		return http.StatusTooManyRequests, true
	default:
		return 0, false
	}
}

// ProblemOf translates an error. Only kind, code, hint and the violations of
// our own vocabulary pass; the rest of the error stays inside.
func ProblemOf(err error, lang Language) Problem {
	kind := fault.KindOf(err)
	p := Problem{Status: StatusOf(kind), Code: kind.Code()}
	if errors.Is(err, access.ErrNoIdentity) {
		err = errors.Join(CodeUnauthenticated.Cause(), err)
	}
	found := consular.ViolationsOf(err)
	if coded, ok := errors.AsType[CodedError](err); ok {
		p.Code, p.Next = string(coded.Code), coded.next()
		if status, special := codeStatus(coded.Code); special {
			p.Status = status
		}
		found = append(coded.Violations, found...)
	}
	for _, v := range found {
		p.Violations = append(p.Violations, Violation{Field: v.Field, Rule: string(v.Rule)})
	}
	text := textOf(p.Code, lang)
	p.Type, p.Title, p.Detail = "urn:jaliya:problem:"+p.Code, text.Title, text.Detail
	return p
}

func (e CodedError) next() *Next {
	n := Next{Version: e.Version, Offset: e.Offset}
	if e.RetryAfter > 0 {
		n.RetryAfter = int(e.RetryAfter.Seconds()) + 1
	}
	if n == (Next{}) {
		return nil
	}
	return &n
}

// Fail answers with the problem of err and ends the handling. What is our own
// failure is logged under the request id.
func Fail(c *gin.Context, err error) {
	p := ProblemOf(err, LanguageOf(c.Request))
	p.RequestID = RequestID(c)
	if p.Status >= http.StatusInternalServerError {
		_ = c.Error(err) // kept for the engine's log line; it gives back what it was given
	}
	switch {
	case p.Status == http.StatusUnauthorized:
		c.Header("WWW-Authenticate", `Bearer realm="jaliya"`)
	case p.Next != nil && p.Next.RetryAfter > 0:
		c.Header("Retry-After", strconv.Itoa(p.Next.RetryAfter))
	}
	c.Header("Content-Language", string(LanguageOf(c.Request)))
	write(c, p.Status, ProblemType, p)
	c.Abort()
}

// JSON answers with a value.
func JSON(c *gin.Context, status int, value any) {
	write(c, status, "application/json", value)
}

func write(c *gin.Context, status int, mediaType string, value any) {
	body, err := json.Marshal(value)
	if err != nil { // a type of ours that JSON cannot carry
		_ = c.Error(fault.New(fault.Internal, "web: write answer", "", err))
		status, mediaType, body = http.StatusInternalServerError, "text/plain", nil
	}
	if c.Request.Method == http.MethodHead {
		c.Status(status)
		return
	}
	c.Data(status, mediaType, append(body, '\n'))
}
