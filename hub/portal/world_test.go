package portal_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	contracts "jaliya/deploy/openapi"
	"jaliya/hub/portal"
	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/openapi/openapitest"
	"jaliya/internal/wire"
)

// The slip that somebody holds. The check digits are those of the reference.
const slipCode consular.SlipCode = "48213377"

func slipToken() consular.FollowToken { return consular.FollowToken{1, 2, 3, 4} }

// member answers as a hub that has one request.
type member struct {
	rpc.Member // what the tests do not ask

	mu    sync.Mutex
	ref   consular.Reference
	says  rpc.Followed
	down  bool
	hangs chan struct{} // while not closed, a question has no answer
	asks  int

	voided []wire.Digest
	now    func() time.Time
	swept  time.Time // as of when voided holds; zero: now
}

func (m *member) asOf() time.Time {
	if m.swept.IsZero() {
		return m.now()
	}
	return m.swept
}

func (m *member) answer(good bool) (rpc.Followed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asks++
	switch {
	case m.down:
		return rpc.Followed{}, fault.New(fault.Unavailable, "test: ask", "", nil)
	case !good:
		return rpc.Followed{}, fault.New(fault.NotFound, "test: ask", "", nil)
	}
	return m.says, nil
}

func (m *member) Follow(_ context.Context, in rpc.FollowQuestion) (rpc.Followed, error) {
	return m.answer(in.Reference == m.ref && in.Code == slipCode)
}

func (m *member) FollowToken(_ context.Context, in rpc.TokenQuestion) (rpc.Followed, error) {
	return m.answer(in.Token == slipToken().Digest())
}

func (m *member) Voided(context.Context) (rpc.Voided, error) {
	m.mu.Lock()
	m.asks++
	hangs := m.hangs
	m.mu.Unlock()
	if hangs != nil {
		<-hangs
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return rpc.Voided{}, fault.New(fault.Unavailable, "test: ask", "", nil)
	}
	return rpc.NewVoided(m.asOf().UnixMilli(), m.voided), nil
}

func (m *member) set(change func(*member)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// world is a portal over that member, with a clock that stands still.
type world struct {
	tb     testing.TB
	member *member
	log    *bytes.Buffer
	now    time.Time
	portal *portal.Portal

	watched http.Handler // the portal, held against its document
}

func reference(tb testing.TB, seed byte) consular.Reference {
	tb.Helper()
	r, err := consular.NewReference(bytes.NewReader(bytes.Repeat([]byte{seed}, 4096)))
	require.NoError(tb, err)
	return r
}

func newWorld(tb testing.TB, change ...func(*portal.Options)) *world {
	tb.Helper()
	w := &world{tb: tb, log: &bytes.Buffer{}, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	w.member = &member{ref: reference(tb, 7), now: func() time.Time { return w.now }}
	day := func(n int) int64 { return w.now.AddDate(0, 0, n).UnixMilli() }
	w.member.says = rpc.Followed{
		Reference: w.member.ref, Service: consular.CNIERenewal, Pickup: "FR-LYO", Status: "in_production",
		Opened: day(-12), Updated: day(-2), First: day(23), Promised: day(30), Moved: "action_needed",
		Steps: []rpc.Step{
			{Status: "enrolled", Time: day(-12)},
			{Status: "being_verified", Time: day(-11)},
			{Status: "action_needed", Time: day(-10)},
			{Status: "being_verified", Time: day(-3)},
			{Status: "in_production", Time: day(-2)},
		},
	}
	words, err := lang.Open()
	require.NoError(tb, err)
	o := portal.Options{
		Member: w.member, Catalog: words, Address: "https://portal.example.ma", Secure: true,
		Now:    func() time.Time { return w.now },
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, one := range change {
		one(&o)
	}
	w.portal, err = portal.New(o)
	require.NoError(tb, err)
	w.watched = openapitest.Read(tb, contracts.Portal).Watch(tb, w.portal)
	return w
}

// browser is one without scripts.
type browser struct {
	w      *world
	lang   string
	from   string
	cookie *http.Cookie
}

func (w *world) browser(language string) *browser {
	return &browser{w: w, lang: language, from: "203.0.113.7:4711"}
}

type page struct {
	*http.Response
	text string
}

func (b *browser) do(method, path string, form url.Values) page {
	b.w.tb.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(b.w.tb.Context(), method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.send(r)
}

func (b *browser) send(r *http.Request) page {
	b.w.tb.Helper()
	r.RemoteAddr = b.from
	r.Header.Set("Accept-Language", b.lang)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	rec := httptest.NewRecorder()
	b.w.watched.ServeHTTP(rec, r)
	got := rec.Result()
	for _, c := range got.Cookies() {
		if strings.HasSuffix(c.Name, "jaliya_follow") {
			b.cookie = c
			if c.MaxAge < 0 {
				b.cookie = nil
			}
		}
	}
	return page{Response: got, text: rec.Body.String()}
}

func (b *browser) get(path string) page { b.w.tb.Helper(); return b.do(http.MethodGet, path, nil) }

func (b *browser) typed(ref consular.Reference, code string) page {
	b.w.tb.Helper()
	return b.do(http.MethodPost, "/follow", url.Values{"reference": {ref.String()}, "slip_code": {code}})
}
