package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func (p *outpost) appendWith(bundles ...int) wire.Digest {
	p.t.Helper()
	d, err := p.kit.ReleaseWith(p.journal, 600, bundles...)
	require.NoError(p.t, err)
	_, err = p.journal.Append(p.t.Context(), d)
	require.NoError(p.t, err)
	return d.Header.Images[0].Digest
}

// inVault wants the bundle whole at the hub.
func (p *outpost) inVault(digest wire.Digest) {
	p.t.Helper()
	r, err := p.vault.Open(digest)
	require.NoError(p.t, err)
	content, err := io.ReadAll(r)
	require.NoError(p.t, err)
	require.NoError(p.t, r.Close())
	require.Equal(p.t, digest, wire.Digest(sha256.Sum256(content)))
}

func TestRoadImagesGoFirst(t *testing.T) {
	road(t, roadRTT, func(_ *testing.T, _ *office, p *outpost) {
		p.append(3)
		first := p.appendWith(200_000, 5)
		p.append(3)
		second := p.appendWith(1)
		p.secured(30 * time.Second)
		p.inVault(first)
		p.inVault(second)
	})
}

// A 2 MB image over 64 kbit/s with 10 % loss, cut 20 times: it completes, and
// what was sent twice is little. A connection that is lost each time costs a
// handshake, an offer, half a chunk, and what a new one sends before it knows how
// little the link takes.
func TestRoadImageCutTwentyTimes(t *testing.T) {
	const size, loss = 2_000_000, 0.10
	tests := map[string]struct {
		most float64 // of size/(1-loss)
		cut  func(o *office, p *outpost)
	}{
		"OK the link goes": {1.15, func(o *office, _ *outpost) {
			o.road.cut(true)
			wait(20 * time.Second)
			o.road.cut(false)
		}},
		"OK the connection breaks": {1.6, func(_ *office, p *outpost) {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, s := range p.bulks {
				s.CloseWithReason(link.CodeStopping, "")
			}
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, 600*time.Millisecond)
				o.road.set(func(up, down *way) {
					up.rate, up.queue, up.loss, down.loss = 64_000, 2*time.Second, loss, loss
				})
				p := o.outpost(1)
				digest := p.appendWith(size)
				p.start()
				for range 20 {
					wait(14 * time.Second)
					tt.cut(o, p)
				}
				took := p.secured(4 * time.Hour)
				p.inVault(digest)
				share := float64(o.road.sentForBundles()) * (1 - loss) / size
				t.Logf("2 MB image over 64 kbit/s with 10 %% loss, cut 20 times: sent %.3f x size/(1-loss), whole %v after the last cut", share, took.Round(time.Second))
				require.LessOrEqual(t, share, tt.most)
				p.stop()
				o.stop()
			})
		})
	}
}

// What the hub has said that it has, and lacks after all, is sent again.
func TestRoadImageMissingAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		p := o.outpost(1)
		digest := p.appendWith(50_000)
		require.NoError(t, p.journal.MarkStored(digest))
		p.append(2)
		p.start()
		p.secured(30 * time.Second)
		p.inVault(digest)
		p.stop()
		o.stop()
	})
}

// A bundle that this machine cannot read delays its own entry and what follows,
// not other bundles, and not the process.
func TestRoadDamagedBundle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		p := o.outpost(1)
		p.append(2)
		bad := p.appendWith(50_000)
		good := p.appendWith(60_000)
		f, err := p.journal.OpenBundle(bad)
		require.NoError(t, err)
		path := f.Name()
		require.NoError(t, f.Close())
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		torn := bytes.Clone(whole)
		torn[20_000] ^= 1
		require.NoError(t, os.WriteFile(path, torn, 0o600))
		p.start()
		p.until(time.Minute, func(st journal.State) bool { return st.Receipted == 2 })
		wait(time.Minute)
		p.inVault(good)
		require.EqualValues(t, 2, p.state().Receipted)
		require.Equal(t, ship.Following.String(), p.ship.Status().Phase)
		require.NoError(t, os.WriteFile(path, whole, 0o600))
		p.secured(12 * time.Minute)
		p.stop()
		o.stop()
	})
}

func TestRoadBundleLies(t *testing.T) {
	content := bytes.Repeat([]byte("jaliya"), 10_000)
	honest := func() wire.Offer {
		o := wire.Offer{Digest: sha256.Sum256(content), Size: uint64(len(content)), ChunkSize: 30_000}
		for at := 0; at < len(content); at += 30_000 {
			sum := sha256.Sum256(content[at : at+30_000])
			o.Chunks = append(o.Chunks, sum[:]...)
		}
		return o
	}
	send := func(t *testing.T, s *link.Stream, chunks ...[]byte) {
		t.Helper()
		kind, _, err := s.ReadFrame(rawLimit)
		require.NoError(t, err)
		require.Equal(t, wire.FrameWant, wire.FrameType(kind))
		for i, c := range chunks {
			// The hub may have refused meanwhile.
			_ = s.WriteFrame(byte(wire.FrameChunk), wire.ChunkFrame(i, c))
		}
	}
	tests := map[string]struct {
		kind fault.Kind
		lie  func(t *testing.T, s *link.Stream)
	}{
		"ErrCorrupt a chunk": {fault.Corrupt, func(t *testing.T, s *link.Stream) {
			t.Helper()
			require.NoError(t, s.WriteFrame(byte(wire.FrameOffer), wire.Marshal(honest())))
			send(t, s, make([]byte, 30_000), content[30_000:])
		}},
		"ErrCorrupt the whole": {fault.Corrupt, func(t *testing.T, s *link.Stream) {
			t.Helper()
			o := honest()
			o.Digest[0] ^= 1
			require.NoError(t, s.WriteFrame(byte(wire.FrameOffer), wire.Marshal(o)))
			send(t, s, content[:30_000], content[30_000:])
		}},
		"ErrInvalid numbers": {fault.Invalid, func(t *testing.T, s *link.Stream) {
			t.Helper()
			o := honest()
			o.Size = 5
			require.NoError(t, s.WriteFrame(byte(wire.FrameOffer), wire.Marshal(o)))
		}},
		"ErrInvalid chunk out of range": {fault.Invalid, func(t *testing.T, s *link.Stream) {
			t.Helper()
			require.NoError(t, s.WriteFrame(byte(wire.FrameOffer), wire.Marshal(honest())))
			kind, _, err := s.ReadFrame(rawLimit)
			require.NoError(t, err)
			require.Equal(t, wire.FrameWant, wire.FrameType(kind))
			require.NoError(t, s.WriteFrame(byte(wire.FrameChunk), wire.ChunkFrame(7, content[:30_000])))
		}},
		"ErrUnsupported a hello": {fault.Unsupported, func(t *testing.T, s *link.Stream) {
			t.Helper()
			require.NoError(t, s.WriteFrame(byte(wire.FrameHello), nil))
		}},
		"ErrInvalid a batch is no batch": {fault.Invalid, func(t *testing.T, s *link.Stream) {
			t.Helper()
			require.NoError(t, s.WriteFrame(byte(wire.FrameBatch), nil))
		}},
		"ErrTooLarge chunk": {fault.TooLarge, func(t *testing.T, s *link.Stream) {
			t.Helper()
			// The hub refuses at the length, while it is still written.
			_ = s.WriteFrame(byte(wire.FrameChunk), make([]byte, wire.MaxChunk+1))
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, roadRTT)
				p := &outpost{office: o, kit: o.kit, dials: map[string][]time.Time{}}
				p.connect(1)
				session, err := p.dial(t.Context(), link.ALPNBulk)
				require.NoError(t, err)
				s, err := session.OpenStream(t.Context())
				require.NoError(t, err)
				tt.lie(t, s)
				kind, payload, err := s.ReadFrame(rawLimit)
				require.NoError(t, err)
				require.Equal(t, wire.FrameRefusal, wire.FrameType(kind))
				var r wire.Refusal
				require.NoError(t, wire.Unmarshal(payload, 1<<20, &r))
				require.Equal(t, tt.kind.String(), r.Kind.String())
				has, err := o.vault.Has(honest().Digest, honest().Size)
				require.NoError(t, err)
				require.False(t, has)
				session.CloseWithReason(link.CodeDone, "")
				o.stop()
			})
		})
	}
}

// A second upload of the same bundle takes over from one whose connection
// nobody knows to be dead.
func TestRoadTwoUploadsOfOneBundle(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.road.set(func(up, _ *way) { up.rate, up.queue = 1_000_000, time.Second })
		digest := p.appendWith(1_000_000)
		wait(4 * time.Second)
		second := o.outpost(2)
		_, err := second.journal.WriteBundle(func(w io.Writer) (wire.Digest, error) {
			f, err := p.journal.OpenBundle(digest)
			require.NoError(t, err)
			_, err = io.Copy(w, f)
			return digest, errors.Join(err, f.Close())
		})
		require.NoError(t, err)
		p.secured(2 * time.Minute)
		p.inVault(digest)
		left, err := os.ReadDir(filepath.Join(filepath.Dir(filepath.Dir(o.objectDir(digest))), "partial"))
		require.NoError(t, err)
		require.Empty(t, left)
	})
}

func (o *office) objectDir(digest wire.Digest) string {
	return filepath.Join(o.vaultRoot, "objects", hex.EncodeToString(digest[:1]))
}

// Notices arrive once each and in order, over cuts and restarts.
func TestRoadNotices(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		for round := range 6 {
			p.append(40)
			p.until(30*time.Second, func(st journal.State) bool { return st.Receipted == st.Head.Seq })
			orders, err := o.OpenOrders(uint8(workflow.OrderExamine), o.now(), 100)
			require.NoError(t, err)
			require.NotEmpty(t, orders)
			for _, order := range orders {
				o.do(ledger.CompleteOrder{
					Time: o.now(), Order: order.ID, Event: uint8(workflow.ExaminedGood), Actor: uint16(workflow.Hub),
				})
			}
			switch round % 3 {
			case 0:
				o.road.cut(true)
				wait(7 * time.Second)
				o.road.cut(false)
			case 1:
				o.stop()
				o.serve()
			}
		}
		head, err := o.NoticeHead(p.kit.Identity.Post)
		require.NoError(t, err)
		require.NotZero(t, head.Seq)
		p.until(time.Minute, func(st journal.State) bool { return st.Notices == head })
	})
}
