package staff

import (
	"context"
	"log/slog"
	"maps"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const (
	noticesAtOnce = 256
	// cursorEvery bounds how many notices are looked at again after a restart.
	cursorEvery = 1000
)

// catchUp takes in the notices that were stored since it was called last.
func (s *SignIn) catchUp(ctx context.Context) error {
	for {
		s.mu.Lock()
		more, gone, err := s.takeNotices()
		s.mu.Unlock()
		if err != nil {
			return err
		}
		if err := s.say(ctx, gone); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
}

// takeNotices takes in a slice of them, with mu held, and gives what is to be
// said of the sessions that it ended.
func (s *SignIn) takeNotices() (more bool, gone []farewell, err error) {
	notices, err := s.o.Journal.NoticesAfter(s.cursor, noticesAtOnce)
	if err != nil || len(notices) == 0 {
		return false, nil, err
	}
	fresh := map[wire.StaffID]member{}
	for _, n := range notices {
		if n.Kind != wire.NoticeStaff {
			continue
		}
		c, err := s.open(n)
		if err != nil {
			s.unread++
			s.o.Logger.Warn("staff notice passed over", slog.Uint64("notice", n.Seq), slog.String("kind", fault.KindOf(err).String()))
			continue
		}
		held, ok := fresh[c.Staff]
		if !ok {
			held = s.members[c.Staff]
		}
		if c.Revision > held.Revision {
			fresh[c.Staff] = held.changed(c)
		}
	}
	cursor := notices[len(notices)-1].Seq
	gone, err = s.keep(fresh, cursor)
	return len(notices) == noticesAtOnce, gone, err
}

func (s *SignIn) open(n wire.Notice) (wire.StaffChange, error) {
	opened, err := s.o.PostKey.Open(n.Body, wire.StaffContext, wire.StaffAAD(s.o.Post))
	if err != nil {
		return wire.StaffChange{}, err
	}
	defer clear(opened.Body())
	c, err := wire.DecodeStaffChange(opened.Body())
	if err == nil && c.Post != s.o.Post {
		err = fault.New(fault.Denied, "staff: read notice", "another post's", nil)
	}
	return c, err
}

// keep makes changed members durable and only then true, with mu held. Sessions
// of those who may not stay end with it.
func (s *SignIn) keep(fresh map[wire.StaffID]member, cursor uint64) ([]farewell, error) {
	if len(fresh) == 0 && cursor-s.written < cursorEvery {
		s.cursor = cursor
		return nil, nil
	}
	var ended []sessionKey
	for key, held := range s.sessions {
		if m, ok := fresh[held.Staff]; ok && (m.Disabled || !m.enrolled()) {
			ended = append(ended, key)
		}
	}
	err := s.o.Journal.Update(func(w kv.Writer) error {
		for _, m := range fresh {
			if err := s.cells.putMember(w, m); err != nil {
				return err
			}
		}
		for _, key := range ended {
			if err := w.Delete(bucketSessions, key[:]); err != nil {
				return err
			}
		}
		return s.cells.put(w, bucketStaff, keyCursor, cursor)
	})
	if err != nil {
		return nil, err
	}
	s.cursor, s.written = cursor, cursor
	var gone []farewell
	maps.Copy(s.members, fresh)
	for _, key := range ended {
		gone = append(gone, s.farewell(key, wire.StaffRevoked))
		delete(s.sessions, key)
	}
	return gone, nil
}
