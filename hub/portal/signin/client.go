package signin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"jaliya/internal/fault"
)

// maxAnswer caps what the provider may answer, in bytes.
const maxAnswer = 256 << 10

// newClient gives the client for the provider's own endpoints.
func newClient(cfg Config) (*http.Client, error) {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, fault.New(fault.Internal, opNew, "transport", nil)
	}
	transport = transport.Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS13}
	if cfg.CAFile != "" {
		raw, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fault.New(fault.NotFound, opNew, "ca_file", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(raw) {
			return nil, fault.New(fault.Invalid, opNew, "ca_file", errors.New("has no certificate"))
		}
		transport.TLSClientConfig.RootCAs = roots
	}
	return clientOver(transport, cfg.Timeout.Std()), nil
}

func clientOver(inner http.RoundTripper, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport: capped{inner}, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// capped ends an answer that does not end.
type capped struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (c capped) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &cappedBody{ReadCloser: answer.Body, left: maxAnswer}
	return answer, nil
}

type cappedBody struct {
	io.ReadCloser

	left int
}

// Read implements io.Reader.
func (b *cappedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if b.left -= n; b.left < 0 {
		return 0, errors.New("the answer is too large")
	}
	return n, err
}

// prover proves to the provider that the portal asks: by a key or by a secret.
type prover struct {
	key    *ecdsa.PrivateKey
	secret string
}

func newProver(cfg Config) (prover, error) {
	if cfg.SecretFile != "" {
		raw, err := os.ReadFile(cfg.SecretFile)
		if err != nil {
			return prover{}, fault.New(fault.NotFound, opNew, "secret_file", err)
		}
		text := strings.TrimSpace(string(raw))
		if text == "" {
			return prover{}, fault.New(fault.Invalid, opNew, "secret_file", errors.New("is empty"))
		}
		return prover{secret: text}, nil
	}
	raw, err := os.ReadFile(cfg.KeyFile)
	if err != nil {
		return prover{}, fault.New(fault.NotFound, opNew, "key_file", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return prover{}, fault.New(fault.Invalid, opNew, "key_file", errors.New("is no PEM"))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return prover{}, fault.New(fault.Invalid, opNew, "key_file", errors.New("is no PKCS#8 key"))
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return prover{}, fault.New(fault.Invalid, opNew, "key_file", errors.New("is no P-256 key"))
	}
	return prover{key: key}, nil
}

// prepare says where a secret goes. Only with another provider than the
// contract's is that found out by trying.
func (p prover) prepare(c *oauth2.Config, profile Profile) {
	c.ClientSecret, c.Endpoint.AuthStyle = p.secret, oauth2.AuthStyleInHeader
	switch {
	case p.key != nil:
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	case profile == Plain:
		c.Endpoint.AuthStyle = oauth2.AuthStyleAutoDetect
	}
}

// assertionLife is how long a proof by key holds.
const assertionLife = time.Minute

// options gives the proof by key (RFC 7523), made for one exchange.
func (p prover) options(client, issuer string) ([]oauth2.AuthCodeOption, error) {
	if p.key == nil {
		return nil, nil
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fault.New(fault.Internal, opFinish, "client proof", err)
	}
	now := time.Now()
	text, err := jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: client, Subject: client, Audience: jwt.Audience{issuer}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(assertionLife)),
	}).Serialize()
	if err != nil {
		return nil, fault.New(fault.Internal, opFinish, "client proof", err)
	}
	return []oauth2.AuthCodeOption{
		oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
		oauth2.SetAuthURLParam("client_assertion", text),
	}, nil
}
