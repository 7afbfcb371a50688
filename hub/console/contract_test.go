package console_test

import (
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	contracts "jaliya/deploy/openapi"
	"jaliya/hub/console"
	"jaliya/hub/console/officer"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/openapi/openapitest"
	"jaliya/internal/web"
)

var update = flag.Bool("update", false, "write deploy/openapi/console.json anew")

// TestContract: the document is what the handlers say, it has each route of the
// engine and no other, with the permission that is asked for.
func TestContract(t *testing.T) {
	openapitest.Current(t, console.Contract(), "console.json", *update)
	if *update {
		t.Skip("written; what is embedded is of before")
	}
	w := newWorld(t)
	document := openapitest.Read(t, contracts.Console)
	document.Routes(t, w.engine.Routes())
	for _, r := range console.APIRoutes() {
		require.Equal(t, string(r.Permission), document.Permission(r.Method, r.Path), r.Path)
	}
}

// TestEveryRouteRefuses asks every operation wrongly in every way that needs no
// knowledge of what it does.
func TestEveryRouteRefuses(t *testing.T) {
	w := newWatchedWorld(t)
	ref, _ := w.release()
	label, err := consular.NewPouchID(consular.Pouch{Post: "FR-LYO", Year: 2026, Serial: 1})
	require.NoError(t, err)
	held := make(map[access.Role]string)
	for _, role := range access.HubRoles() {
		held[role] = w.session(w.hire(role, "Somebody "+string(role)))
	}
	carrying := func(want bool) func(*http.Request, string) {
		return func(r *http.Request, permission string) {
			for _, role := range access.HubRoles() {
				if role.Has(access.Permission(permission)) == want {
					r.AddCookie(&http.Cookie{Name: access.ConsoleCookie, Value: held[role]})
					return
				}
			}
		}
	}
	openapitest.Read(t, contracts.Console).Refusals(t, openapitest.Attack{
		Handler: w.engine, With: carrying(true), Without: carrying(false), State: w.commands,
		Path: map[string]string{"reference": ref.Digits(), "part": "portrait", "label": string(label), "act": "pack", "post": "FR-LYO", "order": "1", "number": "1"},
	})
	require.NotContains(t, w.log.String(), "Benzakourovitch")
}

// commands is how many were committed: nothing changes without one.
func (w *world) commands() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strconv.FormatUint(w.index, 10)
}

// session signs an officer in and gives what the cookie carries.
func (w *world) session(p *phone) string {
	w.tb.Helper()
	in, err := w.people.Enter(w.tb.Context(), officer.Credentials{
		Officer: string(p.id), Password: password, Code: p.code(w), Place: "192.0.2.1",
	})
	require.NoError(w.tb, err)
	return in.Token
}

// TestPrograms: a service account reads the lists that its role reads, and does
// nothing that stands in an officer's name.
func TestPrograms(t *testing.T) {
	w := newWatchedWorld(t)
	ref, _ := w.release()
	var accounts []access.ServiceAccount
	tokens := make(map[access.Role]string)
	for _, role := range access.HubRoles() {
		token, hash := access.NewToken()
		tokens[role] = token
		accounts = append(accounts, access.ServiceAccount{Name: string(role), Role: role, TokenSHA256: hash})
	}
	programs, err := access.NewBearer(accounts)
	require.NoError(t, err)
	engine := web.NewEngine(slog.New(slog.DiscardHandler))
	console.NewAPI(w.console, access.Cookie{Name: access.ConsoleCookie}).Admit(programs).Register(engine)
	surface := openapitest.Read(t, contracts.Console).Watch(t, engine)
	before := w.commands()
	reads := map[string]bool{"/verify": true, "/pouches": true, "/pouches/:label": true}
	for _, page := range []string{"", "/posts", "/posts/:post", "/posts/:post/forks", "/requests", "/hub", "/stuck", "/refused"} {
		reads["/operate"+page] = true
	}
	fill := strings.NewReplacer(":reference", ref.Digits(), ":part", "portrait", ":label", "P261FRLYO0001X", ":act", "pack", ":post", "FR-LYO", ":order", "1", ":number", "1")
	for _, route := range console.APIRoutes() {
		for role, token := range tokens {
			got := bearing(surface, token)(t, route.Method, fill.Replace(route.Path))
			switch {
			case !role.Has(route.Permission):
				require.Contains(t, got.Body.String(), `"denied"`, "%s %s", role, route.Path)
			case route.Method == http.MethodGet && reads[route.Path]:
				require.NotEqual(t, http.StatusForbidden, got.Code, "%s %s", role, route.Path)
			default:
				require.Equal(t, http.StatusForbidden, got.Code, "%s %s", role, route.Path)
				require.Contains(t, got.Body.String(), `"person-needed"`, "%s %s", role, route.Path)
			}
		}
	}
	require.Equal(t, before, w.commands())
	list := bearing(surface, tokens[access.Verifier])(t, http.MethodGet, "/verify")
	require.Equal(t, http.StatusOK, list.Code)
	require.Contains(t, list.Body.String(), ref.Digits())
	require.Equal(t, http.StatusOK, bearing(surface, tokens[access.PouchOfficer])(t, http.MethodGet, "/pouches").Code)
}

// bearing asks in the name of a token.
func bearing(surface http.Handler, token string) func(testing.TB, string, string) *httptest.ResponseRecorder {
	return func(tb testing.TB, method, path string) *httptest.ResponseRecorder {
		tb.Helper()
		r := httptest.NewRequestWithContext(tb.Context(), method, "/api/v1"+path, strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		got := httptest.NewRecorder()
		surface.ServeHTTP(got, r)
		return got
	}
}
