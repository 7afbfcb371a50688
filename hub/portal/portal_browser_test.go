package portal_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"jaliya/hub/portal"
	"jaliya/internal/web/webtest"
)

// tab is one browser tab of a citizen.
type tab struct{ *webtest.Tab }

// TestPortalBrowser walks as a citizen does, with scripts and without.
func TestPortalBrowser(t *testing.T) {
	webtest.Wanted(t)
	o := newOffice(t, time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	file := filepath.Join(t.TempDir(), "record.pdf")
	require.NoError(t, os.WriteFile(file, o.issue(t).PDF, 0o600))
	for _, view := range []struct {
		language string
		width    int64
	}{{"ar", 390}, {"es", 390}, {"fr", 1280}, {"zgh", 390}} {
		for _, bare := range []bool{false, true} {
			name := fmt.Sprintf("%s-%d", view.language, view.width)
			if bare {
				name += "-bare"
			}
			t.Run("OK-"+name, func(t *testing.T) {
				var err error
				w := newWorld(t, func(options *portal.Options) {
					options.Secure = false
					options.Prover, err = portal.NewProver(o.trust)
					require.NoError(t, err)
				})
				server := httptest.NewServer(w.portal)
				defer server.Close()
				b := &tab{webtest.Start(t, webtest.Options{Base: server.URL, Surface: "portal", Heavy: webtest.CitizenPage})}
				b.Name = name
				b.Viewport(view.width)
				if bare {
					b.Scripts(false)
				}
				b.walk(w, view.language, file)
			})
		}
	}
}

func (b *tab) walk(w *world, language, file string) {
	b.T.Helper()
	b.Open("/")
	b.Do(chromedp.Click(chromedp.CSS(".tongues summary")))
	b.Look("languages")
	b.Press(`.languages [value="` + language + `"]`)
	require.Equal(b.T, language, webtest.Eval[string](b.Tab, "document.documentElement.lang"))
	b.Look("first")
	b.Do(chromedp.SendKeys(chromedp.CSS("#reference"), w.member.ref.Digits()), chromedp.SendKeys(chromedp.CSS("#slip_code"), "12"))
	b.Press("form.form button.primary")
	b.Look("mistyped")
	b.Do(chromedp.SendKeys(chromedp.CSS("#slip_code"), "87654321"))
	b.Press("form.form button.primary")
	b.Look("no-match")
	b.Do(chromedp.SendKeys(chromedp.CSS("#slip_code"), string(slipCode)))
	b.Press("form.form button.primary")
	require.Equal(b.T, b.Base+"/follow", webtest.Eval[string](b.Tab, "location.href"))
	require.Contains(b.T, b.Text(), w.member.ref.String()[:6])
	b.Look("status")
	b.Press(`form[action="/follow/leave"] button`)
	b.Open("/t/" + slipToken().Text())
	require.Equal(b.T, b.Base+"/follow", webtest.Eval[string](b.Tab, "location.href"), "the token is out of the address")
	require.Contains(b.T, b.Text(), w.member.ref.String()[:6])
	b.Open("/verify")
	b.Look("verify")
	b.Do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.Press("form.form button.primary")
	require.Contains(b.T, b.Text(), "BENABDERRAHMANE")
	b.Look("genuine")
	b.Open("/nowhere")
	b.Look("gone")
}
