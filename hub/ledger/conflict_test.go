package ledger_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// changes makes an entry of a desk about a request that stands; the person brought
// the slip.
func (m *machine) changes(kind wire.Kind, reference string, seen uint64, pickup consular.PostID) wire.Header {
	m.hub.tb.Helper()
	ref, err := consular.ParseReference(reference)
	require.NoError(m.hub.tb, err)
	slip := wire.Digest(slipCode.Hash(ref))
	return m.changesWith(wire.Header{Kind: kind, Reference: reference, Seen: seen, Pickup: pickup, SlipHash: &slip})
}

func (m *machine) changesWith(h wire.Header) wire.Header {
	h.Record, h.Post, h.IntakeKey = wire.RecordID(m.hub.bytes(16)), m.post, 1
	m.add(h, 48)
	return h
}

// amends makes a better packet for one that was released.
func (m *machine) amends(first wire.Header, seen uint64, pickup consular.PostID) wire.Header {
	h := m.releaseHeader()
	h.Kind, h.Reference, h.Seen, h.Pickup, h.SlipHash = wire.KindRequestAmended, first.Reference, seen, pickup, first.SlipHash
	h.Replaces = &first.Record
	m.add(h, 64)
	return h
}

// reasons sends what a machine made since and gives why each was refused.
func (m *machine) reasons(from int) []ledger.Reason {
	m.hub.tb.Helper()
	r := m.send(from, len(m.entries))
	require.NoError(m.hub.tb, r.Err())
	var out []ledger.Reason
	for _, one := range r.Refused {
		out = append(out, one.Reason)
	}
	return out
}

// conflicts are what the hub gave back to the post.
func (m *machine) conflicts() (list []wire.Notice, bodies []wire.Conflict) {
	m.hub.tb.Helper()
	_, raws, err := m.hub.views.NoticesAfter(m.post, 0, 1000)
	require.NoError(m.hub.tb, err)
	for _, raw := range raws {
		n, err := wire.DecodeNotice(raw)
		require.NoError(m.hub.tb, err)
		if n.Kind != wire.NoticeConflict {
			continue
		}
		c, err := wire.DecodeConflict(n.Body)
		require.NoError(m.hub.tb, err)
		list, bodies = append(list, n), append(bodies, c)
	}
	return list, bodies
}

// two is a request of Lyon, of which Milan never heard.
func two(t *testing.T) (h *hub, lyon, milan *machine, first wire.Header) {
	t.Helper()
	h = newHub(t)
	lyon, milan = h.join("FR-LYO"), h.join("IT-MIL")
	first = lyon.release()
	require.Empty(t, lyon.reasons(1))
	return h, lyon, milan, first
}

// examinedGood brings a new request to the verifiers.
func (h *hub) examinedGood() {
	h.tb.Helper()
	require.NoError(h.tb, h.complete(workflow.OrderExamine, workflow.ExaminedGood, ledger.Facts{}).Err())
}

func (h *hub) approve(ref string) {
	h.tb.Helper()
	h.examinedGood()
	require.NoError(h.tb, h.decide(ref, workflow.VerificationPassed, workflow.Verifier, ledger.Facts{}).Err())
}

func (h *hub) suspect(ref string) {
	h.tb.Helper()
	h.examinedGood()
	require.NoError(h.tb, h.decide(ref, workflow.Suspected, workflow.Verifier, ledger.Facts{}).Err())
}

// TestPickupConflict: two posts choose another post of collection while cut off;
// the first that comes to the hub stands, the other gets its own back.
func TestPickupConflict(t *testing.T) {
	h, lyon, milan, first := two(t)
	lost := lyon.changes(wire.KindPickupChanged, first.Reference, 1, "FR-PAR")
	milan.changes(wire.KindPickupChanged, first.Reference, 0, "IT-MIL")
	require.Empty(t, milan.reasons(1))
	won := h.now
	require.Equal(t, []ledger.Reason{ledger.ReasonConflict}, lyon.reasons(2))
	require.Equal(t, consular.PostID("IT-MIL"), h.caseOf(first.Reference).Flow.Pickup)
	require.Equal(t, lyon.head.Seq, uint64(2), "the line goes on")

	notices, both := lyon.conflicts()
	require.Len(t, both, 1)
	require.Equal(t, lost.Record, notices[0].Record)
	require.Equal(t, uint64(2), notices[0].Case)
	require.Equal(t, consular.PostID("IT-MIL"), notices[0].Pickup, "what stands")
	require.Equal(t, wire.Conflict{
		Version: 1, Kind: wire.KindPickupChanged, Seen: 1, Pickup: "FR-PAR", At: both[0].At,
		Field: wire.FieldPickup, Other: wire.KindPickupChanged, OtherPost: "IT-MIL", OtherTime: both[0].OtherTime, OtherVersion: 2,
	}, both[0])
	require.LessOrEqual(t, both[0].OtherTime, won)
	require.Equal(t, uint16(ledger.ReasonConflict), lyon.refusals()[0].Reason)
	none, _ := milan.conflicts()
	require.Empty(t, none, "who came first hears nothing of it")

	lyon.changes(wire.KindPickupChanged, first.Reference, notices[0].Case, "FR-PAR")
	require.Empty(t, lyon.reasons(3), "applied again on top")
	require.Equal(t, consular.PostID("FR-PAR"), h.caseOf(first.Reference).Flow.Pickup)
	milan.changes(wire.KindPickupChanged, first.Reference, 2, "FR-PAR")
	require.Empty(t, milan.reasons(2), "the same wish is one wish")
	require.Equal(t, uint64(3), h.caseOf(first.Reference).Flow.Version)
	h.replays()
}

// TestFieldRule walks the table of DESIGN.md: what one post did first, what the
// other says of the version before it.
func TestFieldRule(t *testing.T) {
	type say func(m *machine, first wire.Header, seen uint64)
	pickup := func(to consular.PostID) say {
		return func(m *machine, first wire.Header, seen uint64) {
			m.changes(wire.KindPickupChanged, first.Reference, seen, to)
		}
	}
	end := func(m *machine, first wire.Header, seen uint64) {
		m.changes(wire.KindRequestCancelled, first.Reference, seen, "")
	}
	packet := func(to consular.PostID) say {
		return func(m *machine, first wire.Header, seen uint64) { m.amends(first, seen, to) }
	}
	for name, c := range map[string]struct {
		byLyon        bool // the one who wins is the post that released
		wins, comes   say
		reason        ledger.Reason
		given         bool // the author gets something back
		pickup        consular.PostID
		state         workflow.State
		packetReplace bool
	}{
		"PickupAfterPickup":     {false, pickup("IT-MIL"), pickup("FR-PAR"), ledger.ReasonConflict, true, "IT-MIL", workflow.Replicated, false},
		"SamePickup":            {false, pickup("IT-MIL"), pickup("IT-MIL"), 0, false, "IT-MIL", workflow.Replicated, false},
		"PickupAfterPacket":     {true, packet("FR-LYO"), pickup("IT-MIL"), 0, false, "IT-MIL", workflow.Replicated, true},
		"PickupAfterEnd":        {true, end, pickup("IT-MIL"), ledger.ReasonConflict, true, "FR-LYO", workflow.Canceled, false},
		"PacketAfterPickup":     {false, pickup("IT-MIL"), packet("FR-LYO"), 0, false, "IT-MIL", workflow.Replicated, true},
		"PacketPickupAfterSame": {false, pickup("IT-MIL"), packet("FR-PAR"), 0, true, "IT-MIL", workflow.Replicated, true},
		"PacketAfterEnd":        {false, end, packet("FR-LYO"), ledger.ReasonConflict, true, "FR-LYO", workflow.Canceled, false},
		"EndAfterPacket":        {true, packet("FR-LYO"), end, ledger.ReasonConflict, true, "FR-LYO", workflow.Replicated, true},
		"EndAfterPickup":        {false, pickup("IT-MIL"), end, ledger.ReasonConflict, true, "IT-MIL", workflow.Replicated, false},
		"EndAfterEnd":           {false, end, end, 0, false, "FR-LYO", workflow.Canceled, false},
	} {
		t.Run(name, func(t *testing.T) {
			h, lyon, milan, first := two(t)
			one, other := milan, lyon
			if c.byLyon {
				one, other = lyon, milan
			}
			n := [2]int{len(one.entries) + 1, len(other.entries) + 1}
			c.wins(one, first, 1)
			require.Empty(t, one.reasons(n[0]))
			c.comes(other, first, 1)
			got := other.reasons(n[1])
			if c.reason == 0 {
				require.Empty(t, got)
			} else {
				require.Equal(t, []ledger.Reason{c.reason}, got)
			}
			_, given := other.conflicts()
			require.Equal(t, c.given, len(given) == 1)
			now := h.caseOf(first.Reference)
			require.Equal(t, c.pickup, now.Flow.Pickup)
			require.Equal(t, c.state.String(), workflow.State(now.Flow.State).String())
			require.Equal(t, c.packetReplace, now.Record != first.Record)
			if c.given {
				require.Equal(t, c.reason == 0, given[0].Taken)
				require.Equal(t, one.post, given[0].OtherPost)
			}
			require.NoError(t, h.audit().Err())
			h.replays()
		})
	}
}

// TestAStrangersChange: a reference alone moves nothing at a post that the request
// has nothing to do with. It does where it was made, and where it is collected.
func TestAStrangersChange(t *testing.T) {
	wrong := wire.Digest{1}
	for name, slip := range map[string]*wire.Digest{"ErrNoCode": nil, "ErrCode": &wrong} {
		for _, kind := range []wire.Kind{wire.KindPickupChanged, wire.KindRequestCancelled} {
			t.Run(name+kind.String(), func(t *testing.T) {
				h, _, milan, first := two(t)
				before := h.caseOf(first.Reference)
				to := consular.PostID("")
				if kind == wire.KindPickupChanged {
					to = "IT-MIL"
				}
				milan.changesWith(wire.Header{Kind: kind, Reference: first.Reference, Pickup: to, SlipHash: slip})
				require.Equal(t, []ledger.Reason{ledger.ReasonCode}, milan.reasons(1))
				require.Equal(t, before, h.caseOf(first.Reference))
				require.Equal(t, uint16(ledger.ReasonCode), milan.refusals()[0].Reason)
				_, none := milan.conflicts()
				require.Empty(t, none, "a stranger learns nothing of the request")
				h.replays()
			})
		}
	}
	t.Run("OKOwnPosts", func(t *testing.T) {
		h, lyon, milan, first := two(t)
		lyon.changesWith(wire.Header{Kind: wire.KindPickupChanged, Reference: first.Reference, Pickup: "IT-MIL"})
		require.Empty(t, lyon.reasons(2), "it was made here")
		milan.changesWith(wire.Header{Kind: wire.KindPickupChanged, Reference: first.Reference, Pickup: "FR-PAR", Seen: 2})
		require.Empty(t, milan.reasons(1), "it is collected here")
		milan.changesWith(wire.Header{Kind: wire.KindRequestCancelled, Reference: first.Reference, Seen: 3})
		require.Equal(t, []ledger.Reason{ledger.ReasonCode}, milan.reasons(2), "and no longer is")
		require.Equal(t, consular.PostID("FR-PAR"), h.caseOf(first.Reference).Flow.Pickup)
	})
}

// TestOwnChangesAreSeen: a post that has not been told yet knows what it said
// itself.
func TestOwnChangesAreSeen(t *testing.T) {
	h, lyon, _, first := two(t)
	lyon.changes(wire.KindPickupChanged, first.Reference, 0, "FR-PAR")
	second := lyon.amends(first, 0, "FR-PAR")
	lyon.changes(wire.KindPickupChanged, first.Reference, 0, "FR-LYO")
	lyon.amends(second, 0, "FR-LYO")
	lyon.changes(wire.KindRequestCancelled, first.Reference, 0, "")
	require.Empty(t, lyon.reasons(2))
	require.Equal(t, workflow.Canceled, h.stateOf(first.Reference))
	lyon.changes(wire.KindPickupChanged, lyon.release().Reference, 9, "FR-PAR")
	require.NotEmpty(t, lyon.reasons(7), "a version that does not exist yet")
}

// TestHandOverAgainstAWish: the card was given while another post noted that the
// person wants it elsewhere; the post that gave it hears of both.
func TestHandOverAgainstAWish(t *testing.T) {
	h := newHub(t)
	lyon, milan := h.join("FR-LYO"), h.join("IT-MIL")
	ref := lyon.shelves()
	milan.changes(wire.KindPickupChanged, ref, 0, "IT-MIL")
	require.Empty(t, milan.reasons(1))
	require.Equal(t, workflow.Transfer, h.stateOf(ref), "it lies on a shelf: it has to be sent")
	require.Equal(t, ledger.ReasonConflict, lyon.says(wire.KindCardHandedOver, ref, "", ""))
	_, both := lyon.conflicts()
	require.Len(t, both, 1)
	require.Equal(t, wire.KindCardHandedOver, both[0].Kind)
	require.Equal(t, consular.PostID("IT-MIL"), both[0].OtherPost)
	require.Zero(t, lyon.says(wire.KindTransferWithdrawn, ref, "", ""), "the person is here")
	require.Zero(t, lyon.says(wire.KindCardHandedOver, ref, "", ""))
	h.replays()
}

// TestLateIsNoConflict: what the hub decided meanwhile is too late, not another's
// change.
func TestLateIsNoConflict(t *testing.T) {
	h := newHub(t)
	lyon := h.join("FR-LYO")
	first := lyon.release()
	require.Empty(t, lyon.reasons(1))
	h.approve(first.Reference)
	lyon.amends(first, 1, "FR-LYO")
	require.Equal(t, []ledger.Reason{ledger.ReasonNotNow}, lyon.reasons(2))
	_, none := lyon.conflicts()
	require.Empty(t, none)
}

// TestSuspicionStaysSilent: neither the winner's nor the loser's notice names
// ADJUDICATION.
func TestSuspicionStaysSilent(t *testing.T) {
	h, lyon, milan, first := two(t)
	h.suspect(first.Reference)
	require.Equal(t, workflow.Adjudication, h.stateOf(first.Reference))
	milan.changes(wire.KindPickupChanged, first.Reference, 0, "IT-MIL")
	require.Empty(t, milan.reasons(1))
	lyon.changes(wire.KindPickupChanged, first.Reference, 1, "FR-PAR")
	require.Equal(t, []ledger.Reason{ledger.ReasonConflict}, lyon.reasons(2))
	for _, m := range []*machine{lyon, milan} {
		_, raws, err := h.views.NoticesAfter(m.post, 0, 100)
		require.NoError(t, err)
		for _, raw := range raws {
			n, err := wire.DecodeNotice(raw)
			require.NoError(t, err)
			require.NotEqual(t, uint8(workflow.Adjudication), n.State)
		}
	}
}

// TestConflictsConverge makes random histories of three posts that are told in
// random moments: whatever comes when, each change either stands, or its author
// was told, and no field is written over by who had not seen it.
func TestConflictsConverge(t *testing.T) {
	posts := []consular.PostID{"FR-LYO", "IT-MIL", "ES-MAD"}
	for seed := range uint64(60) {
		h := newHub(t)
		dice := rand.New(rand.NewPCG(seed, 5))
		var list []*machine
		for _, p := range posts {
			list = append(list, h.join(p))
		}
		first := list[0].release()
		require.Empty(t, list[0].reasons(1))
		sent, seen := []int{1, 0, 0}, []uint64{1, 0, 0}
		said := 0
		for range 40 {
			i := dice.IntN(len(list))
			m := list[i]
			switch dice.IntN(3) {
			case 0:
				m.changes(wire.KindPickupChanged, first.Reference, seen[i], posts[dice.IntN(len(posts))])
				said++
			case 1:
				seen[i] = h.caseOf(first.Reference).Flow.Version // the notices came
			default:
				if len(m.entries) == sent[i] {
					continue
				}
				for n := sent[i] + 1; n <= len(m.entries); n++ {
					was := h.caseOf(first.Reference)
					r := m.send(n, n)
					require.NoError(t, r.Err())
					head, err := wire.DecodeHeader(m.entries[n-1].Header)
					require.NoError(t, err)
					now := h.caseOf(first.Reference)
					stale := false
					for _, mark := range was.Marks {
						stale = stale || mark.Post != m.post && mark.Version > max(head.Seen, 1)
					}
					same := was.Flow.Pickup == head.Pickup
					require.Equal(t, stale && !same, len(r.Refused) == 1, "seed %d", seed)
					if len(r.Refused) == 0 {
						require.Equal(t, head.Pickup, now.Flow.Pickup, "seed %d", seed)
					} else {
						require.Equal(t, was.Flow, now.Flow, "seed %d", seed)
					}
				}
				sent[i] = len(m.entries)
			}
		}
		require.Positive(t, said)
		require.NoError(t, h.audit().Err())
		for i, m := range list {
			list, bodies := m.conflicts()
			require.Len(t, bodies, len(m.refusals()), "post %d of seed %d", i, seed)
			require.Len(t, list, len(bodies))
		}
	}
}
