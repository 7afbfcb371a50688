package account

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// alreadyOpen is the hub's code for a request beside one that is open for the
// same product, purpose and country (domain.md G.2, row 3).
const alreadyOpen = "already-open"

// topic names what the draft asks for, so that the hub can tell that a person
// asks for the same twice, and nothing else: without the person's key it says
// neither who nor what.
func (s *session) topic() (sum wire.Digest) {
	d := &s.draft
	text := ""
	if d.purpose == consular.PurposeOther {
		text = strings.ToLower(strings.Join(strings.Fields(d.text), " "))
	}
	mac := hmac.New(sha256.New, s.signed.TopicKey())
	for _, part := range []string{d.service.String(), d.purpose.String(), string(d.country), text} {
		mac.Write([]byte{byte(len(part) >> 8), byte(len(part))}) //nolint:gosec // a form is capped at 64 KiB
		mac.Write([]byte(part))
	}
	mac.Sum(sum[:0])
	return sum
}

func refusedAsOpen(err error) bool {
	coded, ok := errors.AsType[rpc.Coded](err)
	return ok && fault.Is(err, fault.Conflict) && coded.Code() == alreadyOpen
}

// showStanding leads to the request that is open for the same and says so;
// false, with nothing answered, when there is none. That the hub cannot be
// asked is told when the request is sent.
func (a *Account) showStanding(c *gin.Context, s *session) bool {
	open, err := a.o.Member.Standing(c.Request.Context(), rpc.Topic{Owner: s.owner, Topic: s.topic()})
	if err != nil {
		return false
	}
	p := a.o.UI.Printer(c)
	a.tell(c, http.StatusConflict, told{
		Title: p.T("standing.title"),
		Text: []string{
			p.T("standing.means", "service", p.Service(open.Service)),
			p.T("standing.next"),
		},
		Facts: []fact{
			{Label: p.T("account.field.reference"), Text: open.Reference.String(), Code: true},
			{Label: p.T("standing.status"), Text: p.Status(open.Status)},
		},
		Primary: &web.NavLink{Href: at(open.Reference), Label: p.T("account.see_request")},
		Links:   []web.NavLink{{Href: stepPath(stepUse), Label: p.T("standing.change")}},
	})
	return true
}
