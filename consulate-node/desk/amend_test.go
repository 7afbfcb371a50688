package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// hears stores a notice of the hub, as ship would.
func (w *world) hears(tb testing.TB, n wire.Notice) {
	tb.Helper()
	s, err := w.journal.State()
	require.NoError(tb, err)
	n.Version, n.Post, n.Seq, n.Time = wire.Version, w.id.Post, s.Notices.Seq+1, w.now.UnixMilli()
	raw := wire.Marshal(n)
	require.NoError(tb, w.journal.StoreNotices([]wire.VerifiedNotice{{Raw: raw, Notice: n, At: s.Notices.Next(raw)}}))
}

// moved says that the case of a release stands somewhere.
func (w *world) moved(tb testing.TB, r released, to workflow.State, why consular.RefusalReason) {
	tb.Helper()
	record, err := wire.ParseRecordID(r.Visit)
	require.NoError(tb, err)
	w.version++
	w.hears(tb, wire.Notice{
		Kind: wire.NoticeCaseMoved, Reference: r.Reference, Record: record, Case: w.version, State: uint8(to), Reason: uint16(why),
	})
}

func (w *world) refusedBy(tb testing.TB, r released, reason uint16) {
	tb.Helper()
	record, err := wire.ParseRecordID(r.Visit)
	require.NoError(tb, err)
	w.hears(tb, wire.Notice{Kind: wire.NoticeEntryRefused, Reference: r.Reference, Record: record, Reason: reason})
}

func (w *world) amend(tb testing.TB, reference, visit, slip string) answer {
	tb.Helper()
	return w.do(tb, call{role: agent, method: http.MethodPost, path: "/requests/" + reference + "/amendments", body: map[string]string{
		"visit": visit, "slip_code": slip,
	}})
}

// amended starts an amendment that has to succeed.
func (w *world) amended(tb testing.TB, r released, slip string) desk.View {
	tb.Helper()
	id := wire.NewRecordID().String()
	a := w.amend(tb, r.Reference, id, slip)
	require.Equal(tb, http.StatusCreated, a.Code, a.Body.String())
	var v desk.View
	w.must(tb, call{role: agent, method: http.MethodGet, path: "/visits/" + id}, &v)
	return v
}

func (w *world) request(tb testing.TB, reference string) desk.RequestView {
	tb.Helper()
	var v desk.RequestView
	w.must(tb, call{role: agent, method: http.MethodGet, path: "/requests/" + reference}, &v)
	return v
}

func TestAmend(t *testing.T) {
	t.Run("OKSentBack", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		w.secure(t)
		w.moved(t, first, workflow.Returned, consular.RefusedNamesDiffer)
		v := w.request(t, first.Reference)
		require.True(t, v.Amendable)
		require.True(t, v.Waits)
		var waiting struct{ Requests []desk.RequestView }
		w.must(t, call{role: agent, method: http.MethodGet, path: "/waiting"}, &waiting)
		require.Len(t, waiting.Requests, 1)
		require.Equal(t, "names-differ", waiting.Requests[0].Reason)

		draft := w.amended(t, first, first.SlipCode)
		require.Equal(t, first.Reference, draft.Amends)
		require.Equal(t, consular.CNIEFirst, draft.Service)
		require.Nil(t, draft.Forms.Person, "the node cannot open what it sealed")
		require.Equal(t, draft.Visit, w.request(t, first.Reference).Amending)

		draft = w.fill(t, draft)
		second := w.release(t, draft)
		require.Equal(t, first.Reference, second.Reference)
		require.Equal(t, first.SlipCode, second.SlipCode, "the slip that the person holds stays good")
		h, _, _ := w.openEntry(t, draft.Visit)
		require.Equal(t, wire.KindRequestAmended, h.Kind)
		require.Equal(t, first.Visit, h.Replaces.String())
		again := w.release(t, draft)
		require.True(t, again.Repeated)
		v = w.request(t, first.Reference)
		require.Equal(t, "RELEASED", v.State, "of the new packet the hub has not spoken")
		require.EqualValues(t, "L1", v.Level)
		require.False(t, v.Waits)
		require.True(t, v.Amendable, "until it is decided, again")
		w.must(t, call{role: agent, method: http.MethodGet, path: "/waiting"}, &waiting)
		require.Empty(t, waiting.Requests)
	})
	t.Run("OKSlipIsLost", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		second := w.release(t, w.fill(t, w.amended(t, first, "")))
		require.NotEqual(t, first.SlipCode, second.SlipCode)
		follow := func(code string) int {
			return w.do(t, call{role: agent, method: http.MethodPost, path: "/follow", body: map[string]string{
				"reference": first.Reference, "slip_code": code,
			}}).Code
		}
		require.Equal(t, http.StatusNotFound, follow(first.SlipCode), "whoever found the old slip reads nothing")
		require.Equal(t, http.StatusOK, follow(second.SlipCode))
		var old released
		w.must(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + first.Visit + "/release", version: 1}, &old)
		require.Empty(t, old.SlipCode, "the slip before is not printed again")
	})
	t.Run("OKTheHubRefuses", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		second := w.release(t, w.fill(t, w.amended(t, first, first.SlipCode)))
		w.moved(t, first, workflow.Approved, 0)
		w.refusedBy(t, second, 265)
		v := w.request(t, first.Reference)
		require.Equal(t, "too-late", v.Unamended)
		require.Equal(t, "APPROVED", v.State)
		require.False(t, v.Refused, "the request goes on")
		require.False(t, v.Amendable)
		require.True(t, v.Waits)
		w.must(t, call{role: agent, method: http.MethodPost, path: "/requests/" + first.Reference + "/read"}, nil)
		require.False(t, w.request(t, first.Reference).Waits)
	})
	t.Run("ErrDecided", func(t *testing.T) {
		for _, state := range []workflow.State{workflow.Approved, workflow.InProduction, workflow.HandedOver, workflow.Canceled, workflow.Adjudication} {
			w := newWorld(t)
			first := w.release(t, w.fill(t, w.begin(t)))
			w.moved(t, first, state, 0)
			a := w.amend(t, first.Reference, wire.NewRecordID().String(), "")
			require.Equal(t, "amend-decided", a.problem.Code, state.String())
			require.Equal(t, http.StatusConflict, a.Code)
		}
	})
	t.Run("ErrDecidedWhileCaptured", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		draft := w.fill(t, w.amended(t, first, ""))
		w.moved(t, first, workflow.Approved, 0)
		var review desk.Review
		w.must(t, call{role: supervisor, method: http.MethodGet, path: "/visits/" + draft.Visit + "/review"}, &review)
		require.Equal(t, []desk.FieldRule{{Field: "amends", Rule: "decided"}}, review.Against)
		a := w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + draft.Visit + "/release", version: draft.Version})
		require.Equal(t, "amend-decided", a.problem.Code)
		require.Equal(t, uint64(1), w.entries(t))
	})
	t.Run("ErrAnotherPost", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		elsewhere := first
		elsewhere.Visit = wire.NewRecordID().String()
		w.moved(t, elsewhere, workflow.Returned, 0)
		require.Equal(t, "amend-elsewhere", w.amend(t, first.Reference, wire.NewRecordID().String(), "").problem.Code)
	})
	t.Run("ErrUnknown", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		other := newWorld(t)
		require.Equal(t, http.StatusNotFound, other.amend(t, first.Reference, wire.NewRecordID().String(), "").Code)
		require.Equal(t, http.StatusUnprocessableEntity, w.amend(t, "123", wire.NewRecordID().String(), "").Code)
		require.Equal(t, http.StatusUnprocessableEntity, w.amend(t, first.Reference, "zz", "").Code)
	})
	t.Run("ErrTwoTabs", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		codes := make([]string, 6)
		var wait sync.WaitGroup
		for i := range codes {
			wait.Go(func() { codes[i] = w.amend(t, first.Reference, wire.NewRecordID().String(), "").problem.Code })
		}
		wait.Wait()
		open := 0
		for _, code := range codes {
			if code != "" {
				require.Equal(t, "amend-open", code)
				open++
			}
		}
		require.Equal(t, len(codes)-1, open, "one draft replaces one packet")
	})
	t.Run("OKDoubleClick", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		id := wire.NewRecordID().String()
		require.Equal(t, http.StatusCreated, w.amend(t, first.Reference, id, "").Code)
		require.Equal(t, http.StatusCreated, w.amend(t, first.Reference, id, "").Code)
		plain := w.begin(t)
		require.Equal(t, "exists", w.amend(t, first.Reference, plain.Visit, "").problem.Code)
	})
	t.Run("ErrOtherSlip", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		wrong := "00000000"
		if first.SlipCode == wrong {
			wrong = "11111111"
		}
		a := w.amend(t, first.Reference, wire.NewRecordID().String(), wrong)
		require.Equal(t, http.StatusUnprocessableEntity, a.Code)
		require.Equal(t, "slip_code", a.problem.Violations[0].Field)
		for range 20 {
			a = w.amend(t, first.Reference, wire.NewRecordID().String(), wrong)
		}
		require.Equal(t, "too-many-attempts", a.problem.Code)
		require.Empty(t, w.request(t, first.Reference).Amending)
	})
	t.Run("ErrServiceStays", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		draft := w.amended(t, first, "")
		a := w.do(t, call{role: agent, method: http.MethodPatch, path: "/visits/" + draft.Visit, version: draft.Version, body: map[string]string{"service": "cnie.renewal"}})
		require.Equal(t, "service", a.problem.Violations[0].Field)
	})
	t.Run("OKNothingReadable", func(t *testing.T) {
		w := newWorld(t)
		first := w.release(t, w.fill(t, w.begin(t)))
		w.amended(t, first, first.SlipCode)
		scan(t, w.dir, first.SlipCode)
		require.NotContains(t, w.log.String(), first.Reference)
	})
}

// TestAmendOnTheScreen is a correction by plain forms: from the list, over the
// request's page, to the slip with the same reference.
func TestAmendOnTheScreen(t *testing.T) {
	w := newWorld(t)
	handler := w.screens(t)
	agent := surfer{tb: t, handler: handler, role: "agent", lang: "fr"}
	second := surfer{tb: t, handler: handler, role: "supervisor", lang: "fr"}
	first := w.release(t, w.fill(t, w.begin(t)))
	at := "/requests/" + first.Reference

	page := agent.get(at)
	require.Contains(t, page.text, "Corriger cette demande")
	require.NotContains(t, agent.get("/").text, "À reprendre par ce poste")
	w.moved(t, first, workflow.Recapture, consular.RefusedPortraitQuality)
	page = agent.get(at)
	require.Contains(t, page.text, "Corriger et valider à nouveau")
	home := agent.get("/")
	require.Contains(t, home.text, "À reprendre par ce poste")
	require.Contains(t, home.text, "Nouvelle saisie demandée")

	start := agent.get(at + "/amend")
	got := agent.post(at+"/amend", url.Values{"visit": {start.hidden("visit")}, "slip_code": {"123"}})
	require.Equal(t, http.StatusUnprocessableEntity, got.Code)
	require.Contains(t, got.text, `href="#slip_code"`)
	got = agent.post(at+"/amend", url.Values{"visit": {start.hidden("visit")}, "slip_code": {first.SlipCode}})
	require.Contains(t, got.at, "/steps/person")
	require.Contains(t, got.text, "Correction de la demande")
	require.Contains(t, agent.get(at).text, "Continuer la correction")
	require.Contains(t, agent.get(at+"/amend").at, start.hidden("visit"), "a second tab goes on with the same draft")
	service := agent.get("/visits/" + start.hidden("visit") + "/steps/service")
	require.NotContains(t, service.text, `name="service"`)
	require.Contains(t, agent.get("/").text, "Correction de")

	var draft desk.View
	w.must(t, call{role: "agent", method: http.MethodGet, path: "/visits/" + start.hidden("visit")}, &draft)
	w.fill(t, draft)
	look := second.get("/visits/" + draft.Visit + "/release")
	require.Contains(t, look.text, "Correction de la demande")
	done := second.post("/visits/"+draft.Visit+"/release", look.versioned())
	require.Contains(t, done.text, "Correction validée")
	require.Contains(t, done.text, first.Reference[:6])
	pdf := second.get("/visits/" + draft.Visit + "/slip.pdf")
	require.True(t, strings.HasPrefix(pdf.text, "%PDF"))
	require.Equal(t, 1, strings.Count(agent.get("/").text, `href="`+at+`"`), "one line of the day")

	amendment := first
	amendment.Visit = draft.Visit
	w.moved(t, first, workflow.Approved, 0)
	w.refusedBy(t, amendment, 265)
	page = agent.get(at)
	require.Contains(t, page.text, "La correction est arrivée trop tard")
	require.Contains(t, agent.get("/").text, "La correction est arrivée trop tard")
	require.NotContains(t, agent.post(at+"/read", nil).text, "À reprendre par ce poste")
	for _, language := range []string{"ar", "en"} {
		s := surfer{tb: t, handler: handler, role: "agent", lang: language}
		for _, path := range []string{at, at + "/amend", "/"} {
			require.NotRegexp(t, regexp.MustCompile(`>[^<]*\b(amend|desk|web)\.[a-z_]+`), s.get(path).text, path)
		}
	}
}
