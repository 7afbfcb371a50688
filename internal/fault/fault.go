// Package fault is the error type of the whole system: what was attempted, on
// what, which kind of failure it was, and why. It stands beside the path of a
// record, below every step of it.
//
// Guarantee: a Kind never changes its number, because kinds travel in frames
// and are matched by tests. Faults never carry personal data; a subject is a
// position, a reference digest, a file name or a post, never a name or number
// of a person.
//
// Errors are translated at two borders only: package wire turns a fault into a
// status byte, package web turns it into a problem document with a safe text.
package fault

import (
	"errors"
	"strings"
)

// Kind says what sort of failure it was and so what the caller may do next.
// Kinds are append-only: a number, once given, keeps its meaning for ever.
type Kind uint8

// The kinds. Each comment says who acts next.
const (
	Other       Kind = 0  // unclassified: the operator reads the log
	Invalid     Kind = 1  // the input breaks a rule: the caller corrects it
	NotFound    Kind = 2  // no such thing: the caller asks for another
	Exists      Kind = 3  // already there with other content: the caller looks at it
	Denied      Kind = 4  // not allowed: the caller needs another identity or role
	Conflict    Kind = 5  // the version seen is not the version held: re-read and decide
	Corrupt     Kind = 6  // bytes do not match their digest: fence and refetch
	Gap         Kind = 7  // what was sent does not follow what is held: resume from the position given
	Fork        Kind = 8  // another history for the same position: quarantine, people decide
	Stale       Kind = 9  // an older session, incarnation or term: reconnect
	TooLarge    Kind = 10 // over a documented cap: the caller sends less
	Full        Kind = 11 // no space left, refused before any harm: free space
	Storage     Kind = 12 // the disk failed, the outcome is unknown: the process leaves
	Unavailable Kind = 13 // not now: retry later
	Timeout     Kind = 14 // no progress in time: retry
	Unsupported Kind = 15 // a version or kind this program does not know: upgrade
	Expired     Kind = 16 // the time of a credential or offer is over: renew it
	Used        Kind = 17 // a one-time thing was used before: ask for a new one
	Internal    Kind = 18 // a broken invariant of our own: stop and report
)

var kindNames = [...]string{
	"other", "invalid", "not found", "exists", "denied", "conflict", "corrupt", "gap", "fork",
	"stale", "too large", "full", "storage", "unavailable", "timeout", "unsupported", "expired",
	"used", "internal",
}

// String gives the kind in words, as it stands in logs.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown kind"
}

// Code gives the stable code of the kind as it stands in problem documents,
// "not-found" for NotFound.
func (k Kind) Code() string { return strings.ReplaceAll(k.String(), " ", "-") }

// Error is one failure. Op is "package: verb" of the operation, constant per
// method; Subject names what it was done to; Err is the cause.
type Error struct {
	Kind    Kind
	Op      string
	Subject string
	Err     error
}

// New builds a fault; cause may be nil when kind and subject say it all.
func New(kind Kind, op, subject string, cause error) *Error {
	return &Error{Kind: kind, Op: op, Subject: subject, Err: cause}
}

// Error joins operation, subject, kind and cause, in that order, leaving out
// what is empty.
func (e *Error) Error() string {
	parts := make([]string, 0, 4)
	for _, p := range []string{e.Op, e.Subject} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if e.Kind != Other {
		parts = append(parts, e.Kind.String())
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf gives the kind of the outermost fault in the chain that has one, and
// Other when there is none. Of joined errors the first that has a kind counts.
func KindOf(err error) Kind {
	for err != nil {
		if f, ok := err.(*Error); ok && f.Kind != Other { //nolint:errorlint // walks the chain itself
			return f.Kind
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				if k := KindOf(one); k != Other {
					return k
				}
			}
			return Other
		}
		err = errors.Unwrap(err)
	}
	return Other
}

// Is reports whether err is a fault of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }
