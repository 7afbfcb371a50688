package identity

import (
	"crypto/ecdsa"
	"log/slog"
	"net/url"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

// Config is one provider. Zero values work where a default is named.
type Config struct {
	Issuer  string // scheme, host and perhaps a port: "http://127.0.0.1:8088"
	Clients []Client
	Keys    *Keys
	People  int // adults to choose from, default 8; one person of fifteen is added
	Seed    uint64

	Catalog *lang.Catalog
	Logger  *slog.Logger // default: silent
}

// Client is who may ask. One of Key and Secret is given.
type Client struct {
	ID        string
	Redirects []string
	Key       *ecdsa.PublicKey // for private_key_jwt
	Secret    string           // for client_secret_basic
}

// Lives of what the provider gives out.
const (
	transactionLife = 10 * time.Minute // from the question to the consent
	codeLife        = time.Minute
	tokenLife       = 5 * time.Minute
	sessionLife     = 30 * time.Minute
	maxAssertion    = 2 * time.Minute
)

func (c Config) check() (Config, error) {
	const op = "outside/identity: new"
	if c.People == 0 {
		c.People = 8
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case !isOrigin(c.Issuer):
		return c, fault.New(fault.Invalid, op, "issuer is scheme and host only", nil)
	case c.Keys == nil || c.Catalog == nil:
		return c, fault.New(fault.Invalid, op, "keys and catalog are required", nil)
	case c.People < 1 || c.People > maxPeople:
		return c, fault.New(fault.Invalid, op, "people is 1 to 50", nil)
	case len(c.Clients) == 0:
		return c, fault.New(fault.Invalid, op, "at least one client is required", nil)
	}
	for _, one := range c.Clients {
		if one.ID == "" || len(one.Redirects) == 0 || (one.Key == nil) == (one.Secret == "") {
			return c, fault.New(fault.Invalid, op, "a client has an id, redirects, and a key or a secret", nil)
		}
	}
	return c, nil
}

func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.Path == "" && u.RawQuery == ""
}

// maxPeople is what a page can show.
const maxPeople = 50
