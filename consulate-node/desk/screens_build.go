package desk

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// maxTyped caps what one field of a screen takes, in runes; the rules of the
// vocabulary have shorter ones with words of their own.
const maxTyped = 300

// builder makes the rows of a form and, from the same lines, reads what was
// typed back into the form: a field that is shown is a field that is read.
type builder struct {
	p     lang.Printer
	wrong map[string]string // sentence by field, only when errors are to be shown
	held  map[string]string // what is saved now, by input, after a conflict
	rows  []web.Row
	binds []bind
}

// bind moves one typed value into the form.
type bind func(typed func(id string) (string, bool))

// value is one text of a form with its place on the screen. Its id is the path
// that a violation names.
type value struct {
	id   string
	key  string // message of its label, below desk.field
	into *string
}

func (b *builder) take(v value) {
	b.binds = append(b.binds, func(typed func(string) (string, bool)) {
		if text, ok := typed(v.id); ok {
			*v.into = text
		}
	})
}

func (b *builder) label(key string) string { return b.p.T("desk.field." + key) }

// text adds a line to type in; shape may refine it.
func (b *builder) text(v value, shape func(*web.Field)) {
	f := web.Field{
		ID: v.id, Kind: "text", Label: b.label(v.key), Value: *v.into, Error: b.wrong[v.id], Max: maxTyped,
	}
	if shape != nil {
		shape(&f)
	}
	f.Held = b.heldOf(v)
	b.rows = append(b.rows, web.Row{Fields: []web.Field{f}})
	b.take(v)
}

func (b *builder) heldOf(v value) string {
	if held, ok := b.held[v.id]; ok && held != *v.into {
		if held == "" {
			return b.p.T("desk.form.nothing")
		}
		return held
	}
	return ""
}

func mono(f *web.Field) { f.Mono, f.Dir = true, "ltr" }

func optional(f *web.Field) { f.Optional = true }

func hint(text string) func(*web.Field) { return func(f *web.Field) { f.Hint = text } }

func shapes(all ...func(*web.Field)) func(*web.Field) {
	return func(f *web.Field) {
		for _, one := range all {
			one(f)
		}
	}
}

// script is a line in one script of a name.
func (b *builder) script(v value, arabic bool) web.Field {
	f := web.Field{
		ID: v.id, Kind: "text", Label: b.p.T("web.script.in_latin"), Dir: "ltr", Lang: "fr", Script: "latin",
		Value: *v.into, Error: b.wrong[v.id], Held: b.heldOf(v), Max: maxTyped,
	}
	if arabic {
		f.Label, f.Dir, f.Lang, f.Script = b.p.T("web.script.in_arabic"), "rtl", "ar", "arabic"
	}
	b.take(v)
	return f
}

// name adds both scripts of a name side by side. The Latin one stands at the
// left in each language, as on the card.
func (b *builder) name(id, key string, n *NameForm, more ...func(*web.Row)) {
	row := web.Row{Kind: "pair", ID: id, Legend: b.label(key), Error: b.wrong[id], Fields: []web.Field{
		b.script(value{id: id + ".latin", into: &n.Latin}, false),
		b.script(value{id: id + ".arabic", into: &n.Arabic}, true),
	}}
	for _, one := range more {
		one(&row)
	}
	b.rows = append(b.rows, row)
}

func rowHint(text string) func(*web.Row) { return func(r *web.Row) { r.Hint = text } }

func rowOptional(r *web.Row) { r.Optional = true }

// choice adds radio buttons, or a list to choose from when it is long.
func (b *builder) choice(v value, options []web.Option, shape func(*web.Field)) {
	const few = 8
	f := web.Field{ID: v.id, Kind: "radio", Label: b.label(v.key), Error: b.wrong[v.id], Options: options}
	if len(options) > few {
		f.Kind = "select"
	}
	for i := range f.Options {
		f.Options[i].Chosen = f.Options[i].Value == *v.into
	}
	if shape != nil {
		shape(&f)
	}
	f.Held = b.heldOf(v)
	b.rows = append(b.rows, web.Row{Fields: []web.Field{f}})
	b.take(v)
}

// date adds day, month and year of a date of which parts may be unknown.
func (b *builder) date(v value, hint string) {
	day, month, year := splitDate(*v.into)
	part := func(name, label, size, text string) web.Field {
		return web.Field{
			ID: v.id + "." + name, Kind: "text", Label: b.p.T("web.date." + label), Size: size, Dir: "ltr",
			Mode: "numeric", Max: 10, Value: text, Mono: true,
		}
	}
	b.rows = append(b.rows, web.Row{
		Kind: "date", ID: v.id, Legend: b.label(v.key), Hint: hint, Error: b.wrong[v.id],
		Fields: []web.Field{
			part("day", "day", "short", day), part("month", "month", "short", month), part("year", "year", "year", year),
		},
	})
	b.binds = append(b.binds, func(typed func(string) (string, bool)) {
		d, ok := typed(v.id + ".day")
		m, _ := typed(v.id + ".month")
		y, _ := typed(v.id + ".year")
		if ok {
			*v.into = joinDate(d, m, y)
		}
	})
	if held := b.heldOf(v); held != "" {
		b.rows[len(b.rows)-1].Fields[2].Held = held
	}
}

// joinDate writes three fields as the text that a person would have typed:
// "12/05/1975", "05/1975", "1975". What does not fit stays readable.
func joinDate(day, month, year string) string {
	parts := []string{two(day), two(month), year}
	if day == "" {
		parts = parts[1:]
		if month == "" {
			parts = parts[1:]
		}
	}
	return strings.Join(parts, "/")
}

func two(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// splitDate is the way back, from text of the API too.
func splitDate(s string) (day, month, year string) {
	parts := strings.Split(s, "/")
	if !strings.Contains(s, "/") && strings.Contains(s, "-") {
		parts = strings.Split(strings.ReplaceAll(strings.ToUpper(s), "XX", ""), "-")
		slices.Reverse(parts)
	}
	for len(parts) < 3 {
		parts = append([]string{""}, parts...)
	}
	return parts[0], parts[1], strings.Join(parts[2:], "/")
}

// fill reads a form that was sent. What a keyboard cannot type is left out.
func (b *builder) fill(c *gin.Context) {
	typed := func(id string) (string, bool) {
		text, ok := c.GetPostForm(id)
		return clip(text), ok
	}
	for _, one := range b.binds {
		one(typed)
	}
}

func clip(s string) string {
	s = strings.ToValidUTF8(strings.TrimSpace(strings.ReplaceAll(s, "\x00", "")), "")
	if utf8.RuneCountInString(s) > maxTyped {
		s = string([]rune(s)[:maxTyped])
	}
	return s
}

// values gives what each input of the form holds, to compare two versions.
func (b *builder) values() map[string]string {
	out := map[string]string{}
	for _, row := range b.rows {
		if row.Kind == "date" {
			out[row.ID] = joinDate(row.Fields[0].Value, row.Fields[1].Value, row.Fields[2].Value)
			continue
		}
		for _, f := range row.Fields {
			out[f.ID] = f.Value
			for _, o := range f.Options {
				if o.Chosen {
					out[f.ID] = o.Value
				}
			}
		}
	}
	return out
}

// sentence tells what to do about a violation.
func sentence(p lang.Printer, v FieldRule) string {
	if key := deskRule(v.Rule); key != "" {
		return p.T(key)
	}
	top, rest, _ := strings.Cut(v.Field, ".")
	switch {
	case v.Rule == consular.RuleRequired && (top == "images" || top == "documents"):
		return p.T("desk.rule." + top)
	case v.Rule == consular.RuleRequired && top == "fingers":
		return p.T("desk.rule.fingers")
	case v.Rule == consular.RuleRequired && top == "guardian" && rest == "":
		return p.T("guardian.rule.required")
	case v.Field == "person.nationality" && v.Rule == consular.RuleNotAllowed:
		return p.T("desk.rule.nationality")
	}
	return p.Violation(consular.Violation(v))
}

// deskRule gives the message of a rule of the desk, empty for those of package
// consular.
func deskRule(r consular.Rule) string {
	return map[consular.Rule]string{ //nolint:exhaustive // the others are of package consular
		ruleQuality: "desk.rule.quality", ruleIncomplete: "desk.rule.incomplete",
		ruleAlreadyOpen: "again.rule",
		ruleDecided:     "amend.rule.decided", ruleSlip: "amend.rule.slip",
		ruleNotProtected: "guardian.rule.not_protected", ruleDelayRuns: "guardian.rule.delay_runs",
		ruleDelayOver: "guardian.rule.delay_over", ruleForMinors: "guardian.rule.for_minors",
		ruleUnpaid: "payment.rule.unpaid", ruleFeeChanged: "payment.rule.changed", ruleTooLittle: "payment.rule.little",
	}[r]
}

// fieldLabel names a field where it is not seen, as in a list of what is left.
func fieldLabel(p lang.Printer, field string) string {
	top, rest, _ := strings.Cut(field, ".")
	if ofRecord(top) {
		return recordLabel(p, field)
	}
	switch top {
	case "documents":
		if kind, err := consular.ParseDocumentKind(rest); err == nil {
			return p.Document(kind)
		}
	case "fingers":
		return p.T("desk.finger." + rest)
	case "images":
		return imageLabel(p, rest)
	case "amends":
		return p.T("amend.field")
	case "guardian":
		if rest == "contacted" {
			return p.T("guardian.field.contacted")
		}
	case "payment":
		return p.T("payment.field." + cmp.Or(rest, "payment"))
	}
	return labelInScript(p, top, rest)
}

// labelInScript names a field, with the script of a name.
func labelInScript(p lang.Printer, top, rest string) string {
	base, script := rest, ""
	for _, one := range []string{"latin", "arabic"} {
		if cut, ok := strings.CutSuffix(rest, "."+one); ok {
			base, script = cut, " ("+p.T("web.script.name_"+one)+")"
		}
	}
	if rest == "" || top == "guardian" || top == "delivery" {
		base = strings.TrimSuffix(top+"."+base, ".")
	}
	key := "desk.field." + strings.NewReplacer(".", "_", "-", "_").Replace(base)
	if p.Has(key) {
		return p.T(key) + script
	}
	return p.T("desk.field.other") + script
}

func imageLabel(p lang.Printer, name string) string {
	if kind, ok := scanKind(name); ok {
		return p.T("desk.image.scan", "document", p.Document(kind))
	}
	if finger, ok := strings.CutPrefix(name, prefixPrint); ok {
		return p.T("desk.finger." + finger)
	}
	return p.T("desk.image." + name)
}
