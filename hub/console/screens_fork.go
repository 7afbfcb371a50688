package console

import (
	"errors"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/hub/console/officer"
	"jaliya/hub/forks"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// forksPage is the page on which people decide about a post's machines.
type forksPage struct {
	Post, Href string
	Forks      []forkView
}

// forkForm is what somebody typed into a form that was refused.
type forkForm struct {
	node           wire.NodeID
	choice, reason string
	copiesOff      bool
}

func (s *Screens) forks(c *gin.Context, who access.Principal) { s.showForks(c, who, forkForm{}, nil) }

func (s *Screens) showForks(c *gin.Context, who access.Principal, typed forkForm, wrong error) {
	post, err := consular.ParsePostID(c.Param("post"))
	if err != nil {
		s.fail(c, who, fault.New(fault.NotFound, "console: show forks", "", nil))
		return
	}
	list, err := s.console.Forks(c.Request.Context(), who, post)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	v := forksPage{Post: s.postName(p, post), Href: "/operate/posts/" + string(post)}
	for _, one := range list {
		v.Forks = append(v.Forks, s.forkView(p, who, one, typed))
	}
	status, notice := s.changedNotice(p, wrong)
	o := operateScreen{name: "forks", title: p.T("fork.title"), notice: notice, data: v}
	if wrong != nil && notice == nil {
		status, o.errors = s.forkErrors(c, wrong, v.at(typed))
		v.mark(o.errors)
	}
	s.operateStatus(c, who, status, o)
}

// at names the form that was sent, for the links of the summary.
func (v forksPage) at(typed forkForm) string {
	for _, f := range v.Forks {
		if f.Node == typed.node.String() {
			return typed.choice + "-" + f.ID
		}
	}
	return ""
}

// mark repeats what is wrong at its field.
func (v forksPage) mark(list []web.FieldError) {
	for _, e := range list {
		field, form, _ := strings.Cut(strings.TrimPrefix(e.Href, "#"), "-")
		for i := range v.Forks {
			for j := range v.Forks[i].Acts {
				if a := &v.Forks[i].Acts[j]; a.ID == form {
					a.Wrong = map[string]string{field: e.Text}
				}
			}
		}
	}
}

// forkErrors says what is wrong with a form, at its fields.
func (s *Screens) forkErrors(c *gin.Context, wrong error, form string) (int, []web.FieldError) {
	p := s.ui.Printer(c)
	status, said := web.Tell(p, wrong)
	coded, ok := errors.AsType[web.CodedError](wrong)
	if !ok || len(coded.Violations) == 0 {
		text := said.Title + ". " + said.Next
		if web.Has(wrong, web.CodeSignIn) {
			text = p.T("fork.rule.password_wrong")
		}
		return status, []web.FieldError{{Href: "#password-" + form, Text: text}}
	}
	var list []web.FieldError
	for _, broken := range coded.Violations {
		list = append(list, web.FieldError{
			Href: "#" + broken.Field + "-" + form, Text: p.T("fork.rule." + broken.Field + "_" + string(broken.Rule)),
		})
	}
	return status, list
}

func (s *Screens) decideFork(c *gin.Context, who access.Principal) {
	post, err := consular.ParsePostID(c.Param("post"))
	if err != nil {
		s.fail(c, who, fault.New(fault.NotFound, "console: decide fork", "", nil))
		return
	}
	in := ForkAct{
		Post: post, Seen: numberOf(c, "seen"), Choice: typed(c, "choice"), Reason: whole(c, "reason"), CopiesOff: typed(c, "copies_off") == "1",
		Prove: s.door.prove(c, officer.Key{Password: c.PostForm("password")}),
	}
	if in.Node, err = wire.ParseNodeID(typed(c, "node")); err != nil {
		s.fail(c, who, noCase())
		return
	}
	err = s.console.DecideFork(c.Request.Context(), who, in)
	if err == nil {
		web.See(c, "/operate/posts/"+string(post)+"/forks?said=fork_"+in.Choice[:2])
		return
	}
	again := web.Has(err, web.CodeSignIn) || web.Has(err, web.CodeAttempts) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict)
	if again && (in.Choice == forks.GoOn || in.Choice == forks.ShutsOut) {
		s.showForks(c, who, forkForm{node: in.Node, choice: in.Choice, reason: in.Reason, copiesOff: in.CopiesOff}, err)
		return
	}
	if fault.Is(err, fault.Invalid) {
		s.showForks(c, who, forkForm{}, fault.New(fault.Invalid, "console: decide fork", "choice", nil))
		return
	}
	s.fail(c, who, err)
}
