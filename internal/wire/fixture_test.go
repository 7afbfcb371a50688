package wire_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const (
	post        consular.PostID = "FR-LYO"
	reference                   = "123456789012345609"
	incarnation uint64          = 0x0102030405060708
	session     uint64          = 7
	hubTime     int64           = 1_790_000_000_000
)

var (
	node    = wire.NodeID(bytes.Repeat([]byte{0xA1}, 16))
	record  = wire.RecordID(bytes.Repeat([]byte{0xB2}, 16))
	cluster = wire.ClusterID(bytes.Repeat([]byte{0xC3}, 16))
	image   = wire.Digest(bytes.Repeat([]byte{0xD4}, 32))
	slip    = wire.Digest(bytes.Repeat([]byte{0xE5}, 32))
)

// signer gives the signing key whose seed is 32 times the byte, so that golden
// files and failures repeat.
func signer(tb testing.TB, seed byte) *seal.SigningKey {
	tb.Helper()
	custody, err := seal.NewLocalCustody(bytes.Repeat([]byte{9}, 32))
	require.NoError(tb, err)
	path := filepath.Join(tb.TempDir(), "key")
	require.NoError(tb, seal.SaveSecret(path, custody, seal.PurposeSigning, bytes.Repeat([]byte{seed}, 32)))
	key, err := seal.LoadSigningKey(path, custody)
	require.NoError(tb, err)
	return key
}

// ref gives a valid reference of 18 digits.
func ref(tb testing.TB) string {
	tb.Helper()
	r, err := consular.NewReference(bytes.NewReader(bytes.Repeat([]byte{7}, 4096)))
	require.NoError(tb, err)
	return r.Digits()
}

// released is a header of request.released that keeps every rule.
func released(tb testing.TB, seq uint64) wire.Header {
	tb.Helper()
	offset := int64(-1500)
	return wire.Header{
		Version: wire.Version, Record: wire.RecordID(append(bytes.Repeat([]byte{0xB2}, 15), byte(seq))),
		Kind: wire.KindRequestReleased, Source: wire.SourceNode,
		Node: node, Incarnation: incarnation, Seq: seq, Time: hubTime, Offset: &offset, Post: post,
		Reference: ref(tb), Service: uint8(consular.CNIEFirst), Pickup: "MA-RAB",
		Images: []wire.Image{{Digest: image, Size: 300_000}}, SlipHash: &slip, IntakeKey: 3, Seen: 1, Outcome: 2,
	}
}

func entry(tb testing.TB, h wire.Header, body string) wire.Entry {
	tb.Helper()
	e, err := wire.NewEntry(h, []byte(body))
	require.NoError(tb, err)
	return e
}

// entries gives n entries that follow the position.
func entries(tb testing.TB, after wire.Position, n int) []wire.Entry {
	tb.Helper()
	out := make([]wire.Entry, n)
	for i := range out {
		out[i] = entry(tb, released(tb, after.Seq+uint64(i)+1), "sealed body "+string(rune('a'+i%26)))
	}
	return out
}

// hashes gives the chain hashes of the entries and the position after them.
func hashes(after wire.Position, list []wire.Entry) ([]wire.Digest, wire.Position) {
	out := make([]wire.Digest, len(list))
	for i, e := range list {
		after = after.Next(e)
		out[i] = after.Hash
	}
	return out, after
}

// receiptFor signs a receipt over n entries from the first one on.
func receiptFor(tb testing.TB, n int, by *seal.SigningKey) (wire.SignedReceipt, wire.Receipt, []wire.Digest) {
	tb.Helper()
	start := wire.Genesis(node, incarnation)
	leaves, head := hashes(start, entries(tb, start, n))
	r := wire.Receipt{
		Version: wire.Version, Cluster: cluster, Node: node, Incarnation: incarnation, First: 1, Last: head.Seq,
		Head: head.Hash, Root: wire.RootOf(leaves), Index: 42, Time: hubTime,
	}
	return wire.SignReceipt(r, by), r, leaves
}

// requireKind asks for a failure of one kind; Other asks for none.
func requireKind(tb testing.TB, want fault.Kind, err error) {
	tb.Helper()
	if want == fault.Other {
		require.NoError(tb, err)
		return
	}
	require.Error(tb, err)
	require.Equal(tb, want, fault.KindOf(err), "%v", err)
}

// with adds the unknown key 99 to an encoded map of fewer than 23 pairs.
func with(tb testing.TB, raw []byte) []byte {
	tb.Helper()
	require.True(tb, raw[0] >= 0xa0 && raw[0] < 0xb7, "a small map")
	out := append([]byte{raw[0] + 1}, raw[1:]...)
	return append(out, 0x18, 99, 0x82, 0x01, 0x63, 'n', 'e', 'w')
}
