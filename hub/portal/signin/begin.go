package signin

import (
	"crypto/sha256"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func digest(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

// oauth gives the library's view of us and the provider.
func (s *SignIn) oauth(p *provider) *oauth2.Config {
	c := &oauth2.Config{ClientID: s.cfg.ClientID, RedirectURL: s.cfg.RedirectURL, Scopes: []string{oidc.ScopeOpenID}, Endpoint: p.endpoint}
	if s.cfg.Profile == National {
		c.Scopes = append(c.Scopes, "person")
	}
	s.proof.prepare(c, s.cfg.Profile)
	return c
}

// question gives the parameters beyond those that the library sets.
func (s *SignIn) question(a *attempt) []oauth2.AuthCodeOption {
	params := []oauth2.AuthCodeOption{oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier)}
	add := func(name, value string) { params = append(params, oauth2.SetAuthURLParam(name, value)) }
	if a.want.Level != LevelNone {
		add("acr_values", a.want.Level.String())
	}
	if a.want.Language != "" {
		add("ui_locales", a.want.Language)
	}
	switch {
	case a.want.Fresh:
		add("prompt", "login")
		add("max_age", "0")
	case s.cfg.MaxAge > 0:
		add("max_age", strconv.Itoa(int(s.cfg.MaxAge.Std().Seconds())))
	}
	return params
}

// The cookie that names a browser. The prefix makes browsers refuse one that
// another host, or a page without TLS, has set.
const (
	cookieName   = "jaliya_signin"
	cookiePrefix = "__Host-"
)

var browserForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

func (s *SignIn) secure() bool { return strings.HasPrefix(s.cfg.RedirectURL, "https:") }

func (s *SignIn) cookie() string {
	if s.secure() {
		return cookiePrefix + cookieName
	}
	return cookieName
}

// browser reads the name of the browser, empty when it has none or several.
func (s *SignIn) browser(r *http.Request) string {
	held := r.CookiesNamed(s.cookie())
	if len(held) != 1 || !browserForm.MatchString(held[0].Value) {
		return ""
	}
	return held[0].Value
}

// nameBrowser keeps the name that a browser has, so that two tabs that sign in
// do not end each other's.
func (s *SignIn) nameBrowser(w http.ResponseWriter, r *http.Request) string {
	name := s.browser(r)
	if name == "" {
		name = secret()
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure follows the surface; a portal on loopback may have no TLS
		Name: s.cookie(), Value: name, Path: "/", MaxAge: int(pendingLife.Seconds()), Secure: s.secure(), HttpOnly: true,
		SameSite: http.SameSiteLaxMode, // the provider's answer comes from another site
	})
	return name
}
