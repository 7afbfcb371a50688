package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
)

// languageLife is how long a workstation remembers its language.
const languageLife = 365 * 24 * time.Hour

type languageChoice struct {
	Code, Name, Dir string
	Current         bool
}

// autonym is the name of a language in itself: who looks for it can read it.
func autonym(l consular.Language) string {
	switch l {
	case consular.Arabic:
		return "العربية"
	case consular.French:
		return "Français"
	case consular.Tamazight:
		return "ⵜⴰⵎⴰⵣⵉⵖⵜ"
	case consular.English:
		return "English"
	case consular.Spanish:
		return "Español"
	case consular.Italian:
		return "Italiano"
	case consular.Dutch:
		return "Nederlands"
	case consular.German:
		return "Deutsch"
	default:
		return string(l)
	}
}

// Autonym gives the name of a language in itself.
func Autonym(l consular.Language) string { return autonym(l) }

func (u *UI) choices(now consular.Language) []languageChoice {
	out := make([]languageChoice, 0, len(u.o.Languages))
	for _, l := range u.o.Languages {
		dir := "ltr"
		if l.RightToLeft() {
			dir = "rtl"
		}
		out = append(out, languageChoice{Code: string(l), Name: autonym(l), Dir: dir, Current: l == now})
	}
	return out
}

func (u *UI) cookie() string { return "jaliya_" + u.o.Surface + "_language" }

// Printer gives the voice for a reader: the language chosen on this machine,
// else what the browser asks for, else the surface's own.
func (u *UI) Printer(c *gin.Context) lang.Printer {
	if held, err := c.Request.Cookie(u.cookie()); err == nil {
		if l := consular.Language(held.Value); slices.Contains(u.o.Languages, l) {
			return u.o.Catalog.Printer(l)
		}
	}
	if l, ok := lang.Match(c.GetHeader("Accept-Language"), u.o.Languages); ok {
		return u.o.Catalog.Printer(l)
	}
	return u.o.Catalog.Printer(u.o.Languages[0])
}

func (u *UI) switchLanguage(c *gin.Context) {
	if l := consular.Language(c.PostForm("language")); slices.Contains(u.o.Languages, l) {
		http.SetCookie(c.Writer, &http.Cookie{ //nolint:gosec // Secure wherever the surface is: a post's LAN before its certificate, tests
			Name: u.cookie(), Value: string(l), Path: "/", MaxAge: int(languageLife.Seconds()),
			HttpOnly: true, Secure: c.Request.TLS != nil, SameSite: http.SameSiteLaxMode,
		})
	}
	See(c, LocalPath(c.PostForm("back")))
}

// LocalPath gives a path of this surface, "/" for whatever is none: a redirect
// must never lead to another place.
func LocalPath(s string) string {
	at, err := url.Parse(s)
	if err != nil || at.Scheme != "" || at.Host != "" || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") ||
		strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return at.EscapedPath()
}

// backPath is where the language switch returns to. A page that answers a form
// has no address of its own.
func backPath(c *gin.Context) string {
	if c.Request.Method != http.MethodGet {
		return "/"
	}
	return LocalPath(c.Request.URL.Path)
}

// funcs are what templates may call, bound to one language.
func (u *UI) funcs(p lang.Printer) template.FuncMap {
	at := func(t time.Time) time.Time { return t.In(u.o.Zone) }
	return template.FuncMap{
		"t":          p.T,
		"asset":      u.assets.address,
		"level":      p.Level,
		"levelShort": func(n int) string { return p.T("level.l" + string(rune('0'+min(max(n, 0), 3))) + ".short") },
		"levelMeans": p.LevelMeans,
		"number":     func(n int) string { return p.Number(int64(n)) },
		"clock":      func(t time.Time) string { return p.Clock(at(t)) },
		"when":       func(t time.Time) string { return p.DateTime(at(t)) },
		"day":        func(t time.Time) string { return p.DayDate(consular.DateOf(at(t))) },
		"date":       p.Date,
		"money":      p.Money,
		"code":       lang.BdiCode,
		"bdi":        lang.Bdi,
		"stamp":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"list":       func(items ...any) []any { return items },
	}
}
