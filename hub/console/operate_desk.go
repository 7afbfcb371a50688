package console

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// stuckView is one line of the dead-letter desk, in words.
type stuckView struct {
	ID                     string
	Order                  uint64
	Attempts               int
	Title, Effect          string
	Reason, Itself         string
	Reference, Post, Where string
	Since, Tried           string
	Late, May              bool
}

// stuck shows the orders that were tried and have not worked.
func (s *Screens) stuck(c *gin.Context, who access.Principal) { s.showStuck(c, who, nil) }

func (s *Screens) showStuck(c *gin.Context, who access.Principal, wrong error) {
	list, err := s.console.StuckOrders(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	rows := make([]stuckView, 0, len(list))
	for _, one := range list {
		rows = append(rows, s.stuckView(p, who, one))
	}
	type view struct {
		Lead string
		Rows []stuckView
		Kind watch.NeedKind
	}
	status, notice := s.changedNotice(p, wrong)
	s.operateStatus(c, who, status, operateScreen{
		name: "stuck", title: p.T("operate.stuck.title"), notice: notice,
		data: view{Lead: p.T("operate.stuck.lead", "count", len(rows)), Rows: rows, Kind: watch.NeedDead},
	})
}

func (s *Screens) stuckView(p lang.Printer, who access.Principal, one watch.Stuck) stuckView {
	now := s.console.Now()
	v := stuckView{
		Order: one.Order, Attempts: one.Attempts, Reference: one.Reference.String(),
		Title: orderWords(p, one.Kind, "title"), Effect: orderWords(p, one.Kind, "effect"), Reason: reasonWords(p, one.Reason),
		Since: p.Span(now.Sub(one.Since)), Tried: p.T("operate.stuck.tried", "count", one.Attempts), Late: one.Late,
		May: who.Role.Has(access.HubOperate), Itself: p.T("operate.stuck.itself_soon"),
	}
	v.ID = "order-" + decimal(one.Order)
	if one.Post != "" {
		v.Post, v.Where = s.postName(p, one.Post), "/operate/posts/"+string(one.Post)
	}
	switch {
	case one.Next.IsZero():
		v.Itself = p.T("operate.stuck.itself_never")
	case one.Next.After(now):
		v.Itself = p.T("operate.stuck.itself", "time", p.In(one.Next.Sub(now)))
	}
	return v
}

// orderWords names a kind of order; one that this console has no words for is
// named as in metrics.
func orderWords(p lang.Printer, kind, what string) string {
	if key := "operate.order." + kind + "." + what; p.Has(key) {
		return p.T(key)
	}
	if what == "title" {
		return kind
	}
	return ""
}

// reasonWords says why the last attempt did not work.
func reasonWords(p lang.Printer, kind string) string {
	if key := "operate.reason." + strings.ReplaceAll(kind, " ", "-"); p.Has(key) {
		return p.T(key)
	}
	return p.T("operate.reason.other")
}

func (s *Screens) retryOrder(c *gin.Context, who access.Principal) {
	in := RetryAct{Order: numberIn(c.Param("order")), Attempts: int(min(numberOf(c, "attempts"), 1<<31-1))}
	s.acted(c, who, s.console.RetryOrder(c.Request.Context(), who, in), "/operate/stuck?said=retry")
}

// refusedView is one refused entry, in words.
type refusedView struct {
	ID                            string
	Number                        uint64
	Reason, Do                    string
	Reference, Post, Where, Place string
	When                          string
	Settled, May                  bool
	Note                          string
}

// refused shows the entries that the hub refused: those to be settled first.
func (s *Screens) refused(c *gin.Context, who access.Principal) { s.showRefused(c, who, nil) }

func (s *Screens) showRefused(c *gin.Context, who access.Principal, wrong error) {
	list, err := s.console.RefusedEntries(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	type view struct {
		Lead          string
		Open, Settled []refusedView
		Kind          watch.NeedKind
	}
	v := view{Kind: watch.NeedRefused}
	for _, one := range list {
		line := s.refusedView(p, who, one)
		if one.Settled {
			v.Settled = append(v.Settled, line)
			continue
		}
		v.Open = append(v.Open, line)
	}
	v.Lead = p.T("operate.refused.lead", "count", len(v.Open))
	status, notice := s.changedNotice(p, wrong)
	o := operateScreen{name: "refused", title: p.T("operate.refused.title"), notice: notice, data: v}
	if coded, ok := errors.AsType[web.CodedError](wrong); ok && notice == nil {
		status, _ = web.Tell(p, wrong)
		for _, broken := range coded.Violations {
			o.errors = append(o.errors, web.FieldError{
				Href: "#note-" + decimal(numberIn(c.Param("number"))), Text: p.T("operate.rule." + broken.Field + "_" + string(broken.Rule)),
			})
		}
	}
	s.operateStatus(c, who, status, o)
}

func (s *Screens) refusedView(p lang.Printer, who access.Principal, one watch.Refused) refusedView {
	v := refusedView{
		ID: "refused-" + decimal(one.Number), Number: one.Number, Reason: refusedWords(p, one.Reason, "reason"), Do: refusedWords(p, one.Reason, "do"),
		Reference: one.Reference.String(), Place: one.Position.String(), When: p.DateTime(one.At.In(s.zone)),
		Settled: one.Settled, Note: one.Note, May: who.Role.Has(access.HubOperate),
	}
	if one.Post != "" {
		v.Post, v.Where = s.postName(p, one.Post), "/operate/posts/"+string(one.Post)
	}
	return v
}

// refusedWords says why an entry was refused and who does what about it.
func refusedWords(p lang.Printer, code, what string) string {
	if key := "operate.refusal." + code + "." + what; p.Has(key) {
		return p.T(key)
	}
	return p.T("operate.refusal.other." + what)
}

func (s *Screens) settleRefused(c *gin.Context, who access.Principal) {
	in := SettleAct{Number: numberIn(c.Param("number")), Note: note(c)}
	err := s.console.SettleRefused(c.Request.Context(), who, in)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		s.showRefused(c, who, err)
		return
	}
	s.acted(c, who, err, "/operate/refused?said=settled")
}

func (s *Screens) attendNeed(c *gin.Context, who access.Principal) {
	in := NeedAct{Key: typed(c, "key"), Take: typed(c, "take") == "1", Seen: wire.StaffID(typed(c, "seen")), Note: note(c)}
	back := "/operate"
	if post, err := consular.ParsePostID(typed(c, "post")); err == nil && s.console.Directory.Has(post) {
		back += "/posts/" + string(post)
	}
	said := "?said=given_back"
	if in.Take {
		said = "?said=taken"
	}
	s.acted(c, who, s.console.AttendNeed(c.Request.Context(), who, in), back+said)
}

// note reads an operator's note whole, so that one that is too long is refused and
// not cut.
func note(c *gin.Context) string { return whole(c, "note") }

// whole reads a field of a form, so too.
func whole(c *gin.Context, field string) string {
	return strings.ToValidUTF8(c.PostForm(field), "\uFFFD")
}

// acted leads to the page after an act, or says what came between.
func (s *Screens) acted(c *gin.Context, who access.Principal, err error, next string) {
	if err == nil {
		web.See(c, next)
		return
	}
	p := s.ui.Printer(c)
	if _, came := errors.AsType[*ChangedError](err); came {
		status, notice := s.changedNotice(p, err)
		page := s.page(c, who, notice.Title)
		at, _, _ := strings.Cut(next, "?")
		page.Template, page.Data = "told", gin.H{
			"Title": notice.Title, "Text": notice.Text, "Next": p.T("operate.changed.next"), "Href": at, "Label": p.T("operate.changed.back"),
		}
		s.ui.Render(c, status, page)
		return
	}
	s.fail(c, who, err)
}

// changedNotice says what came between a page and a click; nil for another error.
func (s *Screens) changedNotice(p lang.Printer, err error) (int, *web.Notice) {
	came, ok := errors.AsType[*ChangedError](err)
	if !ok {
		return http.StatusOK, nil
	}
	n := &web.Notice{Kind: "warn", Title: p.T("operate.changed.title"), Text: p.T("operate.changed." + came.What)}
	switch {
	case came.What == ChangedTaken && came.By != "":
		n.Text = p.T("operate.changed.taken_by", "name", s.console.People.Name(string(came.By)), "ago", p.Ago(s.console.Now().Sub(came.At)))
	case came.What == ChangedDecided && came.By != "":
		n.Text = p.T("operate.changed.decided_by", "name", s.console.People.Name(string(came.By)), "ago", p.Ago(s.console.Now().Sub(came.At)))
	case came.What == ChangedSettled && came.Note != "":
		n.Text = p.T("operate.changed.settled_note", "note", came.Note)
	}
	return http.StatusConflict, n
}

// requests shows the open requests by stage.
func (s *Screens) requests(c *gin.Context, who access.Principal) {
	picture, err := s.console.Overview(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	type group struct {
		ID, Title, Total string
		Bars             web.Bars
		Rows             []stageRow
	}
	var groups []group
	for kind := uint8(1); kind <= 3; kind++ {
		g := group{ID: "kind-" + decimal(uint64(kind)), Title: p.T("operate.kind." + kindName(kind))}
		g.Bars = web.Bars{Title: p.T("operate.requests.bars"), All: p.T("operate.requests.all"), Part: p.T("operate.col.breaching")}
		total, largest := 0, 0
		for _, stage := range picture.Stages {
			if stage.Kind == kind {
				total, largest = total+stage.Count, max(largest, stage.Count)
			}
		}
		for _, stage := range picture.Stages {
			if stage.Kind != kind {
				continue
			}
			row := stageRowOf(p, stage, s.console.Now())
			g.Rows = append(g.Rows, row)
			g.Bars.Rows = append(g.Bars.Rows, web.Bar{Label: row.Name, Text: row.Count}.Of(stage.Count, stage.Breaching, largest))
		}
		g.Total = p.T("operate.requests.total", "count", total)
		groups = append(groups, g)
	}
	s.operatePage(c, who, operateScreen{name: "requests", title: p.T("operate.requests.title"), data: groups})
}

// kindName names a machine of the workflow for its words.
func kindName(kind uint8) string {
	switch kind {
	case 1:
		return "card"
	case 2:
		return "pouch"
	default:
		return "record"
	}
}

// stageRow is one state with its figures.
type stageRow struct {
	ID, Name                string
	Count, Oldest, P50, P95 string
	Breaching, Today        string
	Late                    bool
}

func stageRowOf(p lang.Printer, stage watch.Stage, now time.Time) stageRow {
	r := stageRow{
		ID: "stage-" + decimal(uint64(stage.State)), Name: stateWords(p, stage), Count: p.Number(int64(stage.Count)), Oldest: "–", P50: "–", P95: "–",
		Breaching: p.Number(int64(stage.Breaching)), Today: p.Number(int64(stage.Today)), Late: stage.Breaching > 0,
	}
	if stage.Count > 0 {
		r.P50, r.P95 = p.Span(stage.P50), p.Span(stage.P95)
		if !stage.Oldest.IsZero() {
			r.Oldest = p.Span(now.Sub(stage.Oldest))
		}
	}
	return r
}
