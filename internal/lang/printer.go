package lang

import (
	"fmt"
	"strings"
	"time"

	"jaliya/internal/consular"
)

// Printer speaks one language. It is a small value; make one per request.
type Printer struct {
	catalog  *Catalog
	language consular.Language
}

// Printer gives the voice of a language; one that the product does not have
// speaks Arabic.
func (c *Catalog) Printer(l consular.Language) Printer {
	if l.Validate() != nil {
		l = consular.Arabic
	}
	return Printer{catalog: c, language: l}
}

// Language gives the language of the printer, for the lang attribute.
func (p Printer) Language() consular.Language { return p.language }

// Direction gives "rtl" or "ltr", for the dir attribute.
func (p Printer) Direction() string {
	if p.language.RightToLeft() {
		return "rtl"
	}
	return "ltr"
}

// Has reports whether the language has the message of its own, so that a page
// can mark what is given in another.
func (p Printer) Has(key string) bool {
	_, ok := p.catalog.messages[p.language][key]
	return ok
}

// T gives a message. Arguments are pairs of a name and a value, as in slog:
//
//	p.T("slip.promised", "date", date)
//
// Whole numbers, consular.Date, Money, Country, Reference are written in the
// manner of the language; text is isolated where its direction could disturb
// the sentence. The argument "count", an int, chooses the plural form. A key
// that no language has comes back as it is.
func (p Printer) T(key string, args ...any) string {
	if text, ok := p.own(key, args); ok {
		return text
	}
	var texts []string
	for _, l := range instead(p.language) {
		q := Printer{catalog: p.catalog, language: l}
		text, ok := q.own(key, args)
		if !ok {
			continue
		}
		if p.language != consular.Tamazight {
			return text
		}
		texts = append(texts, q.isolated(text))
	}
	if len(texts) == 0 {
		return key
	}
	return strings.Join(texts, " / ")
}

func (p Printer) isolated(s string) string {
	if p.language.RightToLeft() {
		return rli + s + pdi
	}
	return lri + s + pdi
}

// instead says in which languages a message is given when the language has
// none: for Tamazight both are given, for the others the first that has it.
func instead(l consular.Language) []consular.Language {
	switch l {
	case consular.Dutch, consular.German:
		return []consular.Language{consular.English, consular.French}
	case consular.Tamazight:
		return []consular.Language{consular.Arabic, consular.French}
	case consular.Arabic, consular.French, consular.English, consular.Spanish, consular.Italian:
		return []consular.Language{consular.French, consular.Arabic}
	default:
		return nil
	}
}

func (p Printer) own(key string, args []any) (string, bool) {
	m, ok := p.catalog.messages[p.language][key]
	if !ok {
		return "", false
	}
	pat := m[formOther]
	if n, ok := argument(args, "count").(int); ok {
		pat = m.pick(p.language, n)
	}
	return pat.fill(func(name string) (string, bool) {
		v := argument(args, name)
		return p.value(v), v != nil
	}), true
}

// argument finds a value by name; nil when it is not there.
func argument(args []any, name string) any {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}

// value writes one argument in the manner of the language.
func (p Printer) value(v any) string {
	switch v := v.(type) {
	case string:
		return within(p.language.RightToLeft(), v)
	case int:
		return p.Number(int64(v))
	case int64:
		return p.Number(v)
	case uint64:
		return p.Number(int64(min(v, 1<<62)))
	case consular.Date:
		return p.Date(v)
	case consular.Money:
		return p.Money(v)
	case consular.Country:
		return p.Country(v)
	case consular.Reference:
		return Code(v.String())
	case time.Time:
		return p.DateTime(v)
	case fmt.Stringer:
		return within(p.language.RightToLeft(), v.String())
	default:
		return ""
	}
}
