package mail

import (
	"errors"
	"net"
	"strconv"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Security says how the connection is protected.
type Security string

// The ways. None is for a server on this machine only.
const (
	STARTTLS Security = "starttls" // begins in the clear, and ends if the server has no TLS
	TLS      Security = "tls"      // from the first byte
	None     Security = "none"
)

// Config is the section [mail] of the hub's file. Zero values work where a
// default is named.
type Config struct {
	Server   string             `toml:"server"`   // host:port
	Security Security           `toml:"security"` // default "starttls"
	CAFile   string             `toml:"ca_file"`  // roots of the server's certificate, default the machine's
	From     consular.Email     `toml:"from"`
	User     string             `toml:"user"` // with password_file; none: the server knows us otherwise
	Password string             `toml:"password_file"`
	Timeout  config.Duration    `toml:"timeout"` // of one message, default 30s
	Breaker  peer.BreakerConfig `toml:"breaker"`
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	peer.Or(&c.Security, STARTTLS)
	peer.Or(&c.Timeout, config.Duration(30*time.Second))
	c.Breaker = c.Breaker.WithDefaults()
	return c
}

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	host, err := c.host()
	switch {
	case err != nil:
	case c.Security != STARTTLS && c.Security != TLS && c.Security != None:
		err = errors.New(`security is "starttls", "tls" or "none"`)
	case c.Security == None && !peer.Loopback(host):
		err = errors.New("security: none is for a server on this machine only")
	case c.From.Validate() != nil:
		err = errors.New("from is required: a bare address")
	case (c.User == "") != (c.Password == ""):
		err = errors.New("user and password_file go together")
	case c.Security == None && c.User != "":
		err = errors.New("user: a password does not travel without TLS")
	case c.Breaker.Failures < 0:
		err = errors.New("breaker.failures cannot be negative")
	}
	if err != nil {
		return fault.New(fault.Invalid, "mail: validate config", "", err)
	}
	return nil
}

// host gives the server's host; its port is checked.
func (c Config) host() (string, error) {
	host, port, err := net.SplitHostPort(c.Server)
	number, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || host == "" || bad != nil || number == 0 {
		return "", errors.New("server is host:port")
	}
	return host, nil
}
