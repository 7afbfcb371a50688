package mrz

import (
	"errors"
	"strings"
	"time"

	"jaliya/internal/fault"
)

const (
	opParse = "mrz: parse"
	opBuild = "mrz: build"
)

// Problem is one thing that is wrong with a zone, as a stable code; the caller
// shows "read again" and which field to look at.
type Problem string

// The problems.
const (
	BadShape       Problem = "shape"       // not three lines of thirty
	BadCharacter   Problem = "character"   // not A-Z, 0-9 or <
	BadCode        Problem = "code"        // not an identity document
	BadState       Problem = "state"       // issuing state
	BadNumber      Problem = "number"      // document number or its check digit
	BadBirth       Problem = "birth"       // birth date or its check digit
	BadSex         Problem = "sex"         // not M, F or <
	BadExpiry      Problem = "expiry"      // expiry date or its check digit
	BadNationality Problem = "nationality" // not letters
	BadOptional    Problem = "optional"    // optional data does not fit
	BadComposite   Problem = "composite"   // check digit over all
	BadName        Problem = "name"        // name line
)

// problemsError carries the list as the cause of a fault.
type problemsError struct{ list []Problem }

// Error joins the codes.
func (e problemsError) Error() string {
	parts := make([]string, 0, len(e.list))
	for _, one := range e.list {
		parts = append(parts, string(one))
	}
	return strings.Join(parts, ", ")
}

// ProblemsOf gives all that Parse or Build complains about, in the order of
// the zone; nil for any other error.
func ProblemsOf(err error) []Problem {
	e, _ := errors.AsType[problemsError](err)
	return e.list
}

// problems collects; its zero value is ready.
type problems struct{ list []Problem }

func (p *problems) unless(ok bool, problem Problem) {
	if !ok {
		p.list = append(p.list, problem)
	}
}

func (p *problems) fault(op string) error {
	if len(p.list) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, op, "td1", problemsError{p.list})
}

// maxText is the longest input that is looked at: a zone with generous spaces.
const maxText = 512

// Parse reads the three lines of a card, as a reader or a keyboard gives them:
// lower case, spaces and any line ends are fine. today decides about the
// century of the two-digit years. All check digits must hold; the error lists
// every problem, see ProblemsOf.
func Parse(text string, today time.Time) (TD1, error) {
	lines, problem := split(text)
	if problem != "" {
		return TD1{}, (&problems{list: []Problem{problem}}).fault(opParse)
	}
	var bad problems
	t := TD1{}
	readFirst(&t, lines[0], &bad)
	readSecond(&t, lines[1], today, &bad)
	bad.unless(checks(composite(lines[0], lines[1]), lines[1][29]), BadComposite)
	primary, secondary, ok := splitName(lines[2])
	bad.unless(ok, BadName)
	if len(bad.list) > 0 {
		return TD1{}, bad.fault(opParse)
	}
	t.Primary, t.Secondary = primary, secondary
	t.MaybeCut = lines[2][29] != '<'
	return t, nil
}

// split gives the three lines, in upper case, without spaces.
func split(text string) (lines [3]string, problem Problem) {
	if len(text) > maxText {
		return lines, BadShape
	}
	packed := strings.Join(strings.Fields(strings.ToUpper(text)), "")
	if len(packed) != 3*lineLength {
		return lines, BadShape
	}
	if _, ok := CheckDigit(packed); !ok {
		return lines, BadCharacter
	}
	for i := range lines {
		lines[i] = packed[i*lineLength : (i+1)*lineLength]
	}
	return lines, ""
}

func readFirst(t *TD1, line string, bad *problems) {
	t.Code = unfill(line[0:2])
	bad.unless(isCode(t.Code), BadCode)
	t.State = unfill(line[2:5])
	bad.unless(isState(t.State), BadState)
	var ok bool
	if line[14] == '<' {
		t.Number, t.Optional1, ok = longNumber(line)
	} else {
		t.Number, t.Optional1 = unfill(line[5:14]), unfill(line[15:])
		ok = t.Number != "" && checks(line[5:14], line[14])
	}
	bad.unless(ok && !strings.HasPrefix(t.Number, "<"), BadNumber)
}

// longNumber reads a number that goes on in optional data: rest, check digit,
// filler (9303-5 section 4.2.2, note j).
func longNumber(line string) (number, optional string, ok bool) {
	rest, after, found := strings.Cut(line[15:], "<")
	if !found || len(rest) < 2 || line[13] == '<' {
		return "", "", false
	}
	number = line[5:14] + rest[:len(rest)-1]
	return number, unfill(after), checks(number, rest[len(rest)-1])
}

func readSecond(t *TD1, line string, today time.Time, bad *problems) {
	var ok bool
	t.Birth, ok = birth(line[0:6], today)
	bad.unless(ok && checks(line[0:6], line[6]), BadBirth)
	t.Sex = unfill(line[7:8])
	bad.unless(t.Sex == "" || t.Sex == "M" || t.Sex == "F", BadSex)
	t.Expiry, ok = expiry(line[8:14], today)
	bad.unless(ok && checks(line[8:14], line[14]), BadExpiry)
	t.Nationality = unfill(line[15:18])
	bad.unless(isState(t.Nationality), BadNationality)
	t.Optional2 = unfill(line[18:29])
}

// isCode asks for I, A or C first (9303-5); V is never second, it means a visa.
func isCode(s string) bool {
	return (len(s) == 1 || len(s) == 2) && strings.ContainsRune("IAC", rune(s[0])) &&
		!strings.Contains(s, "<") && (len(s) == 1 || s[1] != 'V')
}

// isState asks for one to three letters: D alone is Germany.
func isState(s string) bool {
	return s != "" && !strings.ContainsAny(s, "0123456789<")
}
