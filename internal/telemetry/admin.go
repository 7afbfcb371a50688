package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"jaliya/internal/fault"
)

const opAdmin = "telemetry: serve admin"

// StatusAlive and StatusLatched are what liveness says.
const (
	StatusAlive   = "alive"
	StatusLatched = "latched" // a store has failed: the process must be started again
)

// AdminHandler answers /metrics, /healthz and /readyz. It is for the admin
// listener alone: reasons name stores and peers.
//
//   - /healthz is 200 while restarting would not help, 503 with the functions
//     concerned once a critical store is latched (D3).
//   - /readyz is 200 while every critical function works, and then says "ready",
//     or "degraded" with the function and the reason; 503 "unavailable" else.
func AdminHandler(registry prometheus.Gatherer, health *Health) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		report := health.Report(r.Context())
		if latched := report.Latched(); len(latched) > 0 {
			answer(w, http.StatusServiceUnavailable, Report{Status: StatusLatched, Functions: latched})
			return
		}
		answer(w, http.StatusOK, Report{Status: StatusAlive, Functions: []Function{}})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		report := health.Report(r.Context())
		code := http.StatusOK
		if report.Status == StatusUnavailable {
			code = http.StatusServiceUnavailable
		}
		answer(w, code, report)
	})
	return mux
}

func answer(w http.ResponseWriter, code int, report Report) {
	body, err := json.Marshal(report)
	if err != nil {
		http.Error(w, "the report cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // who asked has gone, there is nobody to tell
}

// ServeAdmin listens on addr ("127.0.0.1:9100") and serves until ctx is done;
// see ServeAdminOn.
func ServeAdmin(ctx context.Context, addr string, handler http.Handler) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return fault.New(fault.Unavailable, opAdmin, addr, err)
	}
	return ServeAdminOn(ctx, listener, handler)
}

// ServeAdminOn serves on a listener, which it closes, until ctx is done, then
// gives requests under way AnswerLimit and returns nil. Any other end is an
// error.
func ServeAdminOn(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      AnswerLimit + 8*time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	served := make(chan error, 1) // Serve's answer, one value
	go func() { served <- server.Serve(listener) }()

	select {
	case err := <-served:
		return fault.New(fault.Unavailable, opAdmin, listener.Addr().String(), err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), AnswerLimit)
	defer cancel()
	err := server.Shutdown(stopping)
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	if err != nil {
		return fault.New(fault.Unavailable, opAdmin, listener.Addr().String(), err)
	}
	return nil
}
