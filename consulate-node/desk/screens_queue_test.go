package desk_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
)

// waiting is a queue with an item of every reason.
func waiting(now time.Time) []desk.QueueItem {
	made := now.Add(-2 * time.Hour)
	return []desk.QueueItem{
		{Sequence: 41, Bytes: 1400, Made: made, Attempts: 2, Reason: "sending"},
		{Sequence: 42, Image: "0a1b2c3d4e5f", Bytes: 2_400_000, Made: made, Attempts: 4, Reason: "damaged", Last: "corrupt", Next: now.Add(8 * time.Minute)},
		{Sequence: 42, Bytes: 1500, Made: made, Reason: "image"},
		{Sequence: 43, Image: "99aabbccddee", Bytes: 900_000, Made: made, Reason: "quiet", Next: now.Add(3 * time.Hour)},
		{Sequence: 43, Bytes: 1300, Made: made, Attempts: 1, Reason: "line", Last: "timeout", Next: now.Add(3 * time.Second)},
		{Sequence: 44, Image: "1122334455aa", Bytes: 700_000, Made: made, Attempts: 1, Reason: "refused", Last: "invalid", Next: now.Add(time.Minute)},
		{Sequence: 45, Bytes: 1200, Made: made, Reason: "turn", Last: "full"},
		{Sequence: 46, Bytes: 1200, Made: made, Reason: "turn", Last: "denied"},
	}
}

// TestQueueOnScreen: each item with its reason in words of every language, the
// next attempt in the post's time, and what holds images.
func TestQueueOnScreen(t *testing.T) {
	w := newWorld(t)
	test := &selfTest{}
	s := surfer{tb: t, handler: w.screensWith(t, desk.ScreenOptions{SelfTest: test}), role: "agent", lang: "en"}
	test.ends(t, w.now, walledPost()...)
	require.Contains(t, s.get("/connection").text, "Nothing waits")

	w.queue = waiting(w.now)
	w.budget = &desk.BudgetView{Until: w.now.Add(3 * time.Hour)}
	w.skew = -90 * time.Second
	got := s.get("/connection").text
	for _, want := range []string{
		"Its image goes first.", "This machine cannot read it.", "Quiet hours: images wait.", "The hub is not reached.",
		"The hub does not take it as it is.", "What is before it goes first.", "It is on its way.", "The line broke.",
		"The hub was busy.", "was not admitted", "did not work", "0a1b2c3d4e5f", "612", "ahead of the hub",
	} {
		require.Contains(t, got, want)
	}
	for _, language := range []string{"fr", "ar"} {
		s.lang = language
		text := s.get("/connection").text
		for _, key := range []string{"queue.", "Sending", "waits for"} {
			require.NotContains(t, text, key, language)
		}
	}
}

func TestQueueByProgram(t *testing.T) {
	w := newWorld(t)
	var q desk.QueueView
	w.must(t, call{role: access.PostAdmin, method: http.MethodGet, path: "/queue"}, &q)
	require.Empty(t, q.Items)
	w.queue = waiting(w.now)
	w.must(t, call{role: access.PostAdmin, method: http.MethodGet, path: "/queue"}, &q)
	require.Equal(t, w.queue, q.Items)
}
