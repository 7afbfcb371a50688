package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/outside/identity"
)

const (
	issuer   = "https://identity.example.org"
	redirect = "https://portal.example.org/sign-in/return"
	verifier = "a-verifier-of-forty-three-characters-or-more-0123"
)

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// caller is a client of the contract that keeps the browser's cookies itself.
type caller struct {
	*identity.Provider

	tb      testing.TB
	key     *ecdsa.PrivateKey
	handler http.Handler
	cookies []*http.Cookie
}

func newCaller(tb testing.TB) *caller {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	catalog, err := lang.Open()
	require.NoError(tb, err)
	keys, err := identity.OpenKeys("")
	require.NoError(tb, err)
	p, err := identity.New(identity.Config{
		Issuer: issuer, Keys: keys, Catalog: catalog, Seed: 1,
		Clients: []identity.Client{
			{ID: "portal", Redirects: []string{redirect}, Key: &key.PublicKey},
			{ID: "other", Redirects: []string{"https://other.example.org/back"}, Secret: "s"},
		},
	})
	require.NoError(tb, err)
	return &caller{Provider: p, tb: tb, key: key, handler: p.Handler()}
}

func (c *caller) do(method, target string, form url.Values) *httptest.ResponseRecorder {
	c.tb.Helper()
	r := httptest.NewRequestWithContext(c.tb.Context(), method, target, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, one := range c.cookies {
		r.AddCookie(one)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	c.cookies = append(c.cookies, w.Result().Cookies()...)
	return w
}

func question(change url.Values) url.Values {
	q := url.Values{
		"response_type": {"code"}, "client_id": {"portal"}, "redirect_uri": {redirect}, "scope": {"openid person"}, "state": {"st"},
		"nonce": {"no"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}, "acr_values": {"substantial"},
	}
	maps.Copy(q, change)
	return q
}

var hidden = regexp.MustCompile(`name="t" value="([^"]+)"`)

// page opens an address of the provider and gives its transaction.
func (c *caller) page(w *httptest.ResponseRecorder) (transaction, text string) {
	c.tb.Helper()
	require.Equal(c.tb, http.StatusSeeOther, w.Code, w.Body.String())
	w = c.do(http.MethodGet, w.Header().Get("Location"), nil)
	require.Equal(c.tb, http.StatusOK, w.Code)
	found := hidden.FindStringSubmatch(w.Body.String())
	require.NotNil(c.tb, found)
	return found[1], w.Body.String()
}

// code goes through the pages.
func (c *caller) code(change url.Values) string {
	c.tb.Helper()
	t, _ := c.page(c.do(http.MethodGet, "/authorize?"+question(change).Encode(), nil))
	form := url.Values{"t": {t}, "person": {"0"}, "pin": {c.People()[0].PIN}, "level": {"substantial"}}
	t, _ = c.page(c.do(http.MethodPost, "/login", form))
	w := c.do(http.MethodPost, "/consent", url.Values{"t": {t}, "answer": {"agree"}, "release": {"father"}})
	back, err := url.Parse(w.Header().Get("Location"))
	require.NoError(c.tb, err)
	require.Equal(c.tb, "st", back.Query().Get("state"))
	require.Equal(c.tb, issuer, back.Query().Get("iss"))
	require.NotEmpty(c.tb, back.Query().Get("code"))
	return back.Query().Get("code")
}

func (c *caller) proof(change func(*jwt.Claims)) string {
	c.tb.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: c.key}, nil)
	require.NoError(c.tb, err)
	claims := jwt.Claims{
		Issuer: "portal", Subject: "portal", Audience: jwt.Audience{issuer}, ID: rand.Text(), Expiry: jwt.NewNumericDate(time.Now().Add(time.Minute)),
	}
	if change != nil {
		change(&claims)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(c.tb, err)
	return text
}

// exchange redeems a code and gives the error of the answer, empty for none.
func (c *caller) exchange(code string, change url.Values) (answer map[string]any, failure string) {
	c.tb.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}, "client_id": {"portal"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {c.proof(nil)},
	}
	maps.Copy(form, change)
	w := c.do(http.MethodPost, "/token", form)
	require.NoError(c.tb, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Equal(c.tb, "no-store", w.Header().Get("Cache-Control"))
	failure, _ = answer["error"].(string)
	require.Equal(c.tb, failure == "", w.Code == http.StatusOK)
	return answer, failure
}

// claims reads what is inside a signature, which tests of the portal verify.
func claims(tb testing.TB, text any) map[string]any {
	tb.Helper()
	raw, ok := text.(string)
	require.True(tb, ok)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	require.NoError(tb, err)
	var all map[string]any
	require.NoError(tb, json.Unmarshal(payload, &all))
	return all
}

// TestContractNamesAll looks for every claim and parameter in the contract.
func TestContractNamesAll(t *testing.T) {
	c := newCaller(t)
	page, err := os.ReadFile("../../../deploy/contracts/identity.md")
	require.NoError(t, err)
	answer, failure := c.exchange(c.code(nil), nil)
	require.Empty(t, failure)
	id, receipt := claims(t, answer["id_token"]), claims(t, answer["authentication_receipt"])
	verified, ok := id["verified_claims"].(map[string]any)
	require.True(t, ok)
	person, ok := verified["claims"].(map[string]any)
	require.True(t, ok)
	require.Contains(t, person, "father")
	require.NotContains(t, person, "mother", "held back")
	for _, all := range []map[string]any{answer, id, receipt, person} {
		for name := range all {
			require.Contains(t, string(page), "`"+name+"`")
		}
	}
	for name := range question(nil) {
		require.Contains(t, string(page), "`"+name+"`")
	}
	require.Equal(t, id["sub"], receipt["sub"])
	require.NotContains(t, person, "picture")
}

func TestAuthorizeRefuses(t *testing.T) {
	c := newCaller(t)
	for name, change := range map[string]url.Values{
		"Client":         {"client_id": {"nobody"}},
		"Redirect":       {"redirect_uri": {redirect + "/more"}},
		"RedirectQuery":  {"redirect_uri": {redirect + "?a=b"}},
		"RedirectOthers": {"redirect_uri": {"https://other.example.org/back"}},
		"Repeated":       {"client_id": {"portal", "portal"}},
	} {
		w := c.do(http.MethodGet, "/authorize?"+question(change).Encode(), nil)
		require.Equal(t, http.StatusBadRequest, w.Code, name)
		require.Empty(t, w.Header().Get("Location"), name)
	}
	for name, tc := range map[string]struct {
		change url.Values
		want   string
	}{
		"Implicit":    {url.Values{"response_type": {"id_token"}}, "unsupported_response_type"},
		"Scope":       {url.Values{"scope": {"person"}}, "invalid_scope"},
		"NoNonce":     {url.Values{"nonce": {""}}, "invalid_request"},
		"NoChallenge": {url.Values{"code_challenge": {""}}, "invalid_request"},
		"Plain":       {url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		"Age":         {url.Values{"max_age": {"-1"}}, "invalid_request"},
		"Level":       {url.Values{"acr_values": {"heroic"}}, "unmet_authentication_requirements"},
		"None":        {url.Values{"prompt": {"none"}}, "login_required"},
	} {
		w := c.do(http.MethodGet, "/authorize?"+question(tc.change).Encode(), nil)
		back, err := url.Parse(w.Header().Get("Location"))
		require.NoError(t, err)
		require.Equal(t, tc.want, back.Query().Get("error"), name)
		require.Equal(t, issuer, back.Query().Get("iss"), name)
	}
}

func TestTokenRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(26 * 365 * 24 * time.Hour) // the specimen people have been born
		c := newCaller(t)
		repeated := c.proof(nil)
		_, failure := c.exchange(c.code(nil), url.Values{"client_assertion": {repeated}})
		require.Empty(t, failure)
		for name, tc := range map[string]struct {
			change url.Values
			want   string
		}{
			"Verifier":      {url.Values{"code_verifier": {verifier + "x"}}, "invalid_grant"},
			"NoVerifier":    {url.Values{"code_verifier": {""}}, "invalid_grant"},
			"Redirect":      {url.Values{"redirect_uri": {redirect + "x"}}, "invalid_grant"},
			"Code":          {url.Values{"code": {"guessed"}}, "invalid_grant"},
			"GrantType":     {url.Values{"grant_type": {"password"}}, "unsupported_grant_type"},
			"NoProof":       {url.Values{"client_assertion": {""}}, "invalid_client"},
			"ProofTwice":    {url.Values{"client_assertion": {repeated}}, "invalid_client"},
			"ProofAudience": {url.Values{"client_assertion": {c.proof(func(j *jwt.Claims) { j.Audience = jwt.Audience{"x"} })}}, "invalid_client"},
			"ProofSubject":  {url.Values{"client_assertion": {c.proof(func(j *jwt.Claims) { j.Subject = "other" })}}, "invalid_client"},
			"ProofNoID":     {url.Values{"client_assertion": {c.proof(func(j *jwt.Claims) { j.ID = "" })}}, "invalid_client"},
			"ProofExpired": {url.Values{"client_assertion": {c.proof(func(j *jwt.Claims) {
				j.Expiry = jwt.NewNumericDate(time.Now().Add(-time.Hour))
			})}}, "invalid_client"},
			"ProofForLong": {url.Values{"client_assertion": {c.proof(func(j *jwt.Claims) {
				j.Expiry = jwt.NewNumericDate(time.Now().Add(time.Hour))
			})}}, "invalid_client"},
		} {
			_, failure := c.exchange(c.code(nil), tc.change)
			require.Equal(t, tc.want, failure, name)
		}
		code := c.code(nil)
		_, failure = c.exchange(code, url.Values{"code_verifier": {"wrong"}})
		require.Equal(t, "invalid_grant", failure)
		_, failure = c.exchange(code, nil)
		require.Equal(t, "invalid_grant", failure, "a code is used up by a wrong verifier")
		late := c.code(nil)
		<-time.After(61 * time.Second)
		_, failure = c.exchange(late, nil)
		require.Equal(t, "invalid_grant", failure)
		_, failure = c.exchange(c.code(nil), nil)
		require.Empty(t, failure)
	})
}

// TestPages looks at the screens: no script, each language, the browser that
// opened them, the end of a transaction.
func TestPages(t *testing.T) {
	c := newCaller(t)
	w := c.do(http.MethodGet, "/authorize?"+question(url.Values{"ui_locales": {"fr"}}).Encode(), nil)
	transaction, text := c.page(w)
	require.Contains(t, text, `<html lang="fr" dir="ltr">`)
	require.NotContains(t, text, "<script")
	require.Contains(t, text, c.People()[0].PIN)
	arabic := c.do(http.MethodGet, "/login?"+url.Values{"t": {transaction}, "lang": {"ar"}}.Encode(), nil)
	require.Contains(t, arabic.Body.String(), `<html lang="ar" dir="rtl">`)
	form := url.Values{"t": {transaction}, "person": {"0"}, "pin": {c.People()[0].PIN}, "level": {"high"}, "lang": {"fr"}}
	thief := &caller{Provider: c.Provider, tb: t, handler: c.handler}
	require.Equal(t, http.StatusGone, thief.do(http.MethodPost, "/login", form).Code)
	require.Equal(t, http.StatusGone, c.do(http.MethodGet, "/consent?t="+transaction, nil).Code, "nobody has proved anything")
	for _, wrong := range []url.Values{
		{"t": {transaction}, "person": {"99"}, "pin": {"000000"}, "level": {"high"}},
		{"t": {transaction}, "person": {"0"}, "pin": {c.People()[0].PIN}, "level": {"none"}},
	} {
		w := c.do(http.MethodPost, "/login", wrong)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code)
		require.Contains(t, w.Body.String(), `role="alert"`)
	}
	w = c.do(http.MethodPost, "/login", form)
	consent := c.do(http.MethodGet, w.Header().Get("Location"), nil)
	require.Contains(t, consent.Header().Get("Content-Security-Policy"), "form-action 'self' https://portal.example.org;")
	require.Contains(t, consent.Body.String(), c.People()[0].Person.Family.Arabic)
	w = c.do(http.MethodPost, "/consent", url.Values{"t": {transaction}, "answer": {"refuse"}})
	require.Contains(t, w.Header().Get("Location"), "error=access_denied")
	require.Equal(t, http.StatusGone, c.do(http.MethodGet, "/consent?t="+transaction, nil).Code)
}

// TestPairwise signs one person in at two clients.
func TestPairwise(t *testing.T) {
	c := newCaller(t)
	first, failure := c.exchange(c.code(nil), nil)
	require.Empty(t, failure)
	code := c.code(url.Values{"client_id": {"other"}, "redirect_uri": {"https://other.example.org/back"}})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/token", strings.NewReader(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"https://other.example.org/back"}, "code_verifier": {verifier},
	}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("other", "s")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	var second map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &second))
	require.NotEmpty(t, claims(t, second["id_token"])["sub"])
	require.NotEqual(t, claims(t, first["id_token"])["sub"], claims(t, second["id_token"])["sub"])
}

func TestKeysOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	k, err := identity.OpenKeys(dir)
	require.NoError(t, err)
	require.NoError(t, k.Rotate())
	names, err := filepath.Glob(filepath.Join(dir, "signing-*.pem"))
	require.NoError(t, err)
	require.Len(t, names, 2)
	_, err = identity.OpenKeys(dir)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(names[0], []byte("x"), 0o600))
	_, err = identity.OpenKeys(dir)
	require.True(t, fault.Is(err, fault.Corrupt))
}

func TestNewRefuses(t *testing.T) {
	c := newCaller(t)
	catalog, err := lang.Open()
	require.NoError(t, err)
	keys, err := identity.OpenKeys("")
	require.NoError(t, err)
	for name, change := range map[string]func(*identity.Config){
		"Issuer":  func(cfg *identity.Config) { cfg.Issuer = issuer + "/path" },
		"Keys":    func(cfg *identity.Config) { cfg.Keys = nil },
		"People":  func(cfg *identity.Config) { cfg.People = 51 },
		"Clients": func(cfg *identity.Config) { cfg.Clients = nil },
		"Proof":   func(cfg *identity.Config) { cfg.Clients[0].Key, cfg.Clients[0].Secret = nil, "" },
	} {
		cfg := identity.Config{
			Issuer: issuer, Keys: keys, Catalog: catalog,
			Clients: []identity.Client{{ID: "a", Redirects: []string{redirect}, Key: &c.key.PublicKey}},
		}
		change(&cfg)
		_, err := identity.New(cfg)
		require.True(t, fault.Is(err, fault.Invalid), name)
	}
}

// TestAdmin shows the people and the log, which names nobody.
func TestAdmin(t *testing.T) {
	c := newCaller(t)
	c.code(nil)
	admin := c.Admin()
	get := func(path string) string {
		w := httptest.NewRecorder()
		admin.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		require.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	require.Contains(t, get("/admin/people"), c.People()[0].PIN)
	log := get("/admin/requests")
	require.Contains(t, log, "/consent")
	require.NotContains(t, log, "t=")
}
