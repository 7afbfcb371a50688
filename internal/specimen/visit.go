package specimen

import (
	"slices"
	"time"

	"jaliya/internal/consular"
)

// addRung adds what the age asks for: fingerprints and a guardian.
func (d *drawing) addRung(v *Visit, guardian consular.NationalNumber) {
	rung := must(d.t.ladder.At(v.Age, d.o.On))
	v.Profile = consular.CaptureNone
	if d.o.Service.Family() == consular.FamilyCNIE {
		v.Profile = rung.Profile
	}
	for _, f := range v.Profile.Fingers() {
		v.Fingers = append(v.Fingers, d.finger(f, v.Age))
	}
	if rung.Guardian {
		v.Guardian = d.guardian(v.Person)
		v.Guardian.NationalNumber = guardian
	}
}

// finger draws a quality that the desk accepts at once, or now and then why
// there is no print.
func (d *drawing) finger(f consular.Finger, age int) consular.FingerReport {
	if d.IntN(300) == 0 {
		why := []consular.FingerException{consular.Bandaged, consular.Bandaged, consular.Damaged, consular.Amputated}
		return consular.FingerReport{Finger: f, Exception: pick(d.Rand, why)}
	}
	least, most := 42, 92
	switch f {
	case consular.RightRing, consular.LeftRing, consular.RightLittle, consular.LeftLittle:
		least, most = 24, 80
	case consular.RightThumb, consular.RightIndex, consular.RightMiddle,
		consular.LeftThumb, consular.LeftIndex, consular.LeftMiddle:
	}
	if age > 65 { // skin that has worked prints worse
		most -= 20
	}
	return consular.FingerReport{Finger: f, Quality: least + d.IntN(most-least)}
}

// guardian draws who came along: a parent, with a card.
func (d *drawing) guardian(child consular.Person) *consular.Guardian {
	g := &consular.Guardian{Name: child.Father, Consent: consular.GuardianPresent}
	if d.chance(45) {
		g.Name = child.Mother
		g.Consent = pick(d.Rand, []consular.GuardianConsent{
			consular.GuardianPresent, consular.GuardianPresent, consular.GuardianSwornAbsence, consular.GuardianCourtOrder,
		})
	}
	return g
}

// papers draws what the person brought: one paper for each required line of the
// published list and now and then an optional one, none of them too old.
func (d *drawing) papers(v Visit) []consular.DocumentHeld {
	var held []consular.DocumentHeld
	of := consular.DocumentCase{Service: v.Service, Minor: v.Guardian != nil, Mention: v.Person.Mention != 0}
	if v.Guardian != nil {
		of.Consent = v.Guardian.Consent
	}
	for _, line := range d.t.documents.For(of) {
		if !line.Required && !d.chance(10) {
			continue
		}
		option := pick(d.Rand, line.Options)
		if slices.ContainsFunc(held, func(h consular.DocumentHeld) bool { return h.Kind == option.Kind }) {
			continue
		}
		held = append(held, consular.DocumentHeld{Kind: option.Kind, Issued: d.issued(option, v)})
	}
	return held
}

// issued draws a day of issue that the paper's greatest age allows and that is
// not before the birth.
func (d *drawing) issued(o consular.DocumentOption, v Visit) consular.Date {
	months := 1 + d.IntN(40)
	if o.MaxMonths > 0 {
		months = 1 + d.IntN(o.MaxMonths)
	}
	y, m, day := d.o.On.AddMonths(-months).Split()
	issued := consular.DateOf(time.Date(y, m, day+1+d.IntN(27), 0, 0, 0, 0, time.UTC))
	return min(d.o.On, max(issued, v.Person.Birth.Latest()))
}

// fee gives what the built-in schedule asks for.
func (d *drawing) fee(v Visit) *consular.Fee {
	fee := must(d.t.fees.Compute(v.Service, v.Age, d.o.On))
	return &fee
}
