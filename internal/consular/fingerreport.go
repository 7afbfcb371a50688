package consular

// FingerReport is what happened with one finger of a capture.
type FingerReport struct {
	Finger    Finger          `cbor:"1,keyasint" json:"finger"`
	Quality   int             `cbor:"2,keyasint,omitempty" json:"quality,omitempty"` // NFIQ 2, 0 to 100
	Exception FingerException `cbor:"3,keyasint,omitempty" json:"exception,omitempty"`
}

// ValidateFingers checks that each finger of a profile is there exactly once,
// with a quality or an exception, and no other finger. A profile without
// prints takes none. Paths begin with "fingers".
func ValidateFingers(p CaptureProfile, reports []FingerReport) error {
	var c checks
	c.add("fingers.profile", captureProfileTerms.rule(p))
	open := make(map[Finger]bool)
	for _, f := range p.Fingers() {
		open[f] = true
	}
	for _, r := range reports {
		todo, asked := open[r.Finger]
		switch {
		case !asked:
			c.add("fingers."+r.Finger.String(), RuleNotAllowed)
		case !todo:
			c.add("fingers."+r.Finger.String(), RuleDuplicate)
		}
		if asked {
			open[r.Finger] = false
		}
		if r.Exception != 0 {
			c.add("fingers."+r.Finger.String(), fingerExceptionTerms.rule(r.Exception))
		}
		if r.Quality < 0 || r.Quality > 100 {
			c.add("fingers."+r.Finger.String(), RuleRange)
		}
	}
	for _, f := range p.Fingers() {
		if open[f] {
			c.add("fingers."+f.String(), RuleRequired)
		}
	}
	return c.err()
}
