package desk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/outside"
	"jaliya/internal/outside/fingerprint"
	"jaliya/internal/web/webtest"
)

func catalogOf(tb testing.TB) *lang.Catalog {
	tb.Helper()
	catalog, err := lang.Open()
	require.NoError(tb, err)
	return catalog
}

// withReader serves a desk and the reader of its workstation, each at an
// address of its own.
func withReader(t *testing.T, w *world) (base string, reader *fingerprint.Simulator) {
	t.Helper()
	post := httptest.NewUnstartedServer(nil)
	base = "http://" + post.Listener.Addr().String()
	reader, err := fingerprint.New(fingerprint.Config{Origins: []string{base}, Seed: 4, Pace: 60 * time.Millisecond, Code: "12345678"})
	require.NoError(t, err)
	t.Cleanup(reader.Close)
	device := httptest.NewServer(reader.Handler())
	t.Cleanup(device.Close)
	w.device = device.URL
	post.Config.Handler = w.screens(t)
	post.Start()
	t.Cleanup(post.Close)
	return base, reader
}

// TestReaderBrowser takes fingers with the reader, and meets what goes wrong.
func TestReaderBrowser(t *testing.T) {
	for _, language := range []consular.Language{consular.French, consular.Arabic, consular.English} {
		for _, width := range []int64{390, 1280} {
			if language == consular.English && width == 390 {
				continue
			}
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.now = time.Now().UTC()
				base, reader := withReader(t, w)
				b := startBrowser(t, base)
				b.Name = fmt.Sprintf("reader-%s-%d", language, width)
				b.Viewport(width)
				h := hand{tab: b, p: catalogOf(t).Printer(language), reader: reader}
				h.walk(w)
			})
		}
	}
}

// hand is a tab with the reader beside it.
type hand struct {
	*tab

	p      lang.Printer
	reader *fingerprint.Simulator
}

// said waits until the panel says a sentence of the catalog.
func (h hand) said(key string, args ...any) {
	h.T.Helper()
	isolates := strings.NewReplacer("\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")
	sentence := isolates.Replace(h.p.T("device.say."+key, args...))
	want, err := json.Marshal(sentence)
	require.NoError(h.T, err)
	got := webtest.Eval[string](h.Tab, `new Promise((done) => {
		const until = Date.now() + 15000;
		const ask = () => {
			const text = document.querySelector("[data-say]").textContent.replace(/[\u2066-\u2069]/g, "");
			if (text.includes(`+string(want)+`) || Date.now() > until) done(text); else setTimeout(ask, 20);
		};
		ask();
	})`)
	require.Contains(h.T, got, sentence, key)
}

func (h hand) breaks(f outside.Fault) {
	h.T.Helper()
	_, err := h.reader.Faults().Add(f)
	require.NoError(h.T, err)
}

// tried waits until a finger was taken so many times.
func (h hand) tried(position string, times int) {
	h.T.Helper()
	h.Do(chromedp.WaitVisible(chromedp.CSS(fmt.Sprintf(`[data-position="%s"][data-attempts="%d"]`, position, times))))
}

// take presses the button of a group of fingers.
func (h hand) take(positions string) {
	h.T.Helper()
	h.Do(chromedp.Click(chromedp.CSS(`[data-group="` + positions + `"]:not([disabled])`)))
}

const (
	rightHand = "2 3 4 5"
	leftHand  = "7 8 9 10"
	thumbs    = "1 6"
)

func (h hand) walk(w *world) {
	h.T.Helper()
	v := w.begin(h.T)
	v = w.put(h.T, v.Visit, v.Version, adult().Person)
	h.Open("/sign-in")
	h.Press(`.languages [value="` + string(h.p.Language()) + `"]`)
	h.signIn("agent")

	h.breaks(outside.Fault{Kind: outside.Drop})
	h.Open("/visits/" + v.Visit + "/steps/fingers")
	h.said("absent")
	require.Equal(h.T, 10, webtest.Eval[int](h.Tab, `document.querySelectorAll("input[type=file]:not([disabled])").length`), "files are taken all the same")
	h.Look("absent")

	h.reader.Faults().Clear()
	h.Do(chromedp.Click(chromedp.CSS("[data-retry]")))
	h.said("pair")
	h.Do(chromedp.KeyEvent("87654321" + kb.Enter))
	h.said("code")
	h.Look("pairing")
	h.Do(chromedp.KeyEvent(h.reader.Code() + kb.Enter))
	h.said("ready")
	h.Look("ready")

	h.goWrong()
	h.takeAll()
	h.Press("form.form button.primary")
	require.Contains(h.T, webtest.Eval[string](h.Tab, "location.pathname"), "/steps/signature")
	h.check(w, v.Visit)

	h.breaks(outside.Fault{Kind: fingerprint.Unplugged})
	h.Open("/visits/" + v.Visit + "/steps/fingers")
	h.said("unplugged")
	h.Look("unplugged")
}

// goWrong meets each failure once; after each the desk goes on.
func (h hand) goWrong() {
	h.T.Helper()
	for _, kind := range []outside.Kind{fingerprint.Lifted, fingerprint.Unplugged} {
		h.breaks(outside.Fault{Kind: kind, On: "capture", Times: 1})
		h.take(rightHand)
		h.said(string(kind))
		if kind == fingerprint.Unplugged {
			h.Look("unplugged-in-the-middle")
			h.Do(chromedp.Click(chromedp.CSS("[data-retry]")))
			h.said("ready")
		}
	}
	h.breaks(outside.Fault{Kind: fingerprint.Busy, Times: 1})
	h.take(rightHand)
	h.said("busy")
	h.breaks(outside.Fault{Kind: fingerprint.Timeout, Times: 1})
	h.take(rightHand)
	h.said("place")
	h.Look("waiting")
	h.Do(chromedp.Click(chromedp.CSS("[data-stop]")))
	h.said("stopped")
}

func (h hand) takeAll() {
	h.T.Helper()
	h.breaks(outside.Fault{Kind: fingerprint.Poor, On: "capture", Times: 1})
	h.take(rightHand)
	h.said("dry")
	h.Look("weak")
	h.breaks(outside.Fault{Kind: outside.Truncate, On: "GET /v1/captures/{capture}/images", Times: 2})
	h.take(rightHand)
	h.said("next", "word", h.p.T("device.group.left"))
	h.breaks(outside.Fault{Kind: fingerprint.Poor, On: "capture", Times: 3})
	for n := range 3 {
		h.take(leftHand)
		h.tried("7", n+1)
	}
	h.Do(chromedp.WaitVisible(chromedp.CSS(`[data-group="` + thumbs + `"].primary`)))
	h.Look("best-of-three")
	h.breaks(outside.Fault{Kind: fingerprint.Same, On: "capture", Times: 1})
	h.take(thumbs)
	h.said("repeated", "finger", h.p.T("desk.finger.right-thumb"), "other", h.p.T("desk.finger.left-little"))
	h.Look("repeated")
	h.take(thumbs)
	h.said("complete")
	h.Look("complete")
	require.Equal(h.T, 2, h.reader.Faults().Fired(outside.Truncate))
}

// check holds what the post has against what was taken.
func (h hand) check(w *world, visit string) {
	h.T.Helper()
	var v desk.View
	w.must(h.T, call{role: agent, method: http.MethodGet, path: "/visits/" + visit}, &v)
	require.Len(h.T, v.Forms.Fingers.Reports, 10)
	for _, one := range v.Forms.Fingers.Reports {
		want := 1
		if strings.HasPrefix(one.Finger, "right-") && one.Finger != "right-thumb" || one.Finger == "left-thumb" {
			want = 2 // the dry try; the thumb that lay there for two
		}
		if strings.HasPrefix(one.Finger, "left-") && one.Finger != "left-thumb" { // dry three times: the second person decides
			require.Equal(h.T, 3, one.Attempts, one.Finger)
			require.Less(h.T, one.Quality, 20, one.Finger)
			continue
		}
		require.Equal(h.T, want, one.Attempts, one.Finger)
		require.GreaterOrEqual(h.T, one.Quality, 48, one.Finger)
	}
	digests := 0
	for _, i := range v.Images {
		if strings.HasPrefix(i.Name, "print-") {
			require.True(h.T, i.Complete)
			require.Equal(h.T, []int{400, 500}, []int{i.Width, i.Height})
			digests++
		}
	}
	require.Equal(h.T, 10, digests)
}
