package sms

import (
	"errors"
	"regexp"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/config"
	"jaliya/internal/fault"
)

// Config is the section [sms] of the hub's file. Zero values work where a
// default is named.
type Config struct {
	URL       string             `toml:"url"`    // https, up to and without /v1; http on loopback only
	Sender    string             `toml:"sender"` // what the telephone shows: 3 to 11 letters and digits
	TokenFile string             `toml:"token_file"`
	CertFile  string             `toml:"cert_file"` // with key_file: mutual TLS
	KeyFile   string             `toml:"key_file"`
	CAFile    string             `toml:"ca_file"` // roots of the carrier's certificate, default the machine's
	Timeout   config.Duration    `toml:"timeout"` // of one question, default 15s
	Breaker   peer.BreakerConfig `toml:"breaker"`
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	peer.Or(&c.Timeout, config.Duration(15*time.Second))
	c.Breaker = c.Breaker.WithDefaults()
	return c
}

var senderForm = regexp.MustCompile(`^[A-Za-z0-9]{3,11}$`)

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	err := c.endpoint().Validate()
	switch {
	case err != nil:
	case !senderForm.MatchString(c.Sender):
		err = errors.New("sender is 3 to 11 letters and digits")
	case c.Breaker.Failures < 0:
		err = errors.New("breaker.failures cannot be negative")
	default:
		return nil
	}
	return fault.New(fault.Invalid, "sms: validate config", "", err)
}

func (c Config) endpoint() peer.Endpoint {
	return peer.Endpoint{URL: c.URL, TokenFile: c.TokenFile, CertFile: c.CertFile, KeyFile: c.KeyFile, CAFile: c.CAFile}
}
