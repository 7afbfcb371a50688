package desk

import (
	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// placed is a form that puts a card into its place.
type placed struct {
	Safe, Box, Serial string
	Defective         bool
}

// shelvePage lists the cards without a place. One box is filled at a time: safe
// and box stay typed, and the reader fills in the cards.
func (s *Screens) shelvePage(c *gin.Context, who access.Principal) {
	s.showShelve(s.at(c, who), placed{}, told{})
}

func (s *Screens) showShelve(at screen, f placed, said told) {
	stock, err := s.o.Handover.Stock(at.c.Request.Context(), at.who)
	if err != nil {
		s.fail(at.c, at.who, err)
		return
	}
	safe, box := line(at.p, "safe", f.Safe, mono), line(at.p, "box", f.Box, mono)
	serial := line(at.p, "serial", f.Serial, mono)
	said.mark(&safe, &box, &serial)
	page := s.page(at.c, at.who, at.p.T("handover.shelve.title"))
	page.Template, page.Wide = "shelve", true
	page.Data = gin.H{
		"Place":  web.Row{Kind: "pair", Legend: at.p.T("handover.shelve.place"), ID: "place", Error: said.wrong["place"], Fields: []web.Field{safe, box}},
		"Serial": serial, "Left": at.p.T("handover.waits.shelve", "count", len(stock.Shelve)), "Count": len(stock.Shelve),
		"List": stockList(at.p, "shelve", stock.Shelve), "Aside": stockList(at.p, "aside", stock.Aside), "AnyAside": len(stock.Aside) > 0,
	}
	s.render(at, page, said)
}

// stockList lists cards that lie here, by their places.
func stockList(p lang.Printer, id string, lines []handover.StockLine) web.WorkList {
	out := web.WorkList{
		ID: id, Caption: p.T("handover.stock." + id), Empty: p.T("handover.stock." + id + "_empty"),
		Columns: []string{p.T("handover.field.serial"), p.T("handover.field.reference"), p.T("handover.col.place"), p.T("handover.col.state")},
	}
	for _, l := range lines {
		state := web.Cell{Kind: "state", Tone: "todo", Text: stateWords(p, l.State)}
		if id != "shelve" {
			state.Tone = "warn"
		}
		place := web.Cell{Text: p.T("handover.stock.no_place")}
		if l.Safe != "" {
			place.Text = placeWords(p, l.Safe, l.Box)
		}
		out.Cards = append(out.Cards, web.Card{
			Href: cardPath(l.Reference), Key: l.Serial + " " + l.Reference.Digits(),
			Cells: []web.Cell{{Kind: "code", Text: l.Serial}, {Kind: "code", Text: l.Reference.String()}, place, state},
		})
	}
	return out
}

func placeWords(p lang.Printer, safe, box string) string {
	return p.T("handover.place", "safe", lang.Isolate(safe), "box", lang.Isolate(box))
}

// shelveCard puts the card under the reader into the box that is being filled.
func (s *Screens) shelveCard(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	f := placed{
		Safe: clip(c.PostForm("safe")), Box: clip(c.PostForm("box")), Serial: clip(c.PostForm("serial")),
		Defective: ticked(c, "defective"),
	}
	if f.Serial == "" {
		s.shelveRefused(at, f, refuse("desk: shelve card", "serial", consular.RuleRequired))
		return
	}
	v, err := s.o.Handover.Shelve(c.Request.Context(), who, handover.ShelveInput{
		Serial: f.Serial, Safe: f.Safe, Box: f.Box, Defective: f.Defective,
	})
	if err != nil {
		s.shelveRefused(at, f, err)
		return
	}
	said := told{notice: &web.Notice{
		Kind: "good", Title: at.p.T("handover.shelve.done", "serial", lang.LTR(v.Serial)), Text: placeWords(at.p, v.Safe, v.Box),
	}}
	if f.Defective {
		said.notice = &web.Notice{
			Kind: "warn", Title: at.p.T("handover.shelve.defective", "serial", lang.LTR(v.Serial)), Text: at.p.T("handover.shelve.defective_text"),
		}
	}
	f.Serial = ""
	s.showShelve(at, f, said)
}

func (s *Screens) shelveRefused(at screen, f placed, err error) {
	if said, ok := s.tell(at, err); ok {
		s.showShelve(at, f, said)
	}
}

// placeCard does the same from the page of one card.
func (s *Screens) placeCard(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, err := s.o.Handover.Shelve(c.Request.Context(), who, handover.ShelveInput{
		Reference: c.Param("reference"), Safe: clip(c.PostForm("safe")), Box: clip(c.PostForm("box")),
		Defective: ticked(c, "defective"), Remarks: clip(c.PostForm("remarks")),
	})
	if err == nil {
		web.See(c, cardPath(v.Reference))
		return
	}
	if said, ok := s.tell(at, err); ok {
		s.showCard(at, giveBody{}, said)
	}
}
