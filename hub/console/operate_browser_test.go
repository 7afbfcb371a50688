package console_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"jaliya/internal/access"
)

// TestOperateBrowser is an operator's morning: what needs them, the map, a silent
// post, a stuck order, a refused entry; each page looked at.
func TestOperateBrowser(t *testing.T) {
	if os.Getenv("JALIYA_BROWSER") == "" {
		t.Skip("JALIYA_BROWSER is not set")
	}
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.watch.to(newMorning(t, w.now()))
				b := startBrowser(t, w)
				b.name = fmt.Sprintf("operate-%s-%d", language, width)
				b.do(chromedp.EmulateViewport(width, 900))
				salma := w.hire(access.HubOperator, "Salma Idrissi")
				b.open("/sign-in")
				b.press(`.languages [value="` + language + `"]`)
				b.fill(map[string]string{"officer": string(salma.id), "password": password, "code": salma.code(w)})
				b.press("form.form button.primary")
				for _, path := range operatePages() {
					b.open(path)
					b.look(name(path))
				}
				b.dark(true)
				for _, path := range []string{"/operate", "/operate/posts/FR-LYO", "/operate/requests"} {
					b.open(path)
					b.look(name(path) + "-dark")
				}
			})
		}
	}
}

func name(path string) string { return strings.ReplaceAll(path[1:], "/", "-") }

// dark has the page drawn for a reader who wants dark screens.
func (b *tab) dark(on bool) {
	b.t.Helper()
	value := "light"
	if on {
		value = "dark"
	}
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}},
		})
		return err
	}))
}
