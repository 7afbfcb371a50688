package seal_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

func FuzzOpenEnvelope(f *testing.F) {
	keys := newKeys(f)
	env := sealBody(f, newVisit(f, keys), body)
	f.Add(env)
	f.Add(env[:1168])
	f.Add([]byte("JLYE\x01\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := keys.Open(b, record, aad)
		if bytes.Equal(b, env) {
			require.NoError(t, err)
			require.Equal(t, body, o.Body())
			return
		}
		require.Error(t, err)
		require.Contains(t, []fault.Kind{fault.Corrupt, fault.NotFound, fault.Unsupported, fault.TooLarge}, fault.KindOf(err))
	})
}

// FuzzEnvelopeInside plays a hostile sender, who can seal anything.
func FuzzEnvelopeInside(f *testing.F) {
	keys := newKeys(f)
	v := newVisit(f, keys)
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 9, 0x28, 0xb5, 0x2f, 0xfd, 4, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, framed []byte) {
		env, err := v.SealFramed(framed, aad)
		require.NoError(t, err)
		o, err := keys.Open(env, record, aad)
		if err != nil {
			require.Contains(t, []fault.Kind{fault.Corrupt, fault.TooLarge}, fault.KindOf(err))
			return
		}
		require.LessOrEqual(t, len(o.Body()), seal.MaxBody)
	})
}

func FuzzOpenBundle(f *testing.F) {
	v, o := openedVisit(f)
	sealed, _ := makeBundle(f, v, picture{"p", "m", noise(1, 100)})
	f.Add(sealed)
	f.Add(sealed[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, err := readBundle(o, b)
		if bytes.Equal(b, sealed) {
			require.NoError(t, err)
			return
		}
		require.Error(t, err)
		require.Contains(t, []fault.Kind{fault.Corrupt, fault.Unsupported}, fault.KindOf(err))
	})
}

// FuzzBundleInside plays a hostile sender, who can put anything into chunks.
func FuzzBundleInside(f *testing.F) {
	v, o := openedVisit(f)
	f.Add([]byte{1, 1, 'a', 1, 'b', 2, 0, 0, 0, 1, 'x', 3})
	f.Add([]byte{0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var out bytes.Buffer
		w, err := v.BundleWriter(&out)
		require.NoError(t, err)
		require.NoError(t, w.WriteRaw(raw))
		require.NoError(t, w.FinishRaw())
		r, err := o.OpenBundle(bytes.NewReader(out.Bytes()))
		require.NoError(t, err)
		parts, err := r.Each(func(_ seal.PartHead, r io.Reader) error {
			_, err := io.Copy(io.Discard, r)
			return err
		})
		if err != nil {
			require.Contains(t, []fault.Kind{fault.Corrupt, fault.TooLarge}, fault.KindOf(err))
			return
		}
		var total int64
		for _, p := range parts {
			total += p.Size
		}
		require.LessOrEqual(t, total, int64(len(raw)))
	})
}
