package desk

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// APIPrefix is where the JSON API stands.
const APIPrefix = "/api/v1"

// API binds the actions to JSON over HTTP: see API.md.
type API struct {
	desk *Desk
	auth access.Authenticator
}

// NewAPI gives the JSON API of a desk for callers that auth knows.
func NewAPI(d *Desk, auth access.Authenticator) *API { return &API{desk: d, auth: auth} }

// Route is one line of the contract, below APIPrefix.
type Route = RouteOf[*API]

// Routes lists the whole API.
func Routes() []Route {
	const visit, image = "/visits/:visit", "/visits/:visit/images/:name"
	routes := []Route{
		{http.MethodPost, "/visits", access.VisitWrite, (*API).begin},
		{http.MethodGet, "/visits", access.VisitRead, (*API).list},
		{http.MethodGet, visit, access.VisitRead, (*API).show},
		{http.MethodPatch, visit, access.VisitWrite, (*API).change},
		{http.MethodDelete, visit, access.VisitWrite, (*API).discard},
		{http.MethodGet, visit + "/review", access.VisitRead, (*API).review},
		{http.MethodPost, visit + "/release", access.VisitRelease, (*API).release},
		{http.MethodPost, visit + "/payment", access.VisitWrite, (*API).pay},
		{http.MethodDelete, visit + "/slip", access.VisitWrite, (*API).slipGiven},
		{http.MethodPost, image, access.VisitWrite, (*API).startImage},
		{http.MethodHead, image, access.VisitWrite, (*API).imageStatus},
		{http.MethodPatch, image, access.VisitWrite, (*API).appendImage},
		{http.MethodDelete, image, access.VisitWrite, (*API).dropImage},
		{http.MethodGet, "/requests/:reference", access.RequestRead, (*API).request},
		{http.MethodGet, "/requests/:reference/receipt", access.RequestRead, (*API).receipt},
		{http.MethodPost, "/requests/:reference/amendments", access.VisitWrite, (*API).amend},
		{http.MethodPost, "/requests/:reference/read", access.VisitWrite, (*API).read},
		{http.MethodGet, "/waiting", access.RequestRead, (*API).waiting},
		{http.MethodPost, "/follow", access.RequestFollow, (*API).follow},
		{http.MethodGet, "/status", access.NodeStatus, (*API).status},
		{http.MethodGet, "/queue", access.NodeStatus, (*API).queue},
	}
	routes = append(routes, changeRoutes()...)
	for _, group := range Groups() {
		routes = append(routes, Route{http.MethodPut, visit + "/" + string(group), access.VisitWrite, group.put})
	}
	return routes
}

// Register puts the routes on an engine of web.NewEngine.
func (a *API) Register(e *gin.Engine) {
	binding[*API]{to: a, auth: a.auth, routes: Routes(), refuse: failJSON}.on(e.Group(APIPrefix))
}

// answer is the end of every handler: the problem, or the value.
func answer(c *gin.Context, status int, value any, err error) {
	if err != nil {
		web.Fail(c, err)
		return
	}
	web.JSON(c, status, value)
}

// visitOf reads the visit's id in the path. An id that is none leads nowhere.
func visitOf(c *gin.Context) (wire.RecordID, error) {
	id, err := wire.ParseRecordID(c.Param("visit"))
	if err != nil || c.Param("visit") != id.String() {
		return id, fault.New(fault.NotFound, "desk: read path", "", nil)
	}
	return id, nil
}

// versioned reads the visit and the version that the caller has seen, which is
// the entity tag: If-Match: "3".
func versioned(c *gin.Context) (wire.RecordID, uint64, error) {
	const op = "desk: read version"
	id, err := visitOf(c)
	if err != nil {
		return id, 0, err
	}
	tag := strings.TrimSpace(c.GetHeader("If-Match"))
	if tag == "" {
		return id, 0, fault.New(fault.Invalid, op, "", web.CodeVersionRequired.Cause())
	}
	digits, ok := strings.CutPrefix(tag, `"`)
	digits, closed := strings.CutSuffix(digits, `"`)
	version, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || !ok || !closed {
		return id, 0, refuse(op, "if_match", consular.RuleFormat)
	}
	return id, version, nil
}

func tag(c *gin.Context, version uint64) {
	if version > 0 {
		c.Header("ETag", `"`+strconv.FormatUint(version, 10)+`"`)
	}
}
