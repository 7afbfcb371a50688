package office

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/office/people"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

//go:embed templates
var screenFiles embed.FS

// DeskCookie names the cookie of the office's desk.
const DeskCookie = "jaliya_office"

// Screens binds the actions of officers to HTML forms.
type Screens struct {
	office *Office
	people *people.SignIn
	door   doorman
	auth   access.Authenticator
	ui     *web.UI
	zone   *time.Location
}

// NewScreens parses templates and words, so that what is broken stops the
// start.
func NewScreens(o *Office, who *people.SignIn, cookie access.Cookie, words *lang.Catalog) (*Screens, error) {
	templates, err := fs.Sub(screenFiles, "templates")
	if err != nil {
		return nil, fault.New(fault.Internal, "office: build screens", "templates", err)
	}
	ui, err := web.NewUI(web.UIOptions{
		Surface: "office", Catalog: words, Zone: o.needs.Zone, Templates: []fs.FS{templates},
		Languages: []consular.Language{consular.French, consular.Arabic, consular.English},
	})
	if err != nil {
		return nil, err
	}
	d := doorman{people: who, cookie: cookie}
	return &Screens{office: o, people: who, door: d, auth: d.authenticator(), ui: ui, zone: o.needs.Zone}, nil
}

// ScreenRoute is one screen or form with the permission that is asked for
// before anything of the request is read.
type ScreenRoute struct {
	Method, Path string
	Permission   access.Permission
	handle       func(*Screens, *gin.Context, access.Principal)
}

// ScreenRoutes lists all that needs somebody signed in. No address says what is
// done, and none what was found.
func ScreenRoutes() []ScreenRoute {
	get, post := http.MethodGet, http.MethodPost
	return []ScreenRoute{
		{get, "/", access.RecordDecide, (*Screens).work},
		{get, "/requests/:id", access.RecordDecide, (*Screens).show},
		{post, "/requests/:id", access.RecordDecide, (*Screens).act},
		{get, "/figures", access.RecordDecide, (*Screens).figures},
	}
}

// Register puts the screens on an engine of web.NewEngine.
func (s *Screens) Register(e *gin.Engine) {
	group := e.Group("", web.Policy())
	s.ui.Register(group)
	s.registerDoor(group)
	for _, route := range ScreenRoutes() {
		group.Handle(route.Method, route.Path, func(c *gin.Context) {
			who, err := s.auth.Authenticate(c.Request)
			if err == nil {
				err = who.Require(route.Permission)
			}
			if err != nil {
				s.turnAway(c, who, err)
				return
			}
			c.Header("Cache-Control", "no-store")
			route.handle(s, c, who)
		})
	}
	e.NoRoute(web.Policy(), func(c *gin.Context) {
		who, denied := s.auth.Authenticate(c.Request)
		if denied != nil {
			s.turnAway(c, who, denied)
			return
		}
		s.fail(c, who, fault.New(fault.NotFound, "office: route", "", web.CodeNoRoute.Cause()))
	})
}

// turnAway sends who is not known to the door, and tells who lacks a right.
func (s *Screens) turnAway(c *gin.Context, who access.Principal, err error) {
	get := c.Request.Method == http.MethodGet
	switch {
	case get && web.Has(err, web.CodeLocked):
		web.See(c, "/lock?next="+web.LocalPath(c.Request.URL.Path))
	case get && errors.Is(err, access.ErrNoIdentity):
		web.See(c, "/sign-in?next="+web.LocalPath(c.Request.URL.Path))
	default:
		s.fail(c, who, err)
	}
	c.Abort()
}

// page gives the frame that every screen of a signed-in officer has.
func (s *Screens) page(c *gin.Context, who access.Principal, title string) web.Page {
	p := s.ui.Printer(c)
	page := web.Page{Title: title, LockURL: "/lock", Foot: p.T("office.foot")}
	if who.ID == "" {
		return page
	}
	page.Who = &web.Who{Name: who.Name, Role: p.T("role." + string(who.Role))}
	path := c.Request.URL.Path
	page.Nav = []web.NavLink{
		{Href: "/", Label: p.T("office.nav.work"), Current: path == "/" || strings.HasPrefix(path, "/requests/")},
		{Href: "/figures", Label: p.T("office.nav.figures"), Current: path == "/figures"},
	}
	page.LockIn = int(people.IdleLock.Seconds())
	return page
}

// fail answers with what happened, what it means and what to do: in the words of
// this package's codes where it is one.
func (s *Screens) fail(c *gin.Context, who access.Principal, err error) {
	p := s.ui.Printer(c)
	key := "office.problem." + string(codeOf(err))
	if !p.Has(key + ".title") {
		s.ui.Refuse(c, s.page(c, who, ""), err)
		return
	}
	page := s.page(c, who, p.T(key+".title"))
	href := "/"
	if id := c.Param("id"); requestID.MatchString(id) {
		href = "/requests/" + id
	}
	page.Template, page.Data = "told", gin.H{
		"Title": page.Title, "Text": p.T(key + ".text"), "Href": href, "Label": p.T("office.go_on"),
	}
	s.ui.Render(c, web.StatusOf(fault.KindOf(err)), page)
	c.Abort()
}

type fact struct{ Label, Text, Second, Kind string }

// maxTyped caps what one field of a screen takes, in bytes; maxText a long one.
const (
	maxTyped = 900
	maxText  = 4100
)

// typed reads one field of a form, without what no keyboard types.
func typed(c *gin.Context, name string) string { return typedUpTo(c, name, maxTyped) }

func typedUpTo(c *gin.Context, name string, most int) string {
	s := strings.ToValidUTF8(strings.TrimSpace(strings.ReplaceAll(c.PostForm(name), "\x00", "")), "")
	if len(s) > most {
		return ""
	}
	return s
}

// figures shows what the lot is drawn from. Officers alone see it.
func (s *Screens) figures(c *gin.Context, who access.Principal) {
	f, err := s.office.Figures(who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	plan := s.office.needs.Plan
	page := s.page(c, who, p.T("office.figures.title"))
	span := func(slots int) string { return p.Span(time.Duration(slots) * plan.Slot) }
	page.Template, page.Data = "figures", gin.H{"Facts": []fact{
		{Label: p.T("office.figures.decided"), Text: p.Number(int64(f.Decided))},   //nolint:gosec // G115: a count
		{Label: p.T("office.figures.reviewed"), Text: p.Number(int64(f.Reviewed))}, //nolint:gosec // G115: a count
		{Label: p.T("office.figures.missed"), Text: p.Number(int64(f.Missed))},     //nolint:gosec // G115: a count
		{Label: p.T("office.figures.share"), Text: p.Number(int64(f.Share*100)) + " %"},
		{Label: p.T("office.figures.slot"), Text: p.Span(plan.Slot)},
		{Label: p.T("office.figures.early"), Text: span(plan.Early)},
		{Label: p.T("office.figures.late"), Text: span(plan.Late)},
	}}
	s.ui.Render(c, http.StatusOK, page)
}
