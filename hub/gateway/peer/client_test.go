package peer_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "0611223344 canary"

func ask(t *testing.T, handler http.HandlerFunc, o peer.Options) error {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	o.Name, o.Endpoint.URL, o.MaxAnswer, o.Now = "system", server.URL+"/", 1000, time.Now
	o.Timeout, o.Breaker = 200*time.Millisecond, rule
	c, err := peer.New(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c.Ask(t.Context(), peer.Question{
		Op: "test: ask", Method: http.MethodPut, Path: "/v1/x", Body: []byte("{}"), Key: "k1",
		Read: func(raw []byte) error {
			if string(raw) != `{"a":1}` {
				return fault.New(fault.Corrupt, "test", "", nil)
			}
			return nil
		},
	})
}

func says(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// TestAnswers asks that each answer becomes the fault that it is, and that
// nothing of its text gets into the error.
func TestAnswers(t *testing.T) {
	const js, problem = "application/json", "application/problem+json"
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    fault.Kind
	}{
		"OK":              {says(200, js, `{"a":1}`), fault.Other},
		"ErrHTML":         {says(200, "text/html", secret), fault.Corrupt},
		"ErrContent":      {says(200, js, secret), fault.Corrupt},
		"ErrRedirect":     {says(302, js, secret), fault.Unsupported},
		"ErrDenied":       {says(401, problem, `{"code":"unauthenticated"}`), fault.Denied},
		"ErrNotFound":     {says(404, problem, `{"code":"not-found"}`), fault.NotFound},
		"ErrExists":       {says(409, problem, `{"code":"differs"}`), fault.Exists},
		"ErrKnownCode":    {says(409, problem, `{"code":"too-late"}`), fault.Conflict},
		"ErrForeignCode":  {says(422, problem, `{"code":"`+secret+`"}`), fault.Invalid},
		"ErrNoProblem":    {says(422, "text/plain", secret), fault.Invalid},
		"ErrBusy":         {says(429, problem, `{}`), fault.Unavailable},
		"ErrDown":         {says(503, problem, `{}`), fault.Unavailable},
		"ErrGateway":      {says(504, problem, `{}`), fault.Timeout},
		"ErrUnsupported":  {says(415, problem, `{}`), fault.Unsupported},
		"ErrRequestLarge": {says(413, problem, `{}`), fault.TooLarge},
		"ErrAnswerLarge":  {says(200, js, strings.Repeat(" ", 2000)), fault.TooLarge},
		"ErrCut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(secret))
		}, fault.Corrupt},
		"ErrGone": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, fault.Unavailable},
		"ErrNoAnswer": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the caller is gone
			<-r.Context().Done()
		}, fault.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			err := ask(t, c.handler, peer.Options{Kinds: map[string]fault.Kind{"too-late": fault.Conflict}})
			if c.want == fault.Other {
				require.NoError(t, err)
				return
			}
			require.Equal(t, c.want, fault.KindOf(err), "%v", err)
			require.NotContains(t, err.Error(), "0611223344")
			require.NotContains(t, err.Error(), "127.0.0.1")
		})
	}
	t.Run("OK/WhoWeAre", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "token")
		require.NoError(t, os.WriteFile(path, []byte("abc\n"), 0o600))
		var got http.Header
		require.NoError(t, ask(t, func(w http.ResponseWriter, r *http.Request) {
			got = r.Header
			says(200, js, `{"a":1}`)(w, r)
		}, peer.Options{Endpoint: peer.Endpoint{TokenFile: path}}))
		require.Equal(t, "Bearer abc", got.Get("Authorization"))
		require.Equal(t, "k1", got.Get("Idempotency-Key"))
	})
	t.Run("OK/RetryAfter", func(t *testing.T) {
		err := ask(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "90000")
			says(503, problem, `{"code":"closed"}`)(w, r)
		}, peer.Options{})
		answer, ok := errors.AsType[*peer.AnswerError](err)
		require.True(t, ok)
		require.Equal(t, peer.AnswerError{Status: 503, Code: "closed", After: time.Hour}, *answer, "capped")
	})
}

// TestLeftAlone asks that a system that fails is left alone, is tried again, and
// that a no of its own is no failure.
func TestLeftAlone(t *testing.T) {
	now, status, asked := time.Unix(0, 0), http.StatusBadGateway, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		says(status, "application/problem+json", `{}`)(w, r)
	}))
	t.Cleanup(server.Close)
	reg := prometheus.NewRegistry()
	m := peer.NewMetrics(reg, "system")
	c, err := peer.New(peer.Options{
		Name: "system", Endpoint: peer.Endpoint{URL: server.URL}, Timeout: time.Second, MaxAnswer: 1000, Breaker: rule,
		Now: func() time.Time { return now }, Asked: m.Asked, Moved: m.Moved,
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	try := func() error {
		return c.Ask(t.Context(), peer.Question{Op: "test: ask", Method: http.MethodGet, Read: func([]byte) error { return nil }})
	}
	for range rule.Failures + 5 {
		require.True(t, fault.Is(try(), fault.Unavailable))
	}
	require.Equal(t, rule.Failures, asked)
	require.Equal(t, now.Add(rule.Pause), c.Rests())
	require.InEpsilon(t, 1.0, gauge(t, reg, "jaliya_system_breaker"), 0.01)
	now, status = now.Add(rule.Pause), http.StatusNotFound
	for range rule.Failures + 5 {
		require.True(t, fault.Is(try(), fault.NotFound))
	}
	require.Equal(t, 2*rule.Failures+5, asked)
	require.Zero(t, c.Rests())
	require.Zero(t, gauge(t, reg, "jaliya_system_breaker"))
	require.InEpsilon(t, float64(rule.Failures+5), gauge(t, reg, "jaliya_system_questions_total"), 0.01, "of the last outcome")
}

// gauge gives the last value of a metric.
func gauge(t *testing.T, reg *prometheus.Registry, name string) (value float64) {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				value = m.GetGauge().GetValue() + m.GetCounter().GetValue()
				for _, l := range m.GetLabel() {
					if l.GetValue() == "not-found" {
						return value
					}
				}
			}
		}
	}
	return value
}

func TestEndpoint(t *testing.T) {
	good := peer.Endpoint{URL: "https://system.example/api", TokenFile: "t"}
	for name, change := range map[string]func(*peer.Endpoint){
		"OK":          func(*peer.Endpoint) {},
		"OK/Loopback": func(e *peer.Endpoint) { e.URL, e.TokenFile = "http://127.0.0.1:1", "" },
		"OK/Cert":     func(e *peer.Endpoint) { e.TokenFile, e.CertFile, e.KeyFile = "", "c", "k" },
		"ErrHTTP":     func(e *peer.Endpoint) { e.URL = "http://system.example" },
		"ErrQuery":    func(e *peer.Endpoint) { e.URL += "?a=b" },
		"ErrUser":     func(e *peer.Endpoint) { e.URL = "https://u:p@system.example" },
		"ErrNone":     func(e *peer.Endpoint) { e.URL = "" },
		"ErrNobody":   func(e *peer.Endpoint) { e.TokenFile = "" },
		"ErrHalfCert": func(e *peer.Endpoint) { e.CertFile = "c" },
	} {
		t.Run(name, func(t *testing.T) {
			e := good
			change(&e)
			if strings.HasPrefix(name, "OK") {
				require.NoError(t, e.Validate())
				return
			}
			require.Error(t, e.Validate())
		})
	}
}

func FuzzDecodeProblem(f *testing.F) {
	f.Add([]byte(`{"type":"urn:x","status":409,"code":"job-differs"}`))
	f.Add([]byte(`{"code":"Not Ours"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := peer.DecodeProblem(raw); err == nil {
			require.Regexp(t, `^[a-z0-9-]{0,40}$`, p.Code)
		} else {
			require.NotContains(t, err.Error(), "\n")
		}
	})
}
