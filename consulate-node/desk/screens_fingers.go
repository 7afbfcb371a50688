package desk

import (
	"slices"
	"strconv"

	"jaliya/internal/consular"
	"jaliya/internal/web"
)

// fingerRow is one finger of the profile.
type fingerRow struct {
	ID, Name, Label, Error string
	Quality                string
	Attempts               int
	Have                   string
	Position, Threshold    int    // for the reader
	Upload                 string // where its image goes
	Exceptions             []web.Option
}

type fingersView struct {
	Rows       []fingerRow
	Reader     *readerView // nil: prints come as files
	Exceptions *web.Capture
}

// fingersStep shows one line for each finger that the profile asks for.
func (s *Screens) fingersStep(at screen, v visitState, data *stepPage, wrong []FieldRule) {
	said := sentences(at.p, wrong)
	view := fingersView{Reader: s.readerOf(at.p, v)}
	photograph := v.has(nameExceptions)
	for _, finger := range v.Review.Profile.Fingers() {
		held := v.finger(finger.String())
		row := fingerRow{
			ID: "fingers." + finger.String(), Name: finger.String(), Label: at.p.T("desk.finger." + finger.String()),
			Attempts: held.Attempts, Exceptions: exceptions(at, held.Exception),
			Position: int(finger), Threshold: threshold(finger), Upload: "/visits/" + v.Visit + "/images/" + printName(finger) + "/pieces",
		}
		row.Error = said[row.ID]
		if row.Error == "" {
			row.Error = said["images."+printName(finger)]
		}
		if held.Quality > 0 {
			row.Quality = strconv.Itoa(held.Quality)
		}
		if image, ok := v.image(printName(finger)); ok && image.Complete {
			row.Have = at.p.T("desk.fingers.held", "size", at.p.Number((image.Size+1023)/1024))
		}
		photograph = photograph || held.Exception != ""
		view.Rows = append(view.Rows, row)
	}
	if photograph {
		one := s.capture(at, v, nameExceptions, wrong)
		view.Exceptions = &one
	}
	data.Extra = view
}

func exceptions(at screen, chosen string) []web.Option {
	out := []web.Option{{Value: "", Label: at.p.T("desk.exception.none"), Chosen: chosen == ""}}
	for _, e := range consular.FingerExceptions() {
		out = append(out, web.Option{
			Value: e.String(), Label: at.p.T("desk.exception." + e.String()), Chosen: e.String() == chosen,
		})
	}
	return out
}

func (v visitState) finger(name string) FingerForm {
	if v.Forms.Fingers != nil {
		if i := slices.IndexFunc(v.Forms.Fingers.Reports, func(f FingerForm) bool { return f.Finger == name }); i >= 0 {
			return v.Forms.Fingers.Reports[i]
		}
	}
	return FingerForm{Finger: name}
}

// saveFingers takes qualities, exceptions and whatever files came along: each
// new file of a finger is one more attempt.
func (s *Screens) saveFingers(at screen, v visitState) {
	form := &FingersForm{Reports: []FingerForm{}}
	for _, finger := range v.Review.Profile.Fingers() {
		name := finger.String()
		report := v.finger(name)
		if typed, ok := at.c.GetPostForm("fingers." + name + ".quality"); ok {
			report.Quality = number(typed)
		}
		report.Exception = at.c.PostForm("fingers." + name + ".exception")
		sent, err := s.takeFile(at, "fingers."+name+".file", printName(finger))
		if err != nil {
			s.fail(at.c, at.who, err)
			return
		}
		if sent {
			report.Attempts++
		}
		report.Attempts = min(report.Attempts+tries(at.c.PostForm("fingers."+name+".tries")), mostAttempts)
		if report.Quality != 0 || report.Exception != "" || report.Attempts > 0 {
			form.Reports = append(form.Reports, report)
		}
	}
	s.put(at, stepFingers, form)
}

// mostAttempts caps what is counted: more than maxAttempts says nothing.
const mostAttempts = 99

// tries reads how often the reader took a finger since the last save.
func tries(typed string) int {
	n, err := strconv.Atoi(typed)
	if err != nil || n < 0 {
		return 0
	}
	return min(n, mostAttempts)
}

// number reads a quality; what is none becomes one that no rule takes.
func number(typed string) int {
	if typed == "" {
		return 0
	}
	n, err := strconv.Atoi(typed)
	if err != nil {
		return -1
	}
	return n
}
