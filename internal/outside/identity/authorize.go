package identity

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"jaliya/internal/outside"
)

// cookie names the browser, so that a page opened in one is not answered in
// another.
const cookie = "simulated_identity"

var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// getAuthorize takes a client's question. What is wrong with client or redirect
// address is said on a page, anything else goes back to the client.
func (p *Provider) getAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, values := range q {
		if len(values) > 1 {
			outside.Problem(w, http.StatusBadRequest, "repeated-parameter")
			return
		}
	}
	client := p.client(q.Get("client_id"))
	redirect := q.Get("redirect_uri")
	if client == nil || !slices.Contains(client.Redirects, redirect) {
		outside.Problem(w, http.StatusBadRequest, "client-or-redirect")
		return
	}
	t := &transaction{
		grant: grant{id: token(), client: client, redirect: redirect, nonce: q.Get("nonce"), challenge: q.Get("code_challenge")},
		state: q.Get("state"), again: slices.Contains(strings.Fields(q.Get("prompt")), "login"),
	}
	if code := t.read(q); code != "" {
		p.back(w, r, t, url.Values{"error": {code}})
		return
	}
	now := time.Now()
	t.browser, t.until = p.browser(w, r), now.Add(transactionLife)
	p.mu.Lock()
	p.sweep(now)
	p.asked[t.id] = t
	known := p.resume(t, now)
	p.mu.Unlock()
	to := "/login"
	switch {
	case known:
		to = "/consent"
	case q.Get("prompt") == "none":
		p.back(w, r, t, url.Values{"error": {"login_required"}})
		return
	}
	http.Redirect(w, r, to+"?"+url.Values{"t": {t.id}, "lang": {p.page.choose(q.Get("ui_locales"), r)}}.Encode(), http.StatusSeeOther)
}

// read takes the parameters and gives the error of the standard, empty for none.
func (t *transaction) read(q url.Values) string {
	scopes := strings.Fields(q.Get("scope"))
	switch {
	case q.Get("response_type") != "code":
		return "unsupported_response_type"
	case !slices.Contains(scopes, "openid"):
		return "invalid_scope"
	case t.nonce == "" || t.state == "" || len(t.nonce) > 200 || len(t.state) > 200:
		return "invalid_request"
	case q.Get("code_challenge_method") != "S256" || !challengeForm.MatchString(t.challenge):
		return "invalid_request"
	}
	t.wanted = levelSubstantial
	if values := strings.Fields(q.Get("acr_values")); len(values) > 0 {
		if t.wanted = values[0]; t.wanted != levelSubstantial && t.wanted != levelHigh {
			return "unmet_authentication_requirements"
		}
	}
	return t.readAge(q.Get("max_age"))
}

func (t *transaction) readAge(text string) string {
	if text == "" {
		return ""
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 || seconds > 1<<30 {
		return "invalid_request"
	}
	t.maxAge, t.limited = time.Duration(seconds)*time.Second, true
	return ""
}

// StaleLogin is the fault of a provider that does not ask again although it
// should, and says so.
const StaleLogin outside.Kind = "stale-login"

// resume takes who is signed in here already, where the question allows it. The
// caller holds the lock.
func (p *Provider) resume(t *transaction, now time.Time) bool {
	s, found := p.sessions[t.browser]
	if !found || (t.wanted == levelHigh && s.level != levelHigh) {
		return false
	}
	if t.again || (t.limited && now.Sub(s.proved) > t.maxAge) {
		if _, stale := p.faults.Fires(StaleLogin, ""); !stale {
			return false
		}
	}
	t.citizen, t.level, t.proved = s.citizen, s.level, s.proved
	return true
}

func (p *Provider) client(id string) *Client {
	for i := range p.cfg.Clients {
		if p.cfg.Clients[i].ID == id {
			return &p.cfg.Clients[i]
		}
	}
	return nil
}

// browser gives the name of the browser, and gives it one.
func (p *Provider) browser(w http.ResponseWriter, r *http.Request) string {
	if held, err := r.Cookie(cookie); err == nil && challengeForm.MatchString(held.Value) {
		return held.Value
	}
	name := token()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure follows the issuer; on loopback there is no TLS
		Name: cookie, Value: name, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(p.cfg.Issuer, "https:"),
	})
	return name
}

// WrongIssuer is the fault of an answer that another provider has sent.
const WrongIssuer outside.Kind = "wrong-issuer"

// back sends the browser to the client.
func (p *Provider) back(w http.ResponseWriter, r *http.Request, t *transaction, answer url.Values) {
	answer.Set("state", t.state)
	answer.Set("iss", p.cfg.Issuer)
	if _, yes := p.faults.Fires(WrongIssuer, ""); yes {
		answer.Set("iss", "https://other.example.org")
	}
	sep := "?"
	if strings.Contains(t.redirect, "?") {
		sep = "&"
	}
	http.Redirect(w, r, t.redirect+sep+answer.Encode(), http.StatusSeeOther)
}
