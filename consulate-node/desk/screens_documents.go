package desk

import (
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/web"
)

// documentLine is one line of the published list: any one of its papers is
// enough.
type documentLine struct {
	Required bool
	Missing  bool
	Papers   []paperShown
}

type paperShown struct {
	ID, Label, Hint, Error string
	Held                   bool
	Day                    *web.Row // of issue, for papers that age
}

// documentsStep lists what the law lets the post ask for, and nothing else.
func (s *Screens) documentsStep(at screen, v visitState, data *stepPage, wrong []FieldRule) {
	said := sentences(at.p, wrong)
	var lines []documentLine
	shown := make(map[consular.DocumentKind]bool)
	for _, line := range s.desk.o.Tables.Documents.For(v.Review.papers()) {
		one := documentLine{Required: line.Required}
		for _, option := range line.Options {
			if shown[option.Kind] {
				continue
			}
			shown[option.Kind] = true
			one.Papers = append(one.Papers, s.paper(at, v, option, said))
		}
		if len(one.Papers) > 0 {
			lines = append(lines, one)
		}
	}
	data.Extra = lines
	for _, held := range v.Review.Documents {
		name := prefixScan + held.Kind.String()
		data.Captures = append(data.Captures, s.capture(at, v, name, wrong))
		for _, i := range v.Images { // further pages
			if kind, ok := scanKind(i.Name); ok && kind == held.Kind && i.Name != name {
				data.Captures = append(data.Captures, s.capture(at, v, i.Name, wrong))
			}
		}
	}
}

// unscanned reports a paper that was shown and has no picture yet.
func (v visitState) unscanned() bool {
	return slices.ContainsFunc(v.Review.Documents, func(h consular.DocumentHeld) bool {
		return !v.has(prefixScan + h.Kind.String())
	})
}

func (s *Screens) paper(at screen, v visitState, option consular.DocumentOption, said map[string]string) paperShown {
	id := "documents." + option.Kind.String()
	shown := paperShown{ID: id, Label: at.p.Document(option.Kind), Error: said[id]}
	issued := ""
	if v.Forms.Documents != nil {
		for _, held := range v.Forms.Documents.Held {
			if held.Kind == option.Kind.String() {
				shown.Held, issued = true, held.Issued
			}
		}
	}
	if option.MaxMonths > 0 {
		shown.Hint = at.p.T("desk.documents.months", "count", option.MaxMonths)
		b := &builder{p: at.p}
		b.date(value{id: id + ".issued", key: "issued", into: &issued}, "")
		shown.Day = &b.rows[0]
	}
	return shown
}

func (s *Screens) saveDocuments(at screen, v visitState) {
	form := &DocumentsForm{Held: []DocumentForm{}}
	for _, line := range s.desk.o.Tables.Documents.For(v.Review.papers()) {
		for _, option := range line.Options {
			kind := option.Kind.String()
			if at.c.PostForm("documents."+kind) == "" ||
				slices.ContainsFunc(form.Held, func(h DocumentForm) bool { return h.Kind == kind }) {
				continue
			}
			id := "documents." + kind + ".issued."
			form.Held = append(form.Held, DocumentForm{Kind: kind, Issued: joinDate(
				clip(at.c.PostForm(id+"day")), clip(at.c.PostForm(id+"month")), clip(at.c.PostForm(id+"year")),
			)})
		}
	}
	s.put(at, stepDocuments, form)
}
