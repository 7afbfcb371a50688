package desk

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// The places of the hand-over desk.
const (
	pathPouches = "/pouches"
	pathShelve  = "/shelve"
	pathCards   = "/cards"
	pathPouch   = pathPouches + "/:pouch"
	pathCard    = pathCards + "/:reference"
)

// HandoverScreenRoutes lists the screens of pouches, shelves and the hand-over.
func HandoverScreenRoutes() []ScreenRoute {
	get, post := http.MethodGet, http.MethodPost
	return append([]ScreenRoute{
		{get, pathPouches, access.CardRead, (*Screens).pouches},
		{post, pathPouches, access.CardRead, (*Screens).findPouch},
		{get, pathPouch, access.CardRead, (*Screens).pouch},
		{post, pathPouch + "/arrive", access.PouchOpen, (*Screens).pouchArrived},
		{post, pathPouch + "/open", access.HandoverWrite, (*Screens).openPouch},
		{post, pathPouch + "/scan", access.HandoverWrite, (*Screens).scanCard},
		{post, pathPouch + "/count", access.HandoverWrite, (*Screens).countPouch},
		{get, pathShelve, access.HandoverWrite, (*Screens).shelvePage},
		{post, pathShelve, access.HandoverWrite, (*Screens).shelveCard},
		{get, pathCards, access.CardRead, (*Screens).cardsPage},
		{post, pathCards, access.CardRead, (*Screens).findCards},
		{get, pathCard, access.CardRead, (*Screens).cardPage},
		{post, pathCard + "/place", access.HandoverWrite, (*Screens).placeCard},
		{post, pathCard + "/check", access.HandoverWrite, (*Screens).checkCollector},
		{post, pathCard + "/give", access.HandoverWrite, (*Screens).giveCard},
	}, leaveScreens()...)
}

// routes are all screens that this desk shows.
func (s *Screens) routes() []ScreenRoute {
	out := ScreenRoutes()
	if s.o.Handover != nil {
		out = append(out, HandoverScreenRoutes()...)
	}
	if s.o.Records != nil {
		out = append(out, RecordScreenRoutes()...)
	}
	if s.o.SelfTest != nil {
		out = append(out, ConnectionRoutes()...)
	}
	if s.o.Carrier != nil {
		out = append(out, CarryRoutes()...)
	}
	return out
}

// handoverPlaces are its parts of the navigation.
func (s *Screens) handoverPlaces(c *gin.Context, who access.Principal) (out []web.NavLink) {
	if s.o.Handover == nil {
		return nil
	}
	p, at := s.ui.Printer(c), c.Request.URL.Path
	add := func(href, key string, need access.Permission) {
		if who.Role.Has(need) {
			here := at == href || strings.HasPrefix(at, href+"/")
			out = append(out, web.NavLink{Href: href, Label: p.T("handover.nav." + key), Current: here})
		}
	}
	add(pathPouches, "pouches", access.CardRead)
	add(pathShelve, "shelve", access.HandoverWrite)
	add(pathCards, "give", access.CardRead)
	add(pathLeaving, "leaving", access.HandoverWrite)
	return out
}

// countView is one number of the day, and where its work is done.
type countView struct{ Href, Text string }

// custody gives what waits at the hand-over desk. A list that cannot be read
// must not keep the visits from the screen; its own pages say why.
func (s *Screens) custody(c *gin.Context, who access.Principal) []countView {
	if s.o.Handover == nil || !who.Role.Has(access.HandoverWrite) {
		return nil
	}
	stock, err := s.o.Handover.Stock(c.Request.Context(), who)
	if err != nil {
		return nil
	}
	p := s.ui.Printer(c)
	one := func(href, key string, n int) countView {
		return countView{Href: href, Text: p.T("handover.waits."+key, "count", n)}
	}
	out := []countView{
		one(pathPouches, "pouches", stock.Pouches),
		one(pathShelve, "shelve", len(stock.Shelve)),
		one(pathCards, "ready", len(stock.Ready)),
	}
	if n := len(stock.Transfer) + len(stock.Unclaimed); n > 0 {
		out = append(out, one(pathLeaving, "leaving", n))
	}
	return out
}

// line makes the field of one question.
func line(p lang.Printer, id, text string, shape ...func(*web.Field)) web.Field {
	return lineAs(p, "handover", field{id, text}, shape...)
}

// field is a question and what was typed.
type field struct{ id, text string }

// lineAs makes it with the words of a catalog.
func lineAs(p lang.Printer, catalog string, q field, shape ...func(*web.Field)) web.Field {
	f := web.Field{ID: q.id, Kind: "text", Label: p.T(catalog + ".field." + q.id), Value: q.text, Max: maxTyped}
	if hint := catalog + ".hint." + q.id; p.Has(hint) {
		f.Hint = p.T(hint)
	}
	for _, one := range shape {
		one(&f)
	}
	return f
}

func number4(f *web.Field) { f.Mono, f.Dir, f.Mode, f.Size = true, "ltr", "numeric", "short" }

// choices makes radio buttons of the words of the API.
func choices(p lang.Printer, id, chosen string, values []string) web.Field {
	f := line(p, id, "")
	f.Kind = "radio"
	for _, v := range values {
		if v == "" {
			continue
		}
		o := web.Option{Value: v, Label: p.T("handover." + id + "." + v), Chosen: v == chosen}
		if hint := "handover." + id + "_hint." + v; p.Has(hint) {
			o.Hint = p.T(hint)
		}
		f.Options = append(f.Options, o)
	}
	return f
}

// told is an error in the words of the hand-over desk, at the page on which the
// work goes on.
type told struct {
	status int
	notice *web.Notice
	wrong  map[string]string
	errors []web.FieldError
}

// tell puts an error into words. What is nobody's mistake at this desk has a
// page of its own, and false is returned.
func (s *Screens) tell(at screen, err error) (told, bool) { return s.tellAs(at, err, "handover") }

// tellAs does so in the words of a catalog.
func (s *Screens) tellAs(at screen, err error, catalog string) (told, bool) {
	status, said := web.Tell(at.p, err)
	ours := web.Has(err, web.CodeNoIntakeKey) || web.Has(err, web.CodePrintOffline) || web.Has(err, web.CodePrinter)
	if status >= http.StatusInternalServerError && !ours {
		s.fail(at.c, at.who, err)
		return told{}, false
	}
	out := told{status: status, wrong: map[string]string{}}
	for _, v := range violationsOf(err) {
		text := sentenceAs(at.p, catalog, v)
		out.wrong[v.Field] = text
		out.errors = append(out.errors, web.FieldError{
			Href: "#" + v.Field, Text: at.p.T("desk.at", "field", at.p.T(catalog+".field."+v.Field), "text", text),
		})
	}
	if out.errors == nil {
		// The catalog of problems says at once what to do.
		text := said.Means
		if next := at.p.T("web.problem.then"); said.Next != next {
			text = strings.TrimSpace(text + " " + said.Next)
		}
		out.notice = &web.Notice{Kind: "bad", Title: said.Title, Text: text}
	}
	return out, true
}

// violationsOf gives the fields of an error, whoever found them.
func violationsOf(err error) (out consular.Violations) {
	for _, v := range web.ProblemOf(err, web.English).Violations {
		out = append(out, consular.Violation{Field: v.Field, Rule: consular.Rule(v.Rule)})
	}
	return out
}

func sentenceAs(p lang.Printer, catalog string, v consular.Violation) string {
	if key := catalog + ".rule." + v.Field + "." + string(v.Rule); p.Has(key) {
		return p.T(key)
	}
	return p.Violation(v)
}

// render shows a page with what was said above it.
func (s *Screens) render(at screen, page web.Page, said told) {
	status := http.StatusOK
	if said.status != 0 {
		status = said.status
	}
	page.Notice, page.Errors = said.notice, said.errors
	s.ui.Render(at.c, status, page)
}

// mark writes what is wrong at its field.
func (t told) mark(fields ...*web.Field) {
	for _, f := range fields {
		f.Error = t.wrong[f.ID]
	}
}

// secondView asks the person beside the screen who they are.
type secondView struct {
	Fields []web.Field
	Open   bool // needed for sure
}

// second makes the fields; a secret is never given back.
func (s *Screens) second(at screen, needed bool) secondView {
	id := line(at.p, "second.staff", clip(at.c.PostForm("second.staff")), mono)
	secret := line(at.p, "second.password", "", func(f *web.Field) { f.Kind, f.Dir, f.Auto = "password", "ltr", "off" })
	code := line(at.p, "second.code", "", mono, func(f *web.Field) { f.Mode, f.Size, f.Auto = "numeric", "year", "one-time-code" })
	return secondView{Fields: []web.Field{id, secret, code}, Open: needed || id.Value != ""}
}

// beside says who stands beside the one who is signed in; nobody when nobody
// typed it.
func (s *Screens) beside(at screen) (access.Principal, error) {
	in := staff.Credentials{
		Staff: clip(at.c.PostForm("second.staff")), Password: at.c.PostForm("second.password"),
		Code: clip(at.c.PostForm("second.code")), Workstation: Workstation(at.c.Request),
	}
	if in.Staff == "" || s.o.People == nil {
		return access.Principal{}, nil
	}
	return ShowSecond(at.c.Request.Context(), s.o.People, in)
}

// stateWords names where a card or a bag stands.
func stateWords(p lang.Printer, state string) string {
	if key := "handover.state." + strings.ToLower(state); p.Has(key) {
		return p.T(key)
	}
	return p.T("handover.state.other")
}

// byOwnScript gives both scripts of a name, the reader's first.
func byOwnScript(p lang.Printer, family, given consular.Name) (first, second string) {
	latin, arabic := strings.TrimSpace(family.Latin+" "+given.Latin), strings.TrimSpace(given.Arabic+" "+family.Arabic)
	if p.Language().RightToLeft() {
		latin, arabic = arabic, latin
	}
	if latin == "" {
		latin, arabic = arabic, ""
	}
	if latin == "" {
		latin = p.T("handover.forgotten")
	}
	return latin, arabic
}

func ticked(c *gin.Context, name string) bool { return c.PostForm(name) == "1" }

// refusedBefore tells people to look at what the hub did not take.
func refusedBefore(p lang.Printer, reason uint16) *web.Notice {
	if reason == 0 {
		return nil
	}
	return &web.Notice{
		Kind: "bad", Title: p.T("handover.hub_refused.title"),
		Text: p.T("handover.hub_refused.text", "number", int(reason)),
	}
}
