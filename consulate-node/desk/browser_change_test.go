package desk_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/web/webtest"
	"jaliya/internal/workflow"
)

// TestConflictBrowser looks at the pages of changes and of the countdown.
func TestConflictBrowser(t *testing.T) {
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.now = time.Now().UTC()
				server := httptest.NewServer(w.screens(t))
				t.Cleanup(server.Close)
				b := startBrowser(t, server.URL)
				b.Name = fmt.Sprintf("%s-%d", language, width)
				b.Viewport(width)
				b.Open("/sign-in")
				b.Press(`.languages [value="` + language + `"]`)
				b.signIn("agent")
				b.conflicts(w)
			})
		}
	}
}

// conflicts walks a change that met another's: the form, both versions, and both
// ways to settle it.
func (b *tab) conflicts(w *world) {
	b.T.Helper()
	first := w.release(b.T, w.fill(b.T, w.begin(b.T)))
	w.moved(b.T, first, workflow.Verifying, 0)
	b.Open("/requests/" + first.Reference + "/change")
	b.Look("change")
	b.Press("form.form button.primary")
	b.Look("change-wrong")
	b.Open("/requests/" + strangeReference(b.T) + "/change")
	b.Look("change-unknown")
	v := w.changed(b.T, first.Reference, desk.ChangePickup, "FR-PAR")
	b.Open("/changes/" + v.Change)
	b.Look("change-said")
	w.givenBack(b.T, v, 4)
	b.Open("/")
	b.Look("home-conflict")
	b.Press(`#waiting a`)
	b.Look("conflict")
	b.Press(`form[action$="/repeat"] button`)
	b.Look("conflict-repeated")
	b.Open("/requests/" + first.Reference)
	b.Look("request-changes")
	late := w.changed(b.T, strangeReference(b.T), desk.ChangeWithdraw, "")
	w.givenBack(b.T, late, 9)
	b.Open("/changes/" + late.Change)
	b.Look("conflict-unknown")
	b.Press(`form[action$="/stand"] button`)
	require.False(b.T, webtest.Eval[bool](b.Tab, `document.querySelector("#waiting") !== null`))
	b.Open("/changes/" + late.Change)
	b.Look("conflict-settled")
	w.limits = desk.LimitsOf(aloneFor(20 * aDay))
	b.Open("/status")
	b.Look("alone-amber")
	w.limits = desk.LimitsOf(aloneFor(46 * aDay))
	b.Open("/status")
	b.Look("alone-red")
	w.limits = nil
}
