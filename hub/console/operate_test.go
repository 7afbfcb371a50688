package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
)

func operatePages() []string {
	return []string{
		"/operate", "/operate/posts", "/operate/posts/FR-LYO", "/operate/posts/NO-OSL", "/operate/requests", "/operate/stuck", "/operate/refused",
		"/operate/hub", "/operate/help",
	}
}

func TestOperatePages(t *testing.T) {
	w := newWorld(t)
	w.watch.to(newMorning(t, w.now()))
	s := w.signedIn(w.hire(access.HubOperator, "Salma Idrissi"))
	for _, lang := range []string{"fr", "ar", "en"} {
		s.lang = lang
		for _, path := range operatePages() {
			page := s.get(path)
			require.Equal(t, http.StatusOK, page.status, "%s %s\n%s\n%s", lang, path, page.text, w.log.String())
			require.NotRegexp(t, `[> "]operate\.[a-z]|[> "]chart\.[a-z]|ZgotmplZ|\{[a-z_]+\}`, page.text, "%s %s", lang, path)
			require.NotRegexp(t, `(?i)\sstyle="|\son[a-z]+="|<style`, page.text, path)
			require.NotRegexp(t, `(?:src|href)="(?:https?:)?//`, page.text, path)
		}
	}
}
