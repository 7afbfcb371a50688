package openapitest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
	"jaliya/internal/web"
)

// canary is what must come back in no answer.
const canary = "Benzakourovitch"

// Attack is a surface and what is needed to ask it wrongly.
type Attack struct {
	Handler http.Handler
	// With puts on a request what carries a permission; empty stands for an
	// operation that asks for somebody and no permission.
	With func(r *http.Request, permission string)
	// Without puts on a request what carries any other permission; nil when the
	// surface has no roles.
	Without func(r *http.Request, permission string)
	// State is all that must not change, as text.
	State func() string
	// Path are values of parameters that are well formed and lead nowhere.
	Path map[string]string
}

// wrong is one way in which a request is wrong before anybody looks into it.
type wrong struct {
	name   string
	of     func(*Operation) bool
	change func(*http.Request, *Operation, Attack)
	status int
	code   string
}

func signed(o *Operation) bool { return o.Signed }

func jsonBody(o *Operation) bool { return o.JSON }

func body(text string) func(*http.Request, *Operation, Attack) {
	return func(r *http.Request, o *Operation, a Attack) {
		a.admit(r, o)
		fill(r, text)
	}
}

func fill(r *http.Request, text string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
}

func (a Attack) admit(r *http.Request, o *Operation) {
	if o.Signed {
		a.With(r, o.Permission)
	}
}

// wrongs is the table: every line is asked of every operation that it is about.
func wrongs() []wrong {
	stranger, _ := access.NewToken()
	token := func(header string) func(*http.Request, *Operation, Attack) {
		return func(r *http.Request, _ *Operation, _ Attack) { r.Header.Set("Authorization", header) }
	}
	nothing := func(*http.Request, *Operation, Attack) {}
	return []wrong{
		{"nobody", signed, nothing, http.StatusUnauthorized, string(web.CodeUnauthenticated)},
		{"another token", signed, token("Bearer " + stranger), http.StatusUnauthorized, string(web.CodeUnauthenticated)},
		{"no token at all", signed, token("Basic " + canary), http.StatusUnauthorized, string(web.CodeUnauthenticated)},
		{"another role", func(o *Operation) bool { return o.Permission != "" && o.Token }, func(r *http.Request, o *Operation, a Attack) {
			a.Without(r, o.Permission)
		}, http.StatusForbidden, "denied"},
		{"another site", func(o *Operation) bool { return o.Method != http.MethodGet && o.Method != http.MethodHead }, func(r *http.Request, o *Operation, a Attack) {
			a.admit(r, o)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://"+canary+".example")
		}, http.StatusForbidden, string(web.CodeCrossOrigin)},
		{"another media type", func(o *Operation) bool { return o.JSON || o.Upload != "" }, func(r *http.Request, o *Operation, a Attack) {
			a.admit(r, o)
			r.Header.Set("Content-Type", "text/"+canary)
			fill(r, "{}")
		}, http.StatusUnsupportedMediaType, string(web.CodeContentType)},
		{"no JSON", jsonBody, body(canary), http.StatusBadRequest, string(web.CodeJSON)},
		{"nothing", jsonBody, body(""), http.StatusBadRequest, string(web.CodeJSON)},
		{"cut off", jsonBody, body(`{"` + canary + `":`), http.StatusBadRequest, string(web.CodeJSON)},
		{"a list", jsonBody, body(`["` + canary + `"]`), http.StatusBadRequest, string(web.CodeJSON)},
		{"two values", jsonBody, body(`{} {}`), http.StatusBadRequest, string(web.CodeJSON)},
		{"deep", jsonBody, body(strings.Repeat("[", 20000)), http.StatusBadRequest, string(web.CodeJSON)},
		{"an unknown member", jsonBody, body(`{"` + canary + `":"` + canary + `"}`), http.StatusBadRequest, string(web.CodeJSON)},
		{"too long", jsonBody, body(`{"` + strings.Repeat(canary, web.MaxJSON/len(canary)+1) + `":1}`), http.StatusRequestEntityTooLarge, "too-large"},
	}
}

// Refusals asks every operation of the document wrongly, in three languages:
// each answer is a problem document with the code that belongs to it, in the
// language that was asked for, quoting nothing, and nothing has changed.
func (d *Document) Refusals(tb testing.TB, a Attack) {
	tb.Helper()
	before := a.State()
	handler := d.Watch(tb, a.Handler)
	noMethod := wrong{status: http.StatusMethodNotAllowed, code: string(web.CodeMethod)}
	noRoute := wrong{status: http.StatusNotFound, code: string(web.CodeNoRoute)}
	asked := 0
	for _, o := range d.Operations {
		for _, w := range wrongs() {
			if !w.of(o) {
				continue
			}
			for language := range sentences {
				r := a.request(tb, o, language)
				w.change(r, o, a)
				refused(tb, o.ID+", "+w.name, reply{serve(handler, r), o.Method, language}, w)
				asked++
			}
		}
	}
	for _, o := range d.Operations {
		for language := range sentences {
			r := a.request(tb, o, language)
			r.Method = http.MethodTrace
			refused(tb, o.ID+", another method", reply{serve(handler, r), r.Method, language}, noMethod)
			r = a.request(tb, o, language)
			r.URL.Path += strings.Repeat("/"+canary, 5)
			refused(tb, o.ID+", another path", reply{serve(handler, r), o.Method, language}, noRoute)
			asked += 2
		}
	}
	for _, o := range d.Operations {
		if strings.Contains(o.Path, "{") {
			r := a.request(tb, o, "en")
			r.URL.Path = hole.ReplaceAllString(o.Path, canary)
			a.admit(r, o)
			got := serve(handler, r)
			require.GreaterOrEqual(tb, got.Code, http.StatusBadRequest, o.ID)
			require.Less(tb, got.Code, http.StatusInternalServerError, o.ID)
			require.NotContains(tb, got.Body.String(), canary, o.ID)
			asked++
		}
	}
	require.Equal(tb, before, a.State())
	require.Greater(tb, asked, 10*len(d.Operations))
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var hole = regexp.MustCompile(`\{[^}]+\}`)

// request is a good request as far as its address and its headers go.
func (a Attack) request(tb testing.TB, o *Operation, language string) *http.Request {
	tb.Helper()
	path := hole.ReplaceAllStringFunc(o.Path, func(name string) string {
		value, ok := a.Path[strings.Trim(name, "{}")]
		require.True(tb, ok, "no value for %s", name)
		return value
	})
	r := httptest.NewRequestWithContext(tb.Context(), o.Method, path, http.NoBody)
	r.Header.Set("Accept-Language", language)
	switch {
	case o.JSON:
		r.Header.Set("Content-Type", "application/json")
		fill(r, "{}")
	case o.Upload != "":
		r.Header.Set("Content-Type", o.Upload)
	}
	for _, name := range o.Headers {
		switch name {
		case "If-Match":
			r.Header.Set(name, `"1"`)
		case "Upload-Offset":
			r.Header.Set(name, "0")
		}
	}
	return r
}

// sentences are what the words of a language must have.
var sentences = map[string]*regexp.Regexp{
	"ar": regexp.MustCompile(`\p{Arabic}`), "fr": regexp.MustCompile(`[a-zéèà]`), "en": regexp.MustCompile(`[a-z]`),
}

type reply struct {
	*httptest.ResponseRecorder
	method, language string
}

func refused(tb testing.TB, name string, got reply, want wrong) {
	tb.Helper()
	status, code := want.status, want.code
	require.Equal(tb, status, got.Code, "%s: %s", name, got.Body)
	require.NotContains(tb, got.Body.String(), canary, name)
	if status == http.StatusUnauthorized {
		require.NotEmpty(tb, got.Header().Get("WWW-Authenticate"), name)
	}
	if got.method == http.MethodHead {
		return
	}
	require.Equal(tb, web.ProblemType, got.Header().Get("Content-Type"), name)
	require.Equal(tb, got.language, got.Header().Get("Content-Language"), name)
	var p web.Problem
	require.NoError(tb, json.Unmarshal(got.Body.Bytes(), &p), name)
	require.Equal(tb, code, p.Code, name)
	require.Equal(tb, status, p.Status, name)
	require.Equal(tb, got.Header().Get("X-Request-Id"), p.RequestID, name)
	words := web.TextOf(web.Code(code), web.Language(got.language))
	require.Equal(tb, words, web.Text{Title: p.Title, Detail: p.Detail}, name)
	require.Regexp(tb, sentences[got.language], p.Title, name)
}
