package intake

import (
	"context"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// part has the writer tell the node why the session ends. It never waits.
func (s *session) part(p parting) {
	select {
	case s.last <- p:
	default: // an earlier reason stands
	}
}

// refuse has the writer end the session with a reason, and waits for the end.
func (s *session) refuse(ctx context.Context, err error) error {
	s.part(parting{err: err})
	<-ctx.Done()
	return err
}

func (s *session) put(ctx context.Context, o outgoing) error {
	select {
	case s.out <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write is the only writer of the conversation.
func (s *session) write(ctx context.Context) error {
	if err := s.repeatReceipts(); err != nil {
		return err
	}
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for counter := uint64(1); ; {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p := <-s.last:
			return s.partWith(ctx, p)
		case o := <-s.decided:
			err = s.send(o)
			<-s.flights
		case o := <-s.out:
			err = s.send(o)
		case <-ticker.C:
			ping := wire.Ping{Counter: counter, Time: s.cfg.Now().UnixMilli()}
			counter++
			err = s.talk.WriteFrame(byte(wire.FramePing), wire.Marshal(ping))
		}
		if err != nil {
			return err
		}
	}
}

// partWith sends the receipts that are there, then the reason.
func (s *session) partWith(ctx context.Context, p parting) error {
	for {
		select {
		case o := <-s.decided:
			if err := s.send(o); err != nil {
				return err
			}
		default:
			return s.leave(ctx, p)
		}
	}
}

// send writes a frame, or signs and writes receipts: outside apply, from fields
// in the state, so that a repeat is byte-equal.
func (s *session) send(o outgoing) error {
	if err := s.sign(o.receipts); err != nil || o.kind == 0 {
		return err
	}
	return s.talk.WriteFrame(byte(o.kind), o.payload)
}

func (s *session) sign(receipts []wire.Receipt) error {
	for _, r := range receipts {
		signed := wire.Marshal(wire.SignReceipt(r, s.cfg.Signer))
		if err := s.talk.WriteFrame(byte(wire.FrameReceipt), signed); err != nil {
			return err
		}
	}
	return nil
}

// lacking notes which receipts a node does not have for entries that the hub
// has: the session in which they were signed ended first. Without them the
// next receipt would leave a hole.
func (s *session) lacking(h wire.Hello, decisions []wire.Decision) {
	for n, d := range decisions {
		held := h.Histories[n]
		one := span{incarnation: held.Head.Incarnation, first: held.Receipted + 1, last: min(d.Cursor.Seq, held.Head.Seq)}
		// Of another history than the node's, no receipt is one that it can use.
		if one.first <= one.last && d.Verdict != wire.VerdictNew && d.Verdict != wire.VerdictReissue {
			s.repeats = append(s.repeats, one)
		}
	}
}

// repeatReceipts sends them, in slices, each from the state as it is then.
func (s *session) repeatReceipts() error {
	for _, one := range s.repeats {
		for one.first <= one.last {
			receipts, err := s.cfg.State.Receipts(s.node.ID, one.incarnation, one.first, one.last)
			if err == nil && len(receipts) == 0 {
				err = fault.New(fault.Internal, "intake: repeat receipts", "none", nil)
			}
			if err != nil {
				return err
			}
			one.first = receipts[len(receipts)-1].Last + 1
			if one.first > one.last+1 { // it reaches past what the node has now
				receipts = receipts[:len(receipts)-1]
			}
			if err := s.sign(receipts); err != nil {
				return err
			}
		}
	}
	return nil
}
