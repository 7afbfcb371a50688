package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/workflow"
)

var labelPath = regexp.MustCompile(`^/pouches/([A-Z0-9-]+)$`)

// made brings the card of a new request to the pouch desk.
func (w *world) made(s surfer) consular.Reference {
	w.tb.Helper()
	ref, _ := w.release()
	t, ok := w.tb.(*testing.T)
	require.True(w.tb, ok)
	page := s.get("/verify/case/" + ref.Digits()).carried(t)
	s.decide(ref, page, "decision", "pass")
	w.produce(ref)
	return ref
}

// TestPouchDesk packs two cards, takes one out, seals, sends; each act names the
// officer.
func TestPouchDesk(t *testing.T) {
	w := newWorld(t)
	verifier := w.signedIn(w.hire(access.Verifier, "Nadia Tazi"))
	karim := w.hire(access.PouchOfficer, "Karim Alaoui")
	s := w.signedIn(karim)
	require.Contains(t, s.get("/").text, "No card waits")
	first, second := w.made(verifier), w.made(verifier)
	list := s.get("/pouches")
	require.Contains(t, list.text, "2 cards wait")
	require.Contains(t, list.text, "Lyon")
	page := s.post("/pouches", "post", "FR-LYO")
	m := labelPath.FindStringSubmatch(page.at)
	require.NotNil(t, m, page.at)
	at, label := page.at, consular.PouchID(m[1])
	act := func(what string, pairs ...string) seen {
		return s.post(at+"/"+what, append(s.get(at).carried(t), pairs...)...)
	}
	require.Contains(t, act("pack", "reference", "123").text, "do not add up")
	require.Contains(t, act("pack", "reference", "").text, "Type or scan the reference")
	unknown, err := consular.NewReference(zeros{})
	require.NoError(t, err)
	require.Contains(t, act("pack", "reference", unknown.Digits()).text, "No request has this reference")
	stale := s.get(at).carried(t)
	for _, ref := range []consular.Reference{first, second} {
		got := act("pack", "reference", ref.Digits())
		require.Equal(t, http.StatusOK, got.status, got.text)
		require.Equal(t, workflow.Packed, w.state(ref))
	}
	changed := s.post(at+"/unpack", append(stale, "reference", first.Digits())...)
	require.Equal(t, http.StatusConflict, changed.status)
	require.Contains(t, changed.text, "changed meanwhile")
	act("unpack", "reference", second.Digits())
	require.Equal(t, workflow.Produced, w.state(second))
	require.Equal(t, http.StatusConflict, act("send", "waybill", "RM123").status, "an open bag does not leave")
	require.Contains(t, act("close", "seal", "").text, "number of the seal")
	act("close", "seal", "ma 4711")
	w.until("told", func() bool {
		p, err := w.Pouch(label)
		require.NoError(t, err)
		return p.Sent != nil && p.Sent.Told != 0
	})
	require.Contains(t, act("send").text, "number of the waybill")
	sent := act("send", "waybill", "RM 123 456")
	require.Equal(t, http.StatusOK, sent.status, sent.text)
	require.Contains(t, sent.text, "MA4711")
	require.Contains(t, sent.text, "RM 123 456")
	require.Equal(t, workflow.InTransit, w.state(first))
	lost := act("lost")
	require.Equal(t, http.StatusOK, lost.status, lost.text)
	require.Equal(t, workflow.PouchIncident, w.state(first))
	p, err := w.Pouch(label)
	require.NoError(t, err)
	deeds, err := w.DeedsOn(p.Number, 100)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(deeds), 5, "opened, signed, sealed, given, left, lost")
	for _, d := range deeds {
		require.Equal(t, karim.id, d.Officer)
	}
	require.Equal(t, ledger.KindOpenPouch, deeds[len(deeds)-1].Act)
	w.clean(password)
}

// zeros is a source that gives one reference, which nobody has.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestPouchAPI is the same by JSON, and its refusals.
func TestPouchAPI(t *testing.T) {
	w := newWorld(t)
	verifier := w.signedIn(w.hire(access.Verifier, "Nadia Tazi"))
	s := w.signedIn(w.hire(access.PouchOfficer, "Karim Alaoui"))
	ref := w.made(verifier)
	work := s.json(http.MethodGet, "/pouches", "")
	require.Contains(t, work.text, ref.Digits())
	require.Equal(t, http.StatusNotFound, s.json(http.MethodPost, "/pouches", `{"post":"IT-MIL"}`).status, "no machine there")
	require.Equal(t, http.StatusBadRequest, s.json(http.MethodPost, "/pouches", `{"post":"Lyon"}`).status)
	opened := s.json(http.MethodPost, "/pouches", `{"post":"FR-LYO"}`)
	require.Equal(t, http.StatusOK, opened.status, opened.text)
	m := regexp.MustCompile(`"label":"([^"]+)"`).FindStringSubmatch(opened.text)
	require.NotNil(t, m)
	require.Contains(t, s.json(http.MethodPost, "/pouches", `{"post":"FR-LYO"}`).text, m[1], "the one that is open")
	at := "/pouches/" + m[1]
	require.Equal(t, http.StatusUnprocessableEntity, s.json(http.MethodPost, at+"/burn", `{"version":1}`).status)
	require.Equal(t, http.StatusUnprocessableEntity, s.json(http.MethodPost, at+"/lost", `{}`).status)
	require.Equal(t, http.StatusConflict, s.json(http.MethodPost, at+"/lost", `{"version":99}`).status)
	require.Equal(t, http.StatusConflict, s.json(http.MethodPost, at+"/settle", `{"version":1}`).status)
	require.Equal(t, http.StatusNotFound, s.json(http.MethodGet, "/pouches/P0", "").status)
	packed := s.json(http.MethodPost, at+"/pack", `{"version":1,"reference":"`+ref.Digits()+`"}`)
	require.Equal(t, http.StatusOK, packed.status, packed.text)
	require.Contains(t, packed.text, ref.Digits())
	require.True(t, strings.Contains(packed.text, `"close"`), packed.text)
}
