package console_test

import (
	"fmt"
	"strings"
	"testing"

	"jaliya/internal/access"
	"jaliya/internal/web/webtest"
)

// TestOperateBrowser is an operator's morning: what needs them, the map, a silent
// post, a stuck order, a refused entry; each page looked at.
func TestOperateBrowser(t *testing.T) {
	webtest.Wanted(t)
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.watch.to(newMorning(t, w.now()))
				b := startBrowser(t, w)
				b.Name = fmt.Sprintf("operate-%s-%d", language, width)
				b.Viewport(width)
				salma := w.hire(access.HubOperator, "Salma Idrissi")
				b.Open("/sign-in")
				b.Press(`.languages [value="` + language + `"]`)
				b.Fill(map[string]string{"officer": string(salma.id), "password": password, "code": salma.code(w)})
				b.Press("form.form button.primary")
				for _, path := range operatePages() {
					b.Open(path)
					b.Look(named(path))
				}
				b.Media("", "dark")
				for _, path := range []string{"/operate", "/operate/posts/FR-LYO", "/operate/requests"} {
					b.Open(path)
					b.Look(named(path) + "-dark")
				}
			})
		}
	}
}

func named(path string) string { return strings.ReplaceAll(path[1:], "/", "-") }
