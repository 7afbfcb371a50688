package staff

import (
	"context"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Lock locks the screen of a session. Locked already is fine. Errors: Denied
// with access.ErrNoIdentity.
func (s *SignIn) Lock(ctx context.Context, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, held, _, err := s.find(token)
	if err != nil || held.Locked {
		return err
	}
	locked := *held
	locked.Locked = true
	err = s.append(ctx, wire.KindStaffSignedOut, s.farewell(key, wire.StaffLocked), func(w kv.Writer) error {
		return s.putSession(w, key, &locked)
	})
	if err == nil {
		held.Locked = true
	}
	return err
}

// Key is what opens a locked screen: the password, or a code of the
// authenticator.
type Key struct {
	Password    string
	Code        string
	Workstation string
}

// Unlock opens the locked screen of a session again. Errors: Denied with
// access.ErrNoIdentity; with web.CodeSignIn or web.CodeAttempts as Enter.
func (s *SignIn) Unlock(ctx context.Context, token string, in Key) (View, error) {
	s.mu.Lock()
	_, held, m, err := s.find(token)
	s.mu.Unlock()
	if err != nil {
		return View{}, err
	}
	a, err := s.attempt(string(held.Staff), in.Workstation)
	if err != nil {
		return View{}, err
	}
	step, right, err := s.fits(ctx, m, in)
	if err != nil {
		return View{}, err
	}
	if !right {
		return View{}, s.refuse(ctx, a, wire.StaffWrongUnlock)
	}
	return s.unlock(ctx, token, unlocking{attempt: a, seen: m, step: step})
}

// fits tries the password, or the code when there is no password; the step is 0
// for a password.
func (s *SignIn) fits(ctx context.Context, m member, in Key) (step uint64, right bool, err error) {
	if in.Password != "" {
		right, err = s.o.Hasher.Matches(ctx, in.Password, m.Password)
		return 0, right, err
	}
	step, err = s.totp(m.Secret).Match(in.Code, s.now(), s.window(), m.Step)
	return step, err == nil, nil
}

type unlocking struct {
	attempt attempt
	seen    member
	step    uint64
}

func (s *SignIn) unlock(ctx context.Context, token string, in unlocking) (View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, held, m, err := s.find(token)
	if err != nil {
		return View{}, err
	}
	if m.Revision != in.seen.Revision || in.step != 0 && m.Step != in.seen.Step {
		return View{}, fault.New(fault.Denied, "staff: unlock", "", web.CodeSignIn.Cause())
	}
	if in.step != 0 {
		m.Step = in.step
	}
	open := *held
	open.Locked, open.unsaid = false, false
	open.touch(s.o.Clock())
	err = s.append(ctx, wire.KindStaffSignedIn, s.farewell(key, wire.StaffUnlocked), func(w kv.Writer) error {
		if err := s.cells.putMember(w, m); err != nil {
			return err
		}
		return s.putSession(w, key, &open)
	})
	if err != nil {
		return View{}, err
	}
	open.dirty = false
	*held = open
	s.members[m.ID] = m
	s.throttle.Succeeded(in.attempt.account, in.attempt.place)
	return s.view(held, m), nil
}

// Leave ends a session, locked or not. Errors: Denied with access.ErrNoIdentity.
func (s *SignIn) Leave(ctx context.Context, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, _, _, err := s.find(token)
	if err != nil {
		return err
	}
	err = s.append(ctx, wire.KindStaffSignedOut, s.farewell(key, wire.StaffLeft), func(w kv.Writer) error {
		return w.Delete(bucketSessions, key[:])
	})
	if err == nil {
		delete(s.sessions, key)
	}
	return err
}
