package pades

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"jaliya/internal/cms"
	"jaliya/internal/fault"
	"jaliya/internal/timestamp"
)

const opVerify = "pades: verify"

// MaxFile caps a file that is proved, in bytes.
const MaxFile = 4 << 20

// DocumentSigning gives the extended key usage of certificates for documents
// (RFC 9336).
func DocumentSigning() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}
}

// Trust is what a reader believes.
type Trust struct {
	Issuers *x509.CertPool // roots of those who sign documents
	Times   *x509.CertPool // roots of time-stamping authorities
}

// Signature is what was proved of a file.
type Signature struct {
	Signer *x509.Certificate
	Root   *x509.Certificate
	Chain  []*x509.Certificate // from Signer to Root
	Stamp  timestamp.Proved
	// Revision is what the signature covers, itself included: the file without
	// the validation data. What a file says is read from here alone.
	Revision []byte
	Level    Level
}

// Verify proves the signature of a file, and that nothing but validation data
// follows it. Invalid: no signature of this form; Corrupt: the file is not the
// one that was signed; Denied: signed by somebody who is not trusted, or with a
// certificate that had been revoked; Expired: the certificate was not valid at
// that time. It asks nobody and no clock: what held once holds years later.
func Verify(file []byte, trust Trust) (Signature, error) {
	out, tail, err := signature(file, trust)
	if err != nil {
		return Signature{}, err
	}
	if out.Level, err = out.level(tail); err != nil {
		return Signature{}, err
	}
	return out, nil
}

// signature proves the signature and gives what follows it.
func signature(file []byte, trust Trust) (out Signature, tail []byte, err error) {
	cut, err := find(file)
	if err != nil {
		return out, nil, err
	}
	signed, err := cms.Parse(cut.signature)
	if err != nil {
		return out, nil, err
	}
	if !signed.Type.Equal(cms.Data()) || signed.Content != nil {
		return out, nil, fault.New(fault.Invalid, opVerify, "no detached signature", nil)
	}
	if err := signed.Check(cut.before, cut.after); err != nil {
		return out, nil, err
	}
	if signed.Token == nil {
		return out, nil, fault.New(fault.Invalid, opVerify, "no time stamp", nil)
	}
	if out.Stamp, err = timestamp.Verify(signed.Token, trust.Times, signed.Signature); err != nil {
		return out, nil, err
	}
	if err := forDocuments(signed.Signer); err != nil {
		return out, nil, err
	}
	chain, err := signed.Chain(trust.Issuers, out.Stamp.Time, x509.ExtKeyUsageAny)
	if err != nil {
		return out, nil, err
	}
	out.Signer, out.Root, out.Chain = signed.Signer, chain[len(chain)-1], chain
	out.Revision = file[:len(file)-len(cut.tail)]
	return out, cut.tail, nil
}

// forDocuments asks that a certificate is for documents and nothing else, so
// that a key for seals, times or servers signs none.
func forDocuments(c *x509.Certificate) error {
	good := !c.IsCA && len(c.ExtKeyUsage) == 0 && slices.ContainsFunc(c.UnknownExtKeyUsage, DocumentSigning().Equal) &&
		c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0
	if !good {
		return fault.New(fault.Denied, opVerify, "the certificate is not for documents", nil)
	}
	return nil
}

// cut is a file taken apart.
type cut struct {
	before, after, signature []byte
	tail                     []byte // what follows the signed revision
}

// find takes a file apart and asks that the byte range, from the first byte on,
// leaves out one hole and nothing else.
func find(file []byte) (cut, error) {
	bad := func(what string) (cut, error) { return cut{}, fault.New(fault.Invalid, opVerify, what, nil) }
	if len(file) > MaxFile {
		return cut{}, fault.New(fault.TooLarge, opVerify, "file", nil)
	}
	_, text, found := bytes.Cut(file, []byte(byteRange))
	if !bytes.HasPrefix(file, []byte("%PDF-")) || !found {
		return bad("not one PAdES signature")
	}
	begin, end, until, covers := covered(text[:min(len(text), 64)], len(file))
	if !covers {
		return bad("the byte range does not cover the file")
	}
	file, tail := file[:until], file[until:]
	if bytes.Count(file, []byte(byteRange)) != 1 || bytes.Count(file, []byte("/SubFilter /ETSI.CAdES.detached")) != 1 {
		return bad("not one PAdES signature")
	}
	gap := file[begin:end]
	if gap[0] != '<' || gap[len(gap)-1] != '>' || bytes.ContainsAny(gap[1:len(gap)-1], "abcdef") {
		return bad("the byte range leaves out something else")
	}
	padded := make([]byte, hex.DecodedLen(len(gap)-2))
	if _, err := hex.Decode(padded, gap[1:len(gap)-1]); err != nil {
		return bad("signature")
	}
	in := cryptobyte.String(padded)
	var signature cryptobyte.String
	if !in.ReadASN1Element(&signature, der.SEQUENCE) || len(bytes.Trim(in, "\x00")) != 0 {
		return bad("signature")
	}
	return cut{file[:begin], file[end:], signature, tail}, nil
}

// covered reads a byte range and reports whether it covers the first bytes of
// a file of this size, until some byte, but for those from begin to end.
func covered(text []byte, size int) (begin, end, until int, good bool) {
	numbers, _, found := bytes.Cut(text, []byte("]"))
	var first, rest int
	n, err := fmt.Sscanf(string(numbers), "%d %d %d %d", &first, &begin, &end, &rest)
	good = found && err == nil && n == 4 && first == 0 && begin >= 0 && end >= begin+2 && end <= size &&
		rest >= 0 && rest <= size-end
	return begin, end, end + rest, good
}
