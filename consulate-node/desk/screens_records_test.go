package desk_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/records"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/ipp"
	"jaliya/internal/web/webtest"
	"jaliya/internal/workflow"
)

const printCode = "48392015"

func principalOf(role access.Role) access.Principal {
	return access.Principal{ID: "staff:" + string(role), Role: role, Surface: access.SurfaceDesk}
}

func (r *printRoom) browser(t *testing.T) surfer {
	t.Helper()
	return surfer{tb: t, handler: r.screensWith(t, r.options()), role: "agent", lang: "fr"}
}

func TestRecordScreenPermissions(t *testing.T) {
	r := newPrintRoom(t)
	s := r.browser(t)
	one := r.comes(t, workflow.PrintQueued, consular.Contact{})
	for _, route := range desk.RecordScreenRoutes() {
		path := strings.ReplaceAll(route.Path, ":reference", one.Reference.Digits())
		for _, role := range access.Roles() {
			s.role = string(role)
			got := s.do(httptest.NewRequestWithContext(t.Context(), route.Method, path, nil))
			require.Equal(t, !role.Has(route.Permission), got.Code == http.StatusForbidden && strings.Contains(got.text, "fonction"), "%s %s", role, path)
		}
	}
}

// TestPrintScreens walks a document from the list into a hand without scripts.
func TestPrintScreens(t *testing.T) {
	r := newPrintRoom(t)
	s := r.browser(t)
	one := r.comes(t, workflow.PrintQueued, consular.Contact{})
	path := "/records/" + one.Reference.Digits()
	list := s.get("/records").text
	require.Contains(t, list, one.Reference.String())
	require.NotContains(t, list, "Idrissi")
	require.Contains(t, list, "L&#39;imprimante est prête")
	require.Contains(t, s.post("/records", url.Values{"text": {"الادريسي"}}).text, "El Idrissi")
	require.Contains(t, s.post("/records", url.Values{"text": {"Nobody"}}).text, "Rien n&#39;attend ici")
	require.Contains(t, s.post("/records", url.Values{"text": {""}}).text, `href="#text"`)

	got := s.post(path+"/begin", url.Values{"slip_code": {"12"}})
	require.Equal(t, http.StatusUnprocessableEntity, got.Code)
	require.Contains(t, got.text, `href="#slip_code"`)
	require.NotContains(t, got.text, `value="12"`, "a code is never given back")
	r.mu.Lock()
	r.online = false
	r.mu.Unlock()
	require.Contains(t, s.post(path+"/begin", url.Values{"slip_code": {printCode}}).text, "L&#39;impression demande la liaison")
	r.mu.Lock()
	r.online = true
	r.mu.Unlock()
	r.tray.reason = ipp.PaperOut
	got = s.post(path+"/begin", url.Values{"slip_code": {printCode}})
	require.Contains(t, got.text, "n&#39;a plus de papier")
	require.Contains(t, got.text, "n&#39;imprime pas")
	require.Contains(t, s.get("/status").text, "n&#39;a plus de papier")
	r.tray.reason = ipp.Ready

	s.post(path+"/begin", url.Values{"slip_code": {"99999999"}})
	r.refuses(t, one.Reference)
	got = s.get(path)
	require.Contains(t, got.text, "Ce n&#39;est pas le bon code")
	require.Contains(t, got.text, "El Idrissi")

	got = s.post(path+"/begin", url.Values{"slip_code": {printCode[:4] + " " + printCode[4:]}})
	require.Equal(t, "2", got.Header().Get("Refresh"), "works without scripts")
	require.NotContains(t, got.text, "Idrissi", "a page that comes again and again names nobody")
	r.tray.mu.Lock()
	r.tray.hold = make(chan struct{})
	r.tray.mu.Unlock()
	r.seals(t, one.Reference)
	r.reaches(t, one.Reference, records.StagePrinting)
	require.Contains(t, s.get(path).text, "reprendra seule")
	require.Contains(t, s.post(path+"/spoilt", with(second("right"), "why", "bourrage")).text, "Pas à ce moment")
	close(r.tray.hold)
	r.reaches(t, one.Reference, records.StageSheet)
	require.Equal(t, [][]byte{extract}, r.tray.printed)

	got = s.get(path)
	require.Empty(t, got.Header().Get("Refresh"))
	require.Contains(t, s.post(path+"/sheet", url.Values{"sheet": {"?"}}).text, `href="#sheet"`)
	require.Contains(t, s.post(path+"/sheet", url.Values{"sheet": {"A 1001"}}).text, "Remettre le document")
	got = s.post(path+"/give", url.Values{"sheet": {"A1002"}})
	for _, text := range []string{"Comparez d&#39;abord le visage", "le numéro de la feuille", `href="#document"`} {
		require.Contains(t, got.text, text, text)
	}
	got = s.post(path+"/give", url.Values{"sheet": {"A1001"}, "document": {"passport"}, "face": {"1"}})
	require.Contains(t, got.text, "La personne a son document")
	for _, page := range []string{list, got.text, r.log.String()} {
		require.NotContains(t, page, "SECRET-OUTCOME")
	}
	require.NotContains(t, r.log.String(), printCode)
	require.NotContains(t, r.log.String(), "Idrissi")
}

// TestSpoiltScreens: two persons end a print of which nobody knows what came out.
func TestSpoiltScreens(t *testing.T) {
	r := newPrintRoom(t)
	s := r.browser(t)
	one := r.comes(t, workflow.PrintQueued, consular.Contact{})
	path := "/records/" + one.Reference.Digits()
	s.post(path+"/begin", url.Values{"slip_code": {printCode}})
	r.tray.mu.Lock()
	r.tray.reason, r.tray.spent = ipp.PaperJam, true
	r.tray.mu.Unlock()
	r.seals(t, one.Reference)
	r.reaches(t, one.Reference, records.StageUnsure)
	require.Contains(t, s.get(path).text, "coincé")
	require.Contains(t, s.post(path+"/spoilt", second("right")).text, `href="#why"`)
	require.Contains(t, s.post(path+"/spoilt", url.Values{"why": {"bourrage"}}).text, "bourrage", "what was typed is kept")
	require.NotContains(t, s.post(path+"/spoilt", with(second("wrong"), "why", "bourrage")).text, "Attend la personne")
	require.Contains(t, s.post(path+"/spoilt", with(second("right"), "why", "bourrage")).text, "Attend la personne")
	require.Equal(t, 1, r.door.left)
}

// TestPrinterWords: each reason has a sentence of its own in each language.
func TestPrinterWords(t *testing.T) {
	r := newPrintRoom(t)
	s := r.browser(t)
	for _, language := range []string{"fr", "en", "ar"} {
		s.lang = language
		seen := map[string]ipp.Reason{}
		for _, reason := range []ipp.Reason{
			ipp.Ready, ipp.Unreachable, ipp.NotAccepting, ipp.PaperOut, ipp.PaperJam, ipp.CoverOpen, ipp.InkOut, ipp.Stopped,
			ipp.NoPDF, ipp.Refused, ipp.Aborted, ipp.Lost, ipp.TooSlow, ipp.Unreadable, ipp.Unconfigured, records.ReasonDocument,
		} {
			r.tray.mu.Lock()
			r.tray.reason = reason
			r.tray.mu.Unlock()
			_, about, _ := strings.Cut(s.get("/records").text, "notice-title")
			require.Empty(t, seen[about], "%s in %s", reason, language)
			seen[about] = reason
		}
		require.Len(t, seen, 16)
	}
}

func TestCallScreens(t *testing.T) {
	r := newPrintRoom(t)
	s := r.browser(t)
	one := r.comes(t, workflow.IdentityQuery, consular.Contact{Phone: "+33612345678", Language: consular.French})
	path := "/records/" + one.Reference.Digits()
	require.Contains(t, s.get("/records").text, "Personnes à appeler")
	require.Contains(t, s.get(path).text, "+33612345678")
	require.Contains(t, s.post(path+"/called", nil).text, "Appel enregistré")
	require.NotContains(t, s.get(path).text, path+"/called")
	s.role = "auditor"
	require.Equal(t, http.StatusForbidden, s.post(path+"/called", nil).Code)
}

// TestPrintInTheBrowser walks a document from the list into a hand, looking at
// each page.
func TestPrintInTheBrowser(t *testing.T) {
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				r := newPrintRoom(t)
				one := r.comes(t, workflow.PrintQueued, consular.Contact{})
				call := r.comes(t, workflow.IdentityQuery, consular.Contact{Phone: "+33612345678", Language: consular.Arabic})
				server := httptest.NewServer(r.screensWith(t, r.options()))
				t.Cleanup(server.Close)
				b := startBrowser(t, server.URL)
				b.Name = fmt.Sprintf("records-%s-%d", language, width)
				b.Viewport(width)
				b.Open("/sign-in")
				b.Press(`.languages [value="` + language + `"]`)
				b.signIn("agent")
				b.printOut(r, one.Reference)
				b.Open("/records/" + call.Reference.Digits())
				b.Look("call")
				b.Press(`form[action$="/called"] button`)
				b.Look("called")
			})
		}
	}
}

func (b *tab) printOut(r *printRoom, ref consular.Reference) {
	b.T.Helper()
	path := "/records/" + ref.Digits()
	b.Open("/records")
	b.Look("list")
	b.Fill(map[string]string{"text": ref.String()})
	b.Press("main form button.primary")
	b.Look("hits")
	b.Press(".worklist td a")
	b.Look("waiting")
	b.Fill(map[string]string{"slip_code": "12"})
	b.Press(`form[action$="/begin"] button`)
	b.Look("code-wrong")
	r.mu.Lock()
	r.gate = make(chan struct{})
	r.mu.Unlock()
	b.Fill(map[string]string{"slip_code": printCode})
	b.Press(`form[action$="/begin"] button`)
	b.Look("asked")
	r.seals(b.T, ref)
	r.reaches(b.T, ref, records.StageFetching)
	b.Open(path)
	b.Look("fetching")
	r.tray.mu.Lock()
	r.tray.hold = make(chan struct{})
	r.tray.mu.Unlock()
	close(r.gate)
	r.reaches(b.T, ref, records.StagePrinting)
	b.Open(path)
	b.Look("printing")
	close(r.tray.hold)
	r.reaches(b.T, ref, records.StageSheet)
	b.Open(path)
	webtest.Eval[bool](b.Tab, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.Look("sheet")
	b.Fill(map[string]string{"sheet": "A1001"})
	b.Press(`form[action$="/sheet"] button`)
	b.Look("printed")
	b.Press(`form[action$="/give"] button`)
	b.Look("give-wrong")
	b.Fill(map[string]string{"face": "1", "document": "passport", "sheet": "A1001"})
	b.Press(`form[action$="/give"] button`)
	b.Look("given")
}
