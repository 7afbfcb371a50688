package attack

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

var nonce = regexp.MustCompile(`script-src 'nonce-([A-Za-z0-9]{20,})'`)

// Headers holds every answer to the headers that each must carry, and every
// page to its policy: with somebody signed in, and without.
func (s Surface) Headers() {
	s.T.Helper()
	used := map[string]bool{}
	nobody := s
	nobody.As = nil
	for _, who := range []Surface{s, nobody} {
		who.each(nil, func(method, path string) {
			r := who.request(method, path, "")
			got := who.send(r)
			who.headers(got, method+" "+path)
			if found := nonce.FindStringSubmatch(got.Header().Get("Content-Security-Policy")); found != nil {
				require.False(s.T, used[found[1]], "%s %s: a nonce is used once", method, path)
				used[found[1]] = true
			}
		})
	}
	got := s.send(s.request(http.MethodGet, "/no/such/page", ""))
	s.headers(got, "a page that is not there")
}

func (s Surface) headers(got *httptest.ResponseRecorder, what string) {
	s.T.Helper()
	h := got.Header()
	require.Less(s.T, got.Code, http.StatusInternalServerError, what)
	require.Equal(s.T, "nosniff", h.Get("X-Content-Type-Options"), what)
	require.Equal(s.T, "DENY", h.Get("X-Frame-Options"), what)
	require.Contains(s.T, []string{"no-referrer", "same-origin"}, h.Get("Referrer-Policy"), what)
	require.Equal(s.T, "same-origin", h.Get("Cross-Origin-Opener-Policy"), what)
	require.Equal(s.T, "same-origin", h.Get("Cross-Origin-Resource-Policy"), what)
	require.Contains(s.T, h.Get("Permissions-Policy"), "geolocation=()", what)
	require.Empty(s.T, h.Get("Access-Control-Allow-Origin"), what)
	require.Empty(s.T, h.Get("Server"), what)
	if !strings.Contains(what, "/assets/") && !strings.HasSuffix(what, "/openapi.json") { // what is the same for everybody may be kept
		require.Equal(s.T, "no-store", h.Get("Cache-Control"), what)
	}
	policy := h.Get("Content-Security-Policy")
	require.NotContains(s.T, policy, "unsafe", what)
	require.Contains(s.T, policy, "frame-ancestors 'none'", what)
	require.Contains(s.T, policy, "base-uri 'none'", what)
	require.Contains(s.T, policy, "object-src 'none'", what)
	require.Contains(s.T, policy, "form-action 'self'", what)
	if strings.HasPrefix(h.Get("Content-Type"), "text/html") && got.Body.Len() > 0 {
		found := nonce.FindStringSubmatch(policy)
		require.NotNil(s.T, found, "%s: %s", what, policy)
		s.inline(got.Body.String(), found[1], what)
	}
}

// inline finds nothing in a page that its policy would have to stop, and no
// address of another origin.
func (s Surface) inline(page, nonce, what string) {
	s.T.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(s.T, err, what)
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script":
			require.Equal(s.T, nonce, value(n, "nonce"), what)
			require.Nil(s.T, n.FirstChild, "%s: a script within the page", what)
		case "style", "iframe", "object", "embed", "base", "applet":
			require.Fail(s.T, "a page holds what its policy forbids", "%s: %s", what, n.Data)
		}
		for _, a := range n.Attr {
			s.attribute(n, a, what)
		}
	}
}

func (s Surface) attribute(n *html.Node, a html.Attribute, what string) {
	s.T.Helper()
	require.False(s.T, strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc", "%s: %s %s", what, n.Data, a.Key)
	if a.Key == "src" || a.Key == "href" && n.Data == "link" || a.Key == "action" || a.Key == "formaction" {
		require.True(s.T, a.Val == "#" || strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//"), "%s: %s %s=%s", what, n.Data, a.Key, a.Val)
	}
	if a.Key == "href" {
		require.NotRegexp(s.T, `(?i)^\s*(javascript|data|vbscript):`, a.Val, what)
	}
}

func value(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// The marks by which what was typed is found again.
const (
	mark     = "xq7z"
	override = "\u202e"
)

// Markup is what is typed into every field: it ends elements, attributes,
// scripts, comments and templates, and turns the direction of what follows.
func Markup() []string {
	return []string{
		`"><script>` + mark + `()</script><img src=x onerror=` + mark + `()>`,
		`' autofocus onfocus='` + mark + `()' x='`,
		`</title></textarea></select></script><svg/onload=` + mark + `()>`,
		`{{` + mark + `}}<!--` + mark + `--><a href="javascript:` + mark + `()">x</a>`,
		mark + override + `txt.exe` + "\u2066",
	}
}

// Harmless holds a page to having shown what was typed as text and nothing
// else: no element and no attribute was made of it, and what turns the
// direction turns it within its own bounds.
func Harmless(t require.TestingT, page, what string) {
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err, what)
	for n := range root.Descendants() {
		switch n.Type { //nolint:exhaustive // the rest carries no text
		case html.CommentNode:
			require.NotContains(t, n.Data, mark, what)
		case html.TextNode:
			if n.Parent.Data == "script" || n.Parent.Data == "style" {
				require.NotContains(t, n.Data, mark, what)
			}
			if strings.Contains(n.Data, override) {
				require.True(t, isolated(n.Parent), "%s: %q turns what follows it", what, n.Data)
			}
		case html.ElementNode:
			require.NotContains(t, n.Data, mark, what)
			for _, a := range n.Attr {
				require.NotContains(t, a.Key, mark, what)
				if a.Key != "value" && strings.Contains(a.Val, mark) {
					require.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" || a.Key == "action", "%s: %s=%s", what, a.Key, a.Val)
				}
			}
		}
	}
}

// isolated tells whether the direction of a text ends with the text: it stands in
// an element that isolates, or alone in a block.
func isolated(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		switch n.Data {
		case "bdi", "textarea", "option", "title":
			return true
		case "p", "td", "dd", "li", "h1", "h2", "div":
			return n.FirstChild == n.LastChild
		}
		if value(n, "dir") != "" {
			return true
		}
	}
	return false
}
