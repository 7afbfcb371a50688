package peer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"jaliya/internal/fault"
)

// Options is what a Client works with. All fields but Asked, Moved, Kinds and
// Dial are required.
type Options struct {
	Name      string // as errors and figures name it
	Endpoint  Endpoint
	Timeout   time.Duration // of one question
	MaxAnswer int           // bytes
	Breaker   BreakerRule
	Now       func() time.Time
	Asked     func(op string, err error)
	Moved     func(BreakerState)
	// Kinds says what a code of this contract means where the status alone does
	// not tell.
	Kinds map[string]fault.Kind
	// Dial makes connections; nil: the machine's own.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client asks one system. Safe for concurrent use.
type Client struct {
	Options

	token string
	http  *http.Client
	gate  *Gate
}

// New reads token and certificates and gives a client that asked nothing yet.
func New(o Options) (*Client, error) {
	if o.Name == "" || o.Timeout <= 0 || o.MaxAnswer <= 0 || o.Now == nil {
		return nil, fault.New(fault.Invalid, "peer: new client", o.Name, errors.New("a required field is missing"))
	}
	o.Endpoint.URL = strings.TrimSuffix(o.Endpoint.URL, "/")
	c := &Client{Options: o}
	c.gate = NewGate(o.Breaker, o.Now, func(s BreakerState) {
		if o.Moved != nil {
			o.Moved(s)
		}
	})
	var err error
	if o.Endpoint.TokenFile != "" {
		if c.token, err = TextFile(o.Endpoint.TokenFile); err != nil {
			return nil, err
		}
	}
	conf, err := o.Endpoint.tlsConfig()
	if err != nil {
		return nil, err
	}
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext: o.Dial, TLSClientConfig: conf, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 8, MaxConnsPerHost: 16, IdleConnTimeout: 90 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Rests gives until when the system is left alone; zero when it is asked.
func (c *Client) Rests() time.Time { return c.gate.Until() }

// Question is one request of a contract.
type Question struct {
	Op, Method, Path string
	Key              string // idempotency key, none when empty
	Body             []byte // nil: none
	Media            Media  // zero: JSON
	Limit            time.Duration
	Read             func(raw []byte) error
}

// Media are the media types of a contract that is not of JSON.
type Media struct {
	Body   string // of the question
	Answer string // of a good answer
	No     string // of an answer that says no, whose first bytes AnswerError gives
}

const mediaJSON = "application/json"

func (m Media) withDefaults() Media {
	Or(&m.Body, mediaJSON)
	Or(&m.Answer, mediaJSON)
	return m
}

// Ask puts a question, unless the system is left alone, and reads a good
// answer. What it counts against the system: no answer, half of one, one that
// is not of the contract, 429 and 5xx.
func (c *Client) Ask(parent context.Context, q Question) error {
	if !c.gate.Ask() {
		return fault.New(fault.Unavailable, q.Op, c.Name, errors.New("left alone after failures"))
	}
	limit := q.Limit
	if limit == 0 {
		limit = c.Timeout
	}
	ctx, cancel := context.WithTimeout(parent, limit)
	defer cancel()
	raw, err := c.exchange(ctx, q)
	if err == nil {
		err = q.Read(raw)
	}
	if c.Asked != nil {
		c.Asked(q.Op, err)
	}
	if err != nil && parent.Err() != nil {
		c.gate.GaveUp()
		return err
	}
	c.gate.Answered(err == nil || saysNo(err))
	return err
}

func (c *Client) exchange(ctx context.Context, q Question) (raw []byte, err error) {
	op := q.Op
	q.Media = q.Media.withDefaults()
	req, err := http.NewRequestWithContext(ctx, q.Method, c.Endpoint.URL+q.Path, bytes.NewReader(q.Body))
	if err != nil {
		return nil, fault.New(fault.Internal, op, c.Name, nil)
	}
	req.Header.Set("Accept", q.Media.Answer+", application/problem+json")
	if q.Body != nil {
		req.Header.Set("Content-Type", q.Media.Body)
	}
	if q.Key != "" {
		req.Header.Set("Idempotency-Key", q.Key)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fault.New(KindOfTransport(err), op, c.Name, CauseOf(err))
	}
	defer resp.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(resp.Body, int64(c.MaxAnswer)+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, fault.New(fault.Timeout, op, c.Name, errors.New("the answer took too long"))
	case err != nil:
		return nil, fault.New(fault.Corrupt, op, c.Name, errors.New("the answer was cut off"))
	case len(raw) > c.MaxAnswer:
		return nil, fault.New(fault.TooLarge, op, c.Name, errors.New("the answer"))
	}
	return raw, c.check(q, resp, raw)
}

// check turns status and media type into an error, nil for a good answer.
func (c *Client) check(q Question, resp *http.Response, raw []byte) error {
	op := q.Op
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return fault.New(fault.Unsupported, op, c.Name, errRedirect)
	case resp.StatusCode < 300 && (err != nil || media != q.Media.Answer):
		return fault.New(fault.Corrupt, op, c.Name, errors.New("the answer is not "+q.Media.Answer))
	case resp.StatusCode < 300:
		return nil
	}
	a := &AnswerError{Status: resp.StatusCode, After: retryAfter(resp.Header)}
	if media == "application/problem+json" {
		if p, err := DecodeProblem(raw); err == nil {
			a.Code = p.Code
		}
	}
	if media == q.Media.No && media != "" {
		a.Body = raw[:min(len(raw), mostBody)]
	}
	kind, said := c.Kinds[a.Code]
	if !said || a.Code == "" {
		kind = kindOfStatus(a.Status)
	}
	return fault.New(kind, op, c.Name, a)
}
