package desk

import "jaliya/internal/consular"

// Rules of the legal representative.
const (
	ruleNotProtected consular.Rule = "not-protected" // an adult who acts alone has no guardian
	ruleDelayRuns    consular.Rule = "delay-runs"    // the absent father may still answer
	ruleDelayOver    consular.Rule = "delay-over"    // it is time for the sworn statement or a decision
	ruleForMinors    consular.Rule = "for-minors"    // a consent that only concerns minors
)

// assessGuardian asks for the legal representative of a minor or of a
// protected adult, and that the consent is settled. While the fifteen days of
// an absent father run, the visit waits as a draft.
func assessGuardian(v *Review, r *reading, today consular.Date) {
	g := v.Guardian
	switch {
	case g == nil && (v.Minor || v.Protected):
		r.add("guardian", consular.RuleRequired)
	case g == nil:
	case !v.Minor && !v.Protected:
		r.add("guardian", ruleNotProtected)
	case v.Protected && g.Consent != 0 && !g.Consent.ForAdult():
		r.add("guardian.consent", ruleForMinors)
	default:
		assessDelay(*g, r, today)
	}
}

// assessDelay judges the fifteen days of an absent father.
func assessDelay(g consular.Guardian, r *reading, today consular.Date) {
	runs := g.Until() != "" && today < g.Until()
	switch {
	case g.Contacted > today:
		r.add("guardian.contacted", consular.RuleRange)
	case runs && (g.Consent == consular.GuardianContacted || g.Consent == consular.GuardianSwornAbsence):
		r.add("guardian.consent", ruleDelayRuns)
	case g.Consent == consular.GuardianContacted && g.Until() != "":
		r.add("guardian.consent", ruleDelayOver)
	}
}

// papers gives what decides which papers are published for the visit.
func (v Review) papers() consular.DocumentCase {
	of := consular.DocumentCase{
		Service: v.Service, Minor: v.Minor, Protected: v.Protected, Mention: v.Person.Mention != 0,
	}
	if v.Guardian != nil && (v.Minor || v.Protected) {
		of.Consent = v.Guardian.Consent
	}
	return of
}
