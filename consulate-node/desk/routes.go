package desk

import (
	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/web"
)

// RouteOf is one line of a contract: what it takes, and the permission that is
// asked for before anything of the request is read.
type RouteOf[A any] struct {
	Method     string
	Path       string // in the notation of the router
	Permission access.Permission
	handle     func(A, *gin.Context, access.Principal)
}

// binding is a set of routes with those who answer them and who may ask.
type binding[A any] struct {
	to     A
	auth   access.Authenticator
	routes []RouteOf[A]
	refuse func(*gin.Context, access.Principal, error)
}

// on puts the routes on a group. Who asks, and whether the role carries the
// permission, is settled before anything of the request is read.
func (b binding[A]) on(group gin.IRoutes) {
	for _, route := range b.routes {
		group.Handle(route.Method, route.Path, func(c *gin.Context) {
			who, err := b.auth.Authenticate(c.Request)
			if err == nil {
				err = who.Require(route.Permission)
			}
			if err != nil {
				b.refuse(c, who, err)
				return
			}
			route.handle(b.to, c, who)
		})
	}
}

// failJSON is how an API refuses.
func failJSON(c *gin.Context, _ access.Principal, err error) { web.Fail(c, err) }
