package doctor

import (
	"crypto/x509"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

// Certificate is one that this machine shows.
type Certificate struct {
	Name string // "working"
	Leaf *x509.Certificate
}

// Keys judges the opening of keys. A missing one is another trouble than a
// locked one: the first was never made or is gone, the second waits for what
// wraps it.
func Keys(err error) []Finding {
	code := Code("keys-good")
	switch fault.KindOf(err) { //nolint:exhaustive // the others are damage
	case fault.NotFound:
		code = "keys-missing"
	case fault.Denied, fault.Unavailable, fault.Expired:
		code = "keys-locked"
	default:
		if err != nil {
			code = "keys-damaged"
		}
	}
	return []Finding{{Code: code}}
}

// lateRenewal is the share of a certificate's life that may pass before its
// renewal, which begins at a third, is called late.
const lateRenewal = 2.0 / 3

// soon is how little must be left besides.
const soon = 30 * 24 * time.Hour

// Certificates judges what this machine shows, by a time.
func Certificates(list []Certificate, now time.Time) []Finding {
	if len(list) == 0 {
		return []Finding{{Code: "certificates-missing"}}
	}
	out := make([]Finding, 0, len(list))
	for _, c := range list {
		facts := Facts{
			"which": "@doctor.certificate." + c.Name, "until": c.Leaf.NotAfter.UTC().Format(time.RFC3339),
			"left": Span(c.Leaf.NotAfter.Sub(now)),
		}
		code := Code("certificates-good")
		issued := c.Leaf.NotBefore.Add(pki.Backdate)
		life := c.Leaf.NotAfter.Sub(issued)
		switch {
		case now.Before(c.Leaf.NotBefore):
			code = "certificates-early"
		case now.After(c.Leaf.NotAfter):
			code = "certificates-expired"
		case c.Leaf.NotAfter.Sub(now) < soon && now.After(issued.Add(time.Duration(float64(life)*lateRenewal))):
			code = "certificates-soon"
		}
		out = append(out, Finding{Subject: c.Name, Code: code, Facts: facts})
	}
	return out
}

// Span writes a length of time as a fact, in Go's notation; words put it in the
// manner of their language.
func Span(d time.Duration) string {
	if d = d.Abs(); d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
