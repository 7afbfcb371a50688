package wire

import (
	"slices"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// Part describes one image inside a sealed bundle: what the opener must find
// there, or the packet is refused (features row 28: all parts or none).
type Part struct {
	_         struct{} `cbor:",toarray"`
	Name      string
	MediaType string
	Size      int64
	Digest    Digest // SHA-256 of the plain bytes
}

// PartsOf gives the parts of a finished bundle in the form a body carries.
func PartsOf(parts []seal.Part) []Part {
	out := make([]Part, len(parts))
	for i, p := range parts {
		out[i] = Part{Name: p.Name, MediaType: p.MediaType, Size: p.Size, Digest: p.Digest}
	}
	return out
}

// Release is the body of request.released and request.amended: the enrolment
// itself. It exists in clear only at the desk before release and inside the
// opener.
type Release struct {
	Version    uint8                   `cbor:"1,keyasint"`
	Service    consular.Service        `cbor:"2,keyasint"`
	Person     consular.Person         `cbor:"3,keyasint"`
	Contact    consular.Contact        `cbor:"4,keyasint"`
	Delivery   consular.Delivery       `cbor:"5,keyasint"`
	Documents  []consular.DocumentKind `cbor:"6,keyasint,omitempty"`
	Profile    consular.CaptureProfile `cbor:"7,keyasint,omitempty"`
	Fingers    []consular.FingerReport `cbor:"8,keyasint,omitempty"`
	Guardian   *consular.Guardian      `cbor:"9,keyasint,omitempty"`
	Fee        *consular.Fee           `cbor:"10,keyasint,omitempty"`
	Parts      []Part                  `cbor:"11,keyasint"`
	EnrolledBy string                  `cbor:"12,keyasint"` // staff id
	ReleasedBy string                  `cbor:"13,keyasint"` // staff id, another one
	Captured   int64                   `cbor:"14,keyasint"` // wall clock of the desk, ms
	Payment    *consular.Payment       `cbor:"15,keyasint,omitempty"`
	Record     *RecordWish             `cbor:"16,keyasint,omitempty"`
}

// RecordWish is what only a request for a criminal record has (domain.md B.3).
type RecordWish struct {
	Use     consular.Use           `cbor:"1,keyasint"`
	Consent consular.Consent       `cbor:"2,keyasint"`
	Proof   consular.IdentityProof `cbor:"3,keyasint"`
	// Receipt is the trusted third party's signed receipt as it came, which
	// proves the sign-in without a copy of any document; portal only.
	Receipt []byte `cbor:"4,keyasint,omitempty"`
}

// maxAuthReceipt caps the receipt of a sign-in, in bytes.
const maxAuthReceipt = 8192

// Validate names the field that breaks a rule.
func (w RecordWish) Validate() error {
	if err := w.Use.Validate(); err != nil {
		return err
	}
	if err := w.Consent.Validate(); err != nil {
		return err
	}
	if err := w.Proof.Validate(); err != nil {
		return err
	}
	if digital := w.Proof.Kind == consular.ProofDigital; digital != (len(w.Receipt) > 0) || len(w.Receipt) > maxAuthReceipt {
		return fault.New(fault.Invalid, "wire: validate release", "record.receipt", nil)
	}
	return nil
}

// Online reports whether the person filed the request alone, on the portal.
func (r Release) Online() bool {
	return r.Record != nil && r.Record.Proof.Kind == consular.ProofDigital
}

// DecodeRelease reads the opened body. What it refuses, the opener refuses the
// packet for: content that cannot be read.
func DecodeRelease(raw []byte) (Release, error) {
	const op = "wire: decode release"
	var r Release
	if err := Unmarshal(raw, seal.MaxBody, &r); err != nil {
		return Release{}, err
	}
	if r.Version == 0 || r.Version > Version {
		return Release{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(r.Version)), nil)
	}
	if r.Record != nil {
		r.Record.Consent.At, r.Record.Proof.At = r.Record.Consent.At.UTC(), r.Record.Proof.At.UTC()
	}
	return r, nil
}

// Validate checks the enrolment as the desk does before release and the opener
// does after opening: same rules, one place. The error names the field.
func (r Release) Validate() error {
	const op = "wire: validate release"
	if err := r.Service.Validate(); err != nil {
		return err
	}
	if err := r.Person.ValidateFor(r.Service); err != nil {
		return err
	}
	if err := r.Contact.Validate(); err != nil {
		return err
	}
	if err := r.Delivery.ValidateFor(r.Service); err != nil {
		return err
	}
	if err := r.validateOptional(); err != nil {
		return err
	}
	if err := r.validateRecord(); err != nil {
		return err
	}
	if !r.signed() {
		return fault.New(fault.Denied, op, "released_by", nil)
	}
	return r.validateParts()
}

// signed holds that two members of staff signed what a post sends, and none
// what a person filed alone.
func (r Release) signed() bool {
	if r.Online() {
		return r.EnrolledBy == "" && r.ReleasedBy == ""
	}
	return r.EnrolledBy != "" && r.ReleasedBy != "" && !strings.EqualFold(r.EnrolledBy, r.ReleasedBy)
}

// validateRecord wants purpose, consent and proof exactly on a request for a
// record.
func (r Release) validateRecord() error {
	if wanted := r.Service.Family() == consular.FamilyRecord; wanted != (r.Record != nil) {
		return fault.New(fault.Invalid, "wire: validate release", "record", nil)
	}
	if r.Record == nil {
		return nil
	}
	return r.Record.Validate()
}

// validateOptional checks what not every service needs, as far as it is there.
func (r Release) validateOptional() error {
	const op = "wire: validate release"
	for i, d := range r.Documents {
		if d.Validate() != nil || slices.Contains(r.Documents[:i], d) {
			return fault.New(fault.Invalid, op, "documents", nil)
		}
	}
	if r.Profile != 0 || len(r.Fingers) > 0 {
		if err := consular.ValidateFingers(r.Profile, r.Fingers); err != nil {
			return err
		}
	}
	if r.Guardian != nil {
		if err := r.Guardian.Validate(); err != nil {
			return err
		}
	}
	if r.Payment != nil {
		if r.Fee == nil || r.Payment.Due != r.Fee.Total {
			return fault.New(fault.Invalid, op, "payment.due", nil)
		}
		if err := r.Payment.Validate(); err != nil {
			return err
		}
	}
	if r.Fee == nil {
		return nil
	}
	if r.Fee.Service != r.Service {
		return fault.New(fault.Invalid, op, "fee.service", nil)
	}
	return r.Fee.Validate()
}

// PartPortrait is the name of the one part that every card needs.
const PartPortrait = "portrait"

// maxPartLabel is the longest name or media type that a bundle can carry.
const maxPartLabel = 255

func (p Part) holds() bool {
	return p.Name != "" && len(p.Name) <= maxPartLabel && len(p.MediaType) <= maxPartLabel &&
		p.Size > 0 && p.Size <= seal.MaxBundle && !p.Digest.IsZero()
}

func (r Release) validateParts() error {
	const op = "wire: validate release"
	if len(r.Parts) > seal.MaxParts {
		return fault.New(fault.Invalid, op, "parts", nil)
	}
	seen := map[string]bool{}
	for _, p := range r.Parts {
		if !p.holds() || seen[p.Name] {
			return fault.New(fault.Invalid, op, "parts", nil)
		}
		seen[p.Name] = true
	}
	if r.Service.Family() == consular.FamilyCNIE && !seen[PartPortrait] {
		return fault.New(fault.Invalid, op, "parts.portrait", nil)
	}
	return nil
}
