// Package records is the part of step 8 that speaks with the record offices,
// police and justice; deploy/contracts/records.md is what it speaks.
//
// Nothing here opens a package or knows an outcome. A document and a question
// come as sealed bytes, go into the vault as they came, and their digest is all
// that the case hears. Every case is asked about at the same rhythm, which its
// age alone decides; no pause, log line, metric or error depends on what an
// office found, and none could: only the office knows.
//
// Guarantees: a request goes to an office under one id of the case's own, so
// that a repeat makes no second document; a package that is malformed, of
// another record, of another size or that does not prove whole is never passed
// on, and waits with a reason for operators; a withdrawal is told until the
// office has it, also before the request.
//
// The opener seals what the office needs to the office's key: the person, the
// use, how the person was identified, and no contact. It leaves to the opener
// whether a package proves whole, and to the portal and the posts who reads it.
package records
