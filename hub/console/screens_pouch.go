package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// destination is what waits for one post.
type destination struct {
	Post  consular.PostID
	Name  string
	Cards int
	Text  string
	Label string // of the pouch that is open for it, empty for none
	Take  bool   // cards of it must be taken out
}

// pouchWork is the pouch desk's list: what is to be packed by destination, and
// the pouches that are not at their end.
func (s *Screens) pouchWork(c *gin.Context, who access.Principal) {
	w, err := s.console.PouchWork(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("console.pouches.title"))
	page.Template, page.Wide = "pouches", true
	page.Data = gin.H{
		"Lead": p.T("console.pouches.lead", "count", len(w.Cards)), "Destinations": s.destinations(p, w), "List": s.pouchList(p, w.Pouches),
	}
	s.ui.Render(c, http.StatusOK, page)
}

func (s *Screens) destinations(p lang.Printer, w PouchWork) []destination {
	at := map[consular.PostID]int{}
	var out []destination
	for _, card := range w.Cards {
		i, known := at[card.Post]
		if !known {
			i = len(out)
			at[card.Post] = i
			out = append(out, destination{Post: card.Post, Name: s.postName(p, card.Post)})
		}
		if card.Out {
			out[i].Take = true
			continue
		}
		out[i].Cards++
	}
	for i := range out {
		out[i].Text = p.T("console.pouches.cards", "count", out[i].Cards)
		for _, held := range w.Pouches {
			if held.Post == out[i].Post && held.State == workflow.PouchOpen {
				out[i].Label = string(held.Label)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b destination) int { return b.Cards - a.Cards })
	return out
}

func (s *Screens) pouchList(p lang.Printer, pouches []Pouch) web.WorkList {
	list := web.WorkList{
		ID: "pouches", Caption: p.T("console.pouches.list"), Empty: p.T("console.pouches.empty"),
		Columns: []string{
			p.T("console.col.label"), p.T("console.col.to"), p.T("console.col.cards"), p.T("console.col.state"), p.T("console.col.changed"),
		},
	}
	now := s.console.Now()
	for _, held := range pouches {
		card := web.Card{
			Href: "/pouches/" + string(held.Label), Key: string(held.Label) + " " + s.postName(p, held.Post), Marked: len(held.Acts) > 0,
			Cells: []web.Cell{
				{Kind: "code", Text: string(held.Label)},
				{Text: s.postName(p, held.Post)},
				{Text: p.Number(int64(held.Cards))},
				pouchState(p, held),
				{Text: p.Ago(now.Sub(held.Updated))},
			},
		}
		list.Cards = append(list.Cards, card)
	}
	return list
}

func pouchState(p lang.Printer, held Pouch) web.Cell {
	cell := web.Cell{Kind: "state", Tone: "good", Text: p.T("console.state." + strings.ToLower(held.Name))}
	switch held.State { //nolint:exhaustive // the others go their way
	case workflow.PouchDelayed, workflow.PouchSealBroken, workflow.PouchReturnedByHost, workflow.PouchDiscrepancy, workflow.PouchLost:
		cell.Tone = "warn"
	case workflow.PouchOpen, workflow.PouchManifested, workflow.PouchClosed:
		cell.Tone = "todo"
	}
	return cell
}

func (s *Screens) openPouch(c *gin.Context, who access.Principal) {
	post, err := consular.ParsePostID(typed(c, "post"))
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p, err := s.console.OpenPouch(c.Request.Context(), who, post)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, "/pouches/"+string(p.Label))
}

// pouchView is the page of one pouch.
type pouchView struct {
	Label   string
	Version uint64
	Facts   []fact
	Items   []string // references
	Waiting []string // references of cards that wait for it
	Deeds   []line
	Forms   []web.Form
	Grave   []grave
	Pack    *web.Form
	Unpack  bool
	Untold  bool // closed, and the post has not been told yet
}

// grave is an act that is behind one more click.
type grave struct{ Act, Title, Text, Button string }

func (s *Screens) pouch(c *gin.Context, who access.Principal) {
	label, err := consular.ParsePouchID(c.Param("label"))
	if err != nil {
		s.fail(c, who, noCase())
		return
	}
	s.showPouch(c, who, label, nil)
}

// showPouch shows the page, with what was wrong in the form that was sent.
func (s *Screens) showPouch(c *gin.Context, who access.Principal, label consular.PouchID, wrong error) {
	held, err := s.console.Pouch(c.Request.Context(), who, label)
	var work PouchWork
	if err == nil {
		work, err = s.console.PouchWork(c.Request.Context(), who)
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("console.pouch.title"))
	status, said := http.StatusOK, map[string]string{}
	if wrong != nil {
		status, _ = web.Tell(p, wrong)
		if coded, ok := errors.AsType[web.CodedError](wrong); ok {
			for _, v := range coded.Violations {
				said[v.Field] = ruleWords(p, v)
				page.Errors = append(page.Errors, web.FieldError{Href: "#" + v.Field, Text: said[v.Field]})
			}
		}
		if len(page.Errors) == 0 {
			page.Notice = &web.Notice{Kind: "bad", Title: p.T("console.pouch.changed"), Text: p.T("console.pouch.changed_text")}
		}
	}
	page.Template, page.Wide = "pouch", true
	page.Data = s.pouchView(p, held, work, said)
	s.ui.Render(c, status, page)
}

func (s *Screens) pouchView(p lang.Printer, held Pouch, work PouchWork, wrong map[string]string) pouchView {
	v := pouchView{Label: string(held.Label), Version: held.Version}
	v.Facts = []fact{
		{Label: p.T("console.col.to"), Text: s.postName(p, held.Post)},
		{Label: p.T("console.col.state"), Text: pouchState(p, held).Text},
		{Label: p.T("console.col.cards"), Text: p.Number(int64(held.Cards))},
	}
	if held.Seal != "" {
		v.Facts = append(v.Facts, fact{Label: p.T("console.field.seal"), Text: held.Seal, Kind: "code"})
	}
	if held.Waybill != "" {
		v.Facts = append(v.Facts, fact{Label: p.T("console.field.waybill"), Text: held.Waybill, Kind: "code"})
	}
	for _, ref := range held.List {
		v.Items = append(v.Items, ref.String())
	}
	for _, d := range held.Deeds {
		v.Deeds = append(v.Deeds, s.deedLine(p, d))
	}
	v.Untold = held.State == workflow.PouchClosed && !held.Told
	action := "/pouches/" + v.Label + "/"
	for _, act := range held.Acts {
		form := web.Form{Action: action + act, Version: held.Version, Save: p.T("console.pouch." + act)}
		code := func(id string) web.Field {
			return field(p, id, func(f *web.Field) {
				f.Mono, f.Dir, f.Hint, f.Error, f.Max = true, "ltr", p.T("console.hint."+id), wrong[id], wire.MaxSerial
			})
		}
		switch act {
		case PouchPack:
			form.Rows = rows(code("reference"))
			v.Pack = &form
			for _, card := range work.Cards {
				if card.Post == held.Post && !card.Out {
					v.Waiting = append(v.Waiting, card.Reference.String())
				}
			}
		case PouchUnpack:
			v.Unpack = true
		case PouchClose:
			form.Rows = rows(code("seal"))
			v.Forms = append(v.Forms, form)
		case PouchSend:
			form.Rows = rows(code("waybill"))
			v.Forms = append(v.Forms, form)
		default:
			at := "console.pouch." + act
			v.Grave = append(v.Grave, grave{Act: act, Title: p.T(at), Text: p.T(at + "_text"), Button: p.T(at + "_button")})
		}
	}
	return v
}

func (s *Screens) actOnPouch(c *gin.Context, who access.Principal) {
	label, err := consular.ParsePouchID(c.Param("label"))
	if err != nil {
		s.fail(c, who, noCase())
		return
	}
	in := PouchAct{
		Label: label, Act: c.Param("act"), Seen: numberOf(c, "version"), Seal: typed(c, "seal"), Waybill: typed(c, "waybill"),
	}
	if text := typed(c, "reference"); text != "" {
		if in.Reference, err = consular.ParseReference(text); err != nil {
			s.showPouch(c, who, label, invalid("reference", consular.RuleFormat))
			return
		}
	}
	_, err = s.console.ActOnPouch(c.Request.Context(), who, in)
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		s.showPouch(c, who, label, err)
	case fault.Is(err, fault.NotFound) && in.Reference != "":
		s.showPouch(c, who, label, invalid("reference", consular.RuleUnknown))
	case err != nil:
		s.fail(c, who, err)
	default:
		web.See(c, "/pouches/"+string(label))
	}
}
