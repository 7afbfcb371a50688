package seal_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

func openedVisit(tb testing.TB) (*seal.Visit, *seal.Opened) {
	tb.Helper()
	keys := newKeys(tb)
	v := newVisit(tb, keys)
	o, err := keys.Open(sealBody(tb, v, body), record, aad)
	require.NoError(tb, err)
	return v, o
}

func TestBundleRoundTrip(t *testing.T) {
	v, o := openedVisit(t)
	for name, pictures := range map[string][]picture{
		"Nothing":    nil,
		"EmptyPart":  {{"portrait", "image/jpeg", nil}},
		"OneByte":    {{"portrait", "image/jpeg", []byte{1}}},
		"Many":       {{"portrait", "image/jpeg", noise(1, 90_001)}, {"print-1", "image/wsq", noise(2, 500_000)}, {"signature", "image/png", noise(3, 10)}},
		"ChunkEdge":  {{"a", "b", noise(4, seal.ChunkSize)}, {"c", "d", noise(5, seal.ChunkSize-28)}},
		"LongLabels": {{string(bytes.Repeat([]byte("n"), 255)), string(bytes.Repeat([]byte("m"), 255)), noise(6, 300)}},
	} {
		t.Run("OK/"+name, func(t *testing.T) {
			sealed, info := makeBundle(t, v, pictures...)
			requireInfo(t, info, sealed)
			got, parts, err := readBundle(o, sealed)
			require.NoError(t, err)
			require.NoError(t, seal.CheckParts(parts, info.Parts))
			require.Len(t, got, len(pictures))
			for i, p := range pictures {
				require.Equal(t, p.name, got[i].name)
				require.Equal(t, p.media, got[i].media)
				require.True(t, bytes.Equal(p.data, got[i].data))
				require.Equal(t, sha256.Sum256(p.data), parts[i].Digest)
				require.EqualValues(t, len(p.data), parts[i].Size)
			}
		})
	}
	t.Run("OK/EverySizeAroundAChunk", func(t *testing.T) {
		for n := seal.ChunkSize - 130; n < seal.ChunkSize+10; n++ {
			sealed, _ := makeBundle(t, v, picture{"p", "m", noise(7, n)})
			got, _, err := readBundle(o, sealed)
			require.NoError(t, err)
			require.Len(t, got[0].data, n)
		}
	})
	t.Run("OK/PartsSkipped", func(t *testing.T) {
		sealed, info := makeBundle(t, v, picture{"a", "m", noise(1, 400_000)}, picture{"b", "m", noise(2, 10)})
		r, err := o.OpenBundle(bytes.NewReader(sealed))
		require.NoError(t, err)
		parts, err := r.Each(func(seal.PartHead, io.Reader) error { return nil })
		require.NoError(t, err)
		require.Equal(t, info.Parts, parts)
		_, err = r.Each(nil)
		requireKind(t, fault.Used, err)
	})
}

// requireInfo checks the public half of the info against the sealed bytes, as
// a sender and a receiver without keys use it.
func requireInfo(t *testing.T, info seal.BundleInfo, sealed []byte) {
	t.Helper()
	require.EqualValues(t, len(sealed), info.Size)
	require.Equal(t, sha256.Sum256(sealed), info.Address)
	require.Len(t, info.ChunkDigests, seal.Chunks(info.Size))
	end := int64(0)
	for i := range info.ChunkDigests {
		off, n, err := seal.ChunkRange(info.Size, i)
		require.NoError(t, err)
		require.Equal(t, end, off)
		end = off + int64(n)
		require.NoError(t, info.CheckChunk(i, sealed[off:end]))
		requireKind(t, fault.Corrupt, info.CheckChunk(i, sealed[off:end-1]))
	}
	require.Equal(t, info.Size, end)
	_, _, err := seal.ChunkRange(info.Size, len(info.ChunkDigests))
	requireKind(t, fault.Invalid, err)
	requireKind(t, fault.Invalid, info.CheckChunk(-1, nil))
}

func TestBundleRefuses(t *testing.T) {
	v, o := openedVisit(t)
	_, otherVisit := openedVisit(t)
	pic := picture{"portrait", "image/jpeg", noise(1, 600_000)}
	sealed, _ := makeBundle(t, v, pic)
	twin, _ := makeBundle(t, v, pic)
	chunks := slices.Collect(slices.Chunk(sealed, seal.ChunkSize))
	twins := slices.Collect(slices.Chunk(twin, seal.ChunkSize))
	n := len(chunks)
	require.Greater(t, n, 4)
	with := func(i int, c []byte) [][]byte {
		l := slices.Clone(chunks)
		l[i] = c
		return l
	}
	flip := func(i, at int) [][]byte {
		c := bytes.Clone(chunks[i])
		c[at] ^= 0x40
		return with(i, c)
	}
	for name, list := range map[string][][]byte{
		"ErrEmpty":           nil,
		"ErrHeadOnly":        {chunks[0][:32]},
		"ErrHeadCut":         {chunks[0][:31]},
		"ErrLastGone":        chunks[:n-1],
		"ErrFirstGone":       chunks[1:],
		"ErrMiddleGone":      slices.Delete(slices.Clone(chunks), 2, 3),
		"ErrReordered":       append(slices.Clone(chunks[:1]), append([][]byte{chunks[2], chunks[1]}, chunks[3:]...)...),
		"ErrRepeated":        slices.Insert(slices.Clone(chunks), 2, chunks[1]),
		"ErrLastRepeated":    append(slices.Clone(chunks), chunks[n-1]),
		"ErrByteAdded":       append(slices.Clone(chunks), []byte{0}),
		"ErrByteCut":         with(n-1, chunks[n-1][:len(chunks[n-1])-1]),
		"ErrOfAnotherBundle": with(2, twins[2]),
		"ErrTailOfAnother":   append(slices.Clone(chunks[:3]), twins[3:]...),
		"ErrFlipHead":        flip(0, 20),
		"ErrFlipFirst":       flip(0, 100),
		"ErrFlipNonce":       flip(1, 0),
		"ErrFlipTag":         flip(n-1, len(chunks[n-1])-1),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := readBundle(o, bytes.Join(list, nil))
			requireKind(t, fault.Corrupt, err)
		})
	}
	t.Run("ErrVersion", func(t *testing.T) {
		_, _, err := readBundle(o, bytes.Join(with(0, append([]byte("JLYB\x02"), chunks[0][5:]...)), nil))
		requireKind(t, fault.Unsupported, err)
	})
	t.Run("ErrOtherVisit", func(t *testing.T) {
		_, _, err := readBundle(otherVisit, sealed)
		requireKind(t, fault.Corrupt, err)
	})
	t.Run("ErrParts", func(t *testing.T) {
		requireKind(t, fault.Corrupt, seal.CheckParts(nil, []seal.Part{{Name: "a"}}))
	})
	t.Run("ErrDestroyed", func(t *testing.T) {
		otherVisit.Destroy()
		_, err := otherVisit.OpenBundle(bytes.NewReader(sealed))
		requireKind(t, fault.Used, err)
	})
}

func TestBundleRefusesEveryBitFlipOfHead(t *testing.T) {
	v, o := openedVisit(t)
	sealed, _ := makeBundle(t, v, picture{"p", "m", []byte("x")})
	for i := range 64 {
		for bit := range 8 {
			sealed[i] ^= 1 << bit
			_, _, err := readBundle(o, sealed)
			require.Error(t, err, "byte %d bit %d", i, bit)
			sealed[i] ^= 1 << bit
		}
	}
}

func TestBundleHostileInside(t *testing.T) {
	v, o := openedVisit(t)
	for name, raw := range map[string][]byte{
		"ErrNoStop":         {1, 1, 'a', 1, 'b', 3, 0, 0},
		"ErrNothing":        {1},
		"ErrMark":           {9},
		"ErrEmptyName":      {1, 0, 1, 'b'},
		"ErrDataFirst":      {2, 0, 0, 0, 1, 'x', 0},
		"ErrDataLength":     {1, 1, 'a', 1, 'b', 2, 0xff, 0xff, 0xff, 0xff},
		"ErrDataEmpty":      {1, 1, 'a', 1, 'b', 2, 0, 0, 0, 0},
		"ErrDataCut":        {1, 1, 'a', 1, 'b', 2, 0, 0, 0, 9, 'x'},
		"ErrMarkInPart":     {1, 1, 'a', 1, 'b', 1},
		"ErrDigest":         append([]byte{1, 1, 'a', 1, 'b', 3}, make([]byte, 40)...),
		"ErrPaddingNotZero": {0, 0, 0, 7},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			w, err := v.BundleWriter(&out)
			require.NoError(t, err)
			require.NoError(t, w.WriteRaw(raw))
			require.NoError(t, w.FinishRaw())
			_, _, err = readBundle(o, out.Bytes())
			requireKind(t, fault.Corrupt, err)
		})
	}
}

func TestBundleWriter(t *testing.T) {
	v, o := openedVisit(t)
	t.Run("OK/FixedSizeTellsNothing", func(t *testing.T) {
		for _, size := range []int64{4096, seal.ChunkSize, seal.ChunkSize + 29, 300_000} {
			for _, n := range []int{0, 3000} {
				var out bytes.Buffer
				w, err := v.FixedBundleWriter(&out, size)
				require.NoError(t, err)
				_, err = w.Add("p", "m", bytes.NewReader(noise(1, n)))
				require.NoError(t, err)
				info, err := w.Finish()
				require.NoError(t, err)
				require.Equal(t, size, info.Size)
				_, _, err = readBundle(o, out.Bytes())
				require.NoError(t, err)
			}
		}
	})
	t.Run("ErrFixedSize", func(t *testing.T) {
		for _, size := range []int64{0, -1, 60, seal.ChunkSize + 28, seal.MaxBundle + 1} {
			_, err := v.FixedBundleWriter(io.Discard, size)
			requireKind(t, fault.Invalid, err)
		}
		w, err := v.FixedBundleWriter(io.Discard, 4096)
		require.NoError(t, err)
		_, err = w.Add("p", "m", bytes.NewReader(noise(1, 5000)))
		require.NoError(t, err)
		_, err = w.Finish()
		requireKind(t, fault.TooLarge, err)
	})
	t.Run("ErrLabelsAndUse", func(t *testing.T) {
		w, err := v.BundleWriter(io.Discard)
		require.NoError(t, err)
		_, err = w.Add("", "m", nil)
		requireKind(t, fault.Invalid, err)
		_, err = w.Add("n", string(make([]byte, 256)), nil)
		requireKind(t, fault.Invalid, err)
		_, err = w.Finish()
		require.NoError(t, err)
		_, err = w.Finish()
		requireKind(t, fault.Used, err)
		_, err = w.Add("n", "m", bytes.NewReader(nil))
		requireKind(t, fault.Used, err)
	})
	t.Run("ErrDiskAtEveryWrite", func(t *testing.T) {
		for after := range 5 {
			w, err := v.BundleWriter(&failingWriter{after: after})
			require.NoError(t, err)
			_, err = w.Add("p", "m", bytes.NewReader(noise(1, 4*seal.ChunkSize)))
			if err == nil {
				_, err = w.Finish()
			}
			require.ErrorIs(t, err, errDisk)
			_, again := w.Finish()
			require.ErrorIs(t, again, errDisk)
		}
	})
	t.Run("ErrSource", func(t *testing.T) {
		w, err := v.BundleWriter(io.Discard)
		require.NoError(t, err)
		_, err = w.Add("p", "m", io.MultiReader(bytes.NewReader(noise(1, 10)), failingReader{}))
		require.ErrorIs(t, err, errDisk)
		_, err = w.Finish()
		require.ErrorIs(t, err, errDisk)
	})
	t.Run("ErrReading", func(t *testing.T) {
		sealed, _ := makeBundle(t, v, picture{"p", "m", noise(1, 2*seal.ChunkSize)})
		for _, n := range []int{0, 10, 32, 5000, seal.ChunkSize, seal.ChunkSize + 1} {
			r, err := o.OpenBundle(io.MultiReader(bytes.NewReader(sealed[:n]), failingReader{}))
			if err == nil {
				_, err = r.Each(func(seal.PartHead, io.Reader) error { return nil })
			}
			require.ErrorIs(t, err, errDisk)
			require.False(t, fault.Is(err, fault.Corrupt))
		}
	})
}

var errDisk = errors.New("disk failed")

type failingWriter struct{ after int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.after--; w.after < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errDisk }

// zeros is an endless picture.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestBundleMemoryIsFlat(t *testing.T) {
	v, o := openedVisit(t)
	r, w := io.Pipe()
	done := make(chan error, 1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	go func() {
		bw, err := v.BundleWriter(w)
		if err == nil {
			_, err = bw.Add("p", "m", io.LimitReader(zeros{}, 64<<20))
		}
		if err == nil {
			_, err = bw.Finish()
		}
		done <- errors.Join(err, w.CloseWithError(err))
	}()
	br, err := o.OpenBundle(r)
	require.NoError(t, err)
	parts, err := br.Each(func(_ seal.PartHead, r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	})
	require.NoError(t, err)
	require.NoError(t, <-done)
	runtime.ReadMemStats(&after)
	require.EqualValues(t, 64<<20, parts[0].Size)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20), "allocated in all, sealing and opening")
}
