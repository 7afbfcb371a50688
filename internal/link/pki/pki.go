// Package pki says who may speak to whom: it issues, keeps and verifies the
// certificates of nodes, members, portals, offices, desks and witnesses. It
// stands below package link, which carries the sessions that these
// certificates open, and beside the path of a record, not on it.
//
//	root CA (offline file, passphrase, 10 years)
//	  +- intermediate "node"     -> node (7 days), device (1 year)
//	  +- intermediate "member"   -> member (7 days)
//	  +- intermediate "portal"   -> portal (7 days)
//	  +- intermediate "office"   -> office (7 days)
//	  +- intermediate "desk"     -> desk, the LAN certificate (90 days)
//	  +- intermediate "witness"  -> witness (7 days)
//
// Guarantees (design.md section 7, D29, D31, D44, D51, S1-S3):
//
//   - a certificate names exactly one identity, in one URI
//     spiffe://jaliya/<role>/<name>/<id>, and is accepted only under the
//     intermediate of its own role;
//   - verification happens at each handshake, in VerifyConnection, with no
//     session tickets, so a revoked certificate opens nothing;
//   - the time used is the caller's: the best known hub time, never silently
//     the machine's clock;
//   - a private key is on disk, synced, before its certificate is installed,
//     and a renewed certificate is used by the next handshake, without restart.
//
// It leaves to others: who may join (the hub's invitations), where the denylist
// lives (the ledger), and when to renew (link.Renewer).
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"time"

	"jaliya/internal/fault"
)

// Lives of certificates, from design.md section 7.
const (
	RootLife         = 10 * 365 * 24 * time.Hour
	IntermediateLife = 365 * 24 * time.Hour
	DeviceLife       = 365 * 24 * time.Hour
	WorkingLife      = 7 * 24 * time.Hour
	DeskLife         = 90 * 24 * time.Hour
	// DeviceBefore is how long before its end a device certificate is renewed: more
	// than a post may be alone.
	DeviceBefore = 90 * 24 * time.Hour

	// Backdate is how long before its issue a certificate is valid already:
	// clocks are claims (D44).
	Backdate = 24 * time.Hour
)

// serialBytes is the size of a serial number; 127 random bits cannot collide
// and fit the 20 octets of RFC 5280 section 4.1.2.2.
const serialBytes = 16

// RenewAt gives the moment from which a certificate should be renewed: a third
// of its life after its issue, the backdating not counted (D51).
func RenewAt(cert *x509.Certificate) time.Time {
	issued := cert.NotBefore.Add(Backdate)
	if !issued.Before(cert.NotAfter) {
		issued = cert.NotBefore
	}
	return issued.Add(cert.NotAfter.Sub(issued) / 3)
}

// RenewBefore gives the moment so long before a certificate's end, but not before
// RenewAt: one that its issuer's own end cuts short is asked for ever more often,
// and not without a pause.
func RenewBefore(cert *x509.Certificate, before time.Duration) time.Time {
	at, third := cert.NotAfter.Add(-before), RenewAt(cert)
	if at.Before(third) {
		return third
	}
	return at
}

// SerialOf gives a certificate's serial number in lower-case hex, the form in
// which the denylist and the registry of sessions hold it.
func SerialOf(cert *x509.Certificate) string { return hex.EncodeToString(cert.SerialNumber.Bytes()) }

func newSerial() (*big.Int, error) {
	b := make([]byte, serialBytes)
	if _, err := rand.Read(b); err != nil {
		return nil, fault.New(fault.Internal, "pki: new serial", "", err)
	}
	b[0] = b[0]&0x7f | 0x40 // positive, and always of full length
	return new(big.Int).SetBytes(b), nil
}

// checkPublicKey accepts the two kinds of key the system uses, both approved
// by FIPS 186-5: ECDSA on P-256, and Ed25519.
func checkPublicKey(op string, pub crypto.PublicKey) error {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return nil
		}
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			return nil
		}
	}
	return fault.New(fault.Unsupported, op, "public key is neither ECDSA P-256 nor Ed25519", nil)
}

// samePublicKey reports whether the certificate is for the signer's key.
func samePublicKey(cert *x509.Certificate, signer crypto.Signer) bool {
	k, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(signer.Public())
}
