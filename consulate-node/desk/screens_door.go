package desk

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// ErrLocked is the cause of a Denied fault of an Authenticator when somebody
// is signed in and the screen is locked: the same person opens it again.
var ErrLocked = errors.New("the screen is locked")

// SignInInput is what a member of staff types at the door.
type SignInInput struct {
	Staff    string // identifier, as it stands on the enrolment sheet
	Password string
	Code     string // six digits of the authenticator
}

// EnrolInput is the one-time sheet, and in the second round what was chosen.
type EnrolInput struct {
	Staff    string
	Sheet    string // one-time code of the sheet
	Password string // empty in the first round
	Code     string // of the authenticator, in the second round
}

// EnrolOffer is what the first round of an enrolment gives: the secret for the
// authenticator, as address for its QR code and as text.
type EnrolOffer struct{ Address, Secret string }

// Door opens, locks and ends sessions. It writes cookies on w and reads the
// session of r. Errors: Denied for what does not match, never which part of
// it; Denied with CodeAttempts; Expired and Used for a sheet; Invalid with the
// violations of "password".
type Door interface {
	SignIn(w http.ResponseWriter, r *http.Request, in SignInInput) error
	Unlock(w http.ResponseWriter, r *http.Request, password string) error
	Lock(w http.ResponseWriter, r *http.Request) error
	SignOut(w http.ResponseWriter, r *http.Request) error
	EnrolOffer(r *http.Request, in EnrolInput) (EnrolOffer, error)
	Enrol(w http.ResponseWriter, r *http.Request, in EnrolInput) error
}

// registerDoor puts the pages that need nobody signed in.
func (s *Screens) registerDoor(g gin.IRoutes) {
	if s.o.Door == nil {
		return
	}
	g.GET("/sign-in", func(c *gin.Context) { s.showDoor(c, http.StatusOK, doorSignIn, nil) })
	g.POST("/sign-in", s.signIn)
	g.GET("/lock", func(c *gin.Context) { s.showDoor(c, http.StatusOK, doorLock, nil) })
	g.POST("/lock", s.lock)
	g.POST("/unlock", s.unlock)
	g.POST("/sign-out", s.signOut)
	g.GET("/enrol", func(c *gin.Context) { s.showDoor(c, http.StatusOK, doorEnrol, nil) })
	g.POST("/enrol", s.enrol)
}

// turnAway sends who is not known to the door, and tells who lacks a right.
func (s *Screens) turnAway(c *gin.Context, who access.Principal, err error) {
	get := c.Request.Method == http.MethodGet && c.GetHeader("X-Part") == ""
	switch {
	case s.o.Door != nil && get && errors.Is(err, ErrLocked):
		web.See(c, "/lock?next="+web.LocalPath(c.Request.URL.Path))
	case s.o.Door != nil && get && errors.Is(err, access.ErrNoIdentity):
		web.See(c, "/sign-in?next="+web.LocalPath(c.Request.URL.Path))
	default:
		s.fail(c, who, err)
	}
	c.Abort()
}

// The pages of the door.
const (
	doorSignIn = "sign_in"
	doorLock   = "lock"
	doorEnrol  = "enrol"
)

// showDoor shows one of the pages. Nothing that was typed as a secret is given
// back.
func (s *Screens) showDoor(c *gin.Context, status int, which string, draw func(*web.Page, *builder)) {
	p := s.ui.Printer(c)
	page := s.page(c, access.Principal{}, p.T("desk.door."+which+".title"))
	b := &builder{p: p}
	if draw != nil {
		draw(&page, b)
	}
	staff := clip(c.PostForm("staff"))
	secret := func(id, key, auto string) {
		empty := ""
		b.text(value{id: id, key: key, into: &empty}, func(f *web.Field) { f.Kind, f.Auto, f.Dir = "password", auto, "ltr" })
	}
	code := func(id, key string) {
		empty := ""
		b.text(value{id: id, key: key, into: &empty}, shapes(mono, func(f *web.Field) {
			f.Size, f.Mode, f.Auto, f.Hint = "year", "numeric", "one-time-code", p.T("desk.hint."+key)
		}))
	}
	name := func() {
		b.text(value{id: "staff", key: "staff", into: &staff}, shapes(mono, func(f *web.Field) { f.Auto = "username" }))
	}
	action := "/" + strings.ReplaceAll(which, "_", "-")
	switch which {
	case doorLock:
		action = "/unlock"
		secret("password", "password", "current-password")
	case doorEnrol:
		name()
		sheet := ""
		b.text(value{id: "sheet", key: "sheet", into: &sheet}, shapes(mono, hint(p.T("desk.hint.sheet"))))
	default:
		name()
		secret("password", "password", "current-password")
		code("code", "totp")
	}
	next := web.LocalPath(c.DefaultQuery("next", c.PostForm("next")))
	form := web.Form{
		Action: action, Rows: b.rows, Save: p.T("desk.door." + which + ".button"),
		Hidden: []web.Option{{Value: "next", Label: next}},
	}
	page.Template = "door"
	page.Data = gin.H{"Which": which, "Lead": p.T("desk.door." + which + ".lead"), "Form": form}
	s.ui.Render(c, status, page)
}

// refusedAt shows the page again with what happened above it.
func (s *Screens) refusedAt(c *gin.Context, which string, err error) {
	p := s.ui.Printer(c)
	status, said := web.Tell(p, err)
	if errors.Is(err, access.ErrNoIdentity) { // the session ended while its screen was locked
		web.See(c, "/sign-in?next="+web.LocalPath(c.PostForm("next")))
		return
	}
	if _, coded := errors.AsType[web.CodedError](err); web.Has(err, web.CodeSignIn) || fault.Is(err, fault.Denied) && !coded {
		said = web.ProblemPage{Title: p.T("desk.door.no_match"), Means: p.T("desk.door.no_match_means")}
		status = http.StatusUnauthorized
	}
	s.showDoor(c, status, which, func(page *web.Page, _ *builder) {
		page.Notice = &web.Notice{Kind: "bad", Title: said.Title, Text: strings.TrimSpace(said.Means + " " + said.Next)}
	})
}

func (s *Screens) signIn(c *gin.Context) {
	err := s.o.Door.SignIn(c.Writer, c.Request, SignInInput{
		Staff: clip(c.PostForm("staff")), Password: c.PostForm("password"), Code: clip(c.PostForm("code")),
	})
	if err != nil {
		s.refusedAt(c, doorSignIn, err)
		return
	}
	web.See(c, web.LocalPath(c.PostForm("next")))
}

func (s *Screens) unlock(c *gin.Context) {
	if err := s.o.Door.Unlock(c.Writer, c.Request, c.PostForm("password")); err != nil {
		s.refusedAt(c, doorLock, err)
		return
	}
	web.See(c, web.LocalPath(c.PostForm("next")))
}

func (s *Screens) lock(c *gin.Context) {
	err := s.o.Door.Lock(c.Writer, c.Request)
	if err != nil && !errors.Is(err, access.ErrNoIdentity) { // over is as good as locked
		s.fail(c, access.Principal{}, err)
		return
	}
	web.See(c, "/lock?next="+web.LocalPath(c.PostForm("next")))
}

func (s *Screens) signOut(c *gin.Context) {
	if err := s.o.Door.SignOut(c.Writer, c.Request); err != nil {
		s.fail(c, access.Principal{}, err)
		return
	}
	web.See(c, "/sign-in")
}

// enrol takes the sheet, shows the secret for the authenticator, then takes
// the password and the first code.
func (s *Screens) enrol(c *gin.Context) {
	in := EnrolInput{
		Staff: clip(c.PostForm("staff")), Sheet: clip(c.PostForm("sheet")),
		Password: c.PostForm("password"), Code: clip(c.PostForm("code")),
	}
	var told error
	if in.Password != "" {
		if told = s.o.Door.Enrol(c.Writer, c.Request, in); told == nil {
			web.See(c, "/") // a door that signs in as well leads on from there
			return
		}
	}
	offer, err := s.o.Door.EnrolOffer(c.Request, in)
	if err != nil {
		s.refusedAt(c, doorEnrol, err)
		return
	}
	s.showOffer(c, in, offer, told)
}

func (s *Screens) showOffer(c *gin.Context, in EnrolInput, offer EnrolOffer, told error) {
	p := s.ui.Printer(c)
	page := s.page(c, access.Principal{}, p.T("desk.door.enrol.title"))
	status := http.StatusOK
	b := &builder{p: p}
	if told != nil {
		var said web.ProblemPage
		status, said = web.Tell(p, told)
		b.wrong = sentences(p, rulesOf(told))
		page.Errors = summary(p, rulesOf(told))
		if len(page.Errors) == 0 {
			page.Notice = &web.Notice{Kind: "bad", Title: said.Title, Text: said.Means}
		}
	}
	empty, code := "", ""
	b.text(value{id: "password", key: "new_password", into: &empty}, func(f *web.Field) {
		f.Kind, f.Auto, f.Dir, f.Hint = "password", "new-password", "ltr", p.T("desk.hint.new_password")
	})
	b.text(value{id: "code", key: "totp", into: &code}, shapes(mono, func(f *web.Field) {
		f.Size, f.Mode, f.Auto, f.Hint = "year", "numeric", "one-time-code", p.T("desk.hint.totp")
	}))
	data := gin.H{"Which": doorEnrol, "Lead": p.T("desk.door.enrol.second"), "Secret": offer.Secret, "Form": web.Form{
		Action: "/enrol", Rows: b.rows, Save: p.T("desk.door.enrol.finish"),
		Hidden: []web.Option{{Value: "staff", Label: in.Staff}, {Value: "sheet", Label: in.Sheet}},
	}}
	if qr, err := web.NewQR(offer.Address); err == nil {
		data["QR"] = web.QRCard{Title: p.T("desk.door.enrol.scan"), Text: p.T("desk.door.enrol.scan_text"), QR: qr}
	}
	page.Template, page.Data = "door", data
	s.ui.Render(c, status, page)
}
