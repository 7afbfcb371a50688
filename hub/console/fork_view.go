package console

import (
	"strings"
	"time"

	"jaliya/hub/forks"
	"jaliya/internal/access"
	"jaliya/internal/lang"
)

// forkView is the two histories of one machine, in words.
type forkView struct {
	ID, Node, Seen        string
	Mark, Standing, Means string
	Facts                 []fact
	Rows                  []forkRow
	Shown                 []shownView
	Decisions             []decisionView
	Acts                  []forkAct
	Next                  []string // what people do now that it is decided
	Command               string   // that they type at the hub
}

// forkRow is one line of the picture: the hub's side, the place, the machine's.
type forkRow struct {
	Place, Words string
	Sequence     string
	Hub, Machine *forkCell
	HubSays      string // instead of an entry
	MachineSays  string
	MachineEnds  string // where its history ended when it last asked
}

type forkCell struct {
	Kind, When, Reference string
	Level                 int
}

type shownView struct{ How, Sequence, Hash, Place, When, Receipted string }

type decisionView struct{ Title, Who, When, Reason, After string }

// forkAct is one thing that may be decided, with its form.
type forkAct struct {
	ID, Choice, Title, Text string
	Steps                   []string
	Button, Reason          string
	Asks, CopiesOff, Open   bool
	Danger                  bool
	Wrong                   map[string]string // what is wrong with a field, by its name
}

func (s *Screens) forkView(p lang.Printer, who access.Principal, f forks.Fork, typed forkForm) forkView {
	v := forkView{
		ID: "fork-" + f.Node[:min(8, len(f.Node))], Node: f.Node, Seen: decimal(f.Seen), Mark: forkMark(f.Standing),
		Standing: p.T("fork.standing." + string(f.Standing)), Means: p.T("fork.standing." + string(f.Standing) + "_means"),
		Facts: s.forkFacts(p, f),
	}
	for _, r := range f.Rows {
		v.Rows = append(v.Rows, s.forkRow(p, f, r))
	}
	for _, one := range f.Shown {
		v.Shown = append(v.Shown, shownView{
			How: p.T("fork.seen." + one.Seen), Sequence: decimal(one.Sequence), Hash: one.Hash[:min(16, len(one.Hash))], Place: one.Place,
			When: p.DateTime(one.At.In(s.zone)), Receipted: receiptedWords(p, one),
		})
	}
	for _, d := range f.Decisions {
		v.Decisions = append(v.Decisions, s.decisionView(p, f, d))
	}
	if who.Role.Has(access.HubOperate) {
		for _, choice := range f.Choices {
			v.Acts = append(v.Acts, forkActOf(p, v, choice, typed))
		}
	}
	switch f.Standing {
	case forks.Settled:
		v.Next = stepsOf(p, "fork.next.settled")
	case forks.ShutOut:
		if f.Active {
			v.Next, v.Command = stepsOf(p, "fork.next.shut_out"), "hub invite --post "+string(f.Post)+" --address …"
		}
	case forks.Fenced, forks.Over:
	}
	return v
}

func forkMark(s forks.Standing) string {
	switch s {
	case forks.Fenced, forks.ShutOut:
		return "alarm"
	case forks.Settled:
		return "half"
	case forks.Over:
		return "good"
	}
	return "alarm"
}

// stepsOf gives the numbered lines of a key.
func stepsOf(p lang.Printer, key string) (list []string) {
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		if p.Has(key + "." + n) {
			list = append(list, p.T(key+"."+n))
		}
	}
	return list
}

func (s *Screens) forkFacts(p lang.Printer, f forks.Fork) []fact {
	var out []fact
	if !f.Active {
		out = append(out, fact{Label: p.T("fork.fact.place"), Text: p.T("fork.replaced")})
	}
	out = append(out, fact{Label: p.T("fork.fact.incarnation"), Text: f.Incarnation, Kind: "code"}, fact{
		Label: p.T("fork.fact.hub"), Text: s.headWords(p, f.Hub),
	})
	if f.Parts > 0 {
		same := p.T("fork.same_none")
		if f.Same > 0 {
			same = p.T("fork.same_to", "number", decimal(f.Same))
		}
		out = append(out, fact{Label: p.T("fork.fact.same"), Text: same}, fact{
			Label: p.T("fork.fact.parts"), Text: p.T("fork.parts_at", "number", decimal(f.Parts)),
		})
	}
	if f.Newer != nil {
		out = append(out, fact{Label: p.T("fork.fact.newer"), Text: s.headWords(p, *f.Newer)})
	}
	return out
}

func (s *Screens) headWords(p lang.Printer, h forks.Head) string {
	if h.Sequence == 0 {
		return p.T("fork.head_none")
	}
	return p.T("fork.head", "number", decimal(h.Sequence), "when", p.DateTime(h.Time.In(s.zone)))
}

func receiptedWords(p lang.Printer, one forks.Shown) string {
	if one.Receipted == 0 {
		return ""
	}
	return p.T("fork.receipted", "number", decimal(one.Receipted))
}

func (s *Screens) forkRow(p lang.Printer, f forks.Fork, r forks.Row) forkRow {
	v := forkRow{
		Place: string(r.Place), Words: p.T("fork.place." + string(r.Place)), Sequence: decimal(r.Sequence),
		Hub: s.forkCell(p, r.Hub), Machine: s.forkCell(p, r.Machine),
	}
	if r.Omitted > 0 {
		v.Sequence = "⋮"
		v.HubSays = p.T("fork.omitted", "number", decimal(r.Omitted))
	}
	switch {
	case r.Machine != nil:
	case r.Place == forks.Unsure:
		v.MachineSays = p.T("fork.machine.unsure")
	case r.Place == forks.Part:
		v.MachineSays = p.T("fork.machine.parts")
	}
	if r.Last {
		v.MachineEnds = p.T("fork.machine.last")
	}
	if r.Hub == nil && r.Omitted == 0 {
		v.HubSays = p.T("fork.hub.nothing")
		if r.Sequence > f.Hub.Sequence+1 {
			v.HubSays = ""
		}
	}
	return v
}

func (s *Screens) forkCell(p lang.Printer, e *forks.Entry) *forkCell {
	if e == nil {
		return nil
	}
	c := &forkCell{Kind: e.Kind, Reference: e.Reference.String(), Level: 1}
	if key := "fork.kind." + strings.ReplaceAll(e.Kind, ".", "_"); p.Has(key) {
		c.Kind = p.T(key)
	}
	if e.Level == "L2" {
		c.Level = 2
	}
	if !e.Time.Equal(time.Time{}) {
		c.When = p.DateTime(e.Time.In(s.zone))
	}
	return c
}

func (s *Screens) decisionView(p lang.Printer, f forks.Fork, d forks.Decision) decisionView {
	v := decisionView{
		Title: p.T("fork.decided." + strings.ReplaceAll(d.Choice, "-", "_")), When: p.DateTime(d.At.In(s.zone)), Reason: d.Reason, Who: d.Who,
	}
	if d.By != "" {
		v.Who = s.console.People.Name(string(d.By))
		if v.Who == "" {
			v.Who = string(d.By)
		}
	} else {
		v.Who = p.T("fork.at_the_hub", "name", d.Who)
	}
	switch {
	case d.Choice != forks.GoOn:
	case d.Next == "":
		v.After = p.T("fork.after.waits")
	case d.Next == f.Incarnation:
		v.After = p.T("fork.after.ours", "when", p.DateTime(d.NextAt.In(s.zone)))
	default:
		v.After = p.T("fork.after.new", "when", p.DateTime(d.NextAt.In(s.zone)), "name", d.Next)
	}
	return v
}

func forkActOf(p lang.Printer, v forkView, choice string, typed forkForm) forkAct {
	at := "fork.act." + strings.ReplaceAll(choice, "-", "_")
	a := forkAct{
		ID: choice + "-" + v.ID, Choice: choice, Title: p.T(at + ".title"), Text: p.T(at + ".text"), Steps: stepsOf(p, at+".step"),
		Button: p.T(at + ".button"), Asks: choice == forks.GoOn, Danger: choice == forks.ShutsOut,
	}
	if typed.choice == choice && typed.node.String() == v.Node {
		a.Open, a.Reason, a.CopiesOff = true, typed.reason, typed.copiesOff
	}
	return a
}
