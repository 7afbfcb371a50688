package emulate

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// packet makes a UDP packet with both checksums (RFC 791, RFC 768).
func packet(link, from, to byte, payload []byte) []byte {
	p := make([]byte, headerSize+8, headerSize+8+len(payload)+1)
	p[0], p[8], p[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)+len(payload)))
	copy(p[sourceAt:], address(link, from).AsSlice())
	copy(p[destination:], address(link, to).AsSlice())
	binary.BigEndian.PutUint16(p[headerSize:], 40_000)
	binary.BigEndian.PutUint16(p[headerSize+2:], 4433)
	binary.BigEndian.PutUint16(p[headerSize+4:], uint16(8+len(payload)))
	p = append(p, payload...)
	binary.BigEndian.PutUint16(p[10:], ^sum(p[:headerSize]))
	binary.BigEndian.PutUint16(p[headerSize+6:], ^udpSum(p))
	return p
}

// sum adds 16-bit words in ones' complement (RFC 1071).
func sum(b []byte) uint16 {
	var s uint32
	for i := 0; i < len(b); i += 2 {
		word := uint32(b[i]) << 8
		if i+1 < len(b) {
			word |= uint32(b[i+1])
		}
		s += word
	}
	for s>>16 > 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

func udpSum(p []byte) uint16 {
	pseudo := append(bytes.Clone(p[sourceAt:headerSize]), 0, p[9])
	pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(p)-headerSize))
	return sum(append(pseudo, p[headerSize:]...))
}

func holds(t *testing.T, p []byte) {
	t.Helper()
	require.Equal(t, uint16(0xffff), sum(p[:headerSize]), "header checksum")
	require.Equal(t, uint16(0xffff), udpSum(p), "payload checksum")
}

func TestCross(t *testing.T) {
	payload := []byte("an entry, sealed!")
	for _, link := range []byte{0, 7, 254} {
		up := packet(link, hostClient, hostFar, payload)
		holds(t, up)
		l, ok := cross(up)
		require.True(t, ok)
		require.Equal(t, lane{link, true}, l)
		require.Equal(t, packet(link, hostNear, hostServer, payload), up, "as if the server's neighbor had sent it")
		holds(t, up)

		down := packet(link, hostServer, hostNear, payload)
		l, ok = cross(down)
		require.True(t, ok)
		require.Equal(t, lane{link, false}, l)
		require.Equal(t, packet(link, hostFar, hostClient, payload), down)
		holds(t, down)
	}
}

func TestCrossRefuses(t *testing.T) {
	foreign := packet(1, hostClient, hostFar, nil)
	foreign[destination] = 10
	other := packet(1, hostClient, hostFar, nil)
	other[destination+2] = 2
	six := packet(1, hostClient, hostFar, nil)
	six[0] = 0x60
	tests := map[string][]byte{
		"Nothing":        nil,
		"Short":          packet(1, hostClient, hostFar, nil)[:headerSize-1],
		"IPv6":           six,
		"OtherNetwork":   foreign,
		"BetweenLinks":   other,
		"WrongWay":       packet(1, hostClient, hostNear, nil),
		"ServerToServer": packet(1, hostServer, hostFar, nil),
	}
	for name, p := range tests {
		t.Run(name, func(t *testing.T) {
			before := bytes.Clone(p)
			_, ok := cross(p)
			require.False(t, ok)
			require.Equal(t, before, p)
		})
	}
}
