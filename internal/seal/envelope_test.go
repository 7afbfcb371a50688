package seal_test

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

func TestEnvelopeRoundTrip(t *testing.T) {
	keys := newKeys(t)
	for name, plain := range map[string][]byte{
		"Empty": nil, "Small": body, "Compressible": bytes.Repeat([]byte("salam "), 20_000),
		"Incompressible": noise(1, 300_000), "Largest": noise(2, seal.MaxBody), "LargestZero": make([]byte, seal.MaxBody),
	} {
		t.Run("OK/"+name, func(t *testing.T) {
			env := sealBody(t, newVisit(t, keys), plain)
			opened, err := keys.Open(env, record, aad)
			require.NoError(t, err)
			require.True(t, bytes.Equal(plain, opened.Body()))
			require.LessOrEqual(t, len(env), seal.MaxEnvelope)
		})
	}
	t.Run("OK/ManyBodiesInAnyOrder", func(t *testing.T) {
		v := newVisit(t, keys)
		first, second := sealBody(t, v, []byte("one")), sealBody(t, v, []byte("two"))
		o, err := keys.Open(second, record, aad)
		require.NoError(t, err)
		require.Equal(t, "two", string(o.Body()))
		o, err = keys.Open(first, record, aad)
		require.NoError(t, err)
		require.Equal(t, "one", string(o.Body()))
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		_, err := newVisit(t, keys).SealBody(make([]byte, seal.MaxBody+1), nil)
		requireKind(t, fault.TooLarge, err)
		_, err = keys.Open(make([]byte, seal.MaxEnvelope+1), record, aad)
		requireKind(t, fault.TooLarge, err)
	})
	t.Run("ErrUsedAfterDestroy", func(t *testing.T) {
		v := newVisit(t, keys)
		v.Destroy()
		_, err := v.SealBody(body, aad)
		requireKind(t, fault.Used, err)
		_, err = v.BundleWriter(&bytes.Buffer{})
		requireKind(t, fault.Used, err)
	})
}

func TestEnvelopeRefuses(t *testing.T) {
	keys, others := newKeys(t), newKeys(t)
	env := sealBody(t, newVisit(t, keys), body)
	edit := func(at int, b ...byte) []byte {
		c := bytes.Clone(env)
		copy(c[at:], b)
		return c
	}
	info, err := seal.InspectEnvelope(env)
	require.NoError(t, err)
	require.Equal(t, seal.EnvelopeInfo{Suite: seal.CurrentSuite, KeyID: 1}, info)

	for name, c := range map[string]struct {
		kind fault.Kind
		keys *seal.IntakeKeys
		env  []byte
		rec  [16]byte
		aad  []byte
	}{
		"ErrOtherRecord":    {fault.Corrupt, keys, env, [16]byte{9}, aad},
		"ErrOtherAAD":       {fault.Corrupt, keys, env, record, []byte("x")},
		"ErrNoAAD":          {fault.Corrupt, keys, env, record, nil},
		"ErrOtherKey":       {fault.Corrupt, others, env, record, aad},
		"ErrUnknownKey":     {fault.NotFound, keys, edit(12, 0, 0, 0, 9), record, aad},
		"ErrVersion":        {fault.Unsupported, keys, edit(4, 2), record, aad},
		"ErrSuite":          {fault.Unsupported, keys, edit(10, 0, 3), record, aad},
		"ErrToPost":         {fault.Corrupt, keys, edit(5, 2), record, aad},
		"ErrAudience":       {fault.Corrupt, keys, edit(5, 7), record, aad},
		"ErrMagic":          {fault.Corrupt, keys, edit(0, 'X'), record, aad},
		"ErrDictionaryEdit": {fault.Corrupt, keys, edit(16, 0, 5), record, aad},
		"ErrEmpty":          {fault.Corrupt, keys, nil, record, aad},
		"ErrExtended":       {fault.Corrupt, keys, append(bytes.Clone(env), 0), record, aad},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.keys.Open(c.env, c.rec, c.aad)
			requireKind(t, c.kind, err)
		})
	}
	t.Run("ErrEveryTruncation", func(t *testing.T) {
		for n := range env {
			_, err := keys.Open(env[:n], record, aad)
			requireKind(t, fault.Corrupt, err)
		}
	})
}

func TestEnvelopeRefusesEveryBitFlip(t *testing.T) {
	keys := newKeys(t)
	env := sealBody(t, newVisit(t, keys), body)
	for i := range env {
		for bit := range 8 {
			env[i] ^= 1 << bit
			_, err := keys.Open(env, record, aad)
			require.Error(t, err, "byte %d bit %d", i, bit)
			require.Contains(t, []fault.Kind{fault.Corrupt, fault.NotFound, fault.Unsupported}, fault.KindOf(err))
			env[i] ^= 1 << bit
		}
	}
	_, err := keys.Open(env, record, aad)
	require.NoError(t, err)
}

func TestEnvelopeHostileInside(t *testing.T) {
	keys := newKeys(t)
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	require.NoError(t, err)
	frame := func(packed []byte, pad ...byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(packed)))
		return append(append(b, packed...), pad...)
	}
	bomb := enc.EncodeAll(make([]byte, 200<<20), nil)
	var stream bytes.Buffer // no content size in its frame header
	w, err := zstd.NewWriter(&stream, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(64<<10))
	require.NoError(t, err)
	for range 50 {
		_, err = w.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	half := enc.EncodeAll(make([]byte, seal.MaxBody*3/4), nil)

	for name, c := range map[string]struct {
		kind   fault.Kind
		framed []byte
	}{
		"ErrBomb":         {fault.TooLarge, frame(bomb)},
		"ErrBombStream":   {fault.TooLarge, frame(stream.Bytes())},
		"ErrBombFrames":   {fault.TooLarge, frame(append(bytes.Clone(half), half...))},
		"ErrNotZstd":      {fault.Corrupt, frame([]byte("not a zstd frame"))},
		"ErrLengthBeyond": {fault.Corrupt, []byte{0xff, 0xff, 0xff, 0xff, 0}},
		"ErrNoLength":     {fault.Corrupt, []byte{0, 0}},
		"ErrPadding":      {fault.Corrupt, frame(enc.EncodeAll(body, nil), 0, 0, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			env, err := newVisit(t, keys).SealFramed(c.framed, aad)
			require.NoError(t, err)
			_, err = keys.Open(env, record, aad)
			requireKind(t, c.kind, err)
		})
	}
	t.Run("ErrUnknownDictionary", func(t *testing.T) {
		v := newVisit(t, keys)
		v.SetDictionary(77)
		_, err := keys.Open(sealBody(t, v, body), record, aad)
		requireKind(t, fault.Unsupported, err)
	})
}

func TestIntakeRing(t *testing.T) {
	keys := newKeys(t)
	old := sealBody(t, newVisit(t, keys), body)
	pub, err := keys.Rotate()
	require.NoError(t, err)
	require.EqualValues(t, 2, pub.ID)
	require.Equal(t, []uint32{1, 2}, keys.IDs())
	fresh := sealBody(t, newVisit(t, keys), body)
	custody, err := seal.NewLocalCustody(noise(3, 32))
	require.NoError(t, err)
	wrapped, err := keys.Marshal(custody)
	require.NoError(t, err)

	t.Run("OK", func(t *testing.T) {
		loaded, err := seal.ParseIntakeKeys(wrapped, custody, plainDicts(t))
		require.NoError(t, err)
		require.Equal(t, keys.Public(), loaded.Public())
		for _, env := range [][]byte{old, fresh} {
			_, err = loaded.Open(env, record, aad)
			require.NoError(t, err)
		}
	})
	t.Run("OK/PublicEncoding", func(t *testing.T) {
		got, err := seal.ParseIntakePublic(pub.Encode())
		require.NoError(t, err)
		require.Equal(t, pub, got)
		require.Equal(t, pub.Fingerprint(), got.Fingerprint())
		_, err = seal.ParseIntakePublic(pub.Encode()[:100])
		requireKind(t, fault.Invalid, err)
	})
	t.Run("ErrCorrupt", func(t *testing.T) {
		bad := bytes.Clone(wrapped)
		bad[20] ^= 1
		_, err := seal.ParseIntakeKeys(bad, custody, plainDicts(t))
		requireKind(t, fault.Corrupt, err)
	})
	t.Run("ErrRing", func(t *testing.T) {
		for _, plain := range [][]byte{nil, []byte("JLYK\x01\x00\x00"), []byte("JLYK\x01\xff\xff"), []byte("JLYK\x01\x00\x01short")} {
			w, err := custody.Wrap(seal.PurposeIntake, plain)
			require.NoError(t, err)
			_, err = seal.ParseIntakeKeys(w, custody, plainDicts(t))
			requireKind(t, fault.Corrupt, err)
		}
	})
	t.Run("OK/Concurrent", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := keys.Open(old, record, aad); err != nil {
					t.Error(err)
				}
			})
		}
		_, err := keys.Rotate()
		wg.Wait()
		require.NoError(t, err)
	})
}

func TestPost(t *testing.T) {
	dicts := plainDicts(t)
	post, err := seal.GeneratePostKey(dicts)
	require.NoError(t, err)
	other, err := seal.GeneratePostKey(dicts)
	require.NoError(t, err)
	env, err := dicts.SealToPost(post.Public(), "notice", body, aad)
	require.NoError(t, err)

	t.Run("OK", func(t *testing.T) {
		o, err := post.Open(env, "notice", aad)
		require.NoError(t, err)
		require.Equal(t, body, o.Body())
		pub, err := seal.ParsePostPublic(post.Public().Encode())
		require.NoError(t, err)
		require.Equal(t, post.Public(), pub)
	})
	t.Run("OK/Document", func(t *testing.T) {
		v, err := seal.NewDelivery(post.Public(), "document", dicts)
		require.NoError(t, err)
		letter := sealBody(t, v, []byte("what it is"))
		sealed, _ := makeBundle(t, v, picture{"extract", "application/pdf", noise(4, 200_000)})
		o, err := post.Open(letter, "document", aad)
		require.NoError(t, err)
		got, _, err := readBundle(o, sealed)
		require.NoError(t, err)
		require.True(t, bytes.Equal(noise(4, 200_000), got[0].data))
	})
	t.Run("ErrContext", func(t *testing.T) {
		_, err := post.Open(env, "document", aad)
		requireKind(t, fault.Corrupt, err)
	})
	t.Run("ErrOtherPost", func(t *testing.T) {
		_, err := other.Open(env, "notice", aad)
		requireKind(t, fault.NotFound, err)
	})
	t.Run("ErrToHub", func(t *testing.T) {
		_, err := post.Open(sealBody(t, newVisit(t, newKeys(t)), body), "notice", aad)
		requireKind(t, fault.Corrupt, err)
	})
	t.Run("OK/FixedSizeTellsNothing", func(t *testing.T) {
		v, err := seal.NewDelivery(post.Public(), "record", dicts)
		require.NoError(t, err)
		short, err := v.SealBodyFixed([]byte("nothing"), aad, 4096)
		require.NoError(t, err)
		long, err := v.SealBodyFixed(noise(5, 3000), aad, 4096)
		require.NoError(t, err)
		require.Len(t, long, len(short))
		_, err = v.SealBodyFixed(noise(5, 4096), aad, 4096)
		requireKind(t, fault.TooLarge, err)
	})
}

func TestDictionaries(t *testing.T) {
	var samples [][]byte
	for i := range 200 {
		samples = append(samples, []byte(`{"family":"EL FASSI","n":`+string(rune('a'+i%26))+`}`))
	}
	dict, err := zstd.BuildDict(zstd.BuildDictOptions{ID: 7, Contents: samples, History: bytes.Join(samples[:40], nil), Offsets: [3]int{1, 4, 8}})
	require.NoError(t, err)
	with, err := seal.NewDictionaries(7, map[uint16][]byte{7: dict})
	require.NoError(t, err)
	keys, err := seal.GenerateIntakeKeys(with)
	require.NoError(t, err)

	t.Run("OK", func(t *testing.T) {
		for _, d := range []*seal.Dictionaries{with, plainDicts(t)} {
			v, err := seal.NewVisit(keys.Public(), record, d)
			require.NoError(t, err)
			o, err := keys.Open(sealBody(t, v, samples[3]), record, aad)
			require.NoError(t, err)
			require.Equal(t, samples[3], o.Body())
		}
	})
	t.Run("ErrUnknown", func(t *testing.T) {
		plain := newKeys(t)
		v, err := seal.NewVisit(plain.Public(), record, with)
		require.NoError(t, err)
		_, err = plain.Open(sealBody(t, v, samples[3]), record, aad)
		requireKind(t, fault.Unsupported, err)
	})
	t.Run("ErrInvalid", func(t *testing.T) {
		for _, m := range []map[uint16][]byte{{8: dict}, {0: dict}, {9: []byte("no")}} {
			_, err := seal.NewDictionaries(0, m)
			requireKind(t, fault.Invalid, err)
		}
		_, err := seal.NewDictionaries(3, nil)
		requireKind(t, fault.Invalid, err)
		_, err = seal.NewVisit(keys.Public(), record, nil)
		requireKind(t, fault.Invalid, err)
	})
}

func TestBucket(t *testing.T) {
	for _, c := range []struct{ n, floor, want int64 }{
		{0, 256, 256},
		{1, 256, 256},
		{256, 256, 256},
		{257, 256, 512},
		{9, 1, 10},
		{1000, 1, 1024},
		{2_000_000, 16384, 2_031_616},
		{100_000, 256, 100_352},
	} {
		require.Equal(t, c.want, seal.Bucket(c.n, c.floor), "%d", c.n)
	}
	for n := int64(1); n < 5_000_000; n += 1 + n/50 {
		b := seal.Bucket(n, 1)
		require.GreaterOrEqual(t, b, n)
		require.LessOrEqual(t, float64(b), float64(n)*1.125+1)
	}
	keys := newKeys(t)
	v := newVisit(t, keys)
	require.Len(t, sealBody(t, v, []byte("MOUNIR")), len(sealBody(t, v, []byte("ABDERRAHMANE BENJELLOUN"))))
}
