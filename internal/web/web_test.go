package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

type body struct {
	Name string `json:"name"`
	Age  int    `json:"age"`
}

// engine answers each way that a handler can end.
func engine(log *bytes.Buffer) *gin.Engine {
	e := web.NewEngine(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	e.POST("/echo", func(c *gin.Context) {
		var b body
		if err := web.ReadJSON(c, &b); err != nil {
			web.Fail(c, err)
			return
		}
		web.JSON(c, http.StatusOK, b)
	})
	e.GET("/panic/:id", func(*gin.Context) { panic("Benali") })
	e.GET("/late-panic", func(c *gin.Context) { c.String(http.StatusOK, "x"); panic("Benali") })
	e.GET("/broken", func(c *gin.Context) { web.Fail(c, fault.New(fault.Storage, "journal: append", "", nil)) })
	e.GET("/wait", func(c *gin.Context) {
		web.Fail(c, fault.New(fault.Denied, "x", "", web.CodedError{Code: web.CodeAttempts, RetryAfter: time.Second}))
	})
	e.GET("/nobody", func(c *gin.Context) { web.Fail(c, access.Principal{}.Require(access.VisitRead)) })
	return e
}

func do(t *testing.T, e http.Handler, r *http.Request) (*httptest.ResponseRecorder, web.Problem) {
	t.Helper()
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	var p web.Problem
	if strings.HasPrefix(w.Header().Get("Content-Type"), web.ProblemType) {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
		require.Equal(t, w.Code, p.Status)
		require.Equal(t, "urn:jaliya:problem:"+p.Code, p.Type)
		require.Equal(t, w.Header().Get("X-Request-Id"), p.RequestID)
		require.NotEmpty(t, p.Title)
		require.NotEmpty(t, p.Detail)
	}
	return w, p
}

func TestReadJSON(t *testing.T) {
	cases := map[string]struct {
		media, body string
		status      int
		code        string
		violation   web.Violation
	}{
		"OK":             {"application/json; charset=utf-8", `{"name":"x","age":3}`, 200, "", web.Violation{}},
		"ErrMediaType":   {"text/plain", `{}`, 415, "content-type", web.Violation{}},
		"ErrNoMediaType": {"", `{}`, 415, "content-type", web.Violation{}},
		"ErrEmpty":       {"application/json", ``, 400, "malformed", web.Violation{Field: "body", Rule: "json"}},
		"ErrCut":         {"application/json", `{"name":`, 400, "malformed", web.Violation{Field: "body", Rule: "json"}},
		"ErrTwoValues":   {"application/json", `{} {}`, 400, "malformed", web.Violation{Field: "body", Rule: "json"}},
		"ErrType":        {"application/json", `{"age":"Benali"}`, 400, "malformed", web.Violation{Field: "age", Rule: "type"}},
		"ErrUnknown":     {"application/json", `{"Benali":1}`, 400, "malformed", web.Violation{Field: "body", Rule: "unknown-member"}},
		"ErrTooLarge":    {"application/json", `{"name":"` + strings.Repeat("a", web.MaxJSON) + `"}`, 413, "too-large", web.Violation{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/echo", strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.media)
			w, p := do(t, engine(&log), r)
			require.Equal(t, c.status, w.Code)
			require.Equal(t, c.code, p.Code)
			if c.violation != (web.Violation{}) {
				require.Equal(t, []web.Violation{c.violation}, p.Violations)
			}
			require.NotContains(t, log.String(), "Benali")
			if c.status != http.StatusOK {
				require.NotContains(t, w.Body.String(), "Benali")
			}
		})
	}
}

func TestEngine(t *testing.T) {
	cases := map[string]struct {
		method, path string
		status       int
		code         string
	}{
		"ErrRoute":       {http.MethodGet, "/none", 404, "no-such-route"},
		"ErrSlash":       {http.MethodPost, "/echo/", 404, "no-such-route"},
		"ErrMethod":      {http.MethodDelete, "/echo", 405, "method-not-allowed"},
		"ErrPanic":       {http.MethodGet, "/panic/Benali", 500, "internal"},
		"ErrLatePanic":   {http.MethodGet, "/late-panic", 200, ""},
		"ErrStorage":     {http.MethodGet, "/broken", 503, "storage"},
		"ErrTooOften":    {http.MethodGet, "/wait", 429, "too-many-attempts"},
		"ErrNoIdentity":  {http.MethodGet, "/nobody", 401, "unauthenticated"},
		"ErrQueryUnseen": {http.MethodGet, "/none?name=Benali", 404, "no-such-route"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			w, p := do(t, engine(&log), httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil))
			require.Equal(t, c.status, w.Code)
			require.Equal(t, c.code, p.Code)
			require.NotContains(t, log.String(), "Benali")
			require.NotContains(t, w.Body.String(), "Benali")
			require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'self'")
			require.Contains(t, log.String(), w.Header().Get("X-Request-Id"))
			if c.status >= 500 {
				require.Contains(t, log.String(), "level=ERROR")
			}
			if c.status == http.StatusTooManyRequests {
				require.Equal(t, "2", w.Header().Get("Retry-After"))
			}
		})
	}
	t.Run("ErrAbort", func(t *testing.T) {
		var log bytes.Buffer
		e := engine(&log)
		e.GET("/abort", func(*gin.Context) { panic(http.ErrAbortHandler) })
		require.PanicsWithValue(t, http.ErrAbortHandler, func() {
			e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/abort", nil))
		})
	})
}

func TestLanguageOf(t *testing.T) {
	for header, want := range map[string]web.Language{
		"": web.English, "fr-MA,fr;q=0.9": web.French, "ar-MA": web.Arabic, "zgh, ar;q=0.5": web.Arabic,
		"nl": web.English, ";;;": web.English,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", header)
		require.Equal(t, want, web.LanguageOf(r), header)
	}
}

func TestTexts(t *testing.T) {
	kinds := map[string]bool{}
	for kind := fault.Other; kind <= fault.Internal; kind++ {
		kinds[kind.Code()] = true
		status := web.StatusOf(kind)
		require.True(t, status >= 400 && status < 600)
	}
	for _, code := range web.Codes() {
		kinds[string(code)] = true
	}
	require.Len(t, web.Texts(), len(kinds))
	for code := range kinds {
		text, ok := web.Texts()[code]
		require.True(t, ok, code)
		require.Len(t, text, 3, code)
		for lang, one := range text {
			require.NotEmpty(t, one.Title, "%s %s", code, lang)
			require.NotEmpty(t, one.Detail, "%s %s", code, lang)
		}
		require.Regexp(t, `\p{Arabic}`, text[web.Arabic].Title)
		require.NotEqual(t, text[web.English].Detail, text[web.French].Detail)
	}
}

func TestProblemOf(t *testing.T) {
	t.Run("OKViolations", func(t *testing.T) {
		_, err := consular.ParseName("Benali", "Benali")
		p := web.ProblemOf(err, web.French)
		require.Equal(t, http.StatusUnprocessableEntity, p.Status)
		require.Equal(t, []web.Violation{{Field: "arabic", Rule: "script"}}, p.Violations)
		require.Equal(t, "Données non valides", p.Title)
	})
	t.Run("OKNext", func(t *testing.T) {
		offset := int64(0)
		err := fault.New(fault.Conflict, "x", "", web.CodedError{Code: web.CodeWrongOffset, Offset: &offset})
		p := web.ProblemOf(errors.Join(errors.New("outer"), err), web.English)
		require.Equal(t, http.StatusConflict, p.Status)
		require.Equal(t, &web.Next{Offset: &offset}, p.Next)
		raw, err2 := json.Marshal(p)
		require.NoError(t, err2)
		require.Contains(t, string(raw), `"next":{"offset":0}`)
	})
	t.Run("OKUnknownError", func(t *testing.T) {
		p := web.ProblemOf(errors.New("Benali"), web.English)
		require.Equal(t, http.StatusInternalServerError, p.Status)
		require.NotContains(t, p.Detail, "Benali")
	})
}

func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{`{"name":"x","age":1}`, `{`, `null`, `[]`, `{"age":1e999}`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var b body
		if err := web.DecodeJSON(raw, &b); err != nil {
			require.True(t, fault.Is(err, fault.Invalid))
			require.True(t, web.Has(err, web.CodeJSON))
		}
	})
}

// TestCrossOrigin refuses what another site makes a browser send.
func TestCrossOrigin(t *testing.T) {
	cases := map[string]struct {
		method string
		header map[string]string
		status int
	}{
		"OKProgram":    {http.MethodPost, nil, 200},
		"OKSameOrigin": {http.MethodPost, map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		"OKOldBrowser": {http.MethodPost, map[string]string{"Origin": "http://example.com"}, 200},
		"ErrOtherSite": {http.MethodPost, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"ErrSameSite":  {http.MethodPost, map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		"ErrOrigin":    {http.MethodPost, map[string]string{"Origin": "https://elsewhere.example"}, 403},
		"OKReads":      {http.MethodGet, map[string]string{"Sec-Fetch-Site": "cross-site"}, 404},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := "/echo"
			if c.method == http.MethodGet {
				path = "/none"
			}
			r := httptest.NewRequestWithContext(t.Context(), c.method, path, strings.NewReader(`{}`))
			r.Header.Set("Content-Type", "application/json")
			for key, value := range c.header {
				r.Header.Set(key, value)
			}
			var log bytes.Buffer
			w, p := do(t, engine(&log), r)
			require.Equal(t, c.status, w.Code)
			if c.status == http.StatusForbidden {
				require.Equal(t, string(web.CodeCrossOrigin), p.Code)
			}
		})
	}
}
