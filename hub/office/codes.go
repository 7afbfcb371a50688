package office

import "jaliya/internal/web"

// Code is a stable code of this package, beside those of package web.
type Code string

// The codes.
const (
	CodeAnother     Code = "another-request"   // the id stands for another product or record
	CodeAnsweredOld Code = "answered"          // the question was answered otherwise
	CodeNotAsked    Code = "not-asked"         // no question is open
	CodeUnreadable  Code = "packet-unreadable" // sealed to another key, or damaged
	CodeDiffers     Code = "packet-differs"    // what is inside belongs to another request
	CodeIncomplete  Code = "packet-incomplete" // what is inside is not enough for a record
	CodeErased      Code = "erased"            // its time of keeping is over
	CodeTwoOfficers Code = "two-officers"      // the second must be another person
	CodeMoved       Code = "request-moved"     // somebody did something since the page was shown
	CodeNoReason    Code = "reason-missing"
	CodeQuestion    Code = "question-text" // none, or too long
	CodeEntry       Code = "entry-fields"  // a field of an entry is missing or wrong
)

// Codes lists them.
func Codes() []Code {
	return []Code{
		CodeAnother, CodeAnsweredOld, CodeNotAsked, CodeUnreadable, CodeDiffers, CodeIncomplete, CodeErased, CodeTwoOfficers,
		CodeMoved, CodeNoReason, CodeQuestion, CodeEntry,
	}
}

func (c Code) cause() error { return web.Code(c).Cause() }
