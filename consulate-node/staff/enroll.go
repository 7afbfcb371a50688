package staff

import (
	"bytes"
	"context"
	"image/png"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Sheet is what stands on the enrolment sheet, and where it was typed.
type Sheet struct {
	Staff       string
	OneTime     string
	Workstation string
}

// Authenticator is what the new member's phone is given.
type Authenticator struct {
	Staff wire.StaffID
	Text  string // for typing
	URI   string // otpauth
	QR    []byte // the URI as PNG
}

// Offer gives who holds a sheet the secret for their authenticator: the same one
// until Enroll, so that a page may be shown again. Errors: Denied with
// web.CodeSignIn for an unknown id or a wrong code, alike; Expired and Used for
// the right code only; as Enter otherwise.
func (s *SignIn) Offer(ctx context.Context, in Sheet) (Authenticator, error) {
	a, m, err := s.oneTime(ctx, in)
	if err != nil {
		return Authenticator{}, err
	}
	s.throttle.Succeeded(a.account, a.place)
	if m, err = s.draw(m); err != nil {
		return Authenticator{}, err
	}
	secret := access.TOTPFrom(m.Pending)
	picture, err := drawQR(secret.URI(string(m.ID)))
	return Authenticator{Staff: m.ID, Text: secret.Text(), URI: secret.URI(string(m.ID)), QR: picture}, err
}

func checkPassword(password string, own ...string) error {
	rule := access.BrokenPasswordRule(password, own...)
	if rule == "" {
		return nil
	}
	return fault.New(fault.Invalid, "staff: check password", "", web.CodedError{
		Code: web.Code(fault.Invalid.Code()), Violations: consular.Violations{{Field: "password", Rule: rule}},
	})
}

// oneTime gives who holds a one-time code that still opens something.
func (s *SignIn) oneTime(ctx context.Context, in Sheet) (attempt, member, error) {
	const op = "staff: check one-time code"
	a, err := s.attempt(in.Staff, in.Workstation)
	if err != nil {
		return a, member{}, err
	}
	m := s.member(a.id)
	right, err := s.o.Hasher.Matches(ctx, access.ReadOneTimeCode(in.OneTime), m.Code)
	switch {
	case err != nil:
		return a, m, err
	case !right || m.Disabled:
		return a, m, s.refuse(ctx, a, wire.StaffWrongOneTime)
	case m.Used:
		return a, m, fault.New(fault.Used, op, "", nil)
	case s.now().UnixMilli() > m.Expires:
		return a, m, fault.New(fault.Expired, op, "", nil)
	}
	return a, m, nil
}

// draw gives the member a secret to confirm, durable, unless one waits already.
func (s *SignIn) draw(seen member) (member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.members[seen.ID]
	if m.Revision != seen.Revision || m.Used {
		return m, fault.New(fault.Used, "staff: offer secret", "", nil)
	}
	if len(m.Pending) > 0 {
		return m, nil
	}
	m.Pending = access.NewTOTP().Bytes()
	err := s.o.Journal.Update(func(w kv.Writer) error { return s.cells.putMember(w, m) })
	if err == nil {
		s.members[m.ID] = m
	}
	return m, err
}

// qrSize is the side of the picture in pixels; the URI makes about 45 modules.
const qrSize = 360

func drawQR(content string) ([]byte, error) {
	const op = "staff: draw code"
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err == nil {
		code, err = barcode.Scale(code, qrSize, qrSize)
	}
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, code); err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	return out.Bytes(), nil
}

// Enrolment ends with the password that the new member chose, and proves that
// their phone has the secret.
type Enrolment struct {
	Sheet

	Password string
	Code     string // of the authenticator
}

// Enroll ends an enrolment: from here on password and authenticator count, the
// one-time code is used, and the member is signed in. Errors as Offer; NotFound
// without an Offer before; Invalid with the rule that the password breaks.
func (s *SignIn) Enroll(ctx context.Context, in Enrolment) (Entered, error) {
	if err := checkPassword(in.Password, in.Staff); err != nil {
		return Entered{}, err
	}
	a, m, err := s.oneTime(ctx, in.Sheet)
	if err != nil {
		return Entered{}, err
	}
	if err := checkPassword(in.Password, in.Staff, m.Name); err != nil {
		return Entered{}, err
	}
	if len(m.Pending) == 0 {
		return Entered{}, fault.New(fault.NotFound, "staff: enroll", "", nil)
	}
	step, err := s.totp(m.Pending).Match(in.Code, s.now(), s.window(), 0)
	if err != nil {
		return Entered{}, s.refuse(ctx, a, wire.StaffWrong)
	}
	hash, err := s.o.Hasher.Hash(ctx, in.Password)
	if err != nil {
		return Entered{}, err
	}
	return s.admit(ctx, a, admission{seen: m, how: wire.StaffEnrolled, change: func(m member) member {
		m.Password, m.Secret, m.Step = hash, m.Pending, step
		m.Used, m.Pending = true, nil
		return m
	}})
}
