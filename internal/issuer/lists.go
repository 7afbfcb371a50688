package issuer

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"math/big"

	"jaliya/internal/fault"
)

// Names of the lists below an authority's address.
const (
	RootList      = "root.crl"
	AuthorityList = "authority.crl"
)

const opLists = "issuer: lists of revoked certificates"

// listed writes where the list is that will say of a certificate whether it
// was revoked.
func (a *Authority) listed(t *x509.Certificate, name string) {
	if a.point != "" {
		t.CRLDistributionPoints = []string{a.point + "/" + name}
	}
}

// Lists gives the root's list of revoked certificates and that of the
// authority below it, which revokes these; both hold for a life (RFC 5280, 5).
func (a *Authority) Lists(life Life, revoked ...x509.RevocationListEntry) ([]*x509.RevocationList, error) {
	root, err := list(life, a.root, a.rootKey, nil)
	if err != nil {
		return nil, err
	}
	own, err := list(life, a.ca, a.key, revoked)
	return []*x509.RevocationList{root, own}, err
}

func list(life Life, by *x509.Certificate, key *ecdsa.PrivateKey, revoked []x509.RevocationListEntry) (*x509.RevocationList, error) {
	raw, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		// Numbers grow with time, as a list that replaces another must.
		Number: big.NewInt(life.From.Unix()), ThisUpdate: life.From, NextUpdate: life.To, RevokedCertificateEntries: revoked,
	}, by, key)
	if err != nil {
		return nil, fault.New(fault.Internal, opLists, "list", err)
	}
	out, err := x509.ParseRevocationList(raw)
	if err != nil {
		return nil, fault.New(fault.Internal, opLists, "list", err)
	}
	return out, nil
}
