package lang

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"jaliya/internal/consular"
)

// Country gives the name of a country, the code where no name is known.
func (p Printer) Country(c consular.Country) string {
	region, err := language.ParseRegion(string(c))
	if err != nil {
		return string(c)
	}
	if name := display.Regions(tagOf(p.language)).Name(region); name != "" {
		return name
	}
	return string(c)
}

// Service names a service.
func (p Printer) Service(s consular.Service) string { return p.T("service." + s.String()) }

// Document names a paper of the published lists.
func (p Printer) Document(d consular.DocumentKind) string { return p.T("document." + d.String()) }

// FeePart names a component of a fee.
func (p Printer) FeePart(c consular.FeeComponent) string { return p.T("fee." + c.String()) }

// Status names a public status by its key, workflow.Status.Key.
func (p Printer) Status(key string) string { return p.T("status." + key + ".name") }

// Level names a level of safety, 0 to 3, in the words of the screens.
func (p Printer) Level(n int) string { return p.T(levelKey(n) + ".name") }

// LevelMeans says what a level of safety means for the reader.
func (p Printer) LevelMeans(n int) string { return p.T(levelKey(n) + ".means") }

func levelKey(n int) string { return "level.l" + string(rune('0'+min(max(n, 0), 3))) }

// Refusal says to the person why something was refused.
func (p Printer) Refusal(r consular.RefusalReason) string {
	return p.T("refusal." + r.String() + ".why")
}

// RefusalNext says to the person what to do about a refusal.
func (p Printer) RefusalNext(r consular.RefusalReason) string {
	return p.T("refusal." + r.String() + ".next")
}

// Post names a post: its kind and its city.
func (p Printer) Post(k consular.PostKind, city string) string {
	return p.T("post."+k.String(), "city", city)
}

// Violation turns a broken rule into a sentence that says what to do. It
// looks for a sentence of the very field first ("rule.on.latin.script"), then
// for that of the rule.
func (p Printer) Violation(v consular.Violation) string {
	field := v.Field[strings.LastIndexByte(v.Field, '.')+1:]
	for _, key := range []string{"rule.on." + field + "." + string(v.Rule), "rule." + string(v.Rule)} {
		if text := p.T(key); text != key {
			return text
		}
	}
	return p.T("rule.format")
}

// Field names the field of a violation, in words for the summary of a form:
// "person.father.given_name.latin" is "Given name of the father, in Latin
// letters". The path itself where no word is known.
func (p Printer) Field(path string) string {
	name, out := strings.Split(path, "."), ""
	for _, part := range slices.Backward(name) {
		word := p.T("field." + part)
		known := word != "field."+part
		switch {
		case part == "arabic" || part == "latin":
		case out == "" && known:
			out = word
		case part == "father" || part == "mother":
			out = p.T("field.of_"+part, "field", out)
		}
	}
	if out == "" {
		return path
	}
	if last := name[len(name)-1]; last == "arabic" || last == "latin" {
		return p.T("field."+last, "field", out)
	}
	return out
}

// Sex names the sex as it stands in the civil-status record.
func (p Printer) Sex(s consular.Sex) string { return p.T("sex." + s.String()) }
