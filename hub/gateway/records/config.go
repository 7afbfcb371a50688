package records

import (
	"errors"
	"regexp"
	"slices"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Config is the section [records] of the hub's file. Zero values work where a
// default is named.
type Config struct {
	Offices  []OfficeConfig     `toml:"office"`
	Timeout  config.Duration    `toml:"timeout"`   // of one question, default 15s
	Sending  config.Duration    `toml:"sending"`   // of sending one request, default 1m
	Poll     config.Duration    `toml:"poll"`      // first pause between questions about a request, default 30s
	PollMost config.Duration    `toml:"poll_most"` // longest pause, also after failures, default 10m
	Attempts int                `toml:"attempts"`  // failures in a row that make a Letter, default 12
	Voided   config.Duration    `toml:"voided"`    // pause between questions about revoked documents, default 10m, at most 30m
	Breaker  peer.BreakerConfig `toml:"breaker"`
}

// OfficeConfig is one record office.
type OfficeConfig struct {
	Name      string             `toml:"name"`       // "dgsn"
	URL       string             `toml:"url"`        // https, up to and without /v1; http on loopback only
	Services  []consular.Service `toml:"services"`   // "record.police", "record.justice"
	PacketKey string             `toml:"packet_key"` // file with the office's public key
	// TokenFile holds a bearer token; CertFile and KeyFile are for mutual TLS.
	// At least one of both is given, except on loopback.
	TokenFile string `toml:"token_file"`
	CertFile  string `toml:"cert_file"`
	KeyFile   string `toml:"key_file"`
	CAFile    string `toml:"ca_file"` // roots of the office's certificate, default the machine's
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	peer.Or(&c.Timeout, config.Duration(15*time.Second))
	peer.Or(&c.Sending, config.Duration(time.Minute))
	peer.Or(&c.Poll, config.Duration(30*time.Second))
	peer.Or(&c.PollMost, config.Duration(10*time.Minute))
	peer.Or(&c.Attempts, 12)
	peer.Or(&c.Voided, config.Duration(10*time.Minute))
	c.Breaker = c.Breaker.WithDefaults()
	return c
}

var officeName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	const op = "records: validate config"
	if len(c.Offices) == 0 {
		return fault.New(fault.Invalid, op, "office: at least one is required", nil)
	}
	names := map[string]bool{}
	var services []consular.Service
	for _, o := range c.Offices {
		if err := o.validate(); err != nil {
			return fault.New(fault.Invalid, op, "office "+o.Name, err)
		}
		if names[o.Name] {
			return fault.New(fault.Invalid, op, "office "+o.Name, errors.New("the name is used twice"))
		}
		names[o.Name] = true
		for _, s := range o.Services {
			if slices.Contains(services, s) {
				return fault.New(fault.Invalid, op, "office "+o.Name, errors.New("services: "+s.String()+" has an office already"))
			}
			services = append(services, s)
		}
	}
	if c.Attempts < 0 || c.Breaker.Failures < 0 {
		return fault.New(fault.Invalid, op, "attempts and breaker.failures cannot be negative", nil)
	}
	if d := c.WithDefaults(); d.Poll <= 0 || d.PollMost < d.Poll {
		return fault.New(fault.Invalid, op, "poll_most cannot be shorter than poll", nil)
	} else if d.Voided <= 0 || d.Voided.Std() > 30*time.Minute {
		return fault.New(fault.Invalid, op, "voided is at most 30m: what was revoked is public within the hour", nil)
	}
	return nil
}

func (o OfficeConfig) validate() error {
	if err := o.endpoint().Validate(); err != nil {
		return err
	}
	switch {
	case !officeName.MatchString(o.Name):
		return errors.New("name is small letters, digits and hyphens")
	case o.PacketKey == "":
		return errors.New("packet_key is required: the file with the office's public key")
	case len(o.Services) == 0:
		return errors.New("services is required: what the office answers for")
	}
	for _, s := range o.Services {
		if s.Family() != consular.FamilyRecord {
			return errors.New("services: " + s.String() + " is no criminal record")
		}
	}
	return nil
}

func (o OfficeConfig) endpoint() peer.Endpoint {
	return peer.Endpoint{URL: o.URL, TokenFile: o.TokenFile, CertFile: o.CertFile, KeyFile: o.KeyFile, CAFile: o.CAFile}
}
