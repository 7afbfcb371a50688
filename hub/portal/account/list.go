package account

import (
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// line is one request in the list.
type line struct {
	Href, Service, Reference, Status, Tone, Date string
	Act                                          bool // waits for the person
}

// list shows what the person has filed. Permission: signed-in citizen.
func (a *Account) list(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	mine, err := a.o.Member.Mine(c.Request.Context(), rpc.Owner{Owner: s.owner})
	if err != nil {
		a.fail(c, err)
		return
	}
	p := a.o.UI.Printer(c)
	lines := make([]line, 0, len(mine))
	for _, f := range mine {
		lines = append(lines, line{
			Href: at(f.Reference), Service: p.Service(f.Service), Reference: f.Reference.String(), Status: p.Status(f.Status),
			Tone: tone(f.Status), Date: a.promise(p, f), Act: acts(f.Status),
		})
	}
	page := a.page(c, p.T("account.requests.title"))
	page.Template, page.Data = "account-requests", gin.H{"Title": page.Title, "Lines": lines, "Draft": s.draft.begun()}
	a.o.UI.Render(c, http.StatusOK, page)
}

// Keys of statuses that a page treats in a way of its own.
const (
	statusSubmitted  = "submitted"
	statusProcessing = "processing"
	statusAction     = "action_needed"
	statusIssued     = "issued"
	statusDelivered  = "delivered"
	statusReady      = "ready"
	statusHandedOver = "handed_over"
)

func acts(status string) bool { return status == statusAction || status == statusIssued }

// tone is how a status looks beside its words.
func tone(status string) string {
	switch status {
	case statusIssued, statusDelivered, statusReady, statusHandedOver:
		return "good"
	case statusAction:
		return "warn"
	default:
		return "todo"
	}
}

// promised reports whether a date is still to be kept.
func promised(f rpc.Followed) bool {
	return f.Promised != 0 && slices.Contains([]string{statusSubmitted, statusProcessing, statusAction}, f.Status)
}

func (a *Account) promise(p lang.Printer, f rpc.Followed) string {
	if !promised(f) {
		return ""
	}
	return p.T("account.request.promised", "date", p.DayDate(a.day(f.Promised)))
}

// day is the day of a time of the hub where the posts' work is counted.
func (a *Account) day(ms int64) consular.Date { return consular.DateOf(rpc.At(ms).In(a.o.Zone)) }

// request shows one, with what can be done now. Permission: signed-in citizen.
func (a *Account) request(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok {
		return
	}
	p := a.o.UI.Printer(c)
	page := a.page(c, p.Service(own.Service))
	page.Template, page.Data = "account-request", gin.H{
		"Back": &web.NavLink{Href: home, Label: p.T("account.nav.requests")}, "Title": page.Title, "Reference": own.Reference.String(),
		"Status": p.Status(own.Status), "Tone": tone(own.Status), "Means": means(p, own), "Promise": a.promise(p, own.Followed),
		"More": a.more(p, own), "Acts": doable(p, own), "Stages": stages(p, own), "Withdraw": own.CanWithdraw, "At": at(own.Reference),
	}
	a.o.UI.Render(c, http.StatusOK, page)
}

// means says what a status means for the person, and for a refusal why.
func means(p lang.Printer, own rpc.Own) []string {
	key := "account.means." + own.Status
	if own.CanPay {
		key = "account.means.unpaid"
	}
	said := []string{p.T(key)}
	if own.Reason == "" {
		return said
	}
	if reason, err := consular.ParseRefusalReason(own.Reason); err == nil {
		said = append(said, p.Refusal(reason), p.RefusalNext(reason))
	}
	return said
}

// more are the dates and places beside a status.
func (a *Account) more(p lang.Printer, own rpc.Own) (said []string) {
	if own.Moved != "" && promised(own.Followed) {
		said = append(said, p.T("account.request.moved", "first", p.Date(a.day(own.First)), "status", p.Status(own.Moved)))
	}
	if own.Until != 0 {
		key := "account.request.valid"
		if own.CanPay || own.CanAnswer {
			key = "account.request.until"
		}
		said = append(said, p.T(key, "time", rpc.At(own.Until).In(a.o.Zone)))
	}
	if own.PrintAt != "" && own.Status == statusReady {
		said = append(said, p.T("account.request.print_at", "post", a.postName(p, own.PrintAt)))
	}
	return said
}

// doable lists what the person can do now, the foremost first.
func doable(p lang.Printer, own rpc.Own) []web.NavLink {
	var links []web.NavLink
	for _, one := range []struct {
		can  bool
		name string
	}{{own.CanPay, "pay"}, {own.CanAnswer, "answer"}, {own.CanOpen, "document"}, {own.CanPrint, "print"}} {
		if one.can {
			links = append(links, web.NavLink{Href: at(own.Reference) + "/" + one.name, Label: p.T("account.act." + one.name)})
		}
	}
	return links
}

// stages are the statuses reached, and those to come while nothing is issued.
func stages(p lang.Printer, own rpc.Own) []web.Stage {
	var list []web.Stage
	for i, step := range own.Steps {
		one := web.Stage{State: "done", Name: p.Status(step.Status), At: rpc.At(step.Time)}
		if i == len(own.Steps)-1 {
			one.State = "now"
		}
		list = append(list, one)
	}
	coming := []string{statusSubmitted, statusProcessing, statusIssued}
	reached := own.Status
	if reached == statusAction {
		reached = statusProcessing
	}
	if i := slices.Index(coming, reached); i >= 0 {
		for _, key := range coming[i+1:] {
			list = append(list, web.Stage{State: "next", Name: p.Status(key), At: time.Time{}})
		}
	}
	return list
}

// postName names a post, by its id when the directory has none.
func (a *Account) postName(p lang.Printer, id consular.PostID) string {
	post, err := a.o.Posts.Lookup(id)
	if err != nil {
		return string(id)
	}
	return p.Post(post.Kind, post.City)
}
