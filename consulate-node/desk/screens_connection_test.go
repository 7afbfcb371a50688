package desk_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/doctor"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

// selfTest is a self-test whose end the test decides.
type selfTest struct {
	report  doctor.Report
	running bool
	begun   int
	broken  bool
}

func (s *selfTest) Begin()                      { s.begun++; s.running = true }
func (s *selfTest) Last() (doctor.Report, bool) { return s.report, s.running }
func (s *selfTest) ends(t *testing.T, at time.Time, codes ...doctor.Finding) {
	t.Helper()
	s.report = doctor.Run(t.Context(), doctor.Patient{Role: "node", Who: "FR-LYO"}, []doctor.Check{
		{Step: "config", Run: func(context.Context) []doctor.Finding { return []doctor.Finding{{Code: "config-good"}} }},
		{Step: "names", Run: func(context.Context) []doctor.Finding { return codes }},
	}, nil)
	s.report.At, s.running = at, false
}

func (s *selfTest) Support(_ context.Context, _ *lang.Catalog, w io.Writer) (string, error) {
	if s.broken {
		return "", fault.New(fault.Storage, "test", "", nil)
	}
	return doctor.Support(w, time.Now(), []doctor.Part{{Name: "a", Data: []byte("a")}})
}

// walledPost is what a post whose network drops UDP finds.
func walledPost() []doctor.Finding {
	at := doctor.Facts{"address": "hub.example.ma:7700", "name": "hub.example.ma", "member": "rabat-1", "rtt": "84 ms", "loss": "0.4 %"}
	return []doctor.Finding{
		{Code: "names-good", Facts: at},
		{Step: "reach", Code: "reach-walled", Facts: at},
		{Step: "tunnel", Code: "tunnel-good", Facts: at},
		{Step: "path", Code: "path-tcp", Facts: at},
		{Step: "link", Code: "link-good", Facts: doctor.Facts{"since": "3h12m0s", "road": "@doctor.road.tcp"}},
		{Step: "printer", Code: "printer-none"},
	}
}

// cutPost is what a post finds whose line is cut.
func cutPost() []doctor.Finding {
	at := doctor.Facts{"address": "hub.example.ma:7700", "name": "hub.example.ma"}
	return []doctor.Finding{
		{Code: "names-good", Facts: at},
		{Step: "reach", Code: "reach-mute", Facts: at},
		{Step: "tunnel", Code: "tunnel-mute", Facts: at},
		{Step: "link", Code: "link-down", Facts: doctor.Facts{"since": "26m0s", "attempts": "31"}},
		{Step: "backlog", Code: "backlog-waiting", Facts: doctor.Facts{"entries": "12", "age": "1h10m0s"}},
		{Step: "printer", Code: "printer-trouble", Facts: doctor.Facts{"address": "printer.local", "reason": "@doctor.printer.paper-out"}},
	}
}

// TestConnection is the page without scripts: it begins a test by itself when
// none is fresh, asks again while one runs, and says the sentence.
func TestConnection(t *testing.T) {
	w := newWorld(t)
	test := &selfTest{}
	s := surfer{tb: t, handler: w.screensWith(t, desk.ScreenOptions{SelfTest: test}), role: "agent", lang: "fr"}

	got := s.get("/connection")
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, 1, test.begun)
	require.Equal(t, "2", got.Header().Get("Refresh"))
	require.Contains(t, got.text, "essai est en cours")

	test.ends(t, w.now, walledPost()...)
	got = s.get("/connection")
	require.Equal(t, 1, test.begun, "a fresh test stays")
	require.Empty(t, got.Header().Get("Refresh"))
	require.Contains(t, got.text, "FR-LYO, étape 3 sur 7, code 204")
	require.Contains(t, got.text, "UDP vers hub.example.ma:7700 est bloqué sur ce réseau")
	require.Contains(t, got.text, "par TLS sur TCP")

	s.lang = "ar"
	require.Contains(t, s.get("/connection").text, "204")
	require.Contains(t, s.get("/connection").text, "ممنوع في هذه الشبكة")

	test.ends(t, w.now.Add(-11*time.Minute), cutPost()...)
	require.NotEmpty(t, s.get("/connection").Header().Get("Refresh"), "an old test says nothing about now")
	require.Equal(t, 2, test.begun)
	test.ends(t, w.now, cutPost()...)
	s.post("/connection", nil)
	require.Equal(t, 3, test.begun)
}

// TestSupportFile is given whole, under a name that ends with its digest, or not
// at all, and to people of the post only.
func TestSupportFile(t *testing.T) {
	w := newWorld(t)
	test := &selfTest{}
	s := surfer{tb: t, handler: w.screensWith(t, desk.ScreenOptions{SelfTest: test}), role: "agent", lang: "fr"}
	got := s.get("/connection/support.zip")
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, "application/zip", got.Header().Get("Content-Type"))
	require.Equal(t, "no-store", got.Header().Get("Cache-Control"))
	require.Regexp(t, `^attachment; filename="jaliya-FR-LYO-\d{8}-\d{4}-[0-9a-f]{12}\.zip"$`, got.Header().Get("Content-Disposition"))

	test.broken = true
	got = s.get("/connection/support.zip")
	require.GreaterOrEqual(t, got.Code, http.StatusInternalServerError)
	require.Empty(t, got.Header().Get("Content-Disposition"))

	test.broken = false
	s.role = ""
	require.NotContains(t, s.get("/connection/support.zip").Header().Get("Content-Type"), "zip")
	require.Contains(t, s.get("/connection").at, "/sign-in")
}

// TestConnectionInTheBrowser looks at the page in its states.
func TestConnectionInTheBrowser(t *testing.T) {
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.now = time.Now().UTC()
				w.queue = waiting(w.now)
				w.budget = &desk.BudgetView{Rate: 256_000, Until: w.now.Add(3 * time.Hour)}
				test := &selfTest{}
				server := httptest.NewServer(w.screensWith(t, desk.ScreenOptions{SelfTest: test}))
				t.Cleanup(server.Close)
				b := startBrowser(t, server.URL)
				b.Name = fmt.Sprintf("connection-%s-%d", language, width)
				b.Viewport(width)
				b.Open("/sign-in")
				b.Speak(language)
				b.signIn("agent")
				for _, state := range []struct {
					name  string
					found []doctor.Finding
				}{
					{"walled", walledPost()},
					{"cut", cutPost()},
					{"good", []doctor.Finding{{Code: "names-good", Facts: doctor.Facts{"name": "hub.example.ma"}}}},
				} {
					test.ends(t, w.now, state.found...)
					b.Open("/connection")
					b.Look(state.name)
				}
				test.running = true
				b.Open("/connection")
				b.Look("running")
			})
		}
	}
}
