package desk_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"jaliya/internal/web/webtest"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// TestHandoverInTheBrowser walks a pouch from its announcement until a card is
// in a hand, looking at each page.
func TestHandoverInTheBrowser(t *testing.T) {
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				cards := people(t)
				c := newCounter(t, cards...)
				server := httptest.NewServer(c.screensWith(t, optionsOf(c)))
				t.Cleanup(server.Close)
				b := startBrowser(t, server.URL)
				b.Name = fmt.Sprintf("handover-%s-%d", language, width)
				b.Viewport(width)
				b.Open("/sign-in")
				b.Press(`.languages [value="` + language + `"]`)
				b.unpack(c, append(cards, c.card))
				b.collect(cards[0])
				b.leave(c, cards[1], cards[2])
			})
		}
	}
}

// unpack brings the bag from the door to the shelf.
func (b *tab) unpack(c *counter, cards []wire.ManifestCard) {
	b.T.Helper()
	b.signIn("supervisor")
	b.Look("home")
	b.Press(`.counts a[href="/pouches"]`)
	b.Look("pouches")
	b.Press(`.worklist td a`)
	b.Look("announced")
	b.Press(`form[action$="/arrive"] button`)
	b.signIn("agent")
	b.Open("/pouches")
	b.scan("label", string(c.label))
	b.Fill(map[string]string{"seal": bagSeal})
	b.Press(`form[action$="/open"] button.primary`)
	b.Look("open-alone")
	b.Fill(map[string]string{"second.staff": "LYO-22222", "second.password": "right", "second.code": "123456"})
	b.Look("open")
	b.Press(`form[action$="/open"] button.primary`)
	require.True(b.T, webtest.Eval[bool](b.Tab, `new Promise((done) => { const ask = () => document.activeElement.id === "serial" ? done(true) : setTimeout(ask, 50); ask(); })`),
		"the reader can begin at once")
	b.scan("serial", cards[0].Serial)
	b.Look("scanned")
	b.scan("serial", cards[0].Serial)
	b.scan("serial", "CN9999999")
	b.Look("extra")
	for _, card := range cards[1:] {
		b.scan("serial", card.Serial)
	}
	b.Fill(map[string]string{"missing": "3"})
	b.Press(`form[action$="/count"] button`)
	b.Look("count-other")
	b.Fill(map[string]string{"missing": "0"})
	b.Press(`form[action$="/count"] button`)
	b.Look("counted")
	b.Press(`.actions a[href="/shelve"]`)
	b.Look("shelve")
	b.Fill(map[string]string{"safe": "A", "box": "12"})
	for i, card := range cards {
		b.scan("serial", card.Serial)
		if i == 0 {
			b.Look("shelved-one")
		}
	}
	b.Look("shelved")
}

// scan is a barcode reader: it types quickly and ends with Enter.
func (b *tab) scan(field, text string) {
	b.T.Helper()
	b.Do(chromedp.Focus(chromedp.ID(field)), chromedp.KeyEvent(text))
	_, err := chromedp.RunResponse(b.Patient(), chromedp.KeyEvent(kb.Enter))
	require.NoError(b.T, err, field)
}

// collect hands a card over to whom it belongs, found by the Arabic name.
func (b *tab) collect(card wire.ManifestCard) {
	b.T.Helper()
	b.Open("/cards")
	b.Look("cards")
	b.Fill(map[string]string{"text": "لا أحد"})
	b.Press("main form button.primary")
	b.Look("nobody")
	b.Fill(map[string]string{"text": card.Given.Arabic + " " + card.Family.Arabic})
	b.Press("main form button.primary")
	b.Look("hits")
	b.Press(".worklist td a")
	b.Look("card")
	b.Press(`form[action$="/give"] button.primary`)
	b.Look("give-wrong")
	b.Fill(map[string]string{
		"face": "1", "print": "matched", "document": "old-card", "old_card": "taken", "old_serial": "AB123456", "receiver": "person",
		"receipt": "1", "pin": "1",
	})
	b.Look("give")
	b.scan("serial", card.Serial)
	b.Look("given")
	b.Open("/")
	b.Look("home-after")
}

// leave looks at the cards that leave otherwise: for another post, and after
// nobody came.
func (b *tab) leave(c *counter, moved, unclaimed wire.ManifestCard) {
	b.T.Helper()
	b.signIn("supervisor")
	b.Open("/cards/" + moved.Reference.Digits())
	webtest.Eval[bool](b.Tab, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.Fill(map[string]string{"post": "BE-BRU"})
	b.Look("transfer-ask")
	b.Press(`form[action$="/transfer"] button`)
	b.Look("transfer")
	for _, state := range []workflow.State{workflow.Received, workflow.Ready, workflow.Unclaimed} {
		c.told(b.T, unclaimed.Reference, state)
	}
	b.Open("/leaving")
	b.Look("leaving")
	b.Open("/cards/" + unclaimed.Reference.Digits())
	webtest.Eval[bool](b.Tab, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.Fill(map[string]string{"end": "destroy"})
	b.Press(`form[action$="/end"] button`)
	b.Look("unclaimed")
}
