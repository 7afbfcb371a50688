package consular

// CaptureProfile is the set of fingerprints that a case asks for.
type CaptureProfile uint8

// The capture profile numbers, append-only.
const (
	CaptureNone      CaptureProfile = 1 // no prints, below twelve
	CaptureTwoIndex  CaptureProfile = 2 // both index fingers
	CaptureTen442    CaptureProfile = 3 // ten flat prints in three takes: four, four, two thumbs
	CaptureTenRolled CaptureProfile = 4 // ten rolled prints
)

var captureProfileTerms = terms[CaptureProfile]{
	field: "capture_profile",
	texts: []string{
		"",
		"none",
		"two-index",
		"ten-442",
		"ten-rolled",
	},
}

// ParseCaptureProfile reads the text of a capture profile, in any letter case.
func ParseCaptureProfile(s string) (CaptureProfile, error) { return captureProfileTerms.parse(s) }

// CaptureProfiles lists all of them in the order of their numbers.
func CaptureProfiles() []CaptureProfile { return captureProfileTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (p CaptureProfile) String() string { return captureProfileTerms.text(p) }

// Validate refuses zero and numbers that this program does not know.
func (p CaptureProfile) Validate() error {
	return broken(opValidate, captureProfileTerms.field, captureProfileTerms.rule(p))
}

// MarshalText gives the text; zero gives the empty text.
func (p CaptureProfile) MarshalText() ([]byte, error) { return captureProfileTerms.marshal(p) }

// UnmarshalText reads the text; the empty text gives zero.
func (p *CaptureProfile) UnmarshalText(b []byte) error { return captureProfileTerms.unmarshal(b, p) }

// Fingers lists the positions that the profile asks for, in capture order.
func (p CaptureProfile) Fingers() []Finger {
	switch p {
	case CaptureTwoIndex:
		return []Finger{RightIndex, LeftIndex}
	case CaptureTen442:
		return []Finger{
			RightIndex, RightMiddle, RightRing, RightLittle,
			LeftIndex, LeftMiddle, LeftRing, LeftLittle, RightThumb, LeftThumb,
		}
	case CaptureTenRolled:
		return Fingers()
	case CaptureNone:
		return nil
	default:
		return nil
	}
}
