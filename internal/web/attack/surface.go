package attack

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

// T is what of a test is used: a test of this package attacks surfaces that must
// give way, and has to see it.
type T interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// Surface is what is attacked, by somebody's own browser or without one.
type Surface struct {
	T       T
	Engine  *gin.Engine
	Host    string                         // as the surface is reached
	Trusted string                         // another host to which pages may lead: a provider of identity
	As      func(*http.Request)            // makes a request somebody's who is signed in
	Fill    *strings.Replacer              // puts what is there in place of ":reference" and the like
	State   func() any                     // what no attack may change
	Open    func(method, path string) bool // routes that are meant for other sites and programs; nil: none
	Skip    func(method, path string) bool // routes that the engine of the test lacks parts for
}

// each calls with every route, filled in.
func (s Surface) each(methods []string, try func(method, path string)) {
	s.T.Helper()
	n := 0
	for _, route := range s.Engine.Routes() {
		if len(methods) > 0 && !slices.Contains(methods, route.Method) || s.Skip != nil && s.Skip(route.Method, route.Path) {
			continue
		}
		path := route.Path
		if s.Fill != nil {
			path = s.Fill.Replace(path)
		}
		n++
		try(route.Method, path)
	}
	require.Positive(s.T, n, "no route was tried")
}

func (s Surface) request(method, path, body string) *http.Request {
	r := httptest.NewRequestWithContext(s.T.Context(), http.MethodGet, "/", strings.NewReader(body))
	// As a line of HTTP carries it: what a test may not build, a stranger may send.
	at, err := r.URL.Parse("/")
	require.NoError(s.T, err)
	if parsed, err := at.Parse(path); err == nil && parsed.Host == "" {
		at = parsed
	} else {
		at.Path = path
	}
	r.Method, r.URL, r.RequestURI, r.Host = method, at, path, s.Host
	r.RemoteAddr = "203.0.113.9:4711"
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if s.As != nil {
		s.As(r)
	}
	return r
}

func (s Surface) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Engine.ServeHTTP(w, r)
	return w
}

func (s Surface) state() any {
	if s.State == nil {
		return nil
	}
	return s.State()
}

var unsafeMethods = []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
