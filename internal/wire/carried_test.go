package wire_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func carriedHead() wire.Carried {
	return wire.Carried{
		Version: 1, Direction: wire.ToHub, Cluster: cluster, Node: node, File: wire.CarriedID{7}, Time: hubTime,
		Hello: &wire.Hello{
			Lowest: 1, Highest: 1, Node: node, Histories: []wire.History{{Oldest: 1, Head: wire.Genesis(node, incarnation)}},
			Notices: wire.NoticeGenesis(cluster, post), Time: hubTime, Software: "1.4.0",
		},
	}
}

func carriedAnswer() wire.Carried {
	return wire.Carried{
		Version: 1, Direction: wire.ToNode, Cluster: cluster, Node: node,
		File: wire.CarriedID{8}, Answers: wire.CarriedID{7}, Time: hubTime,
	}
}

func carriedGoldens(t *testing.T) []golden {
	t.Helper()
	return []golden{
		plain("carried", carriedHead()),
		plain("carried-answer", carriedAnswer()),
		plain("carried-end", wire.CarriedEnd{Frames: 3, Digest: image, Key: signer(t, 1).KeyID, Signature: bytes.Repeat([]byte{9}, 64)}),
	}
}

// carriedFile is a file of two frames between its first and its last.
func carriedFile(tb testing.TB) []byte {
	tb.Helper()
	var file bytes.Buffer
	w, err := wire.NewCarriedWriter(&file, carriedAnswer())
	require.NoError(tb, err)
	require.NoError(tb, w.Write(wire.FrameStored, image[:]))
	require.NoError(tb, w.Write(wire.FrameReceipt, []byte("receipt")))
	require.NoError(tb, w.End(signer(tb, 1)))
	require.EqualValues(tb, file.Len(), w.Size())
	return file.Bytes()
}

func keysOf(tb testing.TB, b byte) func(wire.Carried) (wire.KeySet, error) {
	tb.Helper()
	return func(wire.Carried) (wire.KeySet, error) { return wire.NewKeySet(signer(tb, b).Public()), nil }
}

func TestCarriedRoundTrip(t *testing.T) {
	raw := carriedFile(t)
	file, err := wire.OpenCarried(bytes.NewReader(raw), keysOf(t, 1))
	require.NoError(t, err)
	require.Equal(t, carriedAnswer(), file.Head)
	require.EqualValues(t, 2, file.Frames)
	require.EqualValues(t, len(raw), file.Size)
	kind, payload, err := file.Next()
	require.NoError(t, err)
	require.Equal(t, wire.FrameStored, kind)
	require.Equal(t, image[:], payload)
	kind, _, err = file.Next()
	require.NoError(t, err)
	require.Equal(t, wire.FrameReceipt, kind)
	_, _, err = file.Next()
	require.Equal(t, io.EOF, err)
}

// TestCarriedIsWholeAndUntouched cuts the file at every byte and flips every
// bit: not one of them opens.
func TestCarriedIsWholeAndUntouched(t *testing.T) {
	raw := carriedFile(t)
	for cut := range raw {
		_, err := wire.OpenCarried(bytes.NewReader(raw[:cut]), keysOf(t, 1))
		requireKind(t, fault.Unavailable, err)
		require.NotErrorIs(t, err, io.EOF)
	}
	for bit := range len(raw) * 8 {
		spoiled := bytes.Clone(raw)
		spoiled[bit/8] ^= 1 << (bit % 8)
		_, err := wire.OpenCarried(bytes.NewReader(spoiled), keysOf(t, 1))
		require.Error(t, err, "bit %d", bit)
	}
	_, err := wire.OpenCarried(bytes.NewReader(append(bytes.Clone(raw), 0)), keysOf(t, 1))
	requireKind(t, fault.Corrupt, err)
	_, err = wire.OpenCarried(bytes.NewReader(raw), keysOf(t, 2))
	requireKind(t, fault.Denied, err)
	_, err = wire.OpenCarried(bytes.NewReader(raw), func(wire.Carried) (wire.KeySet, error) { return nil, errors.New("unknown") })
	require.ErrorContains(t, err, "unknown")
}

func TestCarriedRefusesForeignFrames(t *testing.T) {
	for _, c := range []struct {
		head wire.Carried
		good []wire.FrameType
	}{
		{carriedHead(), []wire.FrameType{wire.FrameOffer, wire.FrameChunk, wire.FrameBatch}},
		{carriedAnswer(), []wire.FrameType{wire.FrameWelcome, wire.FrameStored, wire.FrameReceipt, wire.FrameRefusal, wire.FrameNotices}},
	} {
		var file bytes.Buffer
		w, err := wire.NewCarriedWriter(&file, c.head)
		require.NoError(t, err)
		for kind := range 256 {
			err := w.Write(wire.FrameType(kind), nil)
			if slices.Contains(c.good, wire.FrameType(kind)) {
				require.NoError(t, err)
				continue
			}
			requireKind(t, fault.Unsupported, err)
		}
		// A writer of somebody else's may write what ours does not.
		require.NoError(t, wire.WriteFrame(&file, wire.FramePing, nil))
		_, err = wire.OpenCarried(bytes.NewReader(file.Bytes()), keysOf(t, 1))
		requireKind(t, fault.Unsupported, err)
	}
}

func TestCarriedValidate(t *testing.T) {
	other := wire.NodeID{9}
	for _, c := range []struct {
		name   string
		change func(*wire.Carried)
		want   fault.Kind
	}{
		{"ErrVersion", func(c *wire.Carried) { c.Version = 2 }, fault.Unsupported},
		{"ErrDirection", func(c *wire.Carried) { c.Direction = 3 }, fault.Unsupported},
		{"ErrNode", func(c *wire.Carried) { c.Node = wire.NodeID{} }, fault.Invalid},
		{"ErrCluster", func(c *wire.Carried) { c.Cluster = wire.ClusterID{} }, fault.Invalid},
		{"ErrFile", func(c *wire.Carried) { c.File = wire.CarriedID{} }, fault.Invalid},
		{"ErrNoHello", func(c *wire.Carried) { c.Hello = nil }, fault.Invalid},
		{"ErrHelloOfAnother", func(c *wire.Carried) { c.Hello.Node = other }, fault.Invalid},
		{"ErrNoHistory", func(c *wire.Carried) { c.Hello.Histories = nil }, fault.Invalid},
		{"ErrAnswers", func(c *wire.Carried) { c.Answers = wire.CarriedID{1} }, fault.Invalid},
		{"ErrAnswerWithHello", func(c *wire.Carried) { c.Direction = wire.ToNode }, fault.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := carriedHead()
			require.NoError(t, head.Validate())
			c.change(&head)
			requireKind(t, c.want, head.Validate())
			_, err := wire.NewCarriedWriter(io.Discard, head)
			requireKind(t, c.want, err)
		})
	}
	require.NoError(t, carriedAnswer().Validate())
}

func FuzzOpenCarried(f *testing.F) {
	f.Add(carriedFile(f))
	f.Add([]byte{12, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := wire.OpenCarried(bytes.NewReader(raw), keysOf(t, 1))
		if err != nil {
			require.Nil(t, file)
			return
		}
		for range file.Frames {
			_, _, err := file.Next()
			require.NoError(t, err)
		}
		_, _, err = file.Next()
		require.Equal(t, io.EOF, err)
	})
}
