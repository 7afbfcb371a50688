package wire_test

import (
	"bytes"
	"encoding/hex"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// allocated gives the bytes that work allocates.
func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestUnmarshalRefuses(t *testing.T) {
	for _, tc := range []struct{ name, raw string }{
		{"ErrEmpty", ""},
		{"ErrTrailing", "a0a0"},
		{"ErrDuplicate", "a201010101"},
		{"ErrDuplicateSpelledOtherwise", "a20101180101"},
		{"ErrDuplicateUnknown", "a21863011863 01"},
		{"ErrDuplicateUnknownSpelledOtherwise", "a218630119006301"},
		{"ErrIndefiniteMap", "bf0101ff"},
		{"ErrIndefiniteBytes", "a1095f4101ff"},
		{"ErrIndefiniteUnknown", "a118639f01ff"},
		{"ErrTag", "a101c101"},
		{"ErrTagSelfDescribed", "d9d9f7a10101"},
		{"ErrTagUnknownKey", "a11863c101"},
		{"ErrByteKey", "a1410101"},
		{"ErrFloatKey", "a1f93c0001"},
		{"ErrFloat", "a101f93c00"},
		{"ErrBool", "a101f5"},
		{"ErrNegative", "a10120"},
		{"ErrOverflow", "a1011901 00"},
		{"ErrTextForBytes", "a1026161"},
		{"ErrInvalidUTF8", "a161ff01"},
		{"ErrShortID", "a1024f" + strings.Repeat("00", 15)},
		{"ErrLongID", "a10251" + strings.Repeat("00", 17)},
		{"ErrNullID", "a102f6"},
		{"ErrIDAsArray", "a10290" + strings.Repeat("00", 16)},
		{"ErrIDLengthSpelledOtherwise", "a1025810" + strings.Repeat("00", 16)},
		{"ErrShortDigest", "a107581f" + strings.Repeat("00", 31)},
		{"ErrDeep", "a11863" + strings.Repeat("81", 8) + "01"},
		{"ErrVeryDeep", "a11863" + strings.Repeat("81", 900) + "01"},
		{"ErrArrayOverCap", "a1186399" + "1001" + strings.Repeat("00", 4097)},
		{"ErrMapOverCap", "a11863b841" + pairs(65)},
		{"ErrArrayClaim", "9affffffff"},
		{"ErrArrayClaimLong", "9bffffffffffffffff"},
		{"ErrMapClaim", "baffffffff"},
		{"ErrBytesClaim", "5affffffff"},
		{"ErrBytesClaimLong", "5bffffffffffffffff"},
		{"ErrTextClaim", "7affffffff"},
		{"ErrFieldBytesClaim", "a1025affffffff"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw, err := hex.DecodeString(strings.ReplaceAll(tc.raw, " ", ""))
			require.NoError(t, err)
			var r wire.Receipt
			requireKind(t, fault.Invalid, wire.Unmarshal(raw, 8192, &r))
		})
	}
	t.Run("ErrLimit", func(t *testing.T) {
		var r wire.Receipt
		requireKind(t, fault.TooLarge, wire.Unmarshal(make([]byte, 11), 10, &r))
	})
	t.Run("OKTextKeyIsNoField", func(t *testing.T) {
		var r wire.Receipt
		require.NoError(t, wire.Unmarshal([]byte{0xa2, 0x01, 0x01, 0x61, '1', 0x07}, 100, &r))
		require.Equal(t, uint8(1), r.Version)
	})
}

func pairs(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString("18" + hex.EncodeToString([]byte{byte(24 + i)}) + "00")
	}
	return out.String()
}

// TestClaimsAllocateNothing gives a few bytes that claim gigabytes to each
// decoder: what is claimed is checked against what is there before it is made.
func TestClaimsAllocateNothing(t *testing.T) {
	claims := [][]byte{
		{0x9a, 0xff, 0xff, 0xff, 0xff},
		{0x9b, 0, 0, 0, 1, 0, 0, 0, 0},
		{0x9a, 0, 0, 0x10, 0},
		{0x5a, 0xff, 0xff, 0xff, 0xff},
		{0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		{0x7a, 0xff, 0xff, 0xff, 0xff},
		{0xba, 0xff, 0xff, 0xff, 0xff},
		{0xb8, 0x40},
		{0xa1, 0x06, 0x9a, 0, 0, 0x10, 0},
		{0xa1, 0x09, 0x5a, 0x7f, 0xff, 0xff, 0xff},
		{0xa1, 0x0e, 0x99, 0x10, 0x00},
	}
	for _, raw := range claims {
		for name, decode := range decoders() {
			used := allocated(func() { require.Error(t, decode(raw)) })
			require.Less(t, used, uint64(16<<10), "%s of %x", name, raw)
		}
	}
}

// TestFullArraysStayInProportion sends what is really as long as it claims: an
// entry of two empty strings takes three bytes and becomes about sixty.
func TestFullArraysStayInProportion(t *testing.T) {
	empty := bytes.Repeat([]byte{0x82, 0x40, 0x40}, 4096)
	raw := append([]byte{0xa1, 0x06, 0x99, 0x10, 0x00}, empty...)
	used := allocated(func() {
		_, err := wire.DecodeBatch(raw)
		require.Error(t, err)
	})
	require.Less(t, used, uint64(1<<20))
}

func decoders() map[string]func([]byte) error {
	return map[string]func([]byte) error{
		"header":  func(raw []byte) error { _, err := wire.DecodeHeader(raw); return err },
		"batch":   func(raw []byte) error { _, err := wire.DecodeBatch(raw); return err },
		"receipt": func(raw []byte) error { _, err := wire.DecodeReceipt(raw); return err },
		"notice":  func(raw []byte) error { _, err := wire.DecodeNotice(raw); return err },
		"release": func(raw []byte) error { _, err := wire.DecodeRelease(raw); return err },
		"notices": func(raw []byte) error {
			_, err := wire.DecodeNotices(raw, post, wire.NoticeGenesis(cluster, post), nil)
			return err
		},
		"offer": func(raw []byte) error { var o wire.Offer; return wire.Unmarshal(raw, len(raw), &o) },
		"hello": func(raw []byte) error { var h wire.Hello; return wire.Unmarshal(raw, len(raw), &h) },
	}
}

func TestMarshalIsDeterministic(t *testing.T) {
	h := released(t, 1)
	require.Equal(t, wire.Marshal(h), wire.Marshal(h))
	require.Panics(t, func() { wire.Marshal(make(chan int)) }, "a mistake of ours")
}

func TestParseIDs(t *testing.T) {
	id, err := wire.ParseNodeID(node.String())
	require.NoError(t, err)
	require.Equal(t, node, id)
	rec, err := wire.ParseRecordID(record.String())
	require.NoError(t, err)
	require.Equal(t, record, rec)
	c, err := wire.ParseClusterID(cluster.String())
	require.NoError(t, err)
	require.Equal(t, cluster, c)
	d, err := wire.ParseDigest(image.String())
	require.NoError(t, err)
	require.Equal(t, image, d)
	for _, bad := range []string{"", "a1", node.String() + "00", strings.Repeat("g", 32), strings.Repeat("é", 16)} {
		_, err := wire.ParseNodeID(bad)
		requireKind(t, fault.Invalid, err)
		_, err = wire.ParseDigest(bad + bad)
		requireKind(t, fault.Invalid, err)
	}
	require.NotEqual(t, wire.NewNodeID(), wire.NewNodeID())
	require.False(t, wire.NewRecordID().IsZero())
	require.NotZero(t, wire.NewClusterID())
	require.NotZero(t, wire.NewIncarnation())
	require.True(t, wire.Digest{}.IsZero())
}
