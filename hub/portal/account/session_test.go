package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/account"
	"jaliya/hub/portal/signin"
)

var subject = signin.Subject(strings.Repeat("a1", 32))

// TestSessionTimes follows one session through its day.
func TestSessionTimes(t *testing.T) {
	t.Parallel()
	s, now := account.NewSessions(), time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	token, err := s.Begin("", subject, now)
	require.NoError(t, err)
	begun := now
	for now.Sub(begun) < account.SessionMost {
		there, awake := s.Find(token, now)
		require.True(t, there && awake, "who works stays in")
		now = now.Add(account.SessionIdle - time.Second)
	}
	there, awake := s.Find(token, now)
	require.True(t, there)
	require.False(t, awake, "two hours are the most")
	there, _ = s.Find(token, now.Add(account.SessionIdle+account.SessionKept))
	require.False(t, there)
	require.Zero(t, s.Len())
	there, _ = s.Find("", now)
	require.False(t, there)

	again, err := s.Begin(token, subject, now)
	require.NoError(t, err)
	require.NotEqual(t, token, again, "each sign-in has a token of its own")
	_, err = s.Begin("", "no digest", now)
	require.Error(t, err)
}

// TestSessionsAreBounded signs in more people than there is room for.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	s, now := account.NewSessions(), time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	first, err := s.Begin("", subject, now)
	require.NoError(t, err)
	second, err := s.Begin("", subject, now)
	require.NoError(t, err)
	_, awake := s.Find(first, now)
	require.True(t, awake)
	for range account.MaxSessions - 1 {
		_, err := s.Begin("", subject, now)
		require.NoError(t, err)
	}
	require.Equal(t, account.MaxSessions, s.Len())
	there, _ := s.Find(second, now)
	require.False(t, there, "the one used longest ago gave way")
	there, _ = s.Find(first, now)
	require.True(t, there)
	_, err = s.Begin("", subject, now.Add(account.SessionIdle+account.SessionKept+time.Second))
	require.NoError(t, err)
	require.Equal(t, 1, s.Len(), "what nobody comes back to goes")
}

func FuzzCheckText(f *testing.F) {
	for _, seed := range []string{"visa", "Carte de séjour", "رخصة الإقامة", "<script>", "a\u202eb", "ⵜⴰⴽⴰⵕⴹⴰ", "\xff", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if account.CheckText(text, 200) != "" {
			return
		}
		require.NotEmpty(t, text)
		require.False(t, strings.ContainsAny(text, "<>{}`\\$\x00\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff"), "%q", text)
	})
}
