package issuer_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/revocation"
)

// TestListsOfAnOffice: what Create leaves behind proves the office's
// certificates for as long as they are valid.
func TestListsOfAnOffice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made, err := issuer.Create(dir, "Test office", "MAPN", now())
	require.NoError(t, err)
	lists, err := revocation.Load(filepath.Join(dir, issuer.ListsFile))
	require.NoError(t, err)
	require.Len(t, lists, 2)
	q := revocation.Question{
		Certificate: made.Document.Chain[0], Issuer: made.Document.Chain[1], At: made.Document.Chain[0].NotAfter,
	}
	require.NoError(t, q.Covers(lists[1]))
	require.NoError(t, q.Holds(lists[1]))

	lasting, err := issuer.Lasting(dir, x509.NewCertPool())
	require.NoError(t, err)
	require.NotNil(t, lasting.Trust.Issuers)
	got, err := lasting.Lists.Find(t.Context(), []revocation.Question{q})
	require.NoError(t, err)
	require.Equal(t, lists[1].Raw, got[0].Raw)

	require.NoError(t, os.Remove(filepath.Join(dir, issuer.RootFile)))
	lasting, err = issuer.Lasting(dir, x509.NewCertPool())
	require.NoError(t, err, "an office without a root there still issues")
	require.Nil(t, lasting.Trust.Issuers)
	require.NoError(t, os.WriteFile(filepath.Join(dir, issuer.RootFile), []byte("no PEM"), 0o600))
	_, err = issuer.Lasting(dir, x509.NewCertPool())
	require.True(t, fault.Is(err, fault.Invalid))
}

// TestPlaces: certificates name where the lists of their issuer are, each
// another one.
func TestPlaces(t *testing.T) {
	t.Parallel()
	a, err := issuer.NewAuthorityAt("Test", issuer.Years(now(), 2), "http://lists.example")
	require.NoError(t, err)
	s, err := a.Times("Test time", issuer.Years(now(), 1))
	require.NoError(t, err)
	require.Equal(t, []string{"http://lists.example/authority.crl"}, s.Chain[0].CRLDistributionPoints)
	require.Equal(t, []string{"http://lists.example/root.crl"}, s.Chain[1].CRLDistributionPoints)
	require.Empty(t, a.Root().CRLDistributionPoints)
}
