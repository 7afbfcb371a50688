package desk_test

import (
	"strings"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/web/webtest"
	"jaliya/internal/workflow"
)

// visit gives the visit in the address.
func (b *tab) visit() string {
	b.T.Helper()
	visit, _, _ := strings.Cut(strings.TrimPrefix(webtest.Eval[string](b.Tab, "location.pathname"), "/visits/"), "/")
	return visit
}

// settle takes the fee in cash, after too little of it.
func (b *tab) settle(visit string) {
	b.T.Helper()
	b.Open("/visits/" + visit + "/steps/fee")
	b.Look("fee")
	b.Fill(map[string]string{"payment.received": "100"})
	b.Press(".pay > form button.primary")
	b.Look("fee-too-little")
	b.Fill(map[string]string{"payment.received": "200"})
	b.Press(".pay > form button.primary")
	require.True(b.T, webtest.Eval[bool](b.Tab, `document.querySelector(".notice.good") !== null`), "it is said that the fee is paid")
	b.Look("fee-paid")
	webtest.Eval[bool](b.Tab, `document.querySelector(".pay details").open = true`)
	b.Look("fee-again")
}

// correct walks a request that the hub sent back: list, page, new draft, and
// the word that a correction came too late.
func (b *tab) correct(w *world) {
	b.T.Helper()
	first := w.release(b.T, w.fill(b.T, w.begin(b.T)))
	b.Open("/requests/" + first.Reference)
	b.Look("request-may-correct")
	w.moved(b.T, first, workflow.Recapture, consular.RefusedPortraitQuality)
	b.Open("/")
	b.Look("home-waiting")
	b.Press(`#waiting a`)
	b.Look("request-sent-back")
	b.Press(`a.primary[href$="/amend"]`)
	b.Look("amend")
	b.Fill(map[string]string{"slip_code": "12"})
	b.Press("form.form button.primary")
	b.Look("amend-wrong")
	b.Fill(map[string]string{"slip_code": first.SlipCode})
	b.Press("form.form button.primary")
	visit := b.visit()
	b.Look("amend-person")
	b.Open("/requests/" + first.Reference)
	b.Look("request-under-way")
	b.Open("/visits/" + visit + "/steps/service")
	b.Look("amend-service")
	second := w.release(b.T, w.fill(b.T, w.show(b.T, visit)))
	b.Open("/visits/" + visit + "/released")
	b.Look("amend-released")
	w.moved(b.T, first, workflow.Approved, 0)
	w.refusedBy(b.T, second, 265)
	b.Open("/requests/" + first.Reference)
	b.Look("request-too-late")
	b.Open("/")
	b.Look("home-too-late")
	b.Open("/requests/" + first.Reference)
	b.Press(`form[action$="/read"] button`)
	require.False(b.T, webtest.Eval[bool](b.Tab, `document.querySelector("#waiting") !== null`))
}

// ward walks the pages of a protected adult and of a minor whose father is
// absent.
func (b *tab) ward() {
	b.T.Helper()
	person := map[string]string{
		"person.family_name.latin": "Alaoui", "person.family_name.arabic": "العلوي",
		"person.given_name.latin": "Salma", "person.given_name.arabic": "سلمى", "person.sex": "F",
		"person.birth_date.day": "12", "person.birth_date.month": "5", "person.birth_date.year": "1990",
		"person.birth_place.latin": "Fes", "person.birth_place.arabic": "فاس",
	}
	guardian := map[string]string{
		"guardian.name.family_name.latin": "Alaoui", "guardian.name.family_name.arabic": "العلوي",
		"guardian.name.given_name.latin": "Karim", "guardian.name.given_name.arabic": "كريم", "guardian.consent": "power-of-attorney",
	}
	b.Open("/visits/new")
	b.Fill(map[string]string{"service": "cnie.first", "protected": "yes"})
	b.Press("form.form button.primary")
	visit := b.visit()
	b.Fill(person)
	b.Press("form.form button.primary")
	b.Open("/visits/" + visit + "/steps/guardian")
	b.Look("guardian-protected")
	b.Press("form.form button.primary")
	b.Look("guardian-wrong")
	b.Fill(guardian)
	b.Press("form.form button.primary")
	b.Open("/visits/" + visit + "/steps/documents")
	b.Look("guardian-documents")
	b.Open("/visits/" + visit + "/steps/review")
	b.Look("guardian-review")

	b.Open("/visits/new")
	b.Fill(map[string]string{"service": "cnie.first"})
	b.Press("form.form button.primary")
	visit = b.visit()
	person["person.birth_date.year"] = "2018"
	b.Fill(person)
	b.Press("form.form button.primary")
	b.Open("/visits/" + visit + "/steps/guardian")
	today := b.today()
	guardian["guardian.consent"] = "contacted-waiting"
	guardian["guardian.contacted.day"], guardian["guardian.contacted.month"], guardian["guardian.contacted.year"] = today[2], today[1], today[0]
	b.Fill(guardian)
	b.Look("guardian-minor")
	b.Press("form.form button.primary")
	require.True(b.T, webtest.Eval[bool](b.Tab, `document.querySelector(".notice.warn") !== null`), "until when the father may answer")
	b.Look("guardian-delay")
}

// today gives year, month and day.
func (b *tab) today() []string {
	return strings.Split(webtest.Eval[string](b.Tab, `new Date().toISOString().slice(0, 10)`), "-")
}
