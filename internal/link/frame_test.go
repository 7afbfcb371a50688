package link_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

// pair gives both ends of a session between a node and a hub; the session ends
// with the test.
func pair(t *testing.T, cfg link.Config) (node, member *link.Session, h *hub) {
	t.Helper()
	accepted := make(chan *link.Session, 1)
	h = startHub(t, cfg, func(h *hub) map[string]link.Endpoint {
		return map[string]link.Endpoint{link.ALPNShip: {
			TLS: h.Server(t, h.ring, link.ALPNShip, pki.Node),
			Handle: func(ctx context.Context, s *link.Session) error {
				accepted <- s
				return s.Wait(ctx)
			},
		}}
	})
	ring := h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
	node, err := h.dialer(t, 0).Dial(t.Context(), h.listener.Addr(), link.ALPNShip, h.Client(t, ring, pki.SlotWorking))
	require.NoError(t, err)
	t.Cleanup(func() { node.CloseWithReason(link.CodeDone, "") })
	return node, <-accepted, h
}

func limitTo(n int) func(byte) int {
	return func(kind byte) int {
		if kind == 9 {
			return link.UnknownType
		}
		return n
	}
}

func TestFrames(t *testing.T) {
	big := bytes.Repeat([]byte("jaliya"), 200_000)
	synctest.Test(t, func(t *testing.T) {
		node, member, _ := pair(t, link.Config{})
		require.Equal(t, "FR-LYO", member.Peer().Identity.Name)
		require.Equal(t, pki.Member, node.Peer().Identity.Role)
		require.Equal(t, link.ALPNShip, member.ALPN())
		up, err := node.OpenStream(t.Context())
		require.NoError(t, err)
		var wg sync.WaitGroup
		wg.Go(func() {
			for _, p := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("y"), 1024), big} {
				if up.WriteFrame(1, p) != nil {
					return
				}
			}
			_ = up.CloseWrite()
		})
		down, err := member.AcceptStream(t.Context())
		require.NoError(t, err)
		for _, size := range []int{0, 1, 1024, len(big)} {
			kind, p, err := down.ReadFrame(limitTo(len(big)))
			require.NoError(t, err)
			require.Equal(t, byte(1), kind)
			require.Len(t, p, size)
		}
		_, _, err = down.ReadFrame(limitTo(1))
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, down.Close())
		wg.Wait()
		require.NoError(t, up.Close())
	})
}

func TestFramesRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		kind fault.Kind
		raw  []byte
		end  bool
	}{
		{"ErrTooLarge", fault.TooLarge, []byte{1, 0, 0, 0, 11}, false},
		{"ErrTooLargeOverflow", fault.TooLarge, []byte{1, 0xff, 0xff, 0xff, 0xff}, false},
		{"ErrUnknownType", fault.Unsupported, []byte{9, 0, 0, 0, 0}, false},
		{"ErrCutInHeader", fault.Invalid, []byte{1, 0, 0}, true},
		{"ErrCutInPayload", fault.Invalid, []byte{1, 0, 0, 0, 10, 'a'}, true},
		{"ErrNoProgressInHeader", fault.Timeout, []byte{1, 0, 0}, false},
		{"ErrNoProgressInPayload", fault.Timeout, []byte{1, 0, 0, 0, 10, 'a'}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				node, member, _ := pair(t, link.Config{})
				up, err := node.OpenStream(t.Context())
				require.NoError(t, err)
				defer up.Abort(link.CodeDone)
				require.NoError(t, link.WriteRaw(up, tc.raw))
				if tc.end {
					require.NoError(t, up.CloseWrite())
				}
				down, err := member.AcceptStream(t.Context())
				require.NoError(t, err)
				start := time.Now()
				_, _, err = down.ReadFrame(limitTo(10))
				requireKind(t, tc.kind, err)
				if tc.kind == fault.Timeout {
					require.InDelta(t, 30, time.Since(start).Seconds(), 1)
				}
				down.Abort(link.CodeFor(err))
			})
		})
	}
}

// A frame may take any time as long as a byte comes now and then; what never
// begins is bounded by the patience of the reader.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node, member, _ := pair(t, link.Config{})
		up, err := node.OpenStream(t.Context())
		require.NoError(t, err)
		require.NoError(t, link.WriteRaw(up, []byte{1, 0, 0, 0, 10}))
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 10 {
				time.Sleep(25 * time.Second) // virtual
				_ = link.WriteRaw(up, []byte("z"))
			}
		})
		down, err := member.AcceptStream(t.Context())
		require.NoError(t, err)
		_, p, err := down.ReadFrame(limitTo(10))
		require.NoError(t, err)
		require.Len(t, p, 10)
		wg.Wait()

		down.SetPatience(time.Second)
		_, _, err = down.ReadFrame(limitTo(10))
		requireKind(t, fault.Timeout, err)

		down.SetPatience(link.Forever)
		wg.Go(func() {
			time.Sleep(10 * time.Minute) // virtual
			_ = up.WriteFrame(2, nil)
		})
		kind, _, err := down.ReadFrame(limitTo(10))
		require.NoError(t, err)
		require.Equal(t, byte(2), kind)
		wg.Wait()
		require.NoError(t, up.Close())
		require.NoError(t, down.Close())
	})
}

// A reader that stops reading stops the writer after the progress time, and
// the stream says so to both.
func TestWriteWithoutReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node, member, _ := pair(t, link.Config{})
		up, err := node.OpenStream(t.Context())
		require.NoError(t, err)
		start := time.Now()
		err = up.WriteFrame(1, make([]byte, 8<<20))
		requireKind(t, fault.Timeout, err)
		require.LessOrEqual(t, time.Since(start), 61*time.Second)
		up.Abort(link.CodeFor(err))
		down, err := member.AcceptStream(t.Context())
		require.NoError(t, err)
		_, _, err = down.ReadFrame(limitTo(8 << 20))
		requireKind(t, fault.Timeout, err)
		down.Abort(link.CodeDone)
	})
}

// A thousand streams through a window of four: every path gives its credit
// back, or the test stands still and fails.
func TestStreamsDoNotLeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node, member, _ := pair(t, link.Config{Streams: 4})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 200 {
				down, err := member.AcceptStream(t.Context())
				if err != nil {
					return
				}
				if i%5 == 0 {
					down.Abort(link.CodeBusy)
					continue
				}
				_, _, err = down.ReadFrame(limitTo(10))
				if err == nil {
					err = down.WriteFrame(2, nil)
				}
				if err != nil {
					down.Abort(link.CodeFor(err))
					continue
				}
				_ = down.Close()
			}
		})
		for i := range 200 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			up, err := node.OpenStream(ctx)
			cancel()
			require.NoError(t, err, i)
			if err := up.WriteFrame(1, []byte("a")); err == nil && i%3 != 0 {
				_, _, _ = up.ReadFrame(limitTo(10))
			}
			if i%7 == 0 {
				up.Abort(link.CodeCanceled)
				continue
			}
			_ = up.Close()
		}
		wg.Wait()
	})
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 1, 'a'}, 10)
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff}, 10)
	f.Add([]byte{1, 0, 0x10, 0, 0, 1, 2, 3}, 1<<20)
	f.Fuzz(func(t *testing.T, raw []byte, most int) {
		most = max(0, min(most, 1<<24))
		kind, p, given, err := link.DecodeFrame(raw, most)
		require.LessOrEqual(t, given, max(16<<10, 4*len(raw)), "memory beyond what came")
		if err != nil {
			require.Contains(t, []fault.Kind{fault.TooLarge, fault.Invalid}, fault.KindOf(err))
			return
		}
		require.LessOrEqual(t, len(p), most)
		require.Equal(t, raw[0], kind)
		require.Equal(t, raw[5:5+len(p)], p)
	})
}
