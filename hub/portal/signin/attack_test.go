package signin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/signin"
	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/outside"
	"jaliya/internal/outside/identity"
	"jaliya/internal/web"
)

// TestStolenState brings an answer to another browser than the one that began.
func TestStolenState(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		victim, thief := w.browser(t), w.browser(t)
		back := victim.walk(victim.begin(signin.Options{}), visit{})
		for range 2 {
			got, err := thief.finish(back)
			refused(t, got, err, signin.CodeState)
			require.True(t, fault.Is(err, fault.Denied))
		}
		thief.begin(signin.Options{}) // with a cookie of its own
		got, err := thief.finish(back)
		refused(t, got, err, signin.CodeState)
		_, err = victim.finish(back)
		require.NoError(t, err, "the theft has changed nothing")
	})
}

// TestForcedSignIn is an attacker's own answer in the victim's browser.
func TestForcedSignIn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		victim, attacker := w.browser(t), w.browser(t)
		victim.begin(signin.Options{})
		got, err := victim.finish(attacker.walk(attacker.begin(signin.Options{}), visit{person: 2}))
		refused(t, got, err, signin.CodeState)
	})
}

// TestReplay brings an answer twice.
func TestReplay(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		b := w.browser(t)
		back := b.walk(b.begin(signin.Options{}), visit{})
		_, err := b.finish(back)
		require.NoError(t, err)
		for range 2 {
			got, err := b.finish(back)
			refused(t, got, err, signin.CodeUsed)
			require.True(t, fault.Is(err, fault.Used))
		}
	})
}

// TestReplayAtOnce brings an answer many times at the same moment.
func TestReplayAtOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		b := w.browser(t)
		back := b.walk(b.begin(signin.Options{}), visit{})
		outcomes := make(chan error)
		for range 8 {
			r := b.request(http.MethodGet, back)
			go func() {
				_, err := w.Finish(r)
				outcomes <- err
			}()
		}
		held := 0
		for range 8 {
			if err := <-outcomes; err == nil {
				held++
			} else {
				require.True(t, web.Has(err, signin.CodeUsed))
			}
		}
		require.Equal(t, 1, held)
	})
}

// TestFailureCountsOnce lets an answer fail and come again.
func TestFailureCountsOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		b := w.browser(t)
		back := b.walk(b.begin(signin.Options{}), visit{})
		got, err := b.finish(changed(t, back, "code", "guessed"))
		refused(t, got, err, signin.CodeRefused)
		got, err = b.finish(back)
		refused(t, got, err, signin.CodeUsed)
	})
}

// TestInjectedCode puts a code that was stolen from another sign-in into one's
// own: the verifier is not the one that it was asked with.
func TestInjectedCode(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		victim, attacker := w.browser(t), w.browser(t)
		stolen, err := url.Parse(victim.walk(victim.begin(signin.Options{}), visit{person: 1}))
		require.NoError(t, err)
		own := attacker.walk(attacker.begin(signin.Options{}), visit{person: 2})
		got, err := attacker.finish(changed(t, own, "code", stolen.Query().Get("code")))
		refused(t, got, err, signin.CodeRefused)
	})
}

// TestMixedUp is an answer of another provider, or of nobody.
func TestMixedUp(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		b := w.browser(t)
		w.breaks(t, identity.WrongIssuer, "")
		got, err := b.signIn(signin.Options{}, visit{})
		refused(t, got, err, signin.CodeMixed)
		for _, other := range []string{"", issuer + "/", "https://identity.example.org.evil.example"} {
			got, err = b.finish(changed(t, b.walk(b.begin(signin.Options{}), visit{}), "iss", other))
			refused(t, got, err, signin.CodeMixed)
		}
		// Even a refusal is believed from the right one only.
		got, err = b.finish(changed(t, b.walk(b.begin(signin.Options{}), visit{refuse: true}), "iss", "https://other.example"))
		refused(t, got, err, signin.CodeMixed)
	})
}

func TestTooLate(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		b := w.browser(t)
		to := b.begin(signin.Options{})
		<-time.After(9*time.Minute + 50*time.Second)
		back := b.walk(to, visit{})
		// The cookie is gone by then; a browser that keeps it gains nothing.
		r := b.request(http.MethodGet, back)
		<-time.After(20 * time.Second)
		got, err := w.Finish(r)
		refused(t, got, err, signin.CodeExpired)
		require.True(t, fault.Is(err, fault.Expired))
	})
}

// TestMalformed is what a browser can bring that is no answer.
func TestMalformed(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		b := w.browser(t)
		back := b.walk(b.begin(signin.Options{}), visit{})
		for _, target := range []string{
			redirect, redirect + "?code=x", redirect + "?state=x", back + "&code=other", back + "&state=other", back + "&iss=other",
			back + "&error=access_denied", redirect + "?state=x&code=" + strings.Repeat("a", 3000),
		} {
			got, err := b.finish(target)
			refused(t, got, err, signin.CodeMalformed)
			require.True(t, fault.Is(err, fault.Invalid))
		}
		got, err := w.Finish(b.request(http.MethodPost, back))
		refused(t, got, err, signin.CodeMalformed)
		double := b.request(http.MethodGet, back)
		double.AddCookie(&http.Cookie{Name: "__Host-jaliya_signin", Value: strings.Repeat("a", 43)})
		got, err = w.Finish(double)
		refused(t, got, err, signin.CodeState)
		_, err = b.finish(back)
		require.NoError(t, err, "none of it has changed anything")
	})
}

// TestGivenUp is what the person does not do.
func TestGivenUp(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		b := w.browser(t)
		got, err := b.signIn(signin.Options{}, visit{refuse: true})
		refused(t, got, err, signin.CodeCanceled)
		other := w.browser(t)
		page, _ := other.open(other.begin(signin.Options{}))
		back := ""
		for range 3 {
			require.Empty(t, back)
			page.path = "/login"
			var next shown
			next, back = other.send(page, url.Values{"person": {"1"}, "pin": {"nonsense"}, "level": {"high"}})
			require.True(t, back != "" || next.status == http.StatusUnprocessableEntity)
		}
		got, err = other.finish(back)
		refused(t, got, err, signin.CodeCanceled)
	})
}

// TestProviderRefuses is each error that the standard knows.
func TestProviderRefuses(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		for name, code := range map[string]web.Code{
			"access_denied": signin.CodeCanceled, "login_required": signin.CodeCanceled, "temporarily_unavailable": signin.CodeUnavailable,
			"server_error": signin.CodeUnavailable, "unmet_authentication_requirements": signin.CodeLevel,
			"invalid_request": signin.CodeRefused, "<script>": signin.CodeRefused,
		} {
			b := w.browser(t)
			back := changed(t, b.walk(b.begin(signin.Options{}), visit{refuse: true}), "error", name)
			got, err := b.finish(back)
			refused(t, got, err, code)
			require.NotContains(t, err.Error(), "script")
		}
	})
}

// TestAnswerThatDoesNotHold lets the provider, or whoever stands in its place,
// answer wrongly, once each.
func TestAnswerThatDoesNotHold(t *testing.T) {
	const id, receipt = "JWT", "auth-receipt+jwt"
	for _, tc := range []struct {
		name string
		kind outside.Kind
		on   string
		code web.Code
	}{
		{"ErrNonce", identity.WrongNonce, "", signin.CodeToken},
		{"ErrAudience", identity.WrongAudience, "", signin.CodeToken},
		{"ErrTwoAudiences", identity.TwoAudiences, "", signin.CodeToken},
		{"ErrIssuer", identity.OtherIssuer, "", signin.CodeToken},
		{"ErrExpired", identity.ExpiredToken, "", signin.CodeToken},
		{"ErrFuture", identity.FutureToken, "", signin.CodeToken},
		{"ErrAlgorithmNone", identity.NoneAlgorithm, id, signin.CodeToken},
		{"ErrKeyUnknown", identity.UnlistedKey, id, signin.CodeToken},
		{"ErrLevel", identity.LowLevel, "", signin.CodeLevel},
		{"ErrUnderage", identity.Underage, "", signin.CodeUnderage},
		{"ErrNumberHeldBack", identity.HoldBack, "", signin.CodePerson},
		{"ErrNoReceipt", identity.NoReceipt, "", signin.CodeReceipt},
		{"ErrReceiptAlgorithmNone", identity.NoneAlgorithm, receipt, signin.CodeReceipt},
		{"ErrReceiptKeyUnknown", identity.UnlistedKey, receipt, signin.CodeReceipt},
		{"ErrReceiptIssuer", identity.WrongReceipt, "iss", signin.CodeReceipt},
		{"ErrReceiptClient", identity.WrongReceipt, "aud", signin.CodeReceipt},
		{"ErrReceiptSubject", identity.WrongReceipt, "sub", signin.CodeReceipt},
		{"ErrReceiptID", identity.WrongReceipt, "jti", signin.CodeReceipt},
		{"ErrReceiptNonce", identity.WrongReceipt, "nonce_s256", signin.CodeReceipt},
		{"ErrReceiptLevel", identity.WrongReceipt, "acr", signin.CodeReceipt},
		{"ErrReceiptMeans", identity.WrongReceipt, "amr", signin.CodeReceipt},
		{"ErrReceiptMade", identity.WrongReceipt, "iat", signin.CodeReceipt},
		{"ErrReceiptProved", identity.WrongReceipt, "auth_time", signin.CodeReceipt},
		{"ErrReceiptAttributes", identity.WrongReceipt, "attributes", signin.CodeReceipt},
		{"ErrKeysDown", outside.Drop, "GET /jwks", signin.CodeUnavailable},
		{"ErrKeysStatus", outside.Status, "GET /jwks", signin.CodeUnavailable},
		{"ErrKeysGarbage", outside.Garbage, "GET /jwks", signin.CodeUnavailable},
		{"ErrExchangeDown", outside.Drop, "POST /token", signin.CodeUnavailable},
		{"ErrExchangeStatus", outside.Status, "POST /token", signin.CodeUnavailable},
		{"ErrExchangeLost", outside.Lose, "POST /token", signin.CodeUnavailable},
		{"ErrExchangePage", outside.WrongType, "POST /token", signin.CodeUnavailable},
		{"ErrExchangeGarbage", outside.Garbage, "POST /token", signin.CodeUnavailable},
		{"ErrExchangeTwice", outside.Twice, "POST /token", signin.CodeUnavailable},
		{"ErrExchangeOversize", outside.Oversize, "POST /token", signin.CodeUnavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				t := w.T
				b := w.browser(t)
				w.breaks(t, tc.kind, tc.on)
				got, err := b.signIn(signin.Options{}, visit{})
				refused(t, got, err, tc.code)
				require.Equal(t, 1, w.provider.Faults().Fired(tc.kind))
				citizen := w.provider.People()[0]
				for _, personal := range []string{citizen.Person.Family.Latin, citizen.Person.Family.Arabic, string(citizen.Person.NationalNumber)} {
					require.NotContains(t, err.Error(), personal)
				}
				synctest.Wait() // the library shares a fetch of keys until its goroutine has ended
				_, err = b.signIn(signin.Options{}, visit{})
				require.NoError(t, err, "the next one holds")
			})
		})
	}
}

func TestSlowProvider(t *testing.T) {
	inWorld(t, func(c *signin.Config) { c.Timeout = config.Duration(5 * time.Second) }, func(w *world) {
		t := w.T
		b := w.browser(t)
		back := b.walk(b.begin(signin.Options{}), visit{})
		_, err := w.provider.Faults().Add(outside.Fault{Kind: outside.Delay, On: "POST /token", Delay: config.Duration(time.Minute), Times: 1})
		require.NoError(t, err)
		begun := time.Now()
		got, err := b.finish(back)
		refused(t, got, err, signin.CodeUnavailable)
		require.LessOrEqual(t, time.Since(begun), 5*time.Second)
	})
}

// TestRotatedKey signs in before and after the provider has a new key.
func TestRotatedKey(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		first, err := w.browser(t).signIn(signin.Options{}, visit{})
		require.NoError(t, err)
		require.NoError(t, w.keys.Rotate())
		synctest.Wait() // the library shares a fetch of keys until its goroutine has ended
		second, err := w.browser(t).signIn(signin.Options{}, visit{})
		require.NoError(t, err)
		require.NotEqual(t, first.Receipt.Key, second.Receipt.Key)
	})
}

// TestMinor is a young person who has a card.
func TestMinor(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		people := w.provider.People()
		require.True(t, people[len(people)-1].Minor)
		got, err := w.browser(t).signIn(signin.Options{}, visit{person: len(people) - 1})
		refused(t, got, err, signin.CodeUnderage)
	})
}

// TestWords asks for words of each code and for a problem that names it.
func TestWords(t *testing.T) {
	c := open(t)
	for _, code := range signin.Codes() {
		for _, l := range spoken {
			for _, part := range []string{".why", ".next"} {
				require.True(t, c.Printer(l).Has("signin."+string(code)+part), "%s %s", l, code)
			}
		}
		p := web.ProblemOf(fault.New(fault.Denied, "a", "b", code.Cause()), web.English)
		require.Equal(t, string(code), p.Code)
	}
}

func TestSecretsStayHere(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		t := w.T
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://portal.example.org/sign-in", http.NoBody)
		first, err := w.Begin(httptest.NewRecorder(), r, signin.Options{})
		require.NoError(t, err)
		second, err := w.Begin(httptest.NewRecorder(), r, signin.Options{})
		require.NoError(t, err)
		a, err := url.Parse(first)
		require.NoError(t, err)
		b, err := url.Parse(second)
		require.NoError(t, err)
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			require.NotEqual(t, a.Query().Get(name), b.Query().Get(name), name)
		}
		require.Empty(t, a.Query().Get("code_verifier"))
	})
}
