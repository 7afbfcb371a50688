package consular

import (
	"errors"
	"slices"
	"strings"

	"jaliya/internal/fault"
)

const (
	opParse    = "consular: parse"
	opValidate = "consular: validate"
	opLoad     = "consular: load table"
)

// Rule is the stable code of a rule that a value can break. Screens translate
// it; it never holds the value. The empty Rule means that nothing is broken.
type Rule string

// The rules.
const (
	RuleRequired   Rule = "required"    // nothing there
	RuleFormat     Rule = "format"      // wrong shape
	RuleLength     Rule = "length"      // too long or too short
	RuleScript     Rule = "script"      // a letter of another script, a digit in a name
	RuleControl    Rule = "control"     // control, bidi override or invisible character
	RuleNormal     Rule = "normal"      // not in normal form: spaces, NFC, letter case
	RuleChecksum   Rule = "checksum"    // check digit or check character is wrong
	RuleUnknown    Rule = "unknown"     // not in the list
	RuleCalendar   Rule = "calendar"    // no such day
	RuleRange      Rule = "range"       // outside the allowed range
	RuleDuplicate  Rule = "duplicate"   // given twice
	RuleGap        Rule = "gap"         // a table leaves a date or an age without a row
	RuleOverlap    Rule = "overlap"     // a table has two rows for one date and age
	RuleNotAllowed Rule = "not-allowed" // known, but not for this service or case
)

// Violation is one broken rule at one field.
type Violation struct {
	Field string // stable path, "person.family_name.arabic"
	Rule  Rule
}

// Violations lists all that is wrong with a value, in field order.
type Violations []Violation

// violationsError carries the list as the cause of a fault.
type violationsError struct{ list Violations }

// Error joins "field: rule" with semicolons.
func (e violationsError) Error() string {
	parts := make([]string, 0, len(e.list))
	for _, one := range e.list {
		parts = append(parts, one.Field+": "+string(one.Rule))
	}
	return strings.Join(parts, "; ")
}

// ViolationsOf gives what an error of this package complains about, nil for
// any other error. A form shows each beside its field.
func ViolationsOf(err error) Violations {
	e, _ := errors.AsType[violationsError](err)
	return e.list
}

// Broke reports whether err, an error of this package, complains about a rule
// at any field.
func Broke(err error, rule Rule) bool {
	return slices.ContainsFunc(ViolationsOf(err), func(v Violation) bool { return v.Rule == rule })
}

// Under puts the violations of err below a parent field, so that a package
// which nests a Person as "guardian" reports "guardian.person.sex". Other
// errors and nil pass unchanged.
func Under(parent string, err error) error {
	inner := ViolationsOf(err)
	if inner == nil {
		return err
	}
	var c checks
	c.under(parent, inner)
	return c.err()
}

// checks collects violations; its zero value is ready.
type checks struct{ found Violations }

func (c *checks) add(field string, r Rule) {
	if r != "" {
		c.found = append(c.found, Violation{Field: field, Rule: r})
	}
}

func (c *checks) under(parent string, inner Violations) {
	for _, v := range inner {
		c.add(parent+"."+v.Field, v.Rule)
	}
}

func (c *checks) err() error {
	if len(c.found) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, opValidate, "", violationsError{c.found})
}

// broken is the error of a single field, nil when r is empty.
func broken(op, field string, r Rule) error {
	if r == "" {
		return nil
	}
	return fault.New(fault.Invalid, op, "", violationsError{Violations{{Field: field, Rule: r}}})
}
