package identity

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"jaliya/internal/outside"
)

// maxFailures is how many wrong PINs end a sign-in.
const maxFailures = 3

// maxForm caps what a page sends.
const maxForm = 8 << 10

// held finds the transaction that a page belongs to, in the browser that it was
// opened in. The caller holds the lock.
func (p *Provider) held(r *http.Request) *transaction {
	t := p.asked[r.FormValue("t")]
	named, err := r.Cookie(cookie)
	if t == nil || err != nil || time.Now().After(t.until) ||
		subtle.ConstantTimeCompare([]byte(named.Value), []byte(t.browser)) != 1 {
		return nil
	}
	return t
}

func (p *Provider) getLogin(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	t := p.held(r)
	p.mu.Unlock()
	if t == nil {
		p.page.lost(w, r)
		return
	}
	p.page.login(w, r, loginPage{Transaction: t.id, People: p.people, High: t.wanted == levelHigh, Status: http.StatusOK})
}

func (p *Provider) postLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	number, err := strconv.Atoi(r.PostFormValue("person"))
	level := r.PostFormValue("level")
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.held(r)
	if t == nil {
		p.page.lost(w, r)
		return
	}
	known := err == nil && number >= 0 && number < len(p.people)
	right := known && subtle.ConstantTimeCompare([]byte(r.PostFormValue("pin")), []byte(p.people[number].PIN)) == 1
	if !right || (level != levelHigh && (level != levelSubstantial || t.wanted == levelHigh)) {
		p.wrong(w, r, t, number)
		return
	}
	now := time.Now()
	t.citizen, t.level, t.proved = &p.people[number], level, now
	p.sessions[t.browser] = session{citizen: t.citizen, level: level, proved: now}
	http.Redirect(w, r, "/consent?"+url.Values{"t": {t.id}, "lang": {p.page.choose("", r)}}.Encode(), http.StatusSeeOther)
}

// wrong counts a wrong PIN; the last one ends the sign-in.
func (p *Provider) wrong(w http.ResponseWriter, r *http.Request, t *transaction, chosen int) {
	t.failures++
	if t.failures >= maxFailures {
		delete(p.asked, t.id)
		p.back(w, r, t, url.Values{"error": {"access_denied"}})
		return
	}
	p.page.login(w, r, loginPage{
		Transaction: t.id, People: p.people, High: t.wanted == levelHigh, Wrong: true, Chosen: chosen,
		Status: http.StatusUnprocessableEntity,
	})
}

func (p *Provider) getConsent(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	t := p.held(r)
	if t != nil && t.citizen == nil {
		t = nil
	}
	var shown consentPage
	if t != nil {
		shown = consentPage{Transaction: t.id, Client: t.client.ID, Person: t.citizen.Person, Redirect: t.redirect, Level: t.level}
	}
	p.mu.Unlock()
	if t == nil {
		p.page.lost(w, r)
		return
	}
	p.page.consent(w, r, shown)
}

// HoldBack is the fault of a provider that lets a person keep what is needed.
const HoldBack outside.Kind = "hold-back"

func (p *Provider) postConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	answer := r.PostFormValue("answer") // parses the form
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.held(r)
	if t == nil || t.citizen == nil || (answer != "agree" && answer != "refuse") {
		p.page.lost(w, r)
		return
	}
	delete(p.asked, t.id)
	if answer == "refuse" {
		p.back(w, r, t, url.Values{"error": {"access_denied"}})
		return
	}
	for _, name := range r.PostForm["release"] {
		if slices.Contains(optional, name) {
			t.agreed = append(t.agreed, name)
		}
	}
	code := token()
	t.grant.until = time.Now().Add(codeLife)
	p.granted[digest(code)] = t.grant
	p.back(w, r, t, url.Values{"code": {code}})
}
