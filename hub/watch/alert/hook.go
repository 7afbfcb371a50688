package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/fault"
)

// hook calls the webhook of deploy/contracts/alert.md.
type hook struct {
	url     string
	secrets [][]byte
	http    *http.Client
	timeout time.Duration
	now     func() time.Time
}

const (
	minSecret  = 24 // bytes, as in the specification that the signature follows
	maxSecret  = 64
	maxSecrets = 2
	// maxAnswer is how much of an answer is read, so that the connection can be
	// used again; what it says does not matter.
	maxAnswer = 64 << 10
	opCall    = "alert: call webhook"
)

func newHook(c Webhook, now func() time.Time) (*hook, error) {
	secrets, err := readSecrets(c.SecretFile)
	if err != nil {
		return nil, err
	}
	roots, err := peer.Roots(c.CAFile)
	if err != nil {
		return nil, err
	}
	return &hook{
		url: c.URL, secrets: secrets, timeout: c.Timeout.Std(), now: now,
		http: &http.Client{
			Transport: &http.Transport{
				TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots}, ForceAttemptHTTP2: true,
				TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 32 << 10,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// readSecrets reads one or two secrets: base64, with or without the prefix that
// tools write before it.
func readSecrets(path string) ([][]byte, error) {
	text, err := peer.TextFile(path)
	if err != nil {
		return nil, err
	}
	bad := func(why string) error {
		return fault.New(fault.Invalid, "alert: read secret", path, errors.New(why))
	}
	words := strings.Fields(text)
	if len(words) > maxSecrets {
		return nil, bad("holds more than two secrets")
	}
	var secrets [][]byte
	for _, word := range words {
		secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(word, "whsec_"))
		if err != nil {
			return nil, bad("is not base64")
		}
		if len(secret) < minSecret || len(secret) > maxSecret {
			return nil, bad("a secret has 24 to 64 bytes")
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

// sign gives the signature's header: HMAC-SHA-256 over id, time and body, one for
// each secret (Standard Webhooks, signature scheme v1).
func sign(secrets [][]byte, id, stamp string, body []byte) string {
	parts := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		parts[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(parts, " ")
}

// send makes one call. Any answer of 2xx is a yes.
func (h *hook) send(parent context.Context, m message) error {
	body, err := json.Marshal(payload(m))
	if err != nil {
		return fault.New(fault.Internal, opCall, "receiver", err)
	}
	ctx, cancel := context.WithTimeout(parent, h.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return fault.New(fault.Internal, opCall, "receiver", nil)
	}
	stamp := strconv.FormatInt(h.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Webhook-Id", m.id)
	req.Header.Set("Webhook-Timestamp", stamp)
	req.Header.Set("Webhook-Signature", sign(h.secrets, m.id, stamp, body))
	resp, err := h.http.Do(req)
	if err != nil {
		return fault.New(peer.KindOfTransport(err), opCall, "receiver", peer.CauseOf(err))
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // the status is the answer
	switch status := resp.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fault.New(fault.Denied, opCall, "receiver", &peer.AnswerError{Status: status})
	default:
		return fault.New(fault.Unavailable, opCall, "receiver", &peer.AnswerError{Status: status})
	}
}

func (h *hook) close() { h.http.CloseIdleConnections() }
