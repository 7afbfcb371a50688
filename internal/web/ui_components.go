package web

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// showcase is every component in every state, made of example data.
type showcase struct {
	Badges   []Badge
	Bars     []LinkBar
	Notices  []Notice
	Errors   []FieldError
	Form     Form
	Steps    []Step
	Timeline []Stage
	List     WorkList
	Empty    WorkList
	Capture  Capture
	Two      []TwoPerson
	Reasons  Reasons
	QR       QRCard
	Charts   []Chart
	Shares   Bars
	Map      Map

	Reference, Audit string
}

// components shows all pieces together, so that a change of one is seen in all
// states and both directions at once.
func (u *UI) components(c *gin.Context) {
	p := u.Printer(c)
	example := func(key string) string { return p.T("web.example." + key) }
	at := time.Date(2026, 11, 22, 13, 20, 0, 0, time.UTC)
	qr, err := NewQR("https://example.org/")
	if err != nil {
		Fail(c, err)
		return
	}
	s := showcase{
		Badges: []Badge{{Level: 0, Means: true}, {Level: 1, Means: true}, {Level: 2, Means: true}, {Level: 3, Means: true}},
		Bars: []LinkBar{
			{State: "good", Title: example("connected"), Text: example("secured"), Href: "#"},
			{State: "alone", Title: example("alone"), Text: example("saved_here"), Href: "#"},
			{State: "bad", Title: example("refused"), Text: example("look"), Href: "#"},
		},
		Notices: []Notice{
			{Kind: "good", Title: example("secured")},
			{Kind: "info", Title: example("look")},
			{Kind: "warn", Title: example("saved_here")},
			{Kind: "bad", Title: example("refused"), Text: example("look")},
		},
		Errors: []FieldError{{Href: "#example.latin", Text: p.T("rule.on.latin.script")}},
		Steps: []Step{
			{Label: example("one"), Href: "#", State: "done"},
			{Label: example("two"), Href: "#", State: "look"},
			{Label: example("three"), Href: "#", State: "now"},
			{Label: example("four"), Href: "#", State: "todo"},
		},
		Timeline: []Stage{
			{State: "done", Name: p.Status("enrolled"), At: at},
			{State: "now", Name: p.Status("being_verified"), Means: p.T("status.being_verified.means")},
			{State: "next", Name: p.Status("in_production")},
		},
		List:  exampleList(p.T, at),
		Empty: WorkList{Caption: example("list"), Empty: example("empty")},
		Capture: Capture{
			Name: "example", Title: example("portrait"), Hint: example("portrait_hint"), Action: "#", Upload: "#",
			Accept: "image/jpeg", Camera: true, Pad: true,
		},
		Two: []TwoPerson{
			{Title: example("second"), Text: example("second_text"), First: "Nadia Tazi", Action: "#", Button: example("button")},
			{Title: example("second"), First: "Nadia Tazi", Refused: example("same_person")},
		},
		Reasons: Reasons{Legend: example("reason"), Name: "reason", Options: []Option{
			{Value: "a", Label: example("one")}, {Value: "b", Label: example("two"), Hint: example("look")},
		}},
		QR:        QRCard{Title: example("scan"), Text: example("look"), QR: qr},
		Reference: "123456 789012 345678", Audit: p.T("web.audit", "count", 3),
	}
	s.Form = exampleForm(p.T)
	s.Charts, s.Shares, s.Map = exampleCharts(p), exampleShares(p), exampleMap(p)
	u.Render(c, http.StatusOK, Page{
		Title: p.T("web.components.title"), Template: "components", Data: s, Scripts: []string{"form.js", "capture.js"},
	})
}

type words func(key string, args ...any) string

func exampleList(t words, at time.Time) WorkList {
	return WorkList{
		ID: "example", Caption: t("web.example.list"),
		Columns: []string{t("web.example.one"), t("web.example.two"), t("web.example.three"), t("web.example.four")},
		Cards: []Card{
			{Href: "#", Level: 1, Marked: true, Cells: []Cell{
				{Kind: "name", Text: "EL AMRANI Salma", Second: "العمراني سلمى"},
				{Kind: "time", At: at},
				{Kind: "state", Tone: "warn", Text: t("web.example.look")},
				{Kind: "level"},
			}},
			{Href: "#", Level: 2, Cells: []Cell{
				{Kind: "code", Text: "123456 789012 345678"},
				{Kind: "time", At: at},
				{Kind: "state", Tone: "good", Text: t("web.example.secured")},
				{Kind: "level"},
			}},
		},
	}
}

func exampleForm(t words) Form {
	return Form{Action: "#", Save: t("web.example.button"), Rows: []Row{
		{Kind: "pair", Legend: t("web.example.name"), Fields: []Field{
			{
				ID: "example.latin", Kind: "text", Label: t("web.script.in_latin"), Dir: "ltr", Lang: "fr",
				Script: "latin", Value: "العمراني", Error: t("rule.on.latin.script"),
			},
			{ID: "example.arabic", Kind: "text", Label: t("web.script.in_arabic"), Dir: "rtl", Lang: "ar", Script: "arabic", Value: "العمراني"},
		}},
		{Kind: "date", Legend: t("web.example.date"), Hint: t("web.example.date_hint"), Fields: []Field{
			{ID: "example.day", Kind: "text", Label: t("web.date.day"), Size: "short", Dir: "ltr", Mode: "numeric"},
			{ID: "example.month", Kind: "text", Label: t("web.date.month"), Size: "short", Dir: "ltr", Mode: "numeric"},
			{ID: "example.year", Kind: "text", Label: t("web.date.year"), Size: "year", Dir: "ltr", Mode: "numeric"},
		}},
		{Fields: []Field{{
			ID: "example.choice", Kind: "radio", Label: t("web.example.three"), Optional: true,
			Options: []Option{{Value: "a", Label: t("web.example.one"), Chosen: true}, {Value: "b", Label: t("web.example.two")}},
		}}},
	}}
}
