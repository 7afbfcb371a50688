package account_test

import (
	"crypto/sha256"
	"encoding/hex"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/wire"
)

var errDown = fault.New(fault.Unavailable, "test", "", nil)

// TestStolenSignIn brings a provider's answer to another browser, and a second
// time to its own.
func TestStolenSignIn(t *testing.T) {
	w := newWorld(t)
	victim, thief := w.person(1), w.person(2)
	var back string
	victim.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/signin/callback" {
			back = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	victim.through(victim.get("/signin"))
	require.NotEmpty(t, back)
	page := thief.get(back)
	require.Equal(t, http.StatusForbidden, page.status)
	require.Contains(t, page.text, "No sign-in has begun in this browser")
	require.Equal(t, w.issuer, thief.get("/requests").host, "nobody is signed in")
	victim.client.CheckRedirect = nil
	require.Equal(t, "/requests", victim.get(back).path)
	page = victim.get(back)
	require.Equal(t, http.StatusGone, page.status)
	require.Contains(t, page.text, "It counts once")
	require.Equal(t, "/requests", victim.get("/requests").path, "who is in stays in")
}

// TestForm refuses what people and programs type wrongly, and keeps what they
// typed.
func TestForm(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	p.fill()
	before := p.review()
	for _, tc := range []struct {
		name, path string
		form       []string
		words      string
	}{
		{"NoService", "/ask", nil, "Choose an answer"},
		{"Card", "/ask", []string{"service", "cnie.first"}, "Choose an answer"},
		{"NoPurpose", "/ask/use", []string{"country", "ES"}, "Choose an answer"},
		{"NoCountry", "/ask/use", []string{"purpose", "visa", "country", "XX"}, "Choose a country"},
		{"NoText", "/ask/use", []string{"purpose", "other", "country", "ES"}, "Write a few words"},
		{"Script", "/ask/use", []string{"purpose", "other", "country", "ES", "text", "<script>alert(1)</script>"}, "Use letters, digits"},
		{"Template", "/ask/use", []string{"purpose", "other", "country", "ES", "text", "{{.Who}}"}, "Use letters, digits"},
		{"OtherLetters", "/ask/use", []string{"purpose", "other", "country", "ES", "text", "раура"}, "Use letters, digits"},
		{"Override", "/ask/use", []string{"purpose", "other", "country", "ES", "text", "visa\u202egnp.exe"}, "invisible"},
		{"Isolate", "/ask/use", []string{"purpose", "other", "country", "ES", "text", "a\u2066b\u2069"}, "invisible"},
		{"ZeroWidth", "/ask/use", []string{"purpose", "other", "country", "ES", "text", "vi\u200bsa"}, "invisible"},
		{"Null", "/ask/use", []string{"purpose", "other", "country", "ES", "text", "vi\x00sa"}, "invisible"},
		{"NotUTF8", "/ask/use", []string{"purpose", "other", "country", "ES", "text", "vi\xffsa"}, "invisible"},
		{"Lines", "/ask/use", []string{"purpose", "other", "country", "ES", "text", "a\nb"}, "invisible"},
		{"Long", "/ask/use", []string{"purpose", "other", "country", "ES", "text", strings.Repeat("a", 201)}, "too long"},
		{"NoLegalization", "/ask/legalization", []string{"legalization", "gold"}, "Choose an answer"},
		{"ByMail", "/ask/delivery", []string{"mode", "mail"}, "Choose an answer"},
		{"NoContact", "/ask/contact", []string{"language", "ar"}, "Give a telephone number"},
		{"LocalNumber", "/ask/contact", []string{"language", "ar", "phone", "612345678"}, "country code"},
		{"BadMail", "/ask/contact", []string{"language", "ar", "email", "a@b"}, "the sign @"},
		{"NotAgreed", "/ask/consent", []string{"version", "record-online/1", "read_in", "ar"}, "Tick the box"},
		{"OldConsent", "/ask/consent", []string{"agree", "yes", "version", "record-online/0", "read_in", "ar"}, "Tick the box"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			page := p.post(tc.path, tc.form...)
			require.Equal(t, http.StatusUnprocessableEntity, page.status)
			require.Contains(t, page.text, tc.words)
			require.NotContains(t, page.text, "<script>alert")
			for i := 0; i+1 < len(tc.form); i += 2 {
				if name := tc.form[i]; name == "phone" || name == "email" {
					require.Contains(t, page.text, html.EscapeString(tc.form[i+1]), "what was typed is kept")
				}
			}
			require.Equal(t, before, p.review(), "nothing has changed")
		})
	}
	require.Empty(t, w.kinds())
	require.Equal(t, http.StatusNotFound, p.get("/ask/nonsense").status)
	require.Equal(t, http.StatusRequestEntityTooLarge, p.post("/ask/use", "text", strings.Repeat("a", 65<<10)).status)
}

// TestFiledOnce presses the button as people do.
func TestFiledOnce(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	filing := p.fill()
	var all sync.WaitGroup
	pages := make([]shown, 4)
	for i := range pages {
		all.Go(func() { pages[i] = p.post("/ask/review", "filing", filing) })
	}
	all.Wait()
	ref := referenceOf(t, pages[0])
	for _, page := range append(pages, p.post("/ask/review", "filing", filing)) {
		require.Equal(t, at(ref, "/filed"), page.path)
	}
	require.Equal(t, []wire.Kind{wire.KindRequestReleased}, w.kinds())
	require.Equal(t, 1, w.member.filings)
}

// TestTwoTabs changes an answer in one tab and sends from the other.
func TestTwoTabs(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	seen := p.fill()
	require.Equal(t, "/ask/review", p.post("/ask/use", "purpose", "visa", "country", "FR").path)
	page := p.post("/ask/review", "filing", seen)
	require.Equal(t, "/ask/review", page.path, "what was not looked at is not sent")
	require.Contains(t, page.text, "France")
	require.Empty(t, w.kinds())
	p.post("/ask/review", "filing", p.review())
	require.Len(t, w.kinds(), 1)
}

// TestAnswerLost loses the hub's answer: what was sent is sent again as it was.
func TestAnswerLost(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	filing := p.fill()
	w.member.set(func(m *member) { m.lost = errDown })
	page := p.post("/ask/review", "filing", filing)
	require.Equal(t, http.StatusServiceUnavailable, page.status)
	require.Contains(t, page.text, "We do not know whether it arrived")
	require.Equal(t, "/ask/review", p.post("/ask/use", "purpose", "visa", "country", "FR").path)
	require.Equal(t, filing, p.review(), "nothing is changed before it is known")
	w.member.set(func(m *member) { m.lost = nil })
	ref := referenceOf(t, p.post("/ask/review", "filing", filing))
	require.Equal(t, []wire.Kind{wire.KindRequestReleased}, w.kinds())
	require.Equal(t, 2, w.member.filings)
	w.examine(ref)

	w.pay(ref)
	w.issue(ref)
	w.member.set(func(m *member) { m.lost = errDown })
	require.Equal(t, at(ref, "/print/confirm"), p.post(at(ref, "/print"), "post", "ES-LEI").path)
	page = p.prove(at(ref, "/print/signin"))
	require.Equal(t, http.StatusServiceUnavailable, page.status)
	require.NotContains(t, page.text, "panel reference", "no code before it is known to count")
	w.member.set(func(m *member) { m.lost = nil })
	page = p.post(at(ref, "/print/code"))
	require.Equal(t, http.StatusOK, page.status)
	c, err := w.Case(ref)
	require.NoError(t, err)
	require.Equal(t, wire.Digest(codeOf(t, page.text).Hash(ref)), c.PrintCode)
	require.Len(t, w.kinds(), 2)
}

// TestHubDown asks while no member answers.
func TestHubDown(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	filing := p.fill()
	w.member.set(func(m *member) { m.down = errDown })
	for _, path := range []string{"/requests", at("123456789012345676", "")} {
		page := p.get(path)
		if page.status != http.StatusNotFound { // a reference that is none is not asked for
			require.Equal(t, http.StatusServiceUnavailable, page.status)
			require.Contains(t, page.text, "does not answer now")
		}
	}
	require.Equal(t, http.StatusServiceUnavailable, p.post("/ask/review", "filing", filing).status)
	w.member.set(func(m *member) { m.down = nil })
	require.Contains(t, p.post("/ask/review", "filing", p.review()).path, "/filed")
	require.Len(t, w.kinds(), 1)
}

// TestSessionEnds lets a session end while the person types.
func TestSessionEnds(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	p.fill()
	w.passed.Add(int64(31 * time.Minute))
	page := p.post("/ask/use", "purpose", "other", "text", "Carte de séjour", "country", "FR")
	require.Equal(t, http.StatusUnauthorized, page.status)
	require.Contains(t, page.text, "Your session is over")
	require.Contains(t, page.text, "what you typed will be there")
	require.Empty(t, w.kinds())
	page = p.through(p.get("/signin?next=/ask/use"))
	require.Equal(t, "/ask/use", page.path)
	require.Contains(t, page.text, "Carte de séjour")
	require.Contains(t, page.text, "What you typed is still here")
	require.Equal(t, "/ask/review", p.post("/ask/use", "purpose", "other", "text", "Carte de séjour", "country", "FR").path, "the other answers are there")

	w.passed.Add(int64(31 * time.Minute))
	require.Equal(t, http.StatusUnauthorized, p.post("/ask/use", "purpose", "other", "text", "Carte grise", "country", "FR").status)
	p.number = 2
	p.forgotten()
	page = p.through(p.get("/signin?next=/ask/use"))
	require.NotContains(t, page.text, "Carte", "another person at the same browser finds nothing")
	require.Equal(t, "/ask", page.path)
}

// TestSignOut ends a session for good.
func TestSignOut(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	ref := p.filed()
	here, err := url.Parse(w.server.URL)
	require.NoError(t, err)
	held := p.client.Jar.Cookies(here)
	require.Contains(t, p.get("/signout").text, "Do you want to sign out?")
	p.post("/signout")
	p.client.Jar.SetCookies(here, held)
	require.Equal(t, w.issuer, p.get(at(ref, "")).host, "the old cookie opens nothing")
	require.Equal(t, http.StatusUnauthorized, p.post(at(ref, "/withdraw")).status)
	require.Len(t, w.kinds(), 1)
}

// TestOtherSite sends forms from elsewhere.
func TestOtherSite(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	ref := p.filed()
	for _, path := range []string{"/ask", "/signout", at(ref, "/withdraw"), at(ref, "/document")} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+path, http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Origin", "https://evil.example")
		require.Equal(t, http.StatusForbidden, p.do(r).status, path)
	}
	require.Len(t, w.kinds(), 1)
	page := p.get("/signin?next=//evil.example/")
	require.Equal(t, w.server.URL, page.host, "a redirect never leads elsewhere")
}

// TestHeldBack signs in without what the request needs.
func TestHeldBack(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	page := p.get("/signin")
	found := hidden.FindStringSubmatch(page.text)
	page = p.post(w.issuer+"/login", "t", found[1], "person", "1", "pin", w.provider.People()[1].PIN, "level", "substantial")
	found = hidden.FindStringSubmatch(page.text)
	p.post(w.issuer+"/consent", "t", found[1], "answer", "agree")
	for _, one := range [][]string{
		{"/ask", "service", "record.justice"},
		{"/ask/use", "purpose", "visa", "country", "ES"},
		{"/ask/legalization", "legalization", "apostille"},
		{"/ask/delivery", "mode", "electronic"},
		{"/ask/contact", "email", "a@example.org", "language", "es"},
	} {
		p.post(one[0], one[1:]...)
	}
	page = p.post("/ask/consent", "agree", "yes", "version", "record-online/1", "read_in", "es")
	require.Equal(t, http.StatusConflict, page.status)
	require.Contains(t, page.text, "Something of your identity is missing")
	page = p.through(p.get("/signin?again=1&next=/ask/review"))
	require.Equal(t, "/ask/review", page.path)
	require.Contains(t, page.text, "Not offered here yet")
	require.Contains(t, p.post("/ask/review", "filing", p.review()).path, "/filed")
}

// TestNothingPersonal looks for what must not be there: in log lines, and so in
// routes and errors, after a whole story with its failures.
func TestNothingPersonal(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	filing := p.fill()
	p.post("/ask/use", "purpose", "other", "text", "canary purpose <", "country", "ES")
	p.post("/ask/contact", "email", "canary.wrong@", "phone", "canary-phone", "language", "es")
	w.member.set(func(m *member) { m.lost = errDown })
	p.post("/ask/review", "filing", filing)
	w.member.set(func(m *member) { m.lost = nil })
	ref := referenceOf(t, p.post("/ask/review", "filing", filing))
	w.examine(ref)
	w.pay(ref)
	w.query(ref)
	p.get(at(ref, "/answer"))
	p.post(at(ref, "/answer"), "text", "canary answer")
	w.issue(ref)
	p.prove(at(ref, "/document/signin"))
	p.post(at(ref, "/document"))
	p.post(at(ref, "/document"))
	p.post(at(ref, "/print"), "post", "ES-LEI")
	code := codeOf(t, p.prove(at(ref, "/print/signin")).text)
	w.member.set(func(m *member) { m.down = errDown })
	p.get("/requests")
	logged := w.log.String()
	require.Contains(t, logged, "route=/requests/:reference/document")
	who := w.provider.People()[1].Person
	for _, one := range []string{
		who.Family.Latin, who.Family.Arabic, who.Given.Latin, who.Given.Arabic, string(who.NationalNumber), string(who.Birth),
		"612345678", "canary", ref.Digits(), ref.String(), string(code), code.Printed(), "%PDF",
	} {
		require.NotContains(t, logged, one)
	}
}

// TestConsentVersion holds text and version together: whoever changes one
// changes the other.
func TestConsentVersion(t *testing.T) {
	catalog, err := lang.Open()
	require.NoError(t, err)
	sum := sha256.New()
	for _, l := range []consular.Language{consular.Arabic, consular.French} {
		for _, part := range []string{"what", "who", "where", "rights", "agree"} {
			sum.Write([]byte(catalog.Printer(l).T("account.consent."+part) + "\n"))
		}
	}
	require.Equal(t, "7b0ef4f601cda622", hex.EncodeToString(sum.Sum(nil)[:8]), "record-online/1")
}
