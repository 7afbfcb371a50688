package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"jaliya/internal/fault"
)

// Caps of what is read, in bytes and certificates.
const (
	maxMessage      = 64 << 10
	maxCertificates = 8
)

// Signed is a message as read. It proves nothing before Check and Chain.
type Signed struct {
	Type         asn1.ObjectIdentifier
	Content      []byte // nil when detached
	Certificates []*x509.Certificate
	Signer       *x509.Certificate
	Signature    []byte
	Token        []byte // time-stamp token, nil when there is none

	hash       crypto.Hash
	algorithm  x509.SignatureAlgorithm
	attributes []byte // as they are signed
	digest     []byte
}

// Parse reads the DER of a message; anything after it is refused.
func Parse(raw []byte) (*Signed, error) {
	body, err := unwrap(raw)
	if err != nil {
		return nil, err
	}
	s := &Signed{}
	var version int64
	var algorithms cryptobyte.String
	if !body.ReadASN1Integer(&version) || !body.ReadASN1(&algorithms, der.SET) {
		return nil, broken("version")
	}
	hash, err := ReadHash(&algorithms)
	if err != nil || !algorithms.Empty() {
		return nil, fault.New(fault.Invalid, opParse, "digest algorithms", err)
	}
	if err := s.content(&body); err != nil {
		return nil, err
	}
	if version != messageVersion(s.Type) {
		return nil, broken("version")
	}
	if err := s.certificates(&body); err != nil {
		return nil, err
	}
	var infos, one cryptobyte.String
	if !body.ReadASN1(&infos, der.SET) || !body.Empty() || !infos.ReadASN1(&one, der.SEQUENCE) || !infos.Empty() {
		return nil, broken("not one signer")
	}
	if err := s.info(&one); err != nil {
		return nil, err
	}
	if s.hash != hash {
		return nil, broken("digest algorithms differ")
	}
	return s, nil
}

// unwrap takes the outer wrapping off.
func unwrap(raw []byte) (cryptobyte.String, error) {
	if len(raw) > maxMessage {
		return nil, fault.New(fault.TooLarge, opParse, "message", nil)
	}
	in := cryptobyte.String(raw)
	var info, outer, body cryptobyte.String
	var id asn1.ObjectIdentifier
	if !in.ReadASN1(&info, der.SEQUENCE) || !in.Empty() || !info.ReadASN1ObjectIdentifier(&id) || !id.Equal(signedData()) ||
		!info.ReadASN1(&outer, explicit(0)) || !info.Empty() || !outer.ReadASN1(&body, der.SEQUENCE) || !outer.Empty() {
		return nil, broken("no signed message")
	}
	return body, nil
}

func (s *Signed) content(body *cryptobyte.String) error {
	var encapsulated, outer, octets cryptobyte.String
	if !body.ReadASN1(&encapsulated, der.SEQUENCE) || !encapsulated.ReadASN1ObjectIdentifier(&s.Type) {
		return broken("content")
	}
	if encapsulated.Empty() {
		return nil
	}
	if !encapsulated.ReadASN1(&outer, explicit(0)) || !encapsulated.Empty() ||
		!outer.ReadASN1(&octets, der.OCTET_STRING) || !outer.Empty() {
		return broken("content")
	}
	s.Content = octets
	return nil
}

func (s *Signed) certificates(body *cryptobyte.String) error {
	var set cryptobyte.String
	if !body.ReadASN1(&set, explicit(0)) {
		return broken("no certificates")
	}
	for !set.Empty() {
		var one cryptobyte.String
		if len(s.Certificates) == maxCertificates || !set.ReadASN1Element(&one, der.SEQUENCE) {
			return broken("certificates")
		}
		c, err := x509.ParseCertificate(one)
		if err != nil {
			return fault.New(fault.Invalid, opParse, "certificate", err)
		}
		s.Certificates = append(s.Certificates, c)
	}
	return nil
}

// identity finds the certificate that the signer names.
func (s *Signed) identity(in *cryptobyte.String) error {
	var version int64
	var identity, issuer cryptobyte.String
	serial := new(big.Int)
	if !in.ReadASN1Integer(&version) || version != 1 || !in.ReadASN1(&identity, der.SEQUENCE) ||
		!identity.ReadASN1Element(&issuer, der.SEQUENCE) || !identity.ReadASN1Integer(serial) || !identity.Empty() {
		return broken("signer")
	}
	for _, c := range s.Certificates {
		if bytes.Equal(c.RawIssuer, issuer) && c.SerialNumber.Cmp(serial) == 0 {
			s.Signer = c
		}
	}
	if s.Signer == nil {
		return broken("the signer's certificate is not there")
	}
	return nil
}

func (s *Signed) info(in *cryptobyte.String) (err error) {
	if err = s.identity(in); err != nil {
		return err
	}
	var attributes, signature cryptobyte.String
	if s.hash, err = ReadHash(in); err != nil {
		return err
	}
	if !in.ReadASN1(&attributes, explicit(0)) {
		return broken("signed attributes")
	}
	s.attributes = wrap(der.SET, attributes)
	if err := s.signed(attributes); err != nil {
		return err
	}
	id, err := readAlgorithm(in)
	if err != nil {
		return err
	}
	for _, a := range signatures() {
		if a.id.Equal(id) && a.hash == s.hash {
			s.algorithm = a.sign
		}
	}
	if s.algorithm == 0 {
		return fault.New(fault.Unsupported, opParse, "signature algorithm", nil)
	}
	if !in.ReadASN1(&signature, der.OCTET_STRING) {
		return broken("signature")
	}
	s.Signature = signature
	return s.unsigned(in)
}

// signed reads the signed attributes: content type, digest and the signer's
// certificate must be there, each once. Others are signed and say nothing here.
func (s *Signed) signed(set cryptobyte.String) error {
	var types, certificate []byte
	seen := map[string]bool{}
	for !set.Empty() {
		id, value, err := readAttribute(&set)
		if err != nil {
			return err
		}
		if seen[id.String()] {
			return broken("an attribute twice")
		}
		seen[id.String()] = true
		switch {
		case id.Equal(contentType()):
			types = value
		case id.Equal(messageDigest()):
			in := cryptobyte.String(value)
			var digest cryptobyte.String
			if !in.ReadASN1(&digest, der.OCTET_STRING) || !in.Empty() {
				return broken("digest")
			}
			s.digest = digest
		case id.Equal(signingCertificate()):
			certificate = value
		}
	}
	in := cryptobyte.String(types)
	var id asn1.ObjectIdentifier
	if !in.ReadASN1ObjectIdentifier(&id) || !id.Equal(s.Type) || s.digest == nil {
		return broken("content type or digest")
	}
	return s.essCertificate(certificate)
}

func (s *Signed) essCertificate(value []byte) error {
	in := cryptobyte.String(value)
	var outer, list, one, sum cryptobyte.String
	if !in.ReadASN1(&outer, der.SEQUENCE) || !outer.ReadASN1(&list, der.SEQUENCE) || !list.ReadASN1(&one, der.SEQUENCE) {
		return broken("signing certificate")
	}
	hash := crypto.SHA256
	if one.PeekASN1Tag(der.SEQUENCE) {
		var err error
		if hash, err = ReadHash(&one); err != nil {
			return err
		}
	}
	if !one.ReadASN1(&sum, der.OCTET_STRING) {
		return broken("signing certificate")
	}
	h := hash.New()
	h.Write(s.Signer.Raw)
	if !bytes.Equal(h.Sum(nil), sum) {
		return fault.New(fault.Corrupt, opParse, "another certificate was signed with", nil)
	}
	return nil
}

// unsigned reads the only unsigned attribute that is allowed.
func (s *Signed) unsigned(in *cryptobyte.String) error {
	if in.Empty() {
		return nil
	}
	var set cryptobyte.String
	if !in.ReadASN1(&set, explicit(1)) || !in.Empty() {
		return broken("unsigned attributes")
	}
	id, value, err := readAttribute(&set)
	if err != nil || !set.Empty() || !id.Equal(timeStamp()) {
		return fault.New(fault.Invalid, opParse, "unsigned attributes", err)
	}
	s.Token = value
	return nil
}

// readAttribute reads an attribute of exactly one value.
func readAttribute(set *cryptobyte.String) (asn1.ObjectIdentifier, []byte, error) {
	var one, values, value cryptobyte.String
	var id asn1.ObjectIdentifier
	var tag der.Tag
	if !set.ReadASN1(&one, der.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&id) || !one.ReadASN1(&values, der.SET) ||
		!one.Empty() || !values.ReadAnyASN1Element(&value, &tag) || !values.Empty() {
		return nil, nil, broken("attribute")
	}
	return id, value, nil
}
