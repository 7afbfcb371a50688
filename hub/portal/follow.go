package portal

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

const followPath = "/follow"

// maxTyped caps one field of a form, in bytes.
const maxTyped = 100

// asked is what a person typed from a slip.
type asked struct{ reference, code string }

// find looks a request up by what was typed, within the limits. Errors: Invalid
// with violations, Denied with CodeAttempts, NotFound with CodeNoMatch for an
// unknown reference and for a wrong code alike, Unavailable.
func (p *Portal) find(ctx context.Context, client string, in asked) (seen, rpc.Followed, error) {
	ref, err := consular.ParseReference(in.reference)
	code, wrong := consular.ParseSlipCode(in.code)
	if found := append(consular.ViolationsOf(err), consular.ViolationsOf(wrong)...); len(found) > 0 {
		return seen{}, rpc.Followed{}, fault.New(fault.Invalid, "portal: follow", "", web.CodedError{Code: web.Code(fault.Invalid.Code()), Violations: found})
	}
	if err := p.paced(p.limits.client, client); err != nil {
		return seen{}, rpc.Followed{}, err
	}
	if err := p.paced(p.limits.reference, string(ref)); err != nil {
		return seen{}, rpc.Followed{}, err
	}
	s := seen{kind: byNumbers, ref: ref, code: code}
	f, err := p.look(ctx, s)
	return s, f, err
}

// paced counts an attempt, and refuses it when there have been too many.
func (p *Portal) paced(l *limiter, key string) error {
	wait := l.take(key)
	if wait == 0 {
		return nil
	}
	p.metrics.asked(outcomeLimited)
	return fault.New(fault.Denied, "portal: pace", "", web.CodedError{Code: web.CodeAttempts, RetryAfter: wait})
}

// look asks a member.
func (p *Portal) look(ctx context.Context, s seen) (f rpc.Followed, err error) {
	if s.kind == byToken {
		f, err = p.Member.FollowToken(ctx, rpc.TokenQuestion{Token: s.token})
	} else {
		f, err = p.Member.Follow(ctx, rpc.FollowQuestion{Reference: s.ref, Code: s.code})
	}
	switch {
	case err == nil:
		p.metrics.asked(outcomeFound)
	case fault.Is(err, fault.NotFound):
		p.metrics.asked(outcomeNoMatch)
		err = fault.New(fault.NotFound, "portal: follow", "", web.CodeNoMatch.Cause())
	default:
		p.metrics.asked(outcomeUnanswered)
	}
	return f, err
}

// client names who asks for the limits: an address, of version 6 the network
// that one household has.
func client(c *gin.Context) string {
	a, err := netip.ParseAddr(c.ClientIP())
	if err != nil || a.Is4() || a.Is4In6() {
		return c.ClientIP()
	}
	network, err := a.Prefix(64)
	if err != nil {
		return c.ClientIP()
	}
	return network.String()
}

// home is the first page: the form of a slip. Permission: everybody.
func (p *Portal) home(c *gin.Context) { p.form(c, http.StatusOK, formData{}) }

// follow shows the one request that this browser may look at. Permission:
// whoever has shown the slip.
func (p *Portal) follow(c *gin.Context) {
	s, ok := p.cookie.get(c.Request)
	if !ok {
		p.form(c, http.StatusOK, formData{})
		return
	}
	if err := p.paced(p.limits.view, client(c)); err != nil {
		p.answer(c, asked{}, err)
		return
	}
	f, err := p.look(c.Request.Context(), s)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			p.cookie.clear(c.Writer)
		}
		p.answer(c, asked{}, err)
		return
	}
	words := p.UI.Printer(c)
	view := p.view(words, f)
	page := p.page(words, view.Title, "status")
	page.Data = view
	p.UI.Render(c, http.StatusOK, page)
}

// ask takes what stands on a slip. Permission: everybody, within the limits.
func (p *Portal) ask(c *gin.Context) {
	in := asked{reference: typed(c, "reference"), code: typed(c, "slip_code")}
	s, _, err := p.find(c.Request.Context(), client(c), in)
	if err == nil {
		err = p.cookie.set(c.Writer, s)
	}
	if err != nil {
		p.answer(c, in, err)
		return
	}
	web.See(c, followPath)
}

// exchange takes the token of a QR code out of the address, for a cookie that
// opens this one request. Whether the token is one is answered by the next page,
// as for what was typed. Permission: everybody, within the limits.
func (p *Portal) exchange(c *gin.Context) {
	c.Header("Referrer-Policy", "no-referrer")
	if err := p.paced(p.limits.view, client(c)); err != nil {
		p.answer(c, asked{}, err)
		return
	}
	token, err := consular.ParseFollowToken(c.Param("token"))
	if err != nil {
		token = consular.FollowToken{} // of no slip: answered like any other that is none
	}
	if err := p.cookie.set(c.Writer, seen{kind: byToken, token: wire.Digest(token.Digest())}); err != nil {
		p.refuse(c, err)
		return
	}
	web.See(c, followPath)
}

// leave ends the look, on a machine that others use. Permission: everybody.
func (p *Portal) leave(c *gin.Context) {
	p.cookie.clear(c.Writer)
	web.See(c, "/")
}

// answer tells why there is nothing to show, with the form to try again.
func (p *Portal) answer(c *gin.Context, in asked, err error) {
	words := p.UI.Printer(c)
	status := web.ProblemOf(err, web.English).Status
	d := formData{asked: in}
	switch {
	case status == http.StatusTooManyRequests:
		wait := waitOf(err)
		c.Header("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		d.errors = []web.FieldError{{Href: "#reference", Text: words.T("portal.slow", "span", words.Span(max(wait, time.Minute)))}}
	case web.Has(err, web.CodeNoMatch):
		d.errors = []web.FieldError{{Href: "#reference", Text: words.T("portal.nomatch")}}
	case fault.Is(err, fault.Invalid):
		d.wrong = map[string]string{}
		for _, v := range web.ProblemOf(err, web.English).Violations {
			text := words.T("portal.wrong." + v.Field)
			d.wrong[v.Field] = text
			d.errors = append(d.errors, web.FieldError{Href: "#" + v.Field, Text: text})
		}
	default:
		p.refuse(c, err)
		return
	}
	p.form(c, status, d)
}

// typed reads one field of a form, without what no keyboard types.
func typed(c *gin.Context, name string) string {
	s := strings.ToValidUTF8(strings.TrimSpace(strings.ReplaceAll(c.PostForm(name), "\x00", "")), "")
	if len(s) > maxTyped {
		return ""
	}
	return s
}
