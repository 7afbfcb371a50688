package watch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/consular"
)

func schedule(t *testing.T, id consular.PostID, hours string, closed ...consular.Date) (watch.Schedule, *time.Location) {
	t.Helper()
	posts, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	post, err := posts.Lookup(id)
	require.NoError(t, err)
	parsed, err := watch.ParseHours(hours)
	require.NoError(t, err)
	s, err := watch.NewSchedule(post, ledger.Described{Hours: parsed, Closed: closed})
	require.NoError(t, err)
	zone, err := time.LoadLocation(post.TimeZone)
	require.NoError(t, err)
	return s, zone
}

// TestSchedule asks posts whose weeks, clocks and holidays differ.
func TestSchedule(t *testing.T) {
	t.Parallel()
	type moment struct {
		month time.Month
		day   int
		hour  int
	}
	for name, c := range map[string]struct {
		post   consular.PostID
		hours  string
		closed consular.Date
		at     moment // of 2026, by the post's own clock
		open   bool
		opens  moment // next; zero: none asked
	}{
		"Monday":             {post: "FR-LYO", at: moment{3, 2, 9}, open: true},
		"MondayLate":         {post: "FR-LYO", at: moment{3, 2, 15}, opens: moment{3, 3, 9}},
		"Saturday":           {post: "FR-LYO", at: moment{3, 7, 10}, opens: moment{3, 9, 9}},
		"SaturdayDescribed":  {post: "FR-LYO", hours: "Mon-Fri 09:00-15:00, Sat 10:00-13:00", at: moment{3, 7, 10}, open: true},
		"LunchBreak":         {post: "FR-LYO", hours: "Mon-Fri 09:00-12:00, Mon-Fri 14:00-17:00", at: moment{3, 2, 13}, opens: moment{3, 2, 14}},
		"Holiday":            {post: "FR-LYO", closed: "2026-03-02", at: moment{3, 2, 10}, opens: moment{3, 3, 9}},
		"FridayInAlgiers":    {post: "DZ-ALG", at: moment{3, 6, 10}, opens: moment{3, 8, 9}},
		"SundayInAlgiers":    {post: "DZ-ALG", at: moment{3, 8, 10}, open: true},
		"ClocksGoForward":    {post: "FR-LYO", at: moment{3, 30, 9}, open: true}, // the night before
		"ClocksGoBack":       {post: "FR-LYO", at: moment{10, 26, 8}, opens: moment{10, 26, 9}},
		"WeekendOfTheChange": {post: "FR-LYO", at: moment{3, 28, 12}, opens: moment{3, 30, 9}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var closed []consular.Date
			if c.closed != "" {
				closed = append(closed, c.closed)
			}
			s, zone := schedule(t, c.post, c.hours, closed...)
			on := func(m moment) time.Time { return time.Date(2026, m.month, m.day, m.hour, 0, 0, 0, zone) }
			require.Equal(t, c.open, s.Open(on(c.at)))
			opens, _ := s.Next(on(c.at))
			if c.opens != (moment{}) {
				require.WithinDuration(t, on(c.opens), opens, 0)
			}
		})
	}
}

// TestOpenFor counts open time minute by minute and compares.
func TestOpenFor(t *testing.T) {
	t.Parallel()
	s, _ := schedule(t, "FR-LYO", "Mon-Fri 09:00-12:00, Mon-Fri 14:00-17:00", "2026-03-31")
	rapid.Check(t, func(rt *rapid.T) {
		from := time.Date(2026, 3, 26, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(rt, "from")) * time.Minute)
		minutes := rapid.IntRange(0, 4*24*60).Draw(rt, "length")
		want := rapid.IntRange(1, 900).Draw(rt, "long")
		open := 0
		for i := range minutes {
			if s.Open(from.Add(time.Duration(i) * time.Minute)) {
				open++
			}
		}
		got := s.OpenFor(from, from.Add(time.Duration(minutes)*time.Minute), time.Duration(want)*time.Minute)
		require.Equal(rt, open >= want, got, "%s for %d minutes, of which %d open", from, minutes, open)
	})
}

func TestParseHours(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "",
		"Mon-Fri 09:00-15:00":                    "Mon-Fri 09:00-15:00",
		"mon-thu 09:00-15:00, fri 09:00-12:00":   "Mon-Thu 09:00-15:00, Fri 09:00-12:00",
		"Sun-Thu 08:30-14:00":                    "Mon-Thu 08:30-14:00, Sun 08:30-14:00",
		"Mon 14:00-17:00, Mon 09:00-12:00":       "Mon 09:00-12:00, Mon 14:00-17:00",
		"Sat 00:00-24:00":                        "Sat 00:00-24:00",
		"Tue 10:00-11:00, Mon 10:00-11:00":       "Mon-Tue 10:00-11:00",
		"Mon-Sun 10:00-11:00":                    "Mon-Sun 10:00-11:00",
		"Mon 10:00-11:00, Wed-Thu 10:00-11:00":   "Mon 10:00-11:00, Wed-Thu 10:00-11:00",
		"Fri-Sun 10:00-11:00, Mon 10:00-11:00  ": "Mon 10:00-11:00, Fri-Sun 10:00-11:00",
	} {
		hours, err := watch.ParseHours(text)
		require.NoError(t, err, text)
		written := watch.FormatHours(hours)
		require.Equal(t, want, written)
		again, err := watch.ParseHours(written)
		require.NoError(t, err)
		require.Equal(t, hours, again)
	}
	for _, text := range []string{
		"Mon", "Mon 9", "Mon 09:00", "Mon 09:00-", "Mon 15:00-09:00", "Mon 09:00-09:00", "Mon 09:00-25:00", "Mon-Abc 09:00-10:00",
		"09:00-15:00", "Mon 09:00-15:00,", "Mon 09:60-10:00", "Lundi 09:00-15:00",
	} {
		_, err := watch.ParseHours(text)
		require.Error(t, err, text)
	}
}
