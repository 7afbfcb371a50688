package centre

import (
	"errors"
	"regexp"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Config is the section [centre] of the hub's file. Zero values work where a
// default is named.
type Config struct {
	Sites []SiteConfig `toml:"site"`
	// Prefer names a site for a pickup post ("FR-LYO") or a host country ("FR"),
	// where the pouch leaves from near one of them.
	Prefer   map[string]string  `toml:"prefer"`
	Slack    int                `toml:"slack"`     // days that the chosen site's queue may be longer than another's, default 2
	Timeout  config.Duration    `toml:"timeout"`   // of one question, default 15s
	Sending  config.Duration    `toml:"sending"`   // of sending one job, default 1m
	Poll     config.Duration    `toml:"poll"`      // first pause between questions about a job, default 30s
	PollMost config.Duration    `toml:"poll_most"` // longest pause, also after failures, default 10m
	FailOver config.Duration    `toml:"fail_over"` // a job not accepted for so long goes to another site, default 30m
	Attempts int                `toml:"attempts"`  // failures in a row that make a Letter, default 12
	Breaker  peer.BreakerConfig `toml:"breaker"`
}

// SiteConfig is one production site.
type SiteConfig struct {
	Number    uint8  `toml:"number"` // as the ledger stores it, never given to another site
	Name      string `toml:"name"`   // "rabat"
	URL       string `toml:"url"`    // https, up to and without /v1; http on loopback only
	Weight    uint   `toml:"weight"` // share of the cards; all zero: 72 for the first, 28 for the others
	PacketKey string `toml:"packet_key"`
	// TokenFile holds a bearer token; CertFile and KeyFile are for mutual TLS.
	// At least one of both is given, except on loopback.
	TokenFile string `toml:"token_file"`
	CertFile  string `toml:"cert_file"`
	KeyFile   string `toml:"key_file"`
	CAFile    string `toml:"ca_file"` // roots of the site's certificate, default the system's
}

// The shares of the two sites by their cards of 2025 (domain.md fact 2).
const (
	weightFirst  = 72
	weightOthers = 28
)

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	peer.Or(&c.Slack, 2)
	peer.Or(&c.Timeout, config.Duration(15*time.Second))
	peer.Or(&c.Sending, config.Duration(time.Minute))
	peer.Or(&c.Poll, config.Duration(30*time.Second))
	peer.Or(&c.PollMost, config.Duration(10*time.Minute))
	peer.Or(&c.FailOver, config.Duration(30*time.Minute))
	peer.Or(&c.Attempts, 12)
	c.Breaker = c.Breaker.WithDefaults()
	c.Sites = append([]SiteConfig(nil), c.Sites...)
	var total uint
	for _, s := range c.Sites {
		total += s.Weight
	}
	for i := range c.Sites {
		switch {
		case total != 0:
		case i == 0:
			c.Sites[i].Weight = weightFirst
		default:
			c.Sites[i].Weight = weightOthers
		}
	}
	return c
}

const opConfig = "centre: validate config"

var siteName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	if len(c.Sites) == 0 {
		return fault.New(fault.Invalid, opConfig, "site: at least one is required", nil)
	}
	names, numbers := map[string]bool{}, map[uint8]bool{}
	for _, s := range c.Sites {
		if err := s.validate(); err != nil {
			return fault.New(fault.Invalid, opConfig, "site "+s.Name, err)
		}
		if names[s.Name] || numbers[s.Number] {
			return fault.New(fault.Invalid, opConfig, "site "+s.Name, errors.New("name or number is used twice"))
		}
		names[s.Name], numbers[s.Number] = true, true
	}
	for where, name := range c.Prefer {
		if !names[name] {
			return fault.New(fault.Invalid, opConfig, "prefer "+where, errors.New("no site has the name "+name))
		}
		if consular.PostID(where).Validate() != nil && consular.Country(where).Validate() != nil {
			return fault.New(fault.Invalid, opConfig, "prefer "+where, errors.New("is no post and no country"))
		}
	}
	if c.Slack < 0 || c.Attempts < 0 || c.Breaker.Failures < 0 {
		return fault.New(fault.Invalid, opConfig, "slack, attempts and breaker.failures cannot be negative", nil)
	}
	return nil
}

func (s SiteConfig) validate() error {
	if err := s.endpoint().Validate(); err != nil {
		return err
	}
	switch {
	case s.Number == 0:
		return errors.New("number is required")
	case !siteName.MatchString(s.Name):
		return errors.New("name is small letters, digits and hyphens")
	case s.PacketKey == "":
		return errors.New("packet_key is required: the file with the site's public key")
	}
	return nil
}

func (s SiteConfig) endpoint() peer.Endpoint {
	return peer.Endpoint{URL: s.URL, TokenFile: s.TokenFile, CertFile: s.CertFile, KeyFile: s.KeyFile, CAFile: s.CAFile}
}
