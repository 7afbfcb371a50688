package cluster_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// authority issues certificates for tests. serial numbers need no lock: tests
// issue from one goroutine.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(tb, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(tb, err)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &authority{cert: cert, key: key, pool: pool}
}

// issue gives server and client configurations for spiffe://jaliya/role/name.
func (a *authority) issue(tb testing.TB, role, name string) (server, client *tls.Config) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{"member.jaliya"},
		URIs:      []*url.URL{{Scheme: "spiffe", Host: "jaliya", Path: "/" + role + "/" + name}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	require.NoError(tb, err)
	certs := []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	server = &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: certs, ClientCAs: a.pool,
		ClientAuth: tls.RequireAndVerifyClientCert, VerifyConnection: membersOnly,
	}
	client = &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: certs, RootCAs: a.pool,
		ServerName: "member.jaliya", VerifyConnection: membersOnly,
	}
	return server, client
}

func membersOnly(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 || len(s.PeerCertificates[0].URIs) != 1 {
		return errors.New("no identity")
	}
	if p := s.PeerCertificates[0].URIs[0].Path; len(p) < 8 || p[:8] != "/member/" {
		return errors.New("not a member")
	}
	return nil
}
