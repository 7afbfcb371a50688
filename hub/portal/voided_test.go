package portal_test

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/vds"
	"jaliya/internal/wire"
)

// TestRevoked: a document that its office revoked is told so, in its file and by
// its seal, and nobody hears which one was looked up.
func TestRevoked(t *testing.T) {
	o := newOffice(t, time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	issued := o.issue(t)
	name := document.Name(consular.RecordPolice, "DGSN26A0012345")
	open := func(t *testing.T) *world {
		t.Helper()
		return newWorld(t, func(options *portal.Options) {
			var err error
			options.Prover, err = portal.NewProver(o.trust)
			require.NoError(t, err)
		})
	}
	const genuine, revoked = "The document is genuine", "The document was withdrawn"
	const unknown = "could not be looked up now"

	t.Run("OK", func(t *testing.T) {
		w := open(t)
		w.member.set(func(m *member) { m.voided = []wire.Digest{{7}} })
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, genuine)
		w.member.set(func(m *member) { m.voided = []wire.Digest{{7}, name} })
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, genuine, "the list is a minute old at most")
		w.now = w.now.Add(time.Minute)
		for language, want := range map[string]string{"en": revoked, "fr": "Le document a été retiré", "ar": "سُحبت هذه الوثيقة"} {
			require.Contains(t, w.browser(language).gives(issued.PDF, nil).text, want)
		}
		got := w.browser("en").gives(nil, map[string]string{"seal": vds.Text(issued.Seal)}).text
		require.Contains(t, got, revoked)
		require.NotContains(t, got, genuine)
	})
	t.Run("OK/ChangedToo", func(t *testing.T) {
		w := open(t)
		w.member.set(func(m *member) { m.voided = []wire.Digest{name} })
		bad := append([]byte(nil), issued.PDF...)
		bad[len(bad)/2] ^= 1
		require.Contains(t, w.browser("en").gives(bad, nil).text, "Do not rely on this document")
		require.Zero(t, w.member.asks, "of what is none of ours nothing is asked")
	})
	t.Run("ErrMemberDown", func(t *testing.T) {
		w := open(t)
		w.member.set(func(m *member) { m.down = true })
		got := w.browser("en").gives(issued.PDF, nil).text
		require.Contains(t, got, genuine)
		require.Contains(t, got, unknown)
		require.Contains(t, w.log.String(), `msg="list of revoked documents not renewed" kind=unavailable cause="test: ask`, "the page does not say why; the log does")
		w.log.Reset()
		require.Equal(t, http.StatusServiceUnavailable, w.browser("en").get("/api/v1/revoked").StatusCode)
		require.Contains(t, w.log.String(), "portal: list revoked documents: unavailable: test: ask", "nor is the cause lost on the way out")
		w.member.set(func(m *member) { m.down, m.voided = false, []wire.Digest{name} })
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, revoked)
		w.member.set(func(m *member) { m.down = true })
		w.now = w.now.Add(59 * time.Minute)
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, revoked, "what was said holds for an hour")
		w.now = w.now.Add(time.Minute)
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, unknown)
		require.Equal(t, http.StatusServiceUnavailable, w.browser("en").get("/api/v1/revoked").StatusCode)
	})
	t.Run("OK/NobodyQueues", func(t *testing.T) {
		w := open(t)
		w.member.set(func(m *member) { m.voided = []wire.Digest{name} })
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, revoked)
		hangs := make(chan struct{})
		w.member.set(func(m *member) { m.hangs, m.down = hangs, true })
		w.now = w.now.Add(2 * time.Minute)
		asks := func() (n int) {
			w.member.set(func(m *member) { n = m.asks })
			return n
		}
		before := asks()
		first := make(chan string, 1)
		go func() { first <- w.browser("en").gives(issued.PDF, nil).text }()
		require.Eventually(t, func() bool { return asks() > before }, 10*time.Second, time.Millisecond)
		for range 5 { // while the member hangs
			require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, revoked)
		}
		close(hangs)
		require.Contains(t, <-first, revoked)
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, revoked)
		require.Equal(t, before+1, asks(), "who answered nothing is left alone for a while")
	})
	t.Run("ErrOfficeSilent", func(t *testing.T) { // the hub answers, and has not heard the office for an hour
		w := open(t)
		w.member.set(func(m *member) { m.swept = w.now.Add(-59 * time.Minute) })
		got := w.browser("en").gives(issued.PDF, nil).text
		require.Contains(t, got, genuine)
		require.NotContains(t, got, unknown)
		w.now = w.now.Add(time.Minute)
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, unknown)
		require.Equal(t, http.StatusServiceUnavailable, w.browser("en").get("/api/v1/revoked").StatusCode)
		require.Contains(t, w.log.String(), "the offices were asked too long ago")
		w.member.set(func(m *member) { m.swept = w.now.Add(-2 * time.Hour) })
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, unknown, "a member that is behind takes nothing back")
		require.Contains(t, w.log.String(), "the member is behind what was said before")
	})
	t.Run("API", func(t *testing.T) {
		w := open(t)
		w.member.set(func(m *member) { m.voided = []wire.Digest{name} })
		var answer struct {
			AsOf    time.Time `json:"as_of"`
			Revoked []string  `json:"revoked"`
		}
		require.NoError(t, json.Unmarshal([]byte(w.browser("en").get("/api/v1/revoked").text), &answer))
		require.Equal(t, []string{hex.EncodeToString(name[:])}, answer.Revoked)
		require.True(t, answer.AsOf.Equal(w.now))
	})
}
