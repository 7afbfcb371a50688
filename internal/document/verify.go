package document

import (
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/pades"
	"jaliya/internal/paper"
	"jaliya/internal/paper/pdf"
	"jaliya/internal/vds"
)

// Check is one thing that was looked at.
type Check struct {
	Name CheckName `json:"check"`
	// Err says why it does not hold, nil when it does.
	Err error `json:"-"`
	// Detail is safe to show to who holds the document: a time, a signer.
	Detail string `json:"detail,omitempty"`
}

// CheckName is the stable code of a check.
type CheckName string

// The checks, in the order in which they are made. A check that fails ends
// those that build on it.
const (
	CheckSignature   CheckName = "signature"   // PAdES: whole file, digest, signature, chain
	CheckTime        CheckName = "time"        // RFC 3161 token
	CheckSealed      CheckName = "sealed"      // the file holds a seal and what it binds
	CheckSeal        CheckName = "seal"        // signature of the seal, its certificate
	CheckOutcome     CheckName = "outcome"     // the seal binds what the document says
	CheckParticulars CheckName = "particulars" // and its other lines
	CheckDates       CheckName = "dates"       // still valid on the day asked about
)

// Report is what was proved of a document.
type Report struct {
	Checks []Check
	// Record is what the seal says; nil when no seal could be proved.
	Record *vds.Record
	// Outcome is what the document says; read from a file, or confirmed.
	Outcome []string
	// Level says how long a file's signature can be proved; empty for a seal.
	Level pades.Level
}

// Good reports whether every check that was made holds.
func (r *Report) Good() bool {
	return len(r.Checks) > 0 && !slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Err != nil })
}

// Holds reports whether a check was made and holds.
func (r *Report) Holds(name CheckName) bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Name == name && c.Err == nil })
}

func (r *Report) add(name CheckName, err error, detail string) bool {
	if err != nil {
		detail = ""
	}
	r.Checks = append(r.Checks, Check{Name: name, Err: err, Detail: detail})
	return err == nil
}

const opVerify = "document: verify"

// Verify proves a document's file: its signature and time, and, when keys are
// given, the seal in it and that the seal binds what the file says.
func Verify(file []byte, trust pades.Trust, keys *vds.Keys, on consular.Date) *Report {
	r := &Report{}
	signature, err := pades.Verify(file, trust)
	if err != nil {
		r.add(CheckSignature, err, "")
		return r
	}
	r.Level = signature.Level
	r.add(CheckSignature, nil, signature.Signer.Subject.CommonName+", "+signature.Root.Subject.CommonName)
	r.add(CheckTime, nil, signature.Stamp.Time.UTC().Format("2006-01-02T15:04:05Z")+", "+signature.Stamp.By.Subject.CommonName)
	k, err := unpackKept(pdf.Kept(signature.Revision, paper.KeptRecord))
	if !r.add(CheckSealed, err, "") {
		return r
	}
	r.Outcome = k.Outcome
	if keys == nil {
		r.unproved(k.Seal, on)
		return r
	}
	if !r.seal(k.Seal, keys) {
		return r
	}
	code := vds.ControlCode(k.Code)
	r.add(CheckOutcome, confirm(r.Record, code, vds.LabelOutcome, k.Outcome), "")
	r.add(CheckParticulars, confirm(r.Record, code, vds.LabelParticulars, k.Particulars), "")
	r.dates(on)
	return r
}

// unproved reads the seal of a file without keys for it: the file's signature
// covers it.
func (r *Report) unproved(raw []byte, on consular.Date) {
	s, err := vds.Decode(raw)
	if err == nil {
		var record vds.Record
		if record, err = s.Record(); err == nil {
			r.Record = &record
			r.dates(on)
			return
		}
	}
	r.add(CheckSeal, err, "")
}

// seal proves a seal and reads it.
func (r *Report) seal(raw []byte, keys *vds.Keys) bool {
	s, err := vds.Decode(raw)
	if err != nil {
		return r.add(CheckSeal, err, "")
	}
	by, err := keys.Verify(s)
	if err != nil {
		return r.add(CheckSeal, err, "")
	}
	record, err := s.Record()
	if err != nil {
		return r.add(CheckSeal, err, "")
	}
	r.Record = &record
	return r.add(CheckSeal, nil, s.Signer+" "+s.Reference+", "+by.Issuer.CommonName)
}

func confirm(r *vds.Record, code vds.ControlCode, label string, lines []string) error {
	if !r.Confirms(code, label, lines) {
		return fault.New(fault.Corrupt, opVerify, "the seal does not confirm it", nil)
	}
	return nil
}

func (r *Report) dates(on consular.Date) {
	var err error
	switch {
	case on.Before(r.Record.Issued):
		err = fault.New(fault.Invalid, opVerify, "issued later", nil)
	case r.Record.Expires.Before(on):
		err = fault.New(fault.Expired, opVerify, "no longer valid", nil)
	}
	r.add(CheckDates, err, string(r.Record.Issued)+" - "+string(r.Record.Expires))
}

// Typed is what a reader types from a paper; empty when only the seal is read.
type Typed struct {
	Code vds.ControlCode
	// Outcome is what the paper says, as RecordData.OutcomeLines gives it;
	// Nothing() for a paper that says nothing is recorded.
	Outcome []string
}

// Nothing is the outcome of a record without mentions.
func Nothing() []string { return paper.RecordData{}.OutcomeLines() }

// ReadSeal proves a seal from what a bar code reader gave (see vds.ParseText).
// With a control code it says, besides, whether the seal confirms the outcome.
// It is all that the verification page needs: it takes no name and no number,
// asks nobody, keeps nothing, and answers alike for every outcome unless the
// holder of the paper typed its code.
func ReadSeal(given []byte, keys *vds.Keys, on consular.Date, typed Typed) *Report {
	r := &Report{}
	raw, err := vds.ParseText(given)
	if err != nil {
		r.add(CheckSeal, err, "")
		return r
	}
	if !r.seal(raw, keys) {
		return r
	}
	if typed.Code != "" {
		if r.add(CheckOutcome, confirm(r.Record, typed.Code, vds.LabelOutcome, typed.Outcome), "") {
			r.Outcome = typed.Outcome
		}
	}
	r.dates(on)
	return r
}
