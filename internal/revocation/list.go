package revocation

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"time"

	"jaliya/internal/fault"
)

const opRead = "revocation: read list"

// Question is what is asked of a list.
type Question struct {
	Certificate, Issuer *x509.Certificate
	At                  time.Time // that is to be proved
	// OwnWord says that the time is known from the certificate's own key
	// alone, as that of a time-stamping authority: whoever stole the key names
	// what time they like.
	OwnWord bool
}

// Covers asks that a list was signed by the certificate's issuer and says of it
// whether it had been revoked at that time.
func (q Question) Covers(list *x509.RevocationList) error {
	bad := func(what string, err error) error { return fault.New(fault.Invalid, opRead, what, err) }
	if !bytes.Equal(list.RawIssuer, q.Certificate.RawIssuer) || !bytes.Equal(list.RawIssuer, q.Issuer.RawSubject) {
		return bad("the list is another issuer's", nil)
	}
	if critical(list.Extensions) || slices.ContainsFunc(list.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool {
		return critical(e.Extensions)
	}) {
		return fault.New(fault.Unsupported, opRead, "the list is of a kind that is not known", nil)
	}
	switch {
	case list.NextUpdate.IsZero() || list.NextUpdate.Before(q.At):
		return fault.New(fault.Stale, opRead, "a newer list was due", nil)
	case list.ThisUpdate.After(q.Certificate.NotAfter):
		// What has run out may be left out (RFC 5280, 3.3).
		return fault.New(fault.Stale, opRead, "the list is younger than the certificate was valid", nil)
	}
	if err := list.CheckSignatureFrom(q.Issuer); err != nil {
		return bad("the list's signature", err)
	}
	return nil
}

// Holds asks, of a list that Covers, that the certificate had not been revoked.
// Denied: it had.
func (q Question) Holds(list *x509.RevocationList) error {
	for _, e := range list.RevokedCertificateEntries {
		if e.SerialNumber.Cmp(q.Certificate.SerialNumber) != 0 {
			continue
		}
		if !e.RevocationTime.After(q.At) || q.OwnWord && !harmless(e.ReasonCode) {
			return fault.New(fault.Denied, opRead, "the certificate was revoked", nil)
		}
	}
	return nil
}

// harmless reports whether a reason leaves what was signed before untouched
// (RFC 5280, 5.3.1): the holder's name changed, a new certificate, the end of
// the service.
func harmless(reason int) bool { return reason >= 3 && reason <= 5 }

func critical(all []pkix.Extension) bool {
	return slices.ContainsFunc(all, func(e pkix.Extension) bool { return e.Critical })
}
