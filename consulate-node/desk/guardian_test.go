package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

func guardian(consent, contacted string) *desk.GuardianForm {
	return &desk.GuardianForm{
		Name: desk.PersonNameForm{
			Family: desk.NameForm{Arabic: "العلوي", Latin: "Alaoui"}, Given: desk.NameForm{Arabic: "كريم", Latin: "Karim"},
		},
		NationalNumber: "AB123456", Consent: consent, Contacted: contacted,
	}
}

// ward is a visit of somebody for whom a guardian acts.
func (w *world) ward(tb testing.TB, protected bool, birth string) desk.View {
	tb.Helper()
	var v desk.View
	w.must(tb, call{role: agent, method: http.MethodPost, path: "/visits", body: map[string]any{
		"visit": wire.NewRecordID().String(), "service": "cnie.first", "pickup": "FR-LYO", "protected": protected,
	}}, &v)
	person := adult().Person
	person.Birth = birth
	return w.put(tb, v.Visit, v.Version, person)
}

func rules(v desk.View) []string {
	out := []string{}
	for _, one := range v.Warnings {
		out = append(out, one.Field+" "+string(one.Rule))
	}
	return out
}

const (
	grown = "12/05/1990"
	child = "2018-01-01"
)

func TestGuardian(t *testing.T) {
	for name, c := range map[string]struct {
		protected bool
		birth     string
		form      *desk.GuardianForm
		broken    string // "field rule", empty when nothing about the guardian is wrong
	}{
		"OKMinorPresent":       {false, child, guardian("present", ""), ""},
		"OKMinorSworn":         {false, child, guardian("sworn-absence", ""), ""},
		"OKMinorSwornLater":    {false, child, guardian("sworn-absence", "2026-11-07"), ""},
		"OKProtectedPresent":   {true, grown, guardian("present", ""), ""},
		"OKProtectedAttorney":  {true, grown, guardian("power-of-attorney", ""), ""},
		"OKMarkOnAMinor":       {true, child, guardian("sworn-absence", ""), ""},
		"ErrMinorNobody":       {false, child, nil, "guardian required"},
		"ErrProtectedNobody":   {true, grown, nil, "guardian required"},
		"ErrAdultWithGuardian": {false, grown, guardian("present", ""), "guardian not-protected"},
		"ErrNoConsent":         {true, grown, guardian("", ""), "guardian.consent required"},
		"ErrDelayRuns":         {false, child, guardian("contacted-waiting", "2026-11-08"), "guardian.consent delay-runs"},
		"ErrDelayOver":         {false, child, guardian("contacted-waiting", "2026-11-07"), "guardian.consent delay-over"},
		"ErrSwornTooEarly":     {false, child, guardian("sworn-absence", "2026-11-08"), "guardian.consent delay-runs"},
		"ErrNotContacted":      {false, child, guardian("contacted-waiting", ""), "guardian.contacted required"},
		"ErrContactedLater":    {false, child, guardian("sworn-absence", "2026-11-23"), "guardian.contacted range"},
		"ErrContactedNoDay":    {false, child, guardian("sworn-absence", "2026-02-30"), "guardian.contacted calendar"},
		"ErrProtectedSworn":    {true, grown, guardian("sworn-absence", ""), "guardian.consent for-minors"},
		"ErrProtectedWaiting":  {true, grown, guardian("contacted-waiting", "2026-11-01"), "guardian.consent for-minors"},
		"ErrOneScript": {true, grown, func() *desk.GuardianForm {
			g := guardian("present", "")
			g.Name.Family.Arabic = ""
			return g
		}(), "guardian.name.family_name.arabic required"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			v := w.ward(t, c.protected, c.birth)
			if c.form != nil {
				v = w.put(t, v.Visit, v.Version, c.form)
			}
			var about []string
			for _, one := range rules(v) {
				if regexp.MustCompile(`^guardian`).MatchString(one) {
					about = append(about, one)
				}
			}
			if c.broken == "" {
				require.Empty(t, about)
				return
			}
			require.Equal(t, []string{c.broken}, about)
		})
	}
}

func TestPapersOfTheGuardian(t *testing.T) {
	w := newWorld(t)
	v := w.ward(t, true, grown)
	v = w.put(t, v.Visit, v.Version, guardian("present", ""))
	require.Contains(t, rules(v), "documents.guardian-request required")
	require.Contains(t, rules(v), "documents.court-decision required")
	require.NotContains(t, rules(v), "documents.guardian-card required", "that is of minors")
	v = w.put(t, v.Visit, v.Version, guardian("power-of-attorney", ""))
	require.Contains(t, rules(v), "documents.power-of-attorney required")
	m := w.ward(t, false, child)
	m = w.put(t, m.Visit, m.Version, guardian("present", ""))
	require.NotContains(t, rules(m), "documents.court-decision required")
	m = w.put(t, m.Visit, m.Version, guardian("court-order", ""))
	require.Contains(t, rules(m), "documents.court-decision required")
	require.Contains(t, rules(m), "documents.guardian-card required")
}

// TestProtectedAdultToRelease is a whole visit, marked after it began.
func TestProtectedAdultToRelease(t *testing.T) {
	w := newWorld(t)
	v := w.fill(t, w.begin(t))
	a := w.do(t, call{role: agent, method: http.MethodPatch, path: "/visits/" + v.Visit, version: v.Version, body: map[string]any{"protected": true}})
	require.Equal(t, http.StatusOK, a.Code)
	v = w.show(t, v.Visit)
	require.True(t, v.Protected)
	a = w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version})
	require.Equal(t, "incomplete", a.problem.Code)
	v = w.put(t, v.Visit, v.Version, guardian("present", ""))
	papers := adult().Documents
	papers.Held = append(papers.Held, desk.DocumentForm{Kind: "guardian-request"}, desk.DocumentForm{Kind: "court-decision"})
	v = w.put(t, v.Visit, v.Version, papers)
	require.Empty(t, v.Warnings)
	w.release(t, v)
	_, body, _ := w.openEntry(t, v.Visit)
	require.Equal(t, "العلوي", body.Guardian.Name.Family.Arabic)
	require.Equal(t, consular.GuardianPresent, body.Guardian.Consent)
	require.Contains(t, body.Documents, consular.DocCourtDecision)
}

func TestGuardianOnTheScreen(t *testing.T) {
	w := newWorld(t)
	handler := w.screens(t)
	s := surfer{tb: t, handler: handler, role: "agent", lang: "fr"}
	fresh := s.get("/visits/new")
	visit := fresh.hidden("visit")
	page := s.post("/visits", url.Values{"visit": {visit}, "service": {"cnie.first"}, "pickup": {"FR-LYO"}, "protected": {"yes"}})
	require.Contains(t, page.text, "/steps/guardian", "the step stands in the visit")
	v := w.show(t, visit)
	w.put(t, visit, v.Version, adult().Person)
	at := "/visits/" + visit + "/steps/guardian"
	page = s.get(at)
	require.NotContains(t, page.text, `value="sworn-absence"`, "of minors only")
	got := s.post(at, page.versioned("guardian.name.family_name.latin", "Alaoui", "guardian.consent", "present"))
	require.Contains(t, got.text, `href="#guardian.name.family_name.arabic"`)
	got = s.post(at, got.versioned("guardian.name.family_name.latin", "Alaoui", "guardian.name.family_name.arabic", "العلوي",
		"guardian.name.given_name.latin", "Karim", "guardian.name.given_name.arabic", "كريم", "guardian.consent", "court-order"))
	require.Contains(t, got.at, "/steps/contact")
	require.Contains(t, s.get("/visits/"+visit+"/steps/documents").text, "documents.court-decision")
	second := surfer{tb: t, handler: handler, role: "supervisor", lang: "fr"}
	look := second.get("/visits/" + visit + "/release")
	require.Contains(t, look.text, "العلوي")
	require.Contains(t, look.text, "Majeur protégé")

	service := s.get("/visits/" + visit + "/steps/service")
	require.Contains(t, service.text, `value="yes" checked`)
	s.post("/visits/"+visit+"/steps/service", service.versioned("service", "cnie.first", "pickup", "FR-LYO", "protected", "no"))
	require.False(t, w.show(t, visit).Protected)
	require.Contains(t, s.get(at+"?check=1").text, "agit seule")

	m := w.ward(t, false, child)
	at = "/visits/" + m.Visit + "/steps/guardian"
	page = s.get(at)
	got = s.post(at, page.versioned("guardian.name.family_name.latin", "Alaoui", "guardian.name.family_name.arabic", "العلوي",
		"guardian.name.given_name.latin", "Karim", "guardian.name.given_name.arabic", "كريم", "guardian.consent", "contacted-waiting",
		"guardian.contacted.day", "20", "guardian.contacted.month", "11", "guardian.contacted.year", "2026"))
	require.Contains(t, got.text, "Le père peut répondre jusqu")
	require.Contains(t, got.text, "5\u00a0décembre\u00a02026")
	for _, language := range []string{"ar", "en"} {
		s.lang = language
		for _, path := range []string{at, "/visits/new"} {
			require.NotRegexp(t, regexp.MustCompile(`>[^<]*\b(guardian|desk|web)\.[a-z_]+`), s.get(path).text)
		}
	}
}
