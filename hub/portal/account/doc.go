// Package account is the signed-in part of the citizens' portal for criminal
// records (step 10): sign in, ask for a record, pay, answer the issuer's
// question, open the document, have it printed at a post, withdraw.
//
// Guarantees: what a person does leaves this process as an entry that is sealed
// to the hub's intake key, and as nothing else; an entry is made once and sent
// again as it is when no answer came, so that a double click, a reload and two
// tabs file once; another person's request is answered as one that does not
// exist; a document is opened after a fresh sign-in, once, in memory alone.
// Names, numbers and contacts are in no log, no address and no error.
//
// Sessions, and drafts in them, are in memory: after a restart people sign in
// again. A session that has slept too long keeps what was typed for the same
// person and nobody else.
//
// It leaves to package signin: who somebody is. To the hub behind rpc.Member:
// what may be done when. To package portal: the process, the public pages and
// the limits of requests.
package account
