// Package desk is step 1 of a record's path: the visit of a person at a post,
// from the first key press until a second person releases it. After it is the
// journal (step 2), which it shares its file with, so that a release and the
// end of its draft are one transaction.
//
// Guarantees: what an action has answered is on disk (L1 for drafts too);
// drafts and images lie under a key of their own, which lies under the node's
// data key; what was typed is kept as typed, right or wrong, and judged by the
// same rules as after release; who captured cannot release; release seals to
// the hub, destroys the draft's key in the commit that makes the entry, and
// happens once however often it is asked for or cut off; refusals for lack of
// space come before the capture.
//
// Each action is a method in its own file: permission, validate, act. The JSON
// API (api*.go, API.md) and the screens are thin bindings over them. DESIGN.md
// holds buckets, files and the kill points of a release.
package desk
