// Package openapi makes the OpenAPI 3.1 document of a surface from a table that
// stands beside its handlers: method, path, permission, and the Go types that
// the handlers really read and write. It stands beside the path of a record.
//
// Guarantees: a schema says what encoding/json does with the type, for answers
// (members that may be left out are not required) and for requests (unknown
// members are refused) apart; words of closed lists, and the comments of types
// and fields, are read from the code and not written a second time. The
// document is a file of the repository, which the surface embeds and serves; a
// test of each surface makes it anew and compares, so that it cannot rot. That
// the handlers keep to it is what package openapitest watches.
package openapi
