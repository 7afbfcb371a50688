package desk_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// slipBrought is the code of a slip that a person brings to a post which the request
// has nothing to do with.
const slipBrought = "4711 0815"

// change says what is wanted of a request: what, and where to collect.
func (w *world) change(tb testing.TB, reference, id string, wanted [2]string) answer {
	tb.Helper()
	return w.do(tb, call{role: agent, method: http.MethodPost, path: "/requests/" + reference + "/changes", body: map[string]any{
		"change": id, "what": wanted[0], "pickup": wanted[1], "document": "passport", "slip_code": slipBrought,
	}})
}

func (w *world) changed(tb testing.TB, reference, what, pickup string) desk.ChangeView {
	tb.Helper()
	id := wire.NewRecordID().String()
	a := w.change(tb, reference, id, [2]string{what, pickup})
	require.Equal(tb, http.StatusOK, a.Code, a.Body.String())
	var v desk.ChangeView
	w.must(tb, call{role: agent, method: http.MethodGet, path: "/changes/" + id}, &v)
	return v
}

// givenBack says that a change met another's: a post in Milan chose Milan.
func (w *world) givenBack(tb testing.TB, v desk.ChangeView, stands uint64) {
	tb.Helper()
	w.givenBackIn(tb, v, stands, workflow.Verifying)
}

func (w *world) givenBackIn(tb testing.TB, v desk.ChangeView, stands uint64, state workflow.State) {
	tb.Helper()
	record, err := wire.ParseRecordID(v.Change)
	require.NoError(tb, err)
	h := w.entryOf(tb, v.Change)
	w.hears(tb, wire.Notice{Kind: wire.NoticeEntryRefused, Reference: h.Reference, Record: record, Reason: 271})
	w.hears(tb, wire.Notice{
		Kind: wire.NoticeConflict, Reference: h.Reference, Record: record, Case: stands, State: uint8(state), Pickup: "IT-MIL",
		Body: wire.Marshal(wire.Conflict{
			Version: 1, Kind: h.Kind, Seen: h.Seen, Pickup: h.Pickup, At: h.Time, Field: wire.FieldPickup,
			Other: wire.KindPickupChanged, OtherPost: "IT-MIL", OtherTime: w.now.UnixMilli(), OtherVersion: stands,
		}),
	})
}

func (w *world) entryOf(tb testing.TB, id string) wire.Header {
	tb.Helper()
	record, err := wire.ParseRecordID(id)
	require.NoError(tb, err)
	h, err := w.journal.ByRecord(record)
	require.NoError(tb, err)
	return h
}

// openChange opens an entry as the hub's opener would.
func (w *world) openChange(tb testing.TB, id string) (wire.Header, wire.Change) {
	tb.Helper()
	h := w.entryOf(tb, id)
	require.NoError(tb, h.Validate())
	before, err := w.journal.Position(h.Seq - 1)
	require.NoError(tb, err)
	entries, err := w.journal.ReadAfter(before, 1)
	require.NoError(tb, err)
	opened, err := w.intake.Open(entries[0].Body, h.Record, wire.BodyAAD(h.Record, h.Kind))
	require.NoError(tb, err)
	defer opened.Destroy()
	body, err := wire.DecodeChange(opened.Body())
	require.NoError(tb, err)
	return h, body
}

func (w *world) givenBackList(tb testing.TB) []desk.ChangeView {
	tb.Helper()
	var list struct{ Changes []desk.ChangeView }
	w.must(tb, call{role: agent, method: http.MethodGet, path: "/changes"}, &list)
	return list.Changes
}

func slipHash(tb testing.TB, reference string) wire.Digest {
	tb.Helper()
	ref, err := consular.ParseReference(reference)
	require.NoError(tb, err)
	code, err := consular.ParseSlipCode(slipBrought)
	require.NoError(tb, err)
	return wire.Digest(code.Hash(ref))
}

func strangeReference(tb testing.TB) string {
	tb.Helper()
	ref, err := consular.NewReference(rand.Reader)
	require.NoError(tb, err)
	return ref.Digits()
}

func TestChangeNamesTheVersionSeen(t *testing.T) {
	w := newWorld(t)
	first := w.release(t, w.fill(t, w.begin(t)))
	w.moved(t, first, workflow.Verifying, 0)
	w.moved(t, first, workflow.Verifying, 0)
	v := w.changed(t, first.Reference, desk.ChangePickup, "FR-PAR")
	require.Equal(t, uint64(2), v.Seen)
	require.EqualValues(t, "L1", v.Level)
	require.Equal(t, "said", v.Outcome)
	h, body := w.openChange(t, v.Change)
	require.Equal(t, uint8(wire.ShownPassport), body.Document)
	require.NotEmpty(t, body.By)
	require.Nil(t, body.Again)
	require.Equal(t, wire.KindPickupChanged, h.Kind)
	require.Equal(t, uint64(2), h.Seen)
	require.Equal(t, consular.PostID("FR-PAR"), h.Pickup)
	stranger := w.changed(t, strangeReference(t), desk.ChangeWithdraw, "")
	require.Zero(t, stranger.Seen, "this post never heard of that request")
	require.Equal(t, slipHash(t, stranger.Reference.Digits()), *w.entryOf(t, stranger.Change).SlipHash, "the hub compares the code of the slip")
	require.Equal(t, http.StatusOK, w.change(t, first.Reference, v.Change, [2]string{"pickup", "FR-PAR"}).Code, "sent twice, said once")
	require.Equal(t, "exists", w.change(t, first.Reference, v.Change, [2]string{"pickup", "IT-MIL"}).problem.Code)
	require.Empty(t, w.givenBackList(t))
	amended := w.release(t, w.fill(t, w.amended(t, first, first.SlipCode)))
	require.Equal(t, uint64(2), w.entryOf(t, amended.Visit).Seen, "an amendment too")
}

func TestConflictAtTheDesk(t *testing.T) {
	for name, restart := range map[string]bool{"OK": false, "OKAfterARestart": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			first := w.release(t, w.fill(t, w.begin(t)))
			w.moved(t, first, workflow.Verifying, 0)
			v := w.changed(t, first.Reference, desk.ChangePickup, "FR-PAR")
			w.givenBack(t, v, 3)
			if restart {
				w.restart(t)
			}
			list := w.givenBackList(t)
			require.Len(t, list, 1)
			require.Equal(t, "conflict", list[0].Outcome)
			require.True(t, list[0].MayAgain)
			require.Equal(t, desk.OtherChange{What: "pickup", Field: "pickup", Post: "IT-MIL", At: w.now, Version: 3}, *list[0].Other)
			require.Equal(t, consular.PostID("IT-MIL"), list[0].Stands.Pickup)
			require.Equal(t, consular.PostID("FR-PAR"), list[0].Pickup)
			require.Equal(t, consular.PostID("IT-MIL"), w.request(t, first.Reference).Pickup)
			require.Equal(t, uint64(1), w.request(t, first.Reference).Version, "version and state come together")

			next := map[string]string{"change": wire.NewRecordID().String()}
			again := call{role: agent, method: http.MethodPost, path: "/changes/" + v.Change + "/repeat", body: next}
			var repeated desk.ChangeView
			w.must(t, again, &repeated)
			require.Equal(t, uint64(3), repeated.Seen, "on top of what stands")
			require.Equal(t, consular.PostID("FR-PAR"), repeated.Pickup)
			var twice desk.ChangeView
			w.must(t, again, &twice)
			require.Equal(t, repeated, twice, "once, however often it is sent")
			require.Empty(t, w.givenBackList(t))
			again.body = map[string]string{"change": wire.NewRecordID().String()}
			require.Equal(t, "change-open", w.do(t, again).problem.Code, "it was settled")
		})
	}
}

func TestLetItStand(t *testing.T) {
	w := newWorld(t)
	reference := strangeReference(t)
	v := w.changed(t, reference, desk.ChangeWithdraw, "")
	stand := call{role: agent, method: http.MethodPost, path: "/changes/" + v.Change + "/stand"}
	require.Equal(t, "change-open", w.do(t, stand).problem.Code, "nothing came back")
	w.givenBackIn(t, v, 7, workflow.None)
	require.Len(t, w.givenBackList(t), 1, "of a request that this post does not know")
	require.Equal(t, desk.StandingView{Version: 7, Pickup: "IT-MIL"}, *w.givenBackList(t)[0].Stands, "how far it is, it is not told")
	page := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "en"}
	require.NotContains(t, page.get("/changes/"+v.Change).text, "unknown")
	require.Equal(t, http.StatusNotFound, w.do(t, call{role: agent, method: http.MethodGet, path: "/requests/" + reference}).Code)
	w.must(t, stand, &v)
	require.Equal(t, "stand", v.Settled)
	w.must(t, stand, &v)
	w.restart(t)
	require.Empty(t, w.givenBackList(t))
	var of struct{ Changes []desk.ChangeView }
	w.must(t, call{role: agent, method: http.MethodGet, path: "/requests/" + reference + "/changes"}, &of)
	require.Len(t, of.Changes, 1)
	require.Equal(t, uint64(7), w.changed(t, reference, desk.ChangeWithdraw, "").Seen, "what came back was seen when it was settled")
}

func TestChangeRefused(t *testing.T) {
	w := newWorld(t)
	first := w.release(t, w.fill(t, w.begin(t)))
	id := func() string { return wire.NewRecordID().String() }
	for name, c := range map[string]struct {
		a    func() answer
		code string
	}{
		"ErrNoPickup":      {func() answer { return w.change(t, first.Reference, id(), [2]string{"pickup", ""}) }, "invalid"},
		"ErrPickupUnknown": {func() answer { return w.change(t, first.Reference, id(), [2]string{"pickup", "FR-ZZZ"}) }, "invalid"},
		"ErrWhat":          {func() answer { return w.change(t, first.Reference, id(), [2]string{"burn", ""}) }, "invalid"},
		"ErrReference":     {func() answer { return w.change(t, "123", id(), [2]string{"withdraw", ""}) }, "invalid"},
		"ErrChange":        {func() answer { return w.change(t, first.Reference, "1", [2]string{"withdraw", ""}) }, "invalid"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.code, c.a().problem.Code) })
	}
	w.moved(t, first, workflow.HandedOver, 0)
	require.Equal(t, "change-late", w.change(t, first.Reference, id(), [2]string{"withdraw", ""}).problem.Code)
	require.Equal(t, "change-late", w.change(t, first.Reference, id(), [2]string{"pickup", "FR-PAR"}).problem.Code)
	for code, rule := range map[string]consular.Rule{"": consular.RuleRequired, "4711": consular.RuleFormat} {
		a := w.do(t, call{role: agent, method: http.MethodPost, path: "/requests/" + strangeReference(t) + "/changes", body: map[string]string{
			"change": id(), "what": "withdraw", "document": "passport", "slip_code": code,
		}})
		require.Equal(t, "invalid", a.problem.Code, "another post's request needs the code of the slip")
		require.Len(t, a.problem.Violations, 1)
		require.Equal(t, "slip_code", a.problem.Violations[0].Field)
		require.Equal(t, string(rule), a.problem.Violations[0].Rule)
	}
	w.noIntake = true
	require.Equal(t, "no-intake-key", w.change(t, strangeReference(t), id(), [2]string{"withdraw", ""}).problem.Code)
	require.Empty(t, w.givenBackList(t))
	_, err := w.desk.ChangeRequest(t.Context(), access.Principal{Role: access.Auditor}, desk.RequestChange{})
	require.ErrorContains(t, err, "access: require")
}

// TestChangeRefusedByTheHub: the desk says why, in words, and offers what helps.
func TestChangeRefusedByTheHub(t *testing.T) {
	for reason, word := range map[uint16]string{262: "unknown", 265: "late", 269: "code", 1: "not-taken"} {
		w := newWorld(t)
		v := w.changed(t, strangeReference(t), desk.ChangeWithdraw, "")
		record, err := wire.ParseRecordID(v.Change)
		require.NoError(t, err)
		w.hears(t, wire.Notice{Kind: wire.NoticeEntryRefused, Reference: v.Reference.Digits(), Record: record, Reason: reason})
		w.must(t, call{role: agent, method: http.MethodGet, path: "/changes/" + v.Change}, &v)
		require.Equal(t, [2]string{"refused", word}, [2]string{v.Outcome, v.Reason})
		s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "en"}
		page := s.get("/changes/" + v.Change).text
		require.Equal(t, word == "code", strings.Contains(page, "The code of the slip is missing or not the right one"))
		require.Equal(t, word == "code", strings.Contains(page, "Start again with the code of the slip"), "the way to try again")
	}
}

// TestConflictScreens walks the pages in three languages.
func TestConflictScreens(t *testing.T) {
	for lang, words := range map[string][2]string{
		"fr": {"Deux postes ont changé la même demande", "Appliquer le mien par-dessus"},
		"en": {"Two posts changed the same request", "Apply mine again on top"},
		"ar": {"غيّر مركزان الطلب نفسه", "تطبيق تغييري من جديد"},
	} {
		t.Run(lang, func(t *testing.T) {
			w := newWorld(t)
			first := w.release(t, w.fill(t, w.begin(t)))
			w.moved(t, first, workflow.Verifying, 0)
			s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: lang}
			form := s.get("/requests/" + first.Reference + "/change")
			got := s.post("/requests/"+first.Reference+"/change", url.Values{
				"change": {form.hidden("change")}, "what": {"pickup"}, "document": {"passport"},
			})
			require.Equal(t, http.StatusUnprocessableEntity, got.Code)
			require.Contains(t, got.text, `href="#pickup"`)
			v := w.changed(t, first.Reference, desk.ChangePickup, "FR-PAR")
			s.get("/changes/" + v.Change)
			w.givenBack(t, v, 2)
			require.Contains(t, s.get("/").text, `href="/changes/`+v.Change+`"`)
			page := s.get("/changes/" + v.Change).text
			require.Contains(t, page, words[0])
			require.Contains(t, page, words[1])
			require.Contains(t, page, "/changes/"+v.Change+"/stand")
			require.Contains(t, s.get("/requests/"+first.Reference).text, `href="/changes/`+v.Change+`"`)
		})
	}
}

// The request's page offers a change for as long as one can come in time, and no
// button leads to a page on which nothing can be done.
func TestChangeIsOffered(t *testing.T) {
	w := newWorld(t)
	first := w.release(t, w.fill(t, w.begin(t)))
	s := surfer{tb: t, handler: w.screens(t), role: "agent", lang: "fr"}
	page, offer := "/requests/"+first.Reference, `href="/requests/`+first.Reference+`/change"`
	w.moved(t, first, workflow.Verifying, 0)
	require.Contains(t, s.get(page).text, offer)
	w.moved(t, first, workflow.HandedOver, 0)
	require.NotContains(t, s.get(page).text, offer)
}
