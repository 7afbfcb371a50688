package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
)

// HandoverAPI binds the actions of a hand-over desk to JSON over HTTP: see
// HANDOVER.md.
type HandoverAPI struct {
	handover *handover.Handover
	auth     access.Authenticator
	people   People
}

// NewHandoverAPI gives the JSON API of a hand-over desk for callers that auth
// knows. A second person is known by a token, or by people; people may be nil.
func NewHandoverAPI(h *handover.Handover, auth access.Authenticator, people People) *HandoverAPI {
	return &HandoverAPI{handover: h, auth: auth, people: people}
}

// HandoverRoute is one line of the contract, below APIPrefix.
type HandoverRoute = RouteOf[*HandoverAPI]

// HandoverRoutes lists the whole API.
func HandoverRoutes() []HandoverRoute {
	const pouch, card = "/pouches/:pouch", "/cards/:reference"
	return append([]HandoverRoute{
		{http.MethodGet, "/pouches", access.CardRead, (*HandoverAPI).pouches},
		{http.MethodGet, pouch, access.CardRead, (*HandoverAPI).pouch},
		{http.MethodPost, pouch + "/arrive", access.PouchOpen, (*HandoverAPI).arrive},
		{http.MethodPost, pouch + "/open", access.HandoverWrite, (*HandoverAPI).open},
		{http.MethodPost, pouch + "/scan", access.HandoverWrite, (*HandoverAPI).scan},
		{http.MethodPost, pouch + "/reconcile", access.HandoverWrite, (*HandoverAPI).reconcile},
		{http.MethodGet, "/cards", access.CardRead, (*HandoverAPI).stock},
		{http.MethodPost, "/cards/search", access.CardRead, (*HandoverAPI).search},
		{http.MethodGet, card, access.CardRead, (*HandoverAPI).card},
		{http.MethodPost, card + "/shelve", access.HandoverWrite, (*HandoverAPI).shelve},
		{http.MethodPost, card + "/check", access.HandoverWrite, (*HandoverAPI).check},
		{http.MethodPost, card + "/handover", access.HandoverWrite, (*HandoverAPI).give},
	}, leaveRoutes()...)
}

// Register puts the routes on an engine of web.NewEngine.
func (a *HandoverAPI) Register(e *gin.Engine) {
	binding[*HandoverAPI]{to: a, auth: a.auth, routes: HandoverRoutes(), refuse: failJSON}.on(e.Group(APIPrefix))
}
