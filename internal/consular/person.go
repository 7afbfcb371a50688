package consular

// maxFormerNames caps the list of former names.
const maxFormerNames = 8

// maxActNumber caps the number of a civil-status act, in runes.
const maxActNumber = 40

// Person is who the document is about. Both scripts come from the birth
// record. It prints as "[person]"; the fields hold the values.
type Person struct {
	Family         Name           `cbor:"1,keyasint,omitzero" json:"family_name,omitzero"`
	Given          Name           `cbor:"2,keyasint,omitzero" json:"given_name,omitzero"`
	Sex            Sex            `cbor:"3,keyasint,omitempty" json:"sex,omitempty"`
	Birth          BirthDate      `cbor:"4,keyasint,omitempty" json:"birth_date,omitempty"`
	BirthPlace     Name           `cbor:"5,keyasint,omitzero" json:"birth_place,omitzero"`
	BirthCountry   Country        `cbor:"6,keyasint,omitempty" json:"birth_country,omitempty"`
	Nationality    Country        `cbor:"7,keyasint,omitempty" json:"nationality,omitempty"`
	Father         PersonName     `cbor:"8,keyasint,omitzero" json:"father,omitzero"`
	Mother         PersonName     `cbor:"9,keyasint,omitzero" json:"mother,omitzero"`
	NationalNumber NationalNumber `cbor:"10,keyasint,omitempty" json:"national_number,omitempty"`
	Former         []PersonName   `cbor:"11,keyasint,omitempty" json:"former_names,omitempty"`
	ActNumber      string         `cbor:"12,keyasint,omitempty" json:"act_number,omitempty"` // civil-status act
	Mention        CivilMention   `cbor:"13,keyasint,omitempty" json:"civil_mention,omitempty"`
	Spouse         Name           `cbor:"14,keyasint,omitzero" json:"spouse,omitzero"` // of the mention
}

// Name gives family and given name together.
func (p Person) Name() PersonName { return PersonName{Family: p.Family, Given: p.Given} }

// BornAbroad reports birth outside Morocco, which sends bulletin no 3 to the
// national center.
func (p Person) BornAbroad() bool { return p.BirthCountry != "" && p.BirthCountry != Morocco }

// Validate checks what every service needs. Paths begin with "person".
func (p Person) Validate() error {
	var c checks
	c.under("person", p.violations())
	return c.err()
}

// ValidateFor adds what one service needs: a card shows both parents and is
// for Moroccans; after the first one there is a number. A record can be asked
// for without a number and without the parents, since the issuer may query.
func (p Person) ValidateFor(s Service) error {
	var c checks
	inner := checks{found: p.violations()}
	inner.add("service", serviceTerms.rule(s))
	if s.Family() == FamilyCNIE {
		inner.addCard(p, s)
	}
	c.under("person", inner.found)
	return c.err()
}

func (c *checks) addCard(p Person, s Service) {
	if p.Nationality != Morocco {
		c.add("nationality", RuleNotAllowed)
	}
	if p.Father.IsZero() {
		c.add("father.given_name", RuleRequired)
	}
	if p.Mother.IsZero() {
		c.add("mother.given_name", RuleRequired)
	}
	if s != CNIEFirst && p.NationalNumber == "" {
		c.add("national_number", RuleRequired)
	}
}

func (p Person) violations() Violations {
	var c checks
	c.under("family_name", p.Family.violations())
	c.under("given_name", p.Given.violations())
	c.add("sex", sexTerms.rule(p.Sex))
	c.add("birth_date", p.Birth.rule())
	c.under("birth_place", placeViolations(p.BirthPlace))
	c.add("birth_country", p.BirthCountry.rule())
	c.add("nationality", p.Nationality.rule())
	c.addOptional(p)
	return c.found
}

func (c *checks) addOptional(p Person) {
	if !p.Father.IsZero() {
		c.under("father", p.Father.parentViolations())
	}
	if !p.Mother.IsZero() {
		c.under("mother", p.Mother.parentViolations())
	}
	if p.NationalNumber != "" {
		c.add("national_number", p.NationalNumber.rule())
	}
	if len(p.Former) > maxFormerNames {
		c.add("former_names", RuleLength)
	}
	for _, former := range p.Former {
		c.under("former_names", former.parentOrFamily())
	}
	c.add("act_number", textRule(p.ActNumber, maxActNumber))
	c.addMention(p)
}

// parentOrFamily checks a former name, of which one half may be unchanged and
// so left out.
func (n PersonName) parentOrFamily() Violations {
	if n.Given.IsZero() {
		var c checks
		c.under("family_name", n.Family.violations())
		return c.found
	}
	return n.parentViolations()
}

func (c *checks) addMention(p Person) {
	if p.Mention == 0 {
		if !p.Spouse.IsZero() {
			c.add("civil_mention", RuleRequired)
		}
		return
	}
	c.add("civil_mention", civilMentionTerms.rule(p.Mention))
	c.under("spouse", p.Spouse.violations())
}

// placeViolations asks for both scripts of a place; unlike a person's name it
// may hold digits and brackets ("Paris 14e").
func placeViolations(n Name) Violations {
	var c checks
	if n.Arabic == "" {
		c.add("arabic", RuleRequired)
	}
	for _, v := range lineViolations(n) {
		c.add(v.Field, v.Rule)
	}
	return c.found
}
