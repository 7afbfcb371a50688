package wire_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestOfferValidate(t *testing.T) {
	chunks := func(n int) []byte { return bytes.Repeat([]byte{6}, n*32) }
	for _, tc := range []struct {
		name  string
		offer wire.Offer
		want  string
	}{
		{"OK", wire.Offer{Size: 70, ChunkSize: 40, Chunks: chunks(2)}, ""},
		{"OKFull", wire.Offer{Size: 80, ChunkSize: 40, Chunks: chunks(2)}, ""},
		{"OKOneByte", wire.Offer{Size: 41, ChunkSize: 40, Chunks: chunks(2)}, ""},
		{"OKLargest", wire.Offer{Size: wire.MaxBundleChunks * (wire.MaxChunk - 4), ChunkSize: wire.MaxChunk - 4, Chunks: chunks(wire.MaxBundleChunks)}, ""},
		{"ErrNoChunks", wire.Offer{Size: 1, ChunkSize: 40}, "chunks"},
		{"ErrChunksCut", wire.Offer{Size: 70, ChunkSize: 40, Chunks: chunks(2)[:63]}, "chunks"},
		{"ErrTooManyChunks", wire.Offer{Size: 70, ChunkSize: 40, Chunks: chunks(wire.MaxBundleChunks + 1)}, "chunks"},
		{"ErrChunkSizeZero", wire.Offer{Size: 70, Chunks: chunks(2)}, "chunk size"},
		{"ErrChunkSize", wire.Offer{Size: 70, ChunkSize: wire.MaxChunk - 3, Chunks: chunks(1)}, "chunk size"},
		{"ErrChunkSizeMax", wire.Offer{Size: 70, ChunkSize: math.MaxUint32, Chunks: chunks(1)}, "chunk size"},
		{"ErrSizeZero", wire.Offer{ChunkSize: 40, Chunks: chunks(1)}, "size"},
		{"ErrSizeLess", wire.Offer{Size: 40, ChunkSize: 40, Chunks: chunks(2)}, "size"},
		{"ErrSizeMore", wire.Offer{Size: 81, ChunkSize: 40, Chunks: chunks(2)}, "size"},
		{"ErrSizeMax", wire.Offer{Size: math.MaxUint64, ChunkSize: 40, Chunks: chunks(2)}, "size"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.offer.Validate()
			if tc.want != "" {
				requireKind(t, fault.Invalid, err)
				require.ErrorContains(t, err, "offer: "+tc.want+": ")
				return
			}
			require.NoError(t, err)
			require.LessOrEqual(t, len(wire.Marshal(tc.offer)), wire.FrameOffer.Limit())
			all := wire.NewBitmap(tc.offer.Count())
			require.LessOrEqual(t, len(wire.Marshal(wire.Want{Missing: all})), wire.FrameWant.Limit())
		})
	}
}

func TestOfferChunkDigest(t *testing.T) {
	o := wire.Offer{Chunks: bytes.Repeat([]byte{6}, 64)}
	require.Equal(t, wire.Digest(o.Chunks[32:]), o.ChunkDigest(1))
	for _, i := range []int{-1, 2, math.MaxInt, math.MinInt} {
		require.Zero(t, o.ChunkDigest(i))
	}
}

func TestBitmap(t *testing.T) {
	for n, size := range map[int]int{0: 0, 1: 1, 8: 1, 9: 2, wire.MaxBundleChunks: 255} {
		require.Len(t, wire.NewBitmap(n), size)
	}
	b := wire.NewBitmap(10)
	for i := range 10 {
		require.False(t, b.Has(i))
		b.Set(i)
		b.Set(i)
		require.True(t, b.Has(i))
		require.Equal(t, i+1, b.Count())
	}
	require.Equal(t, wire.Bitmap{0xff, 0x03}, b, "least significant bit first")
	b.Clear(9)
	b.Clear(9)
	require.Equal(t, 9, b.Count())
	for _, i := range []int{-1, -8, -9, 16, math.MaxInt, math.MinInt} {
		b.Set(i)
		require.False(t, b.Has(i))
		b.Clear(i)
	}
	require.Equal(t, 9, b.Count())
	require.False(t, wire.Bitmap(nil).Has(0))
}

func TestParseChunk(t *testing.T) {
	index, sealed, err := wire.ParseChunk(wire.ChunkFrame(wire.MaxBundleChunks-1, []byte("x")))
	require.NoError(t, err)
	require.Equal(t, wire.MaxBundleChunks-1, index)
	require.Equal(t, []byte("x"), sealed)
	for _, raw := range [][]byte{nil, {0, 0, 0}, {0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff, 1}, wire.ChunkFrame(wire.MaxBundleChunks, []byte("x"))} {
		_, _, err := wire.ParseChunk(raw)
		requireKind(t, fault.Invalid, err)
	}
}

func TestHelloValidate(t *testing.T) {
	history := func(incarnation uint64) wire.History { return wire.History{Head: wire.Genesis(node, incarnation)} }
	for _, tc := range []struct {
		name   string
		change func(*wire.Hello)
		want   fault.Kind
	}{
		{"OK", func(*wire.Hello) {}, fault.Other},
		{"OKNothingHeld", func(h *wire.Hello) { h.Histories = nil }, fault.Other},
		{"OKNewerToo", func(h *wire.Hello) { h.Highest = 9 }, fault.Other},
		{"ErrVersions", func(h *wire.Hello) { h.Lowest = 0 }, fault.Invalid},
		{"ErrVersionsBackwards", func(h *wire.Hello) { h.Highest = 0 }, fault.Invalid},
		{"ErrNewerOnly", func(h *wire.Hello) { h.Lowest, h.Highest = 2, 2 }, fault.Unsupported},
		{"ErrNode", func(h *wire.Hello) { h.Node = wire.NodeID{} }, fault.Invalid},
		{"ErrTooMany", func(h *wire.Hello) { h.Histories = append(h.Histories, history(5)) }, fault.TooLarge},
		{"ErrOtherNode", func(h *wire.Hello) { h.Histories[1].Head.Node[0]++ }, fault.Invalid},
		{"ErrIncarnation", func(h *wire.Hello) { h.Histories[1].Head.Incarnation = 0 }, fault.Invalid},
		{"ErrTwice", func(h *wire.Hello) { h.Histories[1] = h.Histories[0] }, fault.Invalid},
		{"ErrSequence", func(h *wire.Hello) { h.Histories[1].Head.Seq = math.MaxUint64 }, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := wire.Hello{
				Lowest: 1, Highest: 1, Node: node, Software: strings.Repeat("v", 64), Time: hubTime,
				Histories: []wire.History{history(1), history(2), history(3), history(math.MaxUint64)},
			}
			require.LessOrEqual(t, len(wire.Marshal(h)), wire.FrameHello.Limit(), "the largest hello fits")
			tc.change(&h)
			requireKind(t, tc.want, h.Validate())
		})
	}
}

func TestRefusal(t *testing.T) {
	at := wire.Genesis(node, incarnation)
	cause := fault.New(fault.Gap, "intake: admit", "secret subject", errors.New("secret cause"))
	r := wire.RefusalOf(cause, &at)
	require.Equal(t, wire.Refusal{Kind: fault.Gap, Text: "gap", Resume: &at}, r, "cause and subject stay here")
	require.True(t, fault.Is(r.Err("ship: hear"), fault.Gap))
	require.Equal(t, fault.Other, wire.RefusalOf(errors.New("plain"), nil).Kind)
	var back wire.Refusal
	require.NoError(t, wire.Unmarshal(wire.Marshal(wire.Refusal{Kind: 250, Text: "x"}), 1024, &back))
	require.Equal(t, "unknown kind", back.Kind.String(), "a kind of a newer program")
}

// TestMessagesFitTheirFrames sends the largest of each message that grows.
func TestMessagesFitTheirFrames(t *testing.T) {
	at := wire.Genesis(node, math.MaxUint64)
	at.Seq = math.MaxUint64
	intake := make([]wire.IntakeKey, 8)
	for i := range intake {
		intake[i] = wire.IntakeKey{Number: math.MaxUint32, Public: make([]byte, 1216)}
	}
	key := make([]byte, 32)
	w := wire.Welcome{
		Decisions: []wire.Decision{{Cursor: at}, {Cursor: at}, {Cursor: at}, {Cursor: at}},
		Receipts:  [][]byte{key, key, key, key}, Intake: intake,
	}
	require.LessOrEqual(t, len(wire.Marshal(w)), wire.FrameWelcome.Limit())
	require.LessOrEqual(t, len(wire.Marshal(wire.NoticeCursor{Seq: math.MaxUint64})), wire.FrameNoticeCursor.Limit())
	require.LessOrEqual(t, len(wire.Marshal(wire.Pong{Counter: math.MaxUint64, Asked: math.MinInt64, Time: math.MinInt64})), wire.FramePong.Limit())
	require.LessOrEqual(t, len(wire.Marshal(wire.Refusal{Kind: 255, Text: "unsupported", Resume: &at})), wire.FrameRefusal.Limit())
	signed, _, _ := receiptFor(t, 1, signer(t, 2))
	require.LessOrEqual(t, len(wire.Marshal(signed)), wire.FrameReceipt.Limit())
}
