package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
	"jaliya/internal/web/attack"
)

// against gives a post's whole desk with the browser of a role and a visit that
// is under way.
func against(t *testing.T, role access.Role) (attack.Surface, surfer, string) {
	t.Helper()
	c := newCounter(t, people(t)...)
	engine, ok := c.screensWith(t, optionsOf(c)).(*gin.Engine)
	require.True(t, ok)
	v := c.begin(t)
	return attack.Surface{
		T: t, Engine: engine, Host: "desk.example",
		As: func(r *http.Request) { r.AddCookie(&http.Cookie{Name: roleCookie, Value: string(role)}) },
		Fill: strings.NewReplacer(":visit", v.Visit, ":name", "portrait", ":step", "person", ":reference", strings.Repeat("1", 18),
			":label", string(c.label), ":serial", c.card.Serial, ":hash", "0", ":group", "person", ":act", "open"),
		State: func() any { return c.show(t, v.Visit).Version },
	}, surfer{tb: t, handler: engine, role: string(role), lang: "ar"}, v.Visit
}

// TestAttacks tries on every route of the desk what strangers try, with the
// cookie of each role.
func TestAttacks(t *testing.T) {
	for _, role := range access.Roles() {
		t.Run(string(role), func(t *testing.T) {
			s, _, _ := against(t, role)
			s.CrossSite()
			s.Hosts()
			s.Methods()
			s.Headers()
		})
	}
	s, _, _ := against(t, access.Agent)
	s.Paths()
	s.Redirects("next", "back", "return")
}

// TestMarkupTyped: what clerks type comes back as text, on the page of its step,
// on the page of all answers, and in the lists.
func TestMarkupTyped(t *testing.T) {
	for _, text := range attack.Markup() {
		_, agent, visit := against(t, access.Agent)
		base := "/visits/" + visit
		for step, fields := range map[string][]string{
			"person": {
				"person.family_name.latin", "person.family_name.arabic", "person.given_name.latin", "person.given_name.arabic",
				"person.birth_place.latin", "person.birth_place.arabic", "person.national_number", "person.sex", "person.birth_date.year",
			},
			"family":    {"person.father.given_name.latin", "person.mother.given_name.arabic", "person.act_number"},
			"contact":   {"contact.phone", "contact.email", "contact.address.street.latin", "contact.address.city.latin", "contact.address.postcode"},
			"guardian":  {"guardian.name.family_name.latin", "guardian.consent"},
			"documents": {"documents.old-card", "documents.old-card.number"},
			"fee":       {"payment.received", "payment.receipt"},
			"confirm":   {"note"},
		} {
			form := url.Values{}
			for _, field := range fields {
				form.Set(field, text)
			}
			for _, page := range []seen{agent.post(base+"/steps/"+step, form), agent.get(base + "/steps/" + step), agent.get(base + "/steps/review")} {
				require.Less(t, page.Code, http.StatusInternalServerError, step)
				attack.Harmless(t, page.text, step+" "+text)
			}
		}
		for path, fields := range map[string][]string{
			"/sign-in": {"staff", "password", "code", "next"}, "/unlock": {"password", "next"}, "/enrol": {"staff", "sheet", "password", "code"},
			"/search": {"words"}, "/find": {"reference"}, "/follow": {"reference", "slip_code"}, "/visits": {"service", "protected"},
			"/pouches": {"label"}, "/records": {"reference", "words"}, "/cards": {"serial", "words"}, "/language": {"language", "back"},
		} {
			form := url.Values{}
			for _, field := range fields {
				form.Set(field, text)
			}
			page := agent.post(path, form)
			require.Less(t, page.Code, http.StatusInternalServerError, path)
			attack.Harmless(t, page.text, path+" "+text)
		}
		attack.Harmless(t, agent.get("/").text, "home")
		attack.Harmless(t, agent.get(base+"/confirm").text, "turned")
	}
}
