package mirror_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sample() mirror.Frame {
	return mirror.Frame{Kind: mirror.KindTransaction, N: 7, Prev: [32]byte{1, 2}, Ops: []mirror.Op{
		{Change: mirror.Put, Bucket: []byte("entries"), Key: []byte{0, 1}, Value: bytes.Repeat([]byte{5}, 300)},
		{Change: mirror.Put, Bucket: []byte("waiting"), Key: []byte("k"), Value: []byte{}},
		{Change: mirror.Delete, Bucket: []byte("unstored"), Key: []byte{9}},
		{Change: mirror.PutAway, Bucket: []byte("keys"), Key: []byte{8}, Value: bytes.Repeat([]byte{3}, 32)},
	}}
}

func TestFrame(t *testing.T) {
	f := sample()
	raw, hash := f.Encode()
	got, same, size, err := mirror.DecodeFrame(append(bytes.Clone(raw), 1, 2, 3))
	require.NoError(t, err)
	require.Equal(t, f, got)
	require.Equal(t, hash, same)
	require.Equal(t, len(raw), size)

	t.Run("ErrEachBit", func(t *testing.T) {
		for bit := range len(raw) * 8 {
			flipped := bytes.Clone(raw)
			flipped[bit/8] ^= 1 << (bit % 8)
			_, _, _, err := mirror.DecodeFrame(flipped)
			require.Equal(t, fault.Corrupt.String(), fault.KindOf(err).String(), "bit %d", bit)
		}
	})
	t.Run("ErrTornAtEachByte", func(t *testing.T) {
		for n := range raw {
			_, _, _, err := mirror.DecodeFrame(raw[:n])
			require.Equal(t, fault.Corrupt.String(), fault.KindOf(err).String(), "at %d", n)
		}
	})
}

// FuzzDecodeFrame wants that what decodes is exactly what Encode writes.
func FuzzDecodeFrame(f *testing.F) {
	raw, _ := sample().Encode()
	f.Add(raw)
	raw, _ = mirror.Frame{Kind: mirror.KindEnd, N: 1}.Encode()
	f.Add(raw)
	f.Add([]byte{0, 0, 0, 41})
	f.Fuzz(func(t *testing.T, raw []byte) {
		frame, hash, size, err := mirror.DecodeFrame(raw)
		if err != nil {
			require.Equal(t, fault.Corrupt.String(), fault.KindOf(err).String())
			return
		}
		again, same := frame.Encode()
		require.Equal(t, raw[:size], again)
		require.Equal(t, hash, same)
	})
}
