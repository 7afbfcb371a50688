// Package web is what all HTTP surfaces share: the engine with its limits and
// headers, strict JSON in and out, and problem documents (RFC 9457). It stands
// beside the path of a record, at the border to people and programs.
//
// Guarantees: it is one of the two places where an error becomes something
// that a stranger reads, and what it writes is a code, a text out of a table
// in the caller's language, the names of fields with the rules they break, and
// what to do next; never a value that was sent, never the inner error. Panics
// and 5xx are logged under the request id that the caller is shown, without
// URL, body or panic text. Bodies are bounded before they are read; unknown
// members are refused.
package web
