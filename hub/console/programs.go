package console

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// forPrograms are the routes that a service account may use: lists that name
// nobody. All else at the console is an officer's act, which stands in the
// ledger under the name of who did it, and no program has one.
func forPrograms(route APIRoute) bool {
	if route.Method != http.MethodGet {
		return false
	}
	return route.Permission == access.HubStatus || slices.Contains([]string{"/verify", "/pouches", "/pouches/:label"}, route.Path)
}

// Admit lets programs in beside officers, by their tokens.
func (a *API) Admit(programs access.Authenticator) *API {
	a.programs = programs
	return a
}

// authenticator knows officers by their session, and programs where any are
// admitted: a request with an Authorization header is a program's.
func (a *API) authenticator() access.Authenticator {
	people := a.door.authenticator()
	if a.programs == nil {
		return people
	}
	return access.Either{Programs: a.programs, People: people}
}

// may says whether somebody may use a route. Whoever lacks the permission is
// told so first.
func (route APIRoute) may(c *gin.Context, auth access.Authenticator) (access.Principal, error) {
	who, err := auth.Authenticate(c.Request)
	if err == nil {
		err = who.Require(route.Permission)
	}
	if err == nil && who.Surface == access.SurfaceAPI && !forPrograms(route) {
		err = fault.New(fault.Denied, "console: admit program", route.Path, web.CodePersonNeeded.Cause())
	}
	return who, err
}
