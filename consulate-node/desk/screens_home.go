package desk

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// dayReach is how many entries back the list of the day looks: many times what
// a post says on its busiest day.
const dayReach = 2000

// daySlice is how many entries one reading transaction holds.
const daySlice = 200

// Today lists what this post released since midnight at the post, newest
// first. It carries no name: the node cannot open what it sealed.
func (d *Desk) Today(ctx context.Context, p access.Principal) ([]RequestView, error) {
	const op = "desk: list the day"
	if err := p.Require(access.RequestRead); err != nil {
		return nil, err
	}
	st, err := d.o.Journal.State()
	if err != nil {
		return nil, err
	}
	midnight := d.midnight().UnixMilli()
	var out []RequestView
	for last := st.Head.Seq; last > 0 && st.Head.Seq-last < dayReach; {
		if err := ctx.Err(); err != nil {
			return nil, fault.New(fault.Timeout, op, "", err)
		}
		first := uint64(0)
		if last > daySlice {
			first = last - daySlice
		}
		slice, older, err := d.releasedBetween(first, last, midnight)
		if err != nil {
			return nil, err
		}
		out = append(out, slice...)
		if older {
			break
		}
		last = first
	}
	return newest(out), nil
}

// newest keeps one line of a request that was released and amended on one day.
func newest(all []RequestView) []RequestView {
	seen := map[consular.Reference]bool{}
	return slices.DeleteFunc(all, func(v RequestView) bool {
		again := seen[v.Reference]
		seen[v.Reference] = true
		return again
	})
}

func (d *Desk) midnight() time.Time {
	y, m, day := d.now().In(d.zone).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, d.zone)
}

// releasedBetween reads the entries after first up to last, newest first, and
// tells whether one of them is from before midnight.
func (d *Desk) releasedBetween(first, last uint64, midnight int64) (out []RequestView, older bool, err error) {
	at, err := d.o.Journal.Position(first)
	if err != nil {
		return nil, false, err
	}
	entries, err := d.o.Journal.ReadAfter(at, int(last-first)) //nolint:gosec // at most a slice
	if err != nil {
		return nil, false, err
	}
	for _, e := range slices.Backward(entries) {
		h, err := wire.DecodeHeader(e.Header)
		if err != nil {
			return nil, false, err
		}
		older = older || h.Time < midnight
		if h.Kind != wire.KindRequestReleased && h.Kind != wire.KindRequestAmended || h.Time < midnight {
			continue
		}
		q, err := d.o.Journal.Request(h.Reference)
		if err != nil {
			return nil, false, err
		}
		out = append(out, requestView(q))
	}
	return out, older, nil
}

func (s *Screens) home(c *gin.Context, who access.Principal) { s.showHome(c, who, "") }

// search is the list for a workstation without scripts: what is looked for may
// be a name, so it never stands in an address.
func (s *Screens) search(c *gin.Context, who access.Principal) {
	s.showHome(c, who, strings.TrimSpace(c.PostForm("words")))
}

func (s *Screens) showHome(c *gin.Context, who access.Principal, words string) {
	drafts, err := s.desk.Drafts(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	done, err := s.desk.Today(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	waiting, err := s.waits(c, who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("desk.home.title"))
	page.Template, page.Wide = "home", true
	page.Data = gin.H{
		"Day": p.DayDate(s.desk.today()), "Words": words, "CanBegin": who.Role.Has(access.VisitWrite), "Custody": s.custody(c, who),
		"Drafts": s.draftList(p, who, matching(drafts, words)), "Done": s.doneList(p, done),
		"Waiting": waiting,
	}
	s.ui.Render(c, http.StatusOK, page)
}

// matching keeps the drafts whose names hold every word.
func matching(drafts []Summary, words string) []Summary {
	return slices.DeleteFunc(slices.Clone(drafts), func(one Summary) bool {
		key := folded(one.Family) + " " + folded(one.Given)
		return slices.ContainsFunc(strings.Fields(words), func(w string) bool {
			return !strings.Contains(key, folded(NameForm{Arabic: w})) && !strings.Contains(key, folded(NameForm{Latin: w}))
		})
	})
}

func folded(n NameForm) string {
	return strings.ToLower(n.Latin) + " " + consular.Name{Arabic: n.Arabic}.SearchArabic()
}

func (s *Screens) draftList(p lang.Printer, who access.Principal, drafts []Summary) web.WorkList {
	list := web.WorkList{
		ID: "drafts", Caption: p.T("desk.home.drafts"), Empty: p.T("desk.home.drafts_empty"),
		Columns: []string{p.T("desk.col.person"), p.T("desk.col.service"), p.T("desk.col.begun"), p.T("desk.col.state"), p.T("desk.col.level")},
	}
	now := s.desk.o.Clock()
	for _, one := range drafts {
		state := web.Cell{Kind: "state", Tone: "todo", Text: p.T("desk.home.open", "count", one.Open)}
		card := web.Card{Href: "/visits/" + one.Visit, Level: levelNumber(one.Level), Key: namesOf(one)}
		if one.Open == 0 {
			state.Tone, state.Text = "good", p.T("desk.home.ready")
			if who.Role.Has(access.VisitRelease) && one.CapturedBy != who.ID {
				card.Href, card.Marked = card.Href+"/release", true
			}
		}
		card.Cells = []web.Cell{
			nameCell(p, one),
			{Text: p.T("desk.service.short." + one.Service.String()), Second: correction(p, one.Amends)},
			{Kind: "time", At: one.Begun, Second: p.Ago(now.Sub(one.Changed))},
			state,
			{Kind: "level"},
		}
		list.Cards = append(list.Cards, card)
	}
	return list
}

func namesOf(one Summary) string {
	return strings.Join([]string{one.Family.Latin, one.Given.Latin, one.Given.Arabic, one.Family.Arabic}, " ")
}

func nameCell(p lang.Printer, one Summary) web.Cell {
	latin := strings.TrimSpace(one.Family.Latin + " " + one.Given.Latin)
	arabic := strings.TrimSpace(one.Given.Arabic + " " + one.Family.Arabic)
	if p.Language().RightToLeft() {
		latin, arabic = arabic, latin
	}
	if latin == "" {
		latin, arabic = arabic, ""
	}
	if latin == "" {
		latin = p.T("desk.home.nameless")
	}
	return web.Cell{Kind: "name", Text: latin, Second: arabic}
}

func (s *Screens) doneList(p lang.Printer, done []RequestView) web.WorkList {
	list := web.WorkList{
		ID: "done", Caption: p.T("desk.home.done"), Empty: p.T("desk.home.done_empty"),
		Columns: []string{p.T("desk.col.reference"), p.T("desk.col.service"), p.T("desk.col.released"), p.T("desk.col.state"), p.T("desk.col.level")},
	}
	for _, one := range done {
		state := web.Cell{Kind: "state", Tone: "good", Text: p.Status(one.Status)}
		switch {
		case one.Refused:
			state.Tone, state.Text = "warn", p.T("desk.home.refused")
		case one.Unamended != "":
			state.Tone, state.Text = "warn", p.T("amend.refused."+one.Unamended+".title")
		case sentBack(one.State):
			state.Tone, state.Text = "warn", p.T("amend.state."+one.State)
		}
		list.Cards = append(list.Cards, web.Card{
			Href: "/requests/" + one.Reference.Digits(), Level: levelNumber(one.Level),
			Key: one.Reference.Digits() + " " + one.Reference.String(),
			Cells: []web.Cell{
				{Kind: "code", Text: one.Reference.String()},
				{Text: serviceShort(p, one.Service)},
				{Kind: "time", At: one.Opened},
				state,
				{Kind: "level"},
			},
		})
	}
	return list
}

func serviceShort(p lang.Printer, service string) string {
	if service == "" {
		return ""
	}
	return p.T("desk.service.short." + service)
}

func levelNumber(l journal.Level) int {
	switch l {
	case journal.L2:
		return 2
	case journal.L1:
		return 1
	case journal.L0:
		return 0
	default:
		return 0
	}
}
