package ledger

// Reason is why something was refused or sent back, as notices carry it.
// Numbers up to 255 are consular.RefusalReason; from 256 they are these, why an
// entry was committed as refused (D42). Append-only.
type Reason uint16

// The reasons of a refused entry. Each comment says who acts next.
const (
	ReasonUnreadable    Reason = 256 // the header does not decode: the post's technician
	ReasonUnknownKind   Reason = 257 // the hub's feature level does not know it: upgrade the hub, enter it anew
	ReasonField         Reason = 258 // a field breaks a rule of the kind: the post corrects it by a new entry
	ReasonPosition      Reason = 259 // the header names another place than it stands at: the technician
	ReasonPost          Reason = 260 // "post-mismatch": the machine is not this post's
	ReasonDuplicate     Reason = 261 // "duplicate-record": the record id was accepted with other content
	ReasonNoCase        Reason = 262 // no request has this reference: the post looks again
	ReasonReplaces      Reason = 263 // what it replaces is not the packet that the case has
	ReasonService       Reason = 264 // no workflow moves this service yet
	ReasonNotNow        Reason = 265 // the case's state, version or facts forbid it: the post reads the case
	ReasonNotYours      Reason = 266 // the speaker may not say this of this case
	ReasonIncomplete    Reason = 267 // a fact that the event needs is missing
	ReasonReferenceUsed Reason = 268 // another request of another service holds the reference: release under a new one
	ReasonCode          Reason = 269 // the code is not the person's: ask for it again
	ReasonOpenAlready   Reason = 270 // the person has an open request for the same: the person goes on with that one
	ReasonConflict      Reason = 271 // somebody changed the same before: the post looks at both versions (conflict.go)
)

var reasonCodes = map[Reason]string{
	ReasonUnreadable: "unreadable", ReasonUnknownKind: "unknown-kind", ReasonField: "field",
	ReasonPosition: "position-mismatch", ReasonPost: "post-mismatch",
	ReasonDuplicate: "duplicate-record", ReasonNoCase: "no-case", ReasonReplaces: "replaces",
	ReasonService: "service", ReasonNotNow: "not-now", ReasonNotYours: "not-yours",
	ReasonIncomplete: "incomplete", ReasonReferenceUsed: "reference-used", ReasonCode: "code",
	ReasonOpenAlready: "already-open", ReasonConflict: "conflict",
}

// Code gives the stable code, "unknown-kind"; empty for a reason of consular.
func (r Reason) Code() string { return reasonCodes[r] }
