package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// TestOnline is a request from the sign-in to the file on the person's disk.
func TestOnline(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	require.Equal(t, "/requests", p.signIn().path)
	require.Contains(t, p.get("/requests").text, "You have made no request yet")
	ref := p.filed()
	page := p.get(at(ref, "/filed"))
	require.Contains(t, page.text, ref.String())
	c, err := w.Case(ref)
	require.NoError(t, err)
	require.Equal(t, consular.RecordPolice, consular.Service(c.Flow.Service))

	header, body := w.opened(w.stored()[0])
	release, err := wire.DecodeRelease(body)
	require.NoError(t, err)
	require.NoError(t, release.Validate())
	citizen := w.provider.People()[1].Person
	require.Equal(t, citizen.Family, release.Person.Family)
	require.Equal(t, citizen.NationalNumber, release.Person.NationalNumber)
	require.Equal(t, consular.Phone("+34612345678"), release.Contact.Phone)
	require.Equal(t, "Dossier de la mairie d’Almería", release.Record.Use.Text)
	require.Equal(t, consular.Spanish, release.Contact.Language)
	require.Equal(t, consular.French, release.Record.Consent.Language)
	require.NotEmpty(t, release.Record.Receipt)
	require.Empty(t, release.EnrolledBy)
	require.Equal(t, consular.MAD(30), release.Fee.Total)
	require.Empty(t, header.Pickup)
	require.Equal(t, c.Owner, *header.Owner)

	w.examine(ref)
	require.Contains(t, p.get(at(ref, "")).text, "Pay the fee")
	page = p.get(at(ref, "/pay"))
	require.Contains(t, page.text, "30.00")
	page = p.get(at(ref, "/pay/go"))
	require.Equal(t, "/payment-page", page.path, "the way to the payment page")
	page = p.get("/paid")
	require.Contains(t, page.text, "has not reached us yet")
	w.pay(ref)
	require.Contains(t, p.get("/paid").text, "It is paid")
	require.Equal(t, at(ref, ""), p.get(at(ref, "")).path)
	require.Contains(t, p.get("/requests").text, "being processed")

	w.issue(ref)
	page = p.get(at(ref, "/document"))
	require.Contains(t, page.text, "Prove who I am")
	page = p.prove(at(ref, "/document/signin"))
	require.Equal(t, at(ref, "/document"), page.path)
	require.Contains(t, page.text, "Open the document now")
	require.Equal(t, workflow.EDelivered, w.state(ref))
	page = p.post(at(ref, "/document"))
	require.Equal(t, http.StatusOK, page.status, page.text)
	require.Equal(t, string(pdf), page.text)
	require.Equal(t, "application/pdf", page.header.Get("Content-Type"))
	require.Equal(t, "no-store", page.header.Get("Cache-Control"))
	require.Equal(t, `attachment; filename="police-record.pdf"`, page.header.Get("Content-Disposition"))

	_, body = w.opened(w.stored()[1])
	act, err := wire.DecodeRecordAct(body, wire.KindDocumentReleased)
	require.NoError(t, err)
	require.NotEqual(t, string(release.Record.Receipt), string(act.Receipt), "the fresh one")
}

// TestOpenedTwice follows a link a second time, and opens it again properly.
func TestOpenedTwice(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	ref := p.issued()
	p.prove(at(ref, "/document/signin"))
	require.Equal(t, string(pdf), p.post(at(ref, "/document")).text)
	before := w.kinds()
	for range 2 {
		page := p.post(at(ref, "/document"))
		require.Equal(t, http.StatusGone, page.status)
		require.Contains(t, page.text, "This link was used")
		require.Contains(t, page.text, at(ref, "/document/signin"))
	}
	require.Equal(t, before, w.kinds(), "no change of state")
	p.prove(at(ref, "/document/signin"))
	require.Equal(t, string(pdf), p.post(at(ref, "/document")).text)
}

// TestAnothersDocument brings a link to another browser and to another person.
func TestAnothersDocument(t *testing.T) {
	w := newWorld(t)
	p, elsewhere, other := w.person(1), w.person(1), w.person(2)
	p.signIn()
	elsewhere.signIn()
	other.signIn()
	ref := p.issued()
	p.prove(at(ref, "/document/signin"))
	before := w.kinds()

	page := elsewhere.post(at(ref, "/document"))
	require.Equal(t, http.StatusForbidden, page.status)
	require.Contains(t, page.text, "Prove who I am")

	unknown, err := consular.NewReference(strings.NewReader(strings.Repeat("\x01\x02\x03\x04\x05\x06\x07", 30)))
	require.NoError(t, err)
	for _, path := range []string{"", "/pay", "/pay/go", "/answer", "/document", "/document/signin", "/print", "/print/confirm", "/print/signin", "/print/code", "/withdraw"} {
		of, none := other.get(at(ref, path)), other.get(at(unknown, path))
		require.Equal(t, http.StatusNotFound, of.status, path)
		require.Equal(t, none.status, of.status, path)
		number := func(s string) string { return s[:strings.Index(s, "Number to quote")] }
		require.Equal(t, strings.ReplaceAll(strings.ReplaceAll(number(none.text), unknown.Digits(), ""), nonce(none.text), ""),
			strings.ReplaceAll(strings.ReplaceAll(number(of.text), ref.Digits(), ""), nonce(of.text), ""), path)
	}
	for _, path := range []string{"/answer", "/document", "/print", "/print/code", "/withdraw"} {
		require.Equal(t, http.StatusNotFound, other.post(at(ref, path)).status, path)
	}
	nobody := w.person(3)
	require.Equal(t, http.StatusUnauthorized, nobody.post(at(ref, "/document")).status)
	require.Equal(t, before, w.kinds())
	require.Equal(t, string(pdf), p.post(at(ref, "/document")).text, "the person's own still opens")
}

// nonce gives what differs from page to page.
func nonce(text string) string {
	_, after, _ := strings.Cut(text, `nonce="`)
	value, _, _ := strings.Cut(after, `"`)
	return value
}

// TestOtherPersonAtFreshSignIn lets somebody else sign in where the person's own
// proof is asked for.
func TestOtherPersonAtFreshSignIn(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	ref := p.issued()
	before := w.kinds()
	p.number = 2
	page := p.prove(at(ref, "/document/signin"))
	require.Equal(t, http.StatusForbidden, page.status)
	require.Contains(t, page.text, "Another person has signed in")
	require.Equal(t, before, w.kinds())
	require.Equal(t, http.StatusForbidden, p.post(at(ref, "/document")).status)
}

// TestPrint asks for a print at a post, twice.
func TestPrint(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	ref := p.issued()
	require.Contains(t, p.get(at(ref, "/print?country=ES")).text, `value="ES-LEI"`)
	require.Equal(t, http.StatusUnprocessableEntity, p.post(at(ref, "/print"), "country", "ES", "post", "XX-XXX").status)
	var hashes []wire.Digest
	for _, post := range []consular.PostID{"ES-LEI", "FR-LYO"} {
		page := p.post(at(ref, "/print"), "post", string(post))
		require.Equal(t, at(ref, "/print/confirm"), page.path)
		page = p.prove(at(ref, "/print/signin"))
		require.Equal(t, at(ref, "/print/code"), page.path)
		require.Equal(t, http.StatusOK, page.status, page.text)
		code := codeOf(t, page.text)
		require.Equal(t, page.text[strings.Index(page.text, "<main"):], p.get(at(ref, "/print/code")).text[strings.Index(page.text, "<main"):], "a reload shows the same")
		all := w.stored()
		header, body := w.opened(all[len(all)-1])
		require.Equal(t, wire.KindPrintAsked, header.Kind)
		require.Equal(t, post, header.Pickup)
		require.Equal(t, wire.Digest(code.Hash(ref)), *header.SlipHash)
		act, err := wire.DecodeRecordAct(body, wire.KindPrintAsked)
		require.NoError(t, err)
		require.NotEmpty(t, act.Receipt)
		hashes = append(hashes, *header.SlipHash)
		c, err := w.Case(ref)
		require.NoError(t, err)
		require.Equal(t, *header.SlipHash, c.PrintCode, "the newest counts")
		require.Equal(t, post, c.Flow.Pickup)
	}
	require.NotEqual(t, hashes[0], hashes[1])
	require.Len(t, w.kinds(), 3)
	w.passed.Add(int64(11 * time.Minute))
	require.Equal(t, at(ref, "/print"), p.get(at(ref, "/print/code")).path, "the code is not shown again")
	require.Contains(t, p.get(at(ref, "")).text, "Lyon")
}

func codeOf(t *testing.T, text string) consular.SlipCode {
	t.Helper()
	_, after, found := strings.Cut(text, `class="panel reference">`)
	require.True(t, found, text)
	_, after, _ = strings.Cut(after, ">")
	value, _, _ := strings.Cut(after, "<")
	code, err := consular.ParseSlipCode(value)
	require.NoError(t, err)
	return code
}

// TestAnswer answers the issuer's question, twice.
func TestAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	ref := p.filed()
	w.examine(ref)
	w.pay(ref)
	require.Equal(t, http.StatusConflict, p.get(at(ref, "/answer")).status, "nothing is asked yet")
	w.query(ref)
	require.Contains(t, p.get(at(ref, "/answer")).text, askedText)
	for _, bad := range []string{"", strings.Repeat("a", 2001), "Ahmed\u202egnorw", "<b>Ahmed</b>"} {
		page := p.post(at(ref, "/answer"), "text", bad)
		require.Equal(t, http.StatusUnprocessableEntity, page.status)
		require.Contains(t, page.text, askedText)
	}
	require.Len(t, w.kinds(), 1)
	for range 2 {
		page := p.post(at(ref, "/answer"), "text", "Ahmed\r\nben Salah, né à Fès")
		require.Equal(t, http.StatusOK, page.status, page.text)
		require.Contains(t, page.text, "Your answer has arrived")
	}
	require.Equal(t, []wire.Kind{wire.KindRequestReleased, wire.KindQueryAnswered}, w.kinds())
	_, body := w.opened(w.stored()[1])
	act, err := wire.DecodeRecordAct(body, wire.KindQueryAnswered)
	require.NoError(t, err)
	require.Equal(t, "Ahmed\nben Salah, né à Fès", act.Text)
	require.NotEmpty(t, act.Receipt)
	require.Equal(t, workflow.WithIssuer, w.state(ref))
	require.Equal(t, http.StatusConflict, p.post(at(ref, "/answer"), "text", "another").status)
}

// TestWithdraw withdraws a request, twice.
func TestWithdraw(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	ref := p.filed()
	require.Contains(t, p.get(at(ref, "/withdraw")).text, "Yes, withdraw")
	for range 2 {
		require.Equal(t, at(ref, ""), p.post(at(ref, "/withdraw")).path)
	}
	require.Equal(t, workflow.Canceled, w.state(ref))
	require.Equal(t, []wire.Kind{wire.KindRequestReleased, wire.KindRequestCancelled}, w.kinds())
	require.Equal(t, http.StatusConflict, p.get(at(ref, "/withdraw")).status)
	other := p.issued()
	before := w.kinds()
	require.Equal(t, http.StatusConflict, p.post(at(other, "/withdraw")).status, "what is issued is not withdrawn")
	require.Equal(t, before, w.kinds())
}

// TestCollect files a request that is to be printed at a post.
func TestCollect(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	p.fill()
	require.Equal(t, "/ask/post", p.post("/ask/delivery", "mode", "collect").path)
	require.Contains(t, p.get("/ask/post?country=ES").text, "Almería")
	require.Equal(t, http.StatusUnprocessableEntity, p.post("/ask/post", "post", "XX-YYY").status)
	require.Equal(t, "/ask/review", p.post("/ask/post", "post", "ES-LEI").path)
	ref := referenceOf(t, p.post("/ask/review", "filing", p.review()))
	header, body := w.opened(w.stored()[0])
	require.Equal(t, consular.PostID("ES-LEI"), header.Pickup)
	release, err := wire.DecodeRelease(body)
	require.NoError(t, err)
	require.Equal(t, consular.Delivery{Mode: consular.DeliverCollect, Post: "ES-LEI"}, release.Delivery)
	w.examine(ref)
}

// TestHelp asks which record is meant.
func TestHelp(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	p.signIn()
	require.Equal(t, http.StatusUnprocessableEntity, p.post("/ask/help", "country", "CA").status)
	page := p.post("/ask/help", "country", "CA", "authority", "immigration")
	require.Equal(t, "/ask", page.path)
	require.Contains(t, page.text, `value="record.police" checked`)
	page = p.post("/ask/help", "country", "FR", "authority", "employer")
	require.Contains(t, page.text, `value="record.justice" checked`)
}

// TestPaymentNotice passes on what the payment service says, and no more.
func TestPaymentNotice(t *testing.T) {
	w := newWorld(t)
	p := w.person(1)
	send := func(body string, headers ...string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/hooks/stamp", strings.NewReader(body))
		require.NoError(t, err)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return p.do(r).status
	}
	good := []string{"Stamp-Key", "k1", "Stamp-Time", "1", "Stamp-Signature", "c2ln", "X-Other", "no", "Cookie", "a=b"}
	require.Equal(t, http.StatusNoContent, send(`{"payment":"x"}`, good...))
	want := rpc.Notice{Header: map[string]string{"Stamp-Key": "k1", "Stamp-Time": "1", "Stamp-Signature": "c2ln"}, Body: []byte(`{"payment":"x"}`)}
	require.Equal(t, []rpc.Notice{want}, w.member.notices)
	require.Equal(t, http.StatusUnprocessableEntity, send(`{"payment":"x"}`))
	require.Equal(t, http.StatusUnprocessableEntity, send(`{`, good...))
	require.Equal(t, http.StatusRequestEntityTooLarge, send(`"`+strings.Repeat("x", 64<<10)+`"`, good...))
	require.Len(t, w.member.notices, 1, "what is none is not passed on")
	w.member.set(func(m *member) { m.forged = true })
	require.Equal(t, http.StatusNoContent, send(`{"payment":"x"}`, good...), "a forged one learns nothing")
	w.member.set(func(m *member) { m.down = errDown })
	require.Equal(t, http.StatusServiceUnavailable, send(`{"payment":"x"}`, good...), "it is sent again")
	require.Empty(t, w.kinds())
}
