package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

func admin(t *testing.T, checks ...telemetry.Check) http.Handler {
	t.Helper()
	health, err := telemetry.NewHealth(checks...)
	require.NoError(t, err)
	return telemetry.AdminHandler(telemetry.NewRegistry(), health)
}

func TestAdminHealth(t *testing.T) {
	latched := fault.New(fault.Storage, "kv: update", "journal.db", errors.New("input/output error"))
	critical := func(err error) telemetry.Check {
		return telemetry.Check{Name: "journal", Func: fails(err), Critical: true}
	}
	link := func(err error) telemetry.Check { return telemetry.Check{Name: "link", Func: fails(err)} }
	tests := []struct {
		name   string
		path   string
		checks []telemetry.Check
		code   int
		status string
		named  []string // the functions in the answer
	}{
		{"Alive", "/healthz", []telemetry.Check{critical(nil)}, 200, "alive", nil},
		{"AliveThoughUnavailable", "/healthz", []telemetry.Check{critical(errors.New("opening"))}, 200, "alive", nil},
		{"AliveThoughLinkLatched", "/healthz", []telemetry.Check{critical(nil), link(latched)}, 200, "alive", nil},
		{"Latched", "/healthz", []telemetry.Check{critical(latched), link(nil)}, 503, "latched", []string{"journal"}},
		{"Ready", "/readyz", []telemetry.Check{critical(nil), link(nil)}, 200, "ready", []string{"journal", "link"}},
		{"Degraded", "/readyz", []telemetry.Check{critical(nil), link(errors.New("no route"))}, 200, "degraded", []string{"journal", "link"}},
		{"Unavailable", "/readyz", []telemetry.Check{critical(errors.New("opening")), link(nil)}, 503, "unavailable", []string{"journal", "link"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			admin(t, tt.checks...).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.path, nil))
			require.Equal(t, tt.code, w.Code)
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
			var got telemetry.Report
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
			require.Equal(t, tt.status, got.Status)
			var named []string
			for _, f := range got.Functions {
				named = append(named, f.Name)
			}
			require.Equal(t, tt.named, named)
		})
	}
}

func TestAdminMetrics(t *testing.T) {
	registry := telemetry.NewRegistry()
	promauto.With(registry).NewCounter(prometheus.CounterOpts{
		Namespace: telemetry.Namespace, Subsystem: "ship", Name: "entries_total", Help: "Entries.",
	}).Add(7)
	health, err := telemetry.NewHealth(telemetry.Check{Name: "link", Func: works})
	require.NoError(t, err)

	w := httptest.NewRecorder()
	telemetry.AdminHandler(registry, health).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	for _, metric := range []string{"jaliya_ship_entries_total 7", "go_goroutines", "process_resident_memory_bytes", `jaliya_build_info{go="go`} {
		require.Contains(t, w.Body.String(), metric)
	}
}

func TestAdminRefuses(t *testing.T) {
	handler := admin(t, telemetry.Check{Name: "link", Func: works})
	for request, code := range map[[2]string]int{
		{http.MethodPost, "/readyz"}: http.StatusMethodNotAllowed,
		{http.MethodGet, "/other"}:   http.StatusNotFound,
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), request[0], request[1], nil))
		require.Equal(t, code, w.Code)
	}
}

func TestServeAdmin(t *testing.T) {
	t.Run("OKUntilStopped", func(t *testing.T) {
		var config net.ListenConfig
		listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- telemetry.ServeAdminOn(ctx, listener, admin(t, telemetry.Check{Name: "link", Func: works}))
		}()

		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/readyz", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Contains(t, string(body), `"status":"ready"`)

		stop()
		require.NoError(t, <-ended)
	})
	t.Run("ErrAddressTaken", func(t *testing.T) {
		var config net.ListenConfig
		listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { require.NoError(t, listener.Close()) }()
		err = telemetry.ServeAdmin(t.Context(), listener.Addr().String(), http.NotFoundHandler())
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
	})
	t.Run("ErrListenerClosed", func(t *testing.T) {
		var config net.ListenConfig
		listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, listener.Close())
		err = telemetry.ServeAdminOn(t.Context(), listener, http.NotFoundHandler())
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
	})
}

func TestBuildInfo(t *testing.T) {
	build := telemetry.BuildInfo()
	require.Equal(t, telemetry.Version, build.Version)
	require.NotEmpty(t, build.Go)
}

func TestLatencyBucketsAscend(t *testing.T) {
	require.IsIncreasing(t, telemetry.LatencyBuckets())
}
