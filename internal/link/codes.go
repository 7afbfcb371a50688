package link

import (
	"strconv"

	"jaliya/internal/fault"
)

// Code says why a session or a stream was ended, on the wire. Codes are
// append-only: a number, once given, keeps its meaning for ever.
type Code uint64

// The codes.
const (
	CodeDone     Code = 0 // all said and confirmed
	CodeStopping Code = 1 // this end is shutting down: reconnect
	CodeBusy     Code = 2 // at its limit: back off, up to a minute
	CodeReplaced Code = 3 // a newer session of the same identity took its place
	CodeRevoked  Code = 4 // the peer's certificate was revoked
	CodeExpired  Code = 5 // the peer's certificate ran out during the session: renew, reconnect
	CodeProtocol Code = 6 // the peer broke the protocol
	CodeTooLarge Code = 7 // a frame over its cap
	CodeTimeout  Code = 8 // no progress in time
	CodeInternal Code = 9 // this end failed
	CodeCanceled Code = 10
	CodeDenied   Code = 11 // not allowed, whoever asks again
)

// codeInfo is the meaning of each code; its index is the code.
var codeInfo = [...]struct {
	kind fault.Kind
	text string
}{
	CodeDone:     {fault.Unavailable, "done"},
	CodeStopping: {fault.Unavailable, "stopping"},
	CodeBusy:     {fault.Unavailable, "busy"},
	CodeReplaced: {fault.Stale, "replaced"},
	CodeRevoked:  {fault.Denied, "revoked"},
	CodeExpired:  {fault.Expired, "expired"},
	CodeProtocol: {fault.Invalid, "protocol"},
	CodeTooLarge: {fault.TooLarge, "too large"},
	CodeTimeout:  {fault.Timeout, "timeout"},
	CodeInternal: {fault.Unavailable, "internal"},
	CodeCanceled: {fault.Unavailable, "canceled"},
	CodeDenied:   {fault.Denied, "denied"},
}

// Kind gives the fault kind that the other end sees; an unknown code, from a
// newer peer, is fault.Unavailable.
func (c Code) Kind() fault.Kind {
	if c < Code(len(codeInfo)) {
		return codeInfo[c].kind
	}
	return fault.Unavailable
}

// String gives the code in words.
func (c Code) String() string {
	if c < Code(len(codeInfo)) {
		return codeInfo[c].text
	}
	return "code " + strconv.FormatUint(uint64(c), 10)
}

// CodeFor gives the code with which to end a stream or session after err.
func CodeFor(err error) Code {
	if err == nil {
		return CodeDone
	}
	switch fault.KindOf(err) { //nolint:exhaustive // all other kinds are ours alone and told as internal
	case fault.Invalid, fault.Unsupported:
		return CodeProtocol
	case fault.Denied:
		return CodeDenied
	case fault.TooLarge:
		return CodeTooLarge
	case fault.Timeout:
		return CodeTimeout
	case fault.Expired:
		return CodeExpired
	case fault.Stale:
		return CodeReplaced
	case fault.Full, fault.Unavailable:
		return CodeBusy
	default:
		return CodeInternal
	}
}
