package account_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

const askedAlready = "You have asked for this already"

// TestAskedAlready asks for the same twice: the second request is refused where
// it would be reviewed, in words, with the way to the first.
func TestAskedAlready(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	ref := p.filed()
	again := func(use ...string) shown {
		for _, one := range [][]string{
			{"/ask", "service", "record.police"},
			append([]string{"/ask/use"}, use...),
			{"/ask/legalization", "legalization", "none"},
			{"/ask/delivery", "mode", "electronic"},
			{"/ask/contact", "phone", "0034 612 345 678", "language", "es"},
		} {
			require.Equal(t, http.StatusOK, p.post(one[0], one[1:]...).status)
		}
		return p.post("/ask/consent", "agree", "yes", "version", "record-online/1", "read_in", "fr")
	}
	page := again("purpose", "other", "text", " dossier de  la Mairie d’Almería", "country", "ES")
	require.Equal(t, http.StatusConflict, page.status)
	require.Contains(t, page.text, askedAlready)
	require.Contains(t, page.text, at(ref, ""))
	require.Len(t, w.kinds(), 1)

	page = p.post("/ask/use", "purpose", "other", "text", "Dossier de la mairie d’Almería", "country", "FR")
	require.Equal(t, "/ask/review", page.path, "for another country it is another request")
	require.Contains(t, p.post("/ask/review", "filing", p.review()).path, "/filed")
	require.Len(t, w.kinds(), 2)

	other := w.person(2)
	other.signIn()
	require.NotEqual(t, ref, other.filed(), "another person asks for what is the person's own")

	p.post(at(ref, "/withdraw"))
	require.Equal(t, workflow.Canceled, w.state(ref))
	page = again("purpose", "other", "text", "Dossier de la mairie d’Almería", "country", "ES")
	require.Equal(t, "/ask/review", page.path, "what has ended keeps nobody")
	require.Contains(t, p.post("/ask/review", "filing", p.review()).path, "/filed")
}

// TestTwoBrowsers sends the same from two browsers at the same moment: both
// have seen the review, the ledger takes one, and the other is told which.
func TestTwoBrowsers(t *testing.T) {
	w := newWorld(t)
	first, second := w.person(1), w.person(1)
	var tokens [2]string
	pages := [2]shown{}
	for i, p := range []*person{first, second} {
		p.signIn()
		tokens[i] = p.fill()
	}
	var all sync.WaitGroup
	for i, p := range []*person{first, second} {
		all.Go(func() { pages[i] = p.post("/ask/review", "filing", tokens[i]) })
	}
	all.Wait()
	won, lost := 0, 1
	if pages[0].status == http.StatusConflict {
		won, lost = 1, 0
	}
	ref := referenceOf(t, pages[won])
	require.Equal(t, http.StatusConflict, pages[lost].status)
	require.Contains(t, pages[lost].text, askedAlready)
	require.Contains(t, pages[lost].text, at(ref, ""))
	require.Equal(t, []wire.Kind{wire.KindRequestReleased}, w.kinds())
	require.Equal(t, 2, w.member.filings, "the ledger was asked, and said no")
	require.NotContains(t, w.log.String(), ref.Digits())
}

// TestStandingEnded: the request that stood in the way ends before the person
// is led to it.
func TestStandingEnded(t *testing.T) {
	w := newWorld(t)
	first, second := w.person(1), w.person(1)
	first.signIn()
	second.signIn()
	filing := second.fill()
	ref := first.filed()
	w.member.set(func(m *member) {
		m.hook = func() { first.post(at(ref, "/withdraw")) }
	})
	page := second.post("/ask/review", "filing", filing)
	require.Equal(t, "/ask/review", page.path)
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, second.post("/ask/review", "filing", second.review()).path, "/filed")
}
