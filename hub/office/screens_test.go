package office_test

import (
	"encoding/base32"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/office"
	"jaliya/hub/office/people"
	"jaliya/internal/access"
)

const password = "quatre cigognes sur le minaret"

// phone is an officer with their password and authenticator.
type phone struct {
	id   string
	totp access.TOTP
	step uint64
}

func (p *phone) code(w *world) string {
	p.step = max(p.step+1, access.StepAt(w.now()))
	return p.totp.Code(p.step)
}

func totp(tb testing.TB, text string) access.TOTP {
	tb.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(tb, err)
	return access.TOTPFrom(raw)
}

// hire adds an officer and enrols them.
func (w *world) hire(name string) *phone {
	w.tb.Helper()
	sheet, err := w.people.Change(w.tb.Context(), people.Request{Action: "add", Name: name})
	require.NoError(w.tb, err)
	in := people.Sheet{Officer: string(sheet.Officer), OneTime: sheet.Code, Place: "192.0.2.1"}
	offer, err := w.people.Offer(w.tb.Context(), in)
	require.NoError(w.tb, err)
	p := &phone{id: string(sheet.Officer), totp: totp(w.tb, offer.Text)}
	_, err = w.people.Enrol(w.tb.Context(), people.Enrolment{Sheet: in, Password: password, Code: p.code(w)})
	require.NoError(w.tb, err)
	return p
}

// surfer is a browser without scripts.
type surfer struct {
	w      *world
	client *http.Client
	lang   string
}

type seen struct {
	status   int
	at, text string
}

func (w *world) surfer() surfer {
	w.tb.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(w.tb, err)
	transport := &http.Transport{}
	w.tb.Cleanup(transport.CloseIdleConnections)
	return surfer{w: w, client: &http.Client{Jar: jar, Transport: transport}, lang: "en"}
}

func (w *world) signedIn(p *phone) surfer {
	w.tb.Helper()
	s := w.surfer()
	got := s.post("/sign-in", "officer", p.id, "password", password, "code", p.code(w))
	require.Equal(w.tb, "/", got.at, got.text)
	return s
}

func (s surfer) do(r *http.Request) seen {
	s.w.tb.Helper()
	r.Header.Set("Accept-Language", s.lang)
	response, err := s.client.Do(r)
	require.NoError(s.w.tb, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(s.w.tb, err)
	return seen{status: response.StatusCode, at: response.Request.URL.RequestURI(), text: string(raw)}
}

func (s surfer) get(path string) seen {
	s.w.tb.Helper()
	r, err := http.NewRequestWithContext(s.w.tb.Context(), http.MethodGet, s.w.desk.URL+path, nil)
	require.NoError(s.w.tb, err)
	return s.do(r)
}

func (s surfer) post(path string, pairs ...string) seen {
	s.w.tb.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(s.w.tb.Context(), http.MethodPost, s.w.desk.URL+path, strings.NewReader(form.Encode()))
	require.NoError(s.w.tb, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r)
}

var (
	version = regexp.MustCompile(`name="version" value="(\d+)"`)
	title   = regexp.MustCompile(`<title>([^<]*)</title>`)
)

// act sends the form of an act on the one request as the page shows it now.
func (s surfer) act(act string, pairs ...string) seen {
	s.w.tb.Helper()
	found := version.FindStringSubmatch(s.get("/requests/c-7").text)
	require.NotNil(s.w.tb, found)
	return s.post("/requests/c-7", append([]string{"version", found[1], "act", act}, pairs...)...)
}

func entryFields() []string {
	return []string{
		"add-court_fr", "Tribunal de première instance de Fès", "add-court_ar", "المحكمة الابتدائية بفاس",
		"add-day", "7", "add-month", "3", "add-year", "2019", "add-offense_fr", offense, "add-offense_ar", "إصدار شيك بدون مؤونة",
		"add-sentence_fr", "Six mois", "add-sentence_ar", "ستة أشهر حبسا نافذا",
	}
}

// TestDesk takes a request through review by forms alone.
func TestDesk(t *testing.T) {
	w := newWorld(t).open()
	nadia, karim := w.hire("Nadia Tazi"), w.hire("Karim Alaoui")
	first, second := w.signedIn(nadia), w.signedIn(karim)
	w.put("c-7")
	list := first.get("/")
	require.Contains(t, list.text, canary)
	require.Contains(t, list.text, "/requests/c-7")
	plain := title.FindStringSubmatch(first.get("/requests/c-7").text)[1]
	require.Equal(t, "/requests/c-7?done=1", first.act("found").at)
	stale := first.post("/requests/c-7", "version", "1", "act", "found")
	require.Equal(t, http.StatusConflict, stale.status)
	require.Contains(t, stale.text, "changed meanwhile")
	bad := first.act("add", "add-court_fr", "Tribunal X")
	require.Equal(t, http.StatusUnprocessableEntity, bad.status)
	require.Contains(t, bad.text, `value="Tribunal X"`, "what was typed is kept")
	require.Contains(t, bad.text, "in both languages")
	require.Equal(t, 200, first.act("add", entryFields()...).status)
	require.NotContains(t, first.get("/requests/c-7").text, `value="nothing"`, "there is an entry")
	require.Equal(t, 409, first.act("nothing").status)
	first.act("entries")
	none := first.act("propose", "keep", "0")
	require.Equal(t, http.StatusUnprocessableEntity, none.status, "grounds are missing")
	require.Equal(t, 200, first.act("propose", "keep", "0", "propose-text", "not rehabilitated").status)
	own := first.get("/requests/c-7")
	require.NotContains(t, own.text, `value="confirm"`)
	require.Equal(t, http.StatusForbidden, first.act("confirm").status)
	other := second.get("/requests/c-7")
	require.Contains(t, other.text, `value="confirm"`)
	require.Contains(t, other.text, "Nadia Tazi")
	require.Equal(t, plain, title.FindStringSubmatch(other.text)[1], "a title tells nothing")
	second.act("confirm")
	require.Equal(t, 200, second.act("issue").status)
	require.Contains(t, second.get("/?queue=slot").text, "/requests/c-7")
	require.Equal(t, "issued", w.until("c-7").told.State)
	require.Contains(t, w.signedIn(nadia).get("/figures").text, "decided by two officers")
	for _, name := range []string{"Nadia Tazi", "Tribunal X", offense, password} {
		require.NotContains(t, w.log.String(), name)
	}
	for _, lang := range []string{"fr", "ar", "en"} {
		s := w.signedIn(karim)
		s.lang = lang
		for _, path := range []string{"/", "/figures", "/requests/c-7", "/requests/none", "/nothing"} {
			page := s.get(path)
			require.Contains(t, page.text, `lang="`+lang+`"`)
			require.NotRegexp(t, `office\.[a-z_]+`, page.text, "a key without words: %s", path)
		}
	}
}

func TestDoor(t *testing.T) {
	w := newWorld(t)
	w.memory = true
	w.open()
	sheet, err := w.people.Change(t.Context(), people.Request{Action: "add", Name: "Nadia Tazi"})
	require.NoError(t, err)
	require.Regexp(t, `^REC-\d{5}$`, sheet.Officer)
	nadia := w.hire("Nadia Tazi")
	s := w.surfer()
	require.Contains(t, s.get("/requests/c-1").at, "/sign-in?next=")
	require.Equal(t, 401, s.post("/enrol", "officer", string(sheet.Officer), "sheet", "AAAA-BBBB-CCCC").status)
	require.Equal(t, 422, s.post("/enrol", "officer", string(sheet.Officer), "sheet", sheet.Code, "password", "short", "code", "1").status)
	require.Equal(t, 401, s.post("/sign-in", "officer", nadia.id, "password", "another sentence", "code", nadia.code(w)).status)
	code := nadia.code(w)
	require.Equal(t, "/", s.post("/sign-in", "officer", nadia.id, "password", password, "code", code).at)
	require.Equal(t, 401, w.surfer().post("/sign-in", "officer", nadia.id, "password", password, "code", code).status, "a code works once")
	require.Contains(t, s.post("/lock", "next", "/").at, "/lock")
	require.Contains(t, s.get("/").at, "/lock")
	require.Equal(t, "/figures", s.post("/unlock", "password", password, "next", "/figures").at)
	w.pass(people.IdleLock)
	require.Contains(t, s.get("/").at, "/lock")
	require.Equal(t, "/", s.post("/unlock", "password", password).at)
	for name, in := range map[string]people.Request{
		"ErrAction": {Action: "promote"}, "ErrNoName": {Action: "add"}, "ErrUnknown": {Action: "reset", Officer: "REC-00000"},
		"ErrRename": {Action: "reset", Officer: nadia.id, Name: "x"},
	} {
		_, err := w.people.Change(t.Context(), in)
		require.Error(t, err, name)
	}
	_, err = w.people.Change(t.Context(), people.Request{Action: "disable", Officer: nadia.id})
	require.NoError(t, err)
	require.Contains(t, s.get("/").at, "/sign-in")
	require.Equal(t, 401, w.surfer().post("/sign-in", "officer", nadia.id, "password", password, "code", nadia.code(w)).status)
	w.pass(access.OneTimeLife + time.Minute)
	require.Equal(t, 410, w.surfer().post("/enrol", "officer", string(sheet.Officer), "sheet", sheet.Code).status)
	lines, err := w.people.List(t.Context(), struct{}{})
	require.NoError(t, err)
	require.Len(t, lines, 2)
}

// TestRoutesAskFirst: nobody reads or does anything without the right.
func TestRoutesAskFirst(t *testing.T) {
	for _, route := range office.ScreenRoutes() {
		require.Equal(t, access.RecordDecide, route.Permission, route.Path)
	}
}
