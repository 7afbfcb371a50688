package portal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
)

func TestFollow(t *testing.T) {
	t.Run("OKNumbers", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser("fr")
		require.Contains(t, b.get("/").text, "Référence de la demande")
		done := b.typed(w.member.ref, slipCode.Printed())
		require.Equal(t, http.StatusSeeOther, done.StatusCode)
		require.Equal(t, "/follow", done.Header.Get("Location"))
		require.Equal(t, "__Host-jaliya_follow", b.cookie.Name)
		require.True(t, b.cookie.Secure && b.cookie.HttpOnly)
		require.Equal(t, "/", b.cookie.Path)
		require.NotContains(t, b.cookie.Value, w.member.ref.Digits())
		got := b.get("/follow")
		require.Equal(t, http.StatusOK, got.StatusCode)
		require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
		for _, want := range []string{
			"en cours de production", "Votre document est en cours de fabrication", "en route vers le poste", "Le centre de production fabrique",
			"22 décembre 2026", "15 décembre 2026", "il manquait quelque chose", "Lyon", "renouvellement", w.member.ref.String()[:6],
		} {
			require.Contains(t, strings.ReplaceAll(got.text, "\u00a0", " "), want)
		}
	})
	t.Run("OKToken", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser("ar")
		got := b.get("/t/" + slipToken().Text())
		require.Equal(t, http.StatusSeeOther, got.StatusCode)
		require.Equal(t, "/follow", got.Header.Get("Location"))
		require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
		require.Equal(t, "no-referrer", got.Header.Get("Referrer-Policy"))
		require.Zero(t, w.member.asks, "whether the token is one is not said here")
		shown := b.get("/follow")
		require.Contains(t, shown.text, "في طور الإنجاز")
		require.Contains(t, shown.text, `dir="rtl"`)
		require.NotContains(t, w.log.String(), slipToken().Text())
		require.NotContains(t, w.log.String(), w.member.ref.Digits())
		require.Contains(t, w.log.String(), "/t/:token", "the request was logged, by its pattern")
	})
	t.Run("OKLeave", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser("fr")
		b.typed(w.member.ref, string(slipCode))
		b.do(http.MethodPost, "/follow/leave", nil)
		require.Nil(t, b.cookie)
		require.NotContains(t, b.get("/follow").text, "en cours de production")
	})
	t.Run("OKEndsAfterHalfAnHour", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser("fr")
		b.typed(w.member.ref, string(slipCode))
		w.now = w.now.Add(30 * time.Minute)
		require.NotContains(t, b.get("/follow").text, "en cours de production")
	})
	t.Run("ErrCookieOfOthers", func(t *testing.T) {
		w, other := newWorld(t), newWorld(t)
		b := w.browser("fr")
		b.typed(w.member.ref, string(slipCode))
		stranger := other.browser("fr")
		stranger.cookie = b.cookie
		require.NotContains(t, stranger.get("/follow").text, "en cours de production")
		for i := range b.cookie.Value {
			bent := *b.cookie
			bent.Value = bent.Value[:i] + string(rune(bent.Value[i]^1)) + bent.Value[i+1:]
			one := w.browser("fr")
			one.from, one.cookie = fmt.Sprintf("203.0.113.%d:1", i%250), &bent
			require.NotContains(t, one.get("/follow").text, "en cours de production", "byte %d", i)
		}
	})
	t.Run("ErrMemberDown", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser("fr")
		b.typed(w.member.ref, string(slipCode))
		w.member.set(func(m *member) { m.down = true })
		got := b.get("/follow")
		require.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
		require.Contains(t, got.text, "Votre demande est en sécurité")
		require.NotNil(t, b.cookie, "the look goes on when the member is back")
		w.member.set(func(m *member) { m.down = false })
		require.Contains(t, b.get("/follow").text, "en cours de production")
	})
	t.Run("ErrMistyped", func(t *testing.T) {
		w := newWorld(t)
		digits := []byte(w.member.ref.Digits())
		digits[3] = '0' + (digits[3]-'0'+1)%10
		got := w.browser("es").typed(consular.Reference(digits), "12")
		require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
		require.Contains(t, got.text, "La referencia tiene 18 cifras")
		require.Contains(t, got.text, "El código de seguimiento tiene 8 cifras")
		require.Zero(t, w.member.asks)
	})
}

// own is what no two answers share, and where the language switch goes back to:
// to the page that was got, which for a form is the first one.
var own = regexp.MustCompile(`nonce="[^"]*"|name="back" value="[^"]*"`)

// TestUniform: an unknown reference, a wrong code and a wrong token are one
// answer in status, words and size.
func TestUniform(t *testing.T) {
	w := newWorld(t)
	same := func(p page, ref consular.Reference) string {
		text := own.ReplaceAllString(p.text, "")
		return strings.ReplaceAll(text, `value="`+ref.String()+`"`, `value=""`)
	}
	unknown := w.browser("fr").typed(reference(t, 9), string(slipCode))
	wrong := w.browser("fr").typed(w.member.ref, "87654321")
	require.Equal(t, http.StatusNotFound, unknown.StatusCode)
	require.Equal(t, unknown.StatusCode, wrong.StatusCode)
	require.Len(t, wrong.text, len(unknown.text))
	require.Equal(t, same(unknown, reference(t, 9)), same(wrong, w.member.ref))
	for _, token := range []string{consular.FollowToken{9}.Text(), "short", strings.Repeat("A", 3000)} {
		b := w.browser("fr")
		first := b.get("/t/" + token)
		require.Equal(t, http.StatusSeeOther, first.StatusCode)
		got := b.get("/follow")
		require.Equal(t, unknown.StatusCode, got.StatusCode)
		require.Equal(t, same(unknown, reference(t, 9)), same(got, ""))
		require.Nil(t, b.cookie, "and is not asked again")
	}
	var size int
	for _, body := range []string{
		`{"reference":"` + string(reference(t, 9)) + `","slip_code":"` + string(slipCode) + `"}`,
		`{"reference":"` + string(w.member.ref) + `","slip_code":"87654321"}`,
	} {
		got := api(w, body)
		require.Equal(t, http.StatusNotFound, got.StatusCode)
		var p struct{ Code string }
		require.NoError(t, json.Unmarshal([]byte(got.text), &p))
		require.Equal(t, "no-match", p.Code)
		require.True(t, size == 0 || size == len(got.text))
		size = len(got.text)
	}
}

func api(w *world, body string) page {
	r := httptest.NewRequestWithContext(w.tb.Context(), http.MethodPost, "/api/v1/follow", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return w.browser("en").send(r)
}

// TestGuessing: whoever has a reference and guesses codes gets so far and no
// further, from however many addresses; others are not kept from theirs.
func TestGuessing(t *testing.T) {
	w := newWorld(t)
	tried, at := 0, w.now
	for i := range 500 { // 500 addresses, one guess each, within an hour
		w.now = at.Add(time.Duration(i) * time.Hour / 500)
		b := w.browser("en")
		b.from = fmt.Sprintf("198.51.%d.%d:1", i/250, i%250)
		got := b.typed(w.member.ref, fmt.Sprintf("%08d", i))
		switch got.StatusCode {
		case http.StatusNotFound:
			tried++
		case http.StatusTooManyRequests:
			wait, err := strconv.Atoi(got.Header.Get("Retry-After"))
			require.NoError(t, err)
			require.Positive(t, wait)
			require.LessOrEqual(t, wait, 601)
			require.Contains(t, got.text, "Too many attempts")
		default:
			require.Fail(t, "another answer", got.Status)
		}
	}
	require.Equal(t, w.member.asks, tried)
	require.LessOrEqual(t, tried, 16, "ten, and one in ten minutes")
	require.GreaterOrEqual(t, tried, 15)
	require.Equal(t, http.StatusTooManyRequests, w.browser("en").typed(w.member.ref, string(slipCode)).StatusCode)
	b := w.browser("en")
	b.get("/t/" + slipToken().Text())
	require.Equal(t, http.StatusOK, b.get("/follow").StatusCode, "the slip's square still works")
	require.Equal(t, http.StatusNotFound, w.browser("en").typed(reference(t, 9), "11111111").StatusCode, "and so do other requests")

	t.Run("OneClient", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser("en")
		for i := range 30 {
			require.Equal(t, http.StatusNotFound, b.typed(reference(t, byte(100+i)), "11111111").StatusCode)
		}
		require.Equal(t, http.StatusTooManyRequests, b.typed(reference(t, 99), "11111111").StatusCode)
		b.from = "203.0.113.8:1"
		require.Equal(t, http.StatusNotFound, b.typed(reference(t, 99), "11111111").StatusCode)
		w.now = w.now.Add(11 * time.Second)
		b.from = "203.0.113.7:2"
		require.Equal(t, http.StatusNotFound, b.typed(reference(t, 99), "11111111").StatusCode)
	})
	t.Run("API", func(t *testing.T) {
		w := newWorld(t)
		for range 10 {
			api(w, `{"reference":"`+string(w.member.ref)+`","slip_code":"00000000"}`)
		}
		got := api(w, `{"reference":"`+string(w.member.ref)+`","slip_code":"`+string(slipCode)+`"}`)
		require.Equal(t, http.StatusTooManyRequests, got.StatusCode)
		require.NotEmpty(t, got.Header.Get("Retry-After"))
		require.Contains(t, got.text, `"too-many-attempts"`)
	})
}

func TestAPI(t *testing.T) {
	w := newWorld(t)
	got := api(w, `{"reference":"`+w.member.ref.String()+`","slip_code":"`+string(slipCode)+`"}`)
	require.Equal(t, http.StatusOK, got.StatusCode, got.text)
	var a struct {
		Reference string `json:"reference"`
		Status    string `json:"public_status"`
		Moved     string `json:"moved_by"`
		Steps     []any  `json:"steps"`
		Next      []string
	}
	require.NoError(t, json.Unmarshal([]byte(got.text), &a))
	require.Equal(t, w.member.ref.Digits(), a.Reference)
	require.Equal(t, "in_production", a.Status)
	require.Equal(t, "action_needed", a.Moved)
	require.Len(t, a.Steps, 5)
	require.Equal(t, []string{"on_its_way", "ready", "handed_over"}, a.Next)
	require.Equal(t, http.StatusBadRequest, api(w, `{"reference":1}`).StatusCode)
	require.Equal(t, http.StatusBadRequest, api(w, `{"name":"x"}`).StatusCode)
	require.Equal(t, http.StatusUnprocessableEntity, api(w, `{"reference":"12","slip_code":"x"}`).StatusCode)
	w.member.set(func(m *member) { m.down = true })
	require.Equal(t, http.StatusServiceUnavailable, api(w, `{"reference":"`+string(w.member.ref)+`","slip_code":"`+string(slipCode)+`"}`).StatusCode)
	var contract struct{ OpenAPI string }
	require.NoError(t, json.Unmarshal([]byte(w.browser("en").get("/openapi.json").text), &contract))
	require.Equal(t, "3.1.0", contract.OpenAPI)
	require.Equal(t, http.StatusNotFound, w.browser("en").get("/nowhere").StatusCode)
}

// TestTimeline: what was, is and comes, for cards and records, to the hand.
func TestTimeline(t *testing.T) {
	for name, tc := range map[string]struct {
		change     func(*rpc.Followed)
		want, none []string
	}{
		"Ready": {func(f *rpc.Followed) {
			f.Status, f.Steps = "ready", append(f.Steps, rpc.Step{Status: "on_its_way"}, rpc.Step{Status: "ready"})
			f.Until = time.Date(2027, 1, 9, 12, 0, 0, 0, time.UTC).UnixMilli()
		}, []string{"ready for collection", "come and collect it", "9 January 2027", "handed over"}, []string{"Expected date"}},
		"HandedOver": {func(f *rpc.Followed) {
			f.Status, f.Steps = "handed_over", append(f.Steps, rpc.Step{Status: "ready"}, rpc.Step{Status: "handed_over"})
		}, []string{"handed over", "was given to you"}, []string{"Expected date", `class="next"`}},
		"Missing": {func(f *rpc.Followed) {
			f.Status, f.Reason, f.Steps = "action_needed", "portrait-quality", f.Steps[:3]
		}, []string{"action needed", "photograph is not clear enough", "Come back to the post", "in production"}, nil},
		"Refused": {
			func(f *rpc.Followed) {
				f.Status, f.Reason, f.Steps = "rejected", "not-entitled", append(f.Steps[:2], rpc.Step{Status: "rejected"})
			},
			[]string{"rejected", "mandate"},
			[]string{`class="next"`, "Expected date"},
		},
		"Late": {func(f *rpc.Followed) { f.Promised = f.Opened }, []string{"This date has passed"}, nil},
		"Record": {func(f *rpc.Followed) {
			f.Service, f.Pickup, f.Status, f.Moved = consular.RecordPolice, "", "processing", ""
			f.Steps = []rpc.Step{{Status: "submitted"}, {Status: "processing"}}
		}, []string{"being processed", "issued and signed", "delivered online"}, []string{"collected at", "in production"}},
		"NewerState": {
			func(f *rpc.Followed) { f.Status, f.Steps = "unknown", append(f.Steps, rpc.Step{Status: "unknown"}) },
			[]string{"state newer than this page"},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.member.set(func(m *member) { tc.change(&m.says) })
			b := w.browser("en")
			b.typed(w.member.ref, string(slipCode))
			got := b.get("/follow")
			require.Equal(t, http.StatusOK, got.StatusCode)
			text := strings.ReplaceAll(got.text, "\u00a0", " ")
			for _, want := range tc.want {
				require.Contains(t, text, want)
			}
			for _, none := range tc.none {
				require.NotContains(t, text, none)
			}
		})
	}
}

// TestLanguages: each page speaks each language; a text without words of its
// own is given in another.
func TestLanguages(t *testing.T) {
	w := newWorld(t)
	for language, want := range map[string]string{
		"ar": "التاريخ المتوقع", "fr": "Date prévue", "es": "Fecha prevista", "en": "Expected date", "it": "Data prevista",
		"nl": "Verwachte datum", "de": "Voraussichtliches Datum", "zgh": "ⴷⴰ ⵉⵜⵜⵓⵙⴽⴰⵔ",
	} {
		b := w.browser(language)
		b.from = "203.0.113.77:1"
		b.get("/t/" + slipToken().Text())
		got := b.get("/follow")
		require.Equal(t, http.StatusOK, got.StatusCode)
		require.Equal(t, language, got.Header.Get("Content-Language"))
		require.Contains(t, got.text, want, language)
		for _, path := range []string{"/", "/verify", "/nowhere"} {
			require.NotRegexp(t, `>(portal|status|web|refusal|verify)\.[a-z_.]+<`, b.get(path).text, "%s %s", language, path)
		}
		require.NotRegexp(t, `>(portal|status|web|refusal)\.[a-z_.]+<`, got.text, language)
	}
}
