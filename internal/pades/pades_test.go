package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/cms"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/pades"
	"jaliya/internal/paper/pdf"
	"jaliya/internal/timestamp"
)

// office is an issuer with a time-stamping authority in memory.
type office struct {
	issuers, times *issuer.Authority
	signer         cms.Signer
	clock          time.Time
	stamper        cms.Signer
}

func now() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

func newOffice(tb testing.TB) *office {
	tb.Helper()
	o := &office{clock: now()}
	var err error
	o.issuers, err = issuer.NewAuthority("Test office", issuer.Years(now(), 10))
	require.NoError(tb, err)
	o.times, err = issuer.NewAuthority("Test time", issuer.Years(now(), 10))
	require.NoError(tb, err)
	o.signer, err = o.issuers.Documents("Test office documents", issuer.Years(now(), 2))
	require.NoError(tb, err)
	o.stamper, err = o.times.Times("Test time stamps", issuer.Years(now(), 5))
	require.NoError(tb, err)
	return o
}

// Stamp implements pades.Stamper.
func (o *office) Stamp(_ context.Context, signature []byte) ([]byte, error) {
	digest := sha256.Sum256(signature)
	return timestamp.Authority{Signer: o.stamper, Policy: []int{2, 999, 1}}.
		Token(timestamp.Imprint{Hash: crypto.SHA256, Digest: digest[:]}, nil, o.clock)
}

func (o *office) trust() pades.Trust {
	return pades.Trust{Issuers: o.issuers.Pool(), Times: o.times.Pool()}
}

func document(tb testing.TB, room int) []byte {
	tb.Helper()
	d := pdf.New(pdf.Info{Title: "Test", Language: "fr", Created: now()})
	p := d.AddPage(pdf.A5())
	p.Fill(pdf.Color{G: 100}, pdf.Box{X: 10, Y: 10, Width: 100, Height: 100})
	d.AddPage(pdf.A5())
	d.Keep("JLYTest", []byte("kept"))
	if room > 0 {
		d.Reserve(room)
	}
	out, err := d.Bytes()
	require.NoError(tb, err)
	return out
}

func (o *office) sign(tb testing.TB) []byte {
	tb.Helper()
	out, err := pades.Sign(tb.Context(), document(tb, 4000), o.signer, o)
	require.NoError(tb, err)
	return out
}

func TestSignAndVerify(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	signed := o.sign(t)
	require.Len(t, signed, len(document(t, 4000)), "no byte is added")
	require.Equal(t, []byte("kept"), pdf.Kept(signed, "JLYTest"))
	got, err := pades.Verify(signed, o.trust())
	require.NoError(t, err)
	require.True(t, got.Signer.Equal(o.signer.Chain[0]))
	require.True(t, got.Root.Equal(o.issuers.Root()))
	require.Equal(t, now(), got.Stamp.Time)
	require.True(t, got.Stamp.By.Equal(o.stamper.Chain[0]))
}

// TestEveryFlippedByteIsRefused flips each byte of a signed file, in the case
// bit too, which changes hexadecimal digits to others that mean the same.
func TestEveryFlippedByteIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	signed := o.sign(t)
	trust := o.trust()
	for at := range signed {
		for _, bit := range []byte{0x01, 0x20} {
			signed[at] ^= bit
			_, err := pades.Verify(signed, trust)
			signed[at] ^= bit
			require.Error(t, err, "byte %d bit %02x", at, bit)
			require.NotEqual(t, fault.Other, fault.KindOf(err), "byte %d: %v", at, err)
		}
	}
	_, err := pades.Verify(signed, trust)
	require.NoError(t, err, "flipped back")
}

func TestAppendedAndCutAreRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	signed := o.sign(t)
	for name, file := range map[string][]byte{
		"a byte more":       append(bytes.Clone(signed), '\n'),
		"a byte before":     append([]byte{'\n'}, signed...),
		"an update":         append(bytes.Clone(signed), "1 0 obj\n<< >>\nendobj\n%%EOF\n"...),
		"a byte less":       signed[:len(signed)-1],
		"half":              signed[:len(signed)/2],
		"nothing":           nil,
		"not signed":        document(t, 4000),
		"no room":           document(t, 0),
		"a second range":    append(bytes.Clone(signed), "/ByteRange [0 1 2 3]"...),
		"an open range":     []byte("%PDF-1.7 /SubFilter /ETSI.CAdES.detached /ByteRange [0 1"),
		"a backward range":  []byte("%PDF-1.7 /SubFilter /ETSI.CAdES.detached /ByteRange [0 9 3 70]" + "xxxxxxxxxxxxxxxxxxxx"),
		"a range too large": []byte("%PDF-1.7 /SubFilter /ETSI.CAdES.detached /ByteRange [0 9 99999999999999 1]"),
		"too large":         make([]byte, pades.MaxFile+1),
	} {
		_, err := pades.Verify(file, o.trust())
		require.Error(t, err, name)
		require.NotEqual(t, fault.Other, fault.KindOf(err), name)
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	o, other := newOffice(t), newOffice(t)
	signed := o.sign(t)
	for name, trust := range map[string]pades.Trust{
		"another issuer's root": {Issuers: other.issuers.Pool(), Times: o.times.Pool()},
		"another time's root":   {Issuers: o.issuers.Pool(), Times: other.times.Pool()},
		"nobody":                {Issuers: x509.NewCertPool(), Times: x509.NewCertPool()},
		"the other way around":  {Issuers: o.times.Pool(), Times: o.issuers.Pool()},
	} {
		_, err := pades.Verify(signed, trust)
		require.True(t, fault.Is(err, fault.Denied), "%s: %v", name, err)
	}
}

func TestCertificatesOutOfTime(t *testing.T) {
	t.Parallel()
	for name, clock := range map[string]time.Time{
		"the signer's has run out": now().AddDate(3, 0, 0),
		"the stamper's has too":    now().AddDate(6, 0, 0),
		"before it was valid":      now().AddDate(-1, 0, 0),
	} {
		o := newOffice(t)
		o.clock = clock
		_, err := pades.Verify(o.sign(t), o.trust())
		require.True(t, fault.Is(err, fault.Expired), "%s: %v", name, err)
	}
}

// TestKeysForOtherPurposes: a key for seals or times signs no document, and a
// key for documents gives no times.
func TestKeysForOtherPurposes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	seal, err := o.issuers.Seals("MAPN", issuer.Years(now(), 2))
	require.NoError(t, err)
	times, err := o.issuers.Times("time", issuer.Years(now(), 2))
	require.NoError(t, err)
	for _, s := range []cms.Signer{seal, times, {}, {Chain: o.signer.Chain}} {
		_, err := pades.Sign(t.Context(), document(t, 4000), s, o)
		require.True(t, fault.Is(err, fault.Invalid))
	}
	o.stamper, err = o.times.Documents("documents", issuer.Years(now(), 2))
	require.NoError(t, err)
	_, err = pades.Verify(o.sign(t), o.trust())
	require.True(t, fault.Is(err, fault.Denied), "%v", err)
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := pades.Sign(t.Context(), document(t, 100), o.signer, o)
	require.True(t, fault.Is(err, fault.TooLarge), "too little room")
	_, err = pades.Sign(t.Context(), document(t, 0), o.signer, o)
	require.True(t, fault.Is(err, fault.Invalid), "no room")
	_, err = pades.Sign(t.Context(), o.sign(t), o.signer, o)
	require.True(t, fault.Is(err, fault.Invalid), "signed already")
	_, err = pades.Sign(t.Context(), document(t, 4000), o.signer, noTime{})
	require.True(t, fault.Is(err, fault.Unavailable), "nothing is signed without a time")
}

type noTime struct{}

func (noTime) Stamp(context.Context, []byte) ([]byte, error) {
	return nil, fault.New(fault.Unavailable, "test", "", nil)
}

// FuzzVerify feeds files with a signature of random bytes.
func FuzzVerify(f *testing.F) {
	o := newOffice(f)
	signed := o.sign(f)
	f.Add(signed)
	f.Add(document(f, 10))
	trust := o.trust()
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := pades.Verify(file, trust); err == nil {
			require.Equal(t, signed, file)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	o := newOffice(b)
	file := document(b, pades.Room)
	b.Run("document", func(b *testing.B) {
		for b.Loop() {
			if _, err := pades.Sign(b.Context(), file, o.signer, o); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("raw P-256", func(b *testing.B) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(b, err)
		digest := sha256.Sum256(file)
		for b.Loop() {
			if _, err := ecdsa.SignASN1(rand.Reader, key, digest[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		signed, trust := o.sign(b), o.trust()
		for b.Loop() {
			if _, err := pades.Verify(signed, trust); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func ExampleDocumentSigning() {
	fmt.Println(pades.DocumentSigning())
	// Output: 1.3.6.1.5.5.7.3.36
}
