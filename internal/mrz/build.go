package mrz

import "strings"

const (
	shortNumber    = 9
	optional1Space = 15
	optional2Space = 11
)

// Build writes the zone as three lines of thirty. Names are transliterated and
// cut where they must be; everything else has to fit, or the error lists what
// does not, see ProblemsOf.
func Build(t TD1) ([3]string, error) {
	var bad problems
	line1 := t.firstLine(&bad)
	line2 := t.secondLine(&bad)
	primary, ok := Transliterate(t.Primary)
	bad.unless(ok, BadName)
	secondary := ""
	if t.Secondary != "" {
		secondary, ok = Transliterate(t.Secondary)
		bad.unless(ok, BadName)
	}
	if len(bad.list) > 0 {
		return [3]string{}, bad.fault(opBuild)
	}
	all, _ := CheckDigit(composite(line1, line2+"<"))
	return [3]string{line1, line2 + string(all), nameField(primary, secondary)}, nil
}

func (t TD1) firstLine(bad *problems) string {
	bad.unless(isCode(t.Code) && isFieldText(t.Code), BadCode)
	bad.unless(len(t.State) <= 3 && isState(t.State) && isFieldText(t.State), BadState)
	number, rest, ok := numberField(t.Number)
	bad.unless(ok, BadNumber)
	optional := rest + t.Optional1
	bad.unless(fits(optional, optional1Space) && !strings.HasSuffix(t.Optional1, "<"), BadOptional)
	if len(bad.list) > 0 {
		return ""
	}
	return pad(t.Code, 2) + pad(t.State, 3) + number + pad(optional, optional1Space)
}

// numberField gives positions 6 to 15 of line 1, and what a long number needs
// at the start of optional 1.
func numberField(number string) (field, rest string, ok bool) {
	if number == "" || !isFieldText(number) || number[0] == '<' || strings.HasSuffix(number, "<") {
		return "", "", false
	}
	if len(number) <= shortNumber {
		field = pad(number, shortNumber)
		check, _ := CheckDigit(field)
		return field + string(check), "", true
	}
	check, _ := CheckDigit(number)
	rest = number[shortNumber:] + string(check) + "<"
	return number[:shortNumber] + "<", rest, !strings.Contains(number[shortNumber-1:], "<")
}

// fits reports whether s can stand in an optional field.
func fits(s string, space int) bool { return len(s) <= space && isFieldText(s) }

func (t TD1) secondLine(bad *problems) string {
	before := len(bad.list)
	born, ok := t.Birth.text()
	bad.unless(ok, BadBirth)
	bad.unless(t.Sex == "" || t.Sex == "M" || t.Sex == "F", BadSex)
	until, ok := t.Expiry.text()
	bad.unless(ok, BadExpiry)
	bad.unless(len(t.Nationality) <= 3 && isState(t.Nationality) && isFieldText(t.Nationality), BadNationality)
	bad.unless(fits(t.Optional2, optional2Space) && !strings.HasSuffix(t.Optional2, "<"), BadOptional)
	if len(bad.list) > before {
		return ""
	}
	bornCheck, _ := CheckDigit(born)
	untilCheck, _ := CheckDigit(until)
	return born + string(bornCheck) + pad(t.Sex, 1) + until + string(untilCheck) +
		pad(t.Nationality, 3) + pad(t.Optional2, optional2Space)
}

// isFieldText asks for characters of the zone; an empty field is fine.
func isFieldText(s string) bool {
	_, ok := CheckDigit(s)
	return ok
}
