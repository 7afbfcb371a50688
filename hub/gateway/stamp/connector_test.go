package stamp_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
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
	"jaliya/hub/gateway/stamp"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	outstamp "jaliya/internal/outside/stamp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a simulated service behind real HTTP, a connector, and the portal's
// two addresses. A restart of the service keeps its directory only.
type world struct {
	*stamp.Connector

	t       *testing.T
	dir     string
	sim     *outstamp.Simulator
	clock   *outside.Clock
	api     *httptest.Server
	pages   *httptest.Server
	portal  *httptest.Server
	stop    context.CancelFunc
	stopped chan error
	reg     *prometheus.Registry

	mu      sync.Mutex
	seen    bytes.Buffer
	notices chan seenNotice
}

type seenNotice struct {
	header http.Header
	body   []byte
}

func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen.Write(b)
}

// swap is a handler that can be exchanged, as by a restart behind one address.
type swap struct {
	mu sync.Mutex
	h  http.Handler
}

func (s *swap) set(h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.h = h
}

func (s *swap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	h := s.h
	s.mu.Unlock()
	h.ServeHTTP(w, r)
}

func newWorld(t *testing.T) (*world, func()) {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clock: outside.NewClock(1), notices: make(chan seenNotice, 16), reg: prometheus.NewRegistry()}
	api, pages := &swap{}, &swap{}
	w.api = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Method + " " + r.URL.String() + "\n"))
		api.ServeHTTP(out, r)
	}))
	w.pages = httptest.NewServer(pages)
	w.portal = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			w.notices <- seenNotice{r.Header.Clone(), body}
		}
	}))
	logger := slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	start := func() {
		var err error
		w.sim, err = outstamp.New(outstamp.Config{
			Dir: w.dir, Pages: w.pages.URL, Token: "only-for-tests", Clock: w.clock, Client: client, Logger: logger,
		})
		require.NoError(t, err)
		api.set(w.sim.Handler())
		pages.set(w.sim.Pages())
		var ctx context.Context
		ctx, w.stop = context.WithCancel(context.WithoutCancel(t.Context()))
		w.stopped = make(chan error, 1)
		go func(sim *outstamp.Simulator, stopped chan error) { stopped <- sim.Run(ctx) }(w.sim, w.stopped)
	}
	end := func() {
		w.stop()
		require.NoError(t, <-w.stopped)
	}
	start()
	t.Cleanup(func() {
		end()
		for _, s := range []*httptest.Server{w.api, w.pages, w.portal} {
			s.Close()
		}
		http.DefaultClient.CloseIdleConnections()
	})
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("only-for-tests\n"), 0o600))
	u, err := url.Parse(w.pages.URL)
	require.NoError(t, err)
	w.Connector, err = stamp.New(stamp.Config{
		URL: w.api.URL, TokenFile: token, Pages: []string{u.Host}, Timeout: config.Duration(300 * time.Millisecond),
		Notices: map[string]string{outstamp.KeyID: filepath.Join(w.dir, "notice.pub")}, Breaker: peer.BreakerConfig{Failures: 4},
	}, stamp.Needs{Now: time.Now, Logger: logger, Metrics: peer.NewMetrics(w.reg, "stamp")})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w, func() {
		end()
		start()
	}
}

var asked = consular.MAD(75)

func (w *world) request() stamp.PaymentRequest {
	return stamp.PaymentRequest{
		ID: "c0ffee-17", Amount: asked, Product: "cnie.renewal", Return: w.portal.URL + "/back", Notice: w.portal.URL + "/notice",
		Expires: time.Now().Add(time.Hour),
	}
}

func (w *world) wrong(kind outside.Kind) {
	w.t.Helper()
	_, err := w.sim.Faults().Add(outside.Fault{Kind: kind, Times: 1})
	require.NoError(w.t, err)
}

func (w *world) started() (page string) {
	w.t.Helper()
	page, err := w.Start(w.t.Context(), w.request())
	require.NoError(w.t, err)
	return page
}

// click presses a button of the page as a browser without JavaScript does, and
// gives where the browser ended.
func (w *world) click(page, button string) string {
	w.t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, page, strings.NewReader("do="+button))
	require.NoError(w.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(w.t, err)
	return resp.Request.URL.Path
}

func (w *world) state() stamp.Payment {
	w.t.Helper()
	p, err := w.State(w.t.Context(), "c0ffee-17", asked)
	require.NoError(w.t, err)
	return p
}

func (w *world) notice() (string, error) {
	w.t.Helper()
	select {
	case n := <-w.notices:
		return w.VerifyNotice(n.header, n.body, time.Now())
	case <-time.After(10 * time.Second):
		require.Fail(w.t, "no notice")
		return "", nil
	}
}

func TestPayment(t *testing.T) {
	t.Run("OK/Paid", func(t *testing.T) {
		w, _ := newWorld(t)
		page := w.started()
		require.Equal(t, stamp.Open, w.state().State)
		require.Equal(t, "/back", w.click(page, "pay"))
		id, err := w.notice()
		require.NoError(t, err)
		require.Equal(t, "c0ffee-17", id)
		p := w.state()
		require.Equal(t, stamp.Paid, p.State)
		require.Len(t, p.Receipts, 1)
		require.Empty(t, p.Surplus(asked))
		require.Equal(t, "/back", w.click(page, "pay"), "a second click")
		require.Len(t, w.state().Receipts, 1)
	})
	t.Run("OK/Refused", func(t *testing.T) {
		w, _ := newWorld(t)
		require.Equal(t, "/back", w.click(w.started(), "refuse"), "coming back proves nothing")
		require.Equal(t, stamp.Open, w.state().State)
	})
	t.Run("OK/Expired", func(t *testing.T) {
		w, _ := newWorld(t)
		page := w.started()
		w.clock.Advance(2 * time.Hour)
		w.click(page, "pay")
		require.Equal(t, stamp.Expired, w.state().State)
	})
	t.Run("OK/PaidTwice", func(t *testing.T) {
		w, _ := newWorld(t)
		w.wrong(outstamp.PaidTwice)
		w.click(w.started(), "pay")
		p := w.state()
		require.Equal(t, stamp.Paid, p.State)
		require.Equal(t, []int{2}, p.Surplus(asked))
		for range 2 {
			require.NoError(t, w.Refund(t.Context(), p.ID, 2), "a repeat pays nothing")
		}
		p = w.state()
		require.Equal(t, stamp.Paid, p.State)
		require.Empty(t, p.Surplus(asked))
		require.NoError(t, w.Refund(t.Context(), p.ID, 1))
		require.Equal(t, stamp.Refunded, w.state().State)
		require.True(t, fault.Is(w.Refund(t.Context(), p.ID, 3), fault.NotFound))
	})
	t.Run("ErrWrongAmount", func(t *testing.T) {
		w, _ := newWorld(t)
		w.wrong(outstamp.WrongAmount)
		w.click(w.started(), "pay")
		p := w.state()
		require.Equal(t, stamp.WrongAmount, p.State)
		require.Equal(t, []int{1}, p.Surplus(asked))
		for _, other := range []consular.Money{{Minor: asked.Minor + 1, Currency: "MAD"}, {Minor: asked.Minor, Currency: "EUR"}} {
			p, err := w.State(t.Context(), p.ID, other)
			require.NoError(t, err)
			require.Equal(t, stamp.WrongAmount, p.State)
		}
	})
	t.Run("OK/Restart", func(t *testing.T) {
		w, restart := newWorld(t)
		page := w.started()
		restart()
		w.click(page, "pay")
		restart()
		p := w.state()
		require.Equal(t, stamp.Paid, p.State)
		require.Equal(t, page, w.started(), "the same payment")
		_, err := w.notice()
		require.NoError(t, err, "the notice is sent by one life or the next, under the same key")
	})
	t.Run("ErrAnotherPayment", func(t *testing.T) {
		w, _ := newWorld(t)
		w.started()
		r := w.request()
		r.Amount = consular.MAD(50)
		_, err := w.Start(t.Context(), r)
		require.True(t, fault.Is(err, fault.Exists), "%v", err)
		_, err = w.State(t.Context(), "c0ffee-18", asked)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	})
}

// TestHints breaks notice and return, and asks that the state is what the
// service says when asked.
func TestHints(t *testing.T) {
	t.Run("OK/NoticeTwice", func(t *testing.T) {
		w, _ := newWorld(t)
		w.wrong(outstamp.NoticeTwice)
		w.click(w.started(), "pay")
		for range 2 {
			id, err := w.notice()
			require.NoError(t, err)
			require.Equal(t, "c0ffee-17", id)
		}
		require.Len(t, w.state().Receipts, 1)
	})
	t.Run("OK/NoHintAtAll", func(t *testing.T) {
		w, _ := newWorld(t)
		w.wrong(outstamp.NoticeLost)
		w.wrong(outstamp.ReturnLost)
		require.Contains(t, w.click(w.started(), "pay"), "/pay/")
		require.Equal(t, stamp.Paid, w.state().State)
		require.Empty(t, w.notices)
	})
	t.Run("ErrForged", func(t *testing.T) {
		w, _ := newWorld(t)
		w.wrong(outstamp.NoticeForged)
		w.click(w.started(), "pay")
		_, err := w.notice()
		require.True(t, fault.Is(err, fault.Denied), "%v", err)
	})
	t.Run("OK/NoticeLate", func(t *testing.T) {
		w, _ := newWorld(t)
		_, err := w.sim.Faults().Add(outside.Fault{Kind: outstamp.NoticeLate, Times: 1, Delay: config.Duration(200 * time.Millisecond)})
		require.NoError(t, err)
		begun := time.Now()
		w.click(w.started(), "pay")
		require.Equal(t, stamp.Paid, w.state().State)
		_, err = w.notice()
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(begun), 200*time.Millisecond)
	})
}

func TestVerifyNotice(t *testing.T) {
	w, _ := newWorld(t)
	w.click(w.started(), "pay")
	n := <-w.notices
	now := time.Now()
	for name, c := range map[string]struct {
		change func(h http.Header, body []byte) []byte
		at     time.Time
		good   bool
	}{
		"OK":             {func(_ http.Header, b []byte) []byte { return b }, now, true},
		"OK/ClockAway":   {func(_ http.Header, b []byte) []byte { return b }, now.Add(-4 * time.Minute), true},
		"ErrOld":         {func(_ http.Header, b []byte) []byte { return b }, now.Add(6 * time.Minute), false},
		"ErrFuture":      {func(_ http.Header, b []byte) []byte { return b }, now.Add(-6 * time.Minute), false},
		"ErrBody":        {func(_ http.Header, _ []byte) []byte { return []byte(`{"payment":"c0ffee-18"}`) }, now, false},
		"ErrKey":         {func(h http.Header, b []byte) []byte { h.Set(stamp.HeaderKey, "sim-2"); return b }, now, false},
		"ErrNewTime":     {func(h http.Header, b []byte) []byte { h.Set(stamp.HeaderTime, "1795000000"); return b }, time.Unix(1795000000, 0), false},
		"ErrNoSignature": {func(h http.Header, b []byte) []byte { h.Del(stamp.HeaderSignature); return b }, now, false},
		"ErrNothing":     {func(h http.Header, b []byte) []byte { clear(h); return b }, now, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := n.header.Clone()
			id, err := w.VerifyNotice(h, c.change(h, n.body), c.at)
			if c.good {
				require.NoError(t, err)
				require.Equal(t, "c0ffee-17", id)
				return
			}
			require.True(t, fault.Is(err, fault.Denied), "%v", err)
			require.Empty(t, id)
		})
	}
	_, err := w.VerifyNotice(n.header, make([]byte, stamp.MaxAnswer+1), now)
	require.True(t, fault.Is(err, fault.TooLarge))
}

// TestFaults injects every fault into every question and asks for one payment.
func TestFaults(t *testing.T) {
	for where, on := range map[string]string{"Start": "PUT /v1/payments/{payment}", "Ask": "GET /v1/payments/{payment}", "Refund": "PUT /v1/payments/{payment}/refunds"} {
		for _, kind := range []outside.Kind{
			outside.Drop, outside.Status, outside.Twice, outside.Lose, outside.WrongType, outside.Garbage, outside.Truncate, outside.Oversize,
		} {
			t.Run("OK/"+where+"/"+string(kind), func(t *testing.T) {
				w, _ := newWorld(t)
				_, err := w.sim.Faults().Add(outside.Fault{Kind: kind, On: on, Times: 2})
				require.NoError(t, err)
				again := func(f func() error) {
					var err error
					for range 3 {
						if err = f(); err == nil {
							return
						}
					}
					require.NoError(t, err)
				}
				r, page, p := w.request(), "", stamp.Payment{}
				again(func() (err error) { page, err = w.Start(t.Context(), r); return err })
				w.click(page, "pay")
				again(func() (err error) { p, err = w.State(t.Context(), r.ID, asked); return err })
				require.Equal(t, stamp.Paid, p.State)
				require.Len(t, p.Receipts, 1)
				again(func() error { return w.Refund(t.Context(), r.ID, 1) })
				again(func() (err error) { p, err = w.State(t.Context(), r.ID, asked); return err })
				require.Equal(t, stamp.Refunded, p.State)
				require.Positive(t, w.sim.Faults().Fired(kind))
			})
		}
	}
}

// TestCanary asks that what is logged, counted and asked for holds neither an
// address nor the product.
func TestCanary(t *testing.T) {
	w, _ := newWorld(t)
	r := w.request()
	r.Return += "?canary=1"
	page, err := w.Start(t.Context(), r)
	require.NoError(t, err)
	w.click(page, "pay")
	w.state()
	families, err := w.reg.Gather()
	require.NoError(t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	parts := []string{w.seen.String()}
	for _, f := range families {
		parts = append(parts, f.String())
	}
	said := strings.Join(parts, "\n")
	require.Contains(t, said, "PUT /v1/payments/c0ffee-17")
	for _, secret := range []string{"canary", "cnie", "renewal", "/back", page} {
		require.NotContains(t, said, secret)
	}
}

func TestRules(t *testing.T) {
	w, _ := newWorld(t)
	for name, change := range map[string]func(*stamp.PaymentRequest){
		"ErrID":       func(r *stamp.PaymentRequest) { r.ID = "../x" },
		"ErrProduct":  func(r *stamp.PaymentRequest) { r.Product = "Fatima" },
		"ErrAmount":   func(r *stamp.PaymentRequest) { r.Amount.Minor = 0 },
		"ErrCurrency": func(r *stamp.PaymentRequest) { r.Amount.Currency = "dirham" },
		"ErrReturn":   func(r *stamp.PaymentRequest) { r.Return = "" },
		"ErrExpires":  func(r *stamp.PaymentRequest) { r.Expires = time.Time{} },
	} {
		t.Run(name, func(t *testing.T) {
			r := w.request()
			change(&r)
			_, err := w.Start(t.Context(), r)
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		})
	}
	t.Run("ErrForeignPage", func(t *testing.T) {
		c, err := stamp.New(stamp.Config{URL: w.api.URL, TokenFile: tokenFile(t), Pages: []string{"pay.example"}}, stamp.Needs{
			Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		t.Cleanup(c.Close)
		_, err = c.Start(t.Context(), w.request())
		require.True(t, fault.Is(err, fault.Denied), "%v", err)
	})
}

func tokenFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte("only-for-tests\n"), 0o600))
	return path
}
