package attack

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"
)

// CrossSite sends every form as another site makes a browser send it, with the
// cookies of somebody who is signed in: all are refused, and nothing happens.
func (s Surface) CrossSite() {
	s.T.Helper()
	before := s.state()
	s.each(unsafeMethods, func(method, path string) {
		if s.Open != nil && s.Open(method, path) {
			return
		}
		for _, forged := range []map[string]string{
			{"Sec-Fetch-Site": "cross-site"},
			{"Sec-Fetch-Site": "same-site"},
			{"Sec-Fetch-Site": "cross-site", "Origin": "https://" + s.Host},
			{"Origin": "https://elsewhere.example"},
			{"Origin": "null"},
			{"Origin": "https://" + s.Host + ".elsewhere.example"},
			{"Origin": "https://elsewhere.example", "Referer": "https://" + s.Host + "/"},
		} {
			r := s.request(method, path, "a=b")
			for name, value := range forged {
				r.Header.Set(name, value)
			}
			got := s.send(r)
			require.Equal(s.T, http.StatusForbidden, got.Code, "%s %s %v", method, path, forged)
			require.Empty(s.T, got.Result().Cookies(), "%s %s %v", method, path, forged)
		}
	})
	require.Equal(s.T, before, s.state(), "a form of another site changed something")
}

// Methods asks for what changes something in the clothes of what does not.
func (s Surface) Methods() {
	s.T.Helper()
	before := s.state()
	s.each(unsafeMethods, func(method, path string) {
		for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			r := s.request(http.MethodGet, path+"?_method="+method, "")
			r.Header.Set(header, method)
			require.Less(s.T, s.send(r).Code, http.StatusInternalServerError, path)
		}
		for _, odd := range []string{"TRACE", "CONNECT", "PROPFIND", "post", "GET POST"} {
			got := s.send(s.request(odd, path, ""))
			require.GreaterOrEqual(s.T, got.Code, http.StatusBadRequest, "%s %s", odd, path)
			require.Less(s.T, got.Code, http.StatusInternalServerError, "%s %s", odd, path)
		}
	})
	require.Equal(s.T, before, s.state(), "a reading changed something")
}

const foreign = "elsewhere.example"

// Hosts asks under a forged host: no page and no redirect repeats it.
func (s Surface) Hosts() {
	s.T.Helper()
	s.each([]string{http.MethodGet}, func(method, path string) {
		r := s.request(method, path, "")
		r.Host = foreign
		for _, name := range []string{"X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-Original-Url", "X-Rewrite-Url", "X-Original-Host"} {
			r.Header.Set(name, foreign)
		}
		r.Header.Set("Forwarded", "host="+foreign)
		got := s.send(r)
		require.NotContains(s.T, got.Body.String(), foreign, path)
		require.NotContains(s.T, got.Header().Get("Location"), foreign, path)
	})
}

// away lists addresses that lead away, written as redirects have been fooled.
var away = []string{
	"//elsewhere.example/", "https://elsewhere.example/", `/\elsewhere.example/`, `\\elsewhere.example\`, "/\t/elsewhere.example/",
	"/\r\nLocation: //elsewhere.example/", "http:elsewhere.example", "javascript:alert(1)", "///elsewhere.example", "/./\\elsewhere.example",
	"https:/elsewhere.example", "//elsewhere.example@" + "here/", "\x00//elsewhere.example", "%2f%2felsewhere.example", "/..//elsewhere.example",
	".elsewhere.example", "data:text/html,x", "/%0d%0aSet-Cookie:x=y",
}

// Redirects asks every route to lead on to another site, in the query and in
// the form: none does.
func (s Surface) Redirects(fields ...string) {
	s.T.Helper()
	s.each([]string{http.MethodGet, http.MethodPost}, func(method, path string) {
		if strings.HasPrefix(path, "/api/") || s.Open != nil && s.Open(method, path) {
			return
		}
		for _, to := range away {
			form := url.Values{}
			for _, field := range fields {
				form.Set(field, to)
			}
			r := s.request(method, path+"?"+form.Encode(), form.Encode())
			if method == http.MethodGet {
				r = s.request(method, path+"?"+form.Encode(), "")
			}
			got := s.send(r)
			s.staysHere(got.Header(), method+" "+path+" "+to)
		}
	})
}

// staysHere holds an answer to addresses of its own surface, as a browser would
// read them.
func (s Surface) staysHere(h http.Header, what string) {
	s.T.Helper()
	for _, to := range append(h.Values("Location"), h.Values("Refresh")...) {
		base, err := url.Parse("https://" + s.Host + "/")
		require.NoError(s.T, err)
		// Browsers take a backslash for a slash, and forget tabs and line ends.
		read := strings.NewReplacer(`\`, "/", "\t", "", "\r", "", "\n", "").Replace(to)
		at, err := base.Parse(read)
		require.NoError(s.T, err, what)
		if s.Trusted != "" && at.Host == s.Trusted {
			continue
		}
		require.Equal(s.T, s.Host, at.Host, "%s leads to %s", what, to)
		require.Equal(s.T, "https", at.Scheme, "%s leads to %s", what, to)
	}
	require.NotContains(s.T, h.Values("Set-Cookie"), "x=y", what)
}

// Paths asks for files and for other routes by crooked paths: none of them is
// served, and none breaks anything.
func (s Surface) Paths() {
	s.T.Helper()
	crooked := []string{
		"/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../go.mod", "/assets/x/..%2f..%2f..%2fgo.mod",
		"/assets/%2e%2e/style.css", "/%252e%252e%252fetc%252fpasswd", "/..\\..\\etc\\passwd", "/%00", "/assets/%00/style.css", "/%ff%fe", "//", "/.git/config",
		"/" + strings.Repeat("a/", 2000), "/;/", "/%u002e%u002e/",
	}
	s.each(nil, func(method, path string) {
		if i := strings.LastIndex(path, "/"); method == http.MethodGet && i > 0 {
			crooked = append(crooked, path[:i]+"/..%2f"+path[i+1:], path+"/", path+"%00", path+"/%2e%2e/%2e%2e/etc/passwd", path[:i]+"/%E0%80%AE%E0%80%AE/")
		}
	})
	for _, path := range crooked {
		got := s.send(s.request(http.MethodGet, path, ""))
		require.Less(s.T, got.Code, http.StatusInternalServerError, path)
		for _, leaked := range []string{"root:", "module jaliya", "[core]"} {
			require.NotContains(s.T, got.Body.String(), leaked, path)
		}
		s.staysHere(got.Header(), path)
	}
}
