package account

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/hub/portal/signin"
	"jaliya/internal/web"
)

// home is where a person comes after signing in.
const home = "/requests"

// signIn sends the browser to the provider. Permission: everybody.
func (a *Account) signIn(c *gin.Context) {
	next := home
	if asked := c.Query("next"); asked != "" {
		next = web.LocalPath(asked)
	}
	if _, awake := a.sessions.find(a.cookie.Token(c.Request), a.o.Now()); awake && c.Query("again") == "" {
		web.See(c, next)
		return
	}
	a.begin(c, signin.Options{Return: next})
}

func (a *Account) begin(c *gin.Context, o signin.Options) {
	o.Language = string(a.o.UI.Printer(c).Language())
	to, err := a.o.SignIn.Begin(c.Writer, c.Request, o)
	if err != nil {
		a.fail(c, err)
		return
	}
	web.See(c, to)
}

// callback takes what the provider sent back and leads away at once, so that
// its address stays in no history. Permission: everybody; package signin says
// who it is.
func (a *Account) callback(c *gin.Context) {
	signed, err := a.o.SignIn.Finish(c.Request)
	if err != nil {
		a.fail(c, err)
		return
	}
	before := a.cookie.Token(c.Request)
	if s, awake := a.sessions.find(before, a.o.Now()); awake && signed.Fresh && a.proved(c, s, signed) {
		web.See(c, signed.Return)
		return
	}
	token, err := a.sessions.begin(before, signed, a.o.Now())
	if err != nil {
		a.fail(c, err)
		return
	}
	http.SetCookie(c.Writer, a.cookie.Set(token))
	if s, awake := a.sessions.find(token, a.o.Now()); awake && signed.Fresh {
		a.proved(c, s, signed)
	}
	web.See(c, signed.Return)
}

// askSignOut shows the one button. Permission: signed-in citizen.
func (a *Account) askSignOut(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	p := a.o.UI.Printer(c)
	a.tell(c, http.StatusOK, told{
		Title: p.T("account.signout.title"), Text: []string{p.T("account.signout.text")},
		Form: &web.Form{Action: "/signout", Save: p.T("account.signout.button"), Skip: &web.NavLink{Href: home, Label: p.T("account.signout.stay")}},
	})
}

// signOut ends the session. Permission: everybody; who is out stays out.
func (a *Account) signOut(c *gin.Context) {
	a.sessions.end(a.cookie.Token(c.Request))
	http.SetCookie(c.Writer, a.cookie.Clear())
	web.See(c, "/")
}
