package peer

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"jaliya/internal/fault"
)

// AnswerError is an answer that says no, as its problem document has it.
type AnswerError struct {
	Status int
	Code   string        // of the contract's form, or empty
	After  time.Duration // Retry-After, zero when not given
	Body   []byte        // beginning of what it says in Media.No
}

// mostBody is how much of an answer that says no is given on, in bytes.
const mostBody = 256

// Error gives status and code: numbers and small letters of the contract.
func (a *AnswerError) Error() string { return "HTTP " + strconv.Itoa(a.Status) + " " + a.Code }

var errRedirect = errors.New("a redirect, which the contract does not have")

// saysNo reports whether the system is well and says no to this question.
func saysNo(err error) bool {
	a, ok := errors.AsType[*AnswerError](err)
	return ok && a.Status < http.StatusInternalServerError && a.Status != http.StatusTooManyRequests
}

// Problem is the part of an RFC 9457 document that connectors act on.
type Problem struct {
	Code string `json:"code"`
}

var problemCode = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// DecodeProblem reads a problem document. A code that is none of the
// contract's form is left out, so that nothing foreign gets into a log.
func DecodeProblem(raw []byte) (Problem, error) {
	var p Problem
	if err := json.Unmarshal(raw, &p); err != nil {
		return Problem{}, fault.New(fault.Corrupt, "peer: decode problem", "json", nil)
	}
	if !problemCode.MatchString(p.Code) {
		p.Code = ""
	}
	return p, nil
}

// longestRetryAfter caps what a system may ask us to wait.
const longestRetryAfter = time.Hour

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 86400))*time.Second, longestRetryAfter)
}

func kindOfStatus(status int) fault.Kind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Denied
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusConflict:
		return fault.Exists
	case http.StatusRequestEntityTooLarge:
		return fault.TooLarge
	case http.StatusUnsupportedMediaType, http.StatusMethodNotAllowed:
		return fault.Unsupported
	case http.StatusTooManyRequests:
		return fault.Unavailable
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return fault.Timeout
	}
	if status >= http.StatusInternalServerError {
		return fault.Unavailable
	}
	return fault.Invalid
}

// KindOfTransport says whether no answer came in time, or none could.
func KindOfTransport(err error) fault.Kind {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fault.Timeout
	}
	return fault.Unavailable
}

// CauseOf says in our own words what a transport error was: its own text has
// addresses and whatever the other side sent.
func CauseOf(err error) error {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return errors.New("no connection")
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errors.New("no answer in time")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the connection ended before an answer")
	}
	return errors.New("no secure connection or no answer")
}
