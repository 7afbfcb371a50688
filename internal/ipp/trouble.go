package ipp

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"jaliya/internal/fault"
)

// Reason says in one word why a printer does not print. Screens have a sentence
// for each.
type Reason string

// The reasons.
const (
	Ready        Reason = ""              // it prints
	Unreachable  Reason = "unreachable"   // nobody answers at its address
	NotAccepting Reason = "not-accepting" // it takes no jobs
	PaperOut     Reason = "paper-out"
	PaperJam     Reason = "paper-jam"
	CoverOpen    Reason = "cover-open"
	InkOut       Reason = "ink-out"
	Stopped      Reason = "stopped"      // it stands, and does not say why
	NoPDF        Reason = "no-pdf"       // it cannot print this kind of document
	Refused      Reason = "refused"      // it will not take a job from this machine
	Aborted      Reason = "aborted"      // it gave the job up
	Lost         Reason = "lost"         // the connection ended while the job was under way
	TooSlow      Reason = "too-slow"     // the job did not end in time
	Unreadable   Reason = "unreadable"   // it answers in no printer's language
	Unconfigured Reason = "unconfigured" // this post has no printer
)

// Trouble is the cause of every fault of Print and Status.
type Trouble struct { //nolint:errname // a trouble is not said to be an error: it is the cause of one
	Reason Reason
	// Spent says that a sheet may have come out, whole or in part: the document
	// must not be sent again without somebody having looked.
	Spent bool
	cause error
}

// Error gives the reason.
func (t Trouble) Error() string { return string(t.Reason) }

// Unwrap gives what was behind it.
func (t Trouble) Unwrap() error { return t.cause }

// TroubleOf gives the trouble of an error; one without it is as bad as can be.
func TroubleOf(err error) Trouble {
	if t, ok := errors.AsType[Trouble](err); ok {
		return t
	}
	return Trouble{Reason: Lost, Spent: true, cause: err}
}

func trouble(op string, reason Reason, cause error) error {
	kind := fault.Unavailable
	if reason == NoPDF {
		kind = fault.Unsupported
	}
	return fault.New(kind, op, string(reason), Trouble{Reason: reason, cause: cause})
}

// spent is a trouble after the document was on its way.
func spent(op string, reason Reason, cause error) error {
	return fault.New(fault.Unavailable, op, string(reason), Trouble{Reason: reason, Spent: true, cause: cause})
}

// reach names the reason of a request that got no answer.
func reach(err error) Reason {
	if neverLeft(err) || errors.Is(err, context.DeadlineExceeded) {
		return Unreachable
	}
	return Lost
}

// neverLeft tells that there was no connection over which anything could go.
func neverLeft(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// refusal names the reason of a status that is no success (RFC 8011 appendix B).
func refusal(status uint16) Reason {
	switch status {
	case statusFormat:
		return NoPDF
	case statusNotAccepting, statusBusy:
		return NotAccepting
	case statusUnauthorized, statusNotAuthorized:
		return Refused
	}
	return Refused
}

// halted gives the reason of a printer or job that stands, by its state reasons
// (RFC 8011 section 5.4.12); their endings -error, -warning and -report are cut.
func halted(reasons []string) Reason {
	known := []struct {
		begins string
		reason Reason
	}{
		{"media-empty", PaperOut},
		{"media-needed", PaperOut},
		{"media-jam", PaperJam},
		{"cover-open", CoverOpen},
		{"door-open", CoverOpen},
		{"interlock-open", CoverOpen},
		{"toner-empty", InkOut},
		{"marker-supply-empty", InkOut},
	}
	for _, k := range known {
		if slices.ContainsFunc(reasons, func(r string) bool {
			return strings.HasPrefix(r, k.begins) && !strings.HasSuffix(r, "-warning") && !strings.HasSuffix(r, "-report")
		}) {
			return k.reason
		}
	}
	return Stopped
}
