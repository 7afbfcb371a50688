package issuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/cms"
	"jaliya/internal/fault"
	"jaliya/internal/pades"
	"jaliya/internal/revocation"
)

const opIssue = "issuer: issue certificate"

// Authority is a root and a certification authority below it, for tests,
// simulators and demonstrations. Its keys are in memory only.
type Authority struct {
	root, ca     *x509.Certificate
	rootKey, key *ecdsa.PrivateKey // key is that of the authority below the root
	// point is where its lists are given out, empty for nowhere: they are
	// handed over as files.
	point string
}

// Life is when a certificate is valid.
type Life struct{ From, To time.Time }

// Years gives a life that began an hour before a time, for clocks that differ.
func Years(at time.Time, n int) Life {
	return Life{at.Add(-time.Hour).UTC().Truncate(time.Second), at.AddDate(n, 0, 0).UTC().Truncate(time.Second)}
}

// NewAuthority makes a root and the authority below it.
func NewAuthority(name string, life Life) (*Authority, error) { return NewAuthorityAt(name, life, "") }

// NewAuthorityAt makes them with certificates that say where the lists of
// revoked ones are: RootList and AuthorityList below an address.
func NewAuthorityAt(name string, life Life, point string) (*Authority, error) {
	rootKey, err := newKey()
	if err != nil {
		return nil, err
	}
	a := &Authority{rootKey: rootKey, point: point}
	root := template(name+" root", life)
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	if a.root, err = create(root, root, &rootKey.PublicKey, rootKey); err != nil {
		return nil, err
	}
	if a.key, err = newKey(); err != nil {
		return nil, err
	}
	ca := template(name+" authority", life)
	ca.IsCA, ca.BasicConstraintsValid, ca.MaxPathLenZero, ca.KeyUsage = true, true, true, root.KeyUsage
	a.listed(ca, RootList)
	a.ca, err = create(ca, a.root, &a.key.PublicKey, rootKey)
	return a, err
}

// Root gives the certificate that readers trust.
func (a *Authority) Root() *x509.Certificate { return a.root }

// Pool gives the root as readers want it.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return pool
}

// Documents issues a certificate for PDF signatures (RFC 9336).
func (a *Authority) Documents(name string, life Life) (cms.Signer, error) {
	t := template(name, life)
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	t.UnknownExtKeyUsage = []asn1.ObjectIdentifier{pades.DocumentSigning()}
	return a.signer(t)
}

// Seals issues a certificate for seals to a signer of four letters.
func (a *Authority) Seals(signer string, life Life) (cms.Signer, error) {
	if len(signer) != 4 {
		return cms.Signer{}, fault.New(fault.Invalid, opIssue, "a seal's signer has four letters", nil)
	}
	t := template("", life)
	t.Subject = pkix.Name{Country: []string{signer[:2]}, CommonName: signer[2:]}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	// The serial number stands in each seal as reference: 32 bits are enough
	// for one signer, and are eight characters.
	t.SerialNumber.SetUint64(t.SerialNumber.Uint64()>>33 | 1<<31)
	return a.signer(t)
}

// Times issues a certificate for time stamps: the usage is alone and critical
// (RFC 3161, 2.3).
func (a *Authority) Times(name string, life Life) (cms.Signer, error) {
	t := template(name, life)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		return cms.Signer{}, fault.New(fault.Internal, opIssue, "usage", err)
	}
	t.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}
	return a.signer(t)
}

func (a *Authority) signer(t *x509.Certificate) (cms.Signer, error) {
	key, err := newKey()
	if err != nil {
		return cms.Signer{}, err
	}
	a.listed(t, AuthorityList)
	c, err := create(t, a.ca, &key.PublicKey, a.key)
	if err != nil {
		return cms.Signer{}, err
	}
	return cms.Signer{Key: key, Chain: []*x509.Certificate{c, a.ca}}, nil
}

func template(name string, life Life) *x509.Certificate {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[0] &= 0x7f
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(raw[:]), Subject: pkix.Name{Country: []string{"MA"}, CommonName: name},
		NotBefore: life.From, NotAfter: life.To, BasicConstraintsValid: true,
	}
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fault.New(fault.Internal, opIssue, "key", err)
	}
	return key, nil
}

func create(t, parent *x509.Certificate, public *ecdsa.PublicKey, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, parent, public, by)
	if err != nil {
		return nil, fault.New(fault.Internal, opIssue, "certificate", err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fault.New(fault.Internal, opIssue, "certificate", err)
	}
	return c, nil
}

// lifetime is how many years an identity made here is good for.
const lifetime = 5

// Identity makes the keys of an office; seal is its four letters.
func (a *Authority) Identity(name, seal string, at time.Time) (*Identity, cms.Signer, error) {
	document, err := a.Documents(name, Years(at, lifetime))
	if err != nil {
		return nil, cms.Signer{}, err
	}
	sealing, err := a.Seals(seal, Years(at, lifetime))
	if err != nil {
		return nil, cms.Signer{}, err
	}
	i, err := join(document, sealing, at)
	return i, sealing, err
}

// Create makes an office's identity of a test authority and writes it into a
// directory that has none; where there is one it is loaded.
func Create(dir, name, seal string, at time.Time) (*Identity, error) {
	if _, err := os.Stat(filepath.Join(dir, RootFile)); err == nil {
		return Load(dir, at)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Storage, opIssue, RootFile, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.New(fault.Storage, opIssue, "directory", err)
	}
	a, err := NewAuthority(name, Years(at, 2*lifetime))
	if err != nil {
		return nil, err
	}
	i, sealing, err := a.Identity(name, seal, at)
	if err != nil {
		return nil, err
	}
	if err := i.Save(dir, sealing); err != nil {
		return nil, err
	}
	// The authority's keys end here, so these are its last lists.
	lists, err := a.Lists(Years(at, 2*lifetime))
	if err != nil {
		return nil, err
	}
	if err := revocation.Save(filepath.Join(dir, ListsFile), lists...); err != nil {
		return nil, err
	}
	// Last: a directory with a root is whole.
	return i, SaveCertificates(filepath.Join(dir, RootFile), a.root)
}
