package rpc

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// mostAtOnce is how many questions a portal asks a member at a time; the rest
// wait at the portal. However many citizens ask, a member, which has posts to
// serve as well, sees so many and never a handshake for each.
const mostAtOnce = 16

// Client asks members, the one that answered last first. It is a Member.
type Client struct {
	members []string
	http    *http.Client
	next    atomic.Uint32
}

var _ Member = (*Client)(nil)

// NewClient asks the members at these addresses (host:port) under a TLS
// configuration that accepts members only (pki.MutualClient).
func NewClient(members []string, conf *tls.Config) (*Client, error) {
	if len(members) == 0 || conf == nil {
		return nil, fault.New(fault.Invalid, "rpc: new client", "members or TLS missing", nil)
	}
	return &Client{members: members, http: &http.Client{Timeout: patience + 10*time.Second, Transport: &http.Transport{
		TLSClientConfig: conf, TLSHandshakeTimeout: 10 * time.Second, MaxIdleConnsPerHost: mostAtOnce, MaxConnsPerHost: mostAtOnce,
		IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 16 << 10,
	}}}, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Keys implements Member.
func (c *Client) Keys(ctx context.Context) (Keys, error) { return ask[Keys](ctx, c, "keys", Nothing{}) }

// File implements Member.
func (c *Client) File(ctx context.Context, in Filing) (Filed, error) {
	return ask[Filed](ctx, c, "file", in)
}

// Follow implements Member.
func (c *Client) Follow(ctx context.Context, in FollowQuestion) (Followed, error) {
	return ask[Followed](ctx, c, "follow", in)
}

// FollowToken implements Member.
func (c *Client) FollowToken(ctx context.Context, in TokenQuestion) (Followed, error) {
	return ask[Followed](ctx, c, "follow-token", in)
}

// Mine implements Member.
func (c *Client) Mine(ctx context.Context, in Owner) ([]Followed, error) {
	return ask[[]Followed](ctx, c, "mine", in)
}

// Standing implements Member.
func (c *Client) Standing(ctx context.Context, in Topic) (Followed, error) {
	return ask[Followed](ctx, c, "standing", in)
}

// Request implements Member.
func (c *Client) Request(ctx context.Context, in OwnRequest) (Own, error) {
	return ask[Own](ctx, c, "request", in)
}

// Payment implements Member.
func (c *Client) Payment(ctx context.Context, in OwnRequest) (Payment, error) {
	return ask[Payment](ctx, c, "payment", in)
}

// PaymentNotice implements Member.
func (c *Client) PaymentNotice(ctx context.Context, in Notice) (Nothing, error) {
	return ask[Nothing](ctx, c, "payment-notice", in)
}

// Question implements Member.
func (c *Client) Question(ctx context.Context, in Reading) (Sealed, error) {
	return ask[Sealed](ctx, c, "question", in)
}

// Document implements Member.
func (c *Client) Document(ctx context.Context, in Reading) (Sealed, error) {
	return ask[Sealed](ctx, c, "document", in)
}

// Voided implements Member.
func (c *Client) Voided(ctx context.Context) (Voided, error) {
	return ask[Voided](ctx, c, "voided", Nothing{})
}

// Renew implements Member.
func (c *Client) Renew(ctx context.Context, in RenewQuestion) (Renewed, error) {
	return ask[Renewed](ctx, c, "renew", in)
}

// RefusalError is a member's no: its kind is that of the fault, its code says more.
type RefusalError struct{ code string }

// Error gives the code.
func (r *RefusalError) Error() string { return "the hub refused: " + r.code }

// Code implements Coded.
func (r *RefusalError) Code() string { return r.code }

// ask puts a question to each member in turn until one gives an answer that
// is one. Questions may be put twice: what changes anything is idempotent.
func ask[Out any](ctx context.Context, c *Client, name string, in any) (out Out, err error) {
	const op = "rpc: ask"
	raw, first := wire.Marshal(in), c.next.Load()
	for i := range c.members {
		at := (first + uint32(i)) % uint32(len(c.members)) //nolint:gosec // a handful
		var answered bool
		out, answered, err = exchange[Out](ctx, c, c.members[at]+prefix+name, raw)
		if answered {
			c.next.Store(at)
			return out, err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return out, fault.New(fault.Unavailable, op, name, err)
}

func exchange[Out any](ctx context.Context, c *Client, at string, raw []byte) (out Out, answered bool, err error) {
	const op = "rpc: ask"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+at, bytes.NewReader(raw))
	if err != nil {
		return out, false, fault.New(fault.Internal, op, "", nil)
	}
	req.Header.Set("Content-Type", mediaType)
	resp, err := c.http.Do(req)
	if err != nil {
		return out, false, errors.New("no answer")
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return out, false, errors.New("half an answer")
	case resp.StatusCode == http.StatusOK:
		return out, true, wire.Unmarshal(body, maxAnswer, &out)
	case resp.StatusCode != http.StatusConflict:
		return out, false, errors.New("another service answers")
	}
	var p problem
	if err := wire.Unmarshal(body, maxAnswer, &p); err != nil {
		return out, false, err
	}
	kind := fault.Kind(p.Kind)
	if kind == fault.Unavailable {
		return out, false, errors.New("the member cannot answer now")
	}
	return out, true, fault.New(kind, op, "", &RefusalError{code: p.Code})
}
