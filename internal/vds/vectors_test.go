package vds_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/vds"
)

// The values of ICAO 9303-13 and BSI TR-03137 part 1, annex B.
func TestC40Vectors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, bytes, back string }{
		{"XK<CD", "eb0466a9", "XK CD"},
		{"XKCD", "eb11fe45", "XKCD"},
		{"BSI01", "62d719c9", "BSI01"},
		{"DETS32", "6d32c91f", "DETS32"},
		{"D<<", "6abc", "D  "},
		{"MAR", "a4d0", "MAR"},
		{"", "", ""},
	} {
		got, err := vds.EncodeC40(test.text)
		require.NoError(t, err)
		require.Equal(t, test.bytes, hex.EncodeToString(got), test.text)
		back, err := vds.DecodeC40(got)
		require.NoError(t, err)
		require.Equal(t, test.back, back)
	}
	_, err := vds.EncodeC40("é")
	require.True(t, fault.Is(err, fault.Invalid))
	for _, bad := range []string{"00", "0000", "ffff", "fe45eb11", "fe00", "fa01", "eb"} {
		raw, err := hex.DecodeString(bad)
		require.NoError(t, err)
		_, err = vds.DecodeC40(raw)
		require.True(t, fault.Is(err, fault.Invalid), bad)
	}
}

func TestDateVectors(t *testing.T) {
	t.Parallel()
	require.Equal(t, "319ef5", hex.EncodeToString(vds.EncodeDate(1957, time.March, 25)))
	require.Equal(t, "99fdcb", hex.EncodeToString(vds.EncodeDate(1979, time.October, 9)))
}

// RFC 9285.
func TestBase45Vectors(t *testing.T) {
	t.Parallel()
	for plain, text := range map[string]string{
		"AB": "BB8", "Hello!!": "%69 VD92EX0", "base-45": "UJCLQE7W581", "ietf!": "QED8WEX0", "": "",
	} {
		require.Equal(t, text, vds.EncodeBase45([]byte(plain)))
		back, err := vds.DecodeBase45(text)
		require.NoError(t, err)
		require.Equal(t, plain, string(back))
	}
	for _, bad := range []string{"A", "AAAA", "GGW", ":::", "ab8", "::"} {
		_, err := vds.DecodeBase45(bad)
		require.True(t, fault.Is(err, fault.Invalid), bad)
	}
}

// annexE is the residence permit of TR-03137 part 1, annex E. Its signature is
// on a brainpool curve, which the standard library does not have: the seal is
// read completely and not verified.
const annexE = "dc036abc6d32c8a727390f71341145f4fb0602305cba135875976ec066d417b5" +
	"9e8c6abc133c133c133c133c3fef3a2938ee43f1593d1ae52dbb26751fe64b7c" +
	"133c136b0306d79519a65306ff40158cf5b0bb7fbda099e8e7c94abefc9677b2" +
	"e71e9885f5cd9057a8bfcf930a6046bcf897650af8f9b0343c034d2f64ce081f" +
	"95fbf3d01292d1f8165ece27d327"

func TestAnnexE(t *testing.T) {
	t.Parallel()
	raw, err := hex.DecodeString(annexE)
	require.NoError(t, err)
	require.Len(t, raw, 142)
	s, err := vds.Decode(raw)
	require.NoError(t, err)
	require.Equal(t, vds.Header{
		Country: "D  ", Signer: "DETS", Reference: "27", Issued: "2020-01-01", Signed: "2020-01-13", Definition: 0xfb, Category: 6,
	}, s.Header)
	require.Len(t, s.Features, 2)
	require.Len(t, s.Feature(2), 48)
	zone, err := vds.DecodeC40(s.Feature(2))
	require.NoError(t, err)
	require.Len(t, zone, 72)
	require.Contains(t, zone, "ATD  RESIDORCE", "the bytes, where the printed text says ARD")
	number, err := vds.DecodeC40(s.Feature(3))
	require.NoError(t, err)
	require.Equal(t, "UFO001979", number)
	require.Equal(t, raw[142-64:], s.Signature)

	_, err = newWorld(t).keys(t).Verify(s)
	require.True(t, fault.Is(err, fault.NotFound))
	_, err = s.Record()
	require.True(t, fault.Is(err, fault.Unsupported))
	require.Equal(t, consular.Date("2020-01-01"), s.Issued)
}
