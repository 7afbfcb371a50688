package timestamp_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/timestamp"
)

func now() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

func imprint(data string) timestamp.Imprint {
	sum := sha256.Sum256([]byte(data))
	return timestamp.Imprint{Hash: crypto.SHA256, Digest: sum[:]}
}

func authority(tb testing.TB) (timestamp.Authority, *issuer.Authority) {
	tb.Helper()
	a, err := issuer.NewAuthority("Test time", issuer.Years(now(), 10))
	require.NoError(tb, err)
	signer, err := a.Times("Test time stamps", issuer.Years(now(), 5))
	require.NoError(tb, err)
	return timestamp.Authority{Signer: signer, Policy: asn1.ObjectIdentifier{2, 999, 1}}, a
}

func TestRequestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, want := range []timestamp.Request{
		{Imprint: imprint("a")},
		{Imprint: imprint("a"), Nonce: big.NewInt(1), Certs: true},
		{Imprint: imprint("a"), Policy: asn1.ObjectIdentifier{2, 999, 7}, Nonce: new(big.Int).Lsh(big.NewInt(3), 62)},
	} {
		raw, err := want.Encode()
		require.NoError(t, err)
		got, err := timestamp.ParseRequest(raw)
		require.NoError(t, err)
		require.Equal(t, want, got)
		for at := range raw {
			_, err := timestamp.ParseRequest(raw[:at])
			require.True(t, fault.Is(err, fault.Invalid))
		}
	}
}

func TestRespond(t *testing.T) {
	t.Parallel()
	a, ca := authority(t)
	ask := func(r timestamp.Request) ([]byte, error) {
		raw, err := r.Encode()
		require.NoError(t, err)
		answer, err := a.Respond(raw, now())
		require.NoError(t, err)
		return timestamp.ParseResponse(answer)
	}
	token, err := ask(timestamp.Request{Imprint: imprint("data"), Certs: true, Policy: a.Policy})
	require.NoError(t, err)
	got, err := timestamp.Verify(token, ca.Pool(), []byte("data"))
	require.NoError(t, err)
	require.Equal(t, now(), got.Time)
	require.Nil(t, got.Nonce)

	_, err = ask(timestamp.Request{Imprint: imprint("data")})
	require.True(t, fault.Is(err, fault.Denied), "a token without certificates helps nobody")
	_, err = ask(timestamp.Request{Imprint: imprint("data"), Certs: true, Policy: asn1.ObjectIdentifier{2, 999, 9}})
	require.True(t, fault.Is(err, fault.Denied))
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	t.Parallel()
	a, ca := authority(t)
	token, err := a.Token(imprint("data"), big.NewInt(7), now())
	require.NoError(t, err)
	pool := ca.Pool()
	for at := range token {
		for _, bit := range []byte{0x01, 0x20, 0x80} {
			flipped := bytes.Clone(token)
			flipped[at] ^= bit
			_, err := timestamp.Verify(flipped, pool, []byte("data"))
			require.Error(t, err, "byte %d", at)
			require.NotEqual(t, fault.Other, fault.KindOf(err))
		}
	}
}

// TestOnlyAuthorities: a chain to the root is not enough, the certificate must
// be for time stamps alone.
func TestOnlyAuthorities(t *testing.T) {
	t.Parallel()
	a, ca := authority(t)
	var err error
	a.Signer, err = ca.Documents("documents", issuer.Years(now(), 1))
	require.NoError(t, err)
	token, err := a.Token(imprint("data"), nil, now())
	require.NoError(t, err)
	_, err = timestamp.Verify(token, ca.Pool(), []byte("data"))
	require.True(t, fault.Is(err, fault.Denied))

	a, ca = authority(t)
	for _, at := range []time.Time{now().AddDate(6, 0, 0), now().AddDate(-1, 0, 0)} {
		token, err = a.Token(imprint("data"), nil, at)
		require.NoError(t, err)
		_, err = timestamp.Verify(token, ca.Pool(), []byte("data"))
		require.True(t, fault.Is(err, fault.Expired))
	}
}

func FuzzParse(f *testing.F) {
	a, ca := authority(f)
	raw, err := timestamp.Request{Imprint: imprint("a"), Nonce: big.NewInt(1), Certs: true}.Encode()
	require.NoError(f, err)
	f.Add(raw)
	token, err := a.Token(imprint("data"), big.NewInt(7), now())
	require.NoError(f, err)
	f.Add(token)
	f.Add(timestamp.EncodeGranted(token))
	f.Add(timestamp.EncodeRejection(timestamp.UnknownPolicy))
	pool := ca.Pool()
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := timestamp.ParseRequest(data); err == nil && r.Imprint.Hash == crypto.SHA256 {
			_, err := r.Encode()
			require.NoError(t, err)
		}
		_, _ = timestamp.ParseResponse(data)
		if _, err := timestamp.Verify(data, pool, []byte("data")); err == nil {
			require.Equal(t, token, data)
		}
	})
}
