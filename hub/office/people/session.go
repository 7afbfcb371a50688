package people

import (
	"context"
	"encoding/base64"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// IdleLock is how long a screen may be idle.
const IdleLock = 10 * time.Minute

// sessionLife ends the longest day.
const sessionLife = seatLife * time.Millisecond

// View is what a page shows of its session.
type View struct {
	Officer   wire.StaffID `json:"officer"`
	Name      string       `json:"name"`
	Role      access.Role  `json:"role"`
	Locked    bool         `json:"locked"`
	Since     time.Time    `json:"since"`
	Ends      time.Time    `json:"ends"`
	IdleAfter int          `json:"idle_lock_seconds"`
}

func view(s seat, o account, name string) View {
	began := time.UnixMilli(s.Began).UTC()
	return View{
		Officer: o.ID, Name: name, Role: access.Role(o.Role), Locked: s.Locked, Since: began, Ends: began.Add(sessionLife),
		IdleAfter: int(IdleLock.Seconds()),
	}
}

func noSession() error {
	return fault.New(fault.Denied, "people: find session", "", access.ErrNoIdentity)
}

// held is a session that is not over.
type held struct {
	key     []byte
	seat    seat // Locked also when it fell idle
	idle    bool // and the store does not say so yet
	officer account
	creds   credentials
}

// find gives the session behind a token. Where it was last seen is known only
// while this process runs, so a session that was opened longer ago than the lock
// and was not seen since is locked: after a restart.
func (s *SignIn) find(token string) (held, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return held{}, noSession()
	}
	h := held{key: s.box.seat(token)}
	var err error
	if h.seat, h.officer, err = s.seat(h.key); err != nil {
		return held{}, err
	}
	now := s.Now()
	if h.officer.State != staffActive || !h.officer.Enrolled || now.Sub(time.UnixMilli(h.seat.Began)) >= sessionLife {
		return held{}, noSession()
	}
	last := time.UnixMilli(h.seat.Opened)
	if at := s.lastSeen(h.key); at.After(last) {
		last = at
	}
	if !h.seat.Locked && now.Sub(last) >= IdleLock {
		h.seat.Locked, h.idle = true, true
	}
	h.creds, err = s.box.open(h.officer)
	return h, err
}

func (s *SignIn) lastSeen(key []byte) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[[32]byte(key)]
}

// seenHeld is how many sessions are remembered before old ones are looked for.
const seenHeld = 1000

func (s *SignIn) touch(key []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if len(s.seen) >= seenHeld {
		for one, at := range s.seen {
			if now.Sub(at) >= IdleLock {
				delete(s.seen, one)
			}
		}
	}
	s.seen[[32]byte(key)] = now
}

// Who gives the officer behind a session's token; active marks what a person
// did, which puts the lock off. Errors: Denied with access.ErrNoIdentity, or
// with web.CodeLocked while the screen is locked.
func (s *SignIn) Who(token string, active bool) (access.Principal, error) {
	h, err := s.find(token)
	if err != nil {
		return access.Principal{}, err
	}
	if h.seat.Locked {
		return access.Principal{}, fault.New(fault.Denied, "people: find session", "", web.CodeLocked.Cause())
	}
	if active {
		s.touch(h.key)
	}
	return principal(h.officer, h.creds.Name), nil
}

// Lock locks the screen of a session. Locked already is fine. Errors: Denied
// with access.ErrNoIdentity.
func (s *SignIn) Lock(token string) error {
	h, err := s.find(token)
	if err != nil || h.seat.Locked && !h.idle {
		return err
	}
	how := wire.StaffLocked
	if h.idle {
		how = wire.StaffIdle
	}
	return s.move(h, visit{how: how})
}

func (s *SignIn) move(h held, c visit) error {
	c.time, c.officer, c.seat, c.place, c.seen = s.Now().UnixMilli(), h.officer.ID, h.key, h.seat.Place, h.officer.Revision
	err := s.moveSeat(c)
	if fault.Is(err, fault.NotFound) {
		return noSession()
	}
	return err
}

// Key is what opens a locked screen: the password, or a code of the
// authenticator.
type Key struct {
	Password string
	Code     string
	Place    string
}

// Unlock opens the locked screen of a session again. Errors: Denied with
// access.ErrNoIdentity; with web.CodeSignIn or web.CodeAttempts as Enter.
func (s *SignIn) Unlock(ctx context.Context, token string, in Key) (View, error) {
	h, err := s.find(token)
	if err != nil {
		return View{}, err
	}
	a, err := s.attempt(string(h.officer.ID), in.Place)
	if err != nil {
		return View{}, err
	}
	var step uint64
	var right bool
	if in.Password != "" {
		right, err = s.Hasher.Matches(ctx, in.Password, h.creds.Password)
	} else {
		var wrong error
		step, wrong = s.totp(h.creds.Secret).Match(in.Code, s.Now(), access.NarrowWindow, h.officer.Step)
		right = wrong == nil
	}
	switch {
	case err != nil:
		return View{}, err
	case !right:
		return View{}, s.refuse(a, h.officer, wire.StaffWrongUnlock)
	}
	err = s.move(h, visit{how: wire.StaffUnlocked, step: step})
	if fault.Is(err, fault.Used) || fault.Is(err, fault.Conflict) {
		return View{}, s.refuse(a, h.officer, wire.StaffWrongUnlock)
	}
	if err != nil {
		return View{}, err
	}
	s.throttle.Succeeded(a.account, a.place)
	s.touch(h.key)
	h.seat.Locked = false
	return view(h.seat, h.officer, h.creds.Name), nil
}

// Leave ends a session, locked or not. Errors: Denied with access.ErrNoIdentity.
func (s *SignIn) Leave(token string) error {
	h, err := s.find(token)
	if err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.seen, [32]byte(h.key))
	s.mu.Unlock()
	return s.move(h, visit{how: wire.StaffLeft})
}
