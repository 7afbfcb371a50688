package desk_test

import (
	"bytes"
	"html"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/paper"
	"jaliya/internal/web"
)

// roleCookie is who a browser of the tests is: "role" or "role:number".
const roleCookie = "role"

// cookieAuth knows a browser by what its cookie says.
type cookieAuth struct{}

func (cookieAuth) Authenticate(r *http.Request) (access.Principal, error) {
	held, err := r.Cookie(roleCookie)
	if err != nil {
		return access.Principal{}, fault.New(fault.Denied, "test", "", access.ErrNoIdentity)
	}
	if held.Value == "locked" {
		return access.Principal{}, fault.New(fault.Denied, "test", "", desk.ErrLocked)
	}
	role, _, _ := strings.Cut(held.Value, "-2")
	name := map[string]string{"agent": "Nadia Tazi", "supervisor": "Karim Alaoui"}[role]
	return access.Principal{ID: "staff:" + held.Value, Name: name, Role: access.Role(role), Surface: access.SurfaceDesk}, nil
}

// fakeDoor opens for one password.
type fakeDoor struct{}

func (fakeDoor) SignIn(w http.ResponseWriter, _ *http.Request, in desk.SignInInput) error {
	if in.Password != "open sesame" {
		return fault.New(fault.Denied, "test", "", nil)
	}
	http.SetCookie(w, &http.Cookie{Name: roleCookie, Value: in.Staff, Path: "/", HttpOnly: true})
	return nil
}

func (fakeDoor) Unlock(w http.ResponseWriter, _ *http.Request, password string) error {
	if password != "open sesame" {
		return fault.New(fault.Denied, "test", "", nil)
	}
	http.SetCookie(w, &http.Cookie{Name: roleCookie, Value: "agent", Path: "/", HttpOnly: true})
	return nil
}

func (fakeDoor) Lock(w http.ResponseWriter, _ *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: roleCookie, Value: "locked", Path: "/", HttpOnly: true})
	return nil
}

func (fakeDoor) SignOut(w http.ResponseWriter, _ *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: roleCookie, Path: "/", MaxAge: -1})
	return nil
}

func (fakeDoor) EnrolOffer(_ *http.Request, in desk.EnrolInput) (desk.EnrolOffer, error) {
	if in.Sheet != "SHEET" {
		return desk.EnrolOffer{}, fault.New(fault.Denied, "test", "", nil)
	}
	return desk.EnrolOffer{Address: "otpauth://totp/Jaliya:agent?secret=ABC", Secret: "ABCD EFGH"}, nil
}

func (fakeDoor) Enrol(http.ResponseWriter, *http.Request, desk.EnrolInput) error { return nil }

// screens mounts the screens beside the API of a world.
func (w *world) screens(tb testing.TB) http.Handler {
	tb.Helper()
	return w.screensWith(tb, desk.ScreenOptions{})
}

// screensWith mounts them with more than a visit needs.
func (w *world) screensWith(tb testing.TB, o desk.ScreenOptions) http.Handler {
	tb.Helper()
	catalog, err := lang.Open()
	require.NoError(tb, err)
	press, err := paper.NewPress(catalog)
	require.NoError(tb, err)
	o.Auth, o.Catalog, o.Door, o.Press, o.Development = cookieAuth{}, catalog, fakeDoor{}, press, true
	if o.Device == "" {
		o.Device = w.device
	}
	s, err := desk.NewScreens(w.desk, o)
	require.NoError(tb, err)
	engine := web.NewEngine(slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	desk.NewAPI(w.desk, w.auth).Register(engine)
	s.Register(engine)
	return engine
}

// surfer is a browser without scripts.
type surfer struct {
	tb      testing.TB
	handler http.Handler
	role    string
	lang    string
}

type seen struct {
	*httptest.ResponseRecorder
	at   string // path of the last answer
	text string
}

func (s surfer) do(r *http.Request) seen {
	s.tb.Helper()
	r.Header.Set("Accept-Language", s.lang)
	if s.role != "" {
		r.AddCookie(&http.Cookie{Name: roleCookie, Value: s.role})
	}
	rec := httptest.NewRecorder()
	s.handler.ServeHTTP(rec, r)
	return seen{ResponseRecorder: rec, at: r.URL.RequestURI(), text: rec.Body.String()}
}

func (s surfer) get(path string) seen {
	s.tb.Helper()
	path, fragment, _ := strings.Cut(path, "#")
	got := s.do(httptest.NewRequestWithContext(s.tb.Context(), http.MethodGet, path, nil))
	if got.Code == http.StatusSeeOther {
		return s.get(got.Header().Get("Location"))
	}
	if fragment != "" {
		got.at += "#" + fragment
	}
	return got
}

// post sends a form and follows where it leads.
func (s surfer) post(path string, form url.Values) seen {
	s.tb.Helper()
	r := httptest.NewRequestWithContext(s.tb.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.follow(s.do(r))
}

func (s surfer) follow(got seen) seen {
	s.tb.Helper()
	if got.Code == http.StatusSeeOther {
		return s.get(got.Header().Get("Location"))
	}
	return got
}

// send sends a form with files.
func (s surfer) send(path string, form url.Values, files map[string][]byte) seen {
	s.tb.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, values := range form {
		require.NoError(s.tb, m.WriteField(name, values[0]))
	}
	for name, raw := range files {
		part, err := m.CreateFormFile(name, "bild.bin")
		require.NoError(s.tb, err)
		_, err = part.Write(raw)
		require.NoError(s.tb, err)
	}
	require.NoError(s.tb, m.Close())
	r := httptest.NewRequestWithContext(s.tb.Context(), http.MethodPost, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return s.follow(s.do(r))
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="(visit|version|attempt)" value="([^"]*)"`)

// hidden reads a hidden field of a page.
func (p seen) hidden(name string) string {
	for _, m := range hiddenField.FindAllStringSubmatch(p.text, -1) {
		if m[1] == name {
			return html.UnescapeString(m[2])
		}
	}
	return ""
}

// versioned is a form that carries the version of the page.
func (p seen) versioned(pairs ...string) url.Values {
	out := url.Values{"version": {p.hidden("version")}}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}
