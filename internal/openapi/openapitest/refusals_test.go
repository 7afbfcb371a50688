package openapitest_test

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/openapi"
	"jaliya/internal/openapi/openapitest"
	"jaliya/internal/web"
)

// FailNow ends what is tried, as it would end a test.
func (c *complaints) FailNow() { runtime.Goexit() }

// try runs a test that may fail, and says what it said.
func try(t *testing.T, run func(*complaints)) []string {
	t.Helper()
	c := &complaints{TB: t}
	over := make(chan struct{})
	go func() {
		defer close(over)
		run(c)
	}()
	<-over
	return c.said
}

// surface is a small one that does everything right.
func surface(t *testing.T) (*openapitest.Document, http.Handler, func(want bool) func(*http.Request, string)) {
	t.Helper()
	lines := []openapi.Operation{
		{
			Method: http.MethodPost, Path: "/a", ID: "a", Permission: string(access.VisitRelease), Security: []string{"token"},
			Request: asked{}, Answers: openapi.OK(told{}),
		},
		{Method: http.MethodGet, Path: "/a/:id", ID: "b", Permission: string(access.VisitRelease), Security: []string{"token"}, Answers: openapi.OK(told{})},
	}
	raw, err := openapi.Build(openapi.API{
		Title: "test", Operations: lines, Parameters: map[string]openapi.Parameter{"id": {Description: "an id"}},
	})
	require.NoError(t, err)
	tokens, accounts := map[bool]string{}, []access.ServiceAccount{}
	for may, role := range map[bool]access.Role{true: access.Supervisor, false: access.Agent} {
		token, hash := access.NewToken()
		tokens[may] = token
		accounts = append(accounts, access.ServiceAccount{Name: string(role), Role: role, TokenSHA256: hash})
	}
	auth, err := access.NewBearer(accounts)
	require.NoError(t, err)
	admitted := func(next gin.HandlerFunc) gin.HandlerFunc {
		return func(c *gin.Context) {
			who, err := auth.Authenticate(c.Request)
			if err == nil {
				err = who.Require(access.VisitRelease)
			}
			if err != nil {
				web.Fail(c, err)
				return
			}
			next(c)
		}
	}
	engine := web.NewEngine(slog.New(slog.DiscardHandler))
	engine.POST(openapi.Prefix+"/a", admitted(func(c *gin.Context) {
		var in asked
		if err := web.ReadJSON(c, &in); err != nil {
			web.Fail(c, err)
			return
		}
		web.JSON(c, http.StatusOK, told(in))
	}))
	engine.GET(openapi.Prefix+"/a/:id", admitted(func(c *gin.Context) {
		web.Fail(c, fault.New(fault.NotFound, "test", "", nil))
	}))
	return openapitest.Read(t, raw), engine, func(want bool) func(*http.Request, string) {
		return func(r *http.Request, _ string) { r.Header.Set("Authorization", "Bearer "+tokens[want]) }
	}
}

// TestRefusals: each way in which a refusal can be wrong is seen, and right
// ones are let be.
func TestRefusals(t *testing.T) {
	document, good, carrying := surface(t)
	changed := 0
	replace := func(old, by string) func(*httptest.ResponseRecorder) {
		return func(got *httptest.ResponseRecorder) {
			got.Body = bytes.NewBuffer(bytes.ReplaceAll(got.Body.Bytes(), []byte(old), []byte(by)))
		}
	}
	for name, spoil := range map[string]struct {
		before func(*http.Request)
		after  func(*httptest.ResponseRecorder)
	}{
		"OK":           {},
		"ErrQuotes":    {after: replace(`"title":"`, `"title":"Benzakourovitch `)},
		"ErrCode":      {after: replace(`"code":"malformed"`, `"code":"invalid"`)},
		"ErrStatus":    {after: func(got *httptest.ResponseRecorder) { got.Code = max(got.Code, http.StatusForbidden) }},
		"ErrChallenge": {after: func(got *httptest.ResponseRecorder) { got.Header().Del("WWW-Authenticate") }},
		"ErrPlain":     {after: func(got *httptest.ResponseRecorder) { got.Header().Set("Content-Type", "text/plain") }},
		"ErrRequestID": {after: func(got *httptest.ResponseRecorder) { got.Header().Del("X-Request-Id") }},
		"ErrWords":     {after: replace(`"detail":"`, `"detail":"sorry `)},
		"ErrChanges":   {after: func(*httptest.ResponseRecorder) { changed++ }},
		"ErrBreaks": {after: func(got *httptest.ResponseRecorder) {
			if got.Code == http.StatusNotFound {
				got.Code = http.StatusInternalServerError
			}
		}},
		"ErrLanguage": {before: func(r *http.Request) { r.Header.Set("Accept-Language", "en") }},
		"ErrLetsIn": {before: func(r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				carrying(true)(r, "")
			}
		}},
		"ErrSite":  {before: func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Del("Origin") }},
		"ErrMedia": {before: func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }},
	} {
		t.Run(name, func(t *testing.T) {
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if spoil.before != nil {
					spoil.before(r)
				}
				got := httptest.NewRecorder()
				good.ServeHTTP(got, r)
				if spoil.after != nil {
					spoil.after(got)
				}
				maps.Copy(w.Header(), got.Header())
				w.WriteHeader(got.Code)
				_, _ = w.Write(got.Body.Bytes())
			})
			said := try(t, func(tb *complaints) {
				document.Refusals(tb, openapitest.Attack{
					Handler: handler, With: carrying(true), Without: carrying(false), State: func() string { return strconv.Itoa(changed) },
					Path: map[string]string{"id": "1"},
				})
			})
			require.Equal(t, name == "OK", len(said) == 0, "%v", said)
		})
	}
}

// TestRoutes: the document has each route and no other.
func TestRoutes(t *testing.T) {
	document, handler, _ := surface(t)
	engine, ok := handler.(*gin.Engine)
	require.True(t, ok)
	compare := func(tb *complaints) { document.Routes(tb, engine.Routes()) }
	require.Empty(t, try(t, compare))
	require.Equal(t, string(access.VisitRelease), document.Permission(http.MethodGet, "/a/:id"))
	require.Equal(t, "no such operation", document.Permission(http.MethodDelete, "/a/:id"))
	engine.GET("/page", func(*gin.Context) {})
	require.Empty(t, try(t, compare), "pages are not in it")
	engine.DELETE(openapi.Prefix+"/a/:id", func(*gin.Context) {})
	require.NotEmpty(t, try(t, compare))
}

// TestServed: another document is seen, and one that nobody may keep.
func TestServed(t *testing.T) {
	document := []byte(`{"openapi":"3.1.0"}`)
	engine := web.NewEngine(slog.New(slog.DiscardHandler))
	web.ServeContract(engine, document)
	check := func(surface http.Handler, want []byte) []string {
		return try(t, func(tb *complaints) { openapitest.Served(tb, surface, want) })
	}
	require.Empty(t, check(engine, document))
	require.NotEmpty(t, check(engine, []byte(`{}`)))
	untagged := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("If-None-Match")
		engine.ServeHTTP(w, r)
	})
	require.NotEmpty(t, check(untagged, document))
}

// TestCurrent: a file that differs from the handlers is seen.
func TestCurrent(t *testing.T) {
	require.NotEmpty(t, try(t, func(tb *complaints) {
		openapitest.Current(tb, openapi.API{Title: "another"}, "portal.json", false)
	}))
	require.NotEmpty(t, try(t, func(tb *complaints) {
		openapitest.Current(tb, openapi.API{Title: "another"}, "none.json", false)
	}))
}
