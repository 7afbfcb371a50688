package desk

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
)

// Door gives the sign-in of the screens: the same actions as the API's.
func (a *SessionAPI) Door() Door { return door{a} }

type door struct{ api *SessionAPI }

// SignIn implements Door.
func (d door) SignIn(w http.ResponseWriter, r *http.Request, in SignInInput) error {
	entered, err := d.api.signIn.Enter(r.Context(), staff.Credentials{
		Staff: in.Staff, Password: in.Password, Code: in.Code, Workstation: Workstation(r),
	})
	if err != nil {
		return err
	}
	return d.api.seat(w, r, entered)
}

var sixDigits = regexp.MustCompile(`^\s*[0-9\x{0660}-\x{0669}]{3}\s?[0-9\x{0660}-\x{0669}]{3}\s*$`)

// Unlock implements Door. Six digits are no password of ours, so in the same
// field they are a code of the authenticator.
func (d door) Unlock(_ http.ResponseWriter, r *http.Request, password string) error {
	key := staff.Key{Password: password, Workstation: Workstation(r)}
	if sixDigits.MatchString(password) {
		key.Password, key.Code = "", strings.TrimSpace(password)
	}
	_, err := d.api.signIn.Unlock(r.Context(), d.api.cookie.Token(r), key)
	return err
}

// Lock implements Door.
func (d door) Lock(_ http.ResponseWriter, r *http.Request) error {
	return d.api.signIn.Lock(r.Context(), d.api.cookie.Token(r))
}

// SignOut implements Door. A session that is over already is out.
func (d door) SignOut(w http.ResponseWriter, r *http.Request) error {
	err := d.api.signIn.Leave(r.Context(), d.api.cookie.Token(r))
	if err != nil && !errors.Is(err, access.ErrNoIdentity) {
		return err
	}
	http.SetCookie(w, d.api.cookie.Clear())
	return nil
}

func (in EnrolInput) onSheet(r *http.Request) staff.Sheet {
	return staff.Sheet{Staff: in.Staff, OneTime: in.Sheet, Workstation: Workstation(r)}
}

// EnrolOffer implements Door.
func (d door) EnrolOffer(r *http.Request, in EnrolInput) (EnrolOffer, error) {
	a, err := d.api.signIn.Offer(r.Context(), in.onSheet(r))
	return EnrolOffer{Address: a.URI, Secret: a.Text}, err
}

// Enrol implements Door. It signs in as well: the code that was typed cannot be
// typed again.
func (d door) Enrol(w http.ResponseWriter, r *http.Request, in EnrolInput) error {
	entered, err := d.api.signIn.Enroll(r.Context(), staff.Enrolment{
		Sheet: in.onSheet(r), Password: in.Password, Code: in.Code,
	})
	if err != nil {
		return err
	}
	return d.api.seat(w, r, entered)
}
