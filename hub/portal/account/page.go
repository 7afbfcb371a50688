package account

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// page gives the frame of every page of a person who is signed in.
func (a *Account) page(c *gin.Context, title string) web.Page {
	p := a.o.UI.Printer(c)
	page := web.Page{Title: title, Foot: p.T("account.foot")}
	if _, awake := a.sessions.find(a.cookie.Token(c.Request), a.o.Now()); awake {
		for _, one := range []struct{ href, key string }{
			{"/requests", "requests"}, {"/ask", "ask"}, {"/signout", "signout"},
		} {
			path := c.Request.URL.Path
			page.Nav = append(page.Nav, web.NavLink{
				Href: one.href, Label: p.T("account.nav." + one.key),
				Current: path == one.href || strings.HasPrefix(path, one.href+"/"),
			})
		}
	}
	return page
}

// told is a page that says something and leads on.
type told struct {
	Title   string
	Back    *web.NavLink
	Notice  *web.Notice
	Text    []string
	Facts   []fact
	Primary *web.NavLink
	Links   []web.NavLink
	Number  string // to quote
	Code    string // shown large
	After   []string
	Form    *web.Form
}

// fact is one line of what is known. Code marks what reads from left to right
// in every language.
type fact struct {
	Label, Text, Second, Href string
	Code                      bool
}

func (a *Account) tell(c *gin.Context, status int, t told) {
	page := a.page(c, t.Title)
	page.Template, page.Data, page.Notice = "account-told", t, t.Notice
	a.o.UI.Render(c, status, page)
	c.Abort()
}

// fail answers with what happened, what it means and what to do. What is our
// own failure is logged under the number that the page shows.
func (a *Account) fail(c *gin.Context, err error) {
	p := a.o.UI.Printer(c)
	problem := web.ProblemOf(err, web.English)
	if problem.Status >= http.StatusInternalServerError {
		_ = c.Error(err) // kept for the engine's log line; it gives back what it was given
	}
	said := told{Number: web.RequestID(c), Primary: &web.NavLink{Href: "/requests", Label: p.T("account.nav.requests")}}
	if why := "signin." + problem.Code + ".why"; p.Has(why) {
		said.Title, said.Text = p.T("account.signin_failed"), []string{p.T(why), p.T("signin." + problem.Code + ".next")}
		said.Primary = &web.NavLink{Href: "/signin", Label: p.T("signin.again")}
		said.Links = []web.NavLink{{Href: "/", Label: p.T("signin.home")}}
	} else {
		key := "account.problem." + problem.Code
		if !p.Has(key + ".title") {
			key = "account.problem.other"
			if uncertain(err) {
				key = "account.problem.unavailable"
			}
		}
		said.Title, said.Text = p.T(key+".title"), []string{p.T(key + ".means"), p.T(key + ".next")}
	}
	a.tell(c, problem.Status, said)
}

// uncertain reports whether nobody knows what became of a question: then the
// same is sent again, and nothing else in its place.
func uncertain(err error) bool {
	switch fault.KindOf(err) { //nolint:exhaustive // the others are answers
	case fault.Unavailable, fault.Timeout, fault.Storage, fault.Internal, fault.Other, fault.Full, fault.Corrupt:
		return true
	}
	return false
}

// typed reads one field of a form as it was sent; the form as a whole is capped.
func typed(c *gin.Context, name string) string { return strings.TrimSpace(c.PostForm(name)) }
