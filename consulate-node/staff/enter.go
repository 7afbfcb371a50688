package staff

import (
	"context"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Credentials is what somebody typed to sign in, and where.
type Credentials struct {
	Staff       string
	Password    string
	Code        string // of the authenticator
	Workstation string // address on the post's network
}

// Entered is a session that has begun. The token goes into the cookie and
// nowhere else.
type Entered struct {
	Token   string
	Session View
}

// Enter lets a member of staff in: durable, and said in the journal, on return.
// Errors: Denied with web.CodeSignIn for whatever is wrong, alike; with
// web.CodeAttempts and a wait; with web.CodeStaffOld. Full; Storage, the process
// leaves.
func (s *SignIn) Enter(ctx context.Context, in Credentials) (Entered, error) {
	a, err := s.attempt(in.Staff, in.Workstation)
	if err != nil {
		return Entered{}, err
	}
	m := s.member(a.id)
	known, err := s.o.Hasher.Matches(ctx, in.Password, m.Password)
	if err != nil {
		return Entered{}, err
	}
	step, wrong := s.totp(m.Secret).Match(in.Code, s.now(), s.window(), m.Step)
	switch {
	case !known || wrong != nil || !m.enrolled():
		return Entered{}, s.refuse(ctx, a, wire.StaffWrong)
	case m.Disabled:
		return Entered{}, s.refuse(ctx, a, wire.StaffDisabled)
	}
	return s.admit(ctx, a, admission{seen: m, how: wire.StaffBothFactors, change: func(m member) member {
		m.Step = step
		return m
	}})
}

// totp gives somebody's authenticator, or one that nobody has.
func (s *SignIn) totp(secret []byte) access.TOTP {
	if len(secret) == 0 {
		return s.nobody
	}
	return access.TOTPFrom(secret)
}

// maxWorkstation is the cap of an address in a staff event, in bytes.
const maxWorkstation = 64

// attempt is one try of somebody at a workstation.
type attempt struct {
	id          wire.StaffID // empty when what was typed is none
	workstation string
	account     string // keys of the throttle
	place       string
}

// attempt counts one, unless it must wait.
func (s *SignIn) attempt(typed, workstation string) (attempt, error) {
	const op = "staff: begin attempt"
	if err := s.fresh(); err != nil {
		return attempt{}, err
	}
	workstation = workstation[:min(len(workstation), maxWorkstation)]
	a := attempt{workstation: workstation, account: "staff:", place: "at:" + workstation}
	if id, err := wire.ParseStaffID(typed); err == nil {
		a.id = id
		a.account += string(id)
	}
	if wait := s.throttle.Begin(a.account, a.place); wait > 0 {
		return a, fault.New(fault.Denied, op, "", web.CodedError{Code: web.CodeAttempts, RetryAfter: wait})
	}
	return a, nil
}

// refuse says in the journal that somebody was not let in, and to them nothing
// but that.
func (s *SignIn) refuse(ctx context.Context, a attempt, how wire.StaffHow) error {
	m := s.member(a.id)
	err := s.log(ctx, wire.KindStaffRefused, farewell{staff: a.id, role: m.Role, workstation: a.workstation, how: how})
	if err := unlessFatal(err); err != nil {
		return err
	}
	return fault.New(fault.Denied, "staff: sign in", "", web.CodeSignIn.Cause())
}

// admission is a member who proved to be one, as they were when they did.
type admission struct {
	seen   member
	how    wire.StaffHow
	change func(member) member // what is true exactly when the session is
}

// admit begins the session: entry, member and session in one transaction. Who
// was changed in between, or used the same code a moment ago, is refused.
func (s *SignIn) admit(ctx context.Context, a attempt, in admission) (Entered, error) {
	s.mu.Lock()
	m := s.members[a.id]
	if m.Disabled || m.Revision != in.seen.Revision || m.Step != in.seen.Step || m.Used != in.seen.Used {
		s.mu.Unlock()
		return Entered{}, s.refuse(ctx, a, wire.StaffWrong)
	}
	defer s.mu.Unlock()
	m = in.change(m)
	token, key, held := s.begin(m, a.workstation)
	crowd, crowded := s.crowded(m.ID)
	said := farewell{staff: m.ID, role: m.Role, workstation: a.workstation, how: in.how}
	err := s.append(ctx, wire.KindStaffSignedIn, said, func(w kv.Writer) error {
		if crowded {
			if err := w.Delete(bucketSessions, crowd[:]); err != nil {
				return err
			}
		}
		if err := s.cells.putMember(w, m); err != nil {
			return err
		}
		return s.putSession(w, key, held)
	})
	if err != nil {
		return Entered{}, err
	}
	s.throttle.Succeeded(a.account, a.place)
	if crowded {
		delete(s.sessions, crowd)
	}
	s.members[m.ID], s.sessions[key] = m, held
	return Entered{Token: token, Session: s.view(held, m)}, nil
}
