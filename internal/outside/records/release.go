package records

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

// Run lets go at each slot what is due, until ctx ends.
func (s *Simulator) Run(ctx context.Context) error {
	for {
		now := s.cfg.Clock.Now()
		next := now.Truncate(s.cfg.Slot).Add(s.cfg.Slot)
		timer := time.NewTimer(s.cfg.Clock.Real(next.Sub(now)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		s.Release(ctx)
	}
}

// outcome is an answer that was made and that nobody has heard of yet.
type outcome struct {
	request request
	file    string
	content []byte
}

// Release answers every request whose slot has come. All answers are made
// first and let go together, so that the time that one takes does not tell it
// from another. One that cannot be made now is made at the next slot.
func (s *Simulator) Release(ctx context.Context) {
	s.releasing.Lock()
	defer s.releasing.Unlock()
	var made []outcome
	for _, r := range s.fallenDue() {
		one, err := s.decide(ctx, r)
		if err != nil {
			s.cfg.Logger.Warn("request not answered", slog.String("request", r.ID), slog.String("kind", fault.KindOf(err).String()))
			continue
		}
		made = append(made, one)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range made {
		if err := s.letGo(one); err != nil {
			s.cfg.Logger.Error("answer not stored", slog.String("request", one.request.ID), slog.String("kind", fault.KindOf(err).String()))
		}
	}
}

// fallenDue gives copies of what is due, in the order of their ids.
func (s *Simulator) fallenDue() (list []request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	for _, r := range s.requests {
		if r.State == received && !r.Due.IsZero() && !r.Due.After(now) {
			list = append(list, *r)
		}
	}
	slices.SortFunc(list, func(a, b request) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// decide makes the next answer of a request.
func (s *Simulator) decide(ctx context.Context, r request) (o outcome, err error) {
	p, err := s.openPacket(r.ID, r.Product, r.Packet)
	if err != nil {
		return o, err
	}
	o.request = r
	switch reason := s.refusal(&r, p); {
	case !r.Asked && s.lot(r.ID, lotOfQuestion).Float64() < s.cfg.Ask:
		o.content, err = s.ask(&r)
		o.request.Asked = true
		o.request.move(question)
	case reason != "":
		o.request.Reason = reason
		o.request.move(refused)
	default:
		o.content, err = s.write(ctx, &r, p)
		o.request.move(issued)
	}
	o.file = packageFile(r.ID, o.request.Seq)
	return o, err
}

// letGo stores an answer, its package first, and shows it; mu is held. A request
// that was withdrawn meanwhile stays so.
func (s *Simulator) letGo(o outcome) error {
	held := s.requests[o.request.ID]
	if held.State != received || held.Seq+1 != o.request.Seq {
		return nil
	}
	if o.content != nil {
		if err := durable.WriteFile(s.path(o.file), o.content, 0o600); err != nil {
			return fault.New(fault.Storage, "outside/records: store package", o.request.ID, err)
		}
	}
	if err := s.save(&o.request); err != nil {
		return err
	}
	s.requests[o.request.ID] = &o.request
	s.cfg.Logger.Info("request answered", slog.String("request", o.request.ID))
	return nil
}
