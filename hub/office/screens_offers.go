package office

import (
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// offers are the acts that the machine allows this officer now, the common one
// first.
func (s *Screens) offers(p lang.Printer, q request, f finding, h sheet) []offer {
	var out []offer
	allowed := func(on Event) bool {
		_, err := Step(q.State, on, q.facts(f, h.who.ID))
		return err == nil
	}
	add := func(act string, on Event, shape func(*offer)) {
		if !allowed(on) {
			return
		}
		at := "office.act." + act
		o := offer{Act: act, Title: p.T(at + ".title"), Text: p.T(at + ".text"), Button: p.T(at + ".button")}
		if shape != nil {
			shape(&o)
		}
		o.Open = h.refused != "" && h.c.PostForm("act") == act
		out = append(out, o)
	}
	why := func(act string) func(*offer) {
		return func(o *offer) { o.Folded, o.Rows = true, rows(s.text(p, h, act)) }
	}
	add("found", Found, nil)
	add("several", SeveralFound, func(o *offer) { o.Folded = true })
	add("ask", Asked, func(o *offer) { o.Folded, o.Rows = true, rows(s.text(p, h, "ask"), s.language(p, h)) })
	add("add", EntryAdded, func(o *offer) { o.Folded, o.Rows = true, s.entryRows(p, h) })
	if q.State == Matched {
		if len(f.Entries) == 0 {
			add("nothing", SearchEnded, nil)
		} else {
			add("entries", SearchEnded, nil)
		}
	}
	add("confirm", Confirmed, nil)
	add("return", Returned, why("return"))
	add("issue", IssueOrdered, nil)
	add("void", Voided, why("void"))
	add("revoke", RevocationSaid, func(o *offer) { why("revoke")(o); o.Danger = true })
	add("refuse", RefusalDecided, func(o *offer) {
		o.Folded, o.Danger, o.Rows = true, true, rows(s.text(p, h, "refuse"))
		o.Rows[0].Fields[0].Optional = true
		o.Reasons = &web.Reasons{Legend: p.T("office.field.reason"), Name: "reason"}
		for _, r := range Refusals() {
			o.Reasons.Options = append(o.Reasons.Options, web.Option{Value: r.String(), Label: p.T("refusal." + r.String() + ".term")})
		}
	})
	return out
}

// text is the long field of an act.
func (s *Screens) text(p lang.Printer, h sheet, act string) web.Field {
	f := web.Field{ID: act + "-text", Kind: "textarea", Label: p.T("office.act." + act + ".field"), Value: h.value(act, act+"-text")}
	if p.Has("office.act." + act + ".hint") {
		f.Hint = p.T("office.act." + act + ".hint")
	}
	if (h.refused == CodeNoReason || h.refused == CodeQuestion) && h.c.PostForm("act") == act && act != "refuse" {
		f.Error = p.T("office.problem." + string(h.refused) + ".text")
	}
	return f
}

func (s *Screens) language(p lang.Printer, h sheet) web.Field {
	f := web.Field{ID: "language", Kind: "select", Label: p.T("office.field.language")}
	chosen := h.value("ask", "language")
	for _, l := range []consular.Language{consular.Arabic, consular.French, consular.English} {
		f.Options = append(f.Options, web.Option{Value: string(l), Label: web.Autonym(l), Chosen: chosen == string(l)})
	}
	return f
}

// entryRows ask for one entry as the document prints it: both languages.
func (s *Screens) entryRows(p lang.Printer, h sheet) []web.Row {
	const most = 200
	var out []web.Row
	pair := func(key string) {
		row := web.Row{Kind: "pair", Legend: p.T("office.field." + key)}
		for _, l := range []struct{ suffix, dir, lang, name string }{{"_fr", "ltr", "fr", "french"}, {"_ar", "rtl", "ar", "arabic"}} {
			id := "add-" + key + l.suffix
			row.Fields = append(row.Fields, web.Field{
				ID: id, Kind: "text", Label: p.T("office.field." + l.name), Dir: l.dir, Lang: l.lang, Max: most, Value: h.value("add", id),
			})
		}
		out = append(out, row)
	}
	pair("court")
	day := web.Row{Kind: "date", Legend: p.T("office.field.date"), Hint: p.T("office.hint.date")}
	for _, part := range []struct{ name, size string }{{"day", "short"}, {"month", "short"}, {"year", "year"}} {
		id := "add-" + part.name
		day.Fields = append(day.Fields, web.Field{
			ID: id, Kind: "text", Label: p.T("office.field." + part.name), Size: part.size, Mode: "numeric", Max: 4, Dir: "ltr", Value: h.value("add", id),
		})
	}
	out = append(out, day)
	pair("offense")
	pair("sentence")
	if h.refused == CodeEntry && h.c.PostForm("act") == "add" {
		markWrong(p, out, h.entry())
	}
	return out
}

// entry reads the date of the entry that was typed, empty when it is none.
func (h sheet) entry() consular.Date { return readDate(h.c) }

// markWrong says at each row what it lacks: a language, or a date that is one.
func markWrong(p lang.Printer, all []web.Row, day consular.Date) {
	for i := range all {
		wrong := all[i].Kind == "date" && day == ""
		for _, f := range all[i].Fields {
			wrong = wrong || f.Value == ""
		}
		if wrong {
			all[i].Error = p.T("office.rule.entry_" + all[i].Kind)
		}
	}
}
