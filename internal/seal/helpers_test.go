package seal_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

var (
	record = [16]byte{1, 2, 3, 4}
	aad    = []byte("the entry's clear header")
	body   = []byte(`{"family":"EL FASSI","given":"SALMA","born":"1990-02-30"}`)
)

func plainDicts(tb testing.TB) *seal.Dictionaries {
	tb.Helper()
	d, err := seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	return d
}

func newKeys(tb testing.TB) *seal.IntakeKeys {
	tb.Helper()
	k, err := seal.GenerateIntakeKeys(plainDicts(tb))
	require.NoError(tb, err)
	return k
}

func newVisit(tb testing.TB, k *seal.IntakeKeys) *seal.Visit {
	tb.Helper()
	v, err := seal.NewVisit(k.Public(), record, plainDicts(tb))
	require.NoError(tb, err)
	return v
}

func sealBody(tb testing.TB, v *seal.Visit, plain []byte) []byte {
	tb.Helper()
	b, err := v.SealBody(plain, aad)
	require.NoError(tb, err)
	return b
}

// noise is incompressible and the same on every run.
func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, seed)))
	_, _ = rng.Read(b)
	return b
}

// picture is one image to be bundled.
type picture struct {
	name, media string
	data        []byte
}

func makeBundle(tb testing.TB, v *seal.Visit, pictures ...picture) ([]byte, seal.BundleInfo) {
	tb.Helper()
	var out bytes.Buffer
	w, err := v.BundleWriter(&out)
	require.NoError(tb, err)
	for _, p := range pictures {
		_, err = w.Add(p.name, p.media, bytes.NewReader(p.data))
		require.NoError(tb, err)
	}
	info, err := w.Finish()
	require.NoError(tb, err)
	return out.Bytes(), info
}

// readBundle gives the pictures of a bundle, or the first error.
func readBundle(o *seal.Opened, sealed []byte) ([]picture, []seal.Part, error) {
	r, err := o.OpenBundle(bytes.NewReader(sealed))
	if err != nil {
		return nil, nil, err
	}
	var got []picture
	parts, err := r.Each(func(h seal.PartHead, r io.Reader) error {
		data, err := io.ReadAll(r)
		got = append(got, picture{h.Name, h.MediaType, data})
		return err
	})
	return got, parts, err
}

func requireKind(tb testing.TB, kind fault.Kind, err error) {
	tb.Helper()
	require.Error(tb, err)
	require.Equal(tb, kind, fault.KindOf(err), "%v", err)
}
