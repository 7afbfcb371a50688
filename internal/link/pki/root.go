package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"os"
	"time"

	"filippo.io/age"

	"jaliya/internal/fault"
)

// Root is the root CA with its key. It lives in an offline file under a
// passphrase and is opened only to issue intermediates.
type Root struct {
	Cert *x509.Certificate
	key  crypto.Signer
}

// DefaultWorkFactor is the scrypt work factor (a power of two) of a root file:
// about a second on an office machine. Tests use a lower one.
const DefaultWorkFactor = 18

// maxWorkFactor bounds what opening a file may cost (memory grows with it).
const maxWorkFactor = 22

// maxRootFile bounds the size of a root file, well above two PEM blocks.
const maxRootFile = 64 << 10

const (
	pemCertificate = "CERTIFICATE"
	pemPrivateKey  = "PRIVATE KEY"
)

// NewRoot creates a root CA whose life begins a day before now (D44).
func NewRoot(now time.Time) (*Root, error) {
	const op = "pki: new root"
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	tmpl := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "jaliya root"},
		NotBefore:             now.Add(-Backdate),
		NotAfter:              now.Add(RootLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLen:            1,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	cert, err := signCertificate(op, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &Root{Cert: cert, key: key}, nil
}

// Save writes the root with its key, encrypted under the passphrase, to a new
// file; it refuses to replace one. It returns after the file and its directory
// are synced. workFactor 0 means DefaultWorkFactor.
func (r *Root) Save(path, passphrase string, workFactor int) error {
	const op = "pki: save root"
	if _, err := os.Lstat(path); err == nil {
		return fault.New(fault.Exists, op, path, nil)
	}
	plain, err := marshalKeyAndCerts(r.key, r.Cert)
	if err != nil {
		return err
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fault.New(fault.Invalid, op, "passphrase", err)
	}
	if workFactor == 0 {
		workFactor = DefaultWorkFactor
	}
	if workFactor < 1 || workFactor > maxWorkFactor {
		return fault.New(fault.Invalid, op, "work factor", nil)
	}
	recipient.SetWorkFactor(workFactor)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		return fault.New(fault.Internal, op, "", err)
	}
	if _, err := w.Write(plain); err != nil {
		return fault.New(fault.Internal, op, "", err)
	}
	if err := w.Close(); err != nil {
		return fault.New(fault.Internal, op, "", err)
	}
	return WriteSecret(path, sealed.Bytes())
}

// OpenRoot reads a root file. A wrong passphrase is fault.Denied, anything
// else that is not a root file is fault.Corrupt.
func OpenRoot(path, passphrase string) (*Root, error) {
	const op = "pki: open root"
	sealed, err := readFile(op, path, maxRootFile)
	if err != nil {
		return nil, err
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "passphrase", err)
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		return nil, fault.New(fault.Denied, op, path, err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxRootFile))
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, path, err)
	}
	key, certs, err := parseKeyAndCerts(plain)
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, path, err)
	}
	if len(certs) != 1 || !certs[0].IsCA || !samePublicKey(certs[0], key) {
		return nil, fault.New(fault.Corrupt, op, path, nil)
	}
	return &Root{Cert: certs[0], key: key}, nil
}

// Issue makes a new intermediate for a role, with a new key.
func (r *Root) Issue(role Role, now time.Time) (*Authority, error) {
	const op = "pki: issue intermediate"
	if role == "" || role.Issuer() != role {
		return nil, fault.New(fault.Invalid, op, "role has no intermediate of its own", nil)
	}
	id, err := NewID()
	if err != nil {
		return nil, err
	}
	uri, err := Identity{Role: CA, Name: string(role), ID: id}.url()
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	tmpl := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "jaliya " + string(role)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLen:            0,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	tmpl.URIs = append(tmpl.URIs, uri)
	if err := setValidity(op, tmpl, r.Cert, validity{now: now, life: IntermediateLife}); err != nil {
		return nil, err
	}
	cert, err := signCertificate(op, tmpl, r.Cert, key.Public(), r.key)
	if err != nil {
		return nil, err
	}
	return &Authority{Role: role, Cert: cert, key: key}, nil
}

// IssueAll makes a new intermediate for every role and the bundle of trust
// that names them all.
func (r *Root) IssueAll(now time.Time) (map[Role]*Authority, *TrustBundle, error) {
	all := make(map[Role]*Authority, len(issuerRoles))
	bundle := &TrustBundle{Root: r.Cert}
	for _, role := range issuerRoles {
		a, err := r.Issue(role, now)
		if err != nil {
			return nil, nil, err
		}
		all[role] = a
		bundle.Intermediates = append(bundle.Intermediates, a.Cert)
	}
	return all, bundle, nil
}

func marshalKeyAndCerts(key crypto.Signer, certs ...*x509.Certificate) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fault.New(fault.Unsupported, "pki: marshal key", "the key cannot leave its store", err)
	}
	out := pem.EncodeToMemory(&pem.Block{Type: pemPrivateKey, Bytes: der})
	return append(out, marshalCerts(certs...)...), nil
}
