package issuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/cms"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/vds"
)

// Names of the files.
const (
	signKey, signChain = "sign.key", "sign.pem"
	sealKey, sealChain = "seal.key", "seal.pem"
	// RootFile holds the root that readers trust.
	RootFile = "root.pem"
	// ListsFile holds the lists of revoked certificates of the issuer's
	// authorities.
	ListsFile = "lists.pem"
)

// maxPEM caps a file of keys or certificates, in bytes.
const maxPEM = 256 << 10

// Identity is what an issuer signs with.
type Identity struct {
	Document cms.Signer // PDF signatures
	Seal     *vds.Signer
	// SealChain is the seal's certificate and what leads to the root.
	SealChain []*x509.Certificate
}

// Load reads an identity and checks that it can be used at a time.
func Load(dir string, at time.Time) (*Identity, error) {
	document, err := LoadSigner(filepath.Join(dir, signKey), filepath.Join(dir, signChain))
	if err != nil {
		return nil, err
	}
	seal, err := LoadSigner(filepath.Join(dir, sealKey), filepath.Join(dir, sealChain))
	if err != nil {
		return nil, err
	}
	return join(document, seal, at)
}

// join makes an identity of both keys.
func join(document, seal cms.Signer, at time.Time) (*Identity, error) {
	const op = "issuer: load"
	for _, s := range []cms.Signer{document, seal} {
		if at.Before(s.Chain[0].NotBefore) || at.After(s.Chain[0].NotAfter) {
			return nil, fault.New(fault.Expired, op, "certificate", nil)
		}
	}
	key, ok := seal.Key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fault.New(fault.Unsupported, op, "the key of seals", nil)
	}
	signer, err := vds.NewSigner(key, seal.Chain[0])
	if err != nil {
		return nil, err
	}
	return &Identity{Document: document, Seal: signer, SealChain: seal.Chain}, nil
}

// LoadSigner reads a key and its chain.
func LoadSigner(keyPath, chainPath string) (cms.Signer, error) {
	const op = "issuer: load signer"
	info, err := os.Stat(keyPath)
	switch {
	case err != nil:
		return cms.Signer{}, fault.New(fault.NotFound, op, filepath.Base(keyPath), err)
	case info.Mode().Perm()&0o077 != 0:
		return cms.Signer{}, fault.New(fault.Denied, op, filepath.Base(keyPath)+" may be read by others, mode 0600 is needed", nil)
	}
	blocks, err := readPEM(keyPath)
	if err != nil {
		return cms.Signer{}, err
	}
	if len(blocks) != 1 || blocks[0].Type != "PRIVATE KEY" {
		return cms.Signer{}, fault.New(fault.Invalid, op, filepath.Base(keyPath)+" is not one PKCS 8 key", nil)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(blocks[0].Bytes)
	if err != nil {
		return cms.Signer{}, fault.New(fault.Invalid, op, filepath.Base(keyPath), err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return cms.Signer{}, fault.New(fault.Unsupported, op, filepath.Base(keyPath)+" is not on P-256", nil)
	}
	chain, err := LoadCertificates(chainPath)
	if err != nil {
		return cms.Signer{}, err
	}
	s := cms.Signer{Key: key, Chain: chain}
	return s, s.Validate()
}

// LoadCertificates reads a PEM file of one or more certificates.
func LoadCertificates(path string) ([]*x509.Certificate, error) {
	const op = "issuer: load certificates"
	blocks, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for _, b := range blocks {
		c, err := x509.ParseCertificate(b.Bytes)
		if b.Type != "CERTIFICATE" || err != nil {
			return nil, fault.New(fault.Invalid, op, filepath.Base(path), err)
		}
		out = append(out, c)
	}
	return out, nil
}

// LoadPool reads a PEM file of roots.
func LoadPool(path string) (*x509.CertPool, error) {
	certs, err := LoadCertificates(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, c := range certs {
		pool.AddCert(c)
	}
	return pool, nil
}

func readPEM(path string) ([]*pem.Block, error) {
	const op = "issuer: read"
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault.New(fault.NotFound, op, filepath.Base(path), err)
	}
	if info.Size() > maxPEM {
		return nil, fault.New(fault.TooLarge, op, filepath.Base(path), nil)
	}
	rest, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fault.New(fault.Denied, op, filepath.Base(path), err)
	}
	var blocks []*pem.Block
	for {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		blocks = append(blocks, b)
	}
	if len(blocks) == 0 {
		return nil, fault.New(fault.Invalid, op, filepath.Base(path)+" holds no PEM", nil)
	}
	return blocks, nil
}

// Save writes an identity into a directory, keys with mode 0600.
func (i *Identity) Save(dir string, seal cms.Signer) error {
	if err := SaveSigner(filepath.Join(dir, signKey), filepath.Join(dir, signChain), i.Document); err != nil {
		return err
	}
	return SaveSigner(filepath.Join(dir, sealKey), filepath.Join(dir, sealChain), seal)
}

// SaveSigner writes a key and its chain; the chain last, so that a key without
// one shows that it was cut short.
func SaveSigner(keyPath, chainPath string, s cms.Signer) error {
	key, ok := s.Key.(*ecdsa.PrivateKey)
	if !ok {
		return fault.New(fault.Unsupported, "issuer: save", filepath.Base(keyPath), nil)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fault.New(fault.Internal, "issuer: save", filepath.Base(keyPath), err)
	}
	if err := write(keyPath, 0o600, &pem.Block{Type: "PRIVATE KEY", Bytes: raw}); err != nil {
		return err
	}
	return SaveCertificates(chainPath, s.Chain...)
}

// SaveCertificates writes certificates, for everyone to read.
func SaveCertificates(path string, certs ...*x509.Certificate) error {
	blocks := make([]*pem.Block, 0, len(certs))
	for _, c := range certs {
		blocks = append(blocks, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return write(path, 0o644, blocks...)
}

func write(path string, mode fs.FileMode, blocks ...*pem.Block) error {
	var out []byte
	for _, b := range blocks {
		out = append(out, pem.EncodeToMemory(b)...)
	}
	if err := durable.WriteFile(path, out, mode); err != nil {
		return fault.New(fault.Storage, "issuer: save", filepath.Base(path), err)
	}
	return nil
}
