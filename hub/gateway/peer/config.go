package peer

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"jaliya/internal/config"
	"jaliya/internal/fault"
)

// Endpoint is where a system is and who we are to it.
type Endpoint struct {
	URL string // https, up to and without /v1; http on loopback only
	// TokenFile holds a bearer token; CertFile and KeyFile are for mutual TLS.
	// At least one of both is given, except on loopback.
	TokenFile string
	CertFile  string
	KeyFile   string
	CAFile    string // roots of the system's certificate, default the machine's
}

// Validate names the key that breaks a rule.
func (e Endpoint) Validate() error {
	local, err := CheckURL(e.URL)
	switch {
	case err != nil:
		return err
	case (e.CertFile == "") != (e.KeyFile == ""):
		return errors.New("cert_file and key_file go together")
	case e.TokenFile == "" && e.CertFile == "" && !local:
		return errors.New("token_file, or cert_file and key_file, are required")
	}
	return nil
}

// CheckURL checks the base address of a system and tells whether it leads to
// this machine.
func CheckURL(text string) (local bool, err error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return false, fmt.Errorf("url: %w", err)
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return false, errors.New("url is scheme, host and path only")
	case u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())):
		return false, errors.New("url must be https")
	}
	return Loopback(u.Hostname()), nil
}

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (err == nil && a.IsLoopback())
}

// BreakerConfig sets when a system is left alone.
type BreakerConfig struct {
	Failures int             `toml:"failures"` // in a row, default 5
	Pause    config.Duration `toml:"pause"`    // before it is tried again, default 15s
	Most     config.Duration `toml:"most"`     // longest pause, default 5m
}

// WithDefaults fills in what was left out.
func (b BreakerConfig) WithDefaults() BreakerConfig {
	Or(&b.Failures, 5)
	Or(&b.Pause, config.Duration(15*time.Second))
	Or(&b.Most, config.Duration(5*time.Minute))
	return b
}

// Rule gives the rule of a breaker.
func (b BreakerConfig) Rule() BreakerRule {
	return BreakerRule{Failures: b.Failures, Pause: b.Pause.Std(), Most: b.Most.Std()}
}

// Or fills in a field that was left out.
func Or[T comparable](field *T, fallback T) {
	var zero T
	if *field == zero {
		*field = fallback
	}
}

// maxFile caps a key, token or certificate file, in bytes.
const maxFile = 1 << 20

// TextFile reads a file of one text, without the space around it; an empty one
// is refused.
func TextFile(path string) (string, error) {
	const op = "peer: read file"
	info, err := os.Stat(path)
	if err != nil {
		return "", fault.New(fault.NotFound, op, path, err)
	}
	if info.Size() > maxFile {
		return "", fault.New(fault.TooLarge, op, path, nil)
	}
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fault.New(fault.Storage, op, path, err)
	}
	text := strings.TrimSpace(string(raw))
	if text == "" {
		return "", fault.New(fault.Invalid, op, path, errors.New("is empty"))
	}
	return text, nil
}

// Roots reads the certificates that a system is trusted by; nil, which is the
// machine's, for no file.
func Roots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // the tls package's word for the machine's own
	}
	pem, err := TextFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		return nil, fault.New(fault.Invalid, "peer: read roots", path, errors.New("holds no certificate"))
	}
	return pool, nil
}

// tlsConfig gives how the system is spoken with.
func (e Endpoint) tlsConfig() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS13}
	var err error
	if conf.RootCAs, err = Roots(e.CAFile); err != nil {
		return nil, err
	}
	if e.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(e.CertFile, e.KeyFile)
		if err != nil {
			return nil, fault.New(fault.Invalid, "peer: read certificate", e.CertFile, err)
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	return conf, nil
}
