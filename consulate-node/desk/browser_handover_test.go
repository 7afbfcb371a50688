package desk_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

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
				b.name = fmt.Sprintf("handover-%s-%d", language, width)
				b.do(chromedp.EmulateViewport(width, 900))
				b.open("/sign-in")
				b.press(`.languages [value="` + language + `"]`)
				b.unpack(c, append(cards, c.card))
				b.collect(cards[0])
				b.leave(c, cards[1], cards[2])
			})
		}
	}
}

// unpack brings the bag from the door to the shelf.
func (b *tab) unpack(c *counter, cards []wire.ManifestCard) {
	b.t.Helper()
	b.signIn("supervisor")
	b.look("home")
	b.press(`.counts a[href="/pouches"]`)
	b.look("pouches")
	b.press(`.worklist td a`)
	b.look("announced")
	b.press(`form[action$="/arrive"] button`)
	b.signIn("agent")
	b.open("/pouches")
	b.scan("label", string(c.label))
	b.fill(map[string]string{"seal": bagSeal})
	b.press(`form[action$="/open"] button.primary`)
	b.look("open-alone")
	b.fill(map[string]string{"second.staff": "LYO-22222", "second.password": "right", "second.code": "123456"})
	b.look("open")
	b.press(`form[action$="/open"] button.primary`)
	require.True(b.t, eval[bool](b, `new Promise((done) => { const ask = () => document.activeElement.id === "serial" ? done(true) : setTimeout(ask, 50); ask(); })`),
		"the reader can begin at once")
	b.scan("serial", cards[0].Serial)
	b.look("scanned")
	b.scan("serial", cards[0].Serial)
	b.scan("serial", "CN9999999")
	b.look("extra")
	for _, card := range cards[1:] {
		b.scan("serial", card.Serial)
	}
	b.fill(map[string]string{"missing": "3"})
	b.press(`form[action$="/count"] button`)
	b.look("count-other")
	b.fill(map[string]string{"missing": "0"})
	b.press(`form[action$="/count"] button`)
	b.look("counted")
	b.press(`.actions a[href="/shelve"]`)
	b.look("shelve")
	b.fill(map[string]string{"safe": "A", "box": "12"})
	for i, card := range cards {
		b.scan("serial", card.Serial)
		if i == 0 {
			b.look("shelved-one")
		}
	}
	b.look("shelved")
}

// scan is a barcode reader: it types quickly and ends with Enter.
func (b *tab) scan(field, text string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.ID(field)), chromedp.KeyEvent(text))
	_, err := chromedp.RunResponse(b.patient(), chromedp.KeyEvent(kb.Enter))
	require.NoError(b.t, err, field)
}

// collect hands a card over to whom it belongs, found by the Arabic name.
func (b *tab) collect(card wire.ManifestCard) {
	b.t.Helper()
	b.open("/cards")
	b.look("cards")
	b.fill(map[string]string{"text": "لا أحد"})
	b.press("main form button.primary")
	b.look("nobody")
	b.fill(map[string]string{"text": card.Given.Arabic + " " + card.Family.Arabic})
	b.press("main form button.primary")
	b.look("hits")
	b.press(".worklist td a")
	b.look("card")
	b.press(`form[action$="/give"] button.primary`)
	b.look("give-wrong")
	b.fill(map[string]string{
		"face": "1", "print": "matched", "document": "old-card", "old_card": "taken", "old_serial": "AB123456", "receiver": "person",
		"receipt": "1", "pin": "1",
	})
	b.look("give")
	b.scan("serial", card.Serial)
	b.look("given")
	b.open("/")
	b.look("home-after")
}

// leave looks at the cards that leave otherwise: for another post, and after
// nobody came.
func (b *tab) leave(c *counter, moved, unclaimed wire.ManifestCard) {
	b.t.Helper()
	b.signIn("supervisor")
	b.open("/cards/" + moved.Reference.Digits())
	eval[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.fill(map[string]string{"post": "BE-BRU"})
	b.look("transfer-ask")
	b.press(`form[action$="/transfer"] button`)
	b.look("transfer")
	for _, state := range []workflow.State{workflow.Received, workflow.Ready, workflow.Unclaimed} {
		c.told(b.t, unclaimed.Reference, state)
	}
	b.open("/leaving")
	b.look("leaving")
	b.open("/cards/" + unclaimed.Reference.Digits())
	eval[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.fill(map[string]string{"end": "destroy"})
	b.press(`form[action$="/end"] button`)
	b.look("unclaimed")
}
