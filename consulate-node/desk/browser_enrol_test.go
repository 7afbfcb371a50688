package desk_test

import (
	"strings"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/workflow"
)

// visit gives the visit in the address.
func (b *tab) visit() string {
	b.t.Helper()
	visit, _, _ := strings.Cut(strings.TrimPrefix(eval[string](b, "location.pathname"), "/visits/"), "/")
	return visit
}

// settle takes the fee in cash, after too little of it.
func (b *tab) settle(visit string) {
	b.t.Helper()
	b.open("/visits/" + visit + "/steps/fee")
	b.look("fee")
	b.fill(map[string]string{"payment.received": "100"})
	b.press(".pay > form button.primary")
	b.look("fee-too-little")
	b.fill(map[string]string{"payment.received": "200"})
	b.press(".pay > form button.primary")
	require.True(b.t, eval[bool](b, `document.querySelector(".notice.good") !== null`), "it is said that the fee is paid")
	b.look("fee-paid")
	eval[bool](b, `document.querySelector(".pay details").open = true`)
	b.look("fee-again")
}

// correct walks a request that the hub sent back: list, page, new draft, and
// the word that a correction came too late.
func (b *tab) correct(w *world) {
	b.t.Helper()
	first := w.release(b.t, w.fill(b.t, w.begin(b.t)))
	b.open("/requests/" + first.Reference)
	b.look("request-may-correct")
	w.moved(b.t, first, workflow.Recapture, consular.RefusedPortraitQuality)
	b.open("/")
	b.look("home-waiting")
	b.press(`#waiting a`)
	b.look("request-sent-back")
	b.press(`a.primary[href$="/amend"]`)
	b.look("amend")
	b.fill(map[string]string{"slip_code": "12"})
	b.press("form.form button.primary")
	b.look("amend-wrong")
	b.fill(map[string]string{"slip_code": first.SlipCode})
	b.press("form.form button.primary")
	visit := b.visit()
	b.look("amend-person")
	b.open("/requests/" + first.Reference)
	b.look("request-under-way")
	b.open("/visits/" + visit + "/steps/service")
	b.look("amend-service")
	second := w.release(b.t, w.fill(b.t, w.show(b.t, visit)))
	b.open("/visits/" + visit + "/released")
	b.look("amend-released")
	w.moved(b.t, first, workflow.Approved, 0)
	w.refusedBy(b.t, second, 265)
	b.open("/requests/" + first.Reference)
	b.look("request-too-late")
	b.open("/")
	b.look("home-too-late")
	b.open("/requests/" + first.Reference)
	b.press(`form[action$="/read"] button`)
	require.False(b.t, eval[bool](b, `document.querySelector("#waiting") !== null`))
}

// ward walks the pages of a protected adult and of a minor whose father is
// absent.
func (b *tab) ward() {
	b.t.Helper()
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
	b.open("/visits/new")
	b.fill(map[string]string{"service": "cnie.first", "protected": "yes"})
	b.press("form.form button.primary")
	visit := b.visit()
	b.fill(person)
	b.press("form.form button.primary")
	b.open("/visits/" + visit + "/steps/guardian")
	b.look("guardian-protected")
	b.press("form.form button.primary")
	b.look("guardian-wrong")
	b.fill(guardian)
	b.press("form.form button.primary")
	b.open("/visits/" + visit + "/steps/documents")
	b.look("guardian-documents")
	b.open("/visits/" + visit + "/steps/review")
	b.look("guardian-review")

	b.open("/visits/new")
	b.fill(map[string]string{"service": "cnie.first"})
	b.press("form.form button.primary")
	visit = b.visit()
	person["person.birth_date.year"] = "2018"
	b.fill(person)
	b.press("form.form button.primary")
	b.open("/visits/" + visit + "/steps/guardian")
	today := b.today()
	guardian["guardian.consent"] = "contacted-waiting"
	guardian["guardian.contacted.day"], guardian["guardian.contacted.month"], guardian["guardian.contacted.year"] = today[2], today[1], today[0]
	b.fill(guardian)
	b.look("guardian-minor")
	b.press("form.form button.primary")
	require.True(b.t, eval[bool](b, `document.querySelector(".notice.warn") !== null`), "until when the father may answer")
	b.look("guardian-delay")
}

// today gives year, month and day.
func (b *tab) today() []string {
	return strings.Split(eval[string](b, `new Date().toISOString().slice(0, 10)`), "-")
}
