package vds_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/vds"
)

func TestRecordSeal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw, err := w.signer.SignRecord(record())
	require.NoError(t, err)
	require.Less(t, len(raw), 250)
	s, err := vds.Decode(raw)
	require.NoError(t, err)
	require.Equal(t, "MAR", s.Country)
	require.Equal(t, "MAPN", s.Signer)
	require.Equal(t, "1A2B3C", s.Reference)
	by, err := w.keys(t).Verify(s)
	require.NoError(t, err)
	require.Equal(t, w.cert.Raw, by.Raw)
	got, err := s.Record()
	require.NoError(t, err)
	require.True(t, record() == got)
	require.NotContains(t, fmt.Sprintf("%v %+v", got, code()), "BENABDERRAHMANE")
	require.Equal(t, "[control code]", fmt.Sprint(code()))
}

// TestOutcomeNeedsTheCode: the seal confirms what the paper says to who holds
// the paper's code, and tells nothing to others.
func TestOutcomeNeedsTheCode(t *testing.T) {
	t.Parallel()
	r := record()
	require.True(t, r.Confirms(code(), vds.LabelOutcome, nothing()))
	require.False(t, r.Confirms("7K2MQ9XTB4D8WZ0J", vds.LabelOutcome, nothing()))
	require.False(t, r.Confirms(code(), vds.LabelParticulars, nothing()))
	require.False(t, r.Confirms(code(), vds.LabelOutcome, []string{"not", "hing"}))
	moved := r
	moved.Number = "DGSN26A0012346"
	require.False(t, moved.Confirms(code(), vds.LabelOutcome, nothing()), "bound to the number")
	require.NotEqual(t,
		vds.Commit(code(), "outcome", "N", []string{"a", "b"}), vds.Commit(code(), "outcome", "N", []string{"a\nb"}))

	w := newWorld(t)
	spotless, err := w.signer.SignRecord(r)
	require.NoError(t, err)
	r.Outcome = vds.Commit(code(), vds.LabelOutcome, r.Number, []string{"mention", "a", "b", "c"})
	marked, err := w.signer.SignRecord(r)
	require.NoError(t, err)
	require.Len(t, marked, len(spotless), "the size tells nothing")
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := w.keys(t)
	raw, err := w.signer.SignRecord(record())
	require.NoError(t, err)
	for at := range raw {
		for _, bit := range []byte{0x01, 0x20, 0x80, 0xff} {
			flipped := bytes.Clone(raw)
			flipped[at] ^= bit
			s, err := vds.Decode(flipped)
			if err == nil {
				_, err = keys.Verify(s)
			}
			require.Error(t, err, "byte %d bit %02x", at, bit)
		}
		_, err := vds.Decode(raw[:at])
		require.Error(t, err, "cut at %d", at)
	}
	_, err = vds.Decode(append(bytes.Clone(raw), 0))
	require.True(t, fault.Is(err, fault.Invalid))
}

func TestLongNamesAreCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := record()
	r.Name.Family.Arabic = strings.TrimSpace(strings.Repeat("عبد ", 25))
	r.Name.Family.Latin = strings.TrimSpace(strings.Repeat("ABD ", 25))
	raw, err := w.signer.SignRecord(r)
	require.NoError(t, err)
	s, err := vds.Decode(raw)
	require.NoError(t, err)
	got, err := s.Record()
	require.NoError(t, err)
	require.Len(t, []rune(got.Name.Family.Arabic), 40)
	require.True(t, strings.HasSuffix(got.Name.Family.Latin, "…"))
	require.Less(t, len(vds.Text(raw)), 1000, "fits the bar code")
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		change func(r *vds.Record)
		kind   fault.Kind
	}{
		"a card":                 {func(r *vds.Record) { r.Service = consular.CNIEFirst }, fault.Invalid},
		"a short number":         {func(r *vds.Record) { r.Number = "A1" }, fault.Invalid},
		"a number in small":      {func(r *vds.Record) { r.Number = "dgsn26a0012345" }, fault.Invalid},
		"one script":             {func(r *vds.Record) { r.Name.Given.Arabic = "" }, fault.Invalid},
		"no birth date":          {func(r *vds.Record) { r.Birth = "" }, fault.Invalid},
		"a mistyped number":      {func(r *vds.Record) { r.National = "123" }, fault.Invalid},
		"expiry first":           {func(r *vds.Record) { r.Expires = r.Issued }, fault.Invalid},
		"before the certificate": {func(r *vds.Record) { r.Issued = "2025-12-31" }, fault.Expired},
		"after the certificate":  {func(r *vds.Record) { r.Issued, r.Expires = "2028-01-02", "2028-04-02" }, fault.Expired},
	} {
		r := record()
		test.change(&r)
		_, err := w.signer.SignRecord(r)
		require.True(t, fault.Is(err, test.kind), "%s: %v", name, err)
	}
	header := vds.Header{Country: "MAR", Issued: "2026-11-22", Signed: "2026-11-22", Definition: 1, Category: 2}
	for name, features := range map[string][]vds.Feature{
		"a tag twice":       {{1, nil}, {1, nil}},
		"the signature tag": {{0xff, nil}},
		"too long":          {{1, make([]byte, vds.MaxSeal)}},
		"too many":          make([]vds.Feature, 40),
	} {
		_, err := w.signer.Sign(header, features)
		require.Error(t, err, name)
	}
	raw, err := w.signer.Sign(header, []vds.Feature{{1, make([]byte, 200)}, {2, make([]byte, 300)}})
	require.NoError(t, err)
	s, err := vds.Decode(raw)
	require.NoError(t, err, "lengths in two and three bytes")
	require.Len(t, s.Feature(2), 300)
	require.Nil(t, s.Feature(9))
}

func TestKeysRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(c *x509.Certificate){
		"an authority":      func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true },
		"a server":          func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} },
		"a time stamper":    func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping} },
		"a PDF signer":      func(c *x509.Certificate) { c.UnknownExtKeyUsage = append(c.UnknownExtKeyUsage, signing()) },
		"no country":        func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "PN"} },
		"a long name":       func(c *x509.Certificate) { c.Subject.CommonName = "Police" },
		"not for signature": func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement },
	} {
		template := sealTemplate()
		change(template)
		c := w.issue(t, template, newKey(t))
		_, err := vds.NewKeys(w.pool, []*x509.Certificate{c})
		require.Error(t, err, name)
	}
	_, err := vds.NewKeys(newWorld(t).pool, []*x509.Certificate{w.cert})
	require.True(t, fault.Is(err, fault.Denied), "another root")
	twin := w.issue(t, sealTemplate(), newKey(t))
	_, err = vds.NewKeys(w.pool, []*x509.Certificate{w.cert, twin})
	require.True(t, fault.Is(err, fault.Conflict))
	_, err = vds.NewKeys(w.pool, nil)
	require.True(t, fault.Is(err, fault.NotFound))
	_, err = vds.NewSigner(newKey(t), w.cert)
	require.True(t, fault.Is(err, fault.Invalid))

	other, err := vds.NewKeys(w.pool, []*x509.Certificate{twin})
	require.NoError(t, err)
	raw, err := w.signer.SignRecord(record())
	require.NoError(t, err)
	s, err := vds.Decode(raw)
	require.NoError(t, err)
	_, err = other.Verify(s)
	require.True(t, fault.Is(err, fault.Corrupt), "the same name with another key")
}

// TestKeysAgeWithTheDayOfSignature: a seal outlives its certificate, but none
// is made after it.
func TestKeysAgeWithTheDayOfSignature(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw, err := w.signer.SignRecord(record())
	require.NoError(t, err)
	s, err := vds.Decode(raw)
	require.NoError(t, err)
	template := sealTemplate()
	template.NotAfter = day(2026, 11, 21)
	key := newKey(t)
	old, err := vds.NewKeys(w.pool, []*x509.Certificate{w.issue(t, template, key)})
	require.NoError(t, err)
	_, err = old.Verify(s)
	require.True(t, fault.Is(err, fault.Expired))
}

func TestParseText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 40 { // signatures differ, so that some texts end in a space
		raw, err := w.signer.SignRecord(record())
		require.NoError(t, err)
		for _, form := range []string{
			vds.Text(raw), vds.Text(raw) + "\n", "\n " + vds.Text(raw) + "\r\n", string(raw), hex.EncodeToString(raw),
			strings.ToUpper(hex.EncodeToString(raw)), base64.StdEncoding.EncodeToString(raw) + "\n",
			base64.RawURLEncoding.EncodeToString(raw), strings.TrimRight(vds.Text(raw), " ") + vds.Text(raw)[len(strings.TrimRight(vds.Text(raw), " ")):] + "\n",
		} {
			got, err := vds.ParseText([]byte(form))
			require.NoError(t, err, form)
			require.Equal(t, raw, got)
		}
	}
	for _, bad := range []string{"", "JLYDC:", "JLYDC:a", "hello", "AAAA", strings.Repeat("A", 7000)} {
		raw, err := vds.ParseText([]byte(bad))
		if err == nil {
			_, err = vds.Decode(raw)
		}
		require.Error(t, err, bad)
	}
}

func TestControlCode(t *testing.T) {
	t.Parallel()
	c, err := vds.NewControlCode(rand.Reader)
	require.NoError(t, err)
	require.Len(t, c.Printed(), 19)
	for _, typed := range []string{string(c), c.Printed(), " " + strings.ToLower(c.Printed())} {
		got, err := vds.ParseControlCode(typed)
		require.NoError(t, err)
		require.True(t, c == got)
	}
	got, err := vds.ParseControlCode("oil0-0000-0000-0000")
	require.NoError(t, err)
	require.True(t, got == "0110000000000000")
	for _, bad := range []string{"", "7K2M", "7K2MQ9XTB4D8WZ0U"} {
		_, err := vds.ParseControlCode(bad)
		require.True(t, fault.Is(err, fault.Invalid), bad)
	}
	_, err = vds.NewControlCode(bytes.NewReader(nil))
	require.True(t, fault.Is(err, fault.Internal))
}

func FuzzDecode(f *testing.F) {
	raw, err := hex.DecodeString(annexE)
	require.NoError(f, err)
	f.Add(raw)
	w := newWorld(f)
	sealed, err := w.signer.SignRecord(record())
	require.NoError(f, err)
	f.Add(sealed)
	f.Add([]byte(vds.Text(sealed)))
	keys := w.keys(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		raw, err := vds.ParseText(data)
		if err != nil {
			raw = data
		}
		s, err := vds.Decode(raw)
		if err != nil {
			require.NotEqual(t, fault.Other, fault.KindOf(err))
			return
		}
		_, _ = s.Record()
		if _, err := keys.Verify(s); err == nil {
			require.Equal(t, sealed[:len(sealed)-64], raw[:len(raw)-64], "nobody else can sign")
		}
	})
}

func BenchmarkSignRecord(b *testing.B) {
	w, r := newWorld(b), record()
	for b.Loop() {
		if _, err := w.signer.SignRecord(r); err != nil {
			b.Fatal(err)
		}
	}
}
