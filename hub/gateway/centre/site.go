package centre

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// site speaks the contract with one production site.
type site struct {
	SiteConfig

	key     seal.PostPublic
	token   string
	client  *http.Client
	gate    *gate
	timeout time.Duration
	sending time.Duration
	metrics *Metrics
}

// answerError is an answer that says no, as its problem document has it.
type answerError struct {
	status int
	code   string
	after  time.Duration // Retry-After, zero when not given
}

// Error gives status and code: numbers and small letters of the contract.
func (a *answerError) Error() string { return "HTTP " + strconv.Itoa(a.status) + " " + a.code }

var errRedirect = errors.New("a redirect, which the contract does not have")

func (s *site) capacity(ctx context.Context) (Capacity, error) {
	const op = "centre: ask capacity"
	var c Capacity
	err := s.ask(ctx, question{op: op, method: http.MethodGet, path: "/v1/capacity", read: func(raw []byte) (err error) {
		if c, err = DecodeCapacity(raw); err == nil && c.Number != s.Number {
			err = fault.New(fault.Denied, op, s.Name, errors.New("another site answers at this address"))
		}
		return err
	}})
	return c, err
}

// job asks about a job; fault.NotFound when the site does not know it.
func (s *site) job(ctx context.Context, id string) (Job, error) {
	return s.askJob(ctx, id, question{op: "centre: ask job", method: http.MethodGet, path: "/v1/jobs/" + id})
}

// put sends a job; a repeat is answered as the first was.
func (s *site) put(ctx context.Context, id string, o order) (Job, error) {
	const op = "centre: send job"
	body, err := json.Marshal(o)
	if err != nil {
		return Job{}, fault.New(fault.Internal, op, id, err)
	}
	if len(body) > MaxRequest {
		return Job{}, fault.New(fault.TooLarge, op, id, errors.New(strconv.Itoa(len(body))+" bytes"))
	}
	return s.askJob(ctx, id, question{op: op, method: http.MethodPut, path: "/v1/jobs/" + id, body: body, limit: s.sending})
}

// cancel takes a job back, known there or not.
func (s *site) cancel(ctx context.Context, id string) (Job, error) {
	return s.askJob(ctx, id, question{
		op: "centre: cancel job", method: http.MethodPut, path: "/v1/jobs/" + id + "/cancellation", body: []byte("{}"),
	})
}

func (s *site) askJob(ctx context.Context, id string, q question) (Job, error) {
	var j Job
	q.read = func(raw []byte) (err error) {
		if j, err = DecodeJob(raw); err == nil && j.ID != id {
			err = corrupt("another job")
		}
		return err
	}
	err := s.ask(ctx, q)
	return j, err
}

type question struct {
	op, method, path string
	body             []byte
	limit            time.Duration // zero: the usual one
	read             func(raw []byte) error
}

// ask puts a question, unless the site is left alone, and reads a good answer.
// What it counts against the site: no answer, half of one, one that is not of
// the contract, 429 and 5xx.
func (s *site) ask(parent context.Context, q question) error {
	if !s.gate.ask() {
		return fault.New(fault.Unavailable, q.op, s.Name, errors.New("left alone after failures"))
	}
	limit := q.limit
	if limit == 0 {
		limit = s.timeout
	}
	ctx, cancel := context.WithTimeout(parent, limit)
	defer cancel()
	raw, err := s.exchange(ctx, q)
	if err == nil {
		err = q.read(raw)
	}
	s.metrics.asked(s.Name, q.op, err)
	if err != nil && parent.Err() != nil {
		s.gate.gaveUp()
		return err
	}
	s.gate.answered(err == nil || saysNo(err))
	return err
}

// saysNo reports whether the site is well and says no to this question.
func saysNo(err error) bool {
	a, ok := errors.AsType[*answerError](err)
	return ok && a.status < http.StatusInternalServerError && a.status != http.StatusTooManyRequests
}

func (s *site) exchange(ctx context.Context, q question) (raw []byte, err error) {
	op := q.op
	req, err := http.NewRequestWithContext(ctx, q.method, s.URL+q.path, bytes.NewReader(q.body))
	if err != nil {
		return nil, fault.New(fault.Internal, op, s.Name, nil)
	}
	req.Header.Set("Accept", "application/json, application/problem+json")
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fault.New(kindOfTransport(err), op, s.Name, causeOf(err))
	}
	defer resp.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(resp.Body, MaxResponse+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, fault.New(fault.Timeout, op, s.Name, errors.New("the answer took too long"))
	case err != nil:
		return nil, fault.New(fault.Corrupt, op, s.Name, errors.New("the answer was cut off"))
	case len(raw) > MaxResponse:
		return nil, fault.New(fault.TooLarge, op, s.Name, errors.New("the answer"))
	}
	return raw, s.check(op, resp, raw)
}

// check turns status and media type into an error, nil for a good answer.
func (s *site) check(op string, resp *http.Response, raw []byte) error {
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return fault.New(fault.Unsupported, op, s.Name, errRedirect)
	case resp.StatusCode < 300 && (err != nil || media != "application/json"):
		return fault.New(fault.Corrupt, op, s.Name, errors.New("the answer is not JSON"))
	case resp.StatusCode < 300:
		return nil
	}
	a := &answerError{status: resp.StatusCode, after: retryAfter(resp.Header)}
	if media == "application/problem+json" {
		if p, err := DecodeProblem(raw); err == nil {
			a.code = p.Code
		}
	}
	return fault.New(kindOfStatus(a), op, s.Name, a)
}

// longestRetryAfter caps what a site may ask us to wait.
const longestRetryAfter = time.Hour

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 86400))*time.Second, longestRetryAfter)
}

func kindOfStatus(a *answerError) fault.Kind {
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Denied
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusConflict:
		if a.code == codeTooLate {
			return fault.Conflict
		}
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
	if a.status >= http.StatusInternalServerError {
		return fault.Unavailable
	}
	return fault.Invalid
}

func kindOfTransport(err error) fault.Kind {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fault.Timeout
	}
	return fault.Unavailable
}

// causeOf says in our own words what a transport error was: its own text has
// addresses and whatever the other side sent.
func causeOf(err error) error {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return errors.New("no connection")
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errors.New("no answer in time")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the connection ended before an answer")
	}
	return errors.New("no secure connection or no HTTP answer")
}
