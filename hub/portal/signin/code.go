package signin

import (
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// The codes of a sign-in that did not come about. The catalog has for each
// "signin.CODE.why" and "signin.CODE.next".
const (
	CodeUnavailable web.Code = "signin-unavailable"  // the provider does not answer, or not in a form that can be read
	CodeReturn      web.Code = "signin-return"       // the way back leads away from the portal
	CodeMalformed   web.Code = "signin-malformed"    // the browser brought no answer of a provider
	CodeState       web.Code = "signin-state"        // nothing of the kind has begun in this browser
	CodeExpired     web.Code = "signin-expired"      // it has begun too long ago
	CodeUsed        web.Code = "signin-used"         // it has ended before
	CodeMixed       web.Code = "signin-mixed"        // the answer is another provider's
	CodeCanceled    web.Code = "signin-canceled"     // the person gave up
	CodeRefused     web.Code = "signin-refused"      // the provider refuses
	CodeToken       web.Code = "signin-token"        // the token does not hold
	CodeLevel       web.Code = "signin-level"        // proved by less than is asked for
	CodeNotFresh    web.Code = "signin-not-fresh"    // proved too long ago
	CodeReceipt     web.Code = "signin-receipt"      // the receipt is missing or says something else
	CodePerson      web.Code = "signin-person"       // names or numbers are missing or cannot be read
	CodeUnderage    web.Code = "signin-underage"     // a guardian has to sign in
	CodeOtherPerson web.Code = "signin-other-person" // not who has signed in before
)

// Codes lists them.
func Codes() []web.Code {
	return []web.Code{
		CodeUnavailable, CodeReturn, CodeMalformed, CodeState, CodeExpired, CodeUsed, CodeMixed, CodeCanceled,
		CodeRefused, CodeToken, CodeLevel, CodeNotFresh, CodeReceipt, CodePerson, CodeUnderage, CodeOtherPerson,
	}
}

const (
	opNew    = "signin: new"
	opBegin  = "signin: begin"
	opFinish = "signin: finish"
)

func refuse(kind fault.Kind, op string, code web.Code, why string) error {
	return fault.New(kind, op, why, code.Cause())
}

// down tells that the provider cannot be had now.
func down(op, why string) error {
	return fault.New(fault.Unavailable, op, why, CodeUnavailable.Cause())
}
