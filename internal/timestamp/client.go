package timestamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"mime"
	"net"
	"net/http"
	"time"

	"jaliya/internal/fault"
)

// Media types (RFC 3161, 3.4).
const (
	QueryType = "application/timestamp-query"
	ReplyType = "application/timestamp-reply"
)

// maxReply caps an answer, in bytes.
const maxReply = 32 << 10

// timeout is how long one question may take.
const timeout = 10 * time.Second

// Client asks one authority. The zero values of HTTP, Policy and Skew work.
type Client struct {
	Address string
	Roots   *x509.CertPool
	HTTP    *http.Client
	Policy  asn1.ObjectIdentifier // asked for; nil for the authority's own
	// Skew, when positive, is how far the authority's time may lie from ours.
	Skew time.Duration
}

const opAsk = "timestamp: ask"

// Stamp asks for a token of a signature value and proves it: imprint, nonce,
// policy, certificate.
func (c *Client) Stamp(ctx context.Context, signature []byte) ([]byte, error) {
	digest := sha256.Sum256(signature)
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, fault.New(fault.Internal, opAsk, "nonce", err)
	}
	request := Request{Imprint: Imprint{crypto.SHA256, digest[:]}, Policy: c.Policy, Nonce: nonce, Certs: true}
	raw, err := request.Encode()
	if err != nil {
		return nil, fault.New(fault.Internal, opAsk, "request", err)
	}
	reply, err := c.ask(ctx, raw)
	if err != nil {
		return nil, err
	}
	token, err := ParseResponse(reply)
	if err != nil {
		if fault.Is(err, fault.Denied) {
			return nil, err
		}
		return nil, fault.New(fault.Corrupt, opAsk, "answer", err)
	}
	return token, c.prove(token, request)
}

func (c *Client) prove(token []byte, asked Request) error {
	p, err := open(token, c.Roots)
	switch {
	case err != nil:
		return err
	case !p.Imprint.equal(asked.Imprint):
		return fault.New(fault.Corrupt, opAsk, "the token is of something else", nil)
	case p.Nonce == nil || p.Nonce.Cmp(asked.Nonce) != 0:
		return fault.New(fault.Corrupt, opAsk, "the token answers another question", nil)
	case asked.Policy != nil && !p.Policy.Equal(asked.Policy):
		return fault.New(fault.Denied, opAsk, "the token is of another policy", nil)
	}
	if apart := time.Since(p.Time).Abs(); c.Skew > 0 && apart > c.Skew {
		return fault.New(fault.Stale, opAsk, "the authority's time is far from ours", nil)
	}
	return nil
}

func (c *Client) ask(ctx context.Context, raw []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Address, bytes.NewReader(raw))
	if err != nil {
		return nil, fault.New(fault.Invalid, opAsk, "address", err)
	}
	r.Header.Set("Content-Type", QueryType)
	r.Header.Set("Accept", ReplyType)
	answer, err := c.client().Do(r)
	if err != nil {
		return nil, fault.New(kindOf(err), opAsk, "no answer", err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests:
		return nil, fault.New(fault.Unavailable, opAsk, answer.Status, nil)
	case answer.StatusCode != http.StatusOK:
		return nil, fault.New(fault.Denied, opAsk, answer.Status, nil)
	}
	if media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || media != ReplyType {
		return nil, fault.New(fault.Corrupt, opAsk, "media type", err)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxReply+1))
	switch {
	case err != nil:
		return nil, fault.New(kindOf(err), opAsk, "half an answer", err)
	case len(body) > maxReply:
		return nil, fault.New(fault.TooLarge, opAsk, "answer", nil)
	}
	return body, nil
}

func (c *Client) client() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	// Redirects are not followed: an answer counts from the address configured.
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func kindOf(err error) fault.Kind {
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return fault.Timeout
	}
	return fault.Unavailable
}
