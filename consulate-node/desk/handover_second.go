package desk

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
)

// headerSecond carries the bearer token of the second person, for callers that
// are programs: each shows who they are, neither speaks for the other.
const headerSecond = "Second-Authorization"

// People lets somebody show who they are by both factors, as at the door.
type People interface {
	Enter(ctx context.Context, in staff.Credentials) (staff.Entered, error)
	Who(token string, active bool) (access.Principal, error)
	Leave(ctx context.Context, token string) error
}

// secondBody is the part of a body in which the second person types who they
// are, at the first one's screen.
type secondBody struct {
	Staff    string `json:"staff"`
	Password string `json:"password"`
	Code     string `json:"code"`
}

// ShowSecond lets the person beside a signed-in one show who they are: in and
// out at once, so that the screen stays the first one's, and both are entries.
// Errors: those of staff.SignIn.Enter.
func ShowSecond(ctx context.Context, people People, in staff.Credentials) (access.Principal, error) {
	entered, err := people.Enter(ctx, in)
	if err != nil {
		return access.Principal{}, err
	}
	who, err := people.Who(entered.Token, false)
	if err != nil {
		return access.Principal{}, err
	}
	return who, people.Leave(ctx, entered.Token)
}

// second says who stands beside the caller; nobody when nobody shows it. What
// the caller sent to be known by is left out, so that nobody is two persons by
// one session.
func (a *HandoverAPI) second(c *gin.Context, typed secondBody) (access.Principal, error) {
	if token := c.GetHeader(headerSecond); token != "" {
		r := c.Request.Clone(c.Request.Context())
		r.Body = http.NoBody
		r.Header = http.Header{"Authorization": {token}}
		return a.auth.Authenticate(r)
	}
	if typed.Staff == "" || a.people == nil {
		return access.Principal{}, nil
	}
	return ShowSecond(c.Request.Context(), a.people, staff.Credentials{
		Staff: typed.Staff, Password: typed.Password, Code: typed.Code, Workstation: Workstation(c.Request),
	})
}
