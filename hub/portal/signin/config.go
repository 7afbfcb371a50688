package signin

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"jaliya/internal/config"
	"jaliya/internal/fault"
)

// Profile says what is asked of a provider.
type Profile string

// The profiles.
const (
	// National asks for levels, the person's attributes and a receipt.
	National Profile = "national"
	// Plain is OpenID Connect and nothing besides: whoever signs in is a subject
	// without a name. For trials with another provider.
	Plain Profile = "plain"
)

// Config is the section [signin] of the portal's file. Zero values work where a
// default is named.
type Config struct {
	Profile     Profile         `toml:"profile"`      // default "national"
	Issuer      string          `toml:"issuer"`       // https; http on loopback only
	ClientID    string          `toml:"client_id"`    // as registered
	KeyFile     string          `toml:"key_file"`     // P-256 key, PKCS#8 as PEM, for private_key_jwt
	SecretFile  string          `toml:"secret_file"`  // or a secret, where the provider has nothing else
	RedirectURL string          `toml:"redirect_url"` // of the portal, as registered
	CAFile      string          `toml:"ca_file"`      // roots of the provider's certificate, default the system's
	MinLevel    Level           `toml:"min_level"`    // default "substantial"; plain: none
	MinAge      int             `toml:"min_age"`      // completed years, default 18; plain: not known
	MaxAge      config.Duration `toml:"max_age"`      // how old the proof may be without asking again, default 30m; plain: any
	Timeout     config.Duration `toml:"timeout"`      // of one question to the provider, default 10s
}

// adult is the age from which a person signs in alone.
const adult = 18

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	if c.Profile == "" {
		c.Profile = National
	}
	if c.Timeout == 0 {
		c.Timeout = config.Duration(10 * time.Second)
	}
	if c.Profile != National {
		return c
	}
	if c.MinLevel == LevelNone {
		c.MinLevel = LevelSubstantial
	}
	if c.MinAge == 0 {
		c.MinAge = adult
	}
	if c.MaxAge == 0 {
		c.MaxAge = config.Duration(30 * time.Minute)
	}
	return c
}

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	const op = "signin: validate config"
	switch {
	case c.Profile != National && c.Profile != Plain:
		return fault.New(fault.Invalid, op, `profile is "national" or "plain"`, nil)
	case c.ClientID == "":
		return fault.New(fault.Invalid, op, "client_id is required", nil)
	case (c.KeyFile == "") == (c.SecretFile == ""):
		return fault.New(fault.Invalid, op, "one of key_file and secret_file is required", nil)
	case c.Timeout.Std() < time.Second || c.Timeout.Std() > time.Minute:
		return fault.New(fault.Invalid, op, "timeout is 1s to 1m", nil)
	case c.MinAge < 0 || (c.Profile == Plain && c.MinAge != 0):
		return fault.New(fault.Invalid, op, "min_age is not negative, and needs the national profile", nil)
	}
	issuer, err := address(c.Issuer)
	if err != nil || issuer.RawQuery != "" {
		return fault.New(fault.Invalid, op, "issuer", errAddress)
	}
	if redirect, err := address(c.RedirectURL); err != nil || redirect.RawQuery != "" || redirect.Path == "" {
		return fault.New(fault.Invalid, op, "redirect_url", errAddress)
	}
	return nil
}

var errAddress = errors.New("is an https address without query; http on loopback only")

// address reads an address that secrets may go to.
func address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, errAddress
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, errAddress
	}
	return u, nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (err == nil && a.IsLoopback())
}
