package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // G505: HMAC-SHA-1 is what every authenticator computes (RFC 6238), and HMAC does not need its collisions to be hard
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"

	"jaliya/internal/fault"
)

// The parameters of RFC 6238 that all authenticators share.
const (
	TOTPStep   = 30 * time.Second
	totpDigits = 6
	totpModulo = 1_000_000
	totpSecret = 20 // bytes, RFC 4226 section 4
)

// Windows of steps on both sides of the best known time.
const (
	// NarrowWindow is for a clock that the hub has measured: the person's phone
	// may be a minute off.
	NarrowWindow = 2
	// WideWindow is for a clock that nobody has measured since the start: two
	// and a half hours, so that a wrong time zone stops no desk. It makes 601 of
	// a million codes good for a moment, each once, behind a password and the
	// throttle.
	WideWindow = 300
)

// TOTP is the secret of one person's authenticator (RFC 6238, SHA-1, 6 digits,
// 30 s). It hides itself under every verb of fmt.
type TOTP struct{ secret []byte }

// NewTOTP draws a secret.
func NewTOTP() TOTP {
	t := TOTP{secret: make([]byte, totpSecret)}
	_, _ = rand.Read(t.secret) // crypto/rand ends the process instead of failing
	return t
}

// TOTPFrom takes a kept secret.
func TOTPFrom(secret []byte) TOTP { return TOTP{secret: secret} }

// Bytes gives the secret to keep, sealed.
func (t TOTP) Bytes() []byte { return t.secret }

// Format shows nothing.
func (TOTP) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[secret]")) }

// Text gives the secret as authenticators take it by hand: base32 in groups.
func (t TOTP) Text() string {
	return grouped(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(t.secret))
}

// URI gives what the QR code holds. The label shows in the authenticator; it is
// the staff id, so that a lost phone names nobody.
func (t TOTP) URI(label string) string {
	q := url.Values{
		"secret": {strings.ReplaceAll(t.Text(), " ", "")}, "issuer": {"Jaliya"},
		"algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"},
	}
	return (&url.URL{Scheme: "otpauth", Host: "totp", Path: "/Jaliya:" + label, RawQuery: q.Encode()}).String()
}

// Code gives the digits of a step.
func (t TOTP) Code(step uint64) string {
	mac := hmac.New(sha1.New, t.secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, step))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%totpModulo)
}

// StepAt gives the step of a moment.
func StepAt(now time.Time) uint64 {
	return uint64(max(0, now.Unix())) / uint64(TOTPStep/time.Second)
}

// Match looks for the step after last whose code was typed, in the window around
// now, and gives the one nearest to now. Every step is computed, found or not, so
// the time tells nothing. Errors: Denied.
func (t TOTP) Match(typed string, now time.Time, window, last uint64) (step uint64, err error) {
	const op = "access: match code"
	code, readable := digits(typed)
	center := StepAt(now)
	found := false
	for away := range window + 1 {
		for _, candidate := range []uint64{center + away, center - min(away, center)} {
			same := subtle.ConstantTimeCompare([]byte(t.Code(candidate)), []byte(code)) == 1
			if same && !found && candidate > last {
				step, found = candidate, true
			}
		}
	}
	if !found || !readable {
		return 0, fault.New(fault.Denied, op, "", nil)
	}
	return step, nil
}

// digits reads six digits, Arabic-Indic ones and blanks between them as well.
func digits(typed string) (string, bool) {
	var b strings.Builder
	for _, r := range typed {
		switch {
		case r == ' ' || r == '\u00a0' || r == '-':
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '\u0660' && r <= '\u0669':
			b.WriteRune(r - '\u0660' + '0')
		default:
			return "000000", false
		}
		if b.Len() > totpDigits {
			return "000000", false
		}
	}
	if b.Len() != totpDigits {
		return "000000", false
	}
	return b.String(), true
}

// grouped puts a blank after each four.
func grouped(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
