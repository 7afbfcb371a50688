package ship_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/consulate-node/ship"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

var update = flag.Bool("update", false, "write the recorded stories anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	storyStart = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	storyNode  = wire.NodeID{1}
	storyInc   = uint64(7)
)

// at gives a position of the story's history; its hash is made of its number.
func at(seq uint64) wire.Position {
	p := wire.Genesis(storyNode, storyInc)
	if seq > 0 {
		p.Seq, p.Hash = seq, wire.Digest{byte(seq), byte(seq >> 8), 0xaa}
	}
	return p
}

// upTo is at in the incarnation of a position.
func upTo(from wire.Position, seq uint64) wire.Position {
	p := at(seq)
	p.Incarnation = from.Incarnation
	return p
}

// story drives a core by hand and writes down what it asks for.
type story struct {
	core *ship.Core
	now  time.Time
	held ship.Held
	out  strings.Builder
}

func newStory() *story {
	half := func(limit time.Duration) time.Duration { return limit / 2 }
	return &story{core: ship.NewCore(storyStart, half), now: storyStart, held: ship.Held{Head: at(0)}}
}

func (s *story) wait(d time.Duration) { s.now = s.now.Add(d) }

func (s *story) has(head uint64) { s.held.Head = at(head) }

func (s *story) do(what string, ev ship.Event) {
	fmt.Fprintf(&s.out, "%8.3fs  %s\n", s.now.Sub(storyStart).Seconds(), what)
	for _, e := range s.core.Step(s.now, s.held, ev) {
		fmt.Fprintf(&s.out, "             -> %s\n", effect(e))
		if e.Kind == ship.Send {
			until := min(e.Until, e.From.Seq+10)
			s.do(fmt.Sprintf("sent %d to %d", e.From.Seq+1, until), ship.Event{Kind: ship.Batched, Batch: ship.Sent{
				Head: upTo(e.From, until), Count: int(until - e.From.Seq), Bytes: 20_000,
			}})
			return
		}
	}
	fmt.Fprintf(&s.out, "             = %s", s.core.Phase)
	if s.core.Reason != nil && s.core.Phase != ship.Following {
		fmt.Fprintf(&s.out, ", %s", fault.KindOf(s.core.Reason))
	}
	fmt.Fprintf(&s.out, ", wakes in %.3fs\n", s.core.NextWake(s.now).Sub(s.now).Seconds())
}

func effect(e ship.Effect) string {
	switch e.Kind {
	case ship.Dial:
		return "dial"
	case ship.Greet:
		return "greet"
	case ship.Send:
		return fmt.Sprintf("send after %d up to %d, %d bytes, session %d", e.From.Seq, e.Until, e.Bytes, e.Session)
	case ship.Ping:
		return "ping"
	case ship.Hang:
		return "hang up"
	case ship.Alarm:
		return "alarm: " + fault.KindOf(e.Err).String()
	case ship.Open:
		return fmt.Sprintf("open a new incarnation for verdict %d", e.Verdict)
	case ship.Fetch:
		var b strings.Builder
		b.WriteString("take back")
		for _, at := range e.Held {
			fmt.Fprintf(&b, " %d of %d", at.Seq, at.Incarnation)
		}
		return b.String()
	}
	return "?"
}

func (s *story) tick() { s.do("tick", ship.Event{Kind: ship.Tick}) }

func (s *story) welcome(v wire.Verdict, cursor uint64) {
	s.do(fmt.Sprintf("welcome: verdict %d, cursor %d", v, cursor), ship.Event{Kind: ship.Welcomed, Welcome: wire.Welcome{
		Session: 4, Decisions: []wire.Decision{{Verdict: v, Cursor: at(cursor)}},
	}})
}

// opens carries out an Open effect: so many entries stand again.
func (s *story) opens(again uint64) {
	s.held = ship.Held{Head: wire.Position{Node: storyNode, Incarnation: 9, Seq: again, Hash: wire.Digest{9}}}
	s.do("opened", ship.Event{Kind: ship.Opened})
}

func (s *story) connected() { s.do("connected", ship.Event{Kind: ship.Connected}) }

func (s *story) receipt(last uint64) {
	s.held.Receipted = last
	s.do(fmt.Sprintf("receipt up to %d", last), ship.Event{Kind: ship.Receipted, Receipt: wire.Receipt{Incarnation: storyInc, Last: last}})
}

func (s *story) refused(k fault.Kind) {
	s.do("refused: "+k.String(), ship.Event{Kind: ship.Refused, Err: fault.New(k, "hub: say", "", nil)})
}

func (s *story) lost(k fault.Kind) {
	s.do("lost: "+k.String(), ship.Event{Kind: ship.Lost, Err: fault.New(k, "link: read", "", nil)})
}

func (s *story) following(head uint64) {
	s.has(head)
	s.tick()
	s.connected()
	s.wait(100 * time.Millisecond)
	s.welcome(wire.VerdictNew, 0)
}

// untilDial lets time pass to the next dial.
func (s *story) untilDial() {
	s.wait(s.core.NextWake(s.now).Sub(s.now))
	s.tick()
}

func TestStories(t *testing.T) {
	stories := map[string]func(s *story){
		"backlog": func(s *story) {
			s.following(95)
			s.wait(300 * time.Millisecond)
			s.receipt(10)
			s.wait(300 * time.Millisecond)
			s.receipt(40)
			s.receipt(95)
			s.has(96)
			s.tick()
		},
		"slow-link": func(s *story) {
			s.following(200)
			for n := uint64(10); n <= 60; n += 10 {
				s.wait(6 * time.Second / 2)
				s.do("hub beats", ship.Event{Kind: ship.Beaten})
				s.wait(6 * time.Second / 2)
				s.receipt(n)
			}
		},
		"silence": func(s *story) {
			s.following(0)
			for range 4 {
				s.wait(1500 * time.Millisecond)
				s.tick()
			}
			s.untilDial()
			s.lost(fault.Timeout)
			s.untilDial()
		},
		"packets-come-and-frames-wait": func(s *story) { // a beat was lost, and what came behind it waits for its repeat
			s.following(200)
			for range 7 {
				s.wait(1500 * time.Millisecond)
				s.held.Packets++
				s.tick()
			}
			for range 3 { // and now nothing comes at all
				s.wait(1500 * time.Millisecond)
				s.tick()
			}
		},
		"packets-come-and-no-frame-ever": func(s *story) {
			s.following(200)
			for range 15 {
				s.wait(1500 * time.Millisecond)
				s.held.Packets++
				s.tick()
			}
		},
		"heard-but-not-hearing": func(s *story) {
			s.following(0)
			for range 5 {
				s.wait(1500 * time.Millisecond)
				s.do("hub beats", ship.Event{Kind: ship.Beaten})
			}
		},
		"uploads-share-the-link": func(s *story) {
			s.following(0)
			s.held.Uploading = true
			for range 15 {
				s.wait(1500 * time.Millisecond)
				s.do("hub beats", ship.Event{Kind: ship.Beaten})
			}
		},
		"images-first": func(s *story) {
			s.held.Unstored = 3
			s.following(5)
			s.receipt(2)
			s.held.Unstored = 0
			s.tick()
		},
		"gap-and-stale": func(s *story) {
			s.following(5)
			s.refused(fault.Gap)
			s.untilDial()
			s.connected()
			s.welcome(wire.VerdictFollow, 3)
			s.refused(fault.Stale)
			s.untilDial()
		},
		"fork-and-unfence": func(s *story) {
			s.following(5)
			s.refused(fault.Fork)
			s.lost(fault.Unavailable)
			s.untilDial()
			s.lost(fault.Timeout)
			s.untilDial()
			s.connected()
			s.refused(fault.Fork)
			s.untilDial()
			s.connected()
			s.welcome(wire.VerdictFollow, 5)
		},
		"denied": func(s *story) {
			s.tick()
			for range 7 {
				s.lost(fault.Denied)
				s.untilDial()
			}
		},
		"busy-then-free": func(s *story) {
			s.tick()
			s.lost(fault.Full)
			s.untilDial()
			s.lost(fault.Full)
			s.untilDial()
			s.lost(fault.Unavailable)
			s.untilDial()
			s.connected()
			s.welcome(wire.VerdictNew, 0)
			s.lost(fault.Full)
		},
		"restore": func(s *story) {
			s.has(5)
			s.held.Receipted = 5
			s.tick()
			s.connected()
			s.has(12) // the desk goes on between hello and welcome
			s.welcome(wire.VerdictRestore, 9)
			s.tick()
			s.opens(7)
			s.receipt(5) // of the old one: nothing of what is on its way
			s.do("receipt of the new one", ship.Event{Kind: ship.Receipted, Receipt: wire.Receipt{Incarnation: 9, Last: 7}})
		},
		"reissue": func(s *story) {
			s.has(12)
			s.tick()
			s.connected()
			s.welcome(wire.VerdictReissue, 9)
			s.lost(fault.Unavailable)
			s.do("opened too late", ship.Event{Kind: ship.Opened})
			s.untilDial()
			s.connected()
			s.welcome(wire.VerdictReissue, 9)
			s.opens(0)
		},
		"others": func(s *story) {
			s.has(2)
			s.tick()
			s.connected()
			s.do("welcome with others", ship.Event{Kind: ship.Welcomed, Welcome: wire.Welcome{
				Session: 4, Decisions: []wire.Decision{{Verdict: wire.VerdictFollow, Cursor: at(2)}},
				Others: []wire.Position{{Node: storyNode, Incarnation: 5, Seq: 44}},
			}})
			s.tick()
		},
		"hub-behind-its-receipts": func(s *story) {
			s.has(5)
			s.held.Receipted = 5
			s.tick()
			s.connected()
			s.welcome(wire.VerdictFollow, 2)
		},
		"lying-welcomes": func(s *story) {
			s.has(5)
			for _, lie := range []struct {
				v   wire.Verdict
				seq uint64
			}{{wire.VerdictFollow, 6}, {wire.VerdictNew, 2}, {wire.VerdictRestore, 5}, {wire.VerdictReissue, 0}, {9, 5}} {
				s.untilDial()
				s.connected()
				s.welcome(lie.v, lie.seq)
			}
		},
		"slow-welcome": func(s *story) {
			s.has(1)
			s.tick()
			s.connected()
			s.wait(ship.Welcoming)
			s.tick()
			s.wait(time.Millisecond)
			s.tick()
			s.untilDial()
			s.connected()
			s.wait(ship.Welcoming - time.Second)
			s.welcome(wire.VerdictNew, 0)
		},
		"late-events": func(s *story) {
			s.following(1)
			s.lost(fault.Unavailable)
			s.receipt(1)
			s.do("alive", ship.Event{Kind: ship.Alive})
			s.welcome(wire.VerdictNew, 0)
			s.refused(fault.Gap)
			s.lost(fault.Timeout)
		},
	}
	for name, tell := range stories {
		t.Run(name, func(t *testing.T) {
			s := newStory()
			tell(s)
			path := filepath.Join("testdata", "stories", name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(s.out.String()), 0o600))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), s.out.String())
		})
	}
}
