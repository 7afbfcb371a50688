package portal

import (
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/portal/signin"
	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/seal"
	"jaliya/internal/web"
)

//go:embed templates
var screenFiles embed.FS

// zone is that in which times are told: that of the network.
const zone = "Africa/Casablanca"

// apiPrefix is where programs ask.
const apiPrefix = "/api/v1/"

// Parts is what every surface of the portal works with.
type Parts struct {
	UI      *web.UI
	Catalog *lang.Catalog
	Member  rpc.Member
	SignIn  *signin.SignIn // nil: nobody signs in
	Posts   *consular.Directory
	Fees    *consular.FeeSchedule
	Zone    *time.Location
	Address string // as citizens reach the portal
	Secure  bool   // it is served over TLS, or behind something that is
	Now     func() time.Time
	Logger  *slog.Logger
}

// Surface is a part of the portal with routes of its own.
type Surface interface {
	Register(e *gin.Engine)
}

// Extra puts a surface beside those of this package. Its templates define
// "page/NAME" and share the words and the frame of the others.
type Extra struct {
	Templates fs.FS
	Nav       []Place // its places in the header, between following and proving
	New       func(Parts) (Surface, error)
}

// Place is one entry of the header: an address and the key of its words.
type Place struct{ Href, Key string }

// Options are what a Portal is built of. Member, Catalog and Now are needed.
type Options struct {
	Member    rpc.Member
	Catalog   *lang.Catalog
	SignIn    *signin.SignIn
	Languages []consular.Language // default: all of the public
	Prover    *Prover             // nil: documents are not proved here
	Address   string
	Secure    bool
	Proxies   []string
	Now       func() time.Time
	Logger    *slog.Logger
	Metrics   *Metrics // nil counts nothing
	Extras    []Extra
}

// Portal answers citizens. Safe for concurrent use.
type Portal struct {
	Parts
	prover  *Prover
	cookie  followCookie
	metrics *Metrics
	nav     []Place
	limits  struct{ reference, client, view, proof *limiter }
	voided  voided
	engine  *gin.Engine
}

// New parses templates and words, so that what is broken stops the start.
func New(o Options) (*Portal, error) {
	const op = "portal: new"
	if o.Member == nil || o.Catalog == nil || o.Now == nil {
		return nil, fault.New(fault.Invalid, op, "member, catalog and clock are needed", nil)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if len(o.Languages) == 0 {
		o.Languages = languages()
	}
	p := &Portal{prover: o.Prover, metrics: o.Metrics}
	if err := p.gather(o); err != nil {
		return nil, err
	}
	key, err := seal.NewDataKey()
	if err != nil {
		return nil, err
	}
	p.cookie = followCookie{key: key, secure: o.Secure, now: o.Now}
	p.limits.reference, p.limits.client = newLimiter(paceReference, o.Now), newLimiter(paceClient, o.Now)
	p.limits.view, p.limits.proof = newLimiter(paceView, o.Now), newLimiter(paceProof, o.Now)
	return p, p.mount(o)
}

// gather fills the parts that surfaces share.
func (p *Portal) gather(o Options) error {
	const op = "portal: new"
	place, err := time.LoadLocation(zone)
	if err != nil {
		return fault.New(fault.Internal, op, zone, err)
	}
	own, err := fs.Sub(screenFiles, "templates")
	if err != nil {
		return fault.New(fault.Internal, op, "templates", err)
	}
	p.nav = []Place{{Href: "/", Key: "portal.nav.follow"}}
	templates := []fs.FS{own}
	for _, extra := range o.Extras {
		p.nav = append(p.nav, extra.Nav...)
		if extra.Templates != nil {
			templates = append(templates, extra.Templates)
		}
	}
	p.nav = append(p.nav, Place{Href: "/verify", Key: "portal.nav.verify"})
	p.Parts = Parts{
		Catalog: o.Catalog, Member: o.Member, SignIn: o.SignIn, Zone: place, Address: o.Address, Secure: o.Secure,
		Now: o.Now, Logger: o.Logger,
	}
	if p.Posts, err = consular.BuiltInDirectory(); err != nil {
		return err
	}
	if p.Fees, err = consular.BuiltInFees(); err != nil {
		return err
	}
	p.UI, err = web.NewUI(web.UIOptions{
		Surface: "portal", Catalog: o.Catalog, Zone: place, Templates: templates, Languages: o.Languages, Nav: p.places,
	})
	return err
}

// places are the main tasks, in the header of every page.
func (p *Portal) places(words lang.Printer, path string) []web.NavLink {
	out := make([]web.NavLink, 0, len(p.nav))
	for _, one := range p.nav {
		current := path == one.Href || (one.Href != "/" && strings.HasPrefix(path, one.Href+"/")) || (one.Href == "/" && path == followPath)
		out = append(out, web.NavLink{Href: one.Href, Label: words.T(one.Key), Current: current})
	}
	return out
}

func (p *Portal) mount(o Options) error {
	e := web.NewEngine(o.Logger)
	e.ForwardedByClientIP = len(o.Proxies) > 0
	if err := e.SetTrustedProxies(o.Proxies); err != nil {
		return fault.New(fault.Invalid, "portal: new", "proxies", err)
	}
	if o.Secure {
		e.Use(func(c *gin.Context) { c.Header("Strict-Transport-Security", "max-age=31536000") })
	}
	p.registerAPI(e)
	pages := e.Group("", web.Policy())
	p.UI.Register(pages)
	pages.GET("/", p.home)
	pages.GET(followPath, p.follow)
	pages.POST(followPath, p.ask)
	pages.POST(followPath+"/leave", p.leave)
	pages.GET("/t/:token", p.exchange)
	pages.GET("/verify", p.proofForm)
	pages.POST("/verify", p.prove)
	e.NoRoute(web.Policy(), func(c *gin.Context) {
		err := fault.New(fault.NotFound, "portal: route", "", web.CodeNoRoute.Cause())
		if strings.HasPrefix(c.Request.URL.Path, apiPrefix) {
			web.Fail(c, err)
			return
		}
		p.refuse(c, err)
	})
	for _, extra := range o.Extras {
		surface, err := extra.New(p.Parts)
		if err != nil {
			return err
		}
		surface.Register(e)
	}
	p.engine = e
	return nil
}

// ServeHTTP implements http.Handler.
func (p *Portal) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.engine.ServeHTTP(w, r) }

// refuse tells a person what happened and what to do, in words for citizens.
func (p *Portal) refuse(c *gin.Context, err error) {
	words := p.UI.Printer(c)
	status, said := web.Tell(words, err)
	key := "portal.problem." + p.problem(err)
	said.Title, said.Means, said.Next = words.T(key+".title"), words.T(key+".means"), words.T(key+".next")
	said.Number = web.RequestID(c)
	said.Links = []web.NavLink{{Href: "/", Label: words.T("portal.home")}}
	if status >= http.StatusInternalServerError {
		_ = c.Error(err) // kept for the engine's log line; it gives back what it was given
	}
	p.UI.Render(c, status, web.Page{Title: said.Title, Template: "problem", Data: said, Foot: words.T("portal.foot")})
	c.Abort()
}

// problem gives the words for an error: a page that is not there, a member that
// cannot be had, or something of our own.
func (*Portal) problem(err error) string {
	switch fault.KindOf(err) { //nolint:exhaustive // the rest is ours
	case fault.NotFound:
		return "gone"
	case fault.TooLarge:
		return "large"
	default:
		return "down"
	}
}

// page is the frame of a page of this package.
func (p *Portal) page(words lang.Printer, title, template string) web.Page {
	return web.Page{Title: title, Template: template, Foot: words.T("portal.foot")}
}
