package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// limits repeats the table of SPEC.md section 7.
var limits = map[wire.FrameType]int{
	1: 1024, 2: 16384, 3: 1024, 4: 229376, 5: 1024, 6: 229376, 7: 128, 8: 64, 9: 64, 10: 231424, 11: 512, 12: 2048, 13: 256, 14: 64, 15: 8192,
	16: 65536, 17: 8192, 18: 262176, 19: 64, 32: 32768, 33: 32768,
}

func TestFrameLimits(t *testing.T) {
	for kind := range 256 {
		require.Equal(t, limits[wire.FrameType(kind)], wire.FrameType(kind).Limit(), "type %d", kind)
	}
}

func TestFrameRoundTrip(t *testing.T) {
	var stream bytes.Buffer
	for kind, limit := range limits {
		for _, size := range []int{0, 1, limit} {
			payload := bytes.Repeat([]byte{byte(kind)}, size)
			require.NoError(t, wire.WriteFrame(&stream, kind, payload))
			got, back, err := wire.ReadFrame(iotest.HalfReader(&stream))
			require.NoError(t, err)
			require.Equal(t, kind, got)
			require.Equal(t, payload, back)
		}
		requireKind(t, fault.TooLarge, wire.WriteFrame(&stream, kind, make([]byte, limit+1)))
	}
	requireKind(t, fault.Unsupported, wire.WriteFrame(&stream, 200, nil))
	require.Zero(t, stream.Len(), "a refused frame writes nothing")
	_, _, err := wire.ReadFrame(&stream)
	require.Equal(t, io.EOF, err, "bare")
}

func TestWriteFrameFails(t *testing.T) {
	reader, writer := io.Pipe()
	require.NoError(t, reader.Close())
	requireKind(t, fault.Unavailable, wire.WriteFrame(writer, wire.FramePing, nil))
}

// lie is a frame header that claims a length.
func lie(kind wire.FrameType, length uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(kind)}, length)
}

func TestReadFrameRefuses(t *testing.T) {
	whole := frame(t, wire.FramePing, "ping")
	for _, tc := range []struct {
		name string
		raw  []byte
		want fault.Kind
	}{
		{"ErrType", lie(0, 0), fault.Unsupported},
		{"ErrTypeUnknown", lie(99, 1<<31), fault.Unsupported},
		{"ErrLength", lie(wire.FramePing, 65), fault.TooLarge},
		{"ErrLengthMax", lie(wire.FrameChunk, 1<<32-1), fault.TooLarge},
		{"ErrHeaderCut", whole[:3], fault.Unavailable},
		{"ErrPayloadMissing", whole[:5], fault.Unavailable},
		{"ErrPayloadCut", whole[:7], fault.Unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, payload, err := wire.ReadFrame(bytes.NewReader(tc.raw))
			requireKind(t, tc.want, err)
			require.Nil(t, payload)
			require.NotErrorIs(t, err, io.EOF, "a cut frame is no end of a session")
		})
	}
	t.Run("ErrWrappedEnd", func(t *testing.T) {
		ended := fmt.Errorf("stream: %w", io.EOF)
		for cut := range whole {
			_, _, err := wire.ReadFrame(io.MultiReader(bytes.NewReader(whole[:cut]), iotest.ErrReader(ended)))
			require.Equal(t, cut == 0, errors.Is(err, io.EOF), "cut at %d", cut)
		}
	})
}

// TestReadFrameAllocatesNothingForALie reads headers whose length is above the
// cap from a reader that fails the test when it is asked for a payload.
func TestReadFrameAllocatesNothingForALie(t *testing.T) {
	for kind, limit := range limits {
		r := bytes.NewReader(nil)
		head := lie(kind, uint32(limit)+1)
		allocs := testing.AllocsPerRun(10, func() {
			r.Reset(head)
			if _, _, err := wire.ReadFrame(r); err == nil {
				t.Error("read")
			}
		})
		require.LessOrEqual(t, allocs, 5.0, "header and error only")
		require.Less(t, allocated(func() { r.Reset(head); _, _, _ = wire.ReadFrame(r) }), uint64(1024))
	}
}
