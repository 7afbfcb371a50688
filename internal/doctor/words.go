package doctor

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"jaliya/internal/lang"
)

// Said is one result in the words of a language.
type Said struct {
	Result
	Name  string `json:"name"`            // of the step
	Title string `json:"title"`           // what was found, in one sentence
	Means string `json:"means,omitempty"` // what it means for the post or the network
	Do    string `json:"do,omitempty"`    // what to do next
}

// Say gives a report in words.
func Say(p lang.Printer, r Report) []Said {
	out := make([]Said, 0, len(r.Steps))
	for _, one := range r.Steps {
		args := arguments(p, one)
		s := Said{Result: one, Name: p.T("doctor.step." + one.Step + ".name"), Title: p.T(key(one.Code)+".title", args...)}
		if one.State == Warn || one.State == Bad {
			s.Means, s.Do = p.T("doctor.step."+one.Step+".means"), p.T(key(one.Code)+".do", args...)
			if relieved(one) {
				s.Means = p.T("doctor.label.relieved")
			}
		}
		out = append(out, s)
	}
	return out
}

// relieved says whether a result is bad in itself, and another road works.
func relieved(one Result) bool {
	return one.State == Warn && (one.Code.State() == Bad || one.Code == "reach-walled")
}

func key(c Code) string { return "doctor.code." + string(c) }

// arguments give the facts as the catalog takes them, in a fixed order.
func arguments(p lang.Printer, one Result) []any {
	names := make([]string, 0, len(one.Facts))
	for name := range one.Facts {
		names = append(names, name)
	}
	sort.Strings(names)
	args := []any{"subject", one.Subject}
	for _, name := range names {
		args = append(args, name, fact(p, name, one.Facts[name]))
	}
	return args
}

// fact writes lengths and moments in the manner of the language, and what is
// said by a key of the catalog.
func fact(p lang.Printer, name, value string) string {
	if k, ok := strings.CutPrefix(value, "@"); ok {
		return p.T(k)
	}
	switch name {
	case "left", "age", "since", "offset":
		if d, err := time.ParseDuration(value); err == nil {
			return span(p, d)
		}
	case "until":
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			return isolates.Replace(p.DateTime(at)) + " UTC" // the catalog isolates the whole
		}
	}
	return value
}

// isolates are the marks around a text of another direction (UAX #9).
var isolates = strings.NewReplacer("\u2068", "", "\u2069", "")

func span(p lang.Printer, d time.Duration) string {
	switch {
	case d >= time.Minute:
		return p.Span(d)
	case d >= time.Second:
		return strconv.Itoa(int(d/time.Second)) + " s"
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
}

// plain is a text for terminals and files, which show the marks of direction as
// signs; a text of one direction needs none.
func plain(p lang.Printer, text string) string {
	if p.Direction() == "rtl" {
		return text
	}
	return isolates.Replace(text)
}

// symptoms are said last: another step names the cause.
var symptoms = map[Code]int{"process-degraded": 1}

// Phone gives the sentence to read over the telephone: who, which step, which
// number. The first bad step is said first, because the others often follow from
// it; the numbers of the others stand at the end.
func Phone(p lang.Printer, r Report) string {
	broken := r.Broken(Bad)
	if len(broken) == 0 {
		broken = r.Broken(Warn)
	}
	who := r.Who
	if who == "" {
		who = p.T("doctor.phone.somebody")
	}
	_, of := r.Position("")
	if len(broken) == 0 {
		return plain(p, p.T("doctor.phone.good", "who", who, "of", of))
	}
	// What the program says of its functions, their own steps say better.
	slices.SortStableFunc(broken, func(a, b Result) int {
		return cmp.Compare(symptoms[a.Code], symptoms[b.Code])
	})
	first := broken[0]
	at, _ := r.Position(first.Step)
	text := p.T("doctor.phone.bad", "who", who, "at", at, "of", of,
		"number", strconv.Itoa(first.Number))
	// A sentence of its own, not a value: its direction is that of the language,
	// whatever its first word is.
	text += " " + p.T(key(first.Code)+".title", arguments(p, first)...)
	var more []string
	for _, one := range broken[1:] {
		n := strconv.Itoa(one.Number)
		if n != strconv.Itoa(first.Number) && !slices.Contains(more, n) {
			more = append(more, n)
		}
	}
	if len(more) > 0 {
		text += " " + p.T("doctor.phone.more", "numbers", strings.Join(more, ", "))
	}
	return plain(p, text)
}
