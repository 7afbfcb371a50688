package desk_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// recordVisit makes a visit for a police record that is ready but for what a
// test changes in its form.
func (w *world) recordVisit(tb testing.TB, change func(*desk.RecordForm)) desk.View {
	tb.Helper()
	var v desk.View
	w.must(tb, call{role: agent, method: http.MethodPost, path: "/visits", body: map[string]any{
		"visit": wire.NewRecordID().String(), "service": "record.police", "pickup": "FR-LYO",
	}}, &v)
	forms, record := adult(), recordForm()
	forms.Person.NationalNumber = "BE012345"
	change(record)
	forms.Documents.Held = []desk.DocumentForm{{Kind: "registration-certificate"}, {Kind: "passport-copy"}}
	for _, form := range []desk.Form{forms.Person, forms.Contact, forms.Documents, &desk.DeliveryForm{Mode: "collect"}, record} {
		v = w.put(tb, v.Visit, v.Version, form)
	}
	return w.pay(tb, v)
}

func (w *world) review(tb testing.TB, v desk.View) desk.Review {
	tb.Helper()
	var r desk.Review
	w.must(tb, call{role: supervisor, method: http.MethodGet, path: "/visits/" + v.Visit + "/review"}, &r)
	return r
}

// TestRecordAgain: a post does not release two open requests of one person for
// the same, and says which one is open.
func TestRecordAgain(t *testing.T) {
	w := newWorld(t)
	same := func(*desk.RecordForm) {}
	first := w.release(t, w.recordVisit(t, same))
	again := w.recordVisit(t, same)
	r := w.review(t, again)
	require.False(t, r.Ready)
	require.Equal(t, first.Reference, r.Standing)
	refused := w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + again.Visit + "/release", version: again.Version})
	require.Equal(t, http.StatusUnprocessableEntity, refused.Code)
	require.Contains(t, refused.Body.String(), "already-open")
	s := surfer{tb: t, handler: w.screens(t), role: "supervisor", lang: "fr"}
	page := s.get("/visits/" + again.Visit + "/steps/review").text
	require.Contains(t, page, "une demande en cours pour le même document")
	require.Contains(t, page, `href="/requests/`+first.Reference+`"`)

	w.restart(t)
	require.Equal(t, first.Reference, w.review(t, again).Standing, "it is known after a restart")
	other := w.recordVisit(t, func(f *desk.RecordForm) { f.Country = "ES" })
	require.True(t, w.review(t, other).Ready, "for another country it is another request")
	w.release(t, other)

	w.moved(t, first, workflow.EDelivered, 0)
	require.True(t, w.review(t, again).Ready, "the person has the document")
	second := w.release(t, again)
	require.NotEqual(t, first.Reference, second.Reference)
}

// TestRecordAgainTellsNobodyWhoAsks: a number and a purpose, typed by somebody
// without the person, do not tell that a request is open.
func TestRecordAgainTellsNobodyWhoAsks(t *testing.T) {
	w := newWorld(t)
	w.release(t, w.recordVisit(t, func(*desk.RecordForm) {}))
	var v desk.View
	w.must(t, call{role: agent, method: http.MethodPost, path: "/visits", body: map[string]any{
		"visit": wire.NewRecordID().String(), "service": "record.police", "pickup": "FR-LYO",
	}}, &v)
	person := adult().Person
	person.NationalNumber = "BE012345"
	for _, form := range []desk.Form{person, recordForm()} {
		v = w.put(t, v.Visit, v.Version, form)
	}
	r := w.review(t, v)
	require.False(t, r.Ready)
	require.Empty(t, r.Standing)
	for _, one := range r.Violations {
		require.NotEqual(t, "already-open", string(one.Rule))
	}
}

// TestRecordAgainTogether releases two visits for the same at the same moment.
func TestRecordAgainTogether(t *testing.T) {
	w := newWorld(t)
	visits := [2]desk.View{}
	for i := range visits {
		visits[i] = w.recordVisit(t, func(*desk.RecordForm) {})
	}
	var status [2]int
	var all sync.WaitGroup
	for i, v := range visits {
		all.Go(func() {
			status[i] = w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version}).Code
		})
	}
	all.Wait()
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusUnprocessableEntity}, status[:])
}
