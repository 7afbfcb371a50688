// Package rpc is the narrow door between a member of the hub and the portal
// (steps 10 and 6 of a record's path): a handful of questions over mutual TLS,
// CBOR in and out. The portal has no intake key and no path to raft; all that a
// citizen does arrives as an entry of source portal, and all that one may see is
// asked by the digest of who signed in, or by reference and slip code.
//
// Guarantees: who is no portal by its certificate gets no answer; a question
// and an answer are capped; an error crosses as kind and stable code only,
// without its text; unknown and forbidden are one answer.
//
// It leaves to package hub: what the answers are. To the portal: who the
// citizen is.
package rpc
