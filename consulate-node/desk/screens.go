package desk

import (
	"embed"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/consulate-node/records"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/paper"
	"jaliya/internal/web"
)

//go:embed templates assets
var screenFiles embed.FS

// ScreenOptions say what the screens of a post are made of. Auth and Catalog
// are needed.
type ScreenOptions struct {
	Auth    access.Authenticator
	Catalog *lang.Catalog
	Door    Door         // sign-in, lock, enrolment; nil shows no such pages
	Press   *paper.Press // slips and proofs; nil shows no links to them
	// Portal is the address of the citizens' portal: the QR code of a slip leads
	// there with the slip's token. Empty: no address, the reference alone.
	Portal string
	// Promise gives the date said to the person and the date of the law. Nil:
	// 35 and 60 days after the deposit.
	Promise func(consular.Service, consular.Date) (promised, limit consular.Date)
	// StaffName gives the name of a member of staff by identifier. Nil: the identifier.
	StaffName func(id string) string
	// Device is the origin of the fingerprint reader's service on the workstation
	// (deploy/contracts/device.md). Empty: prints come as files.
	Device string
	// LockAfter is how long a screen may be idle, 0 for ten minutes.
	LockAfter   time.Duration
	Development bool // adds /components
	// Handover adds pouches, shelves and the hand-over; People lets the second
	// person show who they are at the first one's screen. Nil: no such pages.
	Handover *handover.Handover
	People   People
	// Records adds documents to print and calls to make. Nil: no such pages.
	Records *records.Records
	// SelfTest adds the page of the connection, from the link bar. Nil: no such page.
	SelfTest SelfTest
	// Carrier adds the page of files by hand, from the page of the connection.
	// Nil: no such page.
	Carrier Carrier
}

// Screens binds the actions to HTML forms for the workstations of a post.
type Screens struct {
	desk  *Desk
	o     ScreenOptions
	ui    *web.UI
	slips *slipNames
}

// NewScreens parses templates and words, so that what is broken stops the
// start.
func NewScreens(d *Desk, o ScreenOptions) (*Screens, error) {
	const op = "desk: build screens"
	if o.Auth == nil || o.Catalog == nil {
		return nil, fault.New(fault.Invalid, op, "authenticator and catalog are needed", nil)
	}
	if o.LockAfter == 0 {
		o.LockAfter = 10 * time.Minute
	}
	if o.StaffName == nil {
		o.StaffName = func(id string) string { return id }
	}
	if o.Promise == nil {
		o.Promise = promise
	}
	templates, err := fs.Sub(screenFiles, "templates")
	if err != nil {
		return nil, fault.New(fault.Internal, op, "templates", err)
	}
	scripts, err := fs.Sub(screenFiles, "assets")
	if err != nil {
		return nil, fault.New(fault.Internal, op, "assets", err)
	}
	if err := CheckDevice(o.Device); err != nil {
		return nil, err
	}
	ui, err := web.NewUI(web.UIOptions{
		Surface: "desk", Catalog: o.Catalog, Zone: d.zone, Templates: []fs.FS{templates}, Development: o.Development,
		Assets:    []fs.FS{scripts},
		Languages: []consular.Language{consular.Arabic, consular.French, consular.English},
	})
	if err != nil {
		return nil, err
	}
	return &Screens{desk: d, o: o, ui: ui, slips: newSlipNames(d.o.Clock)}, nil
}

// promise counts calendar days until a calendar of working days is there
// (domain.md G.1: ready within 25 working days; law 55-19: 60 days). It never
// names a day at the end of a week.
func promise(_ consular.Service, on consular.Date) (promised, limit consular.Date) {
	y, m, d := on.Split()
	day := func(n int) consular.Date { return consular.DateOf(time.Date(y, m, d+n, 0, 0, 0, 0, time.UTC)) }
	n := 35
	for weekend(time.Date(y, m, d+n, 0, 0, 0, 0, time.UTC)) {
		n++
	}
	return day(n), day(60)
}

func weekend(t time.Time) bool {
	return t.Weekday() == time.Friday || t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
}

// ScreenRoute is one screen or form of the desk.
type ScreenRoute = RouteOf[*Screens]

const (
	pathVisit = "/visits/:visit"
	pathImage = pathVisit + "/images/:name"
)

// ScreenRoutes lists all that needs somebody signed in.
func ScreenRoutes() []ScreenRoute {
	get, post := http.MethodGet, http.MethodPost
	return append(slices.Concat(amendRoutes(), changeScreens(), paymentRoutes()), []ScreenRoute{
		{get, "/", access.VisitRead, (*Screens).home},
		{post, "/search", access.VisitRead, (*Screens).search},
		{get, "/live", access.NodeStatus, (*Screens).live},
		{get, "/status", access.NodeStatus, (*Screens).statusPage},
		{get, "/visits/new", access.VisitWrite, (*Screens).newVisit},
		{post, "/visits", access.VisitWrite, (*Screens).begin},
		{get, pathVisit, access.VisitRead, (*Screens).open},
		{get, pathVisit + "/steps/:step", access.VisitRead, (*Screens).step},
		{post, pathVisit + "/steps/:step", access.VisitWrite, (*Screens).save},
		{post, pathVisit + "/discard", access.VisitWrite, (*Screens).discard},
		{get, pathVisit + "/confirm", access.VisitWrite, (*Screens).turned},
		{post, pathVisit + "/confirm", access.VisitWrite, (*Screens).confirm},
		{get, pathVisit + "/proof.pdf", access.VisitRead, (*Screens).proof},
		{get, pathVisit + "/handoff", access.VisitRead, (*Screens).handoff},
		{get, pathVisit + "/release", access.VisitRelease, (*Screens).secondLook},
		{post, pathVisit + "/release", access.VisitRelease, (*Screens).release},
		{get, pathVisit + "/released", access.VisitWrite, (*Screens).released},
		{get, pathVisit + "/slip.pdf", access.VisitWrite, (*Screens).slipPDF},
		{post, pathVisit + "/slip-given", access.VisitWrite, (*Screens).slipGiven},
		{get, pathImage, access.VisitRead, (*Screens).image},
		{post, pathImage, access.VisitWrite, (*Screens).upload},
		{post, pathImage + "/drop", access.VisitWrite, (*Screens).drop},
		{post, pathImage + "/pieces", access.VisitWrite, (*Screens).startPieces},
		{http.MethodHead, pathImage + "/pieces", access.VisitWrite, (*Screens).piecesStatus},
		{http.MethodPatch, pathImage + "/pieces", access.VisitWrite, (*Screens).appendPieces},
		{get, "/find", access.RequestRead, (*Screens).findPage},
		{post, "/find", access.RequestRead, (*Screens).find},
		{get, "/requests/:reference", access.RequestRead, (*Screens).request},
		{get, "/requests/:reference/level", access.RequestRead, (*Screens).level},
		{get, "/requests/:reference/receipt.pdf", access.RequestRead, (*Screens).receiptPDF},
		{get, "/follow", access.RequestFollow, (*Screens).followPage},
		{post, "/follow", access.RequestFollow, (*Screens).follow},
	}...)
}

// Register puts the screens on an engine of web.NewEngine, beside the API.
func (s *Screens) Register(e *gin.Engine) {
	group := e.Group("", web.Policy())
	s.ui.Register(group)
	s.registerDoor(group)
	binding[*Screens]{to: s, auth: s.o.Auth, routes: s.routes(), refuse: s.turnAway}.on(group)
	e.NoRoute(web.Policy(), func(c *gin.Context) {
		err := fault.New(fault.NotFound, "desk: route", "", nil)
		if strings.HasPrefix(c.Request.URL.Path, APIPrefix) {
			web.Fail(c, fault.New(fault.NotFound, "desk: route", "", web.CodeNoRoute.Cause()))
			return
		}
		who, denied := s.o.Auth.Authenticate(c.Request)
		if denied != nil {
			s.turnAway(c, who, denied)
			return
		}
		s.fail(c, who, err)
	})
}

// page gives the frame that every screen of a signed-in person has.
func (s *Screens) page(c *gin.Context, who access.Principal, title string) web.Page {
	p := s.ui.Printer(c)
	page := web.Page{Title: title, LockURL: "/lock", Foot: s.desk.o.Post.City + " · " + string(s.desk.o.Post.ID)}
	if who.ID == "" {
		return page
	}
	name := who.Name
	if name == "" {
		name = who.ID
	}
	page.Who = &web.Who{Name: name, Role: p.T("role." + string(who.Role))}
	page.Nav = s.places(c, who)
	if s.o.Door != nil {
		page.LockIn = int(s.o.LockAfter.Seconds())
	}
	if who.Role.Has(access.NodeStatus) {
		if st, err := s.desk.Status(c.Request.Context(), who); err == nil {
			bar := s.bar(p, st)
			page.Bar = &bar
		}
	}
	return page
}

// places are the parts of the desk that the role may enter.
func (s *Screens) places(c *gin.Context, who access.Principal) []web.NavLink {
	p := s.ui.Printer(c)
	var out []web.NavLink
	add := func(href, key string, need access.Permission) {
		if who.Role.Has(need) {
			out = append(out, web.NavLink{Href: href, Label: p.T("desk.nav." + key), Current: c.Request.URL.Path == href})
		}
	}
	add("/", "today", access.VisitRead)
	add("/visits/new", "new", access.VisitWrite)
	out = append(out, s.handoverPlaces(c, who)...)
	out = append(out, s.recordPlaces(c, who)...)
	add("/find", "find", access.RequestRead)
	add("/follow", "follow", access.RequestFollow)
	add("/status", "status", access.NodeStatus)
	return out
}

// fail answers with what happened, what it means and what to do.
func (s *Screens) fail(c *gin.Context, who access.Principal, err error) {
	if c.GetHeader("X-Autosave") != "" {
		status, said := web.Tell(s.ui.Printer(c), err)
		web.JSON(c, status, gin.H{"text": said.Title + ". " + said.Next})
		return
	}
	s.ui.Refuse(c, s.page(c, who, ""), err)
}
