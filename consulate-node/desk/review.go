package desk

import (
	"context"
	"errors"
	"slices"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Rules of the desk, beside those of package consular.
const (
	ruleQuality    consular.Rule = "quality"    // below the threshold, capture again
	ruleIncomplete consular.Rule = "incomplete" // an image that has not arrived whole
)

// maxAttempts is after how many captures of a finger the second person may
// accept what there is (domain.md A.7).
const maxAttempts = 3

// Review is what would be released, and what stands against it.
type Review struct {
	Visit      string                    `json:"visit"`
	Version    uint64                    `json:"version"` // to be named at release
	Service    consular.Service          `json:"service"`
	Pickup     consular.PostID           `json:"pickup"`
	CapturedBy []string                  `json:"captured_by"` // none of them may release
	Person     consular.Person           `json:"person"`
	Contact    consular.Contact          `json:"contact"`
	Delivery   consular.Delivery         `json:"delivery"`
	Documents  []consular.DocumentHeld   `json:"documents"`
	Missing    [][]consular.DocumentKind `json:"missing_documents"` // of each line any one
	Profile    consular.CaptureProfile   `json:"profile"`
	Fingers    []consular.FingerReport   `json:"fingers"`
	Guardian   *consular.Guardian        `json:"guardian,omitempty"`
	Minor      bool                      `json:"minor,omitempty"`
	Protected  bool                      `json:"protected,omitempty"` // an adult for whom a guardian acts
	Fee        *consular.Fee             `json:"fee,omitempty"`
	Payment    *consular.Payment         `json:"payment,omitempty"`
	Record     *wire.RecordWish          `json:"-"`
	Images     []ImageStatus             `json:"images"`
	Violations consular.Violations       `json:"-"`
	Against    []FieldRule               `json:"violations"`
	Look       []FieldRule               `json:"attention"` // releasing accepts these
	Ready      bool                      `json:"ready"`
	Amends     string                    `json:"amends,omitempty"`       // reference of the request whose packet it replaces
	Standing   string                    `json:"open_request,omitempty"` // reference of the request that is open for the same
}

// Review shows what a release would seal, with every violation. Errors: as
// Draft.
func (d *Desk) Review(ctx context.Context, p access.Principal, visit wire.RecordID) (Review, error) {
	if err := p.Require(access.VisitRead); err != nil {
		return Review{}, err
	}
	if err := ctx.Err(); err != nil {
		return Review{}, fault.New(fault.Timeout, "desk: review visit", "", err)
	}
	o, err := d.load(visit)
	if err != nil {
		return Review{}, err
	}
	defer o.close()
	return d.assess(o), nil
}

// assess judges a draft by the rules of the release and the published tables,
// on the day at the post.
func (d *Desk) assess(o *open) Review {
	r := &reading{home: d.o.Post.Country}
	v := Review{
		Visit: o.id.String(), Version: o.Version, Service: o.Service, Pickup: o.Pickup, Protected: o.Protected,
		CapturedBy: slices.Clone(o.Editors), Images: []ImageStatus{}, Missing: [][]consular.DocumentKind{},
		Person:    r.person(o.Forms.Person, o.Service),
		Contact:   r.contact("contact", o.Forms.Contact),
		Delivery:  r.delivery(o.Forms.Delivery, o.Service, o.Pickup),
		Documents: r.documents(o.Forms.Documents),
		Fingers:   r.fingers(o.Forms.Fingers),
		Guardian:  r.guardian(o.Forms.Guardian),
		Profile:   consular.CaptureNone,
	}
	r.judge(v.Contact.Validate())
	v.Record = r.record(o, &v)
	if v.Amends = o.amended(); d.replaceable(o.Amends) != nil {
		r.add("amends", ruleDecided)
	}
	if v.Delivery.Post != "" {
		v.Pickup = v.Delivery.Post
		if !d.o.Directory.Has(v.Pickup) {
			r.add("delivery.post", consular.RuleUnknown)
		}
	}
	d.assessAge(&v, r)
	d.assessImages(o, &v, r)
	assessQuality(o.Forms.Fingers, &v, r)
	d.assessPayment(o, &v, r)
	if len(r.found) == 0 {
		d.assessAgain(&v, r)
	}
	v.Violations, v.Against = r.found, fieldRules(r.found)
	v.Ready = len(r.found) == 0
	return v
}

// assessAge judges what depends on the age: fingers, guardian, papers, fee.
func (d *Desk) assessAge(v *Review, r *reading) {
	today := d.today()
	age, err := v.Person.Birth.AgeOn(today)
	if err != nil {
		r.judge(consular.Under("person", err))
		return
	}
	rung, err := d.o.Tables.Ladder.At(age, today)
	if err != nil {
		r.add("person.birth_date", consular.RuleRange)
		return
	}
	if v.Service.Family() == consular.FamilyCNIE {
		v.Profile = rung.Profile
	}
	r.judge(consular.ValidateFingers(v.Profile, v.Fingers))
	v.Minor = rung.Guardian
	v.Protected = v.Protected && !v.Minor
	assessGuardian(v, r, today)
	d.assessPapers(v, r)
	fee, err := d.o.Tables.Fees.Compute(v.Service, age, today)
	if err != nil {
		r.add("fee", consular.RuleGap)
		return
	}
	v.Fee = &fee
}

// assessPapers asks for the published list and for nothing else (law 55-19).
func (d *Desk) assessPapers(v *Review, r *reading) {
	of := v.papers()
	for _, held := range v.Documents {
		if !d.o.Tables.Documents.Published(of, held.Kind) {
			r.add("documents."+held.Kind.String(), consular.RuleNotAllowed)
		}
	}
	for _, line := range d.o.Tables.Documents.Missing(of, v.Documents, d.today()) {
		kinds := make([]consular.DocumentKind, 0, len(line.Options))
		for _, option := range line.Options {
			kinds = append(kinds, option.Kind)
		}
		v.Missing = append(v.Missing, kinds)
		r.add("documents."+kinds[0].String(), consular.RuleRequired)
	}
}

func (d *Desk) assessImages(o *open, v *Review, r *reading) {
	for _, name := range o.names() {
		m := o.images[name]
		offset := int64(0)
		if m.Complete {
			offset = m.Size
		} else {
			r.add("images."+name, ruleIncomplete)
		}
		v.Images = append(v.Images, statusOf(o, name, offset))
	}
	need := func(name string) {
		if _, there := o.images[name]; !there {
			r.add("images."+name, consular.RuleRequired)
		}
	}
	if v.Service.Family() == consular.FamilyCNIE {
		need(namePortrait)
	}
	for _, f := range v.Fingers {
		if f.Exception != 0 {
			need(nameExceptions)
			continue
		}
		if f.Finger.Validate() == nil {
			need(printName(f.Finger))
		}
	}
	d.lookAtImages(o, v)
}

// lookAtImages notes what a second person should have seen but the law does
// not ask for.
func (d *Desk) lookAtImages(o *open, v *Review) {
	v.Look = []FieldRule{}
	look := func(name string) {
		if _, there := o.images[name]; !there {
			v.Look = append(v.Look, FieldRule{Field: "images." + name, Rule: consular.RuleRequired})
		}
	}
	if v.Profile != consular.CaptureNone {
		look(nameSignature)
	}
	for _, held := range v.Documents {
		look(prefixScan + held.Kind.String())
	}
}

// assessQuality holds fingers against the thresholds: 40 for thumb, index and
// middle, 20 for the others, three attempts, then the second person decides.
func assessQuality(form *FingersForm, v *Review, r *reading) {
	if form == nil {
		return
	}
	attempts := map[string]int{}
	for _, one := range form.Reports {
		attempts[one.Finger] = one.Attempts
	}
	for _, f := range v.Fingers {
		if f.Exception != 0 || f.Quality >= threshold(f.Finger) {
			continue
		}
		field := "fingers." + f.Finger.String()
		if attempts[f.Finger.String()] < maxAttempts {
			r.add(field, ruleQuality)
			continue
		}
		v.Look = append(v.Look, FieldRule{Field: field, Rule: ruleQuality})
	}
}

// threshold is the score from which a print is taken at once.
func threshold(f consular.Finger) int {
	switch f { //nolint:exhaustive // the other fingers have the higher threshold
	case consular.RightRing, consular.RightLittle, consular.LeftRing, consular.LeftLittle:
		return 20
	default:
		return 40
	}
}

// release gives the body that the review stands for.
func (v Review) release(parts []wire.Part, by string, o *open) (wire.Release, error) {
	body := wire.Release{
		Version: wire.Version, Service: v.Service, Person: v.Person, Contact: v.Contact, Delivery: v.Delivery,
		Profile: v.Profile, Fingers: v.Fingers, Guardian: v.Guardian, Fee: v.Fee, Payment: v.Payment, Parts: parts,
		Record: v.Record, EnrolledBy: o.By, ReleasedBy: by, Captured: o.Changed,
	}
	for _, held := range v.Documents {
		body.Documents = append(body.Documents, held.Kind)
	}
	err := body.Validate()
	if v.Fee != nil {
		err = errors.Join(err, v.Fee.Validate())
	}
	return body, err
}
