package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// MaxJSON is the cap of a JSON body in bytes.
const MaxJSON = 64 << 10

// Rules of a body, beside those of package consular.
const (
	ruleJSON    consular.Rule = "json"           // not JSON, or something after it
	ruleType    consular.Rule = "type"           // text where a number stands, and the like
	ruleUnknown consular.Rule = "unknown-member" // a member that has no meaning here
)

// ReadJSON reads the whole body into v: one value, no unknown members, at most
// MaxJSON bytes. Errors: TooLarge, Unsupported for another content type,
// Invalid with the field, never with what stood there.
func ReadJSON(c *gin.Context, v any) error {
	const op = "web: read json"
	media, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || media != "application/json" {
		return fault.New(fault.Unsupported, op, "", CodeContentType.Cause())
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, MaxJSON))
	if err != nil {
		return readFault(op, err)
	}
	return DecodeJSON(raw, v)
}

// readFault tells a body that is too large from a caller that has gone.
func readFault(op string, err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.TooLarge, op, "body", nil)
	}
	return fault.New(fault.Timeout, op, "body", err)
}

// DecodeJSON is ReadJSON for bytes.
func DecodeJSON(raw []byte, v any) error {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return jsonFault(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed("body", ruleJSON)
	}
	return nil
}

// jsonFault keeps the name of our own field and drops the decoder's text, which
// may quote the body.
func jsonFault(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := e.Field
		if field == "" {
			field = "body"
		}
		return malformed(field, ruleType)
	}
	if found := consular.ViolationsOf(err); found != nil { // a member that reads itself
		return fault.New(fault.Invalid, "web: read json", "", CodedError{Code: CodeJSON, Violations: found})
	}
	if strings.HasPrefix(err.Error(), "json: unknown field") { // it has no type of its own
		return malformed("body", ruleUnknown)
	}
	return malformed("body", ruleJSON)
}

func malformed(field string, rule consular.Rule) error {
	return fault.New(fault.Invalid, "web: read json", "",
		CodedError{Code: CodeJSON, Violations: consular.Violations{{Field: field, Rule: rule}}})
}
