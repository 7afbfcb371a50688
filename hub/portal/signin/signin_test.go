package signin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/signin"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/outside/identity"
	"jaliya/internal/web"
)

func TestSignIn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		for number, citizen := range w.provider.People() {
			if citizen.Minor {
				continue
			}
			got, err := w.browser(t).signIn(signin.Options{Return: "/requests/new?service=record.police"}, visit{person: number})
			require.NoError(t, err)
			want := citizen.Person
			// What is not the third party's to say.
			want.ActNumber, want.Mention, want.Spouse, want.Former = "", 0, consular.Name{}, nil
			require.Equal(t, want, got.Person)
			require.NoError(t, got.Person.Validate())
			require.Equal(t, "/requests/new?service=record.police", got.Return)
			require.Equal(t, signin.LevelSubstantial, got.Level)
			require.WithinDuration(t, time.Now(), got.AuthTime, time.Second)
			require.Equal(t, []string{
				"birthdate", "family_name", "father", "gender", "given_name", "mother", "national_number", "nationalities", "place_of_birth",
			}, got.Released)
			require.True(t, signin.DecodeReceipt(got.Receipt.Raw))
			require.NotEmpty(t, got.Receipt.ID)
			require.NotContains(t, got.Receipt.Raw, string(want.NationalNumber))
			require.Equal(t, "[receipt]", got.Receipt.String())
		}
	})
}

func TestSignInPartialBirthDate(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		partial := 0
		for number, citizen := range w.provider.People() {
			if citizen.Person.Birth.IsPartial() {
				partial++
				got, err := w.browser(t).signIn(signin.Options{}, visit{person: number})
				require.NoError(t, err)
				require.Equal(t, citizen.Person.Birth, got.Person.Birth)
			}
		}
		require.Positive(t, partial, "the seed has nobody whose day of birth is unknown")
	})
}

func TestSignInHoldsBack(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		got, err := w.browser(t).signIn(signin.Options{}, visit{hold: true})
		require.NoError(t, err)
		require.Equal(t, []string{"birthdate", "family_name", "gender", "given_name", "national_number"}, got.Released)
		require.True(t, got.Person.Father.IsZero())
		require.Empty(t, got.Person.BirthCountry)
	})
}

func TestSubject(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		first, err := w.browser(t).signIn(signin.Options{}, visit{person: 1})
		require.NoError(t, err)
		again, err := w.browser(t).signIn(signin.Options{Subject: first.Subject}, visit{person: 1})
		require.NoError(t, err)
		require.Equal(t, first.Subject, again.Subject)
		require.NotEqual(t, first.Receipt.ID, again.Receipt.ID)
		got, err := w.browser(t).signIn(signin.Options{Subject: first.Subject}, visit{person: 2})
		refused(t, got, err, signin.CodeOtherPerson)
	})
}

func TestLevel(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		got, err := w.browser(t).signIn(signin.Options{Level: signin.LevelHigh}, visit{level: "high"})
		require.NoError(t, err)
		require.Equal(t, signin.LevelHigh, got.Level)
		b := w.browser(t)
		page, _ := b.open(b.begin(signin.Options{Level: signin.LevelHigh}))
		require.NotContains(t, page.text, `value="substantial"`, "less is not offered")
	})
}

// TestFresh signs in again although there is a session at the provider.
func TestFresh(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		b := w.browser(t)
		first, err := b.signIn(signin.Options{}, visit{})
		require.NoError(t, err)
		require.False(t, first.Fresh)
		<-time.After(5 * time.Minute)
		page, _ := b.open(b.begin(signin.Options{}))
		require.Equal(t, "/consent", page.path, "the session is good enough")
		second, err := b.signIn(signin.Options{}, visit{})
		require.NoError(t, err)
		require.Equal(t, first.AuthTime, second.AuthTime)
		page, _ = b.open(b.begin(signin.Options{Fresh: true}))
		require.Equal(t, "/login", page.path, "the PIN is asked for")
		fresh, err := b.signIn(signin.Options{Fresh: true}, visit{})
		require.NoError(t, err)
		require.True(t, fresh.Fresh)
		require.WithinDuration(t, time.Now(), fresh.AuthTime, time.Second)
		<-time.After(5 * time.Minute)
		w.breaks(t, identity.StaleLogin, "")
		got, err := b.signIn(signin.Options{Fresh: true}, visit{})
		refused(t, got, err, signin.CodeNotFresh)
	})
}

// TestMaxAge is about an ordinary sign-in on an old proof.
func TestMaxAge(t *testing.T) {
	inWorld(t, func(c *signin.Config) { c.MaxAge = 60e9 }, func(w *world) {
		t := w.T
		b := w.browser(t)
		_, err := b.signIn(signin.Options{}, visit{})
		require.NoError(t, err)
		<-time.After(5 * time.Minute)
		page, _ := b.open(b.begin(signin.Options{}))
		require.Equal(t, "/login", page.path)
		w.breaks(t, identity.StaleLogin, "")
		got, err := b.signIn(signin.Options{}, visit{})
		refused(t, got, err, signin.CodeNotFresh)
	})
}

// TestBegin looks at what leaves with the browser.
func TestBegin(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		recorded := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://portal.example.org/sign-in", http.NoBody)
		to, err := w.Begin(recorded, r, signin.Options{Language: "ar", Fresh: true})
		require.NoError(t, err)
		u, err := url.Parse(to)
		require.NoError(t, err)
		q := u.Query()
		for name, want := range map[string]string{
			"response_type": "code", "client_id": clientID, "redirect_uri": redirect, "scope": "openid person", "prompt": "login",
			"max_age": "0", "acr_values": "substantial", "ui_locales": "ar", "code_challenge_method": "S256",
		} {
			require.Equal(t, want, q.Get(name), name)
		}
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			require.Regexp(t, `^[A-Za-z0-9_-]{43}$`, q.Get(name), name)
		}
		cookies := recorded.Result().Cookies()
		require.Len(t, cookies, 1)
		c := cookies[0]
		require.Equal(t, "__Host-jaliya_signin", c.Name)
		require.True(t, c.Secure && c.HttpOnly && c.Path == "/" && c.Domain == "" && c.SameSite == http.SameSiteLaxMode)
		for _, values := range q {
			require.NotContains(t, values, c.Value)
		}
	})
}

// TestTwoTabs signs in in two tabs of one browser, the first one last.
func TestTwoTabs(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		b := w.browser(t)
		first, second := b.begin(signin.Options{Return: "/a"}), b.begin(signin.Options{Return: "/b"})
		got, err := b.finish(b.walk(second, visit{}))
		require.NoError(t, err)
		require.Equal(t, "/b", got.Return)
		got, err = b.finish(b.walk(first, visit{}))
		require.NoError(t, err)
		require.Equal(t, "/a", got.Return)
	})
}

// TestReturn refuses ways back that leave the portal.
func TestReturn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		for _, path := range []string{
			"https://evil.example.org/", "//evil.example.org", `/\evil.example.org`, `\\evil.example.org`, "evil", "/a\r\nb", "/\t/evil.example.org",
			"javascript:alert(1)", "///evil.example.org", "/a#b", "/%2f%2fevil.example.org", "/%5cevil.example.org", "/" + strings.Repeat("a", 600),
		} {
			recorded := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://portal.example.org/sign-in", http.NoBody)
			to, err := w.Begin(recorded, r, signin.Options{Return: path})
			require.True(t, web.Has(err, signin.CodeReturn), path)
			require.True(t, fault.Is(err, fault.Invalid))
			require.Empty(t, to)
			require.Empty(t, recorded.Result().Cookies())
			require.Zero(t, w.Pending())
		}
	})
}

// TestProviderDown starts without the provider and goes on when it is back.
func TestProviderDown(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		id, err := w.provider.Faults().Add(outside.Fault{Kind: outside.Drop})
		require.NoError(t, err)
		require.Positive(t, id)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://portal.example.org/sign-in", http.NoBody)
		recorded := httptest.NewRecorder()
		_, err = w.Begin(recorded, r, signin.Options{})
		require.True(t, web.Has(err, signin.CodeUnavailable))
		require.True(t, fault.Is(err, fault.Unavailable))
		require.Empty(t, recorded.Result().Cookies())
		require.Error(t, w.Ready(t.Context()))
		w.provider.Faults().Clear()
		require.Error(t, w.Ready(t.Context()), "it is not asked at every click")
		<-time.After(3 * time.Second)
		require.NoError(t, w.Ready(t.Context()))
		_, err = w.browser(t).signIn(signin.Options{}, visit{})
		require.NoError(t, err)
		// What it said counts while it is away.
		<-time.After(13 * time.Hour)
		_, err = w.provider.Faults().Add(outside.Fault{Kind: outside.Drop, On: "GET /.well-known"})
		require.NoError(t, err)
		_, err = w.browser(t).signIn(signin.Options{}, visit{})
		require.NoError(t, err)
	})
}

// TestManyBegin keeps what is remembered within its cap.
func TestManyBegin(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://portal.example.org/sign-in", http.NoBody)
		for range signin.MaxPending + 10 {
			_, err := w.Begin(httptest.NewRecorder(), r, signin.Options{})
			require.NoError(t, err)
		}
		require.Equal(t, signin.MaxPending, w.Pending())
		_, err := w.browser(t).signIn(signin.Options{}, visit{})
		require.NoError(t, err)
		<-time.After(time.Hour)
		_, err = w.browser(t).signIn(signin.Options{}, visit{})
		require.NoError(t, err)
		require.Equal(t, 1, w.Pending(), "old ones are forgotten")
	})
}
