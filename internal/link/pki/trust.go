package pki

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/pem"
	"slices"
	"strings"

	"jaliya/internal/fault"
)

// MaxChain bounds the size of an encoded chain or bundle in bytes.
const MaxChain = 64 << 10

// maxCerts bounds how many certificates a bundle or chain may hold: six roles,
// two generations, the root, and room.
const maxCerts = 32

// TrustBundle is whom to trust: the root decides; the intermediates are those
// known when it was made, for people and tools to look at. A peer presents its
// intermediate itself, so a post that was away while one was renewed misses
// nothing.
type TrustBundle struct {
	Root          *x509.Certificate
	Intermediates []*x509.Certificate
}

// Fingerprint is the SHA-256 digest of a root certificate; an invitation
// carries it, people compare it.
type Fingerprint [sha256.Size]byte

var fingerprintText = base32.StdEncoding.WithPadding(base32.NoPadding)

// String gives the fingerprint as thirteen groups of four letters and digits,
// for reading aloud.
func (f Fingerprint) String() string {
	groups := slices.Collect(slices.Chunk([]byte(fingerprintText.EncodeToString(f[:])), 4))
	return string(bytes.Join(groups, []byte("-")))
}

// ParseFingerprint reads what String wrote, forgiving case, spaces, dashes and
// the digits that look like letters.
func ParseFingerprint(s string) (Fingerprint, error) {
	const op = "pki: parse fingerprint"
	clean := strings.NewReplacer(" ", "", "-", "", "0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(s))
	raw, err := fingerprintText.DecodeString(clean)
	if err != nil || len(raw) != sha256.Size {
		return Fingerprint{}, fault.New(fault.Invalid, op, "", err)
	}
	f := Fingerprint(raw)
	if fingerprintText.EncodeToString(raw) != clean {
		return Fingerprint{}, fault.New(fault.Invalid, op, "trailing bits", nil)
	}
	return f, nil
}

// FingerprintOf gives a certificate's fingerprint.
func FingerprintOf(cert *x509.Certificate) Fingerprint { return sha256.Sum256(cert.Raw) }

// Fingerprint gives the root's fingerprint.
func (t *TrustBundle) Fingerprint() Fingerprint { return FingerprintOf(t.Root) }

// Marshal gives the bundle as PEM: the root, then the intermediates.
func (t *TrustBundle) Marshal() []byte {
	return append(marshalCerts(t.Root), marshalCerts(t.Intermediates...)...)
}

// ParseTrustBundle reads what Marshal wrote and checks that each intermediate
// is one, signed by the root. It does not look at the time: trust ages.
func ParseTrustBundle(data []byte) (*TrustBundle, error) {
	const op = "pki: parse trust bundle"
	certs, err := parseCerts(data)
	if err != nil {
		return nil, err
	}
	if len(certs) == 0 {
		return nil, fault.New(fault.Invalid, op, "no certificate", nil)
	}
	root := certs[0]
	if !root.IsCA || root.CheckSignatureFrom(root) != nil {
		return nil, fault.New(fault.Invalid, op, "the first certificate is not a root", nil)
	}
	for _, c := range certs[1:] {
		if _, err := intermediateRole(c); err != nil {
			return nil, fault.New(fault.Invalid, op, "", err)
		}
		if err := c.CheckSignatureFrom(root); err != nil {
			return nil, fault.New(fault.Denied, op, "an intermediate of another root", err)
		}
	}
	return &TrustBundle{Root: root, Intermediates: certs[1:]}, nil
}

// EncodeChain joins the DER of a chain, the form in which an issued chain
// travels.
func EncodeChain(chain []*x509.Certificate) []byte {
	var out []byte
	for _, c := range chain {
		out = append(out, c.Raw...)
	}
	return out
}

// DecodeChain reads what EncodeChain wrote.
func DecodeChain(der []byte) ([]*x509.Certificate, error) {
	const op = "pki: decode chain"
	if len(der) > MaxChain {
		return nil, fault.New(fault.TooLarge, op, "", nil)
	}
	chain, err := x509.ParseCertificates(der)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "", err)
	}
	if len(chain) == 0 || len(chain) > maxCerts {
		return nil, fault.New(fault.Invalid, op, "number of certificates", nil)
	}
	return chain, nil
}

func marshalCerts(certs ...*x509.Certificate) []byte {
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: c.Raw})...)
	}
	return out
}

func parseCerts(data []byte) ([]*x509.Certificate, error) {
	key, certs, err := parsePEM(data)
	if err == nil && key != nil {
		return nil, fault.New(fault.Invalid, "pki: parse certificates", "a private key among them", nil)
	}
	return certs, err
}

func parseKeyAndCerts(data []byte) (crypto.Signer, []*x509.Certificate, error) {
	key, certs, err := parsePEM(data)
	if err == nil && key == nil {
		return nil, nil, fault.New(fault.Invalid, "pki: parse key and certificates", "no private key", nil)
	}
	return key, certs, err
}

// parsePEM reads blocks of certificates and at most one key, and nothing else.
func parsePEM(data []byte) (crypto.Signer, []*x509.Certificate, error) {
	const op = "pki: parse pem"
	if len(data) > MaxChain {
		return nil, nil, fault.New(fault.TooLarge, op, "", nil)
	}
	var key crypto.Signer
	var certs []*x509.Certificate
	for len(bytes.TrimSpace(data)) > 0 {
		block, rest := pem.Decode(data)
		switch {
		case block == nil:
			return nil, nil, fault.New(fault.Invalid, op, "not PEM", nil)
		case block.Type == pemPrivateKey && key == nil:
			k, err := parseKey(block.Bytes)
			if err != nil {
				return nil, nil, err
			}
			key = k
		case block.Type == pemCertificate && len(certs) < maxCerts:
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, fault.New(fault.Invalid, op, "certificate", err)
			}
			certs = append(certs, c)
		default:
			return nil, nil, fault.New(fault.Invalid, op, "unexpected block", nil)
		}
		data = rest
	}
	return key, certs, nil
}

func parseKey(der []byte) (crypto.Signer, error) {
	const op = "pki: parse key"
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "", err)
	}
	signer, ok := k.(crypto.Signer)
	if !ok {
		return nil, fault.New(fault.Unsupported, op, "the key cannot sign", nil)
	}
	return signer, checkPublicKey(op, signer.Public())
}
