package access_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// TestTOTPVectors are those of RFC 6238, appendix B, SHA-1, cut to six digits.
func TestTOTPVectors(t *testing.T) {
	secret := access.TOTPFrom([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		require.Equal(t, want, secret.Code(access.StepAt(time.Unix(at, 0))), at)
	}
}

func TestTOTPMatch(t *testing.T) {
	secret := access.NewTOTP()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	step := access.StepAt(now)
	cases := []struct {
		name   string
		typed  string
		window uint64
		last   uint64
		ok     bool
	}{
		{"OK", secret.Code(step), access.NarrowWindow, 0, true},
		{"OKSlowPhone", secret.Code(step - 2), access.NarrowWindow, 0, true},
		{"OKFastPhone", secret.Code(step + 2), access.NarrowWindow, step, true},
		{"OKGroups", secret.Code(step)[:3] + " " + secret.Code(step)[3:], access.NarrowWindow, 0, true},
		{"OKArabicDigits", arabic(secret.Code(step)), access.NarrowWindow, 0, true},
		{"OKTwoHoursOff", secret.Code(step - 240), access.WideWindow, 0, true},
		{"ErrTwoHoursOffMeasured", secret.Code(step - 240), access.NarrowWindow, 0, false},
		{"ErrThreeHoursOff", secret.Code(step - 360), access.WideWindow, 0, false},
		{"ErrUsed", secret.Code(step), access.NarrowWindow, step, false},
		{"ErrOlderThanUsed", secret.Code(step - 1), access.NarrowWindow, step, false},
		{"ErrEmpty", "", access.NarrowWindow, 0, false},
		{"ErrShort", secret.Code(step)[:5], access.NarrowWindow, 0, false},
		{"ErrLong", secret.Code(step) + "1", access.NarrowWindow, 0, false},
		{"ErrLetters", "12345a", access.NarrowWindow, 0, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := secret.Match(c.typed, now, c.window, c.last)
			if !c.ok {
				require.True(t, fault.Is(err, fault.Denied))
				require.Zero(t, got)
				return
			}
			require.NoError(t, err)
			require.Greater(t, got, c.last)
		})
	}
	t.Run("OKBeforeTheEpoch", func(t *testing.T) {
		_, err := secret.Match("123456", time.Unix(-5, 0), access.WideWindow, 0)
		require.True(t, err == nil || fault.Is(err, fault.Denied))
	})
}

func arabic(s string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '\u0660' }, s)
}

func TestTOTPText(t *testing.T) {
	secret := access.TOTPFrom([]byte("12345678901234567890"))
	require.Equal(t, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", secret.Text())
	require.Equal(t, "otpauth://totp/Jaliya:LYO-00001?algorithm=SHA1&digits=6&issuer=Jaliya&period=30&secret="+
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", secret.URI("LYO-00001"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		require.Equal(t, "[secret]", fmt.Sprintf(verb, secret))
	}
}

func TestPasswordRule(t *testing.T) {
	for password, want := range map[string]consular.Rule{
		"vent d'ouest sur Agadir": "", "les quatre cigognes": "", "قطار الصباح إلى فاس": "", "Zq7!tarudant-ma": "",
		"short": consular.RuleLength, "elevenchars": consular.RuleLength, strings.Repeat("abcde ", 30): consular.RuleLength,
		"\xff\xfe23456789012": consular.RuleFormat, "passwordpassword": access.RuleCommon, "Password123456": access.RuleCommon,
		"aaaaaaaaaaaaaa": access.RuleCommon, "123456789012": access.RuleCommon, "qwertyuiop12": access.RuleCommon,
		"Casablanca2026!": access.RuleCommon, "motdepasse-2026": access.RuleCommon,
		"Salma Benali 1": access.RuleOwn, "benali-benali": access.RuleOwn, "LYO-48213-LYO": access.RuleOwn,
		"Benali aime la pluie": "",
	} {
		require.Equal(t, want, access.BrokenPasswordRule(password, "Salma Benali", "LYO-48213"), password)
	}
}

func TestHasher(t *testing.T) {
	h := access.NewHasher(1)
	hash, err := h.Hash(t.Context(), "caf\u00e9 au lait noir")
	require.NoError(t, err)
	require.Regexp(t, `^\$argon2id\$v=19\$m=19456,t=3,p=1\$`, hash)
	for typed, want := range map[string]bool{
		"caf\u00e9 au lait noir": true, "cafe\u0301 au lait\u00a0noir": true, "cafe au lait noir": false, "": false,
		strings.Repeat("x", access.MaxPassword+1): false,
	} {
		ok, err := h.Matches(t.Context(), typed, hash)
		require.NoError(t, err)
		require.Equal(t, want, ok, typed)
	}
	t.Run("ErrNobody", func(t *testing.T) {
		for _, typed := range []string{"", "nobody has this password"} {
			ok, err := h.Matches(t.Context(), typed, "")
			require.NoError(t, err)
			require.False(t, ok)
		}
	})
	t.Run("OKTogether", func(t *testing.T) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				ok, err := h.Matches(t.Context(), "caf\u00e9 au lait noir", hash)
				require.NoError(t, err)
				require.True(t, ok)
			})
		}
		all.Wait()
	})
}

func TestOneTimeCode(t *testing.T) {
	code := access.NewOneTimeCode()
	require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{12}$`, code)
	require.NotEqual(t, code, access.NewOneTimeCode())
	printed := access.GroupCode(code)
	require.Regexp(t, `^.{4}-.{4}-.{4}$`, printed)
	require.Equal(t, code, access.ReadOneTimeCode(" "+strings.ToLower(printed)+" "))
	require.Equal(t, "0110", access.ReadOneTimeCode("o1il"[:3]+"o"))
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := access.NewThrottle(time.Now)
		for range 3 {
			require.Zero(t, th.Begin("account", "desk"))
		}
		require.Zero(t, th.Begin("account", "desk"), "the fourth costs the first wait")
		var last time.Duration
		for n := range 12 {
			wait := th.Begin("account", "desk")
			require.Positive(t, wait, n)
			require.GreaterOrEqual(t, wait, last)
			require.LessOrEqual(t, wait, 5*time.Minute)
			require.Equal(t, wait, th.Begin("account", "another desk"), "an attempt in the wait counts nothing")
			last = wait
			time.Sleep(wait)
			require.Zero(t, th.Begin("account", "desk"))
		}
		require.Equal(t, 5*time.Minute, th.Begin("account"))
		require.Zero(t, th.Begin("colleague", "another desk"), "neither is shut out")

		time.Sleep(5 * time.Minute)
		require.Zero(t, th.Begin("account", "desk"))
		th.Succeeded("account", "desk")
		require.Zero(t, th.Begin("account"), "success frees the account")
		time.Sleep(time.Hour + time.Second)
		require.Zero(t, th.Begin("desk"), "an hour forgets")
		for n := range 11_000 {
			th.Begin(strconv.Itoa(n))
		}
	})
}

func TestCookie(t *testing.T) {
	c := access.Cookie{Name: access.DeskCookie, Secure: true}
	require.Equal(t, "__Host-jaliya_desk=token; Path=/; HttpOnly; Secure; SameSite=Lax", c.Set("token").String())
	require.Contains(t, c.Clear().String(), "Max-Age=0")
	who := access.Principal{ID: "LYO-00001", Role: access.Agent, Surface: access.SurfaceDesk}
	people := access.CookieAuthenticator{Cookie: c, Who: func(token string, active bool) (access.Principal, error) {
		require.True(t, active)
		if token != "token" {
			return access.Principal{}, fault.New(fault.Denied, "test", "", access.ErrNoIdentity)
		}
		return who, nil
	}}
	programs, err := access.NewBearer(nil)
	require.NoError(t, err)
	either := access.Either{Programs: programs, People: people}
	cases := map[string]struct {
		header, cookie string
		ok             bool
	}{
		"OK":                 {"", "__Host-jaliya_desk=token", true},
		"ErrNone":            {"", "", false},
		"ErrPlanted":         {"", "jaliya_desk=token", false},
		"ErrOther":           {"", "__Host-jaliya_desk=x", false},
		"ErrTwice":           {"", "__Host-jaliya_desk=token; __Host-jaliya_desk=token", false},
		"ErrHeaderGoesFirst": {"Bearer x", "__Host-jaliya_desk=token", false},
	}
	for name, one := range cases {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			if one.header != "" {
				r.Header.Set("Authorization", one.header)
			}
			if one.cookie != "" {
				r.Header.Set("Cookie", one.cookie)
			}
			got, err := either.Authenticate(r)
			if !one.ok {
				require.ErrorIs(t, err, access.ErrNoIdentity)
				return
			}
			require.NoError(t, err)
			require.Equal(t, who, got)
		})
	}
}
