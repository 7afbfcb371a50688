package fingerprint

import (
	"crypto/rand"
	"log/slog"
	"math/big"
	"net/url"
	"regexp"
	"time"

	"jaliya/internal/fault"
)

// Config is one simulated reader. Zero values work where a default is named.
type Config struct {
	Origins []string      // of the desks whose pages may use the reader: "https://desk.example"
	Code    string        // pairing code of 8 digits, default: drawn
	Person  uint64        // who stands at the counter first, default 1
	Seed    uint64        // of scores and of chance
	Pace    time.Duration // what a person takes to lay the fingers down, and again to hold them, default 700 ms
	Logger  *slog.Logger  // default: silent
}

var codeForm = regexp.MustCompile(`^[0-9]{8}$`)

func (c Config) check() (Config, error) {
	const op = "outside/fingerprint: new"
	if c.Code == "" {
		c.Code = drawCode()
	}
	if c.Person == 0 {
		c.Person = 1
	}
	if c.Pace == 0 {
		c.Pace = 700 * time.Millisecond
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case len(c.Origins) == 0:
		return c, fault.New(fault.Invalid, op, "an origin is required: without it no page may ask", nil)
	case !codeForm.MatchString(c.Code):
		return c, fault.New(fault.Invalid, op, "code has 8 digits", nil)
	case c.Pace < 0:
		return c, fault.New(fault.Invalid, op, "pace cannot be negative", nil)
	}
	for _, o := range c.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Scheme+"://"+u.Host != o {
			return c, fault.New(fault.Invalid, op, "origin is scheme and host only: https://desk.example", nil)
		}
	}
	return c, nil
}

func drawCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(90_000_000))
	if err != nil {
		panic("outside/fingerprint: " + err.Error()) // crypto/rand ends the process instead of failing
	}
	return n.Add(n, big.NewInt(10_000_000)).String()
}
