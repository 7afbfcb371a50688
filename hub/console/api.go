package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/hub/console/officer"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/web"
)

// APIPrefix is where the JSON API stands.
const APIPrefix = "/api/v1"

// API binds the actions to JSON over HTTP: see API.md.
type API struct {
	console *Console
	door    doorman
}

// NewAPI gives the JSON API. The cookie is the console's.
func NewAPI(c *Console, cookie access.Cookie) *API {
	return &API{console: c, door: doorman{people: c.People, cookie: cookie}}
}

// APIRoute is one route with the permission that is asked for before anything
// of the request is read.
type APIRoute struct {
	Method, Path string
	Permission   access.Permission
	handle       func(*API, *gin.Context, access.Principal)
}

// APIRoutes lists all that needs somebody signed in.
func APIRoutes() []APIRoute {
	get, post := http.MethodGet, http.MethodPost
	return append([]APIRoute{
		{get, "/verify", access.CaseVerify, (*API).waiting},
		{get, "/verify/:reference", access.CaseVerify, (*API).file},
		{get, "/verify/:reference/images/:part", access.CaseVerify, (*API).image},
		{post, "/verify/:reference/decision", access.CaseVerify, (*API).decide},
		{get, "/pouches", access.PouchWrite, (*API).pouchWork},
		{post, "/pouches", access.PouchWrite, (*API).openPouch},
		{get, "/pouches/:label", access.PouchWrite, (*API).pouch},
		{post, "/pouches/:label/:act", access.PouchWrite, (*API).actOnPouch},
	}, operateAPIRoutes()...)
}

// Register puts the routes on an engine of web.NewEngine.
func (a *API) Register(e *gin.Engine) {
	group := e.Group(APIPrefix)
	a.registerSession(group)
	auth := a.door.authenticator()
	for _, route := range APIRoutes() {
		group.Handle(route.Method, route.Path, func(c *gin.Context) {
			who, err := auth.Authenticate(c.Request)
			if err == nil {
				err = who.Require(route.Permission)
			}
			if err != nil {
				web.Fail(c, err)
				return
			}
			route.handle(a, c, who)
		})
	}
}

// registerSession puts the routes by which one gets in; they need nobody signed
// in, or only the session that they end.
func (a *API) registerSession(g gin.IRoutes) {
	g.POST("/session", bind(func(c *gin.Context, in sessionBody) {
		v, err := a.door.enter(c, officer.Credentials{Officer: in.Officer, Password: in.Password, Code: in.Code})
		answer(c, http.StatusCreated, v, err)
	}))
	g.GET("/session", func(c *gin.Context) {
		v, err := a.door.people.Session(a.door.cookie.Token(c.Request))
		answer(c, http.StatusOK, v, err)
	})
	g.DELETE("/session", func(c *gin.Context) { done(c, a.door.leave(c)) })
	g.POST("/session/lock", func(c *gin.Context) { done(c, a.door.lock(c)) })
	g.POST("/session/unlock", bind(func(c *gin.Context, in unlockBody) {
		v, err := a.door.unlock(c, officer.Key{Password: in.Password, Code: in.Code})
		answer(c, http.StatusOK, v, err)
	}))
	g.POST("/enrolment", bind(func(c *gin.Context, in sheetBody) {
		out, err := a.door.offer(c, officer.Sheet{Officer: in.Officer, OneTime: in.OneTime})
		answer(c, http.StatusOK, offerBody{Officer: string(out.Officer), Secret: out.Text, URI: out.URI}, err)
	}))
	g.POST("/enrolment/confirm", bind(func(c *gin.Context, in confirmBody) {
		v, err := a.door.enrol(c, officer.Enrolment{
			Sheet: officer.Sheet{Officer: in.Officer, OneTime: in.OneTime}, Password: in.Password, Code: in.Code,
		})
		answer(c, http.StatusCreated, v, err)
	}))
}

// bind reads the JSON body before a handler.
func bind[In any](handle func(*gin.Context, In)) gin.HandlerFunc {
	return func(c *gin.Context) {
		var in In
		if err := web.ReadJSON(c, &in); err != nil {
			web.Fail(c, err)
			return
		}
		handle(c, in)
	}
}

// sessionBody is the body of POST /session.
type sessionBody struct {
	Officer  string `json:"officer"`
	Password string `json:"password"`
	Code     string `json:"code"`
}

// unlockBody is the body of POST /session/unlock: one of the two.
type unlockBody struct {
	Password string `json:"password"`
	Code     string `json:"code"`
}

// sheetBody is the body of POST /enrolment.
type sheetBody struct {
	Officer string `json:"officer"`
	OneTime string `json:"one_time_code"`
}

// offerBody is its answer, the one place where the secret is shown.
type offerBody struct {
	Officer string `json:"officer"`
	Secret  string `json:"secret"`
	URI     string `json:"uri"`
}

// confirmBody is the body of POST /enrolment/confirm.
type confirmBody struct {
	Officer  string `json:"officer"`
	OneTime  string `json:"one_time_code"`
	Password string `json:"password"`
	Code     string `json:"code"`
}

func (a *API) waiting(c *gin.Context, who access.Principal) {
	list, err := a.console.Waiting(c.Request.Context(), who)
	answer(c, http.StatusOK, gin.H{"waiting": list}, err)
}

func (a *API) file(c *gin.Context, who access.Principal) {
	ref, err := consular.ParseReference(c.Param("reference"))
	if err != nil {
		web.Fail(c, noCase())
		return
	}
	f, err := a.console.File(c.Request.Context(), who, ref)
	answer(c, http.StatusOK, f, err)
}

func (a *API) image(c *gin.Context, who access.Principal) {
	ref, err := consular.ParseReference(c.Param("reference"))
	if err != nil {
		web.Fail(c, noCase())
		return
	}
	image, err := a.console.Image(c.Request.Context(), who, ref, c.Param("part"))
	if err != nil {
		web.Fail(c, err)
		return
	}
	send(c, image)
}

func (a *API) decide(c *gin.Context, who access.Principal) {
	ref, err := consular.ParseReference(c.Param("reference"))
	if err != nil {
		web.Fail(c, noCase())
		return
	}
	var in Decision
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	in.Reference = ref
	out, err := a.console.Decide(c.Request.Context(), who, in)
	answer(c, http.StatusOK, out, err)
}

func (a *API) pouchWork(c *gin.Context, who access.Principal) {
	w, err := a.console.PouchWork(c.Request.Context(), who)
	answer(c, http.StatusOK, w, err)
}

// openBody is the body of POST /pouches.
type openBody struct {
	Post consular.PostID `json:"post"`
}

func (a *API) openPouch(c *gin.Context, who access.Principal) {
	var in openBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	p, err := a.console.OpenPouch(c.Request.Context(), who, in.Post)
	answer(c, http.StatusOK, p, err)
}

func (a *API) pouch(c *gin.Context, who access.Principal) {
	label, err := consular.ParsePouchID(c.Param("label"))
	if err != nil {
		web.Fail(c, noCase())
		return
	}
	p, err := a.console.Pouch(c.Request.Context(), who, label)
	answer(c, http.StatusOK, p, err)
}

func (a *API) actOnPouch(c *gin.Context, who access.Principal) {
	label, err := consular.ParsePouchID(c.Param("label"))
	if err != nil {
		web.Fail(c, noCase())
		return
	}
	var in PouchAct
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	in.Label, in.Act = label, c.Param("act")
	p, err := a.console.ActOnPouch(c.Request.Context(), who, in)
	answer(c, http.StatusOK, p, err)
}
