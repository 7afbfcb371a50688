package desk_test

import (
	"bytes"
	"compress/gzip"
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
	"jaliya/internal/web"
)

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
			if denied && route.Method != http.MethodHead { // which has no body
				require.Contains(t, got.text, "Votre fonction ne permet pas", "%s %s %s", role, route.Method, route.Path)
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

	scan(t, w.dir, strings.TrimSuffix(code, "<"))

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
	require.NotContains(t, request.text, "receipt.pdf")
	require.Contains(t, request.text, "L2 est aujourd&#39;hui le niveau le plus élevé ici")
	require.Equal(t, http.StatusConflict, agent.get("/requests/"+reference+"/receipt.pdf").Code)
	w.secure(t)
	require.Contains(t, agent.get("/requests/"+reference+"/level").text, "L2")
	proven := own.get("/visits/" + visit + "/slip.pdf")
	require.Greater(t, len(proven.text), len(pdf.text)+1000, "a slip of L2 has the proof as a second square")
	secured := agent.get("/requests/" + reference)
	require.Contains(t, secured.text, "Preuve de l")
	require.Contains(t, secured.text, "/requests/"+reference+"/receipt.pdf")
	paper := agent.get("/requests/" + reference + "/receipt.pdf")
	require.Equal(t, "application/pdf", paper.Header().Get("Content-Type"))
	require.True(t, strings.HasPrefix(paper.text, "%PDF"))
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
	fee := s.get("/visits/" + visit + "/steps/fee")
	require.Contains(t, fee.text, "105,00")
	require.Contains(t, s.post("/visits/"+visit+"/payment", fee.versioned("method", "cash", "payment.received", "110")).text, "rendu")

	turned := s.get("/visits/" + visit + "/confirm")
	require.Contains(t, turned.text, familyLatin)
	confirmed := s.post("/visits/"+visit+"/confirm", turned.versioned())
	require.Contains(t, confirmed.text, "La personne a confirmé ses noms")
	proof := s.get("/visits/" + visit + "/proof.pdf")
	require.Equal(t, "application/pdf", proof.Header().Get("Content-Type"))
	return visit
}

func portraitPNG(tb testing.TB) []byte {
	tb.Helper()
	return picture(tb, 300, 100)
}

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

// TestPageWeights adds up what a first visit of a page takes on the wire.
func TestPageWeights(t *testing.T) {
	const limit = 150 << 10
	w := newWorld(t)
	for _, language := range []string{"ar", "fr", "en"} {
		s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: language}
		visit := s.get("/visits/new").hidden("visit")
		s.post("/visits", url.Values{"visit": {visit}, "service": {"cnie.first"}, "pickup": {"FR-LYO"}})
		for _, path := range []string{"/", "/visits/new", "/visits/" + visit + "/steps/person", "/visits/" + visit + "/steps/contact", "/visits/" + visit + "/steps/review"} {
			page := s.get(path)
			raw, packed := len(page.text), packed(t, page.text)
			seen := map[string]bool{}
			for _, address := range regexp.MustCompile(`/assets/[0-9a-f]+/[a-z.0-9-]+`).FindAllString(page.text, -1) {
				if seen[address] {
					continue
				}
				seen[address] = true
				asset := s.get(address).text
				packed += 1 + packedOr(t, asset, address)
				if strings.HasSuffix(address, ".css") {
					for _, font := range regexp.MustCompile(`/assets/[0-9a-f]+/[a-z-]+\.woff2`).FindAllString(asset, -1) {
						packed += len(s.get(font).text)
					}
				}
			}
			name := strings.Replace(path, visit, "ID", 1)
			t.Logf("%s %-28s html %6d bytes, page with fonts and scripts compressed %6d", language, name, raw, packed)
			require.Less(t, packed, limit, path)
		}
	}
}

func packedOr(t *testing.T, text, address string) int {
	t.Helper()
	if strings.HasSuffix(address, ".woff2") {
		return len(text)
	}
	return packed(t, text)
}

func packed(t *testing.T, text string) int {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Len()
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
