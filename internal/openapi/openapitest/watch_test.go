package openapitest_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/openapi"
	"jaliya/internal/openapi/openapitest"
	"jaliya/internal/web"
)

type asked struct {
	Name string `json:"name"`
}

type told struct {
	Name string `json:"name"`
}

// complaints is a test that remembers what was wrong.
type complaints struct {
	testing.TB
	said []string
}

func (c *complaints) Errorf(format string, args ...any) {
	c.said = append(c.said, fmt.Sprintf(format, args...))
}

// TestWatch: each way in which an exchange can differ from the document is seen,
// and one that does not differ is let be.
func TestWatch(t *testing.T) {
	raw, err := openapi.Build(openapi.API{Title: "test", Operations: []openapi.Operation{{
		Method: http.MethodPost, Path: "/a", ID: "a", Request: asked{}, Required: []string{"name"}, Answers: openapi.OK(told{}),
		Refusals: []openapi.Refusals{openapi.Refuse(http.StatusConflict, "released")},
	}}})
	require.NoError(t, err)
	document := openapitest.Read(t, raw)
	coded := func(kind fault.Kind, code web.Code) gin.HandlerFunc {
		return func(c *gin.Context) { web.Fail(c, fault.New(kind, "test", "", code.Cause())) }
	}
	answers := func(status int, value any) gin.HandlerFunc {
		return func(c *gin.Context) { web.JSON(c, status, value) }
	}
	good := `{"name":"x"}`
	for name, tc := range map[string]struct {
		handle             gin.HandlerFunc
		method, path, body string
		says               string
	}{
		"OK":              {answers(200, told{Name: "x"}), "POST", "/a", good, ""},
		"OKRefused":       {coded(fault.Conflict, web.CodeReleased), "POST", "/a", good, ""},
		"OKNoRoute":       {nil, "POST", "/b", good, ""},
		"OKNoMethod":      {nil, "PUT", "/a", good, ""},
		"ErrStatus":       {answers(201, told{Name: "x"}), "POST", "/a", good, "does not list this status"},
		"ErrCode":         {coded(fault.Conflict, web.CodeNotSecured), "POST", "/a", good, "does not list the code not-secured"},
		"ErrRefusal":      {coded(fault.Denied, web.CodeFourEyes), "POST", "/a", good, "does not list the code four-eyes"},
		"ErrOperation":    {answers(200, told{}), "GET", "/a", "", "has no such operation"},
		"ErrMore":         {answers(200, map[string]string{"name": "x", "age": "3"}), "POST", "/a", good, "additional properties 'age'"},
		"ErrLess":         {answers(200, map[string]string{}), "POST", "/a", good, "missing property 'name'"},
		"ErrType":         {answers(200, map[string]int{"name": 3}), "POST", "/a", good, "want string"},
		"ErrNull":         {answers(200, map[string]any{"name": nil}), "POST", "/a", good, "want string"},
		"ErrMedia":        {func(c *gin.Context) { c.String(200, good) }, "POST", "/a", good, "media type text/plain"},
		"ErrTaken":        {answers(200, told{Name: "x"}), "POST", "/a", `{}`, "missing property 'name'"},
		"ErrTakenMore":    {answers(200, told{Name: "x"}), "POST", "/a", `{"name":"x","age":3}`, "additional properties 'age'"},
		"ErrPlainProblem": {func(c *gin.Context) { c.String(409, "no") }, "POST", "/a", good, "a refusal is a problem document"},
	} {
		t.Run(name, func(t *testing.T) {
			e := web.NewEngine(slog.New(slog.DiscardHandler))
			e.Use(func(c *gin.Context) { _, _ = io.Copy(io.Discard, c.Request.Body) })
			if tc.handle != nil {
				e.Handle(tc.method, openapi.Prefix+"/a", tc.handle)
			} else {
				e.POST(openapi.Prefix+"/a", answers(200, told{}))
			}
			inside, outside := &complaints{TB: t}, &complaints{TB: t}
			server := httptest.NewServer(document.Watch(inside, e))
			defer server.Close()
			r, err := http.NewRequestWithContext(t.Context(), tc.method, server.URL+openapi.Prefix+tc.path, strings.NewReader(tc.body))
			require.NoError(t, err)
			response, err := document.Transport(outside, http.DefaultTransport).RoundTrip(r)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, inside.said, outside.said, "both ends see the same")
			if tc.says == "" {
				require.Empty(t, inside.said)
				return
			}
			require.NotEmpty(t, inside.said)
			require.Contains(t, inside.said[0], tc.says)
		})
	}
}
