package people

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Credentials is what somebody typed to sign in, and where.
type Credentials struct {
	Officer  string
	Password string
	Code     string // of the authenticator
	Place    string // address of the workstation
}

// Entered is a session that has begun. The token goes into the cookie and
// nowhere else.
type Entered struct {
	Token   string
	Session View
}

// maxPlace is the cap of an address, in bytes.
const maxPlace = 64

// attempt is one try of somebody at a workstation.
type attempt struct {
	id      wire.StaffID // empty when what was typed is none
	where   string
	account string // keys of the throttle
	place   string
}

// attempt counts one, unless it must wait.
func (s *SignIn) attempt(typed, where string) (attempt, error) {
	a := attempt{where: where[:min(len(where), maxPlace)], account: "officer:"}
	a.place = "at:" + a.where
	if id, err := wire.ParseStaffID(typed); err == nil {
		a.id = id
		a.account += string(id)
	}
	if wait := s.throttle.Begin(a.account, a.place); wait > 0 {
		return a, fault.New(fault.Denied, "people: begin attempt", "", web.CodedError{Code: web.CodeAttempts, RetryAfter: wait})
	}
	return a, nil
}

// refuse has the attempt of a known officer written down, and says to whoever
// tried nothing but that.
func (s *SignIn) refuse(a attempt, o account, how wire.StaffHow) error {
	if o.ID != "" {
		line := visit{time: s.Now().UnixMilli(), officer: o.ID, how: how, place: a.where}
		select {
		case s.refused <- line:
		default:
			s.Logger.Warn("refused sign-ins come faster than they are written", slog.String("officer", string(o.ID)))
		}
	}
	return fault.New(fault.Denied, "people: sign in", "", web.CodeSignIn.Cause())
}

// totp gives somebody's authenticator, or one that nobody has.
func (s *SignIn) totp(secret []byte) access.TOTP {
	if len(secret) == 0 {
		return s.nobody
	}
	return access.TOTPFrom(secret)
}

// Enter lets an officer in: on disk on return. Errors: Denied with
// web.CodeSignIn for whatever is wrong, alike; with web.CodeAttempts and a wait.
func (s *SignIn) Enter(ctx context.Context, in Credentials) (Entered, error) {
	a, err := s.attempt(in.Officer, in.Place)
	if err != nil {
		return Entered{}, err
	}
	o, held, err := s.known(a.id)
	if err != nil {
		return Entered{}, err
	}
	right, err := s.Hasher.Matches(ctx, in.Password, held.Password)
	if err != nil {
		return Entered{}, err
	}
	step, wrong := s.totp(held.Secret).Match(in.Code, s.Now(), access.NarrowWindow, o.Step)
	switch {
	case !right || wrong != nil || !o.Enrolled:
		return Entered{}, s.refuse(a, o, wire.StaffWrong)
	case o.State != staffActive:
		return Entered{}, s.refuse(a, o, wire.StaffDisabled)
	}
	return s.admit(a, admission{officer: o, name: held.Name, seat: visit{how: wire.StaffBothFactors, step: step}})
}

// admission is an officer who proved to be one, as they were when they did.
type admission struct {
	officer account
	name    string
	seat    visit
}

const tokenBytes = 32

// admit begins the session. Who was changed in between, or used the same code a
// moment ago, is refused.
func (s *SignIn) admit(a attempt, in admission) (Entered, error) {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // crypto/rand ends the process instead of failing
	token := base64.RawURLEncoding.EncodeToString(raw)
	now := s.Now()
	c := in.seat
	c.time, c.officer, c.seat, c.place, c.seen = now.UnixMilli(), in.officer.ID, s.box.seat(token), a.where, in.officer.Revision
	err := s.enter(c)
	switch {
	case fault.Is(err, fault.Used) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Denied):
		return Entered{}, s.refuse(a, in.officer, wire.StaffWrong)
	case err != nil:
		return Entered{}, err
	}
	s.throttle.Succeeded(a.account, a.place)
	s.touch(c.seat)
	held := seat{Officer: in.officer.ID, Began: c.time, Opened: c.time}
	return Entered{Token: token, Session: view(held, in.officer, in.name)}, nil
}

// Sheet is what stands on the enrolment sheet, and where it was typed.
type Sheet struct {
	Officer string
	OneTime string
	Place   string
}

// Authenticator is what the new officer's phone is given.
type Authenticator struct {
	Officer wire.StaffID
	Text    string // for typing
	URI     string // otpauth
}

// Offer gives who holds a sheet the secret for their authenticator: the same one
// until Enrol. Errors: Denied with web.CodeSignIn for an unknown id or a wrong
// code, alike; Expired and Used for the right code only.
func (s *SignIn) Offer(ctx context.Context, in Sheet) (Authenticator, error) {
	a, o, _, err := s.oneTime(ctx, in)
	if err != nil {
		return Authenticator{}, err
	}
	s.throttle.Succeeded(a.account, a.place)
	secret := s.box.offer(o)
	return Authenticator{Officer: o.ID, Text: secret.Text(), URI: secret.URI(string(o.ID))}, nil
}

// oneTime gives who holds a one-time code that still opens something.
func (s *SignIn) oneTime(ctx context.Context, in Sheet) (attempt, account, credentials, error) {
	const op = "people: check one-time code"
	a, err := s.attempt(in.Officer, in.Place)
	if err != nil {
		return a, account{}, credentials{}, err
	}
	o, held, err := s.known(a.id)
	if err != nil {
		return a, o, held, err
	}
	right, err := s.Hasher.Matches(ctx, access.ReadOneTimeCode(in.OneTime), held.Code)
	switch {
	case err != nil:
		return a, o, held, err
	case !right || o.State != staffActive:
		return a, o, held, s.refuse(a, o, wire.StaffWrongOneTime)
	case o.Enrolled:
		return a, o, held, fault.New(fault.Used, op, "", nil)
	case s.Now().After(time.UnixMilli(held.Expires)):
		return a, o, held, fault.New(fault.Expired, op, "", nil)
	}
	return a, o, held, nil
}

// Enrolment ends with the password that the new officer chose, and proves that
// their phone has the secret.
type Enrolment struct {
	Sheet

	Password string
	Code     string // of the authenticator
}

// Enrol ends an enrolment: from here on password and authenticator count, the
// sheet is used, and the officer is signed in. Errors as Offer; Invalid with the
// rule that the password breaks.
func (s *SignIn) Enrol(ctx context.Context, in Enrolment) (Entered, error) {
	if err := checkPassword(in.Password, in.Officer); err != nil {
		return Entered{}, err
	}
	a, o, held, err := s.oneTime(ctx, in.Sheet)
	if err != nil {
		return Entered{}, err
	}
	if err := checkPassword(in.Password, in.Officer, held.Name); err != nil {
		return Entered{}, err
	}
	secret := s.box.offer(o)
	step, err := secret.Match(in.Code, s.Now(), access.NarrowWindow, 0)
	if err != nil {
		return Entered{}, s.refuse(a, o, wire.StaffWrong)
	}
	if held.Password, err = s.Hasher.Hash(ctx, in.Password); err != nil {
		return Entered{}, err
	}
	held.Secret = secret.Bytes()
	sealed, err := s.box.seal(o.ID, held)
	if err != nil {
		return Entered{}, err
	}
	return s.admit(a, admission{
		officer: o, name: held.Name, seat: visit{how: wire.StaffEnrolled, step: step, sealed: sealed},
	})
}

func checkPassword(password string, own ...string) error {
	rule := access.BrokenPasswordRule(password, own...)
	if rule == "" {
		return nil
	}
	return fault.New(fault.Invalid, "people: check password", "", web.CodedError{
		Code: web.Code(fault.Invalid.Code()), Violations: consular.Violations{{Field: "password", Rule: rule}},
	})
}
