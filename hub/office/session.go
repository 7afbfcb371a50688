package office

import (
	"net"
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/hub/office/people"
	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// doorman carries sessions between browsers and package people.
type doorman struct {
	people *people.SignIn
	cookie access.Cookie
}

// authenticator gives officers by their session, as every route asks for them.
func (d doorman) authenticator() access.Authenticator {
	return access.CookieAuthenticator{Cookie: d.cookie, Who: d.people.Who}
}

// place names the machine that a request came from.
func place(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// seat sets the cookie, and ends the session that the browser had before: the
// next officer takes the place of the one before.
func (d doorman) seat(c *gin.Context, in people.Entered) error {
	if before := d.cookie.Token(c.Request); before != "" {
		if err := d.people.Leave(before); fault.Is(err, fault.Storage) {
			return err
		}
	}
	http.SetCookie(c.Writer, d.cookie.Set(in.Token))
	return nil
}

func (d doorman) enter(c *gin.Context, in people.Credentials) (people.View, error) {
	in.Place = place(c.Request)
	entered, err := d.people.Enter(c.Request.Context(), in)
	if err == nil {
		err = d.seat(c, entered)
	}
	return entered.Session, err
}

func (d doorman) enrol(c *gin.Context, in people.Enrolment) (people.View, error) {
	in.Place = place(c.Request)
	entered, err := d.people.Enrol(c.Request.Context(), in)
	if err == nil {
		err = d.seat(c, entered)
	}
	return entered.Session, err
}

func (d doorman) offer(c *gin.Context, in people.Sheet) (people.Authenticator, error) {
	in.Place = place(c.Request)
	return d.people.Offer(c.Request.Context(), in)
}

func (d doorman) unlock(c *gin.Context, in people.Key) (people.View, error) {
	in.Place = place(c.Request)
	return d.people.Unlock(c.Request.Context(), d.cookie.Token(c.Request), in)
}

func (d doorman) lock(c *gin.Context) error {
	return d.people.Lock(d.cookie.Token(c.Request))
}

func (d doorman) leave(c *gin.Context) error {
	err := d.people.Leave(d.cookie.Token(c.Request))
	if err == nil {
		http.SetCookie(c.Writer, d.cookie.Clear())
	}
	return err
}
