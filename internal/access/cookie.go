package access

import (
	"net/http"
	"strings"

	"jaliya/internal/fault"
)

// Cookie says how one surface's session cookie is called and set.
type Cookie struct {
	Name   string
	Secure bool // the surface is served over TLS
}

// hostPrefix makes browsers refuse a cookie that another host of the domain, or
// a page without TLS, has set: nobody plants a session.
const hostPrefix = "__Host-"

// Called is what the cookie is called on the line.
func (c Cookie) Called() string {
	if c.Secure && !strings.HasPrefix(c.Name, hostPrefix) {
		return hostPrefix + c.Name
	}
	return c.Name
}

// DeskCookie names the cookie of a post's desk.
const DeskCookie = "jaliya_desk"

// HeaderPassive marks a request that no person made: a page that asks how the
// link stands. It does not put off the lock of an idle screen.
const HeaderPassive = "X-Jaliya-Passive" //nolint:gosec // G101: the name of a header

// Set gives the cookie that carries a session's token: for this server alone, not
// for scripts, not for other sites' requests, and gone with the browser.
func (c Cookie) Set(token string) *http.Cookie { return c.cookie(token, 0) }

func (c Cookie) cookie(token string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // G124: Secure follows the surface; a desk on loopback has no TLS
		Name: c.Called(), Value: token, Path: "/", MaxAge: maxAge, Secure: c.Secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

// Clear gives the cookie that takes it back.
func (c Cookie) Clear() *http.Cookie { return c.cookie("", -1) }

// Token reads the token of a request, empty when it has none or several.
func (c Cookie) Token(r *http.Request) string {
	held := r.CookiesNamed(c.Called())
	if len(held) != 1 {
		return ""
	}
	return held[0].Value
}

// CookieAuthenticator authenticates people by the session that their cookie
// names.
type CookieAuthenticator struct {
	Cookie Cookie
	// Who gives the person behind a session's token; active is false for a request
	// that the page made by itself, which keeps no session awake. Errors: Denied, with
	// ErrNoIdentity when there is no such session.
	Who func(token string, active bool) (Principal, error)
}

// Authenticate implements Authenticator.
func (a CookieAuthenticator) Authenticate(r *http.Request) (Principal, error) {
	token := a.Cookie.Token(r)
	if token == "" {
		return Principal{}, fault.New(fault.Denied, "access: authenticate", "session", ErrNoIdentity)
	}
	return a.Who(token, r.Header.Get(HeaderPassive) == "")
}

// Either authenticates programs by their token and people by their session: a
// request with an Authorization header is a program's, and its cookies count for
// nothing.
type Either struct {
	Programs, People Authenticator
}

// Authenticate implements Authenticator.
func (e Either) Authenticate(r *http.Request) (Principal, error) {
	if r.Header.Get("Authorization") != "" {
		return e.Programs.Authenticate(r)
	}
	return e.People.Authenticate(r)
}
