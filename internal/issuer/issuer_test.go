package issuer_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/vds"
)

func now() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

func TestCreateThenLoad(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "office")
	made, err := issuer.Create(dir, "Test office", "MAPN", now())
	require.NoError(t, err)
	again, err := issuer.Create(dir, "Test office", "MAPN", now())
	require.NoError(t, err)
	require.True(t, made.Document.Chain[0].Equal(again.Document.Chain[0]), "the second time it is loaded")
	signer, reference, err := vds.Certificate(again.SealChain[0])
	require.NoError(t, err)
	require.Equal(t, "MAPN", signer)
	require.Len(t, reference, 8)
	for _, key := range []string{"sign.key", "seal.key"} {
		info, err := os.Stat(filepath.Join(dir, key))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), key)
	}
	roots, err := issuer.LoadPool(filepath.Join(dir, "root.pem"))
	require.NoError(t, err)
	certs, err := issuer.LoadCertificates(filepath.Join(dir, "seal.pem"))
	require.NoError(t, err)
	_, err = vds.NewKeys(roots, certs)
	require.NoError(t, err, "seal.pem and root.pem are what a reader needs")
	between := x509.NewCertPool()
	between.AddCert(made.Document.Chain[1])
	_, err = made.Document.Chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	require.NoError(t, err)
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	read := func(dir, name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return data
	}
	write := func(dir, name string, data []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	for name, test := range map[string]struct {
		spoil func(dir string)
		kind  fault.Kind
	}{
		"no key":                {func(dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "sign.key"))) }, fault.NotFound},
		"no chain":              {func(dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "seal.pem"))) }, fault.NotFound},
		"a key others may read": {func(dir string) { require.NoError(t, os.Chmod(filepath.Join(dir, "seal.key"), 0o640)) }, fault.Denied},
		"the other key":         {func(dir string) { write(dir, "sign.key", read(dir, "seal.key")) }, fault.Invalid},
		"a certificate as key":  {func(dir string) { write(dir, "sign.key", read(dir, "sign.pem")) }, fault.Invalid},
		"a key as certificate":  {func(dir string) { write(dir, "sign.pem", read(dir, "sign.key")) }, fault.Invalid},
		"no PEM":                {func(dir string) { write(dir, "seal.pem", []byte("x")) }, fault.Invalid},
		"the root alone":        {func(dir string) { write(dir, "sign.pem", read(dir, "root.pem")) }, fault.Invalid},
		"endless":               {func(dir string) { write(dir, "seal.pem", make([]byte, 300<<10)) }, fault.TooLarge},
		"keys exchanged": {func(dir string) {
			for _, kind := range []string{".key", ".pem"} {
				sign, seal := read(dir, "sign"+kind), read(dir, "seal"+kind)
				write(dir, "sign"+kind, seal)
				write(dir, "seal"+kind, sign)
			}
		}, fault.Invalid},
	} {
		dir := t.TempDir()
		_, err := issuer.Create(dir, "Test office", "MAPN", now())
		require.NoError(t, err)
		test.spoil(dir)
		_, err = issuer.Load(dir, now())
		require.True(t, fault.Is(err, test.kind), "%s: %v", name, err)
	}
	dir := t.TempDir()
	_, err := issuer.Create(dir, "Test office", "MAPN", now())
	require.NoError(t, err)
	for _, at := range []time.Time{now().AddDate(6, 0, 0), now().AddDate(0, 0, -1)} {
		_, err = issuer.Load(dir, at)
		require.True(t, fault.Is(err, fault.Expired))
	}
	_, err = issuer.Create(t.TempDir(), "Test office", "POLICE", now())
	require.True(t, fault.Is(err, fault.Invalid))
}
