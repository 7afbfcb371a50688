package seal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/seal"
)

func BenchmarkNewVisit(b *testing.B) {
	keys, dicts := newKeys(b), plainDicts(b)
	pub := keys.Public()
	for b.Loop() {
		_, err := seal.NewVisit(pub, record, dicts)
		require.NoError(b, err)
	}
}

func BenchmarkSealBody(b *testing.B) {
	v := newVisit(b, newKeys(b))
	plain := bytes.Repeat(body, 20)
	b.SetBytes(int64(len(plain)))
	b.ReportAllocs()
	for b.Loop() {
		sealBody(b, v, plain)
	}
}

func BenchmarkOpenBody(b *testing.B) {
	keys := newKeys(b)
	env := sealBody(b, newVisit(b, keys), bytes.Repeat(body, 20))
	b.ReportAllocs()
	for b.Loop() {
		_, err := keys.Open(env, record, aad)
		require.NoError(b, err)
	}
}

const twoMB = 2 << 20

func BenchmarkSealBundle2MB(b *testing.B) {
	v := newVisit(b, newKeys(b))
	image := noise(1, twoMB)
	b.SetBytes(twoMB)
	b.ReportAllocs()
	for b.Loop() {
		w, err := v.BundleWriter(io.Discard)
		require.NoError(b, err)
		_, err = w.Add("p", "m", bytes.NewReader(image))
		require.NoError(b, err)
		_, err = w.Finish()
		require.NoError(b, err)
	}
}

func BenchmarkOpenBundle2MB(b *testing.B) {
	v, o := openedVisit(b)
	sealed, _ := makeBundle(b, v, picture{"p", "m", noise(1, twoMB)})
	b.SetBytes(twoMB)
	for b.Loop() {
		r, err := o.OpenBundle(bytes.NewReader(sealed))
		require.NoError(b, err)
		_, err = r.Each(func(seal.PartHead, io.Reader) error { return nil })
		require.NoError(b, err)
	}
}

// BenchmarkRaw is what the bundle is compared with: the cipher alone, and the
// cipher with the three SHA-256 that address, chunk and image need.
func BenchmarkRaw(b *testing.B) {
	block, err := aes.NewCipher(noise(1, 32))
	require.NoError(b, err)
	aead, err := cipher.NewGCMWithRandomNonce(block)
	require.NoError(b, err)
	image, out := noise(1, twoMB), make([]byte, 0, twoMB+28)
	b.Run("AESGCM2MB", func(b *testing.B) {
		b.SetBytes(twoMB)
		for b.Loop() {
			aead.Seal(out, nil, image, nil)
		}
	})
	b.Run("AESGCMAnd3SHA2MB", func(b *testing.B) {
		b.SetBytes(twoMB)
		for b.Loop() {
			aead.Seal(out, nil, image, nil)
			for range 3 {
				sha256.Sum256(image)
			}
		}
	})
}

func BenchmarkDataKey(b *testing.B) {
	k := newDataKey(b)
	cell := seal.Cell{Bucket: "drafts", Key: []byte("k"), Schema: 1}
	value := noise(1, 600)
	b.SetBytes(600)
	for b.Loop() {
		s, err := k.Seal(cell.AAD(), value)
		require.NoError(b, err)
		_, err = k.Open(cell.AAD(), s)
		require.NoError(b, err)
	}
}

func BenchmarkSign(b *testing.B) {
	k, err := seal.GenerateSigningKey()
	require.NoError(b, err)
	msg := noise(1, 200)
	for b.Loop() {
		k.Sign(seal.DomainJournalBatch, msg)
	}
}
