package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// TestAdmitFollows are the stories of what follows what (SPEC.md section 8).
func TestAdmitFollows(t *testing.T) {
	stories := []struct {
		name string
		tell func(h *hub, m *machine)
	}{
		{"OKFirstBatch", func(h *hub, m *machine) {
			m.releases(5)
			r := m.sendAll()
			require.Len(m.hub.tb, r.Receipts, 1)
			require.Equal(m.hub.tb, uint64(1), r.Receipts[0].First)
			require.Equal(m.hub.tb, uint64(5), r.Receipts[0].Last)
			require.Equal(m.hub.tb, m.head.Hash, r.Receipts[0].Head)
			require.Equal(m.hub.tb, h.index, r.Receipts[0].Index)
		}},
		{"OKRepeatIsByteEqual", func(_ *hub, m *machine) {
			m.releases(5)
			first := m.sendAll()
			m.connect()
			require.Equal(m.hub.tb, wire.Marshal(first.Receipts), wire.Marshal(m.sendAll().Receipts))
		}},
		{"OKTrimsWhatIsKnown", func(h *hub, m *machine) {
			m.releases(5)
			first := m.sendAll()
			m.releases(3)
			r := m.send(3, 8)
			require.NoError(m.hub.tb, r.Err())
			require.Len(m.hub.tb, r.Receipts, 2)
			require.Equal(m.hub.tb, wire.Marshal(first.Receipts[0]), wire.Marshal(r.Receipts[0]))
			require.Equal(m.hub.tb, uint64(6), r.Receipts[1].First)
			require.Equal(m.hub.tb, uint64(8), r.Receipts[1].Last)
			require.Equal(m.hub.tb, uint64(8), h.audit().Entries)
		}},
		{"OKRepeatOverThreeRanges", func(_ *hub, m *machine) {
			m.releases(6)
			for i := 1; i <= 5; i += 2 {
				require.NoError(m.hub.tb, m.send(i, i+1).Err())
			}
			r := m.send(2, 5)
			require.NoError(m.hub.tb, r.Err())
			require.Len(m.hub.tb, r.Receipts, 3)
			require.Equal(m.hub.tb, m.head, r.Resume)
		}},
		{"ErrGap", func(_ *hub, m *machine) {
			m.releases(5)
			require.NoError(m.hub.tb, m.send(1, 2).Err())
			r := m.send(4, 5)
			wantFault(m.hub.tb, fault.Gap, r.Err())
			require.Equal(m.hub.tb, m.chain[1], r.Resume)
		}},
		{"ErrGapOfUnknownIncarnation", func(_ *hub, m *machine) {
			m.releases(2)
			r := m.send(2, 2)
			wantFault(m.hub.tb, fault.Gap, r.Err())
			require.Equal(m.hub.tb, wire.Genesis(m.id, m.head.Incarnation), r.Resume)
		}},
		{"ErrUnknownNode", func(h *hub, m *machine) {
			m.releases(1)
			b := m.batch(1, 1)
			b.After = wire.Genesis(wire.NodeID(h.bytes(16)), 5)
			wantFault(m.hub.tb, fault.Denied, h.admit(b).Err())
		}},
		{"ErrOldSession", func(_ *hub, m *machine) {
			m.releases(2)
			old := m.batch(1, 2)
			m.connect()
			wantFault(m.hub.tb, fault.Stale, m.hub.admit(old).Err())
			m.sendAll()
		}},
		{"OKByHandIsOfNoSession", func(_ *hub, m *machine) {
			m.releases(4)
			byHand := m.batch(1, 2)
			byHand.Session = 0
			m.connect()
			first := m.hub.admit(byHand)
			require.NoError(m.hub.tb, first.Err())
			require.Equal(m.hub.tb, wire.Marshal(first.Receipts), wire.Marshal(m.hub.admit(byHand).Receipts))
			later := m.batch(4, 4)
			later.Session = 0
			wantFault(m.hub.tb, fault.Gap, m.hub.admit(later).Err())
			m.sendAll()
		}},
		{"ErrSessionNeverGranted", func(_ *hub, m *machine) {
			m.releases(1)
			m.session += 7
			wantFault(m.hub.tb, fault.Invalid, m.send(1, 1).Err())
		}},
		{"ErrOldIncarnation", func(_ *hub, m *machine) {
			m.releases(3)
			known, more := m.batch(1, 2), m.batch(1, 3)
			first := m.hub.admit(known)
			require.NoError(m.hub.tb, first.Err())
			m.incarnate()
			m.releases(1)
			m.sendAll()
			wantFault(m.hub.tb, fault.Stale, m.hub.admit(more).Err())
			require.Equal(m.hub.tb, first.Receipts, m.hub.admit(known).Receipts, "what is known is still receipted")
		}},
		{"ErrRevoked", func(h *hub, m *machine) {
			m.releases(1)
			require.NoError(m.hub.tb, h.do(ledger.Revoke{Time: h.now, Action: ledger.RevokeForGood, Node: m.id}).Err())
			wantFault(m.hub.tb, fault.Denied, m.send(1, 1).Err())
			wantFault(m.hub.tb, fault.Denied, h.do(ledger.OpenSession{Time: h.now, Node: m.id}).Err())
			denied, err := h.views.Denied(ledger.DeniedNode(m.id))
			require.NoError(m.hub.tb, err)
			require.True(m.hub.tb, denied)
		}},
		{"ErrBadGenesis", func(h *hub, m *machine) {
			m.releases(1)
			b := m.batch(1, 1)
			b.After.Hash[0] ^= 1
			wantFault(m.hub.tb, fault.Invalid, h.admit(b).Err())
		}},
		{"ErrNoEntries", func(h *hub, m *machine) {
			b := ledger.AdmitBatch{After: m.head, Session: m.session}
			wantFault(m.hub.tb, fault.Invalid, h.admit(b).Err())
		}},
	}
	for _, story := range stories {
		t.Run(story.name, func(t *testing.T) {
			h := newHub(t)
			story.tell(h, h.join("FR-LYO"))
			require.NoError(t, h.audit().Err())
		})
	}
}

// TestForkIsEvidence: nothing is overwritten, both histories are kept, the
// node is fenced, an alarm is raised (D38).
func TestForkIsEvidence(t *testing.T) {
	forks := []struct {
		name string
		fork func(m *machine) ledger.AdmitBatch
		at   uint64
	}{
		{"LastEntry", func(m *machine) ledger.AdmitBatch {
			m.rewrite(3)
			return m.batch(3, 3)
		}, 3},
		{"MiddleOfALongerBatch", func(m *machine) ledger.AdmitBatch {
			m.rewrite(2)
			return m.batch(1, 4)
		}, 2},
		{"BeforeTheBatch", func(m *machine) ledger.AdmitBatch {
			m.rewrite(2)
			return m.batch(4, 4)
		}, 3},
		{"BeforeABatchThatOverlaps", func(m *machine) ledger.AdmitBatch {
			m.rewrite(1)
			return m.batch(2, 4)
		}, 1},
	}
	for _, fork := range forks {
		t.Run(fork.name, func(t *testing.T) {
			h := newHub(t)
			m := h.join("FR-LYO")
			m.releases(3)
			m.sendAll()
			before, chain := h.audit(), m.chain
			b := fork.fork(m)
			b.Signature = h.bytes(64)

			r := h.admit(b)
			wantFault(t, fault.Fork, r.Err())
			require.Empty(t, r.Receipts)

			after := h.audit()
			require.NoError(t, after.Err())
			require.Equal(t, before.Entries, after.Entries)
			for i, p := range chain {
				hash, err := h.views.HashAt(m.id, p.Incarnation, uint64(i)+1)
				require.NoError(t, err)
				require.Equal(t, p.Hash, hash)
			}
			evidence, err := h.views.Quarantine(0, 10)
			require.NoError(t, err)
			require.Len(t, evidence, 1)
			require.Equal(t, fork.at, evidence[0].At.Seq)
			require.Equal(t, b.Signature, evidence[0].Signature)
			require.NotEqual(t, evidence[0].Held, evidence[0].At.Hash)
			alarms, err := h.views.Alarms(0, 10)
			require.NoError(t, err)
			require.Len(t, alarms, 1)
			require.Equal(t, ledger.AlarmFork, alarms[0].Kind)

			wantFault(t, fault.Fork, h.do(ledger.OpenSession{Time: h.now, Node: m.id}).Err())
			wantFault(t, fault.Fork, h.admit(b).Err())
			evidence, err = h.views.Quarantine(0, 10)
			require.NoError(t, err)
			require.Len(t, evidence, 1, "a fenced node cannot fill the quarantine")

			require.NoError(t, h.do(ledger.Revoke{Time: h.now, Action: ledger.RevokeUnfence, Node: m.id}).Err())
			m.connect()
		})
	}
}

// rewrite gives the machine another history from an entry on, as a restored
// backup would.
func (m *machine) rewrite(from int) {
	n := len(m.entries)
	m.head = wire.Genesis(m.id, m.head.Incarnation)
	old := m.entries[:from-1]
	m.entries, m.chain = nil, nil
	for _, e := range old {
		m.append(e)
	}
	m.releases(n + 1 - len(old))
}

// TestPoisonAdvances: whatever an entry says, the ones behind it are taken
// (D42).
func TestPoisonAdvances(t *testing.T) {
	poisons := []struct {
		name   string
		reason ledger.Reason
		make   func(m *machine) wire.Entry
	}{
		{"NoHeader", ledger.ReasonUnreadable, func(m *machine) wire.Entry {
			return wire.Entry{Header: []byte{0xff, 1, 2}, Body: []byte("x")}
		}},
		{"OtherBody", ledger.ReasonUnreadable, func(m *machine) wire.Entry {
			e := m.draft(m.releaseHeader())
			e.Body = append(e.Body, 1)
			return e
		}},
		{"NewerVersion", ledger.ReasonUnknownKind, func(m *machine) wire.Entry {
			h := m.releaseHeader()
			h.Version = 99
			return wire.Entry{Header: wire.Marshal(h), Body: []byte("x")}
		}},
		{"UnknownKind", ledger.ReasonUnknownKind, func(m *machine) wire.Entry {
			h := m.releaseHeader()
			h.Kind = 200
			return m.draft(h)
		}},
		{"OtherPosition", ledger.ReasonPosition, func(m *machine) wire.Entry {
			h := m.releaseHeader()
			e, err := wire.NewEntry(h, []byte("x"))
			require.NoError(m.hub.tb, err)
			return e
		}},
		{"OtherPost", ledger.ReasonPost, func(m *machine) wire.Entry {
			h := m.releaseHeader()
			h.Post = "IT-MIL"
			return m.draft(h)
		}},
		{"BadReference", ledger.ReasonField, func(m *machine) wire.Entry {
			h := m.releaseHeader()
			h.Reference = "123456789012345678"
			return m.draft(h)
		}},
		{"CancelsNothing", ledger.ReasonNoCase, func(m *machine) wire.Entry {
			h := m.releaseHeader()
			h.Kind = wire.KindRequestCancelled
			return m.draft(h)
		}},
		{"AmendsWhatIsNotThere", ledger.ReasonNoCase, func(m *machine) wire.Entry {
			h := m.releaseHeader()
			other := wire.RecordID(m.hub.bytes(16))
			h.Kind, h.Replaces = wire.KindRequestAmended, &other
			return m.draft(h)
		}},
	}
	for _, poison := range poisons {
		t.Run(poison.name, func(t *testing.T) {
			h := newHub(t)
			m := h.join("FR-LYO")
			m.release()
			m.append(poison.make(m))
			m.release()
			r := m.sendAll()
			require.Equal(t, []ledger.RefusedEntry{{Seq: 2, Reason: poison.reason}}, r.Refused)
			require.NotEmpty(t, poison.reason.Code())
			report := h.audit()
			require.NoError(t, report.Err())
			require.Equal(t, uint64(3), report.Entries)
			require.Equal(t, uint64(2), report.Cases)

			notices := h.notices()
			refused := notices[len(notices)-1]
			require.Equal(t, wire.NoticeEntryRefused, refused.Kind)
			require.Equal(t, uint16(poison.reason), refused.Reason)
			lines, err := h.views.RefusedEntries(0, 10)
			require.NoError(t, err)
			require.Len(t, lines, 1)
		})
	}
}

// draft makes an entry at the machine's next position without appending it.
func (m *machine) draft(h wire.Header) wire.Entry {
	m.hub.tb.Helper()
	h.Source, h.Node, h.Incarnation, h.Seq = wire.SourceNode, m.id, m.head.Incarnation, m.head.Seq+1
	e, err := wire.NewEntry(h, m.hub.bytes(64))
	require.NoError(m.hub.tb, err)
	return e
}

func (h *hub) notices() []wire.Notice {
	h.tb.Helper()
	_, raws, err := h.views.NoticesAfter("FR-LYO", 0, 1000)
	require.NoError(h.tb, err)
	list := make([]wire.Notice, len(raws))
	for i, raw := range raws {
		list[i], err = wire.DecodeNotice(raw)
		require.NoError(h.tb, err)
	}
	return list
}

// TestRecordOnce: a record has one accepted content and one effect (I9).
func TestRecordOnce(t *testing.T) {
	t.Run("OKReissuedTailIsRecognized", func(t *testing.T) {
		h := newHub(t)
		m := h.join("FR-LYO")
		m.releases(3)
		m.sendAll()
		tail := m.entries[1:]
		before, err := h.views.Counts()
		require.NoError(t, err)

		m.incarnate()
		for _, e := range tail {
			old, err := e.Check()
			require.NoError(t, err)
			old.Node, old.Incarnation, old.Seq = m.id, m.head.Incarnation, m.head.Seq+1
			old.Time += 5000
			again, err := wire.NewEntry(old, e.Body)
			require.NoError(t, err)
			m.append(again)
		}
		require.Empty(t, m.sendAll().Refused)

		after, err := h.views.Counts()
		require.NoError(t, err)
		require.Equal(t, before.Cases, after.Cases)
		require.Equal(t, before.Orders, after.Orders)
		require.Equal(t, before.Commits+2, after.Commits)
		found, err := h.views.Entry(m.id, m.head.Incarnation, 2)
		require.NoError(t, err)
		require.Equal(t, ledger.Repeated, found.Verdict)
		require.Equal(t, tail[1].Body, found.Body)
		require.NoError(t, h.audit().Err())
	})
	t.Run("ErrOtherContent", func(t *testing.T) {
		h := newHub(t)
		m := h.join("FR-LYO")
		first := m.release()
		again := m.releaseHeader()
		again.Record = first.Record
		m.add(again, 64)
		r := m.sendAll()
		require.Equal(t, []ledger.RefusedEntry{{Seq: 2, Reason: ledger.ReasonDuplicate}}, r.Refused)
		found, err := h.views.ByRecord(first.Record)
		require.NoError(t, err)
		require.Equal(t, m.entries[0], found.Entry())
		require.NoError(t, h.audit().Err())
	})
	t.Run("OKRefusedRecordMayComeAgainCorrected", func(t *testing.T) {
		h := newHub(t)
		m := h.join("FR-LYO")
		bad := m.releaseHeader()
		bad.Pickup = ""
		m.add(bad, 64)
		good := bad
		good.Pickup = "FR-LYO"
		m.add(good, 64)
		require.Len(t, m.sendAll().Refused, 1)
		found, err := h.views.ByRecord(good.Record)
		require.NoError(t, err)
		require.Equal(t, uint64(2), found.At.Seq)
	})
}

// TestErase: a body goes, its stub proves what was there.
func TestErase(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	header := m.release()
	m.release()
	m.sendAll()
	require.NoError(t, h.do(ledger.Erase{Time: h.now, Record: header.Record}).Err())
	require.NoError(t, h.do(ledger.Erase{Time: h.now, Record: header.Record}).Err())
	wantFault(t, fault.NotFound, h.do(ledger.Erase{Time: h.now, Record: wire.RecordID(h.bytes(16))}).Err())
	found, err := h.views.ByRecord(header.Record)
	require.NoError(t, err)
	require.Nil(t, found.Body)
	require.NotZero(t, found.Erased)
	report := h.audit()
	require.NoError(t, report.Err())
	require.Equal(t, uint64(1), report.Erased)

	again := m.entries[0]
	old, err := again.Check()
	require.NoError(t, err)
	old.Seq = m.head.Seq + 1
	again.Header = wire.Marshal(old)
	m.append(again)
	require.Empty(t, m.sendAll().Refused)
	copied, err := h.views.Entry(m.id, m.head.Incarnation, 3)
	require.NoError(t, err)
	require.Equal(t, ledger.Repeated, copied.Verdict)
	require.Nil(t, copied.Body, "a repeat does not bring an erased body back")
	store, ok := h.store.(*kv.Memory)
	require.True(t, ok)
	require.Equal(t, 1, store.Len([]byte("bodies")))
	require.Equal(t, m.sendAll().Receipts, m.sendAll().Receipts)
}
