package vds

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"strconv"
	"strings"
	"unicode/utf8"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// The feature definition of the criminal record. Categories are even, as those
// of documents outside the travel documents are.
const (
	recordDefinition = 0xD1
	categoryPolice   = 0x02
	categoryJustice  = 0x04
)

// Tags of the record's features. DESIGN.md has the table.
const (
	tagNumber       = 0x01
	tagFamilyArabic = 0x02
	tagGivenArabic  = 0x03
	tagFamilyLatin  = 0x04
	tagGivenLatin   = 0x05
	tagBirth        = 0x06
	tagExpires      = 0x07
	tagNational     = 0x08
	tagOutcome      = 0x09
	tagParticulars  = 0x0A
)

const (
	// digestLength is what is kept of a digest, in bytes: the forger needs a
	// second preimage, so 16 are enough.
	digestLength = 16
	// maxSealedName caps a name in the seal, in runes; a longer one is cut and
	// ends in an ellipsis. The whole one is in the particulars.
	maxSealedName = 40
	ellipsis      = "…"
	// prefix begins the text of the bar code; all of it is in the alphabet of
	// the alphanumeric mode.
	prefix = "JLYDC:"
)

// Record is what the seal of a criminal record says.
type Record struct {
	Service     consular.Service // police or justice
	Number      string           // of the document
	Name        consular.PersonName
	Birth       consular.BirthDate
	National    consular.NationalNumber // may be empty
	Issued      consular.Date
	Expires     consular.Date
	Outcome     Commitment // to what the record says
	Particulars Commitment // to the other lines printed
}

// Commitment binds lines without telling them: an HMAC-SHA-256 under the
// control code that is printed beside the seal, first 16 bytes.
type Commitment [digestLength]byte

// Commit binds lines under a control code. The label keeps outcome and
// particulars of one document apart; the number binds them to it.
func Commit(code ControlCode, label, number string, lines []string) Commitment {
	h := hmac.New(sha256.New, []byte(code))
	for _, part := range append([]string{"jaliya/record/1", label, number, strconv.Itoa(len(lines))}, lines...) {
		// Length first, so that no two lists of lines give the same bytes.
		h.Write([]byte(strconv.Itoa(len(part)) + ":" + part + "\n"))
	}
	return Commitment(h.Sum(nil))
}

// Labels of the two commitments.
const (
	LabelOutcome     = "outcome"
	LabelParticulars = "particulars"
)

// Confirms reports whether the seal's record says these lines, for the holder
// of the control code.
func (r Record) Confirms(code ControlCode, label string, lines []string) bool {
	want := r.Outcome
	if label == LabelParticulars {
		want = r.Particulars
	}
	got := Commit(code, label, r.Number, lines)
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

func categoryOf(s consular.Service) (byte, error) {
	switch s { //nolint:exhaustive // cards carry no such seal
	case consular.RecordPolice:
		return categoryPolice, nil
	case consular.RecordJustice:
		return categoryJustice, nil
	default:
		return 0, fault.New(fault.Invalid, opEncode, "service", nil)
	}
}

// ValidNumber takes numbers of documents: 8 to 20 of A-Z and 0-9.
func ValidNumber(s string) bool {
	return len(s) >= 8 && len(s) <= 20 && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// SignRecord seals a record on the day of its issue.
func (s *Signer) SignRecord(r Record) ([]byte, error) {
	category, err := categoryOf(r.Service)
	if err != nil {
		return nil, err
	}
	if err := r.validate(); err != nil {
		return nil, err
	}
	number, err := encodeC40(r.Number)
	if err != nil {
		return nil, err
	}
	birth, err := putBirth(r.Birth)
	if err != nil {
		return nil, err
	}
	expires, err := putDate(r.Expires)
	if err != nil {
		return nil, err
	}
	features := []Feature{
		{tagNumber, number},
		{tagFamilyArabic, sealedName(r.Name.Family.Arabic)},
		{tagGivenArabic, sealedName(r.Name.Given.Arabic)},
		{tagFamilyLatin, sealedName(r.Name.Family.Latin)},
		{tagGivenLatin, sealedName(r.Name.Given.Latin)},
		{tagBirth, birth},
		{tagExpires, expires},
	}
	if r.National != "" {
		national, err := encodeC40(string(r.National))
		if err != nil {
			return nil, err
		}
		features = append(features, Feature{tagNational, national})
	}
	features = append(features, Feature{tagOutcome, r.Outcome[:]}, Feature{tagParticulars, r.Particulars[:]})
	h := Header{Country: "MAR", Issued: r.Issued, Signed: r.Issued, Definition: recordDefinition, Category: category}
	return s.Sign(h, features)
}

func (r Record) validate() error {
	bad := func(what string, cause error) error { return fault.New(fault.Invalid, opEncode, what, cause) }
	switch {
	case !ValidNumber(r.Number):
		return bad("number", nil)
	case r.Name.Validate() != nil:
		return bad("name", r.Name.Validate())
	case r.National != "" && r.National.Validate() != nil:
		return bad("national number", r.National.Validate())
	case r.Issued.Validate() != nil || r.Expires.Validate() != nil || !r.Issued.Before(r.Expires):
		return bad("dates", nil)
	}
	return nil
}

func sealedName(s string) []byte {
	if utf8.RuneCountInString(s) <= maxSealedName {
		return []byte(s)
	}
	return []byte(string([]rune(s)[:maxSealedName-1]) + ellipsis)
}

// Record reads the features of a criminal record; Unsupported says that the
// seal is of another document.
func (s *Seal) Record() (Record, error) {
	var r Record
	switch {
	case s.Country != "MAR" || s.Definition != recordDefinition:
		return r, fault.New(fault.Unsupported, opDecode, "feature definition", nil)
	case s.Category == categoryPolice:
		r.Service = consular.RecordPolice
	case s.Category == categoryJustice:
		r.Service = consular.RecordJustice
	default:
		return r, fault.New(fault.Unsupported, opDecode, "category", nil)
	}
	r.Issued = s.Issued
	var err error
	if r.Number, err = decodeC40(s.Feature(tagNumber)); err != nil || !ValidNumber(r.Number) {
		return r, fault.New(fault.Invalid, opDecode, "number", err)
	}
	if r.Birth, err = takeBirth(s.Feature(tagBirth)); err != nil {
		return r, err
	}
	if r.Expires, err = takeDate(s.Feature(tagExpires)); err != nil {
		return r, err
	}
	national, err := decodeC40(s.Feature(tagNational))
	if err != nil {
		return r, err
	}
	r.National = consular.NationalNumber(national)
	if r.Name, err = s.name(); err != nil {
		return r, err
	}
	outcome, particulars := s.Feature(tagOutcome), s.Feature(tagParticulars)
	if len(outcome) != digestLength || len(particulars) != digestLength {
		return r, fault.New(fault.Invalid, opDecode, "commitment", nil)
	}
	r.Outcome, r.Particulars = Commitment(outcome), Commitment(particulars)
	return r, nil
}

func (s *Seal) name() (n consular.PersonName, err error) {
	for tag, into := range map[byte]*string{
		tagFamilyArabic: &n.Family.Arabic, tagGivenArabic: &n.Given.Arabic,
		tagFamilyLatin: &n.Family.Latin, tagGivenLatin: &n.Given.Latin,
	} {
		value := s.Feature(tag)
		if len(value) == 0 || !utf8.Valid(value) {
			return n, fault.New(fault.Invalid, opDecode, "name", nil)
		}
		*into = string(value)
	}
	return n, nil
}
