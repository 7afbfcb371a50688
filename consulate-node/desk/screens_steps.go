package desk

import (
	"slices"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/web"
)

// The steps of a visit, as they stand in addresses.
const (
	stepService   = "service"
	stepPerson    = "person"
	stepFamily    = "family"
	stepGuardian  = "guardian"
	stepContact   = "contact"
	stepDelivery  = "delivery"
	stepDocuments = "documents"
	stepPortrait  = "portrait"
	stepFingers   = "fingers"
	stepSignature = "signature"
	stepFee       = "fee"
	stepConfirm   = "confirm"
	stepReview    = "review"
)

// stepsOf gives the pages of a visit in their order: what the service and the
// age do not ask for is not there.
func stepsOf(r Review) []string {
	card := r.Service.Family() == consular.FamilyCNIE
	steps := []string{stepService, stepPerson, stepFamily}
	if r.Guardian != nil || r.Minor || r.Protected || slices.ContainsFunc(r.Against, func(v FieldRule) bool { return strings.HasPrefix(v.Field, "guardian") }) {
		steps = append(steps, stepGuardian)
	}
	steps = append(steps, stepContact)
	if !card {
		steps = append(steps, stepDelivery)
	}
	if r.Service.Family() == consular.FamilyRecord {
		steps = append(steps, stepRecord)
	}
	steps = append(steps, stepDocuments)
	if card {
		steps = append(steps, stepPortrait)
	}
	if card && r.Profile != consular.CaptureNone {
		steps = append(steps, stepFingers, stepSignature)
	}
	return append(steps, stepFee, stepConfirm, stepReview)
}

// stepFor gives the page on which a violation is put right.
func stepFor(field string) string {
	top, rest, _ := strings.Cut(field, ".")
	if ofRecord(top) {
		return stepRecord
	}
	first, _, _ := strings.Cut(rest, ".")
	switch top {
	case "person":
		if slices.Contains([]string{"father", "mother", "former_names", "act_number", "civil_mention", "spouse"}, first) {
			return stepFamily
		}
		return stepPerson
	case "images":
		switch {
		case rest == namePortrait:
			return stepPortrait
		case rest == nameSignature:
			return stepSignature
		case strings.HasPrefix(rest, prefixScan):
			return stepDocuments
		}
		return stepFingers
	case "pickup", "service":
		return stepService
	case "amends":
		return stepReview
	case "payment":
		return stepFee
	default:
		return top
	}
}

// visitState is a visit as a screen sees it.
type visitState struct {
	View
	Review    Review
	Confirmed *Confirmation
}

// against gives what is wrong on one page.
func (v visitState) against(step string) []FieldRule {
	var out []FieldRule
	for _, one := range v.Review.Against {
		if stepFor(one.Field) == step {
			out = append(out, one)
		}
	}
	return out
}

// stepper says for each page what is done.
func (s *Screens) stepper(at screen, v visitState, now string) []web.Step {
	steps := stepsOf(v.Review)
	out := make([]web.Step, 0, len(steps))
	for _, step := range steps {
		state := v.stateOf(step)
		if step == now {
			state = "now"
		}
		href := "/visits/" + v.Visit + "/steps/" + step
		if state == "look" {
			href += "?check=1"
		}
		out = append(out, web.Step{Label: at.p.T("desk.step." + step), Href: href, State: state})
	}
	return out
}

func (v visitState) stateOf(step string) string {
	wrong := v.against(step)
	switch {
	case step == stepReview:
		return "todo"
	case step == stepConfirm && v.Confirmed == nil, step == stepSignature && !v.has(nameSignature):
		return "todo"
	case step == stepFee && v.Review.Fee == nil, !v.begun(step):
		return "todo"
	case len(wrong) == 0:
		return "done"
	case v.touched(step):
		return "look"
	default:
		return "todo"
	}
}

func (v visitState) has(name string) bool {
	return slices.ContainsFunc(v.Images, func(i ImageStatus) bool { return i.Name == name })
}

func (v visitState) image(name string) (ImageStatus, bool) {
	i := slices.IndexFunc(v.Images, func(i ImageStatus) bool { return i.Name == name })
	if i < 0 {
		return ImageStatus{}, false
	}
	return v.Images[i], true
}

// begun is false for a page that cannot be right because nobody has seen it.
func (v visitState) begun(step string) bool {
	return !slices.Contains([]string{stepPerson, stepFamily, stepContact, stepDocuments}, step) || v.touched(step)
}

// touched reports whether anybody has worked on a page.
func (v visitState) touched(step string) bool {
	f := v.Forms
	if step == stepRecord {
		return f.Record != nil
	}
	switch step {
	case stepPerson:
		return f.Person != nil
	case stepFamily:
		return f.Person != nil && (f.Person.Father != PersonNameForm{} || f.Person.Mother != PersonNameForm{} ||
			f.Person.ActNumber != "" || len(f.Person.Former) > 0)
	case stepContact:
		return f.Contact != nil
	case stepDelivery:
		return f.Delivery != nil
	case stepDocuments:
		return f.Documents != nil
	case stepFingers:
		return f.Fingers != nil
	case stepGuardian:
		return f.Guardian != nil
	case stepPortrait:
		return v.has(namePortrait)
	}
	return step == stepFee && v.Payment != nil
}

// following gives the page after one.
func following(r Review, step string) string {
	steps := stepsOf(r)
	if i := slices.Index(steps, step); i >= 0 && i+1 < len(steps) {
		return steps[i+1]
	}
	return stepReview
}

// mayWrite reports whether the forms of a visit are shown with a button.
func mayWrite(who access.Principal) bool { return who.Role.Has(access.VisitWrite) }
