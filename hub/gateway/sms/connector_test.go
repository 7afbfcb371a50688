package sms_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/gateway/peer"
	"jaliya/hub/gateway/sms"
	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	outsms "jaliya/internal/outside/sms"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a simulated carrier behind real HTTP, and a connector. What others
// may write down of a request is kept.
type world struct {
	*outsms.Simulator
	*sms.Connector

	clock *outside.Clock
	reg   *prometheus.Registry
	mu    sync.Mutex
	seen  bytes.Buffer
}

func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen.Write(b)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: outside.NewClock(1), reg: prometheus.NewRegistry()}
	logger := slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.Simulator = outsms.New(outsms.Config{Token: "only-for-tests", Clock: w.clock, Logger: logger})
	handler := w.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Method + " " + r.URL.String() + " " + r.Header.Get("Idempotency-Key") + "\n"))
		handler.ServeHTTP(out, r)
	}))
	t.Cleanup(server.Close)
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("only-for-tests\n"), 0o600))
	var err error
	w.Connector, err = sms.New(sms.Config{
		URL: server.URL, Sender: "Consulat", TokenFile: token, Timeout: config.Duration(300 * time.Millisecond),
		Breaker: peer.BreakerConfig{Failures: 3},
	}, sms.Needs{Now: time.Now, Logger: logger, Metrics: peer.NewMetrics(w.reg, "sms")})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

func (w *world) wrong(t *testing.T, f outside.Fault) {
	t.Helper()
	_, err := w.Faults().Add(f)
	require.NoError(t, err)
}

func note() sms.Message {
	return sms.Message{Key: "c0ffee-17", To: "+33612345678", Text: "Canary رسالة"}
}

func TestSend(t *testing.T) {
	t.Run("OK/Delivered", func(t *testing.T) {
		w := newWorld(t)
		r, err := w.Send(t.Context(), note())
		require.NoError(t, err)
		require.Equal(t, sms.Queued, r.State)
		w.clock.Advance(3 * time.Second)
		r, err = w.Report(t.Context(), r.ID)
		require.NoError(t, err)
		require.Equal(t, sms.Sent, r.State)
		w.clock.Advance(time.Minute)
		again, err := w.Send(t.Context(), note())
		require.NoError(t, err)
		require.Equal(t, sms.Delivered, again.State)
		require.Equal(t, r.ID, again.ID)
		require.Len(t, w.Inbox(), 1)
		require.Equal(t, "Canary رسالة", w.Inbox()[0].Text)
		require.Equal(t, "Consulat", w.Inbox()[0].Sender)
		w.mu.Lock()
		defer w.mu.Unlock()
		require.Contains(t, w.seen.String(), "POST /v1/messages c0ffee-17")
		families, err := w.reg.Gather()
		require.NoError(t, err)
		require.NotEmpty(t, families)
		for _, f := range families {
			_, _ = w.seen.WriteString(f.String())
		}
		for _, secret := range []string{"612345678", "Canary", "رسالة"} {
			require.NotContains(t, w.seen.String(), secret)
		}
	})
	t.Run("OK/Failed", func(t *testing.T) {
		w := newWorld(t)
		m := note()
		m.To = "+33612345000"
		r, err := w.Send(t.Context(), m)
		require.NoError(t, err)
		w.clock.Advance(time.Minute)
		r, err = w.Report(t.Context(), r.ID)
		require.NoError(t, err)
		require.Equal(t, sms.Failed, r.State)
		require.Equal(t, "unknown-number", r.Reason)
	})
	t.Run("ErrAnotherMessage", func(t *testing.T) {
		w := newWorld(t)
		r, err := w.Send(t.Context(), note())
		require.NoError(t, err)
		w.wrong(t, outside.Fault{Kind: outsms.Reversed, Times: 1})
		_, err = w.Report(t.Context(), r.ID)
		require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
		m := note()
		m.Text = "other"
		_, err = w.Send(t.Context(), m)
		require.True(t, fault.Is(err, fault.Exists), "%v", err)
		_, err = w.Report(t.Context(), "m-77")
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	})
	for name, change := range map[string]func(*sms.Message){
		"ErrKey":  func(m *sms.Message) { m.Key = "A B" },
		"ErrTo":   func(m *sms.Message) { m.To = "0612345678" },
		"ErrText": func(m *sms.Message) { m.Text = "" },
		"ErrLong": func(m *sms.Message) { m.Text = strings.Repeat("ا", 613) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			m := note()
			change(&m)
			_, err := w.Send(t.Context(), m)
			require.True(t, fault.Is(err, fault.Invalid))
			require.Empty(t, w.Inbox())
		})
	}
}

// TestFaults injects every fault and asks that the repeat sends nothing twice.
func TestFaults(t *testing.T) {
	for what, f := range map[string]outside.Fault{
		"Drop": {Kind: outside.Drop}, "Status500": {Kind: outside.Status}, "Status429": {Kind: outside.Status, Status: 429},
		"Slow": {Kind: outside.Delay, Delay: config.Duration(time.Second)}, "Twice": {Kind: outside.Twice},
		"Lose": {Kind: outside.Lose}, "WrongType": {Kind: outside.WrongType}, "Garbage": {Kind: outside.Garbage},
		"Truncate": {Kind: outside.Truncate}, "Oversize": {Kind: outside.Oversize},
	} {
		t.Run("OK/"+what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			f.On, f.Times = "POST /v1/messages", 2
			w.wrong(t, f)
			var err error
			for range 3 {
				if _, err = w.Send(t.Context(), note()); err == nil {
					break
				}
				require.NotContains(t, err.Error(), "612345678")
			}
			require.NoError(t, err)
			require.Len(t, w.Inbox(), 1)
			require.Positive(t, w.Faults().Fired(f.Kind))
		})
	}
	t.Run("OK/LeftAlone", func(t *testing.T) {
		w := newWorld(t)
		w.wrong(t, outside.Fault{Kind: outside.Drop})
		for range 6 {
			_, err := w.Send(t.Context(), note())
			require.True(t, fault.Is(err, fault.Unavailable))
		}
		require.Equal(t, 3, strings.Count(w.seen.String(), "POST"))
	})
}

func TestConfig(t *testing.T) {
	good := sms.Config{URL: "https://sms.example", Sender: "Consulat", TokenFile: "t"}
	for name, change := range map[string]func(*sms.Config){
		"OK":         func(*sms.Config) {},
		"ErrURL":     func(c *sms.Config) { c.URL = "http://sms.example" },
		"ErrSender":  func(c *sms.Config) { c.Sender = "Consulat du Maroc" },
		"ErrNobody":  func(c *sms.Config) { c.TokenFile = "" },
		"ErrBreaker": func(c *sms.Config) { c.Breaker.Failures = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			err := c.WithDefaults().Validate()
			if name == "OK" {
				require.NoError(t, err)
				return
			}
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		})
	}
}

func FuzzDecodeReport(f *testing.F) {
	f.Add([]byte(`{"message":"m-1","state":"failed","reason":"unknown-number","time":"2026-11-22T10:00:00Z"}`))
	f.Add([]byte(`{"message":"m-1","state":"delivered","time":"2026-11-22T10:00:00Z"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := sms.DecodeReport(raw)
		if err != nil {
			require.NotContains(t, err.Error(), "\n", "nothing of the answer in the error")
			return
		}
		require.NotEmpty(t, r.ID)
		require.False(t, r.Time.IsZero())
		require.True(t, r.State != sms.Failed || r.Reason != "")
	})
}

func TestDecodeReport(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want fault.Kind
	}{
		"OK":           {`{"message":"m-1","state":"sent","time":"2026-11-22T10:00:00Z","cost":3}`, 0},
		"ErrID":        {`{"message":"../m","state":"sent","time":"2026-11-22T10:00:00Z"}`, fault.Corrupt},
		"ErrTime":      {`{"message":"m-1","state":"sent"}`, fault.Corrupt},
		"ErrNoReason":  {`{"message":"m-1","state":"failed","time":"2026-11-22T10:00:00Z"}`, fault.Corrupt},
		"ErrReason":    {`{"message":"m-1","state":"failed","reason":"+336 123","time":"2026-11-22T10:00:00Z"}`, fault.Corrupt},
		"ErrState":     {`{"message":"m-1","state":"read","time":"2026-11-22T10:00:00Z"}`, fault.Unsupported},
		"ErrJSON":      {`{"message":`, fault.Corrupt},
		"ErrTooLarge":  {strings.Repeat(" ", sms.MaxAnswer+1), fault.TooLarge},
		"ErrEmptyBody": {"", fault.Corrupt},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sms.DecodeReport([]byte(c.raw))
			require.Equal(t, c.want, fault.KindOf(err), "%v", err)
		})
	}
}
