package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/lang"
)

// ProblemPage is what a person reads when an action was refused: what
// happened, what it means, what to do next.
type ProblemPage struct {
	Title, Means, Next, Number string
	Links                      []NavLink
}

// Tell puts an error into words for a screen. The catalog's words for the code
// come first ("web.problem.CODE"), the texts of problem documents otherwise.
func Tell(p lang.Printer, err error) (status int, said ProblemPage) {
	problem := ProblemOf(err, Language(p.Language()))
	said = ProblemPage{Title: problem.Title, Means: problem.Detail}
	at := "web.problem." + problem.Code
	if p.Has(at + ".title") {
		said.Title, said.Means, said.Next = p.T(at+".title"), p.T(at+".means"), p.T(at+".next")
	}
	if said.Next == "" {
		said.Next = p.T("web.problem.then")
	}
	return problem.Status, said
}

// Refuse answers with the page of an error inside the frame of the surface.
// What is our own failure is logged under the number that the page shows.
func (u *UI) Refuse(c *gin.Context, page Page, err error) {
	p := u.Printer(c)
	status, said := Tell(p, err)
	if status >= http.StatusInternalServerError {
		_ = c.Error(err) // kept for the engine's log line; it gives back what it was given
	}
	said.Number = RequestID(c)
	said.Links = append(said.Links, NavLink{Href: "/", Label: p.T("web.home")})
	page.Title, page.Template, page.Data = said.Title, "problem", said
	u.Render(c, status, page)
	c.Abort()
}
