package office

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/paper"
	"jaliya/internal/web"
)

// show is the page of one request. Its title is the same for all.
func (s *Screens) show(c *gin.Context, who access.Principal) { s.showWith(c, who, nil) }

// showWith shows it again with what was refused; what was typed is kept.
func (s *Screens) showWith(c *gin.Context, who access.Principal, refused error) {
	q, f, err := s.office.Open(who, c.Param("id"))
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("office.request.title"))
	page.Template, page.Wide = "request", true
	status := http.StatusOK
	v := s.requestView(p, q, f, sheet{c: c, who: who, refused: codeOf(refused)})
	if refused != nil {
		status = web.StatusOf(fault.KindOf(refused))
		page.Errors = []web.FieldError{{Href: "#" + v.wrongAt, Text: p.T("office.problem." + string(codeOf(refused)) + ".text")}}
	} else if c.Query("done") != "" {
		page.Notice = &web.Notice{Kind: "good", Title: p.T("office.request.done")}
	}
	page.Data = v
	s.ui.Render(c, status, page)
}

// sheet is who looks, and what was refused of what they typed.
type sheet struct {
	c       *gin.Context
	who     access.Principal
	refused Code
}

// value gives back what was typed into a form that was refused.
func (h sheet) value(act, name string) string {
	if h.refused == "" || h.c.PostForm("act") != act {
		return ""
	}
	return typedUpTo(h.c, name, maxText)
}

// line is one thing that somebody did.
type line struct{ Who, What, When string }

// entry is a mention as the page shows it.
type entry struct {
	Place int
	Title string
	Facts []fact
	Keep  bool
}

// offer is one act with its form.
type offer struct {
	Act, Title, Text, Button string
	Rows                     []web.Row
	Reasons                  *web.Reasons
	Danger, Folded, Open     bool
}

type requestView struct {
	ID        string
	Version   uint64
	State     string
	Next      string
	Facts     []fact
	Identity  []fact
	Question  []fact
	Entries   []entry
	Drop      bool
	Proposal  []fact
	Propose   bool
	Grounds   web.Field
	Offers    []offer
	Steps     []line
	Readings  []line
	Read      string
	Hindrance string
	wrongAt   string
}

func (s *Screens) requestView(p lang.Printer, q request, f finding, h sheet) requestView {
	v := requestView{
		ID: q.ID, Version: q.Version, State: p.T("office.state." + strings.ToLower(q.State.String())), Next: s.nextWords(p, q),
		Drop: q.State == Matched, Propose: q.State == Review && f.Proposer == "", wrongAt: "offer-" + h.c.PostForm("act"),
	}
	v.Facts = []fact{
		{Label: p.T("office.col.product"), Text: productWords(p, q.Product)},
		{Label: p.T("office.request.arrived"), Text: p.DateTime(at(q.Arrived).In(s.zone))},
	}
	if !q.Erased && q.Product != "" {
		v.Facts = append(v.Facts, s.useFacts(p, q.Content)...)
		v.Identity = identity(p, q.Content.Person)
	}
	if q.Number != "" {
		v.Facts = append(v.Facts, fact{Label: p.T("office.request.number"), Text: q.Number, Kind: "code"})
	}
	if q.Question != "" {
		v.Question = append(v.Question, fact{Label: p.T("office.request.question"), Text: q.Question})
		if q.Answer != "" {
			v.Question = append(v.Question, fact{Label: p.T("office.request.answer"), Text: q.Answer})
		}
	}
	s.findings(p, f, &v)
	if v.Propose {
		v.Grounds = web.Field{ID: "propose-text", Kind: "textarea", Label: p.T("office.field.grounds"), Hint: p.T("office.hint.grounds"), Value: h.value("propose", "propose-text")}
		if h.c.PostForm("act") == "propose" && h.refused != "" {
			v.Grounds.Error, v.wrongAt = p.T("office.problem."+string(h.refused)+".text"), "propose-text"
		}
	}
	if q.Hindrance != "" {
		v.Hindrance = p.T("office.request.hindrance_text", "code", q.Hindrance)
	}
	v.Offers = s.offers(p, q, f, h)
	s.history(p, q, &v)
	return v
}

// nextWords says who acts next, or when the clock does.
func (s *Screens) nextWords(p lang.Printer, q request) string {
	waits := q.Target
	if when, ok := s.office.makingAt(q, s.office.needs.Now()); ok {
		waits = ms(when.Add(s.office.needs.Plan.Slot))
	}
	if waits != 0 {
		return p.T("office.request.slot", "time", p.DateTime(at(waits).In(s.zone)))
	}
	return p.T("office.next." + strings.ToLower(q.State.String()))
}

func (s *Screens) useFacts(p lang.Printer, in content) []fact {
	u := in.Use
	purpose := p.T("purpose." + u.Purpose.String())
	if u.Text != "" {
		purpose += " – " + u.Text
	}
	proof := p.T("office.proof." + in.Proof.Kind.String())
	if in.Proof.Level != "" {
		proof += " – " + in.Proof.Level
	}
	out := []fact{
		{Label: p.T("office.request.purpose"), Text: purpose},
		{Label: p.T("office.request.country"), Text: p.Country(u.Country)},
	}
	if u.Authority != "" {
		out = append(out, fact{Label: p.T("office.request.authority"), Text: u.Authority})
	}
	return append(
		out,
		fact{Label: p.T("office.request.legalization"), Text: p.T("office.legalization." + u.Legalization.String())},
		fact{Label: p.T("office.request.proof"), Text: proof, Second: ""},
	)
}

func identity(p lang.Printer, who consular.Person) []fact {
	label := func(key string) string { return p.T("desk.field." + key) }
	pair := func(key string, n consular.Name) fact {
		return fact{Label: label(key), Text: n.Latin, Second: n.Arabic, Kind: "pair"}
	}
	out := []fact{
		pair("family_name", who.Family), pair("given_name", who.Given),
		{Label: label("birth_date"), Text: p.BirthDate(who.Birth)},
		pair("birth_place", who.BirthPlace),
		{Label: label("birth_country"), Text: p.Country(who.BirthCountry)},
		{Label: label("nationality"), Text: p.Country(who.Nationality)},
		{Label: label("sex"), Text: p.Sex(who.Sex)},
	}
	if who.NationalNumber != "" {
		out = append(out, fact{Label: label("national_number"), Text: string(who.NationalNumber), Kind: "code"})
	}
	for _, one := range []struct {
		key  string
		name consular.Name
	}{
		{"father_given_name", who.Father.Given},
		{"father_family_name", who.Father.Family},
		{"mother_given_name", who.Mother.Given},
		{"mother_family_name", who.Mother.Family},
	} {
		if !one.name.IsZero() {
			out = append(out, pair(one.key, one.name))
		}
	}
	for _, former := range who.Former {
		if !former.Family.IsZero() {
			out = append(out, pair("former_names_family_name", former.Family))
		}
		if !former.Given.IsZero() {
			out = append(out, pair("former_names_given_name", former.Given))
		}
	}
	return out
}

// findings shows entries, and what a first officer proposes of them.
func (s *Screens) findings(p lang.Printer, f finding, v *requestView) {
	kept := map[int]bool{}
	for _, i := range f.Keep {
		kept[i] = true
	}
	for i, m := range f.Entries {
		pair := func(key string, t paper.Text) fact {
			return fact{Label: p.T("office.field." + key), Text: t.French, Second: t.Arabic, Kind: "pair"}
		}
		v.Entries = append(v.Entries, entry{
			Place: i, Title: p.T("office.request.entry", "number", i+1, "date", m.Date), Keep: f.Proposer == "" || kept[i],
			Facts: []fact{pair("court", m.Court), pair("offense", m.Offense), pair("sentence", m.Sentence)},
		})
	}
	if f.Proposer != "" {
		v.Proposal = []fact{
			{Label: p.T("office.request.proposed_by"), Text: s.people.Name(f.Proposer)},
			{Label: p.T("office.request.stays"), Text: p.T("office.request.stays_count", "count", len(f.Keep), "total", len(f.Entries))},
			{Label: p.T("office.field.grounds"), Text: f.Grounds},
		}
	}
}

func (s *Screens) history(p lang.Printer, q request, v *requestView) {
	for _, one := range q.Steps {
		what := p.T("office.event.arrived")
		if one.Event != 0 {
			what = p.T("office.event." + one.Event.String())
		}
		if one.Why != "" {
			what += " – " + one.Why
		}
		v.Steps = append(v.Steps, line{s.actor(p, one.By), what, p.DateTime(at(one.At).In(s.zone))})
	}
	readings, err := s.office.readings(q.ID, 50)
	if err != nil {
		return
	}
	v.Read = p.T("office.request.read", "count", len(readings))
	for _, one := range readings {
		v.Readings = append(v.Readings, line{s.actor(p, one.By), p.T("office.event.opened"), p.DateTime(at(one.At).In(s.zone))})
	}
}

func (s *Screens) actor(p lang.Printer, by string) string {
	if by == byNetwork || by == byOffice {
		return p.T("office.actor." + by)
	}
	return s.people.Name(by)
}

// events are the acts of forms by their names.
func events() map[string]Event {
	return map[string]Event{
		"found": Found, "several": SeveralFound, "ask": Asked, "add": EntryAdded, "drop": EntryDropped, "nothing": NothingFound,
		"entries": EntriesFound, "propose": Proposed, "return": Returned, "confirm": Confirmed, "issue": IssueOrdered, "void": Voided,
		"refuse": RefusalDecided, "revoke": RevocationSaid,
	}
}

// act carries out a form.
func (s *Screens) act(c *gin.Context, who access.Principal) {
	id, name := c.Param("id"), c.PostForm("act")
	event, known := events()[name]
	seen, err := strconv.ParseUint(typed(c, "version"), 10, 64)
	if !known || err != nil {
		s.fail(c, who, fault.New(fault.Conflict, "office: act", "", CodeMoved.cause()))
		return
	}
	if event == NothingFound || event == EntriesFound {
		err = s.office.Search(who, id, seen, event)
	} else {
		err = s.office.Do(who, id, s.read(c, name, seen))
	}
	if mine := codeOf(err); fault.Is(err, fault.Invalid) && (mine == CodeNoReason || mine == CodeQuestion || mine == CodeEntry) {
		s.showWith(c, who, err)
		return
	}
	if fault.Is(err, fault.Conflict) && codeOf(err) == "" {
		err = errors.Join(fault.New(fault.Conflict, "office: act", "", CodeMoved.cause()), err)
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, "/requests/"+id+"?done=1")
}

// read takes the fields of an act's form.
func (s *Screens) read(c *gin.Context, name string, seen uint64) Act {
	a := Act{Seen: seen, Event: events()[name], Text: typedUpTo(c, name+"-text", maxText)}
	switch a.Event { //nolint:exhaustive // the others have no fields of their own
	case Asked:
		a.Language = consular.Language(typed(c, "language"))
	case EntryAdded:
		pair := func(key string) paper.Text {
			return paper.Text{Arabic: typed(c, "add-"+key+"_ar"), French: typed(c, "add-"+key+"_fr")}
		}
		a.Entry = paper.Mention{Court: pair("court"), Offense: pair("offense"), Sentence: pair("sentence")}
		a.Entry.Date = readDate(c)
	case EntryDropped:
		a.Place, _ = strconv.Atoi(typed(c, "place")) // nothing is place 0, which the version guards
	case Proposed:
		for _, text := range c.PostFormArray("keep") {
			if i, err := strconv.Atoi(text); err == nil {
				a.Keep = append(a.Keep, i)
			}
		}
	case RefusalDecided:
		a.Reason, _ = consular.ParseRefusalReason(typed(c, "reason")) // zero is refused below
	}
	return a
}

// readDate reads the date of an entry, empty when it is none.
func readDate(c *gin.Context) consular.Date {
	day, err := consular.ParseDate(typed(c, "add-year") + "-" + two(typed(c, "add-month")) + "-" + two(typed(c, "add-day")))
	if err != nil {
		return ""
	}
	return day
}

// two gives a day or month two digits.
func two(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}
