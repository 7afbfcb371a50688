package desk

import (
	"maps"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/workflow"
)

// cardsPage is where a hand-over begins: who has come?
func (s *Screens) cardsPage(c *gin.Context, who access.Principal) {
	s.showCards(s.at(c, who), "", told{}, nil)
}

// hits are what a search found.
type hits struct {
	List   web.WorkList
	Notice *web.Notice
}

func (s *Screens) showCards(at screen, typed string, said told, found *hits) {
	text := line(at.p, "text", typed)
	said.mark(&text)
	page := s.page(at.c, at.who, at.p.T("handover.cards.title"))
	page.Template, page.Wide = "cards", true
	data := gin.H{"Text": text, "Found": found}
	if found == nil {
		stock, err := s.o.Handover.Stock(at.c.Request.Context(), at.who)
		if err != nil {
			s.fail(at.c, at.who, err)
			return
		}
		data["Ready"] = at.p.T("handover.waits.ready", "count", len(stock.Ready))
	}
	page.Data = data
	s.render(at, page, said)
}

// onSlip finds the reference in what a reader makes of the code on a slip.
var onSlip = regexp.MustCompile(`(?:^|[^0-9])([0-9]{18})(?:[^0-9]|$)`)

// searched is what to look for: of a slip's code the reference alone, so that
// what is secret in it goes no further.
func searched(typed string) string {
	if m := onSlip.FindStringSubmatch(typed); m != nil {
		return m[1]
	}
	return typed
}

// findCards looks by name in either script, by reference, slip or serial. The
// answer stands at the address of the form: a name is in no address.
func (s *Screens) findCards(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	typed := searched(clip(c.PostForm("text")))
	v, err := s.o.Handover.Find(c.Request.Context(), who, typed)
	if err != nil {
		if said, ok := s.tell(at, err); ok {
			s.showCards(at, typed, said, nil)
		}
		return
	}
	out := &hits{List: s.hitList(at.p, v)}
	switch {
	case v.More:
		out.Notice = &web.Notice{Kind: "warn", Title: at.p.T("handover.cards.more"), Text: at.p.T("handover.cards.more_text")}
	case len(v.Cards) == 0:
		out.Notice = s.nowhere(at, typed)
	}
	s.showCards(at, typed, told{}, out)
}

func (s *Screens) hitList(p lang.Printer, v handover.Found) web.WorkList {
	out := web.WorkList{
		ID: "hits", Caption: p.T("handover.cards.hits"),
		Columns: []string{p.T("desk.col.person"), p.T("desk.field.birth_date"), p.T("handover.col.place"), p.T("handover.col.state")},
	}
	for _, one := range v.Cards {
		name, other := byOwnScript(p, one.Family, one.Given)
		birth, place := "", p.T("handover.stock.no_place")
		if one.Birth != "" {
			birth = p.BirthDate(one.Birth)
		}
		if one.Safe != "" && one.Held {
			place = placeWords(p, one.Safe, one.Box)
		}
		state := web.Cell{Kind: "state", Tone: "warn", Text: stateWords(p, one.State)}
		if one.State == workflow.Ready.String() && one.Held {
			state.Tone = "good"
		}
		out.Cards = append(out.Cards, web.Card{
			Href: cardPath(one.Reference), Marked: state.Tone == "good",
			Cells: []web.Cell{{Kind: "name", Text: name, Second: other}, {Text: birth}, {Text: place}, state},
		})
	}
	return out
}

// nowhere says why nothing was found, as far as this post can know.
func (s *Screens) nowhere(at screen, typed string) *web.Notice {
	ref, err := consular.ParseReference(typed)
	if err != nil {
		return &web.Notice{Kind: "warn", Title: at.p.T("handover.cards.none"), Text: at.p.T("handover.cards.none_name")}
	}
	out := &web.Notice{Kind: "warn", Title: at.p.T("handover.cards.none"), Text: at.p.T("handover.cards.none_reference")}
	if !at.who.Role.Has(access.RequestRead) {
		return out
	}
	q, err := s.desk.Get(at.c.Request.Context(), at.who, ref.Digits())
	if err != nil {
		return out
	}
	out.Text = at.p.T("handover.cards.none_known", "status", at.p.Status(q.Status))
	if q.Pickup != "" && q.Pickup != s.desk.o.Post.ID {
		out.Title = at.p.T("handover.cards.elsewhere")
		out.Text = at.p.T("handover.cards.elsewhere_text", "post", s.postName(at.p, q.Pickup))
	}
	out.Links = []web.NavLink{{Href: "/requests/" + ref.Digits(), Label: at.p.T("handover.cards.follow")}}
	return out
}

func (s *Screens) cardPage(c *gin.Context, who access.Principal) {
	s.showCard(s.at(c, who), giveBody{}, told{})
}

// What a card's page lets be done.
const (
	cardComing = "coming"
	cardPlace  = "place"
	cardReady  = "ready"
	cardGiven  = "given"
	cardStop   = "stop"
	cardMoving = "moving" // to another post
	cardNobody = "nobody" // nobody came
	cardGone   = "gone"   // it left, not into a hand
)

func cardStage(v handover.CardView) string {
	switch {
	case v.State == workflow.HandedOver.String():
		return cardGiven
	case v.Held && v.State == workflow.Received.String():
		return cardPlace
	case v.Held && v.State == workflow.Ready.String():
		return cardReady
	case v.Held && v.State == workflow.Transfer.String():
		return cardMoving
	case v.Held && v.State == workflow.Unclaimed.String():
		return cardNobody
	case !v.Held && !v.GivenAt.IsZero():
		return cardGone
	case v.State == workflow.Packed.String(), v.State == workflow.InTransit.String(), v.State == workflow.Produced.String():
		return cardComing
	}
	return cardStop
}

func (s *Screens) showCard(at screen, typed giveBody, said told) {
	v, err := s.o.Handover.Card(at.c.Request.Context(), at.who, at.c.Param("reference"))
	if err != nil {
		s.fail(at.c, at.who, err)
		return
	}
	stage := cardStage(v)
	name, other := byOwnScript(at.p, v.Family, v.Given)
	data := gin.H{
		"Stage": stage, "Name": name, "Other": other, "Facts": s.cardFacts(at.p, v), "Path": cardPath(v.Reference),
		"Level": web.Badge{Level: levelNumber(v.Level), Means: true}, "Refused": refusedBefore(at.p, v.Refused),
		"MayWrite": at.who.Role.Has(access.HandoverWrite), "Stand": standWords(at.p, v, stage),
	}
	safe, box := line(at.p, "safe", clip(at.c.PostForm("safe")), mono), line(at.p, "box", clip(at.c.PostForm("box")), mono)
	if safe.Value == "" {
		safe.Value, box.Value = v.Safe, v.Box
	}
	said.mark(&safe, &box)
	data["Place"] = web.Row{
		Kind: "pair", Legend: at.p.T("handover.shelve.place"), ID: "place", Error: said.wrong["place"], Fields: []web.Field{safe, box},
	}
	if stage == cardReady {
		maps.Copy(data, s.giveForm(at, v, typed, said))
	}
	maps.Copy(data, s.leaveForm(at, v, said))
	page := s.page(at.c, at.who, at.p.T("handover.card.title"))
	page.Template, page.Data = "card", data
	s.render(at, page, said)
}

// standWords says where the card stands and what follows for the person.
func standWords(p lang.Printer, v handover.CardView, stage string) web.Notice {
	state := strings.ToLower(v.State)
	out := web.Notice{Kind: "info", Title: stateWords(p, v.State), Text: p.T("handover.stand." + stage)}
	if key := "handover.stand_state." + state; p.Has(key) && stage != cardGone {
		out.Text = p.T(key)
	}
	switch stage {
	case cardStop:
		out.Kind = "bad"
	case cardMoving, cardNobody:
		out.Kind = "warn"
	case cardGiven, cardReady:
		out.Kind = "good"
	}
	return out
}

func (s *Screens) cardFacts(p lang.Printer, v handover.CardView) (out []fact) {
	add := func(label, text, kind string) {
		if text != "" {
			out = append(out, fact{Label: label, Text: text, Kind: kind})
		}
	}
	if v.Birth != "" {
		add(p.T("desk.field.birth_date"), p.BirthDate(v.Birth), "")
	}
	add(p.T("handover.fact.service"), serviceShort(p, v.Service), "")
	if v.Held && v.Safe != "" {
		add(p.T("handover.col.place"), placeWords(p, v.Safe, v.Box), "")
	}
	add(p.T("handover.field.reference"), v.Reference.String(), "code")
	add(p.T("handover.field.serial"), v.Serial, "code")
	add(p.T("handover.field.label"), string(v.Pouch), "code")
	if v.Onward != "" {
		add(p.T("handover.fact.onward"), s.postName(p, v.Onward), "")
	}
	key := "handover.fact.gone"
	if v.State == workflow.HandedOver.String() {
		key = "handover.fact.given"
	}
	add(p.T(key), s.moment(p, v.GivenAt), "")
	return out
}
