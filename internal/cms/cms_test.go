package cms_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/cms"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
)

func now() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

func signer(tb testing.TB) (cms.Signer, *issuer.Authority) {
	tb.Helper()
	a, err := issuer.NewAuthority("Test", issuer.Years(now(), 10))
	require.NoError(tb, err)
	s, err := a.Documents("Test documents", issuer.Years(now(), 2))
	require.NoError(tb, err)
	return s, a
}

func sign(tb testing.TB, s cms.Signer, detached bool) []byte {
	tb.Helper()
	const content = "content"
	sum := sha256.Sum256([]byte(content))
	m := cms.Message{Type: cms.Data(), Digest: sum[:]}
	if !detached {
		m.Content = []byte(content)
	}
	out, err := s.Sign(m)
	require.NoError(tb, err)
	return out
}

func TestSignAndCheck(t *testing.T) {
	t.Parallel()
	s, a := signer(t)
	for _, detached := range []bool{true, false} {
		m, err := cms.Parse(sign(t, s, detached))
		require.NoError(t, err)
		require.Equal(t, detached, m.Content == nil)
		require.NoError(t, m.Check([]byte("con"), []byte("tent")))
		require.True(t, fault.Is(m.Check([]byte("other")), fault.Corrupt))
		chain, err := m.Chain(a.Pool(), now(), x509.ExtKeyUsageAny)
		require.NoError(t, err)
		require.Len(t, chain, 3)
	}
}

func TestChainRefuses(t *testing.T) {
	t.Parallel()
	s, a := signer(t)
	_, other := signer(t)
	m, err := cms.Parse(sign(t, s, true))
	require.NoError(t, err)
	_, err = m.Chain(other.Pool(), now(), x509.ExtKeyUsageAny)
	require.True(t, fault.Is(err, fault.Denied))
	_, err = m.Chain(a.Pool(), now().AddDate(3, 0, 0), x509.ExtKeyUsageAny)
	require.True(t, fault.Is(err, fault.Expired))

	// A certificate that leads nowhere could be changed unseen.
	s.Chain = append(s.Chain, other.Root())
	m, err = cms.Parse(sign(t, s, true))
	require.NoError(t, err)
	require.NoError(t, m.Check([]byte("content")))
	_, err = m.Chain(a.Pool(), now(), x509.ExtKeyUsageAny)
	require.True(t, fault.Is(err, fault.Invalid))
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	s, a := signer(t)
	other, _ := signer(t)
	for name, bad := range map[string]cms.Signer{
		"nothing":     {},
		"another key": {Key: other.Key, Chain: s.Chain},
		"the root":    {Key: s.Key, Chain: []*x509.Certificate{a.Root()}},
	} {
		_, err := bad.Sign(cms.Message{Type: cms.Data()})
		require.True(t, fault.Is(err, fault.Invalid), name)
	}
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	t.Parallel()
	s, a := signer(t)
	raw := sign(t, s, false)
	pool := a.Pool()
	for at := range raw {
		for _, bit := range []byte{0x01, 0x04, 0x20, 0x80} {
			flipped := bytes.Clone(raw)
			flipped[at] ^= bit
			m, err := cms.Parse(flipped)
			if err == nil && !m.Type.Equal(cms.Data()) {
				err = fault.New(fault.Invalid, "test", "type", nil)
			}
			if err == nil {
				err = m.Check(m.Content)
			}
			if err == nil {
				_, err = m.Chain(pool, now(), x509.ExtKeyUsageAny)
			}
			require.Error(t, err, "byte %d bit %02x", at, bit)
		}
		_, err := cms.Parse(raw[:at])
		require.Error(t, err)
	}
	_, err := cms.Parse(append(raw, 0))
	require.True(t, fault.Is(err, fault.Invalid))
	_, err = cms.Parse(make([]byte, 65<<10))
	require.True(t, fault.Is(err, fault.TooLarge))
}

// TestOpenSSL lets OpenSSL prove our messages, and us prove OpenSSL's with an
// RSA key, as authorities of others use. It runs in the tier of independent
// readers.
func TestOpenSSL(t *testing.T) {
	if os.Getenv("JALIYA_PDF_TOOLS") != "1" {
		t.Skip("JALIYA_PDF_TOOLS is not 1: openssl is not asked for")
	}
	s, a := signer(t)
	dir := t.TempDir()
	openssl := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "openssl", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	name := func(n string) string { return filepath.Join(dir, n) }
	require.NoError(t, issuer.SaveCertificates(name("root.pem"), a.Root()))
	require.NoError(t, os.WriteFile(name("content"), []byte("content"), 0o600))
	require.NoError(t, os.WriteFile(name("ours.der"), sign(t, s, true), 0o600))
	require.Contains(t, openssl("cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "ours.der", "-content", "content",
		"-CAfile", "root.pem", "-purpose", "any", "-attime", "1795341600"), "CAdES Verification successful")

	openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "rsa.key", "-out", "rsa.pem", "-subj", "/CN=RSA", "-days", "2")
	openssl("cms", "-sign", "-cades", "-binary", "-md", "sha512", "-in", "content", "-signer", "rsa.pem", "-inkey", "rsa.key",
		"-outform", "DER", "-out", "theirs.der")
	theirs, err := os.ReadFile(name("theirs.der"))
	require.NoError(t, err)
	m, err := cms.Parse(theirs)
	require.NoError(t, err)
	require.NoError(t, m.Check([]byte("content")))
	require.True(t, fault.Is(m.Check([]byte("contents")), fault.Corrupt))
	roots, err := issuer.LoadPool(name("rsa.pem"))
	require.NoError(t, err)
	_, err = m.Chain(roots, time.Now(), x509.ExtKeyUsageAny)
	require.NoError(t, err)
}

func FuzzParse(f *testing.F) {
	s, _ := signer(f)
	f.Add(sign(f, s, true))
	f.Add(sign(f, s, false))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := cms.Parse(data)
		if err != nil {
			require.NotEqual(t, fault.Other, fault.KindOf(err))
			return
		}
		if m.Check([]byte("content")) == nil {
			require.Error(t, m.Check([]byte("other")))
		}
		_, err = m.Chain(x509.NewCertPool(), now(), x509.ExtKeyUsageAny)
		require.Error(t, err, "nobody is trusted")
	})
}
