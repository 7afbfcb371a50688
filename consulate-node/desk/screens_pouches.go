package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Stages of a bag at this post: what is to be done with it.
const (
	bagComing  = "coming"
	bagWaits   = "waits"
	bagPart    = "part"
	bagOpen    = "open"
	bagAgrees  = "agrees"
	bagDiffers = "differs"
)

func stageOf(v handover.PouchView) string {
	t := v.Tally
	switch {
	case v.Arrived.IsZero():
		return bagComing
	case v.Opened.IsZero() && !v.Complete:
		return bagPart
	case v.Opened.IsZero():
		return bagWaits
	case v.Reconciled.IsZero():
		return bagOpen
	case t.Missing+t.Damaged+t.Extra > 0:
		return bagDiffers
	}
	return bagAgrees
}

// pouches lists the bags with the next thing to do.
func (s *Screens) pouches(c *gin.Context, who access.Principal) {
	s.showPouches(s.at(c, who), "", told{})
}

func (s *Screens) showPouches(at screen, typed string, said told) {
	list, err := s.o.Handover.Pouches(at.c.Request.Context(), at.who)
	if err != nil {
		s.fail(at.c, at.who, err)
		return
	}
	label := line(at.p, "label", typed, mono)
	said.mark(&label)
	page := s.page(at.c, at.who, at.p.T("handover.pouches.title"))
	page.Template, page.Wide = "pouches", true
	page.Data = gin.H{"Label": label, "List": s.bagList(at.p, list)}
	s.render(at, page, said)
}

func (s *Screens) bagList(p lang.Printer, bags []handover.PouchView) web.WorkList {
	out := web.WorkList{
		ID: "pouches", Caption: p.T("handover.pouches.title"), Empty: p.T("handover.pouches.empty"),
		Columns: []string{p.T("handover.field.label"), p.T("handover.col.cards"), p.T("handover.col.announced"), p.T("handover.col.next")},
	}
	for _, v := range bags {
		stage := stageOf(v)
		next := web.Cell{Kind: "state", Tone: "todo", Text: p.T("handover.next."+stage, "done", scannedOf(v), "total", v.Tally.Total)}
		switch {
		case stage == bagAgrees:
			next.Tone = "good"
		case stage == bagDiffers, stage == bagPart, troubled(v):
			next.Tone = "warn"
		}
		if troubled(v) {
			next.Text = stateWords(p, v.State)
		}
		out.Cards = append(out.Cards, web.Card{
			Href: bagPath(v.Pouch), Key: string(v.Pouch), Marked: stage == bagWaits || stage == bagOpen,
			Cells: []web.Cell{
				{Kind: "code", Text: string(v.Pouch)},
				{Text: p.Number(int64(v.Tally.Total))},
				{Text: s.moment(p, v.Announced)},
				next,
			},
		})
	}
	return out
}

// troubled reports a bag that the hub says is late, lost or sent back.
func troubled(v handover.PouchView) bool {
	return slices.Contains([]string{"DELAYED", "LOST", "RETURNED_BY_HOST"}, v.State)
}

func scannedOf(v handover.PouchView) int { return v.Tally.Received + v.Tally.Damaged }

func bagPath(label consular.PouchID) string { return pathPouches + "/" + string(label) }

func (s *Screens) moment(p lang.Printer, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.DateTime(t.In(s.desk.zone))
}

// findPouch leads from a label, typed or read by the barcode reader, to its bag.
func (s *Screens) findPouch(c *gin.Context, who access.Principal) {
	at, typed := s.at(c, who), clip(c.PostForm("label"))
	v, err := s.o.Handover.Pouch(c.Request.Context(), who, typed)
	if err == nil {
		web.See(c, bagPath(v.Pouch))
		return
	}
	if said, ok := s.tell(at, asField(err, "pouch", "label")); ok {
		s.showPouches(at, typed, said)
	}
}

// asField calls a field what its form calls it.
func asField(err error, from, to string) error {
	if err == nil {
		return nil
	}
	found := violationsOf(err)
	if !slices.ContainsFunc(found, func(v consular.Violation) bool { return v.Field == from }) {
		return err
	}
	return refuse("desk: read form", to, found[0].Rule)
}

func (s *Screens) pouch(c *gin.Context, who access.Principal) { s.showPouch(s.at(c, who), told{}, nil) }

// showPouch shows a bag at its stage; found is what the scan before this found.
func (s *Screens) showPouch(at screen, said told, found *foundView) {
	v, err := s.o.Handover.Pouch(at.c.Request.Context(), at.who, at.c.Param("pouch"))
	if err != nil {
		s.fail(at.c, at.who, err)
		return
	}
	stage := stageOf(v)
	seated := slices.ContainsFunc(v.OpenedBy, func(id string) bool { return strings.EqualFold(id, at.who.ID) })
	data := gin.H{
		"Label": string(v.Pouch), "Stage": stage, "State": at.p.T("handover.next."+stage, "done", scannedOf(v), "total", v.Tally.Total),
		"Facts": s.bagFacts(at.p, v), "Path": bagPath(v.Pouch), "Found": found, "Seated": seated,
		"MayArrive": at.who.Role.Has(access.PouchOpen), "MayWrite": at.who.Role.Has(access.HandoverWrite), "Tally": v.Tally, "Done": scannedOf(v),
		"Lines": s.bagLines(at.p, v), "Extras": s.extras(at.p, v), "Refused": refusedBefore(at.p, v.Refused),
		"Away": troubled(v), "AwayText": stateWords(at.p, v.State),
	}
	s.bagForms(at, v, said, data)
	page := s.page(at.c, at.who, at.p.T("handover.pouch.title"))
	page.Template, page.Wide, page.Data = "pouch", true, data
	s.render(at, page, said)
}

// bagForms adds what can be typed at the stage.
func (s *Screens) bagForms(at screen, v handover.PouchView, said told, data gin.H) {
	seal, remarks := line(at.p, "seal", clip(at.c.PostForm("seal")), mono), line(at.p, "remarks", clip(at.c.PostForm("remarks")), optional)
	missing := line(at.p, "missing", clip(at.c.PostForm("missing")), number4)
	serial := line(at.p, "serial", "", mono)
	said.mark(&seal, &remarks, &missing, &serial)
	if serial.Error != "" {
		serial.Value = clip(at.c.PostForm("serial"))
	}
	data["Seal"], data["Remarks"], data["Missing"], data["Serial"] = seal, remarks, missing, serial
	data["Reference"] = line(at.p, "reference", "", mono, optional)
	data["Broken"] = ticked(at.c, "broken")
	data["Second"] = s.second(at, true)
	data["Left"] = v.Tally.Open + v.Tally.Missing
}

func (s *Screens) bagFacts(p lang.Printer, v handover.PouchView) (out []fact) {
	add := func(key, text, kind string) {
		if text != "" {
			out = append(out, fact{Label: p.T("handover.fact." + key), Text: text, Kind: kind})
		}
	}
	add("seal", v.Seal, "code")
	add("cards", p.Number(int64(v.Tally.Total)), "")
	add("announced", s.moment(p, v.Announced), "")
	add("arrived", s.moment(p, v.Arrived), "")
	add("opened", s.moment(p, v.Opened), "")
	if v.Broken {
		add("seal_state", p.T("handover.pouch.seal_broken"), "")
	}
	add("pair", strings.Join(s.names(v.OpenedBy), " · "), "")
	add("counted", s.moment(p, v.Reconciled), "")
	return out
}

// bagLines lists the manifest, first what is not found yet.
func (s *Screens) bagLines(p lang.Printer, v handover.PouchView) web.WorkList {
	out := web.WorkList{
		ID: "lines", Caption: p.T("handover.pouch.lines"), Empty: p.T("handover.pouch.no_lines"),
		Columns: []string{p.T("handover.field.serial"), p.T("handover.field.reference"), p.T("handover.col.state")},
	}
	order := []string{"missing", "open", "damaged", "received"}
	tones := map[string]string{"missing": "warn", "open": "todo", "damaged": "warn", "received": "good"}
	lines := slices.Clone(v.Cards)
	slices.SortStableFunc(lines, func(a, b handover.LineView) int {
		return slices.Index(order, a.Finding) - slices.Index(order, b.Finding)
	})
	for _, l := range lines {
		out.Cards = append(out.Cards, web.Card{
			Href: cardPath(l.Reference), Key: l.Serial + " " + l.Reference.Digits(), Marked: l.Finding == "missing",
			Cells: []web.Cell{
				{Kind: "code", Text: l.Serial},
				{Kind: "code", Text: l.Reference.String()},
				{Kind: "state", Tone: tones[l.Finding], Text: p.T("handover.line." + l.Finding)},
			},
		})
	}
	return out
}

type extraView struct{ Serial, Text string }

func (s *Screens) extras(p lang.Printer, v handover.PouchView) (out []extraView) {
	for _, x := range v.Extras {
		one := extraView{Serial: x.Serial, Text: p.T("handover.extra.unknown")}
		if x.Post != "" {
			one.Text = p.T("handover.extra.post", "post", s.postName(p, x.Post))
		}
		out = append(out, one)
	}
	return out
}

// pouchArrived records that the bag is here, closed.
func (s *Screens) pouchArrived(c *gin.Context, who access.Principal) {
	v, err := s.o.Handover.Arrive(c.Request.Context(), who, c.Param("pouch"))
	if err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, bagPath(v.Pouch))
}

// openPouch opens a bag, or gives the places at an open one to two others. What
// can be wrong by itself is looked at first: a code works once.
func (s *Screens) openPouch(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	in := handover.OpenInput{
		Pouch: c.Param("pouch"), Seal: clip(c.PostForm("seal")), Broken: ticked(c, "broken"), Remarks: clip(c.PostForm("remarks")),
	}
	err := sealTyped(c, in.Seal)
	if err == nil {
		in.Second, err = s.beside(at)
	}
	var v handover.PouchView
	if err == nil {
		v, err = s.o.Handover.Open(c.Request.Context(), who, in)
	}
	if err == nil {
		web.See(c, bagPath(v.Pouch))
		return
	}
	if said, ok := s.tell(at, err); ok {
		s.showPouch(at, said, nil)
	}
}

// sealTyped judges the number of a seal; a form for two others has none.
func sealTyped(c *gin.Context, text string) error {
	if _, there := c.GetPostForm("seal"); !there {
		return nil
	}
	if text == "" {
		return refuse("desk: open pouch", "seal", consular.RuleRequired)
	}
	if _, err := wire.ParseSerial(text); err != nil {
		return refuse("desk: open pouch", "seal", consular.RuleFormat)
	}
	return nil
}

// foundView is what a scan found, large enough to read across a table.
type foundView struct {
	Kind, Title, Text  string
	Name, Other, Birth string
	Serial             string
}

// scanCard takes the card that was held under the reader.
func (s *Screens) scanCard(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	in := handover.ScanInput{
		Pouch: c.Param("pouch"), Serial: clip(c.PostForm("serial")), Reference: clip(c.PostForm("reference")),
		Damaged: ticked(c, "damaged"), Remarks: clip(c.PostForm("remarks")),
	}
	v, err := s.o.Handover.Scan(c.Request.Context(), who, in)
	if err != nil {
		if said, ok := s.tell(at, err); ok {
			s.showPouch(at, said, nil)
		}
		return
	}
	s.showPouch(at, told{}, s.found(at.p, in.Serial, v))
}

func (s *Screens) found(p lang.Printer, serial string, v handover.Scanned) *foundView {
	key := "handover.found." + string(v.Finding)
	out := &foundView{Kind: "bad", Title: p.T(key + ".title"), Text: p.T(key + ".text"), Serial: strings.ToUpper(serial)}
	switch v.Finding { //nolint:exhaustive // every other one is a card to put apart
	case handover.FindingReceived:
		out.Kind = "good"
	case handover.FindingAgain:
		out.Kind = "info"
	case handover.FindingDamaged:
		out.Kind = "warn"
	}
	if v.Post != "" {
		out.Title = p.T("handover.extra.post", "post", s.postName(p, v.Post))
	}
	if v.Card != nil {
		out.Name, out.Other = byOwnScript(p, v.Card.Family, v.Card.Given)
		out.Serial = v.Card.Serial
		if v.Card.Birth != "" {
			out.Birth = p.BirthDate(v.Card.Birth)
		}
	}
	return out
}

// countPouch ends the count with the number of missing cards confirmed.
func (s *Screens) countPouch(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	missing, err := strconv.Atoi(clip(c.PostForm("missing")))
	if err != nil || missing < 0 {
		err = refuse("desk: count pouch", "missing", consular.RuleRequired)
	}
	var v handover.PouchView
	if err == nil {
		v, err = s.o.Handover.Reconcile(c.Request.Context(), who, handover.ReconcileInput{
			Pouch: c.Param("pouch"), Missing: missing, Remarks: clip(c.PostForm("remarks")),
		})
	}
	if err == nil {
		web.See(c, bagPath(v.Pouch))
		return
	}
	if said, ok := s.tell(at, err); ok {
		s.showPouch(at, said, nil)
	}
}

func cardPath(ref consular.Reference) string { return pathCards + "/" + ref.Digits() }
