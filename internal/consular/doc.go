// Package consular is the vocabulary of the network: posts, persons, services,
// references, fees, documents, delivery. It stands beside the path of a record
// and is used at every step of it, so it imports nothing of ours but fault.
//
// Each noun has Parse (lenient, for what people type or paste), String,
// Validate (strict, for what was stored or received) and, where it stands in
// configuration, JSON or CBOR as text, MarshalText and UnmarshalText. Numbers
// of closed lists are append-only: CBOR carries the number, JSON and
// configuration carry the text.
//
// Guarantees: an error names the field and the broken rule and never the
// value. Personal types (Person, Name, BirthDate, NationalNumber, Phone, Email,
// Address, SlipCode ...) print as "[person]" and the like under every verb of
// fmt and in slog, so a careless log line tells nothing; a screen or a document
// asks for the value by field or by conversion to string. A Reference prints in
// groups of six for people and as "[reference]" in slog.
//
// No clock, no randomness, no time zone is loaded here: dates and random
// readers are arguments.
package consular
