package e2e

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// raw is a node's certificate in other hands: it says what it likes.
type raw struct {
	*outpost
	session *link.Session
	talk    *link.Stream
	entries *link.Stream
	number  uint64
	at      wire.Position
}

func rawLimit(byte) int { return 1 << 20 }

func (o *office) raw(host byte) *raw {
	o.t.Helper()
	p := &outpost{office: o, kit: o.kit, dials: map[string][]time.Time{}}
	p.connect(host)
	r := &raw{outpost: p, at: wire.Genesis(o.kit.Identity.Node, o.kit.Incarnation)}
	var err error
	r.session, err = p.dial(o.t.Context(), link.ALPNShip)
	require.NoError(o.t, err)
	r.talk, err = r.session.OpenStream(o.t.Context())
	require.NoError(o.t, err)
	r.talk.SetPatience(20 * time.Second)
	r.entries, err = r.session.OpenStream(o.t.Context())
	require.NoError(o.t, err)
	return r
}

func (r *raw) say(kind wire.FrameType, payload []byte) {
	r.t.Helper()
	require.NoError(r.t, r.talk.WriteFrame(byte(kind), payload))
}

func (r *raw) hello(head wire.Position) wire.Hello {
	return wire.Hello{
		Lowest: 1, Highest: 1, Node: r.kit.Identity.Node, Histories: []wire.History{{Head: head}},
		Notices: wire.NoticeGenesis(r.kit.Identity.Cluster, r.kit.Identity.Post),
	}
}

// greet says hello and reads the welcome.
func (r *raw) greet(head wire.Position) wire.Welcome {
	r.t.Helper()
	r.say(wire.FrameHello, wire.Marshal(r.hello(head)))
	var w wire.Welcome
	require.NoError(r.t, wire.Unmarshal(r.read(wire.FrameWelcome), 1<<20, &w))
	r.number = w.Session
	return w
}

// read reads until a frame of the kind comes.
func (r *raw) read(want wire.FrameType) []byte {
	r.t.Helper()
	for {
		kind, payload, err := r.talk.ReadFrame(rawLimit)
		require.NoError(r.t, err, "waiting for frame %d", want)
		if wire.FrameType(kind) == want {
			return payload
		}
		require.NotEqual(r.t, wire.FrameRefusal, wire.FrameType(kind), "%x", payload)
	}
}

func (r *raw) refusal() wire.Refusal {
	r.t.Helper()
	var out wire.Refusal
	require.NoError(r.t, wire.Unmarshal(r.read2(wire.FrameRefusal), 1<<20, &out))
	return out
}

func (r *raw) read2(want wire.FrameType) []byte {
	r.t.Helper()
	for {
		kind, payload, err := r.talk.ReadFrame(rawLimit)
		require.NoError(r.t, err, "waiting for frame %d", want)
		if wire.FrameType(kind) == want {
			return payload
		}
	}
}

func (r *raw) close() {
	r.session.CloseWithReason(link.CodeDone, "")
}

// entry makes the next entry of the history.
func (r *raw) entry(images ...wire.Image) wire.Entry {
	r.t.Helper()
	d := r.kit.Release(100)
	h := d.Header
	h.Source, h.Node, h.Incarnation, h.Seq = wire.SourceNode, r.at.Node, r.at.Incarnation, r.at.Seq+1
	h.Images = images
	e, err := wire.NewEntry(h, d.Body)
	require.NoError(r.t, err)
	return e
}

func (r *raw) batch(key *seal.SigningKey, entries ...wire.Entry) []byte {
	r.t.Helper()
	b, err := wire.SealBatch(r.at, entries, r.number, key)
	require.NoError(r.t, err)
	return b
}

// What no honest node sends is answered with the reason, and the session ends.
func TestRoadLies(t *testing.T) {
	other, err := journaltest.New(99)
	require.NoError(t, err)
	tests := map[string]struct {
		kind fault.Kind
		lie  func(r *raw)
	}{
		"ErrDenied wrong signature": {fault.Denied, func(r *raw) {
			require.NoError(r.t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(other.Journal, r.entry())))
		}},
		"ErrDenied batch of another node": {fault.Denied, func(r *raw) {
			r.at = wire.Genesis(other.Identity.Node, 1)
			require.NoError(r.t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(r.kit.Journal, r.entry())))
		}},
		"ErrGap": {fault.Gap, func(r *raw) {
			r.at = r.at.Next(r.entry())
			require.NoError(r.t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(r.kit.Journal, r.entry())))
		}},
		"ErrStale session": {fault.Stale, func(r *raw) {
			r.number--
			require.NoError(r.t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(r.kit.Journal, r.entry())))
		}},
		"ErrNotFound image": {fault.NotFound, func(r *raw) {
			image := wire.Image{Digest: wire.Digest{9}, Size: 10}
			require.NoError(r.t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(r.kit.Journal, r.entry(image))))
		}},
		"ErrInvalid batch is no batch": {fault.Invalid, func(r *raw) {
			require.NoError(r.t, r.entries.WriteFrame(byte(wire.FrameBatch), []byte{0xa0, 1}))
		}},
		"ErrUnsupported frame type": {fault.Unsupported, func(r *raw) {
			require.NoError(r.t, r.talk.WriteFrame(200, nil))
		}},
		"ErrUnsupported a welcome from a node": {fault.Unsupported, func(r *raw) {
			r.say(wire.FrameWelcome, []byte{0xa0})
		}},
		"ErrUnsupported a ping among batches": {fault.Unsupported, func(r *raw) {
			require.NoError(r.t, r.entries.WriteFrame(byte(wire.FramePing), []byte{0x82, 1, 1}))
		}},
		"ErrTooLarge ping": {fault.TooLarge, func(r *raw) {
			r.say(wire.FramePing, make([]byte, 65))
		}},
		"ErrInvalid ping": {fault.Invalid, func(r *raw) {
			r.say(wire.FramePing, []byte{0x80})
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, roadRTT)
				r := o.raw(1)
				r.greet(r.at)
				tt.lie(r)
				got := r.refusal()
				require.Equal(t, tt.kind.String(), got.Kind.String())
				switch tt.kind { //nolint:exhaustive // the others carry nothing
				case fault.Gap:
					require.NotNil(t, got.Resume)
					require.Zero(t, got.Resume.Seq)
				case fault.NotFound:
					require.Equal(t, wire.Digest{9}, *got.Image)
				}
				// The hub ends the session by itself, though the liar stays.
				begun := time.Now()
				<-r.session.Context().Done()
				require.LessOrEqual(t, time.Since(begun), 5*time.Second)
				o.stop()
			})
		})
	}
}

func TestRoadBadHello(t *testing.T) {
	tests := map[string]struct {
		kind fault.Kind
		say  func(r *raw)
	}{
		"ErrDenied another node": {fault.Denied, func(r *raw) {
			head := wire.Genesis(wire.NodeID{5}, 1)
			h := r.hello(head)
			h.Node = head.Node
			r.say(wire.FrameHello, wire.Marshal(h))
		}},
		"ErrUnsupported version": {fault.Unsupported, func(r *raw) {
			h := r.hello(r.at)
			h.Lowest, h.Highest = 9, 9
			r.say(wire.FrameHello, wire.Marshal(h))
		}},
		"ErrInvalid no history": {fault.Invalid, func(r *raw) {
			h := r.hello(r.at)
			h.Histories = nil
			r.say(wire.FrameHello, wire.Marshal(h))
		}},
		"ErrUnsupported not a hello": {fault.Unsupported, func(r *raw) {
			r.say(wire.FramePing, []byte{0x82, 1, 1})
		}},
		"ErrInvalid": {fault.Invalid, func(r *raw) { r.say(wire.FrameHello, []byte{0xff}) }},
		"ErrTimeout says nothing": {fault.Timeout, func(r *raw) {
			_, err := r.session.LocalAddr(), error(nil)
			require.NoError(r.t, err)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, roadRTT)
				r := o.raw(1)
				tt.say(r)
				if tt.kind == fault.Timeout {
					<-r.session.Context().Done()
					require.Equal(t, tt.kind.String(), fault.KindOf(r.session.Err()).String())
				} else {
					require.Equal(t, tt.kind.String(), r.refusal().Kind.String())
					<-r.session.Context().Done()
				}
				o.stop()
			})
		})
	}
}

// A node that pings and never reads fills its own session; the others go on.
func TestRoadDeafNodeHoldsUpNobody(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		deaf, err := journaltest.New(55)
		require.NoError(t, err)
		deaf.Identity.Cluster, deaf.Identity.Post = o.kit.Identity.Cluster, "IT-MIL"
		o.join(deaf)
		old := o.kit
		o.kit = deaf
		r := o.raw(9)
		r.greet(r.at)
		o.kit = old
		for range 12 {
			e := r.entry()
			require.NoError(t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(deaf.Journal, e)))
			r.at = r.at.Next(e)
		}
		stuck := make(chan error, 1)
		go func() {
			for n := uint64(0); ; n++ {
				if err := r.talk.WriteFrame(byte(wire.FramePing), wire.Marshal(wire.Ping{Counter: n})); err != nil {
					stuck <- err
					return
				}
			}
		}()
		for range 20 {
			p.append(20)
			p.secured(3 * time.Second)
			wait(time.Second)
		}
		r.close()
		require.Error(t, <-stuck)
	})
}
