package vds_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/vds"
)

// world is a root with one seal signer.
type world struct {
	root    *x509.Certificate
	rootKey *ecdsa.PrivateKey
	pool    *x509.CertPool
	signer  *vds.Signer
	cert    *x509.Certificate
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	return key
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 12, 0, 0, 0, time.UTC) }

func sealTemplate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(0x1A2B3C), Subject: pkix.Name{Country: []string{"MA"}, CommonName: "PN"},
		NotBefore: day(2026, 1, 1), NotAfter: day(2028, 1, 1), KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func (w *world) issue(tb testing.TB, template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, w.root, key.Public(), w.rootKey)
	require.NoError(tb, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(tb, err)
	return c
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{rootKey: newKey(tb), pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: day(2025, 1, 1), NotAfter: day(2035, 1, 1), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, w.rootKey.Public(), w.rootKey)
	require.NoError(tb, err)
	w.root, err = x509.ParseCertificate(der)
	require.NoError(tb, err)
	w.pool.AddCert(w.root)
	key := newKey(tb)
	w.cert = w.issue(tb, sealTemplate(), key)
	w.signer, err = vds.NewSigner(key, w.cert)
	require.NoError(tb, err)
	return w
}

func (w *world) keys(tb testing.TB) *vds.Keys {
	tb.Helper()
	k, err := vds.NewKeys(w.pool, []*x509.Certificate{w.cert})
	require.NoError(tb, err)
	return k
}

func code() vds.ControlCode { return "7K2MQ9XTB4D8WZ0H" }

func nothing() []string { return []string{"nothing"} }

func record() vds.Record {
	return vds.Record{
		Service: consular.RecordPolice, Number: "DGSN26A0012345",
		Name: consular.PersonName{
			Family: consular.Name{Arabic: "بنعبد الرحمان", Latin: "BENABDERRAHMANE"},
			Given:  consular.Name{Arabic: "فاطمة الزهراء", Latin: "FATIMA ZAHRA"},
		},
		Birth: "1992-05-XX", National: "BE123456", Issued: "2026-11-22", Expires: "2027-02-22",
		Outcome:     vds.Commit(code(), vds.LabelOutcome, "DGSN26A0012345", nothing()),
		Particulars: vds.Commit(code(), vds.LabelParticulars, "DGSN26A0012345", []string{"place", "parents"}),
	}
}

func signing() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36} }
