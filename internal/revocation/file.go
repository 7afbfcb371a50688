package revocation

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

const (
	opFile = "revocation: file of lists"
	// block is the PEM label of a list (RFC 7468, 6).
	block = "X509 CRL"
	// maxFile caps a file of lists, in bytes.
	maxFile = 256 << 10
)

// Save writes lists into one file, for everyone to read.
func Save(path string, lists ...*x509.RevocationList) error {
	var out []byte
	for _, l := range lists {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: block, Bytes: l.Raw})...)
	}
	if err := durable.WriteFile(path, out, 0o644); err != nil {
		return fault.New(fault.Storage, opFile, filepath.Base(path), err)
	}
	return nil
}

// Load reads a PEM file of lists.
func Load(path string) ([]*x509.RevocationList, error) {
	bad := func(kind fault.Kind, err error) error { return fault.New(kind, opFile, filepath.Base(path), err) }
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, bad(fault.NotFound, err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	rest, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, bad(fault.Storage, err)
	case len(rest) > maxFile:
		return nil, bad(fault.TooLarge, nil)
	}
	var out []*x509.RevocationList
	for {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		l, err := Parse(b.Bytes)
		if b.Type != block || err != nil {
			return nil, bad(fault.Invalid, err)
		}
		out = append(out, l)
	}
	if len(out) == 0 {
		return nil, bad(fault.Invalid, nil)
	}
	return out, nil
}
