package stamp

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"regexp"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/config"
	"jaliya/internal/fault"
)

// Config is the section [stamp] of the hub's file. Zero values work where a
// default is named.
type Config struct {
	URL       string             `toml:"url"` // https, up to and without /v1; http on loopback only
	TokenFile string             `toml:"token_file"`
	CertFile  string             `toml:"cert_file"` // with key_file: mutual TLS
	KeyFile   string             `toml:"key_file"`
	CAFile    string             `toml:"ca_file"` // roots of the service's certificate, default the machine's
	Pages     []string           `toml:"pages"`   // hosts, with port where not 443, of pages that citizens are sent to
	Notices   map[string]string  `toml:"notices"` // keys of notices: id -> file of the public key (Ed25519, base64)
	Window    config.Duration    `toml:"window"`  // age of a notice at most, default 5m
	Timeout   config.Duration    `toml:"timeout"` // of one question, default 15s
	Breaker   peer.BreakerConfig `toml:"breaker"`
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	peer.Or(&c.Window, config.Duration(5*time.Minute))
	peer.Or(&c.Timeout, config.Duration(15*time.Second))
	c.Breaker = c.Breaker.WithDefaults()
	return c
}

var keyID = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	err := c.endpoint().Validate()
	switch {
	case err != nil:
	case len(c.Pages) == 0:
		err = errors.New("pages is required: the hosts that citizens are sent to")
	case c.Breaker.Failures < 0:
		err = errors.New("breaker.failures cannot be negative")
	}
	for id := range c.Notices {
		if !keyID.MatchString(id) {
			err = errors.New("notices: a key id is small letters, digits and hyphens")
		}
	}
	if err != nil {
		return fault.New(fault.Invalid, "stamp: validate config", "", err)
	}
	return nil
}

func (c Config) endpoint() peer.Endpoint {
	return peer.Endpoint{URL: c.URL, TokenFile: c.TokenFile, CertFile: c.CertFile, KeyFile: c.KeyFile, CAFile: c.CAFile}
}

func (c Config) noticeKeys() (map[string]ed25519.PublicKey, error) {
	keys := make(map[string]ed25519.PublicKey, len(c.Notices))
	for id, path := range c.Notices {
		text, err := peer.TextFile(path)
		if err != nil {
			return nil, err
		}
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, fault.New(fault.Invalid, "stamp: read notice key", path, errors.New("is no Ed25519 key in base64"))
		}
		keys[id] = raw
	}
	return keys, nil
}
