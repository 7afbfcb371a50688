package link

import (
	"bytes"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
)

// heard is a connection that gives bytes and takes none.
type heard struct {
	net.Conn

	r io.Reader
}

// Read implements io.Reader.
func (h heard) Read(p []byte) (int, error) { return h.r.Read(p) }

// FuzzTunnel reads packets from what a TCP peer sends, until it ends or sends a
// length that no packet has.
func FuzzTunnel(f *testing.F) {
	f.Add([]byte{0, 1, 7, 0, 2, 8, 9})
	f.Add([]byte{0, 0})
	f.Add([]byte{0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := newPackets(heard{r: bytes.NewReader(raw)})
		var into [maxPacket]byte
		var whole []byte
		for {
			n, err := p.read(into[:])
			if err != nil {
				break
			}
			require.Positive(t, n)
			whole = append(append(whole, byte(n>>8), byte(n)), into[:n]...)
		}
		require.True(t, bytes.HasPrefix(raw, whole), "what was read is what came")
	})
}

// FuzzFailure rebuilds what the other end says of itself: never trouble of ours,
// never more text than one may show.
func FuzzFailure(f *testing.F) {
	f.Add([]byte{byte(fault.Denied), 'n', 'o'})
	f.Add([]byte{byte(fault.Storage)})
	f.Fuzz(func(t *testing.T, payload []byte) {
		err := failure("test", payload)
		require.Error(t, err)
		require.NotContains(t, []fault.Kind{fault.Storage, fault.Internal}, fault.KindOf(err))
		require.NotContains(t, err.Error(), "\n")
	})
}
