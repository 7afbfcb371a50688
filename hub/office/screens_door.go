package office

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/hub/office/people"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// registerDoor puts the pages that need nobody signed in.
func (s *Screens) registerDoor(g gin.IRoutes) {
	g.GET("/sign-in", func(c *gin.Context) { s.showDoor(c, http.StatusOK, doorPage{which: doorSignIn}) })
	g.POST("/sign-in", s.signIn)
	g.GET("/lock", func(c *gin.Context) { s.showDoor(c, http.StatusOK, doorPage{which: doorLock}) })
	g.POST("/lock", s.lock)
	g.POST("/unlock", s.unlock)
	g.POST("/sign-out", s.signOut)
	g.GET("/enrol", func(c *gin.Context) { s.showDoor(c, http.StatusOK, doorPage{which: doorEnrol}) })
	g.POST("/enrol", s.enrol)
}

// The pages of the door.
const (
	doorSignIn = "sign_in"
	doorLock   = "lock"
	doorEnrol  = "enrol"
	doorSecond = "second" // of an enrolment: password and code
)

// doorPage is one page of the door. Nothing that was typed as a secret is given
// back, but the code of a sheet on its way to the second round.
type doorPage struct {
	which  string
	notice *web.Notice
	errors []web.FieldError
	wrong  map[string]string
	offer  *people.Authenticator
	sheet  string
}

func (s *Screens) showDoor(c *gin.Context, status int, d doorPage) {
	p := s.ui.Printer(c)
	page := s.page(c, access.Principal{}, p.T("office.door."+d.which+".title"))
	page.Notice, page.Errors = d.notice, d.errors
	next := web.LocalPath(c.DefaultQuery("next", c.PostForm("next")))
	form := web.Form{Save: p.T("office.door." + d.which + ".button"), Hidden: []web.Option{{Value: "next", Label: next}}}
	name := field(p, "officer", func(f *web.Field) { f.Value, f.Mono, f.Dir, f.Auto = typed(c, "officer"), true, "ltr", "username" })
	code := field(p, "code", func(f *web.Field) {
		f.Mono, f.Dir, f.Size, f.Mode, f.Auto, f.Hint = true, "ltr", "year", "numeric", "one-time-code", p.T("desk.hint.totp")
	})
	secret := field(p, "password", func(f *web.Field) { f.Kind, f.Dir, f.Auto = "password", "ltr", "current-password" })
	switch d.which {
	case doorLock:
		form.Action, form.Rows = "/unlock", rows(secret)
	case doorEnrol:
		sheet := field(p, "sheet", func(f *web.Field) { f.Mono, f.Dir, f.Hint = true, "ltr", p.T("office.hint.sheet") })
		form.Action, form.Rows = "/enrol", rows(name, sheet)
	case doorSecond:
		secret.Label, secret.Auto, secret.Hint = p.T("office.field.new_password"), "new-password", p.T("desk.hint.new_password")
		secret.Error = d.wrong["password"]
		form.Action, form.Rows = "/enrol", rows(secret, code)
		form.Hidden = append(form.Hidden, web.Option{Value: "officer", Label: typed(c, "officer")}, web.Option{Value: "sheet", Label: d.sheet})
	default:
		form.Action, form.Rows = "/sign-in", rows(name, secret, code)
	}
	data := gin.H{"Which": d.which, "Lead": p.T("office.door." + d.which + ".lead"), "Title": page.Title, "Form": form}
	if d.offer != nil {
		data["Secret"] = d.offer.Text
		if qr, err := web.NewQR(d.offer.URI); err == nil {
			data["QR"] = web.QRCard{Title: p.T("desk.door.enrol.scan"), Text: p.T("desk.door.enrol.scan_text"), QR: qr}
		}
	}
	page.Template, page.Data = "door", data
	s.ui.Render(c, status, page)
}

func field(p lang.Printer, id string, shape func(*web.Field)) web.Field {
	f := web.Field{ID: id, Kind: "text", Label: p.T("office.field." + id), Max: maxTyped}
	shape(&f)
	return f
}

func rows(fields ...web.Field) []web.Row {
	out := make([]web.Row, len(fields))
	for i, f := range fields {
		out[i] = web.Row{Fields: []web.Field{f}}
	}
	return out
}

// refusedAt shows the page again with what happened above it.
func (s *Screens) refusedAt(c *gin.Context, which string, err error) {
	p := s.ui.Printer(c)
	if errors.Is(err, access.ErrNoIdentity) { // the session ended while its screen was locked
		web.See(c, "/sign-in?next="+web.LocalPath(c.PostForm("next")))
		return
	}
	status, said := web.Tell(p, err)
	if web.Has(err, web.CodeSignIn) {
		said = web.ProblemPage{Title: p.T("desk.door.no_match"), Means: p.T("desk.door.no_match_means")}
	}
	if web.Has(err, web.CodeAttempts) {
		said = web.ProblemPage{Title: p.T("office.door.attempts"), Means: p.T("office.door.attempts_means")}
	}
	if status >= http.StatusInternalServerError {
		_ = c.Error(err) // kept for the engine's log line; it gives back what it was given
	}
	notice := &web.Notice{Kind: "bad", Title: said.Title, Text: strings.TrimSpace(said.Means + " " + said.Next)}
	s.showDoor(c, status, doorPage{which: which, notice: notice})
}

func (s *Screens) signIn(c *gin.Context) {
	_, err := s.door.enter(c, people.Credentials{Officer: typed(c, "officer"), Password: c.PostForm("password"), Code: typed(c, "code")})
	if err != nil {
		s.refusedAt(c, doorSignIn, err)
		return
	}
	web.See(c, web.LocalPath(c.PostForm("next")))
}

func (s *Screens) unlock(c *gin.Context) {
	if _, err := s.door.unlock(c, people.Key{Password: c.PostForm("password")}); err != nil {
		s.refusedAt(c, doorLock, err)
		return
	}
	web.See(c, web.LocalPath(c.PostForm("next")))
}

func (s *Screens) lock(c *gin.Context) {
	if err := s.door.lock(c); err != nil && !errors.Is(err, access.ErrNoIdentity) { // over is as good as locked
		s.fail(c, access.Principal{}, err)
		return
	}
	web.See(c, "/lock?next="+web.LocalPath(c.PostForm("next")))
}

func (s *Screens) signOut(c *gin.Context) {
	if err := s.door.leave(c); err != nil && !errors.Is(err, access.ErrNoIdentity) {
		s.fail(c, access.Principal{}, err)
		return
	}
	web.See(c, "/sign-in")
}

// enrol takes the sheet, shows the secret for the authenticator, then takes the
// password and the first code.
func (s *Screens) enrol(c *gin.Context) {
	p := s.ui.Printer(c)
	sheet := people.Sheet{Officer: typed(c, "officer"), OneTime: typed(c, "sheet")}
	second := doorPage{which: doorSecond, sheet: sheet.OneTime}
	status := http.StatusOK
	if password := c.PostForm("password"); password != "" {
		_, err := s.door.enrol(c, people.Enrolment{Sheet: sheet, Password: password, Code: typed(c, "code")})
		if err == nil {
			web.See(c, "/")
			return
		}
		var said web.ProblemPage
		status, said = web.Tell(p, err)
		second.wrong = map[string]string{}
		if coded, ok := errors.AsType[web.CodedError](err); ok {
			for _, v := range coded.Violations {
				second.wrong[v.Field] = ruleWords(p, v)
				second.errors = append(second.errors, web.FieldError{Href: "#" + v.Field, Text: second.wrong[v.Field]})
			}
		}
		if len(second.errors) == 0 {
			second.notice = &web.Notice{Kind: "bad", Title: said.Title, Text: said.Means}
		}
		if !fault.Is(err, fault.Invalid) && !web.Has(err, web.CodeSignIn) {
			s.refusedAt(c, doorEnrol, err)
			return
		}
	}
	offer, err := s.door.offer(c, sheet)
	if err != nil {
		s.refusedAt(c, doorEnrol, err)
		return
	}
	second.offer = &offer
	s.showDoor(c, status, second)
}

// ruleWords says what to do about a broken rule.
func ruleWords(p lang.Printer, v consular.Violation) string {
	if key := "office.rule." + v.Field + "_" + string(v.Rule); p.Has(key) {
		return p.T(key)
	}
	return p.Violation(v)
}
