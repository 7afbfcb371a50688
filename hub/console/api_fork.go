package console

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/hub/console/officer"
	"jaliya/hub/forks"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// forkList is the answer of GET /operate/posts/POST/forks.
type forkList struct {
	Post  consular.PostID `json:"post"`
	Forks []forks.Fork    `json:"forks"`
}

// decideForkBody is the body of POST /operate/posts/POST/forks.
type decideForkBody struct {
	Node      string `json:"node"`
	Seen      uint64 `json:"seen"`
	Choice    string `json:"choice"`
	Reason    string `json:"reason"`
	CopiesOff bool   `json:"copies_off,omitempty"`
	// One of the two proves anew who decides.
	Password string `json:"password,omitempty"`
	Code     string `json:"code,omitempty"`
}

func (a *API) forks(c *gin.Context, who access.Principal) {
	post, err := consular.ParsePostID(c.Param("post"))
	if err != nil {
		web.Fail(c, fault.New(fault.NotFound, "console: show forks", "", nil))
		return
	}
	list, err := a.console.Forks(c.Request.Context(), who, post)
	answer(c, http.StatusOK, forkList{Post: post, Forks: seenBy(who, list, impersonalFork)}, err)
}

// impersonalFork takes out who decided and what they wrote.
func impersonalFork(f *forks.Fork) {
	for i := range f.Decisions {
		d := &f.Decisions[i]
		d.By, d.Who, d.Reason = "", "", ""
	}
}

func (a *API) decideFork(c *gin.Context, who access.Principal) {
	post, err := consular.ParsePostID(c.Param("post"))
	if err != nil {
		web.Fail(c, fault.New(fault.NotFound, "console: decide fork", "", nil))
		return
	}
	var in decideForkBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	node, err := wire.ParseNodeID(in.Node)
	if in.Node != "" && err != nil {
		web.Fail(c, invalid("node", consular.RuleFormat))
		return
	}
	done(c, a.console.DecideFork(c.Request.Context(), who, ForkAct{
		Post: post, Node: node, Seen: in.Seen, Choice: in.Choice, Reason: in.Reason, CopiesOff: in.CopiesOff,
		Prove: a.door.prove(c, officer.Key{Password: in.Password, Code: in.Code}),
	}))
}

// prove has the officer whose session it is give password or code again. A wrong
// one counts as a wrong key to a locked screen does.
func (d doorman) prove(c *gin.Context, key officer.Key) func(context.Context) error {
	return func(ctx context.Context) error {
		if key.Password == "" && key.Code == "" {
			return invalid("password", consular.RuleRequired)
		}
		key.Place = place(c.Request)
		_, err := d.people.Unlock(ctx, d.cookie.Token(c.Request), key)
		return err
	}
}
