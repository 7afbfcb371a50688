package staff

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Limits of a session.
const (
	IdleLock    = 10 * time.Minute
	SessionLife = 12 * time.Hour
	tokenBytes  = 32
	maxSessions = 8 // of one member
)

// sessionKey is the HMAC of a session's token.
type sessionKey [32]byte

// session is one browser at one workstation. What is stored is wall time of the
// desk; between restarts began and seen follow the monotonic clock, so that a
// clock that is set ends nothing.
type session struct {
	Staff       wire.StaffID `cbor:"1,keyasint"`
	Workstation string       `cbor:"2,keyasint"`
	Began       int64        `cbor:"3,keyasint"`
	Seen        int64        `cbor:"4,keyasint"`
	Locked      bool         `cbor:"5,keyasint,omitempty"`

	began, seen time.Time
	dirty       bool // Seen or Locked is newer than on disk
	unsaid      bool // it was locked for idleness, and no entry says so yet
}

// wake puts a stored session onto the running clock. A time that is still to
// come was written before the clock was set back.
func (h *session) wake(now time.Time) {
	past := func(ms int64) time.Time { return now.Add(-max(0, now.Sub(time.UnixMilli(ms)))) }
	h.began, h.seen = past(h.Began), past(h.Seen)
}

func (h *session) touch(now time.Time) {
	h.seen, h.Seen, h.dirty = now, now.UnixMilli(), true
}

// View is what a page shows of its session.
type View struct {
	Staff     wire.StaffID `json:"staff"`
	Name      string       `json:"name"`
	Role      access.Role  `json:"role"`
	Locked    bool         `json:"locked"`
	Since     time.Time    `json:"since"`
	Ends      time.Time    `json:"ends"`
	IdleAfter int          `json:"idle_lock_seconds"`
	Trust     Trust        `json:"trust"`
}

func noSession() error {
	return fault.New(fault.Denied, "staff: find session", "", access.ErrNoIdentity)
}

// find gives a session that is not over, and who is behind it, with mu held.
func (s *SignIn) find(token string) (sessionKey, *session, member, error) {
	key := sessionKey(s.cells.sessions.Sum([]byte(token)))
	held, ok := s.sessions[key]
	if !ok || len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return key, nil, member{}, noSession()
	}
	m, ok := s.members[held.Staff]
	now := s.o.Clock()
	if !ok || m.Disabled || !m.enrolled() || now.Sub(held.began) >= SessionLife {
		return key, nil, member{}, noSession()
	}
	if !held.Locked && now.Sub(held.seen) >= IdleLock {
		held.Locked, held.dirty, held.unsaid = true, true, true
	}
	return key, held, m, nil
}

// Who gives the person behind a session's token; active marks what a person did,
// which puts the lock off. Errors: Denied with access.ErrNoIdentity, or with
// web.CodeLocked while the screen is locked.
func (s *SignIn) Who(token string, active bool) (access.Principal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, held, m, err := s.find(token)
	if err != nil {
		return access.Principal{}, err
	}
	if held.Locked {
		return access.Principal{}, fault.New(fault.Denied, "staff: find session", "", web.CodeLocked.Cause())
	}
	if active {
		held.touch(s.o.Clock())
	}
	return m.principal(), nil
}

// Session shows a session, locked or not, without keeping it awake. Errors:
// Denied with access.ErrNoIdentity.
func (s *SignIn) Session(token string) (View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, held, m, err := s.find(token)
	if err != nil {
		return View{}, err
	}
	return s.view(held, m), nil
}

func (s *SignIn) view(held *session, m member) View {
	p := m.principal()
	return View{
		Staff: m.ID, Name: p.Name, Role: p.Role, Locked: held.Locked, Since: held.began.UTC(),
		Ends: held.began.Add(SessionLife).UTC(), IdleAfter: int(IdleLock.Seconds()), Trust: s.trustHeld(),
	}
}

// begin makes a session for a member, with mu held, as far as memory goes: the
// caller writes it.
func (s *SignIn) begin(m member, workstation string) (token string, key sessionKey, held *session) {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // crypto/rand ends the process instead of failing
	token = base64.RawURLEncoding.EncodeToString(raw)
	now := s.o.Clock()
	held = &session{
		Staff: m.ID, Workstation: workstation, Began: now.UnixMilli(), Seen: now.UnixMilli(), began: now, seen: now,
	}
	return token, sessionKey(s.cells.sessions.Sum([]byte(token))), held
}

func (s *SignIn) putSession(w kv.Writer, key sessionKey, held *session) error {
	return s.cells.put(w, bucketSessions, key[:], *held)
}

// crowded gives the session that ends for another one of the same member, with
// mu held.
func (s *SignIn) crowded(id wire.StaffID) (oldest sessionKey, ok bool) {
	count := 0
	for key, held := range s.sessions {
		if held.Staff != id {
			continue
		}
		if count++; !ok || held.began.Before(s.sessions[oldest].began) {
			oldest, ok = key, true
		}
	}
	return oldest, count >= maxSessions
}

// sweep ends sessions that are over, says of those that fell idle, and writes
// where the others were last seen.
func (s *SignIn) sweep(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return nil //nolint:nilerr // Run ends for it
	}
	s.mu.Lock()
	gone, err := s.sweepHeld()
	s.mu.Unlock()
	return errors.Join(err, s.say(ctx, gone))
}

func (s *SignIn) sweepHeld() ([]farewell, error) {
	now := s.o.Clock()
	var gone []farewell
	var over, dirty []sessionKey
	for key, held := range s.sessions {
		switch {
		case now.Sub(held.began) >= SessionLife:
			over = append(over, key)
			gone = append(gone, s.farewell(key, wire.StaffOverlong))
			continue
		case !held.Locked && now.Sub(held.seen) >= IdleLock:
			held.Locked, held.dirty, held.unsaid = true, true, true
		}
		if held.unsaid {
			gone = append(gone, s.farewell(key, wire.StaffIdle))
		}
		if held.dirty {
			dirty = append(dirty, key)
		}
	}
	if len(over)+len(dirty) == 0 {
		return nil, nil
	}
	err := s.o.Journal.Update(func(w kv.Writer) error {
		for _, key := range over {
			if err := w.Delete(bucketSessions, key[:]); err != nil {
				return err
			}
		}
		for _, key := range dirty {
			if err := s.putSession(w, key, s.sessions[key]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, unlessFatal(err)
	}
	for _, key := range over {
		delete(s.sessions, key)
	}
	for _, key := range dirty {
		s.sessions[key].dirty, s.sessions[key].unsaid = false, false
	}
	return gone, nil
}

// unlessFatal lets pass what the next sweep can do as well, such as a full disk.
func unlessFatal(err error) error {
	if fault.Is(err, fault.Storage) {
		return err
	}
	return nil
}
