package web

import (
	"html/template"
	"io/fs"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

// UIOptions say what the screens of a surface are made of.
type UIOptions struct {
	Surface   string // names the cookie of the language: "desk"
	Catalog   *lang.Catalog
	Languages []consular.Language // offered, the first is the default; empty: ar, fr, en
	Zone      *time.Location      // in which times are told
	Templates []fs.FS             // *.html of the surface, each defining "page/NAME"
	Assets    []fs.FS             // scripts and pictures of the surface
	// Nav gives the main places of pages that name none. Nil: none.
	Nav func(p lang.Printer, path string) []NavLink
	// Development adds the page of components.
	Development bool
}

// UI renders the screens of a surface: layout, components, words, assets. It
// is fixed after it is built and serves any number of goroutines.
type UI struct {
	o      UIOptions
	pages  map[consular.Language]*template.Template
	assets *assets
}

// NewUI parses everything once, so that a broken template stops the start and
// not a clerk.
func NewUI(o UIOptions) (*UI, error) {
	const op = "web: build screens"
	if o.Catalog == nil || o.Zone == nil || o.Surface == "" {
		return nil, fault.New(fault.Invalid, op, "catalog, zone and surface are needed", nil)
	}
	if len(o.Languages) == 0 {
		o.Languages = []consular.Language{consular.Arabic, consular.French, consular.English}
	}
	held, err := loadAssets(o.Assets)
	if err != nil {
		return nil, err
	}
	u := &UI{o: o, assets: held, pages: make(map[consular.Language]*template.Template)}
	for _, l := range o.Languages {
		if u.pages[l], err = u.parse(o.Catalog.Printer(l)); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func (u *UI) parse(p lang.Printer) (*template.Template, error) {
	const op = "web: parse templates"
	t := template.New("root").Funcs(u.funcs(p))
	for _, files := range append([]fs.FS{layouts()}, u.o.Templates...) {
		if _, err := t.ParseFS(files, "*.html"); err != nil {
			return nil, fault.New(fault.Internal, op, string(p.Language()), err)
		}
	}
	return t, nil
}

// Register puts assets, the language switch and, in development, the page of
// components on an engine.
func (u *UI) Register(e gin.IRoutes) {
	e.GET(assetPrefix+":hash/:name", u.assets.serve)
	e.POST("/language", u.switchLanguage)
	if u.o.Development {
		e.GET("/components", u.components)
	}
}

// Page is one screen. Title is printed text; Template names the "page/NAME"
// that gets Data; the rest is the frame around it.
type Page struct {
	Title    string
	Template string
	Data     any

	Who     *Who      // who is signed in; nil shows no navigation
	Nav     []NavLink // main places
	Bar     *LinkBar  // state of the link, nil for none
	Notice  *Notice   // one thing said above the content
	Errors  []FieldError
	Scripts []string // beside the one that each page has
	Wide    bool     // lists need the whole width
	Bare    bool     // without header and footer: the screen is turned to a visitor
	LockURL string   // where a script goes when nobody works any more
	LockIn  int      // after so many seconds, 0 for never
	Foot    string   // who speaks: the post
}

// Who is the member of staff in the header.
type Who struct{ Name, Role string }

// NavLink is a place of the navigation.
type NavLink struct {
	Href, Label string
	Current     bool
}

// Notice is one message above a page. Kind is "good", "info", "warn" or "bad".
type Notice struct {
	Kind, Title, Text string
	Links             []NavLink
}

// frame is what the layout reads.
type frame struct {
	Page
	Lang, Dir string
	Nonce     string
	Path      string
	Content   template.HTML
	Languages []languageChoice
}

// Render answers with a page in the language of the reader.
func (u *UI) Render(c *gin.Context, status int, page Page) {
	p := u.Printer(c)
	t := u.pages[p.Language()]
	if page.Nav == nil && u.o.Nav != nil {
		page.Nav = u.o.Nav(p, c.Request.URL.Path)
	}
	f := frame{
		Page: page, Lang: string(p.Language()), Dir: p.Direction(), Nonce: nonceOf(c), Path: backPath(c),
		Languages: u.choices(p.Language()),
	}
	content, whole := borrow(), borrow()
	defer giveBack(content)
	defer giveBack(whole)
	err := t.ExecuteTemplate(content, "page/"+page.Template, page.Data)
	if err == nil {
		f.Content = template.HTML(content.String()) //nolint:gosec // escaped by the template above
		err = t.ExecuteTemplate(whole, "layout", f)
	}
	if err != nil {
		// The text of the engine may quote what it wrote.
		_ = c.Error(fault.New(fault.Internal, "web: render "+page.Template, "", err))
		c.String(http.StatusInternalServerError, "%s", p.T("web.broken", "id", RequestID(c)))
		c.Abort()
		return
	}
	c.Header("Content-Language", string(p.Language()))
	sendHTML(c, status, whole.Bytes())
}

// Part renders one component by itself, for a script that puts it in place of
// an older one.
func (u *UI) Part(c *gin.Context, status int, name string, data any) {
	b := borrow()
	defer giveBack(b)
	if err := u.pages[u.Printer(c).Language()].ExecuteTemplate(b, name, data); err != nil {
		_ = c.Error(fault.New(fault.Internal, "web: render "+name, "", err))
		c.Status(http.StatusInternalServerError)
		return
	}
	sendHTML(c, status, b.Bytes())
}

// See answers a form with the page to look at next, so that a reload repeats
// nothing.
func See(c *gin.Context, path string) { c.Redirect(http.StatusSeeOther, path) }
