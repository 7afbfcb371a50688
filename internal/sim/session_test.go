package sim_test

import (
	"errors"
	"slices"
	"time"

	"jaliya/hub/intake"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/sim"
	"jaliya/internal/wire"
)

// As in hub/intake.
const (
	farewell      = 3 * time.Second
	noticesAtOnce = 64
	// idle is after how long a side that hears nothing at all gives a
	// connection up.
	idle = 30 * time.Second
)

// conn is a connection between one process and the hub.
type conn struct {
	talkUp, talkDown, batches *sim.Pipe
	node                      *node    // nil once the node's side is closed
	hub                       *session // nil once the hub's side is closed
}

// session is the hub's side of a control session, as hub/intake drives it.
type session struct {
	*hub
	cn      *conn
	who     wire.NodeID // of the certificate
	node    ledger.Node
	key     seal.VerifyKey
	number  uint64
	notices wire.NoticeCursor
	sent    bool // notices are under way and not acknowledged
	serving bool
	leaving bool
	ended   bool
}

// accept begins the hub's side.
func (h *hub) accept(cn *conn, who wire.NodeID) {
	s := &session{hub: h, cn: cn, who: who}
	cn.hub = s
	h.sessions = append(h.sessions, s)
	if !s.identify() {
		s.end()
	}
}

// identify finds the node that the certificate names.
func (s *session) identify() bool {
	n, err := s.views.Node(s.who)
	s.node = n
	return err == nil && !n.Revoked
}

// recheck cuts a session whose node was revoked.
func (s *session) recheck() {
	if !s.identify() {
		s.end()
	}
}

// receive takes a frame from the node.
func (s *session) receive(kind wire.FrameType, payload []byte) {
	if s.ended || !s.up {
		return
	}
	if err := s.frame(kind, payload); err != nil {
		s.refuse(err)
	}
}

func (s *session) frame(kind wire.FrameType, payload []byte) error {
	if len(payload) > kind.Limit() {
		return fault.New(fault.TooLarge, "sim: frame", "", nil)
	}
	if s.leaving && kind != wire.FrameBatch {
		return nil
	}
	switch kind { //nolint:exhaustive // the rest is not for the hub
	case wire.FrameHello:
		return s.hello(payload)
	case wire.FramePing:
		var p wire.Ping
		if err := wire.Unmarshal(payload, len(payload), &p); err != nil {
			return err
		}
		s.put(wire.FramePong, wire.Marshal(wire.Pong{Counter: p.Counter, Asked: p.Time, Time: s.millis()}))
	case wire.FrameNoticeCursor:
		return s.noticeStored(payload)
	case wire.FrameRefusal:
		return s.refusedBy(payload)
	case wire.FrameBatch:
		if s.number == 0 {
			return fault.New(fault.Invalid, "sim: frame", "batch before welcome", nil)
		}
		return s.batch(payload)
	case wire.FrameRestore:
		s.giveBack(payload)
	default:
		return fault.New(fault.Unsupported, "sim: frame", "type", nil)
	}
	return nil
}

func (s *session) refusedBy(payload []byte) error {
	var r wire.Refusal
	if err := wire.Unmarshal(payload, len(payload), &r); err != nil {
		return err
	}
	if r.Kind == fault.Fork { // only the node can see it
		s.fence(r.Err("sim: hear refusal"))
		return nil
	}
	s.end()
	return nil
}

// put writes a frame of the conversation.
func (s *session) put(kind wire.FrameType, payload []byte) {
	cn := s.cn
	if s.ended || s.leaving {
		return
	}
	cn.talkDown.Send(func() {
		if n := cn.node; n != nil {
			n.receive(cn, kind, payload)
		}
	})
}

// refuse tells the node why and gives it time to read it.
func (s *session) refuse(err error) {
	if s.leaving || s.ended {
		return
	}
	s.note("hub", "refuses "+fault.KindOf(err).String(), s.number, 0)
	refusal := wire.RefusalOf(err, nil)
	if missing, ok := errors.AsType[missingImageError](err); ok {
		refusal.Image = &missing.digest
	}
	s.put(wire.FrameRefusal, wire.Marshal(refusal))
	s.leaving = true
	s.clock.After(farewell, s.end)
}

// end closes the connection from the hub's side, and the node gets to know.
func (s *session) end() {
	if s.ended {
		return
	}
	cn := s.cn
	s.vanish()
	cn.talkDown.Send(func() {
		if n := cn.node; n != nil {
			n.lostConn(cn, fault.New(fault.Unavailable, "sim: read", "the hub ended the session", nil))
		}
	})
}

// vanish ends the session without a word.
func (s *session) vanish() {
	if s.ended {
		return
	}
	s.ended = true
	s.cn.hub = nil
	s.cn.talkUp.Close()
	s.cn.batches.Close()
	s.sessions = slices.DeleteFunc(s.sessions, func(one *session) bool { return one == s })
	if n := s.cn.node; n != nil {
		n.disturbed()
	}
}

func (s *session) hello(payload []byte) error {
	var h wire.Hello
	if err := wire.Unmarshal(payload, len(payload), &h); err != nil {
		return err
	}
	switch {
	case h.Node != s.node.ID:
		return fault.New(fault.Denied, "sim: hello", "another node", nil)
	case s.number != 0 || s.serving:
		return fault.New(fault.Invalid, "sim: hello", "twice", nil)
	}
	if err := h.Validate(); err != nil {
		return err
	}
	key, err := seal.ParseVerifyKey(s.node.Journal)
	if err != nil {
		return err
	}
	s.key, s.notices, s.serving = key, h.Notices, true
	decisions, err := s.compare(h)
	if fault.Is(err, fault.Fork) {
		s.fence(err)
		return nil
	}
	if err != nil {
		return err
	}
	s.open(s.node.ID, func(number uint64, err error) {
		if err != nil {
			s.refuse(err)
			return
		}
		s.number = number
		s.check.granted(s.node.ID, number)
		s.welcome(h, decisions)
	})
	return nil
}

func (s *session) compare(h wire.Hello) (out []wire.Decision, err error) {
	for _, held := range h.Histories {
		cursor, known, err := s.views.Cursor(s.node.ID, held.Head.Incarnation)
		if err != nil {
			return nil, err
		}
		d, err := intake.Compare(held, intake.Own{Cursor: cursor, Known: known, Settled: s.settled[historyOf(held.Head)], Later: known && s.node.Incarnation != 0 && s.node.Incarnation != held.Head.Incarnation, HashAt: func(seq uint64) (wire.Digest, error) {
			return s.views.HashAt(s.node.ID, held.Head.Incarnation, seq)
		}})
		if s.plant == reuseSequence && (err != nil || d.Verdict == wire.VerdictRestore) {
			d, err = s.believe(held)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (s *session) welcome(h wire.Hello, decisions []wire.Decision) {
	cluster, err := s.views.Cluster()
	if err != nil {
		s.refuse(err)
		return
	}
	s.put(wire.FrameWelcome, wire.Marshal(wire.Welcome{
		Version: wire.Version, Cluster: cluster.ID, Session: s.number, Decisions: decisions,
		Time: s.millis(), Receipts: cluster.Receipt, Intake: cluster.Intake, Feature: cluster.Feature, Others: s.others(h),
	}))
	s.repeatReceipts(h, decisions)
	s.tell()
}

// repeatReceipts sends what a node lacks of the receipts for entries that the
// hub has: the session in which they were signed may have ended first.
func (s *session) repeatReceipts(h wire.Hello, decisions []wire.Decision) {
	for i, d := range decisions {
		held := h.Histories[i]
		last := min(d.Cursor.Seq, held.Head.Seq)
		if d.Verdict == wire.VerdictNew || d.Verdict == wire.VerdictReissue || held.Receipted >= last {
			continue
		}
		list, err := s.views.Receipts(s.node.ID, held.Head.Incarnation, held.Receipted+1, last)
		if err != nil {
			s.refuse(err)
			return
		}
		if list[len(list)-1].Last > last { // it reaches past what the node has now
			list = list[:len(list)-1]
		}
		s.sign(list)
	}
}

// fence shuts out a node whose history is another than ours (D38).
func (s *session) fence(fork error) {
	c := ledger.Revoke{Time: s.millis(), Action: ledger.RevokeFence, Node: s.node.ID, Reason: "histories differ"}
	s.propose(c, nil, func(ledger.Result, error) { s.refuse(fork) })
}

func (s *session) sign(list []wire.Receipt) {
	for _, r := range list {
		signed, again := s.signed[r]
		if !again { // Ed25519 gives equal bytes for equal receipts; only time is saved
			signed = wire.Marshal(wire.SignReceipt(r, s.signer))
			s.signed[r] = signed
		}
		s.put(wire.FrameReceipt, signed)
	}
}

// tell sends the post its notices, one batch at a time.
func (s *session) tell() {
	if s.number == 0 || s.sent || s.ended || s.leaving {
		return
	}
	after, raw, err := s.views.NoticesAfter(s.node.Post, s.notices.Seq, noticesAtOnce)
	if err == nil && len(raw) > 0 && after != s.notices {
		err = fault.New(fault.Fork, "sim: tell", "notice cursor", nil)
	}
	if err != nil {
		s.refuse(err)
		return
	}
	if len(raw) == 0 {
		return
	}
	s.put(wire.FrameNotices, wire.SealNotices(s.node.Post, s.notices, raw, s.signer))
	for _, one := range raw {
		s.notices = s.notices.Next(one)
	}
	s.sent = true
}

func (s *session) noticeStored(payload []byte) error {
	var c wire.NoticeCursor
	if err := wire.Unmarshal(payload, len(payload), &c); err != nil {
		return err
	}
	if !s.sent || c.Seq < s.notices.Seq {
		return nil // hostile weather repeated it, which a stream does not
	}
	if c != s.notices {
		return fault.New(fault.Fork, "sim: tell", "notice cursor", nil)
	}
	s.sent = false
	s.tell()
	return nil
}

// batch proves a batch and hands it to the proposer.
func (s *session) batch(payload []byte) error {
	const op = "sim: take batch"
	received, err := wire.DecodeBatch(payload)
	if err != nil {
		return err
	}
	if received.Node != s.node.ID {
		return fault.New(fault.Denied, op, "entries of another node", nil)
	}
	if received.Session != s.number {
		return fault.New(fault.Stale, op, "session", nil)
	}
	verified, err := received.Verify(s.key)
	if err != nil {
		return err
	}
	if err := s.imagesStored(verified); err != nil {
		return err
	}
	s.check.need(verified)
	if err := s.planted(verified); err != nil {
		return err
	}
	s.push(intake.Item{
		Node: s.node.ID, Batch: ledger.AdmitOf(received, verified), Size: len(payload) + 64,
		Done: s.decided,
	})
	return nil
}

// missingImageError says which bundle the vault lacks.
type missingImageError struct{ digest wire.Digest }

func (m missingImageError) Error() string {
	return "image " + m.digest.String() + " is not in the vault"
}

func (s *session) imagesStored(v wire.VerifiedBatch) error {
	for _, e := range v.Entries {
		for _, image := range e.Header.Images {
			if !s.vault.has(image.Digest, image.Size) {
				return fault.New(fault.NotFound, "sim: check images", e.At.String(), missingImageError{image.Digest})
			}
		}
	}
	return nil
}

// decided sends the receipts of a batch, or ends the session with the reason.
func (s *session) decided(r ledger.BatchResult, err error) {
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		s.refuse(err)
		return
	}
	s.sign(r.Receipts)
}
