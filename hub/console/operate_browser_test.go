package console_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/web/webtest"
	"jaliya/internal/workflow"
)

// TestOperateScreens looks at each page of the operators on a day on which much
// is wrong at once.
func TestOperateScreens(t *testing.T) {
	webtest.Wanted(t)
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.watch.to(newMorning(t, w.now()))
				b := startBrowser(t, w)
				b.Name = fmt.Sprintf("operate-%s-%d", language, width)
				b.Viewport(width)
				b.comes(language, w.hire(access.HubOperator, "Salma Idrissi"))
				for _, path := range operatePages() {
					b.Open(path)
					b.Look(named(path))
				}
				b.Media("", "dark")
				for _, path := range []string{"/operate", "/operate/posts/FR-LYO", "/operate/requests"} {
					b.Open(path)
					b.Look(named(path) + "-dark")
				}
			})
		}
	}
}

// TestOperateBrowser is an operator's morning on a true ledger: a silent post, a
// stuck request, a refused entry, a late pouch; and the post is heard again
// before the eyes of the operator.
func TestOperateBrowser(t *testing.T) {
	webtest.Wanted(t)
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				d := newDawn(t)
				b := startBrowser(t, d.world)
				b.Name = fmt.Sprintf("morning-%s-%d", language, width)
				b.Viewport(width)
				salma := d.hire(access.HubOperator, "Salma Idrissi")
				b.comes(language, salma)
				require.Equal(t, "/operate", b.Path())
				b.Look("needs")
				b.silent(d, salma)
				b.retries(d)
				b.settles(d)
				b.pouch(d)
				b.heardAgain(d)
			})
		}
	}
}

func named(path string) string { return strings.ReplaceAll(path[1:], "/", "-") }

// comes signs somebody in.
func (b *tab) comes(language string, who *phone) {
	b.T.Helper()
	b.Open("/sign-in")
	b.Press(`.languages [value="` + language + `"]`)
	b.Fill(map[string]string{"officer": string(who.id), "password": password, "code": who.code(b.w)})
	b.Press("form.form button.primary")
}

// silent takes the silent post and goes to its page, where the telephone is.
func (b *tab) silent(d *dawn, salma *phone) {
	b.T.Helper()
	const line = "#need-post-silent-FR-LYO "
	webtest.Eval[bool](b.Tab, `document.querySelector("`+line+`details").open = true`)
	b.Look("need-open")
	b.Fill(map[string]string{"note-need-post-silent-FR-LYO": "Appel à 9 h 20, sans réponse"})
	b.Press(line + "details button")
	require.Equal(b.T, salma.id, d.need("post-silent/FR-LYO").Taken.By)
	require.Contains(b.T, b.Text(), "Salma Idrissi")
	b.Look("need-taken")
	b.Press(line + "a.button.primary")
	require.Equal(b.T, "/operate/posts/FR-LYO", b.Path())
	require.Equal(b.T, "tel:+33472000000", webtest.Eval[string](b.Tab, `document.querySelector(".phone a").href`))
	b.Look("post")
}

// retries finds the order behind the stuck request and has it tried again; the
// line goes when it has worked, without a reload.
func (b *tab) retries(d *dawn) {
	b.T.Helper()
	b.Open("/operate")
	b.Press("#need-order-stuck-route a.button.primary")
	require.Equal(b.T, "/operate/stuck", b.Path())
	require.Contains(b.T, b.Text(), d.stuck.String())
	b.Look("stuck")
	b.Press("#stuck button.primary")
	require.Zero(b.T, d.routing().NotBefore, "it is due at once")
	d.must(ledger.CompleteOrder{
		Time: d.now().UnixMilli(), Order: d.routing().ID, Event: uint8(workflow.RouteChosen), Actor: uint16(workflow.Hub), Facts: ledger.Facts{Site: 1},
	})
	b.becomes(`!document.querySelector("#stuck li")`)
	b.Look("stuck-none")
}

// settles forgets the note first.
func (b *tab) settles(d *dawn) {
	b.T.Helper()
	b.Open("/operate")
	b.Press("#need-entry-refused-FR-LYO a.button.primary")
	require.Equal(b.T, "/operate/refused", b.Path())
	b.Press("#refused button")
	b.Look("refused-no-note")
	b.Fill(map[string]string{"note-" + decimal(d.refused): "Le poste a relu la référence."})
	b.Press("#refused button")
	require.NotNil(b.T, webtest.Eval[bool](b.Tab, `!!document.querySelector(".calm")`))
	b.Look("refused-settled")
	held, err := d.Unsettled()
	require.NoError(b.T, err)
	require.Empty(b.T, held)
}

// pouch looks for the bag that has not come, without scripts.
func (b *tab) pouch(d *dawn) {
	b.T.Helper()
	b.Scripts(false)
	defer b.Scripts(true)
	b.Open("/operate")
	line := "#need-pouch-late-" + string(d.late) + " "
	b.Press(line + "a.small")
	require.Equal(b.T, "#pouch-late", webtest.Eval[string](b.Tab, "location.hash"))
	b.Open("/operate")
	b.Do(chromedp.Click(chromedp.CSS(line + "summary")))
	b.Press(line + "summary + form button")
	require.NotEmpty(b.T, d.need("pouch-late/"+string(d.late)).Taken.By)
	b.Press(line + "form button.quiet")
	require.Empty(b.T, d.need("pouch-late/"+string(d.late)).Taken.By)
}

// heardAgain has Lyon connect while the page is looked at.
func (b *tab) heardAgain(d *dawn) {
	b.T.Helper()
	b.Open("/operate")
	webtest.Eval[bool](b.Tab, `(() => { window.same = true; return true; })()`)
	require.True(b.T, webtest.Eval[bool](b.Tab, `!!document.querySelector("#need-post-silent-FR-LYO") && !!document.querySelector("#map a.alarm")`))
	d.hear("FR-LYO", 7)
	b.becomes(`!document.querySelector("#need-post-silent-FR-LYO") && !document.querySelector("#map a.alarm")`)
	require.True(b.T, webtest.Eval[bool](b.Tab, "window.same"), "nobody loaded the page anew")
	b.Look("heard-again")
}

// becomes waits until something is so on the page that stands open.
func (b *tab) becomes(condition string) {
	b.T.Helper()
	require.True(b.T, webtest.Eval[bool](b.Tab, `new Promise((done) => {
		const looking = setInterval(() => { if (`+condition+`) { clearInterval(looking); clearTimeout(late); done(true); } }, 100);
		const late = setTimeout(() => { clearInterval(looking); done(false); }, `+strconv.FormatInt((20*time.Second).Milliseconds(), 10)+`);
	})`), condition)
}
