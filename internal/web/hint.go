package web

import (
	"errors"
	"time"

	"jaliya/internal/consular"
)

// Code is the stable code of a problem, as programs match it. Besides these,
// every fault kind is a code ("not-found").
type Code string

// The codes beyond the fault kinds.
const (
	CodeUnauthenticated  Code = "unauthenticated" // nobody is known to stand behind the request
	CodeFourEyes         Code = "four-eyes"       // the second person must be another one
	CodeNoRoute          Code = "no-such-route"   // no such path
	CodeMethod           Code = "method-not-allowed"
	CodeJSON             Code = "malformed"         // the body is not the JSON asked for
	CodeContentType      Code = "content-type"      // the body is declared as something else
	CodeVersionRequired  Code = "version-required"  // If-Match with the version seen is missing
	CodeVersionConflict  Code = "version-conflict"  // somebody changed it since
	CodeWrongOffset      Code = "wrong-offset"      // the upload continues elsewhere
	CodeUploadComplete   Code = "upload-complete"   // nothing may be appended any more
	CodeUploadIncomplete Code = "upload-incomplete" // an image has not arrived whole
	CodeMediaType        Code = "media-type"        // the image is not what its name says
	CodePictureTooLarge  Code = "picture-too-large"
	CodePictureTooSmall  Code = "picture-too-small"
	CodePictureCut       Code = "picture-cut"     // it ends before its end
	CodeDigest           Code = "digest-mismatch" // what arrived is not what was announced
	CodeIncomplete       Code = "incomplete"      // the visit cannot be released as it is
	CodeReleased         Code = "released"        // the visit is sealed, nothing can be changed
	CodeNotSecured       Code = "not-secured"     // saved at the post, no receipt of the hub yet
	CodeNoMatch          Code = "no-match"        // unknown reference or wrong slip code, alike
	CodeAttempts         Code = "too-many-attempts"
	CodeNoIntakeKey      Code = "no-intake-key"   // the node has no key of the hub to seal to
	CodeSignIn           Code = "sign-in-refused" // staff id, password or code: never said which
	CodeLocked           Code = "session-locked"  // the screen is locked, nothing typed is lost
	CodeStaffOld         Code = "staff-data-old"  // the post has been alone too long to know who may sign in
	CodeCrossOrigin      Code = "cross-origin"    // another site sent it
	CodePersonNeeded     Code = "person-needed"   // a program asks for what only a person may do
	CodeAmendDecided     Code = "amend-decided"   // verification has decided, nothing can be replaced
	CodeAmendElsewhere   Code = "amend-elsewhere" // the packet that counts is not this post's
	CodeAmendOpen        Code = "amend-open"      // another draft replaces the same packet
	CodeChangeLate       Code = "change-late"     // the request cannot be changed like that any more
	CodeChangeOpen       Code = "change-open"     // the hub gave nothing back here that waits for an answer
	CodeCarriedCut       Code = "carried-cut"     // the file by hand is no such file, or not whole
	CodeCarriedChanged   Code = "carried-changed" // it is not as the hub signed it
	CodeCarriedOther     Code = "carried-other"   // it is for the hub, or for another machine
)

// The codes of cards and pouches at a post.
const (
	CodeTwoPersons     Code = "two-persons"         // two different persons must be there, one of them a supervisor
	CodePouchUnknown   Code = "pouch-unknown"       // no manifest of this pouch is here
	CodePouchOtherPost Code = "pouch-other-post"    // the label names another post
	CodeManifestPart   Code = "manifest-incomplete" // a part of the manifest has not come yet
	CodePouchNotOpen   Code = "pouch-not-open"      // the pouch must be open for this
	CodePouchNotHere   Code = "pouch-not-arrived"   // the pouch has not been received yet
	CodePouchCounted   Code = "pouch-counted"       // the pouch was counted before
	CodeCountOther     Code = "count-other"         // another number is missing than was confirmed
	CodeCardUnknown    Code = "card-unknown"        // no such card is kept here
	CodeCardOther      Code = "card-other"          // the card in hand is not the one of this request
	CodeCardNotReady   Code = "card-not-ready"      // the card may not be handed over as it stands
	CodeCardOnHold     Code = "card-on-hold"        // two identity checks failed: the hub inquires
	CodeCardStopped    Code = "card-stopped"        // the hub has stopped the card
	CodeCardGiven      Code = "card-given"          // the card has been handed over

	CodePrintUnknown Code = "print-unknown" // no document of this request is to be printed here
	CodePrintOffline Code = "print-offline" // a document is printed with the link or not at all
	CodePrintBusy    Code = "print-busy"    // a print of it is under way, or has been made
	CodePrintOver    Code = "print-over"    // no further sheet may be made of it
	CodePrinter      Code = "printer"       // the printer does not print now
	CodeCallUnasked  Code = "call-unasked"  // nobody waits for a call to this person
)

// Cause gives the code as the cause of a fault.
func (c Code) Cause() error { return CodedError{Code: c} }

// Has reports whether the problem of an error has the code.
func Has(err error, code Code) bool {
	coded, ok := errors.AsType[CodedError](err)
	return ok && coded.Code == code
}

// CodedError is a code with what the caller needs next. It is the cause of a
// fault.
type CodedError struct {
	Code       Code
	Version    uint64        // of the thing now, 0 for none
	Offset     *int64        // bytes held of an upload
	RetryAfter time.Duration // 0 for no advice
	Violations consular.Violations
}

// Error gives the code.
func (e CodedError) Error() string { return string(e.Code) }

// Codes lists the codes beyond the fault kinds.
func Codes() []Code {
	return []Code{
		CodeUnauthenticated, CodeFourEyes, CodeNoRoute, CodeMethod, CodeJSON, CodeContentType,
		CodeVersionRequired, CodeVersionConflict, CodeWrongOffset, CodeUploadComplete, CodeUploadIncomplete,
		CodeMediaType, CodePictureTooLarge, CodePictureTooSmall, CodePictureCut, CodeDigest, CodeIncomplete, CodeReleased,
		CodeNotSecured, CodeNoMatch, CodeAttempts, CodeNoIntakeKey, CodeSignIn, CodeLocked, CodeStaffOld, CodeCrossOrigin,
		CodePersonNeeded,
		CodeTwoPersons, CodePouchUnknown, CodePouchOtherPost, CodeManifestPart, CodePouchNotOpen, CodePouchNotHere,
		CodePouchCounted, CodeCountOther, CodeCardUnknown, CodeCardOther, CodeCardNotReady, CodeCardOnHold,
		CodeCardStopped, CodeCardGiven, CodeAmendDecided, CodeAmendElsewhere, CodeAmendOpen, CodeChangeLate, CodeChangeOpen,
		CodeCarriedCut, CodeCarriedChanged, CodeCarriedOther,
		CodePrintUnknown, CodePrintOffline, CodePrintBusy, CodePrintOver, CodePrinter, CodeCallUnasked,
	}
}
