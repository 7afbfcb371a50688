package node

import (
	"bytes"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// TestFetchOverACutLink: each cut in the middle of a part costs that part at
// most, the next one goes over a new session, and no cut looks like the hub's
// own refusal, at which a document is given up.
func TestFetchOverACutLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const parts, cuts = 24, 8
		document := bytes.Repeat([]byte("sealed! "), parts*wire.MaxFetch/8)
		world := linktest.NewWorld(t, nil)
		conns := linktest.Net(t, 100*time.Millisecond, 2)
		hub, node := world.Ring(t, linktest.Identity(t, pki.Member, "hub-1")), world.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
		listener, err := link.NewListener(conns[0], link.ListenerOptions{})
		require.NoError(t, err)
		dialer, err := link.NewDialer(conns[1], link.Config{})
		require.NoError(t, err)

		var current atomic.Pointer[link.Session]
		var served, broken, dialed atomic.Int64
		answer := func(_ context.Context, _ pki.Peer, request []byte) ([]byte, error) {
			var in wire.FetchRequest
			if err := wire.Unmarshal(request, 1024, &in); err != nil {
				return nil, err
			}
			part := document[in.Offset : in.Offset+uint64(in.Length)]
			if n := served.Add(1); n%3 == 0 && broken.Load() < cuts {
				broken.Add(1)
				time.AfterFunc(30*time.Millisecond, func() { current.Load().CloseWithReason(link.CodeStopping, "") })
			}
			return part, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() {
			if err := listener.Serve(ctx, map[string]link.Endpoint{link.ALPNFetch: {
				TLS: world.Server(t, hub, link.ALPNFetch, pki.Node), Handle: link.Exchanger{Answer: answer, MaxRequest: 1024}.Serve,
			}}); err != nil {
				t.Errorf("serve: %v", err)
			}
		})
		f := &fetcher{dial: func(ctx context.Context, alpn string, slot pki.Slot) (*link.Session, error) {
			dialed.Add(1)
			s, err := dialer.Dial(ctx, conns[0].LocalAddr().(*net.UDPAddr), alpn, world.Client(t, node, slot))
			current.Store(s)
			return s, err
		}}
		var got []byte
		asked := 0
		for len(got) < len(document) {
			asked++
			part, err := f.part(t.Context(), wire.FetchRequest{
				Version: wire.Version, Offset: uint64(len(got)), Length: uint32(min(wire.MaxFetch, len(document)-len(got))),
			})
			if err != nil {
				for _, final := range []fault.Kind{fault.Denied, fault.Invalid, fault.NotFound} {
					require.False(t, fault.Is(err, final), err)
				}
				continue
			}
			got = append(got, part...)
		}
		require.Equal(t, document, got)
		require.EqualValues(t, cuts, broken.Load())
		require.Greater(t, asked, parts, "cuts did cost parts")
		require.LessOrEqual(t, asked, parts+cuts, "and one part each at most")
		require.EqualValues(t, asked-parts+1, dialed.Load())
		f.close()
		cancel()
		serving.Wait()
		require.NoError(t, dialer.Close())
	})
}
