package account

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// maxForm caps what a page takes, in bytes.
const maxForm = 64 << 10

// citizen is the permission of a page: somebody is signed in. It gives the
// session, locked until done is called; nil when it has answered itself: by the
// way to the sign-in, and for a form by a page that says what became of it.
func (a *Account) citizen(c *gin.Context) (s *session, done func()) {
	posted := c.Request.Method == http.MethodPost
	if posted {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
		if err := c.Request.ParseForm(); err != nil {
			a.fail(c, fault.New(fault.TooLarge, "account: read form", "", nil))
			return nil, nil
		}
	}
	s, awake := a.sessions.find(a.cookie.Token(c.Request), a.o.Now())
	if s != nil {
		s.mu.Lock()
		if awake && !s.ended {
			return s, s.mu.Unlock
		}
		if posted && !s.ended && len(c.Request.PostForm.Encode()) <= maxKept {
			s.kept = &kept{path: c.Request.URL.Path, form: c.Request.PostForm}
		}
		s.mu.Unlock()
	}
	if posted {
		a.signedOut(c, s != nil)
		return nil, nil
	}
	web.See(c, "/signin?next="+web.LocalPath(c.Request.URL.Path))
	return nil, nil
}

// signedOut tells that a form came too late, and whether it is kept.
func (a *Account) signedOut(c *gin.Context, kept bool) {
	p := a.o.UI.Printer(c)
	key := "account.signed_out.lost"
	if kept {
		key = "account.signed_out.kept"
	}
	a.tell(c, http.StatusUnauthorized, told{
		Title: p.T("account.signed_out.title"), Text: []string{p.T("account.signed_out.text"), p.T(key)},
		Primary: &web.NavLink{Href: "/signin?next=" + web.LocalPath(c.Request.URL.Path), Label: p.T("account.sign_in")},
	})
}

// own gives the person's own request that the address names. Anybody else's is
// not there.
func (a *Account) own(c *gin.Context, s *session) (rpc.Own, bool) {
	ref, err := consular.ParseReference(c.Param("reference"))
	if err != nil {
		a.fail(c, fault.New(fault.NotFound, "account: read reference", "", nil))
		return rpc.Own{}, false
	}
	own, err := a.o.Member.Request(c.Request.Context(), s.names(ref))
	if err != nil {
		a.fail(c, err)
		return rpc.Own{}, false
	}
	return own, true
}

func (s *session) names(ref consular.Reference) rpc.OwnRequest {
	return rpc.OwnRequest{Owner: s.owner, Reference: ref}
}

// may ends what cannot be done now.
func (a *Account) may(c *gin.Context, own rpc.Own, can bool) bool {
	if !can {
		p := a.o.UI.Printer(c)
		a.tell(c, http.StatusConflict, told{
			Title: p.T("account.problem.conflict.title"), Text: []string{p.T("account.problem.conflict.means")},
			Primary: &web.NavLink{Href: at(own.Reference), Label: p.T("account.see_request")},
		})
	}
	return can
}

// at is the page of a request.
func at(ref consular.Reference) string { return "/requests/" + ref.Digits() }
