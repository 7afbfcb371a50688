package desk_test

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/journal"
	"jaliya/internal/doctor"
	"jaliya/internal/web/webtest"
)

// TestConnectionStatesBrowser looks at the page of the connection on bad days:
// an older copy was put back, the second disk is gone, images are held, the line
// is cut for weeks.
func TestConnectionStatesBrowser(t *testing.T) {
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.now = time.Now().UTC()
				test := &selfTest{}
				server := httptest.NewServer(w.screensWith(t, desk.ScreenOptions{SelfTest: test}))
				t.Cleanup(func() { server.Close() })
				b := startBrowser(t, server.URL)
				b.Name = fmt.Sprintf("states-%s-%d", language, width)
				b.Viewport(width)
				b.Open("/sign-in")
				b.Speak(language)
				b.signIn("agent")
				b.restoring(w, test)
				b.aloneForWeeks(w, test)

				// The second disk was pulled: the post starts again with one.
				w.mirror = journal.MirrorOptions{Dir: filepath.Join(t.TempDir(), "away", "mirror"), SameDisk: true}
				w.restart(t)
				server.Config.Handler = w.screensWith(t, desk.ScreenOptions{SelfTest: test})
				b.Open("/sign-in")
				b.Speak(language)
				b.signIn("agent")
				b.oneDiskAndHeld(w, test)
			})
		}
	}
}

func goodPost() doctor.Finding {
	return doctor.Finding{Code: "names-good", Facts: doctor.Facts{"name": "hub.example.ma"}}
}

// folded counts the parts of the page that wait to be opened.
func (b *tab) folded() int {
	b.T.Helper()
	return webtest.Eval[int](b.Tab, `document.querySelectorAll("main details:not([open])").length`)
}

func (b *tab) unfold() {
	b.T.Helper()
	webtest.Eval[bool](b.Tab, `document.querySelectorAll("main details").forEach((d) => { d.open = true; }) || true`)
}

// restoring is a machine whose entries come back.
func (b *tab) restoring(w *world, test *selfTest) {
	b.T.Helper()
	w.link = &desk.LinkStatus{
		Connected: true, Transport: "quic", RTT: 612, Bulk: 3,
		Restore: &desk.ComingBack{Back: 412, Of: 1800, Left: 240}, Notices: &desk.ComingBack{Back: 40, Of: 977},
		Renewed: &desk.Renewed{Why: "anchor", At: w.now.Add(-time.Hour)},
	}
	w.limits = desk.LimitsOf(aloneFor(time.Hour))
	test.ends(b.T, w.now, goodPost())
	b.Open("/connection")
	require.Equal(b.T, []float64{412, 1800, 40, 977}, webtest.Eval[[]float64](b.Tab,
		`[...document.querySelectorAll("#back ~ p progress")].flatMap((p) => [p.value, p.max])`))
	require.Equal(b.T, 3, b.folded(), "steps, figures and limits that are far")
	b.Look("restoring")
	b.unfold()
	b.Look("restoring-all")
	w.link.Restore.Back, w.link.Notices = 1799, nil
	for _, why := range []string{"restored", "settled"} {
		w.link.Renewed.Why = why
		b.Open("/connection")
		b.Look("renewed-" + why)
	}
	w.link.Restore, w.link.Renewed = nil, nil
	b.Open("/connection")
	require.False(b.T, webtest.Eval[bool](b.Tab, `document.querySelector("#back") !== null`))
}

// aloneForWeeks is a post whose line is cut, first for weeks, then for too long.
func (b *tab) aloneForWeeks(w *world, test *selfTest) {
	b.T.Helper()
	w.queue = []desk.QueueItem{
		{Sequence: 43, Bytes: 1300, Made: w.now.Add(-26 * time.Minute), Attempts: 31, Reason: "line", Last: "timeout", Next: w.now.Add(3 * time.Second)},
		{Sequence: 44, Bytes: 1300, Made: w.now.Add(-5 * time.Minute), Reason: "turn"},
	}
	w.link = &desk.LinkStatus{Since: w.now.Add(-26 * time.Minute), Attempts: 31, Next: w.now.Add(3 * time.Second), Reason: "timeout"}
	test.ends(b.T, w.now, cutPost()...)
	for name, age := range map[string]time.Duration{"amber": 20 * aDay, "red": 46 * aDay} {
		w.limits = desk.LimitsOf(aloneFor(age))
		b.Open("/connection")
		require.Equal(b.T, 4, b.folded(), "the queue too: nobody here can do anything about it")
		b.Look("alone-" + name)
	}
	w.limits, w.link = nil, nil
}

// oneDiskAndHeld is a post with one disk left, whose images wait for the evening,
// and two of whose items need help.
func (b *tab) oneDiskAndHeld(w *world, test *selfTest) {
	b.T.Helper()
	w.queue = waiting(w.now)
	w.budget = &desk.BudgetView{Until: w.now.Add(3 * time.Hour)}
	_, err := w.journal.Compact()
	require.NoError(b.T, err)
	test.ends(b.T, w.now, goodPost())
	b.Open("/connection")
	require.True(b.T, webtest.Eval[bool](b.Tab, `document.querySelector("#onedisk") !== null`))
	require.True(b.T, webtest.Eval[bool](b.Tab, `document.querySelector("main details table").closest("details").open`), "somebody has to call")
	b.Look("one-disk-held")
}
