package account

import (
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/portal/signin"
	"jaliya/hub/rpc"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/seal"
	"jaliya/internal/web"
)

//go:embed templates/*.html
var files embed.FS

// Templates gives the pages of this package, for the UI that it is given.
func Templates() fs.FS {
	pages, err := fs.Sub(files, "templates")
	if err != nil {
		panic("account: embedded templates: " + err.Error()) // a constant path of this package
	}
	return pages
}

// cookieName names the session's cookie of this surface. The prefix makes
// browsers refuse one that another host, or a page without TLS, has set.
const (
	cookieName   = "jaliya_portal"
	cookiePrefix = "__Host-"
)

// Options are what the account is made of; all are needed but Secure, Address,
// Now and Logger.
type Options struct {
	UI      *web.UI
	Catalog *lang.Catalog
	Member  rpc.Member
	SignIn  *signin.SignIn
	Posts   *consular.Directory
	Fees    *consular.FeeSchedule
	Zone    *time.Location // in which days are counted and told
	Address string         // of the portal, as people type it
	Secure  bool           // served over TLS
	Now     func() time.Time
	Logger  *slog.Logger
}

// Account is the signed-in part of the portal. Safe for concurrent use.
type Account struct {
	o        Options
	dicts    *seal.Dictionaries
	sessions *sessions
	cookie   access.Cookie
	all      []consular.Country // of the world
}

// New checks that nothing is missing.
func New(o Options) (*Account, error) {
	const op = "account: new"
	if o.UI == nil || o.Catalog == nil || o.Member == nil || o.SignIn == nil || o.Posts == nil || o.Fees == nil || o.Zone == nil {
		return nil, fault.New(fault.Invalid, op, "screens, catalog, member, sign-in, posts, fees and zone are needed", nil)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	dicts, err := seal.BuiltIn()
	if err != nil {
		return nil, err
	}
	a := &Account{o: o, dicts: dicts, sessions: newSessions(), cookie: access.Cookie{Name: cookieName}, all: countries()}
	if o.Secure {
		a.cookie = access.Cookie{Name: cookiePrefix + cookieName, Secure: true}
	}
	return a, nil
}

// Register puts the pages on an engine of web.NewEngine.
func (a *Account) Register(e *gin.Engine) {
	g := e.Group("", web.Policy())
	for _, r := range a.routes() {
		g.Handle(r.method, r.path, r.handle)
	}
	e.POST("/hooks/stamp", a.paymentNotice)
}

type route struct {
	method, path string
	handle       gin.HandlerFunc
}

// routes lists the pages. Whatever takes a form has a page at the same path, to
// which a person comes back after signing in.
func (a *Account) routes() []route {
	get, post := http.MethodGet, http.MethodPost
	const own = "/requests/:reference"
	return []route{
		{get, "/signin", a.signIn},
		{get, "/signin/callback", a.callback},
		{get, "/signout", a.askSignOut},
		{post, "/signout", a.signOut},
		{get, "/requests", a.list},
		{get, own, a.request},
		{get, own + "/filed", a.showFiled},
		{get, "/ask", a.showStep(stepWhich)},
		{post, "/ask", a.takeStep(stepWhich)},
		{get, "/ask/help", a.showHelp},
		{post, "/ask/help", a.help},
		{get, "/ask/:step", a.showNamedStep},
		{post, "/ask/:step", a.takeNamedStep},
		{get, own + "/pay", a.showPay},
		{get, own + "/pay/go", a.pay},
		{get, "/paid", a.paid},
		{get, own + "/answer", a.showQuestion},
		{post, own + "/answer", a.answer},
		{get, own + "/document", a.showDocument},
		{get, own + "/document/signin", a.proveForDocument},
		{post, own + "/document", a.document},
		{get, own + "/print", a.showPrint},
		{post, own + "/print", a.choosePrint},
		{get, own + "/print/confirm", a.confirmPrint},
		{get, own + "/print/signin", a.proveForPrint},
		{get, own + "/print/code", a.showCode},
		{post, own + "/print/code", a.askPrint},
		{get, own + "/withdraw", a.showWithdraw},
		{post, own + "/withdraw", a.withdraw},
	}
}
