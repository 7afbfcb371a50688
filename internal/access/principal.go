package access

import (
	"errors"
	"net/http"

	"jaliya/internal/fault"
)

// ErrNoIdentity is the cause of a Denied fault when nobody is known to stand
// behind a request: the caller signs in, instead of asking for another role.
var ErrNoIdentity = errors.New("no identity")

// Surface says through which door a caller came.
type Surface string

// The surfaces.
const (
	SurfaceAPI     Surface = "api"     // a program with a bearer token
	SurfaceDesk    Surface = "desk"    // a browser at a post
	SurfaceConsole Surface = "console" // a browser at the hub
)

// Principal is who acts. ID is what entries name: stable, never reused, no
// name of a person in it.
type Principal struct {
	ID      string
	Name    string // for screens; empty for a service account without one
	Role    Role
	Surface Surface
}

// Require refuses an action that the role does not carry. It is the first line
// of every action. Errors: Denied, with ErrNoIdentity for nobody.
func (p Principal) Require(permission Permission) error {
	const op = "access: require"
	if p.ID == "" {
		return fault.New(fault.Denied, op, string(permission), ErrNoIdentity)
	}
	if !p.Role.Has(permission) {
		return fault.New(fault.Denied, op, string(permission), nil)
	}
	return nil
}

// Authenticator says who sends a request. Errors: Denied with ErrNoIdentity.
type Authenticator interface {
	Authenticate(r *http.Request) (Principal, error)
}
