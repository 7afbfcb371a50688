package account

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// question is one page of a request: one thing that is asked.
type question struct {
	Back    *web.NavLink
	Caption string
	Title   string
	Lead    []string
	Notice  *web.Notice
	Form    web.Form
	Before  *web.Form // a choice that comes first
	Links   []web.NavLink
	Check   *check
}

// check is one box to tick.
type check struct{ ID, Label, Error string }

// step is one page of a request: what it shows, and what it takes. What is
// wrong is said by field, as a key of the catalog below "account.rule".
type step struct {
	show func(a *Account, v view) question
	take func(a *Account, v view) wrongs
}

// wrongs says by field what is wrong with it.
type wrongs map[string]string

// view is what a page of a request is made from.
type view struct {
	d    *draft
	form url.Values // as typed, nil when the draft's answers are shown
	p    lang.Printer
	bad  wrongs
	kept bool // typed before the session ended
}

// field gives what was typed, else what the draft holds.
func (v view) field(name, held string) string {
	if v.form == nil {
		return held
	}
	return v.form.Get(name)
}

func (v view) wrong(name string) string {
	if v.bad[name] == "" {
		return ""
	}
	return v.p.T("account.rule." + v.bad[name])
}

func stepOf(name string) (step, bool) {
	switch name {
	case stepWhich:
		return step{showWhich, takeWhich}, true
	case stepUse:
		return step{showUse, takeUse}, true
	case stepLegal:
		return step{showLegal, takeLegal}, true
	case stepDelivery:
		return step{showDelivery, takeDelivery}, true
	case stepPost:
		return step{showPostOf, takePostOf}, true
	case stepContact:
		return step{showContact, takeContact}, true
	case stepConsent:
		return step{showConsent, takeConsent}, true
	}
	return step{}, false
}

func (a *Account) showNamedStep(c *gin.Context) {
	if c.Param("step") == stepReview {
		a.review(c)
		return
	}
	a.showStep(c.Param("step"))(c)
}

func (a *Account) takeNamedStep(c *gin.Context) {
	if c.Param("step") == stepReview {
		a.file(c)
		return
	}
	a.takeStep(c.Param("step"))(c)
}

// showStep shows a page of the request. Permission: signed-in citizen.
func (a *Account) showStep(name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		s, done := a.citizen(c)
		if s == nil {
			return
		}
		defer done()
		one, ok := a.enter(c, s, name)
		if !ok {
			return
		}
		v := view{d: &s.draft, p: a.o.UI.Printer(c)}
		if form := s.takeKept(c.Request.URL.Path); form != nil {
			v.form, v.kept = form, true
		} else if name == stepPost && c.Query("country") != "" {
			v.form = url.Values{"country": {c.Query("country")}}
		}
		a.ask(c, name, one.show(a, v), v)
	}
}

// takeStep takes a page of the request. Permission: signed-in citizen.
func (a *Account) takeStep(name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		s, done := a.citizen(c)
		if s == nil {
			return
		}
		defer done()
		one, ok := a.enter(c, s, name)
		if !ok {
			return
		}
		v := view{d: &s.draft, form: c.Request.PostForm, p: a.o.UI.Printer(c)}
		after := s.draft // a copy: what is wrong changes nothing
		v.d = &after
		if v.bad = one.take(a, v); len(v.bad) > 0 {
			v.d = &s.draft
			a.ask(c, name, one.show(a, v), v)
			return
		}
		after.changed()
		s.draft = after
		web.See(c, stepPath(after.next()))
	}
}

// enter gives a step that can be shown now: those before it are answered, and
// nothing was sent whose fate is unknown.
func (a *Account) enter(c *gin.Context, s *session, name string) (step, bool) {
	one, known := stepOf(name)
	if !known {
		a.fail(c, fault.New(fault.NotFound, "account: find step", "", nil))
		return step{}, false
	}
	list := s.draft.steps()
	at, next := slices.Index(list, name), slices.Index(list, s.draft.next())
	switch {
	case s.draft.sent():
		web.See(c, stepPath(stepReview))
	case at < 0 || at > next:
		web.See(c, stepPath(s.draft.next()))
	default:
		return one, true
	}
	return step{}, false
}

// errors are the lines above a form, in the order of its fields.
func (v view) errors() (list []web.FieldError) {
	for _, name := range []string{"service", "purpose", "text", "country", "authority", "legalization", "mode", "post", "phone", "email", "language", "agree"} {
		if said := v.wrong(name); said != "" {
			list = append(list, web.FieldError{Href: "#" + name, Text: said})
		}
	}
	return list
}

// ask shows one question.
func (a *Account) ask(c *gin.Context, name string, q question, v view) {
	p, status := v.p, http.StatusOK
	if len(v.bad) > 0 {
		status = http.StatusUnprocessableEntity
	}
	if q.Title == "" {
		q.Caption, q.Title = p.T("account.ask.caption"), p.T("account.ask."+name+".title")
	}
	if q.Form.Action == "" {
		q.Form.Action = stepPath(name)
	}
	if q.Form.Save == "" {
		q.Form.Save = p.T("account.go_on")
	}
	page := a.page(c, q.Title)
	page.Template, page.Data, page.Notice, page.Errors = "account-question", q, q.Notice, v.errors()
	if v.kept {
		page.Notice = keptNotice(p)
	}
	a.o.UI.Render(c, status, page)
}

func keptNotice(p lang.Printer) *web.Notice {
	return &web.Notice{Kind: "warn", Title: p.T("account.kept.title"), Text: p.T("account.kept.text")}
}

// back leads to the step before.
func (v view) back(name string) *web.NavLink {
	list := v.d.steps()
	to := home
	if at := slices.Index(list, name); at > 0 {
		to = stepPath(list[at-1])
	}
	return &web.NavLink{Href: to, Label: v.p.T("account.back")}
}

func radio(v view, id string, options []web.Option) web.Row {
	return web.Row{Fields: []web.Field{{ID: id, Kind: "radio", Label: v.p.T("account.field." + id), Options: options, Error: v.wrong(id)}}}
}
