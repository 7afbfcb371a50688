package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/signin"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/outside"
	"jaliya/internal/outside/identity"
	"jaliya/internal/web"
)

const (
	issuer   = "https://identity.example.org"
	redirect = "https://portal.example.org/sign-in/return"
	clientID = "jaliya-portal"
)

// memory carries requests to a handler without a network, so that time is the
// test's.
type memory struct{ handler http.Handler }

func (m memory) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.RequestURI = r.URL.RequestURI()
	recorded := httptest.NewRecorder()
	defer func() {
		if v := recover(); v == http.ErrAbortHandler { //nolint:errorlint // recover gives back the very value
			answer, err = nil, errors.New("the connection ended")
		} else if v != nil {
			panic(v)
		}
	}()
	m.handler.ServeHTTP(recorded, in)
	answer = recorded.Result()
	answer.Request = r
	return answer, nil
}

// world is a provider and the portal's side of a sign-in.
type world struct {
	*signin.SignIn

	T        *testing.T // of the test in simulated time
	provider *identity.Provider
	keys     *identity.Keys
	through  http.RoundTripper
}

// today is when the tests happen: the specimen people have been born.
var today = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// inWorld runs a test in simulated time.
func inWorld(t *testing.T, change func(*signin.Config), run func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(today))
		w := newWorld(t, change)
		w.T = t
		run(w)
	})
}

func newWorld(tb testing.TB, change func(*signin.Config)) *world {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	path := filepath.Join(tb.TempDir(), "client.pem")
	require.NoError(tb, identity.WriteKey(path, key))
	catalog, err := lang.Open()
	require.NoError(tb, err)
	keys, err := identity.OpenKeys("")
	require.NoError(tb, err)
	provider, err := identity.New(identity.Config{
		Issuer: issuer, Keys: keys, Seed: 4, Catalog: catalog, People: 12,
		Clients: []identity.Client{{ID: clientID, Redirects: []string{redirect}, Key: &key.PublicKey}},
	})
	require.NoError(tb, err)
	cfg := signin.Config{Issuer: issuer, ClientID: clientID, KeyFile: path, RedirectURL: redirect}
	if change != nil {
		change(&cfg)
	}
	s, err := signin.New(cfg)
	require.NoError(tb, err)
	w := &world{SignIn: s, provider: provider, keys: keys, through: memory{provider.Handler()}}
	s.SetTransport(w.through)
	return w
}

// breaks lets something go wrong once.
func (w *world) breaks(tb testing.TB, kind outside.Kind, on string) {
	tb.Helper()
	_, err := w.provider.Faults().Add(outside.Fault{Kind: kind, On: on, Times: 1})
	require.NoError(tb, err)
}

// browser is a person's browser.
type browser struct {
	tb     testing.TB
	w      *world
	client *http.Client
}

func (w *world) browser(tb testing.TB) *browser {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(tb, err)
	return &browser{tb: tb, w: w, client: &http.Client{Transport: w.through, Jar: jar, CheckRedirect: toThePortal}}
}

func toThePortal(r *http.Request, _ []*http.Request) error {
	if r.URL.Path == "/sign-in/return" {
		return http.ErrUseLastResponse
	}
	return nil
}

func (b *browser) request(method, target string) *http.Request {
	r := httptest.NewRequestWithContext(b.tb.Context(), method, target, http.NoBody)
	for _, c := range b.client.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return r
}

// begin asks the portal where to go.
func (b *browser) begin(o signin.Options) string {
	b.tb.Helper()
	recorded, r := httptest.NewRecorder(), b.request(http.MethodGet, "https://portal.example.org/sign-in")
	to, err := b.w.Begin(recorded, r, o)
	require.NoError(b.tb, err)
	b.client.Jar.SetCookies(r.URL, recorded.Result().Cookies())
	return to
}

// finish brings the portal what the provider answered.
func (b *browser) finish(back string) (signin.Signed, error) {
	b.tb.Helper()
	return b.w.Finish(b.request(http.MethodGet, back))
}

var hidden = regexp.MustCompile(`name="t" value="([^"]+)"`)

// visit is what a person does at the provider.
type visit struct {
	person int
	level  string // default substantial
	pin    string // default the right one
	refuse bool
	hold   bool // nothing that is optional
}

// walk goes through the provider's pages and gives the way back to the portal.
func (b *browser) walk(to string, v visit) string {
	b.tb.Helper()
	page, back := b.open(to)
	if back == "" && page.path == "/login" {
		citizen := b.w.provider.People()[v.person]
		if v.pin == "" {
			v.pin = citizen.PIN
		}
		if v.level == "" {
			v.level = "substantial"
		}
		page, back = b.send(page, url.Values{"person": {strconv.Itoa(v.person)}, "pin": {v.pin}, "level": {v.level}})
	}
	if back == "" && page.path == "/consent" {
		form := url.Values{"answer": {"agree"}, "release": {"father", "mother", "nationalities", "place_of_birth"}}
		if v.hold {
			form.Del("release")
		}
		if v.refuse {
			form.Set("answer", "refuse")
		}
		_, back = b.send(page, form)
	}
	require.NotEmpty(b.tb, back, "no way back from %s", page.path)
	return back
}

// shown is a page of the provider.
type shown struct {
	path, transaction, text string
	status                  int
}

func (b *browser) open(to string) (page shown, back string) {
	b.tb.Helper()
	r, err := http.NewRequestWithContext(b.tb.Context(), http.MethodGet, to, http.NoBody)
	require.NoError(b.tb, err)
	return b.do(r)
}

func (b *browser) send(page shown, form url.Values) (shown, string) {
	b.tb.Helper()
	form.Set("t", page.transaction)
	answer, err := b.client.PostForm(issuer+page.path, form) //nolint:noctx // in memory
	require.NoError(b.tb, err)
	return b.read(answer)
}

func (b *browser) do(r *http.Request) (shown, string) {
	b.tb.Helper()
	answer, err := b.client.Do(r)
	require.NoError(b.tb, err)
	return b.read(answer)
}

func (b *browser) read(answer *http.Response) (shown, string) {
	b.tb.Helper()
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusSeeOther {
		return shown{}, answer.Header.Get("Location")
	}
	text, err := io.ReadAll(answer.Body)
	require.NoError(b.tb, err)
	page := shown{path: answer.Request.URL.Path, text: string(text), status: answer.StatusCode}
	if found := hidden.FindStringSubmatch(page.text); found != nil {
		page.transaction = found[1]
	}
	return page, ""
}

// signIn goes the whole way.
func (b *browser) signIn(o signin.Options, v visit) (signin.Signed, error) {
	b.tb.Helper()
	return b.finish(b.walk(b.begin(o), v))
}

// refused asks for a code and that nothing was given.
func refused(tb testing.TB, got signin.Signed, err error, code web.Code) {
	tb.Helper()
	require.Error(tb, err)
	require.Truef(tb, web.Has(err, code), "want %s, got %v", code, err)
	require.NotEqual(tb, fault.Other, fault.KindOf(err))
	require.Empty(tb, got)
}

// changed gives an address with one parameter other than it was; empty takes it
// away.
func changed(tb testing.TB, address, name, value string) string {
	tb.Helper()
	u, err := url.Parse(address)
	require.NoError(tb, err)
	q := u.Query()
	q.Set(name, value)
	if value == "" {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
