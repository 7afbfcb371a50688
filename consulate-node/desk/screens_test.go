package desk_test

import (
	"bytes"
	"html"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/paper"
	"jaliya/internal/web"
)

// roleCookie is who a browser of the tests is: "role" or "role:number".
const roleCookie = "role"

// cookieAuth knows a browser by what its cookie says.
type cookieAuth struct{}

func (cookieAuth) Authenticate(r *http.Request) (access.Principal, error) {
	held, err := r.Cookie(roleCookie)
	if err != nil {
		return access.Principal{}, fault.New(fault.Denied, "test", "", access.ErrNoIdentity)
	}
	if held.Value == "locked" {
		return access.Principal{}, fault.New(fault.Denied, "test", "", desk.ErrLocked)
	}
	role, _, _ := strings.Cut(held.Value, "-2")
	name := map[string]string{"agent": "Nadia Tazi", "supervisor": "Karim Alaoui"}[role]
	return access.Principal{ID: "staff:" + held.Value, Name: name, Role: access.Role(role), Surface: access.SurfaceDesk}, nil
}

// fakeDoor opens for one password.
type fakeDoor struct{}

func (fakeDoor) SignIn(w http.ResponseWriter, _ *http.Request, in desk.SignInInput) error {
	if in.Password != "open sesame" {
		return fault.New(fault.Denied, "test", "", nil)
	}
	http.SetCookie(w, &http.Cookie{Name: roleCookie, Value: in.Staff, Path: "/", HttpOnly: true})
	return nil
}

func (fakeDoor) Unlock(w http.ResponseWriter, _ *http.Request, password string) error {
	if password != "open sesame" {
		return fault.New(fault.Denied, "test", "", nil)
	}
	http.SetCookie(w, &http.Cookie{Name: roleCookie, Value: "agent", Path: "/", HttpOnly: true})
	return nil
}

func (fakeDoor) Lock(w http.ResponseWriter, _ *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: roleCookie, Value: "locked", Path: "/", HttpOnly: true})
	return nil
}

func (fakeDoor) SignOut(w http.ResponseWriter, _ *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: roleCookie, Path: "/", MaxAge: -1})
	return nil
}

func (fakeDoor) EnrolOffer(_ *http.Request, in desk.EnrolInput) (desk.EnrolOffer, error) {
	if in.Sheet != "SHEET" {
		return desk.EnrolOffer{}, fault.New(fault.Denied, "test", "", nil)
	}
	return desk.EnrolOffer{Address: "otpauth://totp/Jaliya:agent?secret=ABC", Secret: "ABCD EFGH"}, nil
}

func (fakeDoor) Enrol(http.ResponseWriter, *http.Request, desk.EnrolInput) error { return nil }

// screens mounts the screens beside the API of a world.
func (w *world) screens(tb testing.TB) http.Handler {
	tb.Helper()
	catalog, err := lang.Open()
	require.NoError(tb, err)
	press, err := paper.NewPress(catalog)
	require.NoError(tb, err)
	s, err := desk.NewScreens(w.desk, desk.ScreenOptions{
		Auth: cookieAuth{}, Catalog: catalog, Door: fakeDoor{}, Press: press, Development: true,
	})
	require.NoError(tb, err)
	engine := web.NewEngine(slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	desk.NewAPI(w.desk, w.auth).Register(engine)
	s.Register(engine)
	return engine
}

// surfer is a browser without scripts.
type surfer struct {
	tb      testing.TB
	handler http.Handler
	role    string
	lang    string
}

type seen struct {
	*httptest.ResponseRecorder
	at   string // path of the last answer
	text string
}

func (s surfer) do(r *http.Request) seen {
	s.tb.Helper()
	r.Header.Set("Accept-Language", s.lang)
	if s.role != "" {
		r.AddCookie(&http.Cookie{Name: roleCookie, Value: s.role})
	}
	rec := httptest.NewRecorder()
	s.handler.ServeHTTP(rec, r)
	return seen{ResponseRecorder: rec, at: r.URL.RequestURI(), text: rec.Body.String()}
}

func (s surfer) get(path string) seen {
	s.tb.Helper()
	path, fragment, _ := strings.Cut(path, "#")
	got := s.do(httptest.NewRequestWithContext(s.tb.Context(), http.MethodGet, path, nil))
	if got.Code == http.StatusSeeOther {
		return s.get(got.Header().Get("Location"))
	}
	if fragment != "" {
		got.at += "#" + fragment
	}
	return got
}

// post sends a form and follows where it leads.
func (s surfer) post(path string, form url.Values) seen {
	s.tb.Helper()
	r := httptest.NewRequestWithContext(s.tb.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.follow(s.do(r))
}

func (s surfer) follow(got seen) seen {
	s.tb.Helper()
	if got.Code == http.StatusSeeOther {
		return s.get(got.Header().Get("Location"))
	}
	return got
}

// send sends a form with files.
func (s surfer) send(path string, form url.Values, files map[string][]byte) seen {
	s.tb.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, values := range form {
		require.NoError(s.tb, m.WriteField(name, values[0]))
	}
	for name, raw := range files {
		part, err := m.CreateFormFile(name, "bild.bin")
		require.NoError(s.tb, err)
		_, err = part.Write(raw)
		require.NoError(s.tb, err)
	}
	require.NoError(s.tb, m.Close())
	r := httptest.NewRequestWithContext(s.tb.Context(), http.MethodPost, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return s.follow(s.do(r))
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="(visit|version)" value="([^"]*)"`)

// hidden reads a hidden field of a page.
func (p seen) hidden(name string) string {
	for _, m := range hiddenField.FindAllStringSubmatch(p.text, -1) {
		if m[1] == name {
			return html.UnescapeString(m[2])
		}
	}
	return ""
}

// versioned is a form that carries the version of the page.
func (p seen) versioned(pairs ...string) url.Values {
	out := url.Values{"version": {p.hidden("version")}}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

func TestScreenRoutesAskForTheirPermission(t *testing.T) {
	w := newWorld(t)
	handler := w.screens(t)
	for _, route := range desk.ScreenRoutes() {
		for _, role := range access.Roles() {
			path := strings.NewReplacer(":visit", strings.Repeat("0", 32), ":name", "portrait", ":step", "person",
				":reference", strings.Repeat("1", 18)).Replace(route.Path)
			r := httptest.NewRequestWithContext(t.Context(), route.Method, path, nil)
			got := surfer{tb: t, handler: handler, role: string(role), lang: "fr"}.do(r)
			denied := got.Code == http.StatusForbidden
			require.Equal(t, !role.Has(route.Permission), denied, "%s %s %s: %d", role, route.Method, route.Path, got.Code)
			if denied {
				require.Contains(t, got.text, "Votre fonction ne permet pas")
			}
		}
	}
}

func TestNobodyIsSentToTheDoor(t *testing.T) {
	w := newWorld(t)
	s := surfer{tb: t, handler: w.screens(t), lang: "fr"}
	for _, route := range desk.ScreenRoutes() {
		r := httptest.NewRequestWithContext(t.Context(), route.Method, strings.ReplaceAll(route.Path, ":", "x"), nil)
		got := s.do(r)
		if route.Method == http.MethodGet {
			require.Equal(t, http.StatusSeeOther, got.Code, route.Path)
			require.Contains(t, got.Header().Get("Location"), "/sign-in?next=/")
			continue
		}
		require.Equal(t, http.StatusUnauthorized, got.Code, route.Path)
	}
	s.role = "locked"
	require.Contains(t, s.get("/visits/new").text, "Écran verrouillé")
}

func TestDoor(t *testing.T) {
	w := newWorld(t)
	s := surfer{tb: t, handler: w.screens(t), lang: "fr"}
	t.Run("ErrNoMatch", func(t *testing.T) {
		got := s.post("/sign-in", url.Values{"staff": {"n.tazi"}, "password": {"hunter2"}, "code": {"123456"}})
		require.Equal(t, http.StatusUnauthorized, got.Code)
		require.Contains(t, got.text, "n.tazi")
		require.NotContains(t, got.text, "hunter2")
		require.NotContains(t, got.text, "123456")
	})
	t.Run("OK", func(t *testing.T) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", strings.NewReader(url.Values{
			"staff": {"agent"}, "password": {"open sesame"}, "next": {"/find"},
		}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		got := s.do(r)
		require.Equal(t, "/find", got.Header().Get("Location"))
		require.Contains(t, got.Header().Get("Set-Cookie"), "role=agent")
	})
	t.Run("ErrOpenRedirect", func(t *testing.T) {
		for _, next := range []string{"//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"} {
			require.Equal(t, "/", web.LocalPath(next), next)
		}
	})
	t.Run("OKEnrol", func(t *testing.T) {
		got := s.post("/enrol", url.Values{"staff": {"agent"}, "sheet": {"SHEET"}})
		require.Contains(t, got.text, "ABCD EFGH")
		require.Contains(t, got.text, "<svg")
		got = s.post("/enrol", url.Values{"staff": {"agent"}, "sheet": {"WRONG"}})
		require.Equal(t, http.StatusUnauthorized, got.Code)
	})
}

func TestLanguageAndDirection(t *testing.T) {
	w := newWorld(t)
	for code, dir := range map[string]string{"ar": "rtl", "fr": "ltr", "en": "ltr", "ary": "rtl"} {
		s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: code}
		got := s.get("/")
		require.Equal(t, http.StatusOK, got.Code)
		require.Contains(t, got.text, `dir="`+dir+`"`)
		require.Contains(t, got.text, `<html lang="`+code[:2]+`" dir="`+dir+`">`)
	}
	s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/language", strings.NewReader("language=ar&back=/find"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got := s.do(r)
	require.Equal(t, "/find", got.Header().Get("Location"))
	require.Contains(t, got.Header().Get("Set-Cookie"), "jaliya_desk_language=ar")
}

// TestWholeVisitWithoutScripts is a visit by plain forms and nothing else.
func TestWholeVisitWithoutScripts(t *testing.T) {
	w := newWorld(t)
	handler := w.screens(t)
	agent := surfer{tb: t, handler: handler, role: "agent", lang: "fr"}
	visit := agent.wholeVisit(t)

	review := agent.get("/visits/" + visit + "/steps/review")
	require.Contains(t, review.text, "Le dossier est complet", review.text)
	require.Contains(t, review.text, familyArabic)
	require.Contains(t, agent.get("/visits/"+visit+"/handoff").text, "superviseur")

	own := surfer{tb: t, handler: handler, role: "supervisor", lang: "fr"}
	page := own.get("/visits/" + visit + "/release")
	require.Equal(t, http.StatusOK, page.Code)
	done := own.post("/visits/"+visit+"/release", page.versioned())
	require.Equal(t, http.StatusOK, done.Code, done.text)
	require.Contains(t, done.text, "Dossier validé")
	require.Contains(t, done.text, "L1")
	require.Contains(t, done.text, "slip.pdf")
	code := regexp.MustCompile(`\d{4}[ \x{a0}-]\d{4}<`).FindString(done.text)
	require.NotEmpty(t, code)

	again := own.post("/visits/"+visit+"/release", page.versioned())
	require.Contains(t, again.text, "Dossier validé", "a double click is harmless")
	require.Contains(t, again.text, code)

	pdf := own.get("/visits/" + visit + "/slip.pdf")
	require.Equal(t, "application/pdf", pdf.Header().Get("Content-Type"))
	require.True(t, strings.HasPrefix(pdf.text, "%PDF"))

	reference := regexp.MustCompile(`/requests/(\d{18})`).FindStringSubmatch(done.text)[1]
	request := agent.get("/requests/" + reference)
	require.Contains(t, request.text, "enrôlée")
	require.NotContains(t, request.text, "Preuve", "no receipt yet")
	w.secure(t)
	require.Contains(t, agent.get("/requests/"+reference+"/level").text, "L2")
	require.Contains(t, agent.get("/requests/"+reference).text, "Preuve de l")
	require.Contains(t, agent.post("/follow", url.Values{"reference": {reference}, "slip_code": {strings.TrimSuffix(code, "<")}}).text, "enrôlée")

	given := own.post("/visits/"+visit+"/slip-given", nil)
	require.NotContains(t, given.text, code)
	require.Equal(t, http.StatusGone, own.get("/visits/"+visit+"/slip.pdf").Code)
	require.Contains(t, agent.get("/").text, consular.Reference(reference).String()[:6])
	for _, secret := range append(secrets(), strings.TrimSuffix(code, "<"), reference) {
		require.NotContains(t, w.log.String(), secret)
	}
}

// wholeVisit fills in every page of a first card and confirms the names.
func (s surfer) wholeVisit(t *testing.T) string {
	t.Helper()
	fresh := s.get("/visits/new")
	visit := fresh.hidden("visit")
	begun := s.post("/visits", url.Values{"visit": {visit}, "service": {"cnie.first"}, "pickup": {"FR-LYO"}})
	require.Contains(t, begun.at, visit+"/steps/person")
	family := s.post("/visits/"+visit+"/steps/person", begun.versioned(
		"person.family_name.latin", familyLatin, "person.family_name.arabic", familyArabic,
		"person.given_name.latin", "Salma", "person.given_name.arabic", "سلمى", "person.sex", "F",
		"person.birth_date.day", "12", "person.birth_date.month", "5", "person.birth_date.year", "1990",
		"person.birth_place.latin", "Fes", "person.birth_place.arabic", "فاس", "person.birth_country", "MA", "person.nationality", "MA"))
	require.Contains(t, family.at, "/steps/family", family.text)
	contact := s.post("/visits/"+visit+"/steps/family", family.versioned(
		"person.father.given_name.latin", fatherLatin, "person.father.given_name.arabic", "عبد المغيث",
		"person.mother.given_name.latin", "Zineb", "person.mother.given_name.arabic", "زينب", "person.act_number", actNumber))
	require.Contains(t, contact.at, "/steps/contact")
	documents := s.post("/visits/"+visit+"/steps/contact", contact.versioned(
		"contact.phone", phone, "contact.email", email, "contact.language", "fr", "contact.address.street.latin", street,
		"contact.address.city.latin", "Lyon", "contact.address.postcode", "69003", "contact.address.country", "FR"))
	require.Contains(t, documents.at, "/steps/documents")
	next := s.post("/visits/"+visit+"/steps/documents", documents.versioned("documents.registration-certificate", "1",
		"documents.birth-extract", "1", "documents.birth-extract.issued.day", "2", "documents.birth-extract.issued.month", "10",
		"documents.birth-extract.issued.year", "2026"))
	require.Contains(t, next.at, "/steps/documents#scans")
	s.send("/visits/"+visit+"/images/scan-birth-extract", nil, map[string][]byte{"file": []byte("%PDF-1.4\n" + imageCanary)})
	s.send("/visits/"+visit+"/images/scan-registration-certificate", nil, map[string][]byte{"file": portraitPNG(t)})
	got := s.send("/visits/"+visit+"/images/portrait", nil, map[string][]byte{"file": portrait(t, 413, 531)})
	require.Contains(t, got.text, "413 × 531")
	picture := s.get("/visits/" + visit + "/images/portrait")
	require.Equal(t, "image/jpeg", picture.Header().Get("Content-Type"))
	require.Equal(t, string(portrait(t, 413, 531)), picture.text)

	page := s.get("/visits/" + visit + "/steps/fingers")
	fields, files := page.versioned(), map[string][]byte{}
	for _, f := range consular.CaptureTen442.Fingers() {
		fields.Set("fingers."+f.String()+".quality", "61")
		files["fingers."+f.String()+".file"] = wsq(f)
	}
	require.Contains(t, s.send("/visits/"+visit+"/steps/fingers", fields, files).at, "/steps/signature")
	s.send("/visits/"+visit+"/images/signature", nil, map[string][]byte{"file": portraitPNG(t)})
	require.Contains(t, s.get("/visits/"+visit+"/steps/fee").text, "105,00")

	turned := s.get("/visits/" + visit + "/confirm")
	require.Contains(t, turned.text, familyLatin)
	confirmed := s.post("/visits/"+visit+"/confirm", turned.versioned())
	require.Contains(t, confirmed.text, "La personne a confirmé ses noms")
	proof := s.get("/visits/" + visit + "/proof.pdf")
	require.Equal(t, "application/pdf", proof.Header().Get("Content-Type"))
	return visit
}

func portraitPNG(tb testing.TB) []byte { return picture(tb, 300, 100) }

func TestFourEyesOnTheScreen(t *testing.T) {
	w := newWorld(t)
	s := surfer{tb: t, handler: w.screens(t), role: "supervisor", lang: "fr"}
	visit := s.wholeVisit(t)
	page := s.get("/visits/" + visit + "/release")
	require.Contains(t, page.text, "Vous avez vous-même modifié ce dossier")
	require.NotContains(t, page.text, "Valider et sceller</button>")
	review := s.get("/visits/" + visit + "/steps/review")
	got := s.post("/visits/"+visit+"/release", review.versioned())
	require.Equal(t, http.StatusForbidden, got.Code)
	require.Contains(t, got.text, "Vous ne pouvez pas valider votre propre saisie")
	s.role = "supervisor-2"
	page = s.get("/visits/" + visit + "/release")
	require.Contains(t, s.post("/visits/"+visit+"/release", page.versioned()).text, "Dossier validé")
}

func TestBadInputOnTheScreen(t *testing.T) {
	w := newWorld(t)
	s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}
	start := s.get("/visits/new")
	visit := start.hidden("visit")
	values := url.Values{"visit": {visit}, "service": {"cnie.first"}, "pickup": {"FR-LYO"}}
	page := s.post("/visits", values)
	t.Run("OKDoubleClick", func(t *testing.T) {
		require.Contains(t, s.post("/visits", values).at, visit+"/steps/person")
		require.Equal(t, 1, strings.Count(s.get("/").text, "/visits/"+visit))
	})
	t.Run("ErrNoService", func(t *testing.T) {
		got := s.post("/visits", url.Values{"visit": {visit}, "pickup": {"FR-LYO"}})
		require.Equal(t, http.StatusUnprocessableEntity, got.Code)
		require.Contains(t, got.text, `href="#service"`)
	})
	t.Run("ErrScripts", func(t *testing.T) {
		got := s.post("/visits/"+visit+"/steps/person", page.versioned("person.family_name.latin", "العمراني",
			"person.family_name.arabic", "ELAMRANI", "person.birth_date.day", "31", "person.birth_date.month", "02", "person.birth_date.year", "1990"))
		require.Contains(t, got.text, `href="#person.family_name.latin"`)
		require.Contains(t, got.text, "en lettres latines seulement")
		require.Contains(t, got.text, "en lettres arabes seulement")
		require.Contains(t, got.text, `value="العمراني"`, "what was typed stays")
		require.Contains(t, got.text, `value="31"`)
		page = got
	})
	t.Run("ErrHostile", func(t *testing.T) {
		hostile := `"><script>alert(1)</script>\u202e` + "\u202e"
		got := s.post("/visits/"+visit+"/steps/person", page.versioned("person.family_name.latin", hostile))
		require.NotContains(t, got.text, "<script>alert")
		require.Contains(t, got.text, "&lt;script&gt;")
		require.NotContains(t, s.get("/").text, "<script>alert")
		page = got
	})
	t.Run("ErrTwoTabs", func(t *testing.T) {
		first, second := page, page
		s.post("/visits/"+visit+"/steps/person", first.versioned("person.family_name.latin", "BENNANI"))
		got := s.post("/visits/"+visit+"/steps/person", second.versioned("person.family_name.latin", "TAZI"))
		require.Equal(t, http.StatusConflict, got.Code)
		require.Contains(t, got.text, `value="TAZI"`)
		require.Contains(t, got.text, "<bdi>BENNANI</bdi>")
		got = s.post("/visits/"+visit+"/steps/person", got.versioned("person.family_name.latin", "TAZI"))
		require.Contains(t, got.text, `value="TAZI"`)
	})
	t.Run("ErrMediaType", func(t *testing.T) {
		got := s.send("/visits/"+visit+"/images/portrait", nil, map[string][]byte{"file": []byte("MZ this is no picture at all")})
		require.Contains(t, got.text, "pas une image attendue")
		require.Contains(t, s.get("/visits/"+visit+"/steps/portrait").text, "Choisir un fichier")
	})
	t.Run("ErrTooSmall", func(t *testing.T) {
		got := s.send("/visits/"+visit+"/images/portrait", nil, map[string][]byte{"file": portrait(t, 100, 100)})
		require.Contains(t, got.text, "trop petite")
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		got := s.send("/visits/"+visit+"/images/portrait", nil, map[string][]byte{"file": make([]byte, desk.MaxImage+1)})
		require.Contains(t, got.text, "trop lourd")
	})
	t.Run("ErrUnknownImage", func(t *testing.T) {
		got := s.send("/visits/"+visit+"/images/passport", nil, map[string][]byte{"file": portrait(t, 413, 531)})
		require.Equal(t, http.StatusUnprocessableEntity, got.Code)
	})
	t.Run("ErrReference", func(t *testing.T) {
		got := s.post("/find", url.Values{"reference": {"123"}})
		require.Equal(t, http.StatusUnprocessableEntity, got.Code)
		require.Contains(t, got.text, "18 chiffres")
		require.Contains(t, got.text, `value="123"`)
	})
	t.Run("ErrFollow", func(t *testing.T) {
		got := s.post("/follow", url.Values{"reference": {"123"}, "slip_code": {"1"}})
		require.Equal(t, http.StatusUnprocessableEntity, got.Code)
	})
	t.Run("OKDiscard", func(t *testing.T) {
		last := s.get("/visits/" + visit + "/steps/review")
		require.Contains(t, s.post("/visits/"+visit+"/discard", last.versioned()).text, "Aucun dossier ouvert")
	})
}

func TestAutosave(t *testing.T) {
	w := newWorld(t)
	s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}
	visit := s.get("/visits/new").hidden("visit")
	page := s.post("/visits", url.Values{"visit": {visit}, "service": {"cnie.first"}, "pickup": {"FR-LYO"}})
	send := func(form url.Values) seen {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/visits/"+visit+"/steps/person", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Autosave", "1")
		return s.do(r)
	}
	got := send(page.versioned("person.family_name.latin", "BENN"))
	require.Equal(t, http.StatusOK, got.Code)
	require.Contains(t, got.text, `"level":"L1"`)
	require.Contains(t, s.get("/visits/"+visit+"/steps/person").text, `value="BENN"`)
	got = send(page.versioned("person.family_name.latin", "OTHER"))
	require.Equal(t, http.StatusConflict, got.Code)
	require.Contains(t, got.text, "a changé entre-temps")
}

func TestPolicyOfScreens(t *testing.T) {
	w := newWorld(t)
	s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "ar"}
	first, second := s.get("/"), s.get("/")
	policy := first.Header().Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")
	require.NotEqual(t, policy, second.Header().Get("Content-Security-Policy"), "a nonce is used once")
	for _, path := range []string{"/", "/visits/new", "/find", "/follow", "/status", "/components", "/sign-in", "/lock", "/enrol", "/nowhere"} {
		page := s.get(path)
		require.NotRegexp(t, `(?i)<script(?:[^>]*)>[^<]`, page.text, path)
		require.NotRegexp(t, `(?i)\sstyle="|\son[a-z]+="|<style`, page.text, path)
		require.NotRegexp(t, `(?:src|href)="(?:https?:)?//`, page.text, path)
		require.NotContains(t, page.text, "desk.", "%s: a message is missing", path)
		require.NotContains(t, page.text, "web.", "%s: a message is missing", path)
		require.NotContains(t, page.text, "ZgotmplZ", path)
	}
	t.Run("ErrOtherSite", func(t *testing.T) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/visits", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		require.Equal(t, http.StatusForbidden, s.do(r).Code)
	})
	t.Run("ErrNoSuchPage", func(t *testing.T) {
		require.Equal(t, http.StatusNotFound, s.get("/nowhere").Code)
		require.Equal(t, http.StatusNotFound, s.get("/visits/"+strings.Repeat("0", 32)).Code)
	})
	t.Run("OKAsset", func(t *testing.T) {
		for _, address := range regexp.MustCompile(`/assets/[0-9a-f]+/[a-z.0-9-]+`).FindAllString(first.text, -1) {
			got := s.get(address)
			require.Equal(t, http.StatusOK, got.Code, address)
			require.Contains(t, got.Header().Get("Cache-Control"), "immutable")
		}
	})
}

func TestScreenNeedsItsParts(t *testing.T) {
	w := newWorld(t)
	_, err := desk.NewScreens(w.desk, desk.ScreenOptions{})
	require.True(t, fault.Is(err, fault.Invalid))
}
