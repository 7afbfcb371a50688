package console

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/console/officer"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

//go:embed templates assets
var screenFiles embed.FS

// zone is where the officers of the hub sit.
const zone = "Africa/Casablanca"

// Screens binds the actions to HTML forms.
type Screens struct {
	console *Console
	door    doorman
	auth    access.Authenticator
	ui      *web.UI
	zone    *time.Location
	zones   map[consular.PostID]*time.Location // of the posts
	chart   chart
}

// NewScreens parses templates and words, so that what is broken stops the
// start.
func NewScreens(c *Console, cookie access.Cookie, words *lang.Catalog) (*Screens, error) {
	const op = "console: build screens"
	place, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fault.New(fault.Internal, op, zone, err)
	}
	templates, err := fs.Sub(screenFiles, "templates")
	if err != nil {
		return nil, fault.New(fault.Internal, op, "templates", err)
	}
	scripts, err := fs.Sub(screenFiles, "assets")
	if err != nil {
		return nil, fault.New(fault.Internal, op, "assets", err)
	}
	zones, err := zonesOf(c.Directory.All())
	if err != nil {
		return nil, err
	}
	ui, err := web.NewUI(web.UIOptions{
		Surface: "console", Catalog: words, Zone: place, Templates: []fs.FS{templates}, Assets: []fs.FS{scripts},
		Languages: []consular.Language{consular.French, consular.Arabic, consular.English},
	})
	if err != nil {
		return nil, err
	}
	d := doorman{people: c.People, cookie: cookie}
	return &Screens{
		console: c, door: d, auth: d.authenticator(), ui: ui, zone: place, zones: zones, chart: newChart(c.Directory.All()),
	}, nil
}

// ScreenRoute is one screen or form with the permission that is asked for
// before anything of the request is read; an empty one is for everybody who is
// signed in.
type ScreenRoute struct {
	Method, Path string
	Permission   access.Permission
	handle       func(*Screens, *gin.Context, access.Principal)
}

// ScreenRoutes lists all that needs somebody signed in.
func ScreenRoutes() []ScreenRoute {
	get, post := http.MethodGet, http.MethodPost
	return append([]ScreenRoute{
		{get, "/", "", (*Screens).home},
		{get, "/verify", access.CaseVerify, (*Screens).waiting},
		{post, "/verify/find", access.CaseVerify, (*Screens).findCase},
		{get, "/verify/case/:reference", access.CaseVerify, (*Screens).file},
		{get, "/verify/case/:reference/images/:part", access.CaseVerify, (*Screens).image},
		{post, "/verify/case/:reference/decision", access.CaseVerify, (*Screens).decide},
		{get, "/pouches", access.PouchWrite, (*Screens).pouchWork},
		{post, "/pouches", access.PouchWrite, (*Screens).openPouch},
		{get, "/pouches/:label", access.PouchWrite, (*Screens).pouch},
		{post, "/pouches/:label/:act", access.PouchWrite, (*Screens).actOnPouch},
	}, operateRoutes()...)
}

// Register puts the screens on an engine of web.NewEngine, beside the API.
func (s *Screens) Register(e *gin.Engine) {
	group := e.Group("", web.Policy())
	s.ui.Register(group)
	s.registerDoor(group)
	for _, route := range ScreenRoutes() {
		group.Handle(route.Method, route.Path, func(c *gin.Context) {
			who, err := s.auth.Authenticate(c.Request)
			if err == nil && route.Permission != "" {
				err = who.Require(route.Permission)
			}
			if err != nil {
				s.turnAway(c, who, err)
				return
			}
			route.handle(s, c, who)
		})
	}
	e.NoRoute(web.Policy(), func(c *gin.Context) {
		if strings.HasPrefix(c.Request.URL.Path, APIPrefix) {
			web.Fail(c, fault.New(fault.NotFound, "console: route", "", web.CodeNoRoute.Cause()))
			return
		}
		who, denied := s.auth.Authenticate(c.Request)
		if denied != nil {
			s.turnAway(c, who, denied)
			return
		}
		s.fail(c, who, noCase())
	})
}

// turnAway sends who is not known to the door, and tells who lacks a right.
func (s *Screens) turnAway(c *gin.Context, who access.Principal, err error) {
	get := c.Request.Method == http.MethodGet && c.GetHeader("Sec-Fetch-Dest") != "image"
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
	page := web.Page{Title: title, LockURL: "/lock", Foot: p.T("console.foot")}
	if who.ID == "" {
		return page
	}
	name := who.Name
	if name == "" {
		name = who.ID
	}
	page.Who = &web.Who{Name: name, Role: p.T("role." + string(who.Role))}
	page.Nav = places(p, who, c.Request.URL.Path)
	page.LockIn = int(officer.IdleLock.Seconds())
	return page
}

// places are the parts of the console that the role may enter.
func places(p lang.Printer, who access.Principal, path string) []web.NavLink {
	var out []web.NavLink
	add := func(href, key string, need access.Permission) {
		if who.Role.Has(need) {
			current := path == href || strings.HasPrefix(path, href+"/")
			out = append(out, web.NavLink{Href: href, Label: p.T("console.nav." + key), Current: current})
		}
	}
	add("/verify", "verify", access.CaseVerify)
	add("/pouches", "pouches", access.PouchWrite)
	add("/operate", "operate", access.HubStatus)
	return out
}

// home leads to the first place of the role; one that has none yet is told so.
func (s *Screens) home(c *gin.Context, who access.Principal) {
	p := s.ui.Printer(c)
	if all := places(p, who, "/"); len(all) > 0 {
		web.See(c, all[0].Href)
		return
	}
	page := s.page(c, who, p.T("console.nothing.title"))
	page.Template, page.Data = "nothing", nil
	s.ui.Render(c, http.StatusOK, page)
}

// fail answers with what happened, what it means and what to do.
func (s *Screens) fail(c *gin.Context, who access.Principal, err error) {
	s.ui.Refuse(c, s.page(c, who, ""), err)
}

// postName names a post by its city.
func (s *Screens) postName(p lang.Printer, id consular.PostID) string {
	post, err := s.console.Directory.Lookup(id)
	if err != nil {
		return string(id)
	}
	return post.City + " – " + p.Country(post.Country)
}

type fact struct{ Label, Text, Second, Kind string }

// maxTyped caps what one field of a screen takes, in bytes.
const maxTyped = 300

// typed reads one field of a form, without what no keyboard types.
func typed(c *gin.Context, name string) string {
	s := strings.ToValidUTF8(strings.TrimSpace(strings.ReplaceAll(c.PostForm(name), "\x00", "")), "")
	if len(s) > maxTyped {
		return ""
	}
	return s
}
